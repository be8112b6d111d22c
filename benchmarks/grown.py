"""An index of findings drawn from real ones, written and searched in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.replies import Grew
from benchmarks.synthesis import Drawn, Real, drawn_documents
from indexer import vectors
from indexer.config import Settings, load_settings
from indexer.embedder import load_encoder
from indexer.generations import (
    FINDING_VECTORS,
    SENTENCE_VECTORS,
    STORE,
    Generation,
    build_lock,
    built_time,
    generation_name,
    measure,
    new_generation,
    open_generation,
    publish,
)
from indexer.models import Query
from indexer.schema import StoreWriter
from indexer.search import Engine
from indexer.vectors.base import FloatMatrix, IntMatrix, IntVector, VectorFacts, VectorIndex

TEN: Final = 10

SENTENCES_PER_FINDING: Final = 3
"""As many sentences as the product looks up for each finding that it wants."""

BLOCK: Final = 65_536
"""Rows compared at a time where all are."""


class Grown:
    """What is called from outside."""

    def write(self, real_folder: str, folder: str, findings: int) -> Grew:
        """Write an index of so many findings; the near-identical are not grouped, since none are."""
        settings = _settings(folder)
        index_dir = settings.index_dir
        with open_generation(Path(real_folder)) as real, build_lock(index_dir), new_generation(index_dir) as place:
            return _write(real, place, drawn_documents(Real(real), findings), settings)

    def open(self, real_folder: str, folder: str) -> None:
        """Open the index as the service does, with the encoder as it is served from the real one."""
        settings = _settings(folder)
        self.encoder = load_encoder(_settings(real_folder), "serving")
        self.generation = open_generation(settings.index_dir)
        self.engine = Engine(self.generation, settings, self.encoder)
        self.candidates = settings.search.candidates

    @cached_property
    def findings(self) -> IntVector:
        """Rows of the findings that a search without filters may find."""
        return self.generation.store.filter_rows()

    @cached_property
    def sentences(self) -> IntVector:
        """Rows of their sentences."""
        return np.flatnonzero(np.isin(self.generation.store.sentence_finding, self.findings))

    def search(self, queries: Sequence[str]) -> list[float]:
        """Milliseconds of each search."""
        times = []
        for query in queries:
            started = time.perf_counter()
            self.engine.search(Query(query))
            times.append((time.perf_counter() - started) * 1000)
        return times

    def nearest(self, queries: Sequence[str]) -> list[float]:
        """Milliseconds of looking up the nearest findings and sentences, as many as a search looks up."""
        times = []
        asked = self._vectors(queries)
        self._nearest(asked[:1])
        for vector in asked:
            started = time.perf_counter()
            self._nearest(vector[None])
            times.append((time.perf_counter() - started) * 1000)
        return times

    def recall(self, queries: Sequence[str]) -> tuple[float, float]:
        """Share of the ten exactly nearest findings, and sentences, that are among the ten found."""
        asked = self._vectors(queries)
        found = [self._nearest(vector[None]) for vector in asked]
        exact = (
            exactly_nearest(self.generation.finding_vectors, asked, self.findings),
            exactly_nearest(self.generation.sentence_vectors, asked, self.sentences),
        )
        findings, sentences = (
            recall_at_ten(np.concatenate([each[part][:, :TEN] for each in found]), exact[part]) for part in (0, 1)
        )
        return findings, sentences

    def _vectors(self, queries: Sequence[str]) -> FloatMatrix:
        return self.encoder.encode_query(queries)

    def _nearest(self, vector: FloatMatrix) -> tuple[IntMatrix, IntMatrix]:
        findings, _ = self.generation.finding_vectors.search(vector, self.candidates, self.findings)
        most = self.candidates * SENTENCES_PER_FINDING
        sentences, _ = self.generation.sentence_vectors.search(vector, most, self.sentences)
        return findings, sentences


def exactly_nearest(index: VectorIndex, queries: FloatMatrix, rows: IntVector) -> IntMatrix:
    """The ten rows nearest to each query, by comparing with all: (q, dimension) -> (q, 10), or as many as there are."""
    best = np.empty((len(queries), 0), dtype=np.float32)
    ids = np.empty((len(queries), 0), dtype=np.int64)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        best = np.concatenate([best, index.scores(queries, block)], axis=1)
        ids = np.concatenate([ids, np.broadcast_to(block, (len(queries), len(block)))], axis=1)
        first = np.argsort(-best, axis=1, kind="stable")[:, :TEN]
        best, ids = np.take_along_axis(best, first, axis=1), np.take_along_axis(ids, first, axis=1)
    return ids


def recall_at_ten(found: IntMatrix, exact: IntMatrix) -> float:
    """Mean share of the exactly nearest, (q, 10), that are among those found, (q, 10)."""
    shares = [len(np.intersect1d(one, other)) / len(other) for one, other in zip(found, exact, strict=True)]
    return float(np.mean(shares))


def _write(generation: Generation, place: Path, documents: Iterator[Drawn], settings: Settings) -> Grew:
    """Write a generation that says of itself what a real one does, but for what there is in it, and put it in use."""
    started = time.perf_counter()
    with StoreWriter(place / STORE) as store:
        files = [
            vectors.create("faiss", place / name, generation.manifest.dimension, settings.indexing.exact_up_to)
            for name in (FINDING_VECTORS, SENTENCE_VECTORS)
        ]
        for drawn in documents:
            store.add_document(drawn.document, "drawn")
            for file, rows in zip(files, (drawn.findings, drawn.sentences), strict=True):
                file.add(rows)
        facts: dict[str, object] = {
            "generation": (name := generation_name(place)),
            "built": built_time(name),
            "documents": store.documents,
            "findings": store.findings,
            "sentences": store.sentences,
        }
        real = dict(generation.store.connection().execute("SELECT key, value FROM facts").fetchall())
        store.finish(real | {key: str(value) for key, value in facts.items()}, [])
    written = time.perf_counter()
    searched = [file.finish() for file in files]
    seconds = written - started, time.perf_counter() - written
    facts |= {"finding_vectors": searched[0], "sentence_vectors": searched[1], "files": measure(place)}
    final = publish(settings.index_dir, place, generation.manifest.model_copy(update=facts), keep=1)
    return Grew(
        findings=store.findings,
        sentences=store.sentences,
        kind=_kind(searched[1]),
        store_seconds=seconds[0],
        vector_seconds=seconds[1],
        disk_mb=sum(each.stat().st_size for each in final.iterdir()) / 2**20,
    )


def _kind(facts: VectorFacts) -> str:
    return "exact" if facts.kind == "exact" else f"{facts.kind}, {facts.probes} of {facts.lists} lists"


def _settings(folder: str) -> Settings:
    return load_settings().model_copy(update={"index_dir": Path(folder)})
