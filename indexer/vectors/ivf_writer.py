"""Sorts rows into lists for an approximate search, and finds out how many of the lists a query must read.

As few are to be read as find the share of the nearest rows that is asked for (`base.RECALL`), measured against
comparing with every row, on queries made up of rows. Chance has no part in it: the lists of the same rows are the same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import faiss
import numpy as np
from faiss.contrib.exhaustive_search import knn_ground_truth

from indexer.vectors.base import RECALL, FloatMatrix, VectorFacts
from indexer.vectors.faiss import reason
from indexer.vectors.half_rows import HalfRows
from indexer.vectors.ivf import IvfIndex

_BLOCK: Final = 16_384
"""Rows made float32 at a time: 24 MB at 384 dimensions."""

_SEED: Final = 20_240_101
_TRAINING_ROWS: Final = 262_144
"""Rows from which the centres of the lists are made, at most; 200 MB at 384 dimensions."""
_ROUNDS: Final = 10
_QUERIES: Final = 512
_NEAREST: Final = 10
_SAME: Final = 1e-6
"""How far two scores of the same vector may lie apart, summed up in another order."""

_OTHER: Final = 0.75
"""The weight of the second row in a made-up query. On findings of real reports, queries made so lie about as far from
the rows nearest to them as real ones do (cosine 0.82 and 0.79), and need as many lists to be read or a few more."""


def write_lists(rows: HalfRows, path: Path) -> VectorFacts:
    """Sort rows into lists, find out how many must be read, and write them to a file.

    Needs memory for one byte of each row and dimension, and some 500 MB.

    Raises:
        OSError: the file cannot be written.
    """
    generator = np.random.default_rng(_SEED)
    lists = _sorted_into_lists(rows, generator)
    index = IvfIndex(lists, rows)
    queries = _made_up(rows, generator)
    wanted, metric = min(_NEAREST, len(rows)), faiss.METRIC_INNER_PRODUCT
    exact: FloatMatrix = knn_ground_truth(queries, _blocks(rows), wanted, metric, ngpu=0)[0]  # type: ignore[no-untyped-call]

    def recall(probes: int) -> float:
        index.probes = probes
        _, found = index.search(queries, wanted)
        # By scores, as stock sentences have the same vector many times, and which of them are found is all one.
        return float(np.mean(found >= exact[:, -1:] - _SAME))

    # Where more than a quarter of the lists would be needed, the search would hardly be quicker than an exact one.
    probes = 1 + bisect_left(range(1, max(1, lists.nlist // 4)), RECALL, key=recall)
    reached = recall(probes)
    try:
        faiss.write_index(lists, str(path))
    except RuntimeError as error:
        raise OSError(f"cannot write {path}: {reason(error)}") from error
    return VectorFacts("ivf", lists.nlist, probes, round(reached, 4))


def _sorted_into_lists(rows: HalfRows, generator: np.random.Generator) -> faiss.IndexIVFScalarQuantizer:
    """The rows in lists by the nearest of some centres, made from a sample of them."""
    dimension = rows.dimension
    count = max(1, min(int(4 * len(rows) ** 0.5), len(rows) // 39))
    sample = np.sort(generator.choice(len(rows), min(len(rows), _TRAINING_ROWS), replace=False))
    parameters = faiss.ClusteringParameters()
    parameters.niter, parameters.seed, parameters.spherical = _ROUNDS, _SEED, True
    parameters.min_points_per_centroid, parameters.max_points_per_centroid = 1, _TRAINING_ROWS  # take the whole sample
    centres = faiss.IndexFlatIP(dimension)
    halves = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    faiss.Clustering(dimension, count, parameters).train_encoded(rows.read(sample), halves, centres)
    single_bytes = faiss.ScalarQuantizer.QT_8bit
    lists = faiss.IndexIVFScalarQuantizer(centres, dimension, count, single_bytes, faiss.METRIC_INNER_PRODUCT, False)
    # The lowest and the highest number of each dimension are all that the bytes are made by.
    bounds = [(block.min(axis=0), block.max(axis=0)) for block in _blocks(rows)]
    lists.train(np.array([np.min([low for low, _ in bounds], axis=0), np.max([high for _, high in bounds], axis=0)]))
    for block in _blocks(rows):
        lists.add(block)
    return lists


def _made_up(rows: HalfRows, generator: np.random.Generator) -> FloatMatrix:
    """Queries that are no rows: each one row and, with less weight, another one, both drawn at random."""
    one, other = (rows.reconstruct(generator.integers(0, len(rows), _QUERIES)) for _ in range(2))
    mixed = one + np.float32(_OTHER) * other
    lengths = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.asarray(mixed / np.maximum(lengths, 1e-9), dtype=np.float32)


def _blocks(rows: HalfRows) -> Iterator[FloatMatrix]:
    """All rows in their order, some at a time."""
    for start in range(0, len(rows), _BLOCK):
        yield rows.reconstruct(np.arange(start, min(start + _BLOCK, len(rows))))
