"""Nearest vectors with FAISS, exact: every row is compared, in half precision (IndexScalarQuantizer, QT_fp16)."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.errors import IndexMismatch
from indexer.vectors.base import FloatMatrix, IntMatrix, IntVector, check_asked, check_held, padded, scored
from indexer.vectors.half_rows import HalfRows, floats

_FEW: Final = 1 / 128
"""The share of the rows up to which picking the allowed ones out costs less than passing over the others."""


class Selectors:
    """The allowed rows of a search as FAISS has them, a bit for each row.

    Filters come back again and again, as the same array each time: for millions of rows working the bits out takes
    longer than the search, so they are kept for as long as the array lives.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: dict[int, tuple[weakref.ref[IntVector], NDArray[np.uint8]]] = {}

    def bits(self, allowed: IntVector) -> NDArray[np.uint8]:
        """A bit for each row, set where it is allowed.

        Raises:
            IndexError: an allowed row is not held.
        """
        place = id(allowed)
        kept = self._kept.get(place)
        if kept is not None and kept[0]() is allowed:
            return kept[1]
        check_held(self._count, allowed)
        mask = np.zeros(self._count, dtype=bool)
        mask[allowed] = True
        bits = np.packbits(mask, bitorder="little")
        self._kept[place] = weakref.ref(allowed, lambda _: self._kept.pop(place, None)), bits
        return bits


class FaissIndex:
    """`VectorIndex` over a flat FAISS index of float16 rows. The inner product of unit vectors is their cosine."""

    def __init__(self, index: faiss.IndexScalarQuantizer) -> None:
        self._index = index
        self._selectors = Selectors(index.ntotal)
        # A view of FAISS's own memory, which is the mapped file: far quicker than a call for each row.
        size = index.ntotal * index.code_size
        codes = faiss.rev_swig_ptr(index.codes.data(), size) if size else np.empty(0, dtype=np.uint8)
        self._rows: NDArray[np.uint8] = codes.reshape(index.ntotal, index.code_size)

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, queries: FloatMatrix, k: int, allowed: IntVector | None = None) -> tuple[IntMatrix, FloatMatrix]:
        """The k nearest rows of each query; see the port."""
        check_asked(self.dimension, queries, k)
        if allowed is not None and len(allowed) <= _FEW * len(self):
            scores = self.scores(queries, allowed)
            return padded(np.broadcast_to(allowed, scores.shape), scores, k)
        if not len(self):
            nothing = np.empty((len(queries), 0))
            return padded(nothing.astype(np.int64), nothing.astype(np.float32), k)
        parameters = faiss.SearchParameters()
        if allowed is not None:
            bits = self._selectors.bits(allowed)  # FAISS keeps a bare pointer: they must live until the search is over
            parameters.sel = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        reach = min(k, len(self) if allowed is None else len(allowed))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        with threads_for(queries):
            found, ids = self._index.search(queries, reach, params=parameters)
        return padded(ids, found, k)

    def scores(self, queries: FloatMatrix, ids: IntVector) -> FloatMatrix:
        """The score of each query with each given row; see the port."""
        check_asked(self.dimension, queries, 1)
        return scored(queries, ids, self.reconstruct)

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The vectors of the given rows; see the port."""
        check_held(len(self), ids)
        return floats(self._rows[ids])

    def rows(self, path: Path) -> HalfRows:
        """The rows in the file that this index was loaded from, which holds them last."""
        size = self._rows.size
        return HalfRows(path, path.stat().st_size - size, len(self), self.dimension)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The index in a FAISS file, memory-mapped, so that processes share its pages and opening reads little.

        Raises:
            IndexMismatch: the file is missing, damaged, or another sort of FAISS index.
        """
        read = read_mapped(path)
        if isinstance(read, faiss.IndexScalarQuantizer):
            kind = read.sq.qtype, read.metric_type
            if kind == (faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT):
                return cls(read)
        raise IndexMismatch(f"the vector index {path} is a {type(read).__name__}, not a flat one of float16 rows")


@contextmanager
def threads_for(queries: FloatMatrix) -> Iterator[None]:
    """Have FAISS search for one query in this thread alone.

    It spreads queries over the cores, not rows: of several threads all but one would only wait, and burn time at it.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1 if len(queries) == 1 else threads)  # of this thread; others keep theirs
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def read_mapped(path: Path) -> faiss.Index:
    """What a FAISS file holds, memory-mapped.

    Raises:
        IndexMismatch: the file is missing or damaged.
    """
    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise IndexMismatch(f"cannot read the vector index {path}: {reason(error)}") from error


def reason(error: RuntimeError) -> str:
    """What FAISS complains of, in one line, without the place in its source that it names before."""
    return re.sub(r"^Error in .*? at \S+:\d+: (Error: '.*?' failed: )?", "", " ".join(str(error).split()))
