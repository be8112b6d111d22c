"""What the product's processes give back, apart from it: whoever reads this loads nothing of the product."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to."""

    changed: bool
    reports: int
    findings: int
    seconds: float
    loading: float
    """Seconds of it that the model took to load."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of an index that have vectors."""

    passages: list[str]
    """One for each finding."""
    every: list[str]
    """Each different text once: those of all findings and of their sentences."""
    sentences: int
    """How many sentences there are, the same ones counted again."""


@dataclass(frozen=True, slots=True)
class Grew:
    """What writing an index of drawn findings came to."""

    findings: int
    sentences: int
    kind: str
    """How the vectors of its sentences are searched."""
    store_seconds: float
    vector_seconds: float
    """Of the vectors, once they lie in their files: until they can be searched."""
    disk_mb: float
