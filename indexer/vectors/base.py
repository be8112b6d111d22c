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
            ValueError: the ids do not go on, or a vector has another dimension.
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
        """Write the index to one file; `indexer.vectors.load` reads it."""
