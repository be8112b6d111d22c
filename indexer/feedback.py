"""More like these, less like that: a query moved by the findings that a reader has marked.

The vector of the query goes towards the mean of the findings marked as wanted and away from the mean of those marked as
not wanted; then it has unit length again, and everything is compared with it as with any other query. What the words of
the query say, and which way it points, stays as it was.

Source: Rocchio 1971, "Relevance feedback in information retrieval", in Salton (ed.), The SMART Retrieval System.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from indexer.embedder import unit_rows
from indexer.vectors.base import FloatMatrix


@dataclass(frozen=True, slots=True)
class Weights:
    """What the means of the findings wanted and not wanted weigh, where the query has 1."""

    wanted: float
    not_wanted: float


WEIGHTS: Final = Weights(wanted=0.2, not_wanted=0.05)
"""What is not wanted weighs little: it is mostly on the topic, and a query that flees it leaves the topic.
`evaluation/README.md` has the figures that speak for these; `python -m evaluation.feedback` measures them."""


def moved(
    vectors: FloatMatrix, wanted: FloatMatrix, not_wanted: FloatMatrix, weights: Weights = WEIGHTS
) -> FloatMatrix:
    """The vectors of a query, (n, dimension), moved by those of the findings marked, each (m, dimension), m from 0."""
    shift = np.zeros(vectors.shape[1], dtype=np.float32)
    for marked, weight in ((wanted, weights.wanted), (not_wanted, -weights.not_wanted)):
        if len(marked):
            shift += np.float32(weight) * marked.mean(axis=0)
    return unit_rows(vectors + shift)
