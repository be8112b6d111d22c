"""The port for vectors over a collection of Milvus."""

from __future__ import annotations

import numpy as np

from indexer.milvus.layout import EXACT, thoroughness
from indexer.milvus.server import MOST, ROW, VECTOR, Collection, Found, among, parts
from indexer.vectors.base import FloatMatrix, IntMatrix, IntVector, check_asked, check_held, padded


class MilvusIndex:
    """`VectorIndex` over a collection. Safe to use from several threads.

    Args:
        rows: how many vectors it holds.
    """

    def __init__(self, collection: Collection, rows: int, dimension: int) -> None:
        self.collection = collection
        self._rows = rows
        self._dimension = dimension
        self._kind = collection.index_type()

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return self._dimension

    def __len__(self) -> int:
        return self._rows

    def nearest(self, queries: FloatMatrix, k: int, where: str) -> list[Found]:
        """The k nearest rows to each query that pass a filter, at most `MOST`; scores as the index has them."""
        return self.collection.nearest(VECTOR, list(queries), k, where, thoroughness(self._kind, k))

    def search(self, queries: FloatMatrix, k: int, allowed: IntVector | None = None) -> tuple[IntMatrix, FloatMatrix]:
        """The k nearest rows of each query; see the port. Given rows are all compared; `nearest` takes a filter.

        Raises:
            ValueError: more than `MOST` are asked for too: Milvus gives no more.
        """
        check_asked(self.dimension, queries, k)
        if k > MOST:
            raise ValueError(f"k is {k:,}, and Milvus gives at most {MOST:,} results")
        if allowed is not None:
            rows = np.broadcast_to(allowed, (len(queries), len(allowed)))
            return padded(rows, self.scores(queries, allowed), k)
        ids = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        for place, (rows, _) in enumerate(self.nearest(queries, k, "")):
            query = slice(place, place + 1)
            ids[query], scores[query] = padded(rows[None], self.scores(queries[query], rows), k)
        return ids, scores

    def scores(self, queries: FloatMatrix, ids: IntVector) -> FloatMatrix:
        """The exact score of each query with each given row; see the port.

        Milvus is asked for the scores, which are few bytes. Where its index does not keep vectors whole, or left rows
        out, the vectors are fetched and compared here.
        """
        check_asked(self.dimension, queries, 1)
        check_held(len(self), ids)
        rows, places = np.unique(ids, return_inverse=True)
        scores = np.full((len(queries), len(rows)), np.nan, dtype=np.float32)
        for part in parts(rows) if self._kind in EXACT else ():
            thorough = thoroughness(self._kind, len(part))
            found = self.collection.nearest(VECTOR, list(queries), len(part), among(ROW, part), thorough)
            for of_query, (held, known) in zip(scores, found, strict=True):
                of_query[np.searchsorted(rows, held)] = known
        missing = np.flatnonzero(np.isnan(scores).any(axis=0))
        if len(missing):
            scores[:, missing] = queries @ self.collection.vectors(rows[missing], self.dimension).T
        return scores[:, places]

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The vectors of the given rows; see the port."""
        check_held(len(self), ids)
        return self.collection.vectors(ids, self.dimension)
