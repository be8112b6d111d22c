"""Nearest vectors among millions: rows sorted into lists, of which a query reads the nearest (FAISS, IVF with SQ8).

The lists hold each row in one byte for each dimension; that is all that is kept in memory. A search takes its
candidates from them, and scores the best again exactly, with the float16 rows in the file of the exact index.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Final, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.errors import IndexMismatch
from indexer.vectors.base import FloatMatrix, IntMatrix, IntVector, check_asked, check_held, padded, scored
from indexer.vectors.faiss import Selectors, read_mapped, threads_for
from indexer.vectors.half_rows import HalfRows

_DEPTH: Final = 8
"""Rows read for each one wanted, at least: the lists nearest to a query must hold many more than its best few."""

_SPARE: Final = 16
"""Candidates beyond those wanted, whose order may still change when they are scored exactly."""

_EXACT: Final = 64
"""The most candidates that are scored exactly. Each lies in a page of its own and takes some microseconds to reach."""


class IvfIndex:
    """`VectorIndex` over lists of rows in one byte for each dimension, and the float16 rows in their file."""

    def __init__(self, lists: faiss.IndexIVFScalarQuantizer, rows: HalfRows) -> None:
        self._lists = lists
        self._rows = rows
        self._selectors = Selectors(len(rows))
        # A byte b of dimension i stands for lowest[i] + (b + 0.5) * width[i] / 255.
        trained = faiss.vector_to_array(lists.sq.trained).reshape(2, rows.dimension)
        self._step = trained[1] / np.float32(255)
        self._start = trained[0] + self._step / 2
        self._windows, self._places = _places(lists)

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return self._rows.dimension

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def probes(self) -> int:
        """How many lists of average length are read for a query."""
        return int(self._lists.nprobe)

    @probes.setter
    def probes(self, probes: int) -> None:
        self._lists.nprobe = probes

    def search(self, queries: FloatMatrix, k: int, allowed: IntVector | None = None) -> tuple[IntMatrix, FloatMatrix]:
        """The k nearest rows of each query, or nearly; see the port.

        Under a limit as many allowed rows are read as otherwise, from as many more lists as that takes, and up to twice
        as many the fewer it lets through: what it shuts out may be just what lies nearest to the query. Where a limit
        lets through no more than the rows to be read, all of them are compared.
        """
        check_asked(self.dimension, queries, k)
        if allowed is not None and len(allowed) == len(self):
            allowed = None
        count = len(self) if allowed is None else len(allowed)
        rows = max(self.probes * len(self) // self._lists.nlist, _DEPTH * k)
        wanted = min(k + _SPARE, count)
        if count <= rows:
            ids = np.arange(len(self)) if allowed is None else allowed
            scores = self.scores(queries, ids)
            best = np.argpartition(-scores, max(0, wanted - 1))[:, :wanted] if count else scores.astype(np.int64)
            return self._refined(queries, ids[best], np.take_along_axis(scores, best, axis=1), k)
        parameters = faiss.SearchParametersIVF()
        # List after list until so many allowed rows are read, and at least as many as are wanted.
        parameters.nprobe, parameters.ensure_topk_full = self._lists.nlist, True
        parameters.max_codes = rows + int(rows * (1 - count / len(self)))
        if allowed is not None:
            bits = self._selectors.bits(allowed)  # FAISS keeps a bare pointer: they must live until the search is over
            parameters.sel = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        with threads_for(queries):
            scores, ids = self._lists.search(queries, wanted, params=parameters)
        return self._refined(queries, ids, scores, k)

    def _refined(
        self, queries: FloatMatrix, ids: IntMatrix, scores: FloatMatrix, k: int
    ) -> tuple[IntMatrix, FloatMatrix]:
        """The best k of candidates, the best of which are scored again, exactly."""
        ids, scores = padded(ids, scores, ids.shape[1])
        for query, own_ids, own_scores in zip(queries, ids, scores, strict=True):
            vectors = self._rows.reconstruct(own_ids[:_EXACT])
            np.einsum("ij,j->i", vectors, query, out=own_scores[:_EXACT])
        return padded(ids, scores, k)

    def scores(self, queries: FloatMatrix, ids: IntVector) -> FloatMatrix:
        """The score of each query with each given row, nearly; see the port."""
        check_asked(self.dimension, queries, 1)
        check_held(len(self), ids)
        scores = scored(queries * self._step, ids, lambda some: self._windows[self._places[some]].astype(np.float32))
        scores += (queries @ self._start)[:, None]
        return scores

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The vectors of the given rows; see the port."""
        return self._rows.reconstruct(ids)

    @classmethod
    def load(cls, path: Path, rows: HalfRows) -> Self:
        """The lists in a file, memory-mapped, with the float16 rows that they hold.

        Raises:
            IndexMismatch: the file is missing, damaged, another sort of FAISS index, or one of other rows.
        """
        read = read_mapped(path)
        if not isinstance(read, faiss.IndexIVFScalarQuantizer):
            raise IndexMismatch(f"the vector index {path} is a {type(read).__name__}, not lists of rows in bytes")
        if read.sq.qtype != faiss.ScalarQuantizer.QT_8bit or read.by_residual:
            raise IndexMismatch(f"the vector index {path} holds its rows in another way, not lists of rows in bytes")
        if (read.ntotal, read.d) != (len(rows), rows.dimension):
            raise IndexMismatch(f"the vector index {path} has {read.ntotal} rows of {read.d}, not those beside it")
        return cls(read, rows)


def _places(lists: faiss.IndexIVFScalarQuantizer) -> tuple[NDArray[np.uint8], IntVector]:
    """The bytes of every row wherever they begin in memory, and where those of each row do.

    Returns:
        windows, of which `windows[places[ids]]` is (n, dimension), and places, (n,).
    """
    held = lists.invlists
    assert held is not None
    places = np.empty(lists.ntotal, dtype=np.int64)
    for number in range(lists.nlist):
        if count := held.list_size(number):
            ids = faiss.rev_swig_ptr(held.get_ids(number), count)
            places[ids] = int(held.get_codes(number)) + np.arange(count) * lists.code_size
    first, end = int(places.min()), int(places.max()) + lists.code_size
    places -= first
    memory = np.ctypeslib.as_array((ctypes.c_uint8 * (end - first)).from_address(first))
    return np.lib.stride_tricks.sliding_window_view(memory, lists.code_size), places
