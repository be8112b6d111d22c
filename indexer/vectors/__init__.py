"""Vector indexes behind one port; the backend is imported only where it is picked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from indexer.errors import IndexMismatch
from indexer.vectors.base import VectorIndex

Backend = Literal["faiss", "brute_force"]

SUFFIXES: dict[Backend, str] = {"faiss": ".faiss", "brute_force": ".npy"}


def create(backend: Backend, dimension: int) -> VectorIndex:
    """An empty index for vectors of the given length."""
    if backend == "faiss":
        from indexer.vectors.faiss import FaissIndex

        return FaissIndex(dimension)
    from indexer.vectors.brute_force import BruteForceIndex

    return BruteForceIndex(dimension)


def load(path: Path) -> VectorIndex:
    """The index saved in a file, read-only; the file's suffix says which backend wrote it.

    Raises:
        IndexMismatch: the file is missing, damaged, or was written by no backend known here.
    """
    if path.suffix == SUFFIXES["faiss"]:
        from indexer.vectors.faiss import FaissIndex

        return FaissIndex.load(path)
    if path.suffix == SUFFIXES["brute_force"]:
        from indexer.vectors.brute_force import BruteForceIndex

        return BruteForceIndex.load(path)
    raise IndexMismatch(f"{path} is not a vector index: its name ends in none of {', '.join(SUFFIXES.values())}")
