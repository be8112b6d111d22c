"""The files that documents were read from: handed out, drawn and checked, as long as they are what was indexed.

Which file is meant comes from the index, never from who asks, and nothing but what was indexed is given away.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from indexer.apart import Apart
from indexer.errors import ReadError, SourceError
from indexer.models import Finding
from indexer.placement import Box
from indexer.readers import read_bytes
from indexer.verification import Stamp, Verification, draw, stamp, verify

_KEPT_VERIFICATIONS: Final = 512
_KEPT_IMAGES: Final = 32
"""Images of pages that are kept in memory, some 200 kB each."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The file of one document: where it was indexed from, what it is called in the index, and what it was."""

    path: Path
    source: str
    sha256: str


class Sources:
    """Reads source files for a service. Safe to use from several threads."""

    def __init__(self) -> None:
        self._apart = Apart()
        self._verified = lru_cache(maxsize=_KEPT_VERIFICATIONS)(self._verify)
        self._drawn = lru_cache(maxsize=_KEPT_IMAGES)(self._draw)

    def close(self) -> None:
        """End the process that reads them."""
        self._apart.close()

    def content(self, file: SourceFile) -> bytes:
        """The file's bytes, which are those that were indexed.

        Raises:
            SourceError: it is gone, cannot be opened, or has changed.
        """
        try:
            data = read_bytes(file.path)
        except ReadError as error:
            raise _gone(file) if stamp(file.path) is None else SourceError(f"{file.source}: {error}") from error
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise _changed(file)
        return data

    def verify(self, file: SourceFile, finding: Finding) -> Verification:
        """Whether a finding's words stand in its file now.

        Raises:
            BusyError: too many files are being read.
        """
        try:
            return self._verified(file, stamp(file.path), finding)
        except ReadError as error:
            return Verification(False, f"The file cannot be read: {error}.")

    def image(self, file: SourceFile, page: int, boxes: tuple[Box, ...] = ()) -> bytes:
        """A page of a PDF as a PNG image, with rectangles marked on it.

        Raises:
            SourceError: the file is gone or has changed, or the page cannot be drawn.
            BusyError: too many files are being read.
        """
        now = stamp(file.path)
        if now is None:
            raise _gone(file)
        try:
            return self._drawn(file, now, page, boxes)
        except ReadError as error:
            raise SourceError(f"page {page} of {file.source} cannot be drawn: {error}") from error

    # The stamp is part of what answers are kept by, so that a file that changes is read again.

    def _verify(self, file: SourceFile, _stamp: Stamp | None, finding: Finding) -> Verification:
        return self._apart.run(verify, file.path, file.source, file.sha256, finding.span, finding.text)

    def _draw(self, file: SourceFile, _stamp: Stamp, page: int, boxes: tuple[Box, ...]) -> bytes:
        return self._apart.run(draw, file.path, file.source, file.sha256, page, boxes)


def _gone(file: SourceFile) -> SourceError:
    return SourceError(f"{file.source} is no longer where it was indexed from")


def _changed(file: SourceFile) -> SourceError:
    return SourceError(f"{file.source} has changed since it was indexed, so it is not shown; index it again")
