"""The words of a query: cleaned and parsed, acronyms joined to their long forms, and scored by BM25.

SQLite's FTS5 holds the words and computes BM25, one word at a time. Since BM25 is a sum over words, the contributions
of the words of a query are added up here as NumPy arrays over all findings: every finding gets its exact score, so that
filters and paging never change it, and the share of the query a finding covers comes from the same lists. Lists of
words already met are kept, and everything typed reaches FTS5 as a quoted string.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indexer.errors import QueryError
from indexer.sentences import sentence_spans
from indexer.store import Store
from indexer.vectors.base import IntVector

FloatVector = NDArray[np.float32]

MAX_LENGTH = 2000
"""Characters of a query, after cleaning."""

_TERMS = 40
"""Words of a query that are scored: the rarest, which decide; a pasted page has hundreds."""

_KEPT_WORDS = 20_000
"""Word lists kept in memory. All the words of an index take about as much room as its text."""

_BM25_LIMIT = 2.2
"""BM25's contribution of one word tends to (k1 + 1) idf as the word is repeated; k1 is 1.2 in FTS5."""

_WORD = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r'["“”]([^"“”]*)["“”]')

# Words that say nothing of what is looked for. Negations are among them: for BM25 "not" is a word like any other, and
# one that half of all findings hold.
STOP_WORDS = frozenset(
    _WORD.findall("""
    a about after all also am an and any are as at be because been before being between both but by can cannot could did
    do does doing down during each either else ever for from further had has have having he her here hers him his how i
    if in into is it its itself just may me might more most much must my no nor not of off on once only onto or other
    others our ours out over own per quite rather s same shall she should so some such t than that the their theirs them
    themselves then there these they this those through to too under until up upon us very was we well were what when
    where whether which while who whom whose why will with within without would you your yours
    """)
)

_SMALL_WORDS = frozenset(("a", "and", "at", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "with"))
"""Words that an acronym may pass over: "not in education, employment or training" is NEET."""

_ACRONYM = re.compile(r"\(([A-Z]{3,9})s?\)")
_LOWER_CASE = re.compile(r"\b[a-z]{3,9}\b")
_LONG_FORM_WORDS = 12


