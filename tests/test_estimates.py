"""Estimates: intervals, differences and calibration against figures worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indexer.estimates import calibration, mean, paired, share

FIGURES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),  # as Wilson's formula gives it
        (0, 10, 0.0, 0.2775),  # none right: the interval still has a width
        (10, 10, 0.7225, 1.0),  # all right: the same from the other end
        (276, 300, 0.8837, 0.9457),  # many: a narrow one
    ],
)
def test_a_share_has_wilsons_interval(right: int, count: int, low: float, high: float) -> None:
    """The interval of a share is Wilson's, and never without a width."""
    found = share([True] * right + [False] * (count - right))
    assert found is not None
    assert (found.value, found.count) == pytest.approx((right / count, count))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_a_mean_has_the_interval_of_its_standard_error() -> None:
    """Of many values the bootstrap comes to what the normal approximation gives."""
    values = [0.0, 1.0] * 200
    found = mean(values)
    assert found is not None
    assert (found.value, found.count) == (0.5, 400)
    reach = 1.96 * 0.5 / 400**0.5
    assert (found.low, found.high) == pytest.approx((0.5 - reach, 0.5 + reach), abs=0.004)


@hypothesis_settings(max_examples=25, deadline=None)
@given(FIGURES)
def test_an_interval_is_always_the_same_and_within_the_values(values: list[float]) -> None:
    """The same values give the same interval, which lies between the least and the greatest of them."""
    found = mean(values)
    assert found is not None
    assert found == mean(values)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_a_comparison_has_no_side(values: list[tuple[float, float]]) -> None:
    """Two runs the other way round differ by the same amount with the other sign, and no less surely."""
    before, after = [one for one, _ in values], [other for _, other in values]
    one, other = paired(before, after), paired(after, before)
    assert one is not None
    assert other is not None
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    assert one.wins + one.losses + one.ties == len(values)
    assert (one.value, one.p) == pytest.approx((-other.value, other.p))


def test_a_difference_on_every_query_is_sure() -> None:
    """What is higher on each of many queries is so hardly ever by chance; what is the same on all is no difference."""
    found = paired([0.4, 0.5, 0.6] * 10, [0.5, 0.6, 0.8] * 10)
    assert found is not None
    assert found.value == pytest.approx(0.4 / 3)
    assert (found.wins, found.losses, found.ties) == (30, 0, 0)
    assert 0 < found.low < found.value < found.high
    assert 0 < found.p < 0.001
    same = paired([0.4, 0.5], [0.4, 0.5])
    assert same is not None
    assert (same.value, same.p, same.ties) == (0.0, 1.0, 2)


def test_hard_and_easy_queries_drop_out_of_a_comparison() -> None:
    """A small gain on every query counts, however far apart the queries are."""
    found = paired([0.0, 1.0] * 10, [0.01, 1.01] * 10)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.01, 0.01))


def test_nothing_has_no_estimate() -> None:
    """Of no values there is no mean, no share and no difference."""
    assert (mean([]), share([]), paired([], [])) == (None, None, None)
    assert calibration([], []).bins == ()


def test_calibration_agrees_with_what_was_worked_out_by_hand() -> None:
    """A bin holds the scores from its lower end on; the error weighs each bin by its results."""
    found = calibration([0.30, 0.39, 0.4, 0.9, 1.0], [True, False, True, True, False])
    assert [(bin_.low, bin_.high, bin_.share.count) for bin_ in found.bins] == [
        (0.3, 0.4, 2),
        (0.4, 0.5, 1),
        (0.9, 1.0, 2),
    ]
    assert [bin_.score for bin_ in found.bins] == pytest.approx([0.345, 0.4, 0.95])
    assert [bin_.share.value for bin_ in found.bins] == [0.5, 1.0, 0.5]
    assert found.error == pytest.approx((2 * 0.155 + 1 * 0.6 + 2 * 0.45) / 5)
    assert found.count == 5
