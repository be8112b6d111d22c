"""Whether a finding's words still stand in its source file, read again by the same readers, and where.

These functions read and draw with PDFium and so run in one thread at a time; `sources` sees to that.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageDraw

from indexer.checksum import file_sha256
from indexer.clean import CleanDocument, clean
from indexer.errors import ReadError
from indexer.models import Span
from indexer.placement import Box, PdfPages, Place, lines_under
from indexer.readers import read_source

Stamp = tuple[int, int, int]
"""What tells one content of a file from another without reading it: time of change in nanoseconds, size, inode."""

_KEPT: Final = 4
"""Files that stay read: whoever looks at a finding looks at the next one of the same report."""

WIDTH: Final = 1100
"""Pixels across a page's image: twice what a phone shows, and about what the page view shows on a desk."""
HEIGHT: Final = 2200
"""Most pixels down: a page that is longer is drawn smaller."""
_LARGEST_SCALE: Final = 4.0
"""Most pixels to a point: a page of the size of a stamp is not blown up to that of a sheet."""
_MARK, _MARK_EDGE = (255, 233, 166), (217, 164, 0)
"""The colours that marked words have on the pages of the service."""
_AROUND: Final = 1.5
"""Points that a mark goes beyond the letters on either side."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What reading a source file again said of a quotation. Places are where the words stand now."""

    verified: bool
    reason: str
    """In sentences, for a person."""
    sha256: str | None = None
    """Checksum of the file as it is now; None where it cannot be opened."""
    unchanged: bool = False
    """Whether that is the checksum it was indexed with."""
    page_start: int | None = None
    page_end: int | None = None
    span: Span | None = None
    places: tuple[Place, ...] = ()
    """Rectangles around the words, page by page; () for what is no PDF, and where they cannot be told exactly."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A source file as it was read again."""

    document: CleanDocument
    pages: PdfPages | None


def stamp(path: Path) -> Stamp | None:
    """The stamp of a file's content; None where it is not there."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@lru_cache(maxsize=_KEPT)
def opened(path: Path, source: str, _stamp: Stamp | None) -> Opened:
    """A file read by its reader, its page furniture removed.

    Raises:
        ReadError: it cannot be read as a document.
    """
    document = clean(read_source(path, source))
    return Opened(document, PdfPages(path.read_bytes()) if document.source.format == "pdf" else None)


def verify(path: Path, source: str, sha256: str, span: Span, text: str) -> Verification:
    """Whether the words of a finding stand in a file.

    Args:
        path, source: the file, and what it is called in the index.
        sha256: the checksum it was indexed with.
        span: where the words stood in its running text then.
        text: the words.
    """
    now = stamp(path)
    if now is None or not path.is_file():
        return Verification(False, "The file is no longer where it was indexed from, so nothing can be checked.")
    try:
        found = opened(path, source, now)
    except ReadError as error:
        return _unreadable(path, sha256, str(error))
    return standing(found, sha256, span, text)


def _unreadable(path: Path, sha256: str, why: str) -> Verification:
    try:
        own = file_sha256(path)
    except OSError:
        own = None
    changed = "" if own == sha256 else " has changed since it was indexed and"
    return Verification(False, f"The file{changed} cannot be read: {why}.", own, own == sha256)


def standing(found: Opened, sha256: str, span: Span, text: str) -> Verification:
    """Whether the words of a finding stand in a file that has been read again."""
    document = found.document
    own = document.source.sha256
    unchanged = own == sha256
    place = _nearest(document.text, text, span)
    if place is None:
        reason = (
            "The file is the one that was indexed, but these words are no longer read in it: build the index again."
            if unchanged
            else "The file has changed since it was indexed, and these words no longer stand in it."
        )
        return Verification(False, reason, own, unchanged)
    lines = lines_under(document, place)
    return Verification(
        verified=True,
        reason="The file is the one that was indexed, and these words stand in it."
        if unchanged
        else "The file has changed since it was indexed, and these words stand in it all the same.",
        sha256=own,
        unchanged=unchanged,
        page_start=lines[0].page if document.paged else None,
        page_end=lines[-1].page if document.paged else None,
        span=place,
        places=found.pages.place(lines, text) if found.pages is not None else (),
    )


def _nearest(text: str, words: str, span: Span) -> Span | None:
    """Where words stand in a text as words of their own: at the span where they do, else nearest to it."""
    if text[span[0] : span[1]] == words:
        return span
    pattern = rf"(?<!\w){re.escape(words)}(?!\w)"
    return min((each.span() for each in re.finditer(pattern, text)), key=lambda at: abs(at[0] - span[0]), default=None)


def draw(path: Path, source: str, sha256: str, number: int, boxes: Sequence[Box]) -> bytes:
    """An image of one page of a PDF as PNG, with rectangles marked on it.

    Args:
        boxes: in points from the page's top left corner.
    Raises:
        ReadError: the file has changed since it was indexed, is no PDF, or has no such page.
    """
    found = opened(path, source, stamp(path))
    if found.document.source.sha256 != sha256:
        raise ReadError("it has changed since it was indexed")
    if found.pages is None or number > len(found.pages.document):
        raise ReadError("it has no such page")
    page = found.pages.document[number - 1]
    width, height = page.get_size()
    scale = min(WIDTH / width, HEIGHT / height, _LARGEST_SCALE)
    image = page.render(scale=scale).to_pil().convert("RGB")
    page.close()
    return _as_png(_marked(image, [tuple(edge * scale for edge in box) for box in boxes], _AROUND * scale))


def _marked(image: Image.Image, boxes: Sequence[tuple[float, ...]], around: float) -> Image.Image:
    """An image with rectangles coloured as a marker pen does, so that what is dark stays dark, and underlined."""
    pen = Image.new("RGB", image.size, "white")
    lines = ImageDraw.Draw(pen)
    for left, top, right, bottom in boxes:
        lines.rectangle((left - around, top, right + around, bottom), fill=_MARK)
        lines.rectangle((left - around, bottom - around, right + around, bottom), fill=_MARK_EDGE)
    return ImageChops.multiply(image, pen)


def _as_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
