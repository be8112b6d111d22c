"""One file to one document with its findings: reading, cleaning, metadata and chunking together."""

from __future__ import annotations

from pathlib import Path

from indexer.chunker import chunk
from indexer.clean import clean
from indexer.metadata import extract
from indexer.models import Document, SourceDocument
from indexer.readers import read_source

PIPELINE = "3"
"""Version of reading and chunking. An index built by another version is read anew: raise it with any change that
gives other findings or other metadata for the same file."""


def read_document(path: Path, source: str) -> Document:
    """Read one file into a document with its findings, in the order of the document.

    Args:
        path: the file.
        source: its name in the index, relative to the folder that was indexed.
    Raises:
        ReadError: the file cannot be read as a document; the message is the reason, meant for a person.
    """
    return understand(read_source(path, source))


def understand(source: SourceDocument) -> Document:
    """A document as read, with its running text, what it says of itself and its findings."""
    cleaned = clean(source)
    metadata = extract(source)
    return Document(
        id=source.sha256[:16],
        source=source.source,
        sha256=source.sha256,
        format=source.format,
        pages=len(source.pages) if source.paged else 0,
        text=cleaned.text,
        metadata=metadata,
        findings=chunk(cleaned, metadata.judgements),
    )
