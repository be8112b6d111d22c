"""A reader for the tests of the build: each line of a file is a finding, and a first line may ask for trouble."""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path

from indexer.errors import ReadError
from indexer.models import Direction, Document, Finding, Kind, Metadata, Sentence

TROUBLE = "!"


def read_plain(path: Path, source: str) -> Document:
    """Read a file; it may fail in the ways that real files do, or worse."""
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    text = data.decode()
    lines = text.splitlines()
    if lines and lines[0].startswith(TROUBLE):
        _fail(lines[0].removeprefix(TROUBLE))
    findings = []
    start = 0
    for number, line in enumerate(lines):
        if line.strip():
            identity = hashlib.sha256(f"{sha256} {number}".encode()).hexdigest()[:16]
            sentences = tuple(
                Sentence(found.start(), found.end(), Direction.NEUTRAL)
                for found in re.finditer(r"[^.\s][^.]*\.?", line)
            )
            kind = Kind.CONTEXT if line.startswith("Context") else Kind.FINDING
            findings.append(
                Finding(
                    *(identity, line, kind, Direction.NEUTRAL, ("Findings",), str(number + 1), 1, 1),
                    *((start, start + len(line)), None, False, sentences),
                )
            )
        start += len(line) + 1
    return Document(sha256[:16], source, sha256, "text", 1, text, Metadata(path.stem, "Bury"), tuple(findings))


def read_plain_slowly(path: Path, source: str) -> Document:
    """The same, taking so long that a test can end the process meanwhile."""
    time.sleep(0.2)
    return read_plain(path, source)


def read_plain_louder(path: Path, source: str) -> Document:
    """Another version of the reader, which gives other findings for some files."""
    document = read_plain(path, source)
    return Document(
        *(document.id, document.source, document.sha256, document.format, document.pages, document.text),
        Metadata(document.metadata.title.upper(), "Bury"),
        document.findings[:1],
    )


def _fail(how: str) -> None:
    if how == "unreadable":
        raise ReadError("it is a picture without words; scan it with text recognition")
    if how == "fault":
        raise KeyError("a fault\nof the reader")
    if how == "memory":
        raise MemoryError
    if how == "abrupt":
        os._exit(3)
