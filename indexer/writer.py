"""Writes the files of one generation: rows to the store, vectors to their indexes, embedding texts that have none."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from indexer import vectors
from indexer.direction import directed
from indexer.embedder import Encoder
from indexer.generations import FINDING_VECTORS, SENTENCE_VECTORS, STORE
from indexer.known_texts import KnownTexts, texts_of
from indexer.models import Direction, Document, Kind
from indexer.near_identical import near_identical
from indexer.schema import FileRecord, StoreWriter
from indexer.vectors.base import RECALL, FloatMatrix, VectorFacts, VectorWriter, as_kept

BATCH = 512
"""Texts embedded at a time: enough that sorting them by length leaves little padding, few enough to show progress."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of one document: (findings, dimension) and (sentences, dimension)."""

    findings: FloatMatrix
    sentences: FloatMatrix


class GenerationWriter:
    """Takes documents in their order, embeds them in batches, and leaves the files of a generation in a folder.

    Args:
        dimension: gives the length of a vector, when there is one to write.
        encoder: gives the encoder, when there is something to embed.
        known: texts whose vectors need not be made; grows with what is embedded.
        progress: called with the number of findings that are done and the number given so far.
        exact_up_to: vectors up to which a query is to be compared with every one.
        facts: what the store says of itself while it is not finished.
        note_seconds: how often all that was given so far is put on disk, for another build to go on from.
    """

    def __init__(
        self,
        folder: Path,
        dimension: Callable[[], int],
        encoder: Callable[[], Encoder],
        known: KnownTexts,
        progress: Callable[[int, int], None],
        exact_up_to: int,
        facts: Callable[[], Mapping[str, str]] = dict,
        note_seconds: float = math.inf,
    ) -> None:
        self._folder = folder
        self._store = StoreWriter(folder / STORE)
        self._dimension = dimension
        self._encoder = encoder
        self._known = known
        self._progress = progress
        self._exact_up_to = exact_up_to
        self._facts_so_far = facts
        self._note_seconds = note_seconds
        self._noted = time.monotonic()
        self._vectors: dict[str, VectorWriter] = {}
        self._facts: dict[str, VectorFacts] = {}
        self._waiting: list[tuple[Document, str, Vectors | None]] = []
        self._texts_waiting = 0
        self._sentences = 0
        self._texts: list[str] = []
        self._kinds: list[Kind] = []
        self._directions: list[Direction] = []
        self._sources: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._store.close()
        for vector_writer in self._vectors.values():
            vector_writer.close()

    @property
    def counts(self) -> dict[str, int]:
        """How many documents, findings and sentences have been given so far."""
        return {"documents": len(self._sources), "findings": len(self._texts), "sentences": self._sentences}

    @property
    def kinds(self) -> tuple[tuple[Kind, int], ...]:
        """How many findings of each kind have been given so far, for the kinds there are."""
        counts = Counter(self._kinds)
        return tuple((kind, counts[kind]) for kind in Kind if counts[kind])

    @property
    def vector_facts(self) -> dict[str, VectorFacts]:
        """How the vectors are searched, by their names in the manifest, once they are written."""
        return {"finding_vectors": self._facts[FINDING_VECTORS], "sentence_vectors": self._facts[SENTENCE_VECTORS]}

    @property
    def note(self) -> str:
        """What the user should know of the vectors: where their search finds fewer of the nearest than it should."""
        counts = self.counts
        return " ".join(
            f"The search by vectors finds {facts.recall:.1%} of the ten nearest {name}, and should find {RECALL:.0%}:"
            f" with indexing.exact_up_to at {counts[name]} or more it compares all."
            for name, facts in zip(("findings", "sentences"), self.vector_facts.values(), strict=True)
            if facts.recall < RECALL
        )

    def source_of(self, sha256: str) -> str | None:
        """The source of the document with this content, if it has been given."""
        return self._sources.get(sha256)

    def add(self, document: Document, root: str, copied: Vectors | None = None) -> None:
        """Take the next document, with its vectors where it has them."""
        self._waiting.append((document, root, copied))
        self._sources[document.sha256] = document.source
        self._texts += [item.text for item in document.findings]
        self._kinds += [item.kind for item in document.findings]
        sentences = sum(len(item.sentences) for item in document.findings)
        self._sentences += sentences
        self._texts_waiting += len(document.findings) + sentences
        if self._texts_waiting >= BATCH:
            self._write_waiting()

    def write_vectors(self) -> None:
        """Write what still waits, group the near-identical, and save the vectors; nothing can be added after."""
        self._write_waiting()
        self._store.set_clusters(near_identical(self._texts, self._kinds, self._directions))
        for name in (FINDING_VECTORS, SENTENCE_VECTORS):
            self._facts[name] = self._writer(name).finish()

    def finish(self, facts: Mapping[str, str], files: Sequence[FileRecord]) -> None:
        """Write the facts and the record of the build, and complete the store's file."""
        self._store.finish(facts, files)
        self._store.close()

    def _writer(self, name: str) -> VectorWriter:
        if name not in self._vectors:
            path = self._folder / name
            self._vectors[name] = vectors.create("faiss", path, self._dimension(), self._exact_up_to)
        return self._vectors[name]

    def _write_waiting(self) -> None:
        texts = [texts_of(document) if copied is None else ((), ()) for document, _, copied in self._waiting]
        vectors_of = self._embed([text for pair in texts for one in pair for text in one])
        for (document, root, copied), (finding_texts, sentence_texts) in zip(self._waiting, texts, strict=True):
            if copied is None:
                copied = Vectors(self._stack(vectors_of, finding_texts), self._stack(vectors_of, sentence_texts))
                document = self._directed(document, copied.sentences)
            self._append(FINDING_VECTORS, copied.findings, finding_texts)
            self._append(SENTENCE_VECTORS, copied.sentences, sentence_texts)
            self._store.add_document(document, root)
            self._directions += [item.direction for item in document.findings]
        self._waiting, self._texts_waiting = [], 0
        if time.monotonic() - self._noted >= self._note_seconds:
            self._note()
        self._progress(self._store.findings, len(self._texts))

    def _note(self) -> None:
        for vector_writer in self._vectors.values():  # first: the store counts their rows
            vector_writer.sync()
        self._store.note(self._facts_so_far())
        self._noted = time.monotonic()

    def _directed(self, document: Document, sentence_vectors: FloatMatrix) -> Document:
        """The document with the direction of its sentences as the encoder reads them, where it can."""
        if not len(sentence_vectors) or (head := self._encoder().head) is None:
            return document
        probabilities = head.sentences(sentence_vectors)
        counts = [len(item.sentences) for item in document.findings]
        parts = np.split(probabilities, np.cumsum(counts)[:-1])
        findings = tuple(directed(item, part) for item, part in zip(document.findings, parts, strict=True))
        return replace(document, findings=findings)

    def _embed(self, texts: Iterable[str]) -> dict[str, FloatMatrix]:
        """A vector as (1, dimension) for every text, as the index gives it back."""
        wanted = list(dict.fromkeys(texts))
        found = self._known.get(wanted)
        missing = [text for text in wanted if text not in found]
        fresh = as_kept(self._encoder().encode(missing))[:, None] if missing else ()
        return found | dict(zip(missing, fresh, strict=True))

    def _stack(self, vectors_of: Mapping[str, FloatMatrix], texts: Sequence[str]) -> FloatMatrix:
        empty = np.empty((0, self._dimension()), dtype=np.float32)
        return np.concatenate([empty, *(vectors_of[text] for text in texts)])

    def _append(self, name: str, rows: FloatMatrix, texts: Sequence[str]) -> None:
        """Append vectors, and remember whose they are where their texts are given."""
        writer = self._writer(name)
        self._known.learn(texts, writer, writer.add(rows))