# ---------------------------------------------------------------------------------------------- queries


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query as understood."""

    text: str
    """Cleaned: characters normalised, white space folded. What the answer repeats."""
    words: tuple[str, ...]
    """Words to look for, in order, each as typed but in lower case; never empty."""
    required: tuple[str, ...]
    """Quoted words and phrases that every result must hold."""
    sentences: tuple[str, ...]
    """The sentences of the query; one for most."""


def parse_query(text: str) -> ParsedQuery:
    """Clean a query and take it apart.

    Words in double quotation marks, straight or curly, must stand in every result. In a text of several sentences
    they are the text's own, and mean nothing: whoever pastes a paragraph does not ask for its quotations.

    Raises:
        QueryError: the query is empty, too long, or has no words.
    """
    clean = _clean(text)
    if not clean:
        raise QueryError("the query is empty: type what you are looking for")
    # Counted as typed: normalising makes three characters of "…".
    if (length := len(" ".join(text.split()))) > MAX_LENGTH:
        raise QueryError(f"the query has {length:,} characters; the longest that can be searched has {MAX_LENGTH:,}")
    words = telling_words(clean)
    if not words:
        raise QueryError(f"the query {clean[:40]!r} has no words to search for")
    sentences = tuple(clean[start:end] for start, end in sentence_spans(clean))
    quoted = [part for part in _QUOTED.findall(clean) if _WORD.search(part)] if len(sentences) == 1 else []
    return ParsedQuery(clean, words, tuple(quoted), sentences)


def telling_words(text: str) -> tuple[str, ...]:
    """The words of a text to look for, in lower case and in order: without stop words, unless there are no others."""
    words = _WORD.findall(_clean(text).lower())
    return tuple(word for word in words if word not in STOP_WORDS) or tuple(words)


def _clean(text: str) -> str:
    """A text with its characters normalised, soft hyphens taken out and white space folded."""
    return " ".join("".join(_visible(unicodedata.normalize("NFKC", text.replace("\u00ad", "")))).split())


def _visible(text: str) -> Iterator[str]:
    """The characters of a text, with a space for each that is a control or format character or half of a pair."""
    for character in text:
        yield " " if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") else character


# ---------------------------------------------------------------------------------------------- acronyms


def learn_acronyms(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Acronyms that texts introduce in brackets after their long form, in lower case: {"mash": ("multi agency ...",)}.

    The initials of the words before the bracket must spell the acronym; small words may be passed over. Acronyms of
    two letters and those that are words as well ("HOME") mean too many things. Of the long forms of one acronym those
    are kept that are at least a quarter as frequent as the commonest, at most three.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    common: set[str] = set()
    for text in texts:
        common.update(_LOWER_CASE.findall(text))
        for found in _ACRONYM.finditer(text):
            letters = "".join(_WORD.findall(found[1])).lower()
            before = text[max(0, found.start() - 120) : found.start()].lower()
            if long_form := _long_form(letters, _WORD.findall(before)[-_LONG_FORM_WORDS:]):
                counts[letters][" ".join(long_form)] += 1
    return {letters: _commonest(forms) for letters, forms in sorted(counts.items()) if letters not in common}


def _long_form(letters: str, words: Sequence[str]) -> tuple[str, ...]:
    """The last words whose initials spell the letters, or nothing."""
    if not letters:
        return ()
    for end in range(len(words), 0, -1):
        if words[end - 1][0] == letters[-1]:
            if len(letters) == 1 and words[end - 1] not in _SMALL_WORDS:
                return tuple(words[end - 1 :])
            if before := _long_form(letters[:-1], words[: end - 1]):
                return (*before, *words[end - 1 :])
        if words[end - 1] not in _SMALL_WORDS:
            break
    return ()


def _commonest(forms: Counter[str]) -> tuple[str, ...]:
    ranked = sorted(forms.items(), key=lambda item: (-item[1], item[0]))
    return tuple(form for form, count in ranked[:3] if count * 4 >= ranked[0][1])


# ---------------------------------------------------------------------------------------------- stems


class Stemmer:
    """Words as FTS5 stems them, by FTS5 itself, so that what is counted here is what the index holds.

    Safe from several threads: each has its own small table in memory.
    """

    def __init__(self) -> None:
        self._local = threading.local()

    def stems(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The stems of each text, in order."""
        connection = self._connection()
        connection.execute("INSERT INTO stems(stems) VALUES ('delete-all')")
        connection.executemany("INSERT INTO stems(rowid, text) VALUES (?, ?)", enumerate(texts))
        found: list[list[str]] = [[] for _ in texts]
        for place, term in connection.execute("SELECT doc, term FROM stem_list ORDER BY doc, offset"):
            found[place].append(term)
        return [tuple(terms) for terms in found]

    def _connection(self) -> sqlite3.Connection:
        made: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if made is None:
            made = sqlite3.connect(":memory:", isolation_level=None)
            made.execute(
                "CREATE VIRTUAL TABLE stems USING fts5"
                "(text, content='', tokenize='porter unicode61 remove_diacritics 2')"
            )
            made.execute("CREATE VIRTUAL TABLE stem_list USING fts5vocab(stems, instance)")
            self._local.connection = made
        return made


# ---------------------------------------------------------------------------------------------- scores


