"""A small index for the tests of search: short reports in the manner of real ones, and an encoder of words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from indexer.config import Settings
from indexer.direction import LEANS
from indexer.direction_head import DirectionHead
from indexer.embedder import Encoder
from indexer.generations import (
    FORMAT,
    Manifest,
    build_lock,
    built_time,
    generation_name,
    measure,
    new_generation,
    publish,
)
from indexer.known_texts import KnownTexts
from indexer.models import Direction, Document, Finding, Grade, Kind, Metadata, Sentence
from indexer.subject_head import SubjectHead
from indexer.vectors.base import FloatMatrix
from indexer.writer import GenerationWriter

_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"[^.!?]+[.!?]?\s*")


def finding(
    text: str,
    kind: Kind = Kind.FINDING,
    direction: Direction = Direction.NEUTRAL,
    section: tuple[str, ...] = ("Findings",),
    number: str | None = None,
    judgement: Grade | None = None,
) -> Finding:
    """A finding whose sentences end where a full stop stands."""
    sentences = tuple(
        Sentence(found.start(), found.start() + len(found[0].rstrip()), direction, LEANS[direction])
        for found in _SENTENCE.finditer(text)
    )
    return Finding("", text, kind, direction, section, number, 1, 1, (0, len(text)), judgement, False, sentences)


def document(source: str, authority: str | None, published: date | None, findings: Sequence[Finding]) -> Document:
    """A report that holds these findings one below the other; ids follow from the source and the place."""
    placed: list[Finding] = []
    text = ""
    for place, item in enumerate(findings):
        start = len(text)
        text += f"{item.text}\n"
        placed.append(
            Finding(
                _id(f"{source} {place}"),
                *(item.text, item.kind, item.direction, item.section, item.number, item.page_start, item.page_end),
                *((start, start + len(item.text)), item.judgement, item.repeated, item.sentences, item.bullet),
            )
        )
    metadata = Metadata(f"Inspection of {source}", authority, "Focused visit", published=published)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Document(_id(source), source, sha256, "text", 1, text, metadata, tuple(placed))


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class WordEncoder:
    """An encoder for tests: each word of a text adds one direction, so that the cosine is the share of common words."""

    name: str = "words"
    sha256: str = "0" * 64
    dimension: int = 256
    runtime: str = "test"
    precision: str = "float32"
    texts_per_second: float | None = None
    head: DirectionHead | None = None
    subject: SubjectHead | None = None

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of passages, (n, dimension)."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.lower()):
                seed = int.from_bytes(hashlib.sha256(word[:5].encode()).digest()[:4])
                vectors[row] += np.random.default_rng(seed).standard_normal(self.dimension, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of queries, (n, dimension)."""
        return self.encode(texts)


def write_index(index_dir: Path, documents: Sequence[Document], encoder: Encoder) -> str:
    """Put an index of these documents in use; gives the name of its generation."""
    with build_lock(index_dir), new_generation(index_dir) as folder:
        name = generation_name(folder)
        parts = KnownTexts(), lambda *_: None, Settings().indexing.exact_up_to
        with GenerationWriter(folder, lambda: encoder.dimension, lambda: encoder, *parts) as writer:
            for each in documents:
                writer.add(each, "reports")
            writer.write_vectors()
            facts: dict[str, int | str] = {
                "format": FORMAT,
                "generation": name,
                "built": built_time(name),
                "pipeline": "1",
                "model": encoder.name,
                "model_sha256": encoder.sha256,
                "dimension": encoder.dimension,
                "precision": encoder.precision,
                **writer.counts,
            }
            writer.finish({key: str(value) for key, value in facts.items()}, [])
        named = {**facts, **writer.vector_facts, "roots": ["reports"], "files": measure(folder)}
        manifest = Manifest.model_validate(named)
        publish(index_dir, folder, manifest, keep=2)
    return name
