"""Nearest vectors by comparing with all of them in NumPy: the reference that other backends are held to."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np

from indexer.errors import IndexMismatch
from indexer.vectors.base import (
    FloatMatrix,
    HalfMatrix,
    IntMatrix,
    IntVector,
    VectorFacts,
    as_kept,
    check_added,
    check_asked,
    check_held,
    padded,
)


class BruteForceIndex:
    """`VectorIndex` over one matrix."""

    def __init__(self, rows: HalfMatrix) -> None:
        self._rows = rows

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return int(self._rows.shape[1])

    def __len__(self) -> int:
        return len(self._rows)

    def search(self, queries: FloatMatrix, k: int, allowed: IntVector | None = None) -> tuple[IntMatrix, FloatMatrix]:
        """The k nearest rows of each query; see the port."""
        check_asked(self.dimension, queries, k)
        ids = np.arange(len(self)) if allowed is None else allowed
        scores = self.scores(queries, ids)
        return padded(np.broadcast_to(ids, scores.shape), scores, k)

    def scores(self, queries: FloatMatrix, ids: IntVector) -> FloatMatrix:
        """The score of each query with each given row; see the port."""
        check_asked(self.dimension, queries, 1)
        return queries @ self.reconstruct(ids).T

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The vectors of the given rows; see the port."""
        check_held(len(self), ids)
        return self._rows[ids].astype(np.float32)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The index in a .npy file, memory-mapped.

        Raises:
            IndexMismatch: the file is missing or is not a matrix of vectors.
        """
        try:
            rows = np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise IndexMismatch(f"cannot read the vector index {path}: {error}") from error
        if rows.ndim != 2 or rows.dtype != np.float16:
            raise IndexMismatch(f"{path} does not hold vectors: {rows.dtype} of shape {rows.shape}")
        return cls(rows)


class BruteForceWriter:
    """`VectorWriter` for `BruteForceIndex`; as a reference it may hold what it is given."""

    def __init__(self, path: Path, dimension: int) -> None:
        self.dimension = dimension
        self._file = path.open("wb")
        self._rows: FloatMatrix = np.empty((0, dimension), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, vectors: FloatMatrix) -> int:
        """Append vectors; see the port."""
        check_added(self.dimension, vectors)
        first = len(self)
        self._rows = np.concatenate([self._rows, as_kept(vectors)])
        return first

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The vectors of the given rows; see the port."""
        check_held(len(self), ids)
        return self._rows[ids]

    def sync(self) -> None:
        """Nothing: the matrix is written when it is whole."""

    def finish(self) -> VectorFacts:
        """Write the matrix as a .npy file."""
        np.save(self._file, self._rows.astype(np.float16))
        self.close()
        return VectorFacts()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
