"""Writes the files of one generation: rows to the store, vectors to their indexes, embedding texts that have none."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from indexer import vectors
from indexer.direction import directed
from indexer.embedder import Encoder, passage_text, sentence_text
from indexer.generations import FINDING_VECTORS, SENTENCE_VECTORS, STORE, Generation
from indexer.models import Direction, Document, Kind
from indexer.near_identical import near_identical
from indexer.schema import FileRecord, StoreWriter
from indexer.vectors.base import FloatMatrix, VectorIndex

BATCH = 512
"""Texts embedded at a time: enough that sorting them by length leaves little padding, few enough to show progress."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of one document: (findings, dimension) and (sentences, dimension)."""

    findings: FloatMatrix
    sentences: FloatMatrix


class KnownTexts:
    """Which texts have a vector already, and where, so that no text is embedded twice.

    Reports repeat stock sentences, and a new version of the reader leaves most texts as they were.
    """

    def __init__(self) -> None:
        self._place: dict[bytes, tuple[VectorIndex, int]] = {}

    def learn(self, texts: Iterable[str], index: VectorIndex, start: int) -> None:
        """Remember that the index holds the vectors of these texts from row `start` on."""
        for row, text in enumerate(texts, start):
            self._place.setdefault(_digest(text), (index, row))

    def learn_all(self, generation: Generation) -> None:
        """Remember every text of a generation, whose vectors must be of the model in use."""
        store = generation.store
        for row in store.document_rows():
            rows = store.finding_rows_of(row)
            finding_texts, sentence_texts = texts_of(store.document(row))
            self.learn(finding_texts, generation.finding_vectors, rows.start)
            self.learn(sentence_texts, generation.sentence_vectors, store.sentence_rows_of(rows).start)

    def get(self, text: str) -> FloatMatrix | None:
        """The vector of a text as (1, dimension), if it has one."""
        place = self._place.get(_digest(text))
        return place[0].reconstruct(np.array([place[1]])) if place is not None else None


class GenerationWriter:
    """Takes documents in their order, embeds them in batches, and leaves the files of a generation in a folder.

    Args:
        dimension: gives the length of a vector, when there is one to write.
        encoder: gives the encoder, when there is something to embed.
        known: texts whose vectors need not be made; grows with what is embedded.
        progress: called with the number of findings that are done and the number given so far.
    """

    def __init__(
        self,
        folder: Path,
        dimension: Callable[[], int],
        encoder: Callable[[], Encoder],
        known: KnownTexts,
        progress: Callable[[int, int], None],
    ) -> None:
        self._folder = folder
        self._store = StoreWriter(folder / STORE)
        self._dimension = dimension
        self._encoder = encoder
        self._known = known
        self._progress = progress
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

    @property
    def counts(self) -> dict[str, int]:
        """How many documents, findings and sentences have been given so far."""
        return {"documents": len(self._sources), "findings": len(self._texts), "sentences": self._sentences}

    @property
    def kinds(self) -> tuple[tuple[Kind, int], ...]:
        """How many findings of each kind have been given so far, for the kinds there are."""
        counts = Counter(self._kinds)
        return tuple((kind, counts[kind]) for kind in Kind if counts[kind])

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
        self._finding_vectors.save(self._folder / FINDING_VECTORS)
        self._sentence_vectors.save(self._folder / SENTENCE_VECTORS)

    def finish(self, facts: Mapping[str, str], files: Sequence[FileRecord]) -> None:
        """Write the facts and the record of the build, and complete the store's file."""
        self._store.finish(facts, files)
        self._store.close()

    @cached_property
    def _finding_vectors(self) -> VectorIndex:
        return vectors.create("faiss", self._dimension())

    @cached_property
    def _sentence_vectors(self) -> VectorIndex:
        return vectors.create("faiss", self._dimension())

    def _write_waiting(self) -> None:
        texts = [texts_of(document) if copied is None else ((), ()) for document, _, copied in self._waiting]
        vectors_of = self._embed([text for pair in texts for one in pair for text in one])
        for (document, root, copied), (finding_texts, sentence_texts) in zip(self._waiting, texts, strict=True):
            if copied is None:
                copied = Vectors(self._stack(vectors_of, finding_texts), self._stack(vectors_of, sentence_texts))
                document = self._directed(document, copied.sentences)
            first = self._append(self._finding_vectors, copied.findings)
            self._known.learn(finding_texts, self._finding_vectors, first)
            first = self._append(self._sentence_vectors, copied.sentences)
            self._known.learn(sentence_texts, self._sentence_vectors, first)
            self._store.add_document(document, root)
            self._directions += [item.direction for item in document.findings]
        self._waiting, self._texts_waiting = [], 0
        self._progress(self._store.findings, len(self._texts))

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
        """A vector as (1, dimension) for every text."""
        found = {text: self._known.get(text) for text in dict.fromkeys(texts)}
        missing = [text for text, vector in found.items() if vector is None]
        fresh = self._encoder().encode(missing)[:, None] if missing else ()
        return {text: vector for text, vector in found.items() if vector is not None} | dict(
            zip(missing, fresh, strict=True)
        )

    def _stack(self, vectors_of: Mapping[str, FloatMatrix], texts: Sequence[str]) -> FloatMatrix:
        empty = np.empty((0, self._dimension()), dtype=np.float32)
        return np.concatenate([empty, *(vectors_of[text] for text in texts)])

    @staticmethod
    def _append(index: VectorIndex, rows: FloatMatrix) -> int:
        first = len(index)
        index.add(np.arange(first, first + len(rows)), rows)
        return first


def texts_of(document: Document) -> tuple[Sequence[str], Sequence[str]]:
    """The texts whose vectors stand for a document's findings and for their sentences, in the order of the rows."""
    sentences = [sentence_text(item, sentence) for item in document.findings for sentence in item.sentences]
    return [passage_text(item) for item in document.findings], sentences


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]
