"""More like these, less like that: a query moved by the findings that a reader has marked.

The vector of the query goes towards the mean of the findings marked as wanted and away from the mean of those marked as
not wanted; then it has unit length again, and everything is compared with it as with any other query. What the words of
the query say, and which way it points, stays as it was.

Source: Rocchio 1971, "Relevance feedback in information retrieval", in Salton (ed.), The SMART Retrieval System.
`evaluation/README.md` has the figures that speak for the two weights; `python -m evaluation.feedback` measures them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from indexer.embedder import unit_rows
from indexer.vectors.base import FloatMatrix

LIKED: Final = 0.4
"""Weight of the mean of the findings wanted, where the query has 1."""
UNLIKED: Final = 0.1
"""Weight of the mean of the findings not wanted. Small: these are mostly on the topic, and a query that flees them
leaves it."""


def moved(vectors: FloatMatrix, liked: FloatMatrix, unliked: FloatMatrix) -> FloatMatrix:
    """The vectors of a query, (n, dimension), moved by those of the findings marked, each (m, dimension), m from 0."""
    shift = np.zeros(vectors.shape[1], dtype=np.float32)
    for marked, weight in ((liked, LIKED), (unliked, -UNLIKED)):
        if len(marked):
            shift += np.float32(weight) * marked.mean(axis=0)
    return unit_rows(vectors + shift)
