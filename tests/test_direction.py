"""Which way findings point: structure first, words second."""

from __future__ import annotations

import pytest

from indexer.direction import finding_direction, sentence_direction
from indexer.models import Direction, Kind

STRENGTH, WEAKNESS, MIXED, NEUTRAL = Direction.STRENGTH, Direction.WEAKNESS, Direction.MIXED, Direction.NEUTRAL


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Strategy meetings are timely and well attended.", STRENGTH),
        ("Strategy meetings are not timely.", WEAKNESS),  # praise negated
        ("No child was left without a plan.", STRENGTH),  # a fault negated
        ("Children are seen without delay.", STRENGTH),  # a fault negated
        ("There are delays in the allocation of work.", WEAKNESS),
        ("Caseloads remain too high.", WEAKNESS),
        ("Plans are clear, but reviews are often late.", MIXED),  # a contrast
        ("The panel meets on the first Monday of the month.", NEUTRAL),
        ("Managers should ensure that records are up to date.", WEAKNESS),  # what ought to be is not yet
        ("Supervision is rarely reflective.", WEAKNESS),
    ],
)
def test_words_decide_where_structure_is_silent(text: str, direction: Direction) -> None:
    """Praise and fault are told apart by phrases, and a negation turns them round."""
    assert sentence_direction(text) is direction


@pytest.mark.parametrize(
    ("kind", "sentences", "direction"),
    [
        (Kind.RECOMMENDATION, [STRENGTH], WEAKNESS),  # "The timeliness of visits." under "What needs to improve"
        (Kind.AREA_FOR_DEVELOPMENT, [], WEAKNESS),
        (Kind.STRENGTH, [WEAKNESS], STRENGTH),
        (Kind.MEETS_REQUIREMENTS, [NEUTRAL], STRENGTH),
        (Kind.CONTEXT, [WEAKNESS], NEUTRAL),
        (Kind.FINDING, [STRENGTH, NEUTRAL], STRENGTH),
        (Kind.FINDING, [STRENGTH, WEAKNESS], MIXED),
        (Kind.FINDING, [NEUTRAL], NEUTRAL),
        (Kind.FINDING, [], NEUTRAL),
    ],
)
def test_structure_decides_first(kind: Kind, sentences: list[Direction], direction: Direction) -> None:
    """A heading's direction stands whatever the words; a narrative finding sums up its sentences."""
    assert finding_direction(kind, sentences) is direction
