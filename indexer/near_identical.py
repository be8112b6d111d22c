"""Near-identical findings: reports repeat stock sentences, and a search should show each of them once.

Two findings are near-identical where their words are the same, or where of all the runs of five words in either at
least 80% stand in both (Jaccard). Groups are joined through their members, but never so that one holds findings of
opposite direction. Every such pair is found, without comparing all, by the prefix filter of set-similarity joins: two
sets that alike share one of their few rarest members. Chaudhuri, Ganti & Kaushik 2006, doi:10.1109/ICDE.2006.9.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from indexer.models import Direction, Kind
from indexer.vectors.base import IntVector

SHINGLE = 5
"""Words in a run. Shorter runs are shared by findings that merely speak of the same thing."""
LEAST = 0.8
"""The least share of runs in common, of those in either finding."""

OPPOSITE = frozenset({Direction.STRENGTH, Direction.WEAKNESS})


def near_identical(texts: Sequence[str], kinds: Sequence[Kind], directions: Sequence[Direction]) -> IntVector:
    """For every finding the first row of its near-identical group, itself where it is alone.

    Args:
        texts, kinds, directions: of the findings, in the order of their rows. Findings of kind `context` stay alone,
            since searches leave them out.
    """
    groups = _Groups(directions)
    # Findings of the very same words first: only one of each goes on, else a sentence that hundreds of reports repeat
    # would be compared with itself tens of thousands of times.
    first: dict[tuple[str, ...], int] = {}
    for row, text in enumerate(texts):
        if kinds[row] is Kind.CONTEXT:
            continue
        words = tuple(re.findall(r"\w+", text.casefold()))
        if words:
            groups.join(first.setdefault(words, row), row)
    rows = list(first.values())
    for one, other in alike([_shingles(words) for words in first]):
        groups.join(rows[one], rows[other])
    return np.array([groups.find(row) for row in range(len(texts))], dtype=np.int64)


def alike(sets: Sequence[frozenset[object]], least: float = LEAST) -> Iterator[tuple[int, int]]:
    """Pairs (i, j), j < i, of the sets whose Jaccard index is at least `least`; empty sets are like none."""
    common = Counter(member for members in sets for member in members)
    # Rarest first; of equally common ones any order will do, as long as it is the same in every set.
    place = {member: number for number, member in enumerate(sorted(common, key=common.__getitem__))}
    once = sum(1 for count in common.values() if count == 1)
    placed = [{place[member] for member in members} for members in sets]
    holders: dict[int, list[int]] = defaultdict(list)
    for number, members in enumerate(placed):
        # Two sets that share `least` of their union differ in fewer members than these: one of them is shared. Those
        # that stand in one set only (the first `once` places) lead nowhere.
        reach = len(members) - math.ceil(least * len(members)) + 1
        prefix = [member for member in heapq.nsmallest(reach, members) if member >= once]
        for other in sorted({holder for member in prefix for holder in holders[member]}):
            shared = len(members & placed[other])
            if shared >= least * (len(members) + len(placed[other]) - shared):
                yield number, other
        for member in prefix:
            holders[member].append(number)


class _Groups:
    """Disjoint groups of rows, each named by its first row, that never hold findings of opposite direction."""

    def __init__(self, directions: Sequence[Direction]) -> None:
        self._parent = list(range(len(directions)))
        self._directions = [frozenset({direction}) for direction in directions]

    def find(self, row: int) -> int:
        """The first row of the group of a row."""
        while self._parent[row] != row:
            self._parent[row] = self._parent[self._parent[row]]
            row = self._parent[row]
        return row

    def join(self, one: int, other: int) -> None:
        """Make one group of two, unless it would hold both strengths and weaknesses."""
        first, last = sorted((self.find(one), self.find(other)))
        together = self._directions[first] | self._directions[last]
        if first != last and not together >= OPPOSITE:
            self._parent[last] = first
            self._directions[first] = together


def _shingles(words: tuple[str, ...]) -> frozenset[object]:
    """Every run of five words; a shorter text has none, being near-identical to its own words alone."""
    return frozenset(words[start : start + SHINGLE] for start in range(len(words) - SHINGLE + 1))
