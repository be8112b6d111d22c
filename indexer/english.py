"""English words: which there are, which are everyday ones, and which say nothing of what is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

_PACKAGE: Final = "symspellpy"
_LIST: Final = "symspellpy/frequency_dictionary_en_82_765.txt"
"""One word and its count to a line, British and American spellings, the most frequent first."""

_EVERYDAY: Final = 10_000

# Words that say nothing of what is looked for. Negations are among them: for BM25 "not" is a word like any other, and
# one that half of all findings hold.
_STOPPED: Final = """
    a about after all also am an and any are as at be because been before being between both but by can cannot could did
    do does doing down during each either else ever for from further had has have having he her here hers him his how i
    if in into is it its itself just may me might more most much must my no nor not of off on once only onto or other
    others our ours out over own per quite rather s same shall she should so some such t than that the their theirs them
    themselves then there these they this those through to too under until up upon us very was we well were what when
    where whether which while who whom whose why will with within without would you your yours
"""
STOP_WORDS: Final = frozenset(_STOPPED.split())

SMALL_WORDS: Final = frozenset(
    ("a", "and", "at", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "with")
)
"""Words that join others, and that an acronym may pass over."""


def is_english(word: str) -> bool:
    """Whether a word, in lower case, stands in the list of English words."""
    return word in _ranks()


def is_everyday(word: str) -> bool:
    """Whether a word, in lower case, is one of the ten thousand most frequent."""
    return _ranks().get(word, _EVERYDAY) < _EVERYDAY


@cache
def _ranks() -> Mapping[str, int]:
    """Word -> its place by frequency, from 0. Read at the first need, in some 30 ms."""
    lines = Path(str(distribution(_PACKAGE).locate_file(_LIST))).read_text(encoding="utf-8-sig").splitlines()
    return {line.partition(" ")[0]: rank for rank, line in enumerate(lines)}
