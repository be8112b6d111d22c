"""Writes FAISS files row by row, and beside many rows the lists of an approximate search."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.vectors.base import FloatMatrix, IntVector, VectorFacts, check_added, check_held
from indexer.vectors.half_rows import HalfRows
from indexer.vectors.ivf_writer import write_lists

_COUNT: Final = 8
"""Where FAISS's file says how many rows there are; how many bytes of rows follow stands last before them."""


class FaissWriter:
    """`VectorWriter` for `FaissIndex` and `IvfIndex`.

    Rows go to the file that FAISS will read, after the head that FAISS gives an empty index; the two counts in the
    head are filled in at the end.
    """

    def __init__(self, path: Path, lists_path: Path, dimension: int, exact_up_to: int) -> None:
        self.dimension = dimension
        self._path = path
        self._lists_path = lists_path
        self._exact_up_to = exact_up_to
        self._count = 0
        self._head = _head(dimension)
        self._file = path.open("wb")
        self._file.write(self._head.tobytes())

    def __len__(self) -> int:
        return self._count

    def add(self, vectors: FloatMatrix) -> int:
        """Append vectors; see the port."""
        check_added(self.dimension, vectors)
        first = self._count
        self._file.write(np.ascontiguousarray(vectors, dtype="<f2").data)
        self._count += len(vectors)
        return first

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The vectors of the given rows; see the port."""
        check_held(self._count, ids)
        if not len(ids):
            return np.empty((0, self.dimension), dtype=np.float32)
        self._file.flush()
        return self._rows().reconstruct(ids)

    def sync(self) -> None:
        """Have all rows on disk; see the port."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> VectorFacts:
        """Fill in the counts; where there are more rows than are searched exactly, sort them into lists."""
        head = self._head.copy()
        head[_COUNT : _COUNT + 8] = np.array([self._count], dtype="<i8").view(np.uint8)
        head[-8:] = np.array([self._count * self.dimension * 2], dtype="<i8").view(np.uint8)
        self._file.seek(0)
        self._file.write(head.tobytes())
        self.close()
        if self._count <= self._exact_up_to:
            return VectorFacts()
        return write_lists(self._rows(), self._lists_path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rows(self) -> HalfRows:
        return HalfRows(self._path, len(self._head), self._count, self.dimension)


def rows_so_far(path: Path, dimension: int, count: int) -> HalfRows:
    """The first rows of a file that was not finished.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds fewer rows.
    """
    return HalfRows(path, len(_head(dimension)), count, dimension)


def _head(dimension: int) -> NDArray[np.uint8]:
    """What FAISS writes for an index without rows."""
    empty = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    head: NDArray[np.uint8] = faiss.serialize_index(empty)
    return head
