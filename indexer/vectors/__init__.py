"""Vector indexes behind one port; the backend is imported only where it is picked."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from indexer.errors import IndexMismatch
from indexer.vectors.base import VectorIndex, VectorRows, VectorWriter

Backend = Literal["faiss", "brute_force"]

SUFFIXES: Final[dict[Backend, str]] = {"faiss": ".faiss", "brute_force": ".npy"}

EXACT_UP_TO: Final = 200_000
"""Rows up to which every one is compared with a query, where the settings do not say otherwise."""


def lists_path(path: Path) -> Path:
    """The file beside an index in which its rows are sorted into lists, where they are too many to compare all."""
    return path.with_suffix(".ivf.faiss")


def create(backend: Backend, path: Path, dimension: int, exact_up_to: int = EXACT_UP_TO) -> VectorWriter:
    """Begin an index for vectors of the given length in a file; above `exact_up_to` rows it has a second one.

    Raises:
        OSError: the file cannot be written.
    """
    if backend == "faiss":
        from indexer.vectors.faiss_writer import FaissWriter

        return FaissWriter(path, lists_path(path), dimension, exact_up_to)
    from indexer.vectors.brute_force import BruteForceWriter

    return BruteForceWriter(path, dimension)


def unfinished(path: Path, dimension: int, count: int) -> VectorRows:
    """The first rows of an index that FAISS's writer has synced and nobody has finished.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds fewer rows.
    """
    from indexer.vectors.faiss_writer import rows_so_far

    return rows_so_far(path, dimension, count)


def load(path: Path) -> VectorIndex:
    """The index in a file, and the one with its lists where there is one; the suffix says which backend wrote it.

    Raises:
        IndexMismatch: a file is missing, damaged, or was written by no backend known here.
    """
    if path.suffix == SUFFIXES["faiss"]:
        from indexer.vectors.faiss import FaissIndex
        from indexer.vectors.ivf import IvfIndex

        exact = FaissIndex.load(path)
        return IvfIndex.load(lists, exact.rows(path)) if (lists := lists_path(path)).exists() else exact
    if path.suffix == SUFFIXES["brute_force"]:
        from indexer.vectors.brute_force import BruteForceIndex

        return BruteForceIndex.load(path)
    raise IndexMismatch(f"{path} is not a vector index: its name ends in none of {', '.join(SUFFIXES.values())}")
