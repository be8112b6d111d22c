"""Marks: the right sentences, inside the text, never overlapping."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.highlight import marked, strengths, word_shares

TEXT = "Visits are regular. Minutes are late.  Plans drift. Staff are proud."
SENTENCES = [(0, 19), (20, 39), (39, 51), (52, 68)]


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        ([0.1, 0.9, 0.2, 0.1], ["Minutes are late."]),  # one stands out
        ([0.1, 0.85, 0.2, 0.9], ["Minutes are late.", "Staff are proud."]),  # two nearly as good, in order of the text
        ([0.1, 0.9, 0.85, 0.1], ["Minutes are late.  Plans drift."]),  # side by side: one span
        ([0.9, 0.9, 0.9, 0.9], ["Visits are regular. Minutes are late."]),  # never more than two sentences
        ([0.0, 0.0, 0.0, 0.0], []),  # nothing matches: no mark
        ([-0.2, -0.1, -0.3, -0.4], []),  # nor where all speak against it
    ],
)
def test_strongest_sentences_are_marked(strength: list[float], expected: list[str]) -> None:
    """The best sentence is marked, and a second one that is nearly as good; sentences side by side are one span."""
    spans = marked(TEXT, SENTENCES, np.array(strength, dtype=np.float32))
    assert [TEXT[start:end] for start, end in spans] == expected


@given(st.data())
def test_marks_lie_in_the_text_in_order(data: st.DataObject) -> None:
    """Whatever the sentences and strengths: marks lie inside the text, in order, apart, without white space at ends."""
    text = data.draw(st.text(alphabet="ab .\n", max_size=60))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    sentences = list(pairwise(cuts))
    strength = data.draw(st.lists(st.floats(-1, 2, width=32), min_size=len(sentences), max_size=len(sentences)))
    spans = marked(text, sentences, np.array(strength, dtype=np.float32))
    assert len(spans) <= 2
    for start, end in spans:
        assert 0 <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
    for (_, end), (start, _) in pairwise(spans):
        assert end < start


def test_share_of_words_is_weighted() -> None:
    """A sentence's share is the worth of the query's stems in it; a stem said twice counts once."""
    shares = word_shares([("minut", "late", "late"), ("plan",), ()], {"minut": 3.0, "late": 1.0})
    assert shares.tolist() == [1.0, 0.0, 0.0]
    assert word_shares([("late",)], {"minut": 3.0, "late": 1.0}).tolist() == [0.25]
    assert word_shares([("late",)], {}).tolist() == [0.0]


def test_words_raise_a_sentence_above_its_cosine() -> None:
    """Of two sentences of one cosine the one with the query's words is the stronger; without vectors words decide."""
    shares = np.array([0.0, 0.5], dtype=np.float32)
    cosines = np.array([0.6, 0.6], dtype=np.float32)
    assert strengths(shares).tolist() == [0.0, 0.5]
    together = strengths(shares, cosines)
    assert together[1] > together[0] == np.float32(0.6)
