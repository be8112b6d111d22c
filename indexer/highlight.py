"""Which sentences of a finding are marked: those that match the query best, by meaning and by words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.models import Span

_MOST = 2
"""Sentences marked in one finding: more than two, and nothing stands out."""

_NEARLY_AS_GOOD = 0.9
"""A second sentence is marked where its strength is at least this share of the best one's."""

_WORDS_COUNT = 0.4
"""What holding all the query's words adds to the cosine of a sentence, which ranges to 1."""


def word_shares(stems: Sequence[Collection[str]], weights: Mapping[str, float]) -> NDArray[np.float32]:
    """The share of a query's words that each sentence holds, weighted, in [0, 1].

    Args:
        stems: the stems of each sentence.
        weights: stem of the query -> what it is worth.
    """
    whole = sum(weights.values())
    if not whole:
        return np.zeros(len(stems), dtype=np.float32)
    return np.array([sum(weights.get(stem, 0.0) for stem in set(held)) / whole for held in stems], dtype=np.float32)


def strengths(shares: NDArray[np.float32], cosines: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """How strongly each sentence matches: by its words, and by its vector's cosine with the query where it has one."""
    return shares if cosines is None else cosines + np.float32(_WORDS_COUNT) * shares


def marked(text: str, sentences: Sequence[Span], strength: NDArray[np.float32]) -> tuple[Span, ...]:
    """The spans to mark in a text: at most two sentences, in order; side by side they are one span.

    A sentence without strength is never marked: no mark is better than a wrong one.

    Args:
        sentences: spans of the sentences in the text, in order.
        strength: how strongly each matches, (sentences,).
    """
    order = np.argsort(-strength, kind="stable")[:_MOST]
    enough = [
        int(place) for place in order if strength[place] > 0 and strength[place] >= _NEARLY_AS_GOOD * strength[order[0]]
    ]
    spans: list[Span] = []
    for start, end in (_trimmed(text, sentences[place]) for place in sorted(enough)):
        if start == end:
            continue
        if spans and not text[spans[-1][1] : start].strip():
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(spans)


def _trimmed(text: str, span: Span) -> Span:
    """A span without white space at its ends."""
    inside = text[span[0] : span[1]]
    start = span[0] + len(inside) - len(inside.lstrip())
    return start, max(start, span[0] + len(inside.rstrip()))
