"""Words to go on with, all of them the index's own: phrases that its findings use often, acronyms, and headings.

Nothing is learnt from what people search for, and nothing is made up. Phrases are one to four words that stand side by
side in several findings of several reports. They are counted when they are first asked for, in findings spread evenly
over the index, so that it takes a fraction of a second however large the index is.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final, Literal

import numpy as np

from indexer.english import SMALL_WORDS, STOP_WORDS, is_english
from indexer.stems import Stemmer
from indexer.store import Store
from indexer.vectors.base import IntVector

SuggestionKind = Literal["phrase", "acronym", "heading"]

_READ: Final = 4000
"""Findings that phrases are counted in, at most."""
_LONGEST: Final = 4
"""Words of a phrase."""
_FINDINGS: Final = 3
_REPORTS: Final = 2
"""Findings and reports that a phrase must stand in."""
_PART_OF: Final = 0.7
"""A phrase of which so large a share stands in one longer phrase is left out: the longer one is what is said."""
_TOGETHER: Final = 0.02
"""Share of the findings with the rarer one of its words that a phrase must stand in: others meet by chance."""
_BEGUN: Final = 2
"""Characters from which on something is completed."""

_OFTENER: Final = 4
"""How much oftener than all findings some must use a phrase for it to be theirs."""

_TOKEN: Final = re.compile(r"[^\W_]+(?:[-‐‑'’][^\W_]+)*|\S")
"""A word, with its hyphens and apostrophes, or a mark, which no phrase runs across."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to go on."""

    text: str
    """What was typed, as it was typed, with its last words completed."""
    words: str
    """The words of the index that complete it."""
    kind: SuggestionKind
    means: str = ""
    """Of an acronym its long form, of a long form its acronym."""


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    words: str
    kind: SuggestionKind
    findings: int
    means: str = ""


