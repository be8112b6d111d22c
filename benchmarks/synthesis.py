"""Findings in any number, drawn from real ones: their sentences exchanged by chance, and vectors to match.

Of every finding drawn, about half of the sentences give way to sentences of any other finding. The vector of the whole
moves by as much, and all vectors get noise, so that no two are alike. What a document says of itself is that of a real
one. The same seed draws the same findings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from indexer.generations import Generation
from indexer.models import Document, Finding, Metadata, Sentence
from indexer.vectors.base import FloatMatrix, IntVector

EXCHANGED: Final = 0.5
"""The share of sentences that is exchanged."""

NOISE: Final = 0.3
"""Length of the noise beside a vector of length one: two draws of one vector have a cosine of about 0.92."""

FINDINGS_EACH: Final = 100
"""Findings of one document, about as many as reports have."""

SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Drawn:
    """One document, with the vectors of its findings and of their sentences."""

    document: Document
    findings: FloatMatrix
    sentences: FloatMatrix


class Real:
    """The findings of an index, with their sentences and vectors, to draw from."""

    def __init__(self, generation: Generation) -> None:
        store = generation.store
        rows = np.arange(generation.manifest.findings)
        self.findings = tuple(stored.finding for stored in store.findings(rows.tolist()))
        self.metadata = tuple(each.metadata for each in store.summaries(store.document_rows()).values())
        self.sentences = tuple(
            (finding.text[sentence.start : sentence.end], sentence)
            for finding in self.findings
            for sentence in finding.sentences
        )
        self.first_sentence = np.searchsorted(store.sentence_finding, np.arange(len(rows) + 1))
        self.finding_vectors = generation.finding_vectors.reconstruct(rows)
        self.sentence_vectors = generation.sentence_vectors.reconstruct(np.arange(len(self.sentences)))


def drawn_documents(real: Real, findings: int) -> Iterator[Drawn]:
    """Documents that hold so many findings together."""
    chance = np.random.default_rng(SEED)
    for number, first in enumerate(range(0, findings, FINDINGS_EACH)):
        yield _drawn(real, chance, number, min(FINDINGS_EACH, findings - first))


def _drawn(real: Real, chance: np.random.Generator, number: int, count: int) -> Drawn:
    bases = chance.integers(len(real.findings), size=count)
    starts, ends = real.first_sentence[bases], real.first_sentence[bases + 1]
    own = np.concatenate([np.arange(start, end) for start, end in zip(starts, ends, strict=True)])
    owner = np.repeat(np.arange(count), ends - starts)
    exchanged = chance.random(len(own)) < EXCHANGED
    sentences = np.where(exchanged, chance.integers(len(real.sentences), size=len(own)), own)
    wholes = moved(real.finding_vectors[bases], real.sentence_vectors[sentences], owner, exchanged)
    return Drawn(
        _document(real, number, bases, np.split(sentences, np.cumsum(ends - starts)[:-1]), chance),
        noisy(wholes, chance),
        noisy(real.sentence_vectors[sentences], chance),
    )


def moved(
    wholes: FloatMatrix, sentences: FloatMatrix, owner: IntVector, exchanged: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> FloatMatrix:
    """Vectors of findings after an exchange: as much of the new sentences in each as it has new sentences.

    Args:
        wholes: (findings, dimension), before the exchange.
        sentences: (sentences, dimension), after it.
        owner: the finding that each sentence stands in, (sentences,).
        exchanged: which sentences are new, (sentences,).
    """
    counts = np.bincount(owner, minlength=len(wholes))
    kept = counts - np.bincount(owner[exchanged], minlength=len(wholes))
    sums = wholes * np.where(counts, kept, 1)[:, None].astype(np.float32)
    np.add.at(sums, owner[exchanged], sentences[exchanged])
    return np.asarray(sums / np.maximum(counts, 1)[:, None], dtype=np.float32)


def noisy(vectors: FloatMatrix, chance: np.random.Generator) -> FloatMatrix:
    """Vectors with noise, of unit length."""
    noise = chance.standard_normal(vectors.shape, dtype=np.float32) * np.float32(NOISE / np.sqrt(vectors.shape[1]))
    found = vectors + noise
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def _document(
    real: Real, number: int, bases: IntVector, sentences: list[IntVector], chance: np.random.Generator
) -> Document:
    metadata: Metadata = real.metadata[chance.integers(len(real.metadata))]
    findings: list[Finding] = []
    length = 0
    for place, (base, drawn) in enumerate(zip(bases.tolist(), sentences, strict=True)):
        finding = _finding(real, real.findings[base], drawn, f"{number:08x}{place:08x}")
        findings.append(replace(finding, span=(length, length + len(finding.text))))
        length += len(finding.text) + 1
    text = "\n".join(finding.text for finding in findings)
    sha256 = hashlib.sha256(number.to_bytes(8)).hexdigest()
    return Document(f"{number:016x}", f"{number}.txt", sha256, "text", 1, text, metadata, tuple(findings))


def _finding(real: Real, base: Finding, sentences: IntVector, name: str) -> Finding:
    if not len(sentences):
        return replace(base, id=name)
    texts: list[str] = []
    placed: list[Sentence] = []
    length = 0
    for row in sentences.tolist():
        words, sentence = real.sentences[row]
        texts.append(words)
        placed.append(replace(sentence, start=length, end=length + len(words)))
        length += len(words) + 1
    return replace(base, id=name, text=" ".join(texts), sentences=tuple(placed))
