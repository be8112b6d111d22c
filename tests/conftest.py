"""What tests share: an encoder that needs no model, and settings that touch nothing outside a test's own folder."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from indexer.config import PREFIX, Settings
from indexer.direction_head import DirectionHead
from indexer.subject_head import SubjectHead
from indexer.vectors.base import FloatMatrix


@dataclass(frozen=True)
class HashingEncoder:
    """An `Encoder` without a model: each word counts in the place its hash gives it, so common words make texts alike.

    An own `name` makes another model of it: other checksum, other places.
    """

    name: str = "hashing"
    dimension: int = 256
    runtime: str = "test"
    precision: str = "float32"
    texts_per_second: float | None = None
    head: DirectionHead | None = None
    subject: SubjectHead | None = None

    @property
    def sha256(self) -> str:
        """Checksum of what decides the vectors."""
        return hashlib.sha256(f"{self.name} {self.dimension}".encode()).hexdigest()

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of passages, (n, dimension)."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            # A text without words still needs a direction of its own.
            for word in re.findall(r"\w+", text.lower()) or [text]:
                digest = hashlib.sha256(f"{self.name} {word}".encode()).digest()
                vectors[row, int.from_bytes(digest[:4]) % self.dimension] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    def encode_query(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of queries, (n, dimension)."""
        return self.encode(texts)


@pytest.fixture
def encoder() -> HashingEncoder:
    """The encoder of the quick tests."""
    return HashingEncoder()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The defaults, with an index folder of the test's own."""
    return Settings(index_dir=tmp_path / "index")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting in the environment of whoever runs the tests reaches them."""
    for variable in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(variable)
