"""Near-identical findings: what is folded together and what never is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.models import Direction, Kind
from indexer.near_identical import LEAST, alike, near_identical

STOCK = (
    "Life-story work is not completed for all children in care, which means that some of them do not understand "
    "the reasons for them being in care, and this was also found at the last inspection of the authority"
)
NEUTRAL, STRENGTH, WEAKNESS = Direction.NEUTRAL, Direction.STRENGTH, Direction.WEAKNESS


def groups(
    *texts: str, kinds: dict[int, Kind] | None = None, directions: dict[int, Direction] | None = None
) -> list[int]:
    """The group of every text; narrative and neutral unless said otherwise."""
    every = range(len(texts))
    found = near_identical(
        texts,
        [(kinds or {}).get(row, Kind.FINDING) for row in every],
        [(directions or {}).get(row, NEUTRAL) for row in every],
    )
    assert found.dtype == np.int64
    return [int(row) for row in found]


@pytest.mark.parametrize(
    ("one", "other", "folded"),
    [
        (STOCK, STOCK, True),
        (STOCK, STOCK.upper() + ".", True),  # case and punctuation make no difference
        (STOCK, STOCK.replace(", ", " – "), True),  # nor does another dash
        (STOCK, STOCK + " in 2014", True),  # a few words more at the end
        (STOCK, STOCK.replace("some of them", "a number"), False),  # a change in the middle breaks many runs
        (STOCK, STOCK[: len(STOCK) // 2], False),  # half of it is not the same finding
        ("Good.", "Good", True),  # too short for a run of five words: the same words
        ("Good.", "Good work", False),
        ("The team is good", "The team was good", False),
        ("The team is now good", "The team is now good indeed", False),  # one run of two
        ("", "", False),  # nothing is like nothing
        ("•", "–", False),  # marks without words
        ("Strategy meetings are late", "Strategy meetings are not late", False),
    ],
)
def test_what_is_near_identical(one: str, other: str, folded: bool) -> None:
    """The same words, or four in five runs of five words, make two findings near-identical."""
    assert groups(one, other) == ([0, 0] if folded else [0, 1])
    assert groups(other, one) == ([0, 0] if folded else [0, 1])


def test_a_group_is_named_by_its_first_row() -> None:
    """Every member carries the row of the first, whatever the order in which they were found alike."""
    other = "Strategy meetings are held without the health service in most of the cases that were seen"
    assert groups("x", STOCK, other, STOCK + " in 2014", other, STOCK) == [0, 1, 2, 1, 2, 1]


def test_members_join_their_groups() -> None:
    """Two findings that are each like a third are of one group."""
    assert groups(STOCK + " in 2014", STOCK, "Since then " + STOCK) == [0, 0, 0]


def test_facts_stay_alone() -> None:
    """Findings of kind context are never folded, nor anything behind them."""
    assert groups(STOCK, STOCK, STOCK, kinds={0: Kind.CONTEXT}) == [0, 1, 1]


@pytest.mark.parametrize(
    "order", [(STRENGTH, WEAKNESS, NEUTRAL), (NEUTRAL, STRENGTH, WEAKNESS), (WEAKNESS, NEUTRAL, STRENGTH)]
)
def test_praise_and_criticism_are_never_folded(order: tuple[Direction, ...]) -> None:
    """The same words may be praise in one place and criticism in another; no group holds both, through no third."""
    found = groups(STOCK, STOCK, STOCK, directions=dict(enumerate(order)))
    assert found[order.index(STRENGTH)] != found[order.index(WEAKNESS)]
    assert len(set(found)) == 2


def test_one_sentence_in_hundreds_of_reports_is_one_group() -> None:
    """A stock sentence costs no comparison of each with each."""
    assert groups(*[STOCK] * 3000, STOCK + " in 2014") == [0] * 3001


@given(st.lists(st.frozensets(st.integers(0, 12), max_size=10), max_size=12))
def test_every_pair_is_found(sets: list[frozenset[object]]) -> None:
    """The prefix filter leaves out no pair and adds none: it finds what comparing all with all finds."""
    expected = {
        (i, j)
        for i, one in enumerate(sets)
        for j, other in enumerate(sets[:i])
        if one | other and len(one & other) >= LEAST * len(one | other)
    }
    found = list(alike(sets))
    assert set(found) == expected
    assert len(found) == len(expected)