class Suggestions:
    """The phrases, acronyms and headings of one index. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._stemmer = Stemmer()
        self._read, phrases = _phrases(store)
        self._phrases = {each.key: each for each in phrases}
        acronyms = _acronyms(store, {each.key: each.findings for each in phrases})
        entries = {each.key: each for each in (*_headings(store), *phrases, *acronyms)}
        self._entries = sorted(entries.values(), key=lambda each: each.key)
        self._keys = [each.key for each in self._entries]

    def completions(self, typed: str, most: int) -> tuple[Suggestion, ...]:
        """Ways to complete what is typed, at most so many: of its last words as many as anything begins with.

        What stands before the words completed stays as it was typed.
        """
        starts = [word.start() for word in _TOKEN.finditer(typed)][-_LONGEST:]
        for start in starts:
            tail = " ".join(typed[start:].lower().split()) + (" " if typed[-1:].isspace() else "")
            if len(tail) < _BEGUN:
                continue
            entries = [entry for entry in self._beginning(tail) if entry.key != tail.strip()]
            if entries:
                return tuple(
                    Suggestion(typed[:start] + each.words, each.words, each.kind, each.means) for each in entries[:most]
                )
        return ()

    def _beginning(self, tail: str) -> list[_Entry]:
        """The entries that begin so: those that findings use most first, and headings at the end."""
        first, last = bisect_left(self._keys, tail), bisect_left(self._keys, tail + "\U0010ffff")
        return sorted(self._entries[first:last], key=lambda each: (each.kind == "heading", -each.findings, each.key))

    def related(self, texts: Sequence[str], query: str, most: int) -> tuple[str, ...]:
        """Phrases of several words that several of the texts share and that are rare elsewhere, at most so many.

        Left out are those made of the words of the query, and those that share their words with one before.
        """
        held: Counter[str] = Counter()
        for text in texts:
            words = [word.lower() for word in _TOKEN.findall(text)]
            held.update(
                {
                    key
                    for length in range(2, _LONGEST + 1)
                    for start in range(len(words) - length + 1)
                    if (key := " ".join(words[start : start + length])) in self._phrases
                }
            )
        share = _OFTENER * len(texts) / max(1, self._read)
        shared = [key for key, count in held.items() if count > max(1, share * self._phrases[key].findings)]
        ranked = sorted(shared, key=lambda key: (-held[key] * log(1 + self._read / self._phrases[key].findings), key))
        (said,), stems = self._stemmer.stems([query]), self._stemmer.stems(ranked)
        seen = set(said)
        chosen: list[str] = []
        for key, own in zip(ranked, stems, strict=True):
            if len(seen.intersection(own)) * 2 <= len(own) and len(chosen) < most:
                chosen.append(self._phrases[key].words)
                seen.update(own)
        return tuple(chosen)


# ---------------------------------------------------------------------------------------------- from an index


def _acronyms(store: Store, findings: Mapping[str, int]) -> Iterator[_Entry]:
    """Acronyms and long forms, each with the findings that hold it; `findings` has those of phrases."""
    rows = store.connection().execute("SELECT acronym, form FROM acronyms ORDER BY acronym, position DESC")
    for acronym, form in rows:
        # The commonest long form comes last and stays.
        for said, other in ((acronym, form), (form, acronym)):
            yield _Entry(said.lower(), said, "acronym", findings.get(said.lower(), 0), other)


def _headings(store: Store) -> Iterator[_Entry]:
    rows = store.connection().execute(
        "SELECT section, count(*), count(DISTINCT document) FROM findings WHERE kind <> 'context' GROUP BY section"
    )
    findings: Counter[str] = Counter()
    reports: Counter[str] = Counter()
    for section, count, documents in rows:
        for heading in json.loads(section)[-1:]:
            findings[heading] += count
            reports[heading] += documents
    for heading, count in findings.items():
        if reports[heading] >= _REPORTS:
            yield _Entry(heading.lower(), heading, "heading", count)


def _phrases(store: Store) -> tuple[int, list[_Entry]]:
    """How many findings were read, and their phrases, with how many of them hold each."""
    connection = store.connection()
    (count,) = connection.execute("SELECT count(*) FROM findings").fetchone()
    rows = connection.execute(
        "SELECT text, document FROM findings WHERE kind <> 'context' AND row % ? = 0 ORDER BY row",
        (max(1, -(-count // _READ)),),
    ).fetchall()
    vocabulary: dict[str, int] = {}
    forms: dict[int, Counter[str]] = defaultdict(Counter)
    ids, owners = [], []
    for place, (text, _) in enumerate(rows):
        begins = True
        for token in _TOKEN.findall(text):
            word = token[0].isalnum()
            number = vocabulary.setdefault(token.lower(), len(vocabulary)) if word else -1
            if word and not begins:
                forms[number][token] += 1
            begins = token in ".:;?!•▪■" if not word else False
            ids.append(number)
            owners.append(place)
        ids.append(-1)
        owners.append(place)
    if not vocabulary:
        return 0, []
    words = list(vocabulary)
    joining = np.array([word in SMALL_WORDS or _is_telling(word) for word in words], dtype=bool)
    written = [_written(word, forms[number]) for number, word in enumerate(words)]
    tokens, finding = np.array(ids, dtype=np.int64), np.array(owners, dtype=np.int64)
    tokens[(tokens >= 0) & ~joining[tokens]] = -1
    report = np.array([document for _, document in rows], dtype=np.int64)
    counted = _counted(tokens, finding, report, np.array([_is_telling(word) for word in words], dtype=bool))
    single = {key[0]: findings for key, findings in counted.items() if len(key) == 1}
    telling = {
        key: findings
        for key, findings in counted.items()
        if findings >= _TOGETHER * min((single.get(number, 0) for number in key if number in single), default=0)
    }
    covered: dict[tuple[int, ...], int] = defaultdict(int)
    for key, findings in telling.items():
        for part in (key[1:], key[:-1]) if len(key) > 1 else ():
            covered[part] = max(covered[part], findings)
    spelt = {key: " ".join(written[number] for number in key) for key in telling}
    kept = [key for key, findings in telling.items() if covered[key] < _PART_OF * findings]
    return len(rows), [_Entry(spelt[key].lower(), spelt[key], "phrase", telling[key]) for key in kept]


def _written(word: str, forms: Counter[str]) -> str:
    """A word as sentences have it inside; English words without the capitals of titles."""
    form = forms.most_common(1)[0][0] if forms else word
    return word if form.istitle() and is_english(word) else form


def _is_telling(word: str) -> bool:
    """Whether a phrase may begin and end with a word."""
    return len(word) > 1 and word not in STOP_WORDS and not word[0].isdigit()


def _counted(
    tokens: IntVector, finding: IntVector, report: IntVector, telling: np.ndarray
) -> dict[tuple[int, ...], int]:
    """How many findings hold each phrase, by the numbers of its words; those held by too few are left out.

    Args:
        tokens: the words of all findings in their order, by number, -1 for a mark or the end of a finding.
        finding: the finding of each.
        report: the report of each finding.
        telling: whether a phrase may begin and end with a word, by its number.
    """
    found: dict[tuple[int, ...], int] = {}
    starts = np.flatnonzero((tokens >= 0) & telling[tokens])
    codes, spelt = tokens[starts], [(number,) for number in range(len(telling))]
    for length in range(1, _LONGEST + 1):
        if length > 1:
            ends = starts + length - 1
            inside = ends < len(tokens)
            starts, codes, ends = starts[inside], codes[inside], ends[inside]
            going_on = tokens[ends] >= 0
            starts, codes, ends = starts[going_on], codes[going_on], ends[going_on]
            pairs, codes = np.unique(codes * len(telling) + tokens[ends], return_inverse=True)
            spelt = [(*spelt[pair // len(telling)], int(pair % len(telling))) for pair in pairs.tolist()]
        findings = _owners_of(codes, finding[starts], len(spelt))
        reports = _owners_of(codes, report[finding[starts]], len(spelt))
        for code in np.flatnonzero((findings >= _FINDINGS) & (reports >= _REPORTS)).tolist():
            if telling[spelt[code][-1]]:
                found[spelt[code]] = int(findings[code])
        often = findings[codes] >= _FINDINGS
        starts, codes = starts[often], codes[often]
    return found


def _owners_of(codes: IntVector, owners: IntVector, count: int) -> IntVector:
    """How many different owners each code has, (count,)."""
    if not len(codes):
        return np.zeros(count, dtype=np.int64)
    width = int(owners.max()) + 1
    return np.bincount(np.unique(codes * width + owners) // width, minlength=count)
