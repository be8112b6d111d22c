"""Ranking: scores that mean the same everywhere, and an order without chance in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indexer.models import Mode
from indexer.ranking import BARS, FUSIONS, STRONG, Signal, by_day, first_of_each, order, relevance, scores

MODES: tuple[Mode, ...] = ("hybrid", "semantic", "keyword")
signal_rows = arrays(np.float32, (8, len(Signal)), elements=st.floats(-1, 1, width=32))


@pytest.mark.parametrize("mode", MODES)
@given(signals=signal_rows)
def test_scores_are_probabilities_of_each_finding_by_itself(mode: Mode, signals: np.ndarray) -> None:
    """A score is in [0, 1] and does not depend on which other candidates there are."""
    together = scores(signals, FUSIONS[mode])
    assert ((together >= 0) & (together <= 1)).all()
    for row in range(len(signals)):
        assert scores(signals[row : row + 1], FUSIONS[mode])[0] == together[row]


@pytest.mark.parametrize("mode", MODES)
def test_more_of_a_signal_never_lowers_a_score(mode: Mode) -> None:
    """Every signal speaks for a finding or is not heard."""
    assert all(weight >= 0 for weight in FUSIONS[mode].weights)


def test_each_mode_hears_what_its_name_says() -> None:
    """`keyword` is BM25 alone, `semantic` hears no words, `hybrid` hears vectors and words."""
    heard = {mode: {Signal(place) for place, weight in enumerate(FUSIONS[mode].weights) if weight} for mode in MODES}
    assert heard["keyword"] == {Signal.BM25}
    assert not heard["semantic"] & {Signal.BM25, Signal.COVERAGE}
    assert heard["hybrid"] >= {Signal.SENTENCE, Signal.COVERAGE}


def test_thresholds_part_strong_from_possible() -> None:
    """A result is strong from its threshold on, and the bar lies below it."""
    assert all(0 < bar < STRONG < 1 for bar in BARS.values())
    assert relevance(STRONG, 0.3) == "strong"
    assert relevance(float(np.nextafter(STRONG, 0)), 0.3) == "possible"
    assert relevance(float(np.nextafter(0.3, 0)), 0.3) == "weak"


def test_ties_go_to_the_newer_report_then_to_the_first_row() -> None:
    """Equal scores are ordered by date of publication, newest first, then by row."""
    rows = np.array([3, 1, 2, 0])
    best_first = order(rows, np.array([0.5, 0.5, 0.5, 0.9]), np.array([7, 7, 8, 1]))
    assert rows[best_first].tolist() == [0, 2, 1, 3]


@given(st.lists(st.integers(0, 4), max_size=12))
def test_the_best_of_each_group_comes_first(groups: list[int]) -> None:
    """Of each group the first member is kept, in the order of the ranking, with the number of its members."""
    first, sizes = first_of_each(np.array(groups, dtype=np.int64))
    assert [groups[place] for place in first] == list(dict.fromkeys(groups))
    assert sizes.tolist() == [groups.count(group) for group in dict.fromkeys(groups)]


def test_reports_without_a_day_come_last_in_either_order() -> None:
    """Results go by day, those of one day as they came, and those without a day at the end."""
    recency = np.array([2, 0, 3, 2, 0])
    undated = np.array([False, True, False, False, True])
    assert by_day(recency, undated, newest_first=True).tolist() == [2, 0, 3, 1, 4]
    assert by_day(np.array([2, 0, 3, 1]), undated[:4], newest_first=False).tolist() == [3, 0, 2, 1]
