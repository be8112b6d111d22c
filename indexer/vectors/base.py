"""The port for vectors: what every vector index promises."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

IntVector = NDArray[np.int64]
IntMatrix = NDArray[np.int64]
FloatMatrix = NDArray[np.float32]


class VectorIndex(Protocol):
    """Nearest rows by cosine similarity.

    Vectors are float32 rows of unit length. Scores are cosine similarity, higher is closer; a backend that thinks in
    distances converts inside its own file. Ids are row numbers of the store, dense from 0 in the order of adding.
    Results come best first, equal scores by id; where fewer than k exist, ids are padded with -1, scores with -inf.
    Searching is safe from several threads at once; adding is not.
    """

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    def __len__(self) -> int:
        """How many vectors are held."""

    def add(self, ids: IntVector, vectors: FloatMatrix) -> None:
        """Append vectors (n, dimension) under ids (n,), which must go on counting where the index ends.

        Raises:
            ValueError: the ids do not go on, a vector has another dimension, or the index was loaded from a file,
                which makes it read-only.
        """

    def search(self, queries: FloatMatrix, k: int, allowed: IntVector | None = None) -> tuple[IntMatrix, FloatMatrix]:
        """The k nearest rows of each query: (q, dimension) -> ids (q, k), scores (q, k).

        Args:
            allowed: the only ids that may be found, sorted; None for all. The limit holds inside the search, so that k
                allowed rows are found wherever k exist.
        Raises:
            ValueError: k < 1, or a query has another dimension.
        """

    def scores(self, queries: FloatMatrix, ids: IntVector) -> FloatMatrix:
        """The exact score of each query with each given row: (q, dimension), (n,) -> (q, n).

        Raises:
            IndexError: an id is not held.
        """

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The vectors of the given rows, (n, dimension), as a copy.

        Raises:
            IndexError: an id is not held.
        """

    def save(self, path: Path) -> None:
        """Write the index to one file; `indexer.vectors.load` reads it.

        Raises:
            OSError: the file cannot be written.
        """


def check_added(held: int, dimension: int, ids: IntVector, vectors: FloatMatrix) -> None:
    """Raise ValueError unless the ids go on counting from `held` and every vector has the dimension."""
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise ValueError(f"vectors of shape {vectors.shape} do not fit an index of dimension {dimension}")
    if not np.array_equal(ids, np.arange(held, held + len(vectors))):
        raise ValueError(f"ids must count on from {held}, one for each of {len(vectors)} vectors")


def check_asked(dimension: int, queries: FloatMatrix, k: int) -> None:
    """Raise ValueError unless k >= 1 and every query has the dimension."""
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    if queries.ndim != 2 or queries.shape[1] != dimension:
        raise ValueError(f"queries of shape {queries.shape} do not fit an index of dimension {dimension}")


def check_held(held: int, ids: IntVector) -> None:
    """Raise IndexError unless every id is one of the `held` rows."""
    if len(ids) and (ids.min() < 0 or ids.max() >= held):
        raise IndexError(f"ids run from {ids.min()} to {ids.max()}, and the index holds {held} vectors")


def padded(ids: IntMatrix, scores: FloatMatrix, k: int) -> tuple[IntMatrix, FloatMatrix]:
    """Results in the port's order, best first and equal scores by id, widened to k columns with -1 and -inf."""
    order = np.lexsort((ids, -scores), axis=1)
    ids, scores = np.take_along_axis(ids, order, axis=1), np.take_along_axis(scores, order, axis=1)
    missing = ((0, 0), (0, k - ids.shape[1]))
    return np.pad(ids, missing, constant_values=-1), np.pad(scores, missing, constant_values=-np.inf)
