"""From what each way of searching says of a finding to one score, and from scores to an order.

Six numbers are known of every candidate (`Signal`). A logistic function of their weighted sum estimates how likely an
inspector would judge the finding comparable to the query: the same issue in the same direction. That probability is the
score shown, the order, and what the two thresholds are set on, so that a score means the same in every query and on
every page of results.

How the weights were fitted: `evaluation/README.md`; `python -m evaluation.fit_fusion` fits them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indexer.models import Explanation, Leg, Mode, Relevance
from indexer.vectors.base import FloatMatrix, IntVector

FloatVector = NDArray[np.float64]


class Signal(IntEnum):
    """What is known of a candidate, in the order of the columns of a matrix of signals."""

    SENTENCE = 0
    """Cosine of the query and the finding's best sentence, in [-1, 1]."""
    WHOLE = 1
    """Cosine of the query and the whole finding, in [-1, 1]."""
    BM25 = 2
    """Share of the BM25 that the query could get at most, in [0, 1]."""
    COVERAGE = 3
    """Share of the query's words in the finding, weighted by idf, in [0, 1]."""
    DIRECTION = 4
    """How surely the query and the best sentence point the same way, in [-1, 1]: the product of how they lean."""
    SUBJECT = 5
    """Log odds that the query is on the reports' subject, the same for all candidates, at most 1."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """How one mode makes a score of the signals."""

    weights: tuple[float, ...]
    """One for each signal, in the order of `Signal`, on the scale of log odds."""
    intercept: float


FUSIONS: Final[dict[Mode, Fusion]] = {
    "hybrid": Fusion((2.34, 2.359, 0.94, 1.551, 0.304, 1.169), -4.618),
    "semantic": Fusion((3.668, 3.706, 0.0, 0.0, 0.274, 1.181), -5.401),
    "keyword": Fusion((0.0, 0.0, 6.35, 0.0, 0.0, 0.0), -2.012),
}
"""The weights of each mode. `keyword` keeps the order of BM25, `semantic` leaves the words out."""

BARS: Final[dict[Mode, float]] = {"hybrid": 0.35, "semantic": 0.4, "keyword": 0.2}
"""Least score of a result in each mode. What scores less is not comparable, and a query of which nothing scores as much
has no results: the ten least bad are no answer. `evaluation/README.md` has the figures that speak for these."""

STRONG: Final = 0.55
"""Least score of a result called "strong"."""

_DECIMALS = 6
"""Scores are rounded to what survives another order of summation, so that ties are ties on every machine."""


def scores(signals: FloatMatrix, fusion: Fusion) -> FloatVector:
    """The score of each candidate in [0, 1]; `signals` is (n, 6), its columns as in `Signal`."""
    return np.round(fused(signals, fusion), _DECIMALS)


def fused(signals: NDArray[np.floating], fusion: Fusion) -> FloatVector:
    """The probability that each candidate is comparable, (n,), from its signals, (n, 6)."""
    log_odds = signals.astype(np.float64) @ np.array(fusion.weights) + fusion.intercept
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)


def relevance(score: float, bar: float) -> Relevance:
    """How sure a result is; `bar` is the least score of a comparable finding in the mode asked for."""
    if score >= STRONG:
        return "strong"
    return "possible" if score >= bar else "weak"


_LEGS: Final = {
    Signal.SENTENCE: "sentence",
    Signal.WHOLE: "finding",
    Signal.BM25: "words",
    Signal.COVERAGE: "coverage",
    Signal.DIRECTION: "direction",
    Signal.SUBJECT: "subject",
}


def explained(signals: FloatMatrix, fusion: Fusion, places: IntVector) -> list[Explanation]:
    """How the scores of some of the candidates came about.

    Args:
        signals: of all candidates, (n, 6): a leg's rank is the place among them all.
        places: which of them to explain, (k,).
    """
    legs: list[list[Leg]] = [[] for _ in places]
    for signal, weight in zip(Signal, fusion.weights, strict=True):
        if not weight:
            continue
        values = signals[:, signal]
        for own, place in zip(legs, places, strict=True):
            value = float(values[place])
            # These two are no order of findings; a leg that says nothing of a finding gives it no place.
            ranked = signal not in (Signal.DIRECTION, Signal.SUBJECT) and value > 0
            rank = int(np.count_nonzero(values > values[place])) + 1 if ranked else None
            own.append(Leg(_LEGS[signal], rank, round(value, 4), round(value * weight, 4)))
    return [Explanation(fusion.intercept, tuple(own)) for own in legs]


def capped(owners: IntVector, most: int) -> IntVector:
    """Positions, in order, of the first `most` results of each owner; `owners` is (n,), best result first."""
    order = np.argsort(owners, kind="stable")
    starts = np.flatnonzero(np.diff(owners[order], prepend=-1))
    within = np.arange(len(owners)) - np.repeat(starts, np.diff(np.append(starts, len(owners))))
    return np.sort(order[within < most]).astype(np.int64)


def order(rows: IntVector, scored: FloatVector, recency: IntVector) -> IntVector:
    """Positions of the candidates, best first: by score, then the newer report, then by row.

    Args:
        rows, scored, recency: of each candidate, (n,); recency is higher for newer reports.
    """
    return np.lexsort((rows, -recency, -scored)).astype(np.int64)


def by_day(recency: IntVector, undated: NDArray[np.bool_], *, newest_first: bool) -> IntVector:
    """Positions of results by the day of their report, those without a day last; of one day in the order given.

    Args:
        recency, undated: of each result, (n,); recency is higher for newer reports.
    """
    return np.lexsort((-recency if newest_first else recency, undated)).astype(np.int64)


def first_of_each(groups: IntVector) -> tuple[IntVector, IntVector]:
    """Where each group comes for the first time, in order, and how many members it has; `groups` is (n,)."""
    _, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    in_order = np.argsort(first)
    return first[in_order].astype(np.int64), sizes[in_order].astype(np.int64)
