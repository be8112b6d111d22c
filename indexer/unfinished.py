"""What an interrupted build has left: the documents it had read and embedded, so that the next one need not.

A build notes every few seconds how far it has come (`schema.StoreWriter.note`). What stands in its folder up to the
last note is whole, whatever ended the build.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from indexer import vectors
from indexer.errors import FindingsError
from indexer.generations import BUILDING, FINDING_VECTORS, FORMAT, GENERATIONS, SENTENCE_VECTORS, STORE
from indexer.store import Store
from indexer.vectors.base import VectorRows


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The documents of an interrupted build. Its vectors count as the store's rows do."""

    folder: Path
    store: Store
    finding_vectors: VectorRows
    sentence_vectors: VectorRows
    rows: Mapping[tuple[str, str], int]
    """The row of each document, by its checksum and source."""

    @classmethod
    def find(cls, index_dir: Path, pipeline: str, model_sha256: str) -> Self | None:
        """What the interrupted builds of an index have left that fits, of several the one that came furthest.

        The others are removed. Needs `generations.build_lock`: under it no build that is at work can be met.

        Args:
            pipeline: the version of reading that its documents must be of.
            model_sha256: checksum of the model that its vectors must be of.
        """
        found: list[Self] = []
        for folder in (index_dir / GENERATIONS).glob(f"{BUILDING}*"):
            if (opened := cls._open(folder, pipeline, model_sha256)) is None:
                shutil.rmtree(folder)
            else:
                found.append(opened)
        found.sort(key=lambda each: len(each.rows))
        for each in found[:-1]:
            each.remove()
        return found[-1] if found else None

    @classmethod
    def _open(cls, folder: Path, pipeline: str, model_sha256: str) -> Self | None:
        path = folder / STORE
        try:
            # Opened to be written: what stands after the last note is then undone by SQLite.
            with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection:
                facts = dict(connection.execute("SELECT key, value FROM facts").fetchall())
                counts = "SELECT (SELECT count(*) FROM findings), (SELECT count(*) FROM sentences)"
                findings, sentences = connection.execute(counts).fetchone()
            dimension = int(facts["dimension"])
            if facts != unfinished_facts(pipeline, model_sha256, dimension) or not findings:
                return None
            finding_vectors = vectors.unfinished(folder / FINDING_VECTORS, dimension, findings)
            sentence_vectors = vectors.unfinished(folder / SENTENCE_VECTORS, dimension, sentences)
            store = Store(path)
            documents = store.summaries(store.document_rows())
        except (sqlite3.Error, OSError, ValueError, KeyError, FindingsError):
            return None  # it came to nothing yet, or something else has been at it
        rows = {(each.sha256, each.source): row for row, each in documents.items()}
        return cls(folder, store, finding_vectors, sentence_vectors, rows)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def remove(self) -> None:
        """Remove it all, once it is of no more use."""
        self.close()
        shutil.rmtree(self.folder)


def unfinished_facts(pipeline: str, model_sha256: str, dimension: int) -> dict[str, str]:
    """What the store of a build that is not finished says of itself."""
    return {
        "format": str(FORMAT),
        "pipeline": pipeline,
        "model_sha256": model_sha256,
        "dimension": str(dimension),
        "finished": "no",
    }
