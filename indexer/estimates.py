"""How far figures can be trusted: intervals for means and shares, the difference of two runs, and calibration.

Means of a figure over queries are resampled (bootstrap): another set of queries would have given another mean. Shares
of what is right or wrong get Wilson's interval instead, since of resampled draws without a fault none shows one. All
draws come from one fixed seed: the same figures give the same intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

DRAWS: Final = 10_000
LEVEL: Final = 0.95
_Z: Final = 1.959963984540054
"""The standard normal quantile of `LEVEL`, two-sided."""
_SEED: Final = 20_101
_AT_ONCE: Final = 1_000_000
"""Numbers drawn at once: bounds the memory that many queries take."""

BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval and how many values it rests on."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean difference of two runs over the same queries, in the unit of the figure."""

    value: float
    low: float
    high: float
    p: float
    """Two-sided: how often resampled queries would put the difference on the other side of zero, twice."""
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True, slots=True)
class Bin:
    """The results whose score lies from `low` up to, but not including, `high` (the last bin includes it)."""

    low: float
    high: float
    score: float
    """Mean score of its results: the share that would be right if the scores were calibrated."""
    share: Estimate


@dataclass(frozen=True, slots=True)
class Calibration:
    """What scores promise against what they hold; bins without a result are left out."""

    bins: tuple[Bin, ...]
    error: float
    """Expected calibration error: the gap between score and share in each bin, weighted by its results."""
    count: int


def mean(values: Sequence[float]) -> Estimate | None:
    """The mean of a figure over queries with its percentile bootstrap interval; None of no values.

    Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
    """
    if not values:
        return None
    found = np.asarray(values, dtype=np.float64)
    low, high = _interval(resampled_means(found))
    return Estimate(float(found.mean()), low, high, len(found))


def share(outcomes: Sequence[bool]) -> Estimate | None:
    """The share of outcomes that are true with Wilson's score interval; None of no outcomes.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    if not outcomes:
        return None
    count = len(outcomes)
    found = sum(outcomes) / count
    scale = 1 + _Z**2 / count
    centre = (found + _Z**2 / (2 * count)) / scale
    reach = _Z / scale * (found * (1 - found) / count + _Z**2 / (4 * count**2)) ** 0.5
    return Estimate(found, max(0.0, centre - reach), min(1.0, centre + reach), count)


def paired(before: Sequence[float], after: Sequence[float]) -> Difference | None:
    """What changed from one run to another over the same queries, in the same order; None of no queries.

    Queries are resampled with both of their values, so that how hard a query is drops out.
    """
    if not before:
        return None
    change = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    draws = resampled_means(change)
    low, high = _interval(draws)
    # Draws on zero speak for neither side; one is added, as no number of draws shows a probability to be nothing.
    beyond = min(np.count_nonzero(draws <= 0), np.count_nonzero(draws >= 0))
    p = min(1.0, 2 * (beyond + 1) / (len(draws) + 1))
    wins, losses = int(np.count_nonzero(change > 0)), int(np.count_nonzero(change < 0))
    return Difference(float(change.mean()), low, high, float(p), wins, losses, len(change) - wins - losses)


def calibration(scores: Sequence[float], outcomes: Sequence[bool]) -> Calibration:
    """How well scores in [0, 1] tell the share of outcomes that are true, in bins of equal width.

    Source: Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning".
    """
    scored, right = np.asarray(scores, dtype=np.float64), np.asarray(outcomes, dtype=np.bool_)
    place = np.minimum((scored * BINS).astype(np.int64), BINS - 1)
    bins: list[Bin] = []
    error = 0.0
    for number in range(BINS):
        mine = np.flatnonzero(place == number)
        held = share(right[mine].tolist())
        if held is not None:
            promised = float(scored[mine].mean())
            bins.append(Bin(number / BINS, (number + 1) / BINS, promised, held))
            error += abs(promised - held.value) * held.count
    return Calibration(tuple(bins), error / max(1, len(scored)), len(scored))


def resampled_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means of `DRAWS` samples of the values, each as large as they are and drawn with replacement."""
    random = np.random.default_rng(_SEED)
    step = max(1, _AT_ONCE // len(values))
    parts = [
        values[random.integers(len(values), size=(min(step, DRAWS - done), len(values)))].mean(axis=1)
        for done in range(0, DRAWS, step)
    ]
    return np.concatenate(parts)


def _interval(draws: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