@dataclass(frozen=True, slots=True)
class Postings:
    """The findings that hold a word or phrase: rows, and what it contributes to the BM25 of each."""

    rows: IntVector
    scores: FloatVector
    idf: float


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """How well every finding holds the words of a query. Arrays are (findings,)."""

    bm25: FloatVector
    """Share of the BM25 that the query could get at most, in [0, 1]."""
    coverage: FloatVector
    """Share of the query's words that stand in the finding, each weighted by its idf, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """Words of a query that mean one thing, and the phrases that say the same. One word alone, for most."""

    words: tuple[str, ...]
    phrases: tuple[str, ...] = ()


class Words:
    """The words of one index.

    Args:
        findings: how many findings the index has.
        section_weight: what a word in the headings counts, where a word in the text counts 1.
        acronyms: acronym -> long forms, as `learn_acronyms` gives them.
    """

    def __init__(
        self, store: Store, findings: int, section_weight: float, acronyms: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._store = store
        self._findings = findings
        self._section_weight = section_weight
        self._stemmer = Stemmer()
        self.postings = lru_cache(maxsize=_KEPT_WORDS)(self._read)
        self._long_forms = dict(acronyms)
        long_forms = [(form, acronym) for acronym, forms in acronyms.items() for form in forms]
        telling = [" ".join(word for word in form.split() if word not in STOP_WORDS) for form, _ in long_forms]
        stems = self._stemmer.stems(telling)
        self._acronyms = {parts: acronym for parts, (_, acronym) in zip(stems, long_forms, strict=True)}
        self._longest = max(map(len, self._acronyms), default=0)

    def score(self, words: Sequence[str]) -> LexicalScores:
        """How well every finding holds the words; words with one stem count once."""
        units = self._units(words)
        rarest = sorted({w for unit in units for w in unit.words}, key=lambda word: (-self.postings(word).idf, word))
        chosen = set(rarest[:_TERMS])
        bm25 = np.zeros(self._findings, dtype=np.float32)
        coverage = np.zeros(self._findings, dtype=np.float32)
        attainable = 0.0
        for unit in units:
            terms = [self.postings(word) for word in unit.words if word in chosen]
            whole = sum(term.idf for term in terms)
            unit_bm25, unit_coverage = bm25, coverage
            if unit.phrases:
                unit_bm25, unit_coverage = np.zeros_like(bm25), np.zeros_like(coverage)
            for term in terms:
                unit_bm25[term.rows] += term.scores
                unit_coverage[term.rows] += term.idf
            for phrase in unit.phrases:
                # Another way to say the same is worth the same, however much rarer it is.
                said = self.postings(phrase)
                said_bm25 = said.scores * np.float32(whole / said.idf)
                unit_bm25[said.rows] = np.maximum(unit_bm25[said.rows], said_bm25)
                unit_coverage[said.rows] = whole
            if unit.phrases:
                bm25 += unit_bm25
                coverage += unit_coverage
            attainable += whole
        if attainable:
            bm25 /= _BM25_LIMIT * attainable
            coverage /= attainable
        return LexicalScores(bm25, coverage)

    def holding(self, phrase: str) -> IntVector:
        """Rows of the findings whose text holds exactly these words side by side, whatever case, accents and marks."""
        words = _WORD.findall(_plain(phrase))
        exact = re.compile(r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, words)) + r"(?![^\W_])")
        rows = self._store.connection().execute(
            "SELECT f.row, f.text FROM words JOIN findings f ON f.row = words.rowid WHERE words MATCH ? ORDER BY f.row",
            (f'text : "{" ".join(words)}"',),
        )
        return np.array([row for row, text in rows if exact.search(_plain(text))], dtype=np.int64)

    def weights(self, words: Sequence[str]) -> dict[str, float]:
        """What each stem of a query is worth where its words are marked: the idf, whole for a word said in full.

        The stems of an acronym's long form share its worth, and an acronym has that of its long form.
        """
        weights: dict[str, float] = {}
        for unit in self._units(words):
            stems = [stem for parts in self._stemmer.stems(unit.words) for stem in parts]
            for stem, word in zip(stems, unit.words, strict=False):
                weights[stem] = max(weights.get(stem, 0.0), self.postings(word).idf)
            whole = sum(self.postings(word).idf for word in unit.words)
            for parts in self._stemmer.stems(unit.phrases):
                for stem in parts:
                    weights[stem] = max(weights.get(stem, 0.0), whole / len(parts))
        return weights

    def stems(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The stems of each text, in order, as the index holds them."""
        return self._stemmer.stems(texts)

    def _read(self, phrase: str) -> Postings:
        """The findings that hold a word, or words side by side, in any form of the same stems."""
        found = (
            self._store.connection()
            .execute(
                "SELECT rowid, -bm25(words, 1.0, ?) FROM words WHERE words MATCH ?",
                (self._section_weight, '"' + " ".join(_WORD.findall(phrase)) + '"'),
            )
            .fetchall()
        )
        rows = np.fromiter((row[0] for row in found), dtype=np.int64, count=len(found))
        scores = np.fromiter((row[1] for row in found), dtype=np.float32, count=len(found))
        # As in FTS5: a word that more than half of the findings hold says next to nothing.
        idf = max(1e-6, float(np.log((self._findings - len(rows) + 0.5) / (len(rows) + 0.5))))
        return Postings(rows, scores, idf)

    def _units(self, words: Sequence[str]) -> list[_Unit]:
        """The words of a query, each stem once, with long forms taken together and joined to their acronyms."""
        stems = [" ".join(parts) for parts in self._stemmer.stems(words)]
        units: list[_Unit] = []
        seen: set[str] = set()
        place = 0
        while place < len(words):
            length, acronym = self._long_form_at(stems, place)
            part = slice(place, place + length)
            new = [word for stem, word in dict(zip(stems[part], words[part], strict=True)).items() if stem not in seen]
            seen.update(stems[part])
            if new:
                phrases = (acronym,) if acronym else self._long_forms.get(words[place], ())
                units.append(_Unit(tuple(new), phrases))
            place += length
        return units

    def _long_form_at(self, stems: Sequence[str], place: int) -> tuple[int, str]:
        """How many words the long form that begins here has, and its acronym; 1 and nothing where none begins."""
        for length in range(min(self._longest, len(stems) - place), 1, -1):
            if acronym := self._acronyms.get(tuple(stems[place : place + length])):
                return length, acronym
        return 1, ""


def _plain(text: str) -> str:
    """A text in lower case without accents, for exact comparison of words."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(character for character in parts if not unicodedata.combining(character))
