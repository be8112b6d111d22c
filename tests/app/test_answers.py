"""What is said of an answer: which way was sought, what the query was taken for, why a result is one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import answers, words
from indexer.models import Answer, Explanation, Leg, Sought
from tests.app.prepared import BASE, LEGS, SCORE


def answer(
    total: int = 2,
    weak: int = 0,
    direction: Sought = "any",
    corrections: tuple[tuple[str, str], ...] = (),
    expansions: tuple[tuple[str, tuple[str, ...]], ...] = (),
) -> Answer:
    """An answer with what a test is about."""
    return Answer("x", total, (), {}, 1.0, direction, corrections, expansions, weak)


@pytest.mark.parametrize(
    ("given_one", "said"),
    [
        (answer(1204), "1,204 comparable findings"),
        (answer(1, direction="weakness"), "1 comparable finding, looking for weaknesses"),
        (answer(0, direction="strength"), "No comparable findings, looking for good practice"),
        (answer(0, 5, "weakness"), "No comparable findings, 5 weak ones, looking for weaknesses"),
        (answer(3, 1), "3 comparable findings, 1 weak one"),
    ],
)
def test_outcome(given_one: Answer, said: str) -> None:
    """A title tells how many results there are, how many weak ones follow, and which way was sought."""
    assert answers.outcome(given_one) == said


@pytest.mark.parametrize(
    ("corrections", "said"),
    [
        ((), ""),
        ((("strategey", "strategy"),), "No report has “strategey”: searched for “strategy”."),
        (
            (("strategey", "strategy"), ("minuts", "minutes")),
            "No report has “strategey” or “minuts”: searched for “strategy” and “minutes”.",
        ),
    ],
)
def test_corrected(corrections: tuple[tuple[str, str], ...], said: str) -> None:
    """Words that no report has are named with those searched for in their place."""
    assert answers.corrected(answer(corrections=corrections)) == said


@pytest.mark.parametrize(
    ("expansions", "said"),
    [
        ((), ""),
        ((("MASH", ()),), ""),  # nothing else was searched for
        ((("MASH", ("multi-agency safeguarding hub",)),), "Also searched: multi-agency safeguarding hub (for MASH)."),
        (
            (("PA", ("personal adviser", "personal advisor")), ("care order", ("CO",))),
            "Also searched: personal adviser and personal advisor (for PA); CO (for care order).",
        ),
    ],
)
def test_expanded(expansions: tuple[tuple[str, tuple[str, ...]], ...], said: str) -> None:
    """Acronyms and long forms are named with what they stand for."""
    assert answers.expanded(answer(expansions=expansions)) == said


def test_steps_are_plain_words() -> None:
    """Each comparison says where the finding stands by it and where the score stands after it."""
    assert answers.steps(Explanation(BASE, LEGS)) == (
        "Before anything is compared: 0.08",
        "Meaning of its closest sentence, 2nd best of all: raises it to 0.35",
        "Meaning of the whole finding, best of all: raises it to 0.46",
        "Share of the words looked for, 12th best of all: raises it to 0.52",
        "Points the way sought: raises it to 0.71",
    )
    assert words.score(SCORE) == "0.71"


@pytest.mark.parametrize(
    ("leg", "said"),
    [
        (Leg("direction", None, -1.0, -2.0), "Points the other way: lowers it to 0.12"),
        (Leg("words", 3, 0.1, 0.001), "Words in common, rare ones counting most, 3rd best of all: leaves it at 0.50"),
        (Leg("reading", 1, 0.1, 1.0), "Reading, best of all: raises it to 0.73"),  # a leg that has no words yet
    ],
)
def test_a_step(leg: Leg, said: str) -> None:
    """A comparison speaks for a finding, against it, or neither."""
    assert answers.steps(Explanation(0.0, (leg,)))[1:] == (said,)


numbers = st.floats(-800, 800)
legs = st.builds(Leg, st.sampled_from(["sentence", "direction"]), st.none() | st.integers(1, 9), numbers, numbers)


@given(numbers, st.lists(legs, max_size=6))
def test_steps_arrive_at_the_score(base: float, given_ones: list[Leg]) -> None:
    """The last step ends at the probability that base and shares add up to, however large they are."""
    log_odds = base
    for leg in given_ones:
        log_odds += leg.share
    expected = 1 / (1 + math.exp(-log_odds)) if log_odds > -700 else 0.0
    last = answers.steps(Explanation(base, tuple(given_ones)))[-1]
    assert float(last.split()[-1]) == pytest.approx(expected, abs=0.00501)
