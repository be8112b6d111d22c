"""Acronyms and their long forms: learnt from the texts that introduce them, and found in the words of a query."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from indexer.english import SMALL_WORDS, STOP_WORDS, is_english, is_everyday
from indexer.stems import WORD, Stemmer

_BRACKETED: Final = re.compile(r"\([‘'“\"]?([A-Za-z]{2,10})(?:['’]s?)?[’'”\"]?\)")
_PART: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
"""A word, or one part of a hyphenated word, with its possessive."""

_PARTS: Final = 12
_BEFORE: Final = 160
"""How far before its bracket a long form is looked for, in parts and in characters."""

_ENDS: Final = re.compile(r"[.;:!?()•|]")
"""What no long form runs across."""

_LETTERS_ALONE: Final = 3
"""Acronyms with fewer letters mean too many things, unless the texts introduce them this often, too."""

_EVERYDAY_TIMES: Final = 5
"""How often texts must introduce an acronym that is an everyday word, such as SPA."""

_MOST_FORMS: Final = 3
_RARE_FORM: Final = 4
"""A long form is left out where another of the same acronym is more than so many times as frequent."""

_PASSED: Final = frozenset(("a", "an", "and", "or", "s", "the"))
"""Words in which what is typed may differ from a long form."""


# ---------------------------------------------------------------------------------------------- learning


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way in which the words before a bracket spell its letters."""

    written: str
    small: int
    """How many small words give a letter: "in" of "children in care (CIC)"."""
    plural: bool
    """Whether the bracket has the plural of the acronym."""


def count_words(texts: Iterable[str]) -> Counter[str]:
    """The words of texts as they are written, in any case, with how often they are."""
    pieces = Counter(chain.from_iterable(map(str.split, texts)))
    words: Counter[str] = Counter()
    for piece, count in pieces.items():
        for word in WORD.findall(piece):
            words[word] += count
    return words


def learn_acronyms(texts: Iterable[str], written: Mapping[str, int] | None = None) -> dict[str, tuple[str, ...]]:
    """Acronyms that texts introduce in brackets after their long form: {"MASH": ("multi-agency safeguarding hub",)}.

    The initials of the words before the bracket must spell the acronym; small words and second parts of hyphenated
    words may be passed over. Both stand as they are most often written, the acronym without its plural. Of the long
    forms of one acronym those are kept that are not rare beside the commonest, at most three, commonest first, in the
    singular where texts introduce them in the singular.

    Left out are acronyms that texts write more often in small letters, as words ("HOME"), everyday words and pairs of
    letters that are seldom introduced, and pairs that are stop words ("IT").

    Args:
        written: how often each word is written, as `count_words` gives it; counted here if it is not given.
    """
    if written is None:
        texts = list(texts)
        written = count_words(texts)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    readings: dict[str, list[tuple[_Reading, ...]]] = defaultdict(list)
    for text in texts:
        for found in _BRACKETED.finditer(text):
            acronym, plural = _singular(found[1])
            if acronym and (ways := _readings(acronym, plural, text[: found.start()])):
                spellings[acronym.lower()][acronym] += 1
                readings[acronym.lower()].append(ways)
    kept = {letters: ways for letters, ways in readings.items() if _tells(letters, len(ways), written)}
    stems = _stems_of(reading.written for ways in kept.values() for reading in chain.from_iterable(ways))
    acronyms: dict[str, tuple[str, ...]] = {}
    for letters, brackets in sorted(kept.items()):
        if forms := _long_forms(brackets, stems, 1 if len(letters) >= _LETTERS_ALONE else _LETTERS_ALONE):
            acronyms[_commonest(spellings[letters])] = forms
    return acronyms


def _singular(bracketed: str) -> tuple[str, bool]:
    """An acronym without its plural, and whether it had one; nothing where the letters are no acronym."""
    plural = bracketed.endswith("s")
    acronym = bracketed[:-1] if plural else bracketed
    return (acronym if sum(letter.isupper() for letter in acronym) >= 2 else ""), plural


def _tells(letters: str, times: int, written: Mapping[str, int]) -> bool:
    """Whether an acronym, introduced so many times, is more than a word that happens to be spelt like it."""
    if letters in STOP_WORDS or (is_everyday(letters) and times < _EVERYDAY_TIMES):
        return False
    acronym = letters.upper()
    return not is_english(letters) or written.get(letters, 0) < written.get(acronym, 0) + written.get(acronym + "s", 0)


def _readings(acronym: str, plural: bool, before: str) -> tuple[_Reading, ...]:
    """The ways in which the last words of a text spell an acronym."""
    tail = _ENDS.split(before[-_BEFORE:])[-1]
    parts = list(_PART.finditer(tail))[-_PARTS:]
    words = [part[0].lower() for part in parts]
    passable = [
        word in SMALL_WORDS or tail[part.start() - 1 : part.start()] in ("-", "‑")
        for word, part in zip(words, parts, strict=True)
    ]
    ways = []
    for places in _spelt(acronym.lower(), words, passable, len(words)):
        written = " ".join(tail[parts[places[0]].start() : parts[-1].end()].split())
        small = sum(words[place] in SMALL_WORDS for place in places)
        if words[places[0]] not in SMALL_WORDS:
            ways.append(_Reading(re.sub(r"['’]s?$", "", written), small, plural))
    return tuple(ways)


