"""Nearest vectors by comparing with all of them in NumPy: the reference that other backends are held to."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np

from indexer.errors import IndexMismatch
from indexer.vectors.base import FloatMatrix, IntMatrix, IntVector, check_added, check_asked, check_held, padded


class BruteForceIndex:
    """`VectorIndex` over one matrix."""

    def __init__(self, dimension: int) -> None:
        self._vectors: FloatMatrix = np.empty((0, dimension), dtype=np.float32)
        self._loaded = False

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return int(self._vectors.shape[1])

    def __len__(self) -> int:
        return len(self._vectors)

    def add(self, ids: IntVector, vectors: FloatMatrix) -> None:
        """Append vectors; see the port."""
        if self._loaded:
            raise ValueError("an index loaded from a file takes no more vectors")
        check_added(len(self), self.dimension, ids, vectors)
        self._vectors = np.concatenate([self._vectors, vectors.astype(np.float32, copy=False)])

    def search(self, queries: FloatMatrix, k: int, allowed: IntVector | None = None) -> tuple[IntMatrix, FloatMatrix]:
        """The k nearest rows of each query; see the port."""
        check_asked(self.dimension, queries, k)
        rows = np.arange(len(self)) if allowed is None else allowed
        check_held(len(self), rows)
        scores = queries @ self._vectors[rows].T
        ids = np.broadcast_to(rows, scores.shape)
        ids, scores = padded(ids, scores, max(k, len(rows)))
        return ids[:, :k], scores[:, :k]

    def scores(self, queries: FloatMatrix, ids: IntVector) -> FloatMatrix:
        """The score of each query with each given row; see the port."""
        check_asked(self.dimension, queries, 1)
        return queries @ self.reconstruct(ids).T

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The vectors of the given rows; see the port."""
        check_held(len(self), ids)
        return self._vectors[ids]

    def save(self, path: Path) -> None:
        """Write the matrix as a .npy file."""
        with path.open("wb") as file:
            np.save(file, self._vectors)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The index in a .npy file, memory-mapped.

        Raises:
            IndexMismatch: the file is missing or is not a matrix of vectors.
        """
        try:
            vectors = np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise IndexMismatch(f"cannot read the vector index {path}: {error}") from error
        if vectors.ndim != 2 or vectors.dtype != np.float32:
            raise IndexMismatch(f"{path} does not hold vectors: {vectors.dtype} of shape {vectors.shape}")
        index = cls(vectors.shape[1])
        index._vectors, index._loaded = vectors, True
        return index
