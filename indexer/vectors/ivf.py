"""Nearest vectors among millions: rows sorted into lists, of which a query reads the nearest (FAISS, IVF with SQ8).

The lists hold the rows in one byte for each dimension and only put candidates forward; these are scored exactly from
the float16 rows of the exact index beside them. How many lists are read is set at the build, as few as find the share
of the nearest rows that is asked for (`base.RECALL`), measured against comparing with every row.
"""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import Final, Self

import faiss
import numpy as np
from faiss.contrib.exhaustive_search import knn_ground_truth

from indexer.errors import IndexMismatch
from indexer.vectors.base import (
    RECALL,
    FloatMatrix,
    IntMatrix,
    IntVector,
    VectorFacts,
    check_asked,
    padded,
)
from indexer.vectors.faiss import BLOCK, FaissIndex, Selectors, read_mapped, reason

_SPARE: Final = 16
"""Candidates beyond those wanted, as the lists' scores are off by some thousandths; and for every eight, one more."""

_DEPTH: Final = 8
"""Rows read for each one wanted, at least: the lists nearest to a query must hold many more than its best few."""

_SEED: Final = 20_240_101
_TRAINING_ROWS: Final = 262_144
"""Rows from which the centres of the lists are made, at most; 200 MB at 384 dimensions."""
_ROUNDS: Final = 10
_QUERIES: Final = 512
_NEAREST: Final = 10

_OTHER: Final = 0.75
"""The weight of the second row in a made-up query. On findings of real reports, queries made so lie about as far from
the rows nearest to them as real ones do (cosine 0.82 and 0.79), and need as many lists to be read or a few more."""


