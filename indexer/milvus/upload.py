"""A generation into its collections in Milvus.

Rows go in batches, in order. The alias is moved, and with it the services that answer, when all is there and can be
searched. Of an upload that was interrupted, a collection that is complete is kept, and one that is not is begun again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

import numpy as np

from indexer.config import Settings
from indexer.errors import IndexMismatch
from indexer.generations import GENERATIONS, Generation, open_generation
from indexer.milvus.layout import FINDING, Codes, add_indexes, create, generation_of, pair
from indexer.milvus.opening import held_wrongly
from indexer.milvus.server import ROW, VECTOR, WORDS, Collection, Server
from indexer.milvus.words import word_vectors
from indexer.vectors.base import VectorIndex

BATCH: Final = 4096
"""Rows written at a time: about six megabytes of vectors of 384 numbers, where Milvus takes messages of 64."""

Progress = Callable[[int, int], None]
"""Called with how many rows of all are in Milvus."""


def upload(settings: Settings, progress: Progress = lambda done, total: None) -> None:
    """See that Milvus holds all of the generation in use of the index folder, and have services answer from it.

    Generations that are no longer in the index folder are removed from Milvus.

    Raises:
        ConfigError: the package that speaks to Milvus is not installed.
        IndexUnavailable: there is no index, or Milvus cannot be reached.
        IndexMismatch: the index is damaged, or Milvus does not hold what was written to it.
    """
    server = Server(settings.milvus)
    with open_generation(settings.index_dir) as generation:
        _Upload(server, generation, settings, progress).run()


class _Upload:
    """One upload: what its steps share."""

    def __init__(self, server: Server, generation: Generation, settings: Settings, progress: Progress) -> None:
        self._server = server
        self._generation = generation
        self._settings = settings
        self._progress = progress
        self._codes = Codes(generation.store)
        self._done = 0

    def run(self) -> None:
        """Upload what is not there, move the alias, and remove what is no longer needed."""
        manifest, name = self._generation.manifest, self._settings.milvus.name
        into = pair(self._server, name, manifest.generation)
        self._fill(into.findings, self._findings(), manifest.findings, sentences=False)
        self._fill(into.sentences, self._sentences(), manifest.sentences, sentences=True)
        if self._server.alias(name) != into.findings.name:
            self._server.set_alias(name, into.findings.name)
        self._remove_old()

    def _fill(self, collection: Collection, content: Iterator[dict[str, Any]], rows: int, *, sentences: bool) -> None:
        """See that a collection holds its rows."""
        dimension = self._generation.manifest.dimension
        if held_wrongly(collection, rows, dimension):
            collection.drop()
            create(collection, dimension, sentences=sentences)
            while batch := list(islice(content, BATCH)):
                collection.insert(batch)
                self._count(len(batch))
            add_indexes(collection, self._settings.milvus.index_type, rows, sentences=sentences)
            if wrong := held_wrongly(collection, rows, dimension):
                collection.drop()
                raise IndexMismatch(
                    f"the collection {collection.name} in Milvus at {self._server.uri} {wrong} after it was written,"
                    " and has been removed: run the same command again"
                )
        else:
            self._count(rows)

    def _count(self, rows: int) -> None:
        manifest = self._generation.manifest
        self._done += rows
        self._progress(self._done, manifest.findings + manifest.sentences)

    def _findings(self) -> Iterator[dict[str, Any]]:
        """The findings as the collection takes them, in order."""
        findings = range(self._generation.manifest.findings)
        words, fields = word_vectors(self._generation.store, findings), self._codes.fields(findings)
        for row, vector in _vectors(self._generation.finding_vectors):
            yield {ROW: row, VECTOR: vector, WORDS: next(words), **next(fields)}

    def _sentences(self) -> Iterator[dict[str, Any]]:
        """The sentences as the collection takes them, in order."""
        of_finding = enumerate(self._codes.fields(range(self._generation.manifest.findings)))
        owner = self._generation.store.sentence_finding
        finding, fields = -1, dict[str, int]()
        for row, vector in _vectors(self._generation.sentence_vectors):
            while finding < owner[row]:
                finding, fields = next(of_finding)
            yield {ROW: row, VECTOR: vector, FINDING: finding, **fields}

    def _remove_old(self) -> None:
        for name in self._server.collections():
            generation = generation_of(self._settings.milvus.name, name)
            if generation is not None and not (self._settings.index_dir / GENERATIONS / generation).exists():
                self._server.collection(name).drop()


def _vectors(index: VectorIndex) -> Iterator[tuple[int, Any]]:
    """Every row and its vector, read a batch at a time."""
    for start in range(0, len(index), BATCH):
        rows = np.arange(start, min(start + BATCH, len(index)))
        yield from zip(rows.tolist(), index.reconstruct(rows), strict=True)
