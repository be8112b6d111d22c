"""Texts that have a vector already: each is found again by its place, however many there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import known_texts
from indexer.known_texts import KnownTexts
from indexer.vectors.base import FloatMatrix, IntVector


class Numbered:
    """Holds vectors that say whose they are and in which row they stand."""

    dimension = 2

    def __init__(self, name: int) -> None:
        self._name = name

    def __len__(self) -> int:
        return 10**6

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The name of the holder and the row."""
        return np.array([[self._name, row] for row in ids], dtype=np.float32).reshape(-1, 2)


def found(known: KnownTexts, texts: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The holder and the row of each text that is known."""
    vectors = known.get(texts)
    assert all(vector.shape == (1, 2) for vector in vectors.values())
    return {text: (int(vector[0, 0]), int(vector[0, 1])) for text, vector in vectors.items()}


@settings(max_examples=50, deadline=None)
@given(batches=st.lists(st.tuples(st.integers(0, 2), st.lists(st.sampled_from("abcdefghij"), max_size=6))))
def test_a_text_keeps_its_first_place(batches: list[tuple[int, list[str]]]) -> None:
    """However the texts come, each has the vector it was first learned with, and the others have none."""
    holders = [Numbered(name) for name in range(3)]
    known, expected, rows = KnownTexts(), dict[str, tuple[int, int]](), [0, 0, 0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_texts, "_RECENT", 3)  # so that they are sorted in every few texts
        for name, texts in batches:
            known.learn(texts, holders[name], rows[name])
            for row, text in enumerate(texts, rows[name]):
                expected.setdefault(text, (name, row))
            rows[name] += len(texts)
            assert found(known, list("abcdefghijk")) == expected


def test_many_texts_are_known() -> None:
    """Among more texts than are kept apart, each is found in its own row, and one never seen in none."""
    known, holder = KnownTexts(), Numbered(7)
    texts = [f"Visit {number} was late." for number in range(130_000)]
    for start in range(0, len(texts), 1000):
        known.learn(texts[start : start + 1000], holder, start)
    rows = [0, 49_999, 50_000, 50_001, 129_999]
    asked = [*(texts[row] for row in rows), "Visit 130000 was late."]
    assert found(known, asked) == {texts[row]: (7, row) for row in rows}


def test_nothing_is_known_at_first() -> None:
    """Without texts learned, none has a vector; asking for none is fine."""
    assert KnownTexts().get(["one"]) == {}
    assert KnownTexts().get([]) == {}