class IvfIndex:
    """`VectorIndex` over lists of rows and the exact index of the same rows."""

    def __init__(self, exact: FaissIndex, lists: faiss.IndexIVFScalarQuantizer) -> None:
        self._exact = exact
        self._lists = lists
        self._selectors = Selectors(len(exact))

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return self._exact.dimension

    def __len__(self) -> int:
        return len(self._exact)

    @property
    def probes(self) -> int:
        """How many lists of average length are read for a query."""
        return int(self._lists.nprobe)

    @probes.setter
    def probes(self, probes: int) -> None:
        self._lists.nprobe = probes

    def search(self, queries: FloatMatrix, k: int, allowed: IntVector | None = None) -> tuple[IntMatrix, FloatMatrix]:
        """The k nearest rows of each query, or nearly; see the port.

        Under a limit as many allowed rows are read as otherwise, from as many more lists as that takes, and up to three
        times as many the fewer it lets through: what it shuts out may be just what lies nearest to the query. Where a
        limit lets through less than twice the rows to be read, all of them are compared, and the result is exact.
        """
        check_asked(self.dimension, queries, k)
        if allowed is not None and len(allowed) == len(self):
            allowed = None
        count = len(self) if allowed is None else len(allowed)
        rows = max(self.probes * len(self) // self._lists.nlist, _DEPTH * k)
        rows += int(2 * rows * (1 - count / len(self)))
        if count <= 2 * rows:
            return self._exact.search(queries, k, allowed)
        parameters = faiss.SearchParametersIVF()
        # List after list until so many allowed rows are read, and at least as many as are wanted.
        parameters.nprobe, parameters.max_codes, parameters.ensure_topk_full = self._lists.nlist, rows, True
        if allowed is not None:
            bits = self._selectors.bits(allowed)  # FAISS keeps a bare pointer: they must live until the search is over
            parameters.sel = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        _, found = self._lists.search(queries, k + k // 8 + _SPARE, params=parameters)
        scores = [self._exact.scores(query[None], ids)[0] for query, ids in zip(queries, found, strict=True)]
        return padded(found, np.array(scores, dtype=np.float32).reshape(found.shape), k)

    def scores(self, queries: FloatMatrix, ids: IntVector) -> FloatMatrix:
        """The score of each query with each given row; see the port."""
        return self._exact.scores(queries, ids)

    def reconstruct(self, ids: IntVector) -> FloatMatrix:
        """The vectors of the given rows; see the port."""
        return self._exact.reconstruct(ids)

    @classmethod
    def load(cls, exact: FaissIndex, path: Path) -> Self:
        """The lists in a file, memory-mapped, with the exact index of their rows.

        Raises:
            IndexMismatch: the file is missing, damaged, another sort of FAISS index, or one of other rows.
        """
        read = read_mapped(path)
        if not isinstance(read, faiss.IndexIVFScalarQuantizer) or read.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise IndexMismatch(f"the vector index {path} is a {type(read).__name__}, not lists of rows")
        if (read.ntotal, read.d) != (len(exact), exact.dimension):
            raise IndexMismatch(f"the vector index {path} has {read.ntotal} rows of {read.d}, not those beside it")
        return cls(exact, read)


def write_lists(exact: FaissIndex, path: Path) -> VectorFacts:
    """Sort the rows of an index into lists, find out how many must be read, and write them to a file.

    Needs memory for one byte of each row and dimension, and some 500 MB.

    Raises:
        OSError: the file cannot be written.
    """
    generator = np.random.default_rng(_SEED)
    lists = _sorted_into_lists(exact, generator)
    index = IvfIndex(exact, lists)
    queries = _made_up(exact, generator)
    blocks = (exact.reconstruct(np.arange(start, end)) for start, end in _blocks(len(exact)))
    metric = faiss.METRIC_INNER_PRODUCT
    nearest: IntMatrix = knn_ground_truth(queries, blocks, min(_NEAREST, len(exact)), metric, ngpu=0)[1]  # type: ignore[no-untyped-call]

    def recall(probes: int) -> float:
        index.probes = probes
        found, _ = index.search(queries, _NEAREST)
        hits = sum(len(np.intersect1d(some, best)) for some, best in zip(found, nearest, strict=True))
        return hits / int(nearest.size)

    # Where more than a quarter of the lists would be needed, the search would hardly be quicker than an exact one.
    probes = 1 + bisect_left(range(1, max(1, lists.nlist // 4)), RECALL, key=recall)
    reached = recall(probes)
    try:
        faiss.write_index(lists, str(path))
    except RuntimeError as error:
        raise OSError(f"cannot write {path}: {reason(error)}") from error
    return VectorFacts("ivf", lists.nlist, probes, round(reached, 4))


def _sorted_into_lists(exact: FaissIndex, generator: np.random.Generator) -> faiss.IndexIVFScalarQuantizer:
    """The rows in lists by the nearest of some centres, made from a sample of them."""
    count = max(1, min(int(4 * len(exact) ** 0.5), len(exact) // 39))
    sample = np.sort(generator.choice(len(exact), min(len(exact), _TRAINING_ROWS), replace=False))
    parameters = faiss.ClusteringParameters()
    parameters.niter, parameters.seed, parameters.spherical = _ROUNDS, _SEED, True
    parameters.min_points_per_centroid, parameters.max_points_per_centroid = 1, _TRAINING_ROWS  # take the whole sample
    centres = faiss.IndexFlatIP(exact.dimension)
    faiss.Clustering(exact.dimension, count, parameters).train_encoded(exact.codes[sample], exact.codec, centres)
    bytes_each = faiss.ScalarQuantizer.QT_8bit
    lists = faiss.IndexIVFScalarQuantizer(centres, exact.dimension, count, bytes_each, faiss.METRIC_INNER_PRODUCT)
    lists.train(exact.reconstruct(sample[:: max(1, len(sample) // BLOCK)]))
    for start, end in _blocks(len(exact)):
        lists.add(exact.reconstruct(np.arange(start, end)))
    return lists


def _made_up(exact: FaissIndex, generator: np.random.Generator) -> FloatMatrix:
    """Queries that are no rows: each one row and, with less weight, another one, both drawn at random."""
    one, other = (exact.reconstruct(generator.integers(0, len(exact), _QUERIES)) for _ in range(2))
    mixed = one + np.float32(_OTHER) * other
    lengths = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.asarray(mixed / np.maximum(lengths, 1e-9), dtype=np.float32)


def _blocks(count: int) -> list[tuple[int, int]]:
    """The rows from 0 to `count` in blocks: (start, end), end excluded."""
    return [(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]