def _spelt(letters: str, words: Sequence[str], passable: Sequence[bool], end: int) -> Iterator[tuple[int, ...]]:
    """Places of words whose initials spell the letters, the last of them just before the end."""
    if not end or words[end - 1][0] != letters[-1]:
        return
    if len(letters) == 1:
        yield (end - 1,)
        return
    for before in range(end - 1, 0, -1):
        for places in _spelt(letters[:-1], words, passable, before):
            yield (*places, end - 1)
        if not passable[before - 1]:
            return


def _long_forms(
    ways: Sequence[tuple[_Reading, ...]], stems: Mapping[str, tuple[str, ...]], least: int
) -> tuple[str, ...]:
    """The long forms of an acronym, commonest first, forms with the same stems taken together.

    Where a bracket can be read in several ways, what other brackets say decides; then the reading in which fewer
    letters come from small words, then the shorter one.
    """
    votes = Counter(key for one in ways for key in {stems[reading.written] for reading in one})
    counts: Counter[tuple[str, ...]] = Counter()
    spellings: dict[tuple[tuple[str, ...], bool], Counter[str]] = defaultdict(Counter)
    for one in ways:
        best = min(one, key=lambda reading: (-votes[stems[reading.written]], reading.small, len(reading.written)))
        counts[stems[best.written]] += 1
        spellings[stems[best.written], best.plural][best.written] += 1
    ranked = sorted(counts, key=lambda key: (-counts[key], key))[:_MOST_FORMS]
    return tuple(
        _commonest(spellings[key, False] or spellings[key, True])
        for key in ranked
        if counts[key] >= least and counts[key] * _RARE_FORM >= counts[ranked[0]]
    )


def _commonest(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling))


def _stems_of(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    unique = list(dict.fromkeys(texts))
    return dict(zip(unique, Stemmer().stems(unique), strict=True))


# ---------------------------------------------------------------------------------------------- finding


@dataclass(frozen=True, slots=True)
class Said:
    """An acronym or a long form among the words of a query."""

    start: int
    end: int
    """Where it stands: `words[start:end]`."""
    name: str
    """As the texts write it."""
    others: tuple[str, ...]
    """The long forms of an acronym, commonest first, or the acronyms of a long form."""
    acronym: bool


class Acronyms:
    """The acronyms of one index.

    Args:
        learnt: acronym -> long forms, as `learn_acronyms` gives them.
    """

    def __init__(self, learnt: Mapping[str, tuple[str, ...]], stemmer: Stemmer) -> None:
        self._stemmer = stemmer
        self._names = {acronym.lower(): acronym for acronym in learnt}
        self._forms = dict(learnt)
        pairs = [(form, acronym) for acronym, forms in learnt.items() for form in forms]
        self._by_stems: dict[tuple[str, ...], Said] = {}
        for parts, (form, acronym) in zip(stemmer.stems([form for form, _ in pairs]), pairs, strict=True):
            key = tuple(stem for stem in parts if stem not in _PASSED)
            before = self._by_stems.get(key, Said(0, 0, form, (), acronym=False))
            if len(key) > 1 and acronym not in before.others:
                self._by_stems[key] = Said(0, 0, before.name, (*before.others, acronym), acronym=False)
        self._longest = max(map(len, self._by_stems), default=0)

    def named(self, word: str) -> str:
        """The acronym that a word is, in any case and in the plural too, as the texts write it; or nothing."""
        word = word.lower()
        found = self._names.get(word)
        if found is None and word.endswith("s") and word not in STOP_WORDS:
            found = self._names.get(word[:-1])
        return found or ""

    def said(self, words: Sequence[str]) -> list[Said]:
        """The acronyms and long forms among words, in order; of forms that overlap the longest that begins first."""
        stems = ["".join(parts) for parts in self._stemmer.stems(words)]
        kept = [place for place, stem in enumerate(stems) if stem and stem not in _PASSED]
        found: list[Said] = []
        place = 0
        while place < len(kept):
            length, said = self._form_at([stems[at] for at in kept[place : place + self._longest]])
            start = kept[place]
            if said is not None:
                found.append(Said(start, kept[place + length - 1] + 1, said.name, said.others, acronym=False))
            elif name := self.named(words[start]):
                found.append(Said(start, start + 1, name, self._forms[name], acronym=True))
            place += length
        return found

    def _form_at(self, stems: Sequence[str]) -> tuple[int, Said | None]:
        """How many of the stems the long form at their beginning has, and the form; 1 and nothing where none begins."""
        for length in range(len(stems), 1, -1):
            if (said := self._by_stems.get(tuple(stems[:length]))) is not None:
                return length, said
        return 1, None

    def expansions(self, words: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is said among words, each once, with the ways to say it that are not among them.

        As (("MASH", ("multi-agency safeguarding hub",)),).
        """
        found = {said.name: said for said in self.said(words)}
        others = {name: tuple(form for form in said.others if form not in found) for name, said in found.items()}
        return tuple((name, self._distinct(forms)) for name, forms in others.items() if forms)

    def _distinct(self, forms: Sequence[str]) -> tuple[str, ...]:
        """Forms without those that differ from one before in small words alone."""
        keys = [tuple(stem for stem in parts if stem not in _PASSED) for parts in self._stemmer.stems(forms)]
        return tuple(dict(reversed(list(zip(keys, forms, strict=True)))).values())[::-1]
