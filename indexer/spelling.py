"""Misspelt words: which word of the texts is meant.

A word is right if the texts or the list of English words have it, or if it is plainly made of such words. Only what is
left is compared with the words of the texts, and a word that is no certain match is left alone: a search without a word
is better than one for another word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import lru_cache
from string import ascii_lowercase
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from indexer.english import STOP_WORDS, is_english
from indexer.stems import Stemmer, plain

_SHORTEST: Final = 4
_TWO_EDITS: Final = 8
"""Letters of the words typed that are compared at all, and of those that may differ in two places."""

_SEEN: Final = 3
_COMMON: Final = 20
"""How often the texts must have a word that is not English, or that differs in two places, for it to be meant."""

_CLEARLY: Final = 2
"""Of two words as near, one is meant if it is so many times as frequent as the other."""

_KEPT: Final = 10_000
"""Words already looked up that are kept in memory."""

_PREFIXES: Final = (
    *("anti", "co", "counter", "cyber", "de", "dis", "extra", "hyper", "inter", "intra", "micro", "mid", "mini", "mis"),
    *("multi", "non", "out", "over", "post", "pre", "re", "semi", "sub", "super", "trans", "un", "under", "up"),
)
_SUFFIXES: Final = (
    *("able", "al", "d", "ed", "er", "ers", "ing", "isation", "ise", "ism", "ist", "ly", "ment", "ness", "s", "ship"),
)
_STEM: Final = 4
"""Letters of the words that a longer word is made of."""


class Spelling:
    """The words of the texts of one index, and which of them a misspelt word means.

    Args:
        written: how often each word is written, in any case, as `count_words` gives it.
        held: whether any finding has a word in any form of its stem.
    """

    def __init__(self, written: Mapping[str, int], held: Callable[[str], bool], stemmer: Stemmer) -> None:
        self._held = held
        self._stemmer = stemmer
        counts: dict[str, int] = defaultdict(int)
        for word, count in written.items():
            counts[plain(word)] += count
        self._counts = dict(counts)
        capitalised = {word.lower() for word in written if word.istitle()}
        lower = {word for word in written if word.islower()}
        meant = [word for word, count in counts.items() if self._can_be_meant(word, count)]
        self._names = {word for word in meant if word in capitalised and word not in lower}
        self._by_letter: dict[str, list[str]] = {letter: [] for letter in ascii_lowercase}
        for word in meant:
            # Of what stands in capitals alone nobody can say how it should be spelt.
            if word in lower or word in capitalised or is_english(word):
                self._by_letter[word[0]].append(word)
        self.meant = lru_cache(maxsize=_KEPT)(self._meant)

    @staticmethod
    def _can_be_meant(word: str, count: int) -> bool:
        return len(word) >= _SHORTEST and _is_plain(word) and (count >= _SEEN or is_english(word))

    def _meant(self, word: str, name: bool = False) -> str:
        """The word of the texts that a misspelt word means; nothing where it is right or none is certain.

        Args:
            word: as typed; its capitals are kept. One with digits, with letters beyond a to z or with capitals inside
                it is taken to be right.
            name: whether only a name can be meant.
        """
        typed = word.lower()
        mixed = not (word.islower() or word.isupper() or word.istitle())
        if mixed or len(typed) < _SHORTEST or not _is_plain(typed) or self._is_right(typed):
            return ""
        found = self._nearest(typed, name)
        if word.isupper():
            return found.upper()
        return found.capitalize() if word.istitle() else found

    def _is_right(self, word: str) -> bool:
        if self._is_known(word) or (word.endswith("s") and self._is_known(word[:-1])):
            return True
        return word.endswith("nt") and word[:-2] in STOP_WORDS  # "doesnt"

    def _is_known(self, word: str) -> bool:
        return word in self._counts or is_english(word)

    def _nearest(self, word: str, name: bool) -> str:
        """The one word that is near enough and clearly the likeliest; nothing where there is none."""
        near = [(other, edits) for other, edits in self._near(word) if other in self._names or not name]
        if not near:
            return ""
        own, *stems = (" ".join(parts) for parts in self._stemmer.stems([word, *(other for other, _ in near)]))
        held = self._held(word)
        if held:
            # Another form of a word that the findings have: only its spelling can be wrong, as in "minuts".
            near = [each for each, stem in zip(near, stems, strict=True) if stem == own and each[1] == 1]
            stems = [own] * len(near)
        fewest = min((edits for _, edits in near), default=0)
        forms: dict[str, list[str]] = defaultdict(list)
        for (other, edits), stem in zip(near, stems, strict=True):
            if edits == fewest:
                forms[stem].append(other)
        # Forms of one word count as one; of those the one with the ending typed is meant.
        ranked = sorted(forms.values(), key=lambda others: (-self._most(others), others))
        if not ranked or (len(ranked) > 1 and self._most(ranked[0]) < _CLEARLY * self._most(ranked[1])):
            return ""
        best = min(ranked[0], key=lambda other: (other[-1] != word[-1], -self._counts[other], other))
        if fewest > 1 and (best in self._names or self._counts[best] < _COMMON):
            return ""
        return best if held or not self._is_made_of_known(word) else ""

    def _most(self, words: list[str]) -> int:
        return max(self._counts[word] for word in words)

    def _near(self, word: str) -> list[tuple[str, int]]:
        """Words of the texts that begin with the same letter, and how many edits away they are.

        Edits are a letter left out, one too many, a wrong one, or two side by side that have changed places.
        """
        most = 2 if len(word) >= _TWO_EDITS else 1
        found = process.extract(word, self._by_letter[word[0]], scorer=OSA.distance, score_cutoff=most, limit=None)
        near = [(other, int(edits)) for other, edits, _ in found]
        turned = word[1] + word[0] + word[2:]
        if turned in self._by_letter[word[1]]:
            near.append((turned, 1))
        if len(word) == _SHORTEST:
            # Most unknown words of four letters are acronyms: no letter of theirs is taken for another one.
            return [(other, edits) for other, edits in near if len(other) > len(word) or sorted(other) == sorted(word)]
        return near

    def _is_made_of_known(self, word: str) -> bool:
        """Whether a word is made of a known one: by a prefix, by an ending, or with another one."""
        if any(word.startswith(prefix) and self._is_part(word[len(prefix) :]) for prefix in _PREFIXES):
            return True
        for suffix in _SUFFIXES:
            root = word[: -len(suffix)]
            if word.endswith(suffix) and (self._is_part(root) or (suffix[0] in "aei" and self._is_part(root + "e"))):
                return True
        return any(
            self._is_part(word[:cut]) and self._is_part(word[cut:]) for cut in range(_STEM, len(word) - _STEM + 1)
        )

    def _is_part(self, word: str) -> bool:
        return len(word) >= _STEM and self._is_known(word)


def _is_plain(word: str) -> bool:
    return word.isascii() and word.isalpha()
