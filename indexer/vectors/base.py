"""The port for vectors: what every vector index promises, and how one is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

IntVector = NDArray[np.int64]
IntMatrix = NDArray[np.int64]
FloatMatrix = NDArray[np.float32]
HalfMatrix = NDArray[np.float16]

_BLOCK: Final = 512
"""Rows scored at a time: few enough to stay in a core's own cache, and to need no memory to speak of."""

RECALL: Final = 0.98
"""The share of the ten nearest rows that an approximate search should find."""


@dataclass(frozen=True, slots=True)
class VectorFacts:
    """How the vectors of an index are searched, as its build found it."""

    kind: Literal["exact", "ivf"] = "exact"
    """Every row is compared; or those in the lists whose centres are nearest to the query, an inverted file."""
    lists: int = 0
    """Lists of an inverted file."""
    probes: int = 0
    """How many of them are read for a query, those of average length."""
    recall: float = 1.0
    """Share of the ten nearest rows that is found, measured at the build on queries that it made up."""


class VectorRows(Protocol):
    """Vectors that can be read back by row.

    Vectors are float32 rows of unit length. They are kept in half precision: what is given back is what was added,
    rounded to float16 (`as_kept`), which moves a cosine by less than 0.001. Ids are row numbers of the store, dense
    from 0 in the order of adding.
    """

    @property
    def dimension(self) -> int:
        """Length of one vector."""

    def __len__(self) -> int:
        """How many vectors are held."""

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The vectors of the given rows, (n, dimension), as a copy.

        Raises:
            IndexError: an id is not held.
        """


class VectorIndex(VectorRows, Protocol):
    """Nearest rows by cosine similarity.

    Scores are cosine similarity, higher is closer; a backend that thinks in distances converts inside its own file.
    Those of an approximate index may be off by some ten-thousandths (less than 0.005), but for the best few that a
    search gives, which are exact. Results come best first, equal scores by id; where fewer than k exist, ids are padded
    with -1, scores with -inf. Searching is safe from several threads at once.
    """

    def search(self, queries: FloatMatrix, k: int, allowed: IntVector | None = None) -> tuple[IntMatrix, FloatMatrix]:
        """The k nearest rows of each query: (q, dimension) -> ids (q, k), scores (q, k).

        Args:
            allowed: the only ids that may be found, sorted; None for all. The limit holds inside the search, so that k
                allowed rows are found wherever k exist. The array must not be changed later: what is worked out of it
                is kept for as long as it lives.
        Raises:
            ValueError: k < 1, or a query has another dimension.
            IndexError: an allowed id is not held.
        """

    def scores(self, queries: FloatMatrix, ids: IntVector) -> FloatMatrix:
        """The score of each query with each given row: (q, dimension), (n,) -> (q, n).

        Raises:
            IndexError: an id is not held.
        """


class VectorWriter(VectorRows, Protocol):
    """Writes an index to disk as its vectors come, none of which stay in memory. Not safe for threads."""

    def add(self, vectors: FloatMatrix) -> int:
        """Append vectors, (n, dimension); gives the row of the first.

        Raises:
            ValueError: a vector has another dimension.
            OSError: the file cannot be written.
        """

    def sync(self) -> None:
        """Have all rows that were added so far on disk, from where `indexer.vectors.unfinished` reads them.

        Raises:
            OSError: the file cannot be written.
        """

    def finish(self) -> VectorFacts:
        """Complete the index, which `indexer.vectors.load` then reads; nothing can be added or read back after.

        Raises:
            OSError: a file cannot be written.
        """

    def close(self) -> None:
        """Close the file; what is not finished is no index. Calling it twice does no harm."""


def as_kept(vectors: FloatMatrix) -> FloatMatrix:
    """Vectors as an index gives them back."""
    return vectors.astype(np.float16).astype(np.float32)


def scored(queries: FloatMatrix, ids: IntVector, vectors: Callable[[IntVector], FloatMatrix]) -> FloatMatrix:
    """The score of each query with each given row, (q, dimension), (n,) -> (q, n); `vectors` gives those of some rows.

    Not as one product of matrices: that is spread over the cores, and under load waits for the slowest of them.
    """
    scores = np.empty((len(queries), len(ids)), dtype=np.float32)
    for start in range(0, len(ids), _BLOCK):
        block = slice(start, start + _BLOCK)
        rows = vectors(ids[block])
        for query, own in zip(queries, scores, strict=True):
            np.einsum("ij,j->i", rows, query, out=own[block])
    return scores


def check_added(dimension: int, vectors: FloatMatrix) -> None:
    """Raise ValueError unless every vector has the dimension."""
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise ValueError(f"vectors of shape {vectors.shape} do not fit an index of dimension {dimension}")


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
    """Results in the port's order, best first and equal scores by id, cut or widened to k columns with -1 and -inf."""
    order = np.lexsort((ids, -scores), axis=1)[:, :k]
    ids, scores = np.take_along_axis(ids, order, axis=1), np.take_along_axis(scores, order, axis=1)
    missing = ((0, 0), (0, k - ids.shape[1]))
    return np.pad(ids, missing, constant_values=-1), np.pad(scores, missing, constant_values=-np.inf)
