"""Files to documents: what a file is, told by its content, and the reader for it.

A new format is one file in this package, one line in `_reader`, and what tells it in `sniff`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from indexer.errors import ReadError
from indexer.models import SourceDocument
from indexer.readers.sniff import Format, format_of, megabytes

LARGEST_FILE = 200_000_000
"""Bytes; guards memory. The largest published report seen is a tenth of this."""

Reader = Callable[[Path, str, str, bytes], SourceDocument]
"""Path, source, sha256 of the bytes, and the bytes -> document; raises ReadError with a reason for a person."""


def read_source(path: Path, source: str) -> SourceDocument:
    """Read a file as a document, by what it holds and not by its name.

    Args:
        path: the file.
        source: what the document is called in the index: its path relative to the folder indexed.
    Raises:
        ReadError: if it cannot be read, for whatever cause: the reason in one line with the way out. Nothing else
            is raised whatever the file holds.
    """
    data = read_bytes(path)
    reader = _reader(format_of(data, path.name))
    try:
        return reader(path, source, hashlib.sha256(data).hexdigest(), data)
    except ReadError:
        raise
    except Exception as error:  # a library's fault on this file must not end the reading of all others
        raise ReadError(
            f"it is damaged, or made in a way that cannot be read ({type(error).__name__}); "
            "open it in its own program, save it again and index the new file"
        ) from error


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        ReadError: it is no plain file, cannot be opened, or is larger than memory should hold.
    """
    try:
        if not path.is_file():
            raise ReadError(
                "there is no file of this name; check the path" if not path.exists() else "it is not a file"
            )
        size = path.stat().st_size
        if size <= LARGEST_FILE:
            with path.open("rb") as file:
                return file.read(LARGEST_FILE)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ReadError(f"it cannot be opened ({reason}); check that you may read it") from error
    raise ReadError(
        f"it has {megabytes(size)}, and the largest file read has {megabytes(LARGEST_FILE)}; "
        "save it with smaller pictures or in parts"
    )


def _reader(kind: Format) -> Reader:
    """The reader of a format, imported when the first file of that format is met."""
    if kind == "pdf":
        from indexer.readers.pdf import read_pdf

        return read_pdf
    if kind == "docx":
        from indexer.readers.docx import read_docx

        return read_docx
    if kind == "html":
        from indexer.readers.html import read_html

        return read_html
    from indexer.readers.text import read_text

    return read_text
