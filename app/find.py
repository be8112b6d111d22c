"""Finding words in a text as a reader's eye does: where they begin, whatever their case and the form of their marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from indexer.models import Finding, Span

MOST_TERMS: Final = 20
"""Words and phrases that are looked for; more would not be a search for words."""

_TERM = re.compile(r"[\"“]([^\"”]+)[\"”]|(\S+)")
_ALIKE: Final = {"'": "['‘’]", "‘": "['‘’]", "’": "['‘’]", "-": "[-‐‑–]", "–": "[-‐‑–]", "‑": "[-‐‑–]"}
"""Marks that a keyboard and a printed report write differently."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where words stand in a document's findings. The spans of each finding are characters of its text."""

    typed: str
    spans: dict[str, tuple[Span, ...]]
    """By the id of the finding, in the order of the document."""
    following: dict[str, str]
    """The id of each of these findings, and of the next one."""


def terms(typed: str) -> tuple[str, ...]:
    """The words that were typed; those in quotation marks as one phrase."""
    found = (" ".join((phrase or word).split()) for phrase, word in _TERM.findall(typed))
    return tuple(dict.fromkeys(each for each in found if any(map(str.isalnum, each))))[:MOST_TERMS]


def spans_of(text: str, wanted: Sequence[str]) -> tuple[Span, ...]:
    """Where terms stand in a text, in order; () where it lacks one of them. A term may be the beginning of a word."""
    found: list[Span] = []
    for term in wanted:
        own = [match.span() for match in re.finditer(_pattern(term), text, re.IGNORECASE)]
        if not own:
            return ()
        found += own
    return tuple(sorted(found))


def find(findings: Iterable[Finding], typed: str) -> Found:
    """The findings that hold all words typed, and where."""
    wanted = terms(typed)
    spans = {each.id: places for each in findings if (places := spans_of(each.text, wanted))}
    ids = list(spans)
    return Found(typed, spans, dict(pairwise(ids)))


def _pattern(term: str) -> str:
    written = "".join(r"\s+" if c.isspace() else _ALIKE.get(c) or re.escape(c) for c in term)
    return rf"(?<!\w){written}" if term[0].isalnum() else written
