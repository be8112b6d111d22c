"""What the readers of text, HTML and DOCX share: gathering the words of one line, and knowing markers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from indexer.errors import ReadError
from indexer.models import Line, Page, SourceDocument

BULLET_CHARACTERS = "•▪■●◦‣○□▫◼◾➢➤❖✓✔·"
"""Characters that open a list item wherever they stand at the start of a line."""

LONGEST_CELL = 600
"""Characters of a table cell; beyond this the table lays out prose and is read as prose, not as rows."""

SYMBOL_FONTS = {
    0xF0B7: "•",
    0xF0A7: "▪",
    0xF06E: "■",
    0xF06F: "□",
    0xF0D8: "➢",
    0xF0FC: "✓",
    0xF02D: "-",
}
"""Bullets as Word and PDF converters leave them, code points of the Symbol and Wingdings fonts, to plain ones."""

# Controls, zero-width characters and lone surrogates print nothing, and the last cannot be stored as UTF-8.
# U+FFFE is left alone: it is PDFium's line-break hyphen.
_UNPRINTED = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\u200b-\u200f\u2060\ufeff\ud800-\udfff]")
_SPACES = re.compile(r"[\s\x1c-\x1f\x85]+")
_NOTE = re.compile(r"\d{1,3}|[*†‡§]{1,3}|[a-z]")
_NOTE_DRESS = re.compile(r"[\[\]()]|(?:foot|end)?note", re.IGNORECASE)
_UNIT_BEFORE = re.compile(r"(?<![A-Za-z])(?:[kcm]?m|mi|ft|in)$")
_LIST_MARKER = re.compile(
    rf"(?:[{BULLET_CHARACTERS}\-–—*]|\(?(?:\d{{1,3}}(?:\.\d{{1,2}})*|[a-zA-Z]|[ivx]{{1,5}})[.)])\s"
)


def tidy(text: str) -> str:
    """The text as printed: runs of white space as one space, characters that print nothing left out.

    A soft hyphen at the end is where a word was broken over the line, so it becomes U+FFFE; others print nothing.
    """
    text = _SPACES.sub(" ", _UNPRINTED.sub("", text.translate(SYMBOL_FONTS))).strip()
    if text.endswith("\xad"):
        text = text.rstrip("\xad") + "\ufffe"
    return text.replace("\xad", "").strip()


def has_marker(text: str) -> bool:
    """Whether the text opens with a list marker of its own: a bullet, "12.", "(a)", "iv."."""
    return _LIST_MARKER.match(text) is not None


def is_marker(text: str) -> bool:
    """Whether the text is a list marker and nothing else."""
    return _LIST_MARKER.fullmatch(f"{text} ") is not None


def note_markers(superscript: str, before: str) -> tuple[str, ...]:
    """The footnote markers in a superscript; none where it is an ordinal ("9th") or a unit ("km2").

    Args:
        superscript: the raised characters, such as "1", "2, 3" or "[footnote 4]".
        before: the text just before them.
    """
    if _UNIT_BEFORE.search(before):
        return ()
    parts = re.split(r"[,;\s]+", _NOTE_DRESS.sub(" ", superscript).strip())
    return tuple(parts) if all(_NOTE.fullmatch(part) for part in parts) else ()


@dataclass(slots=True)
class Words:
    """The words of one line while they are gathered from pieces of different type."""

    pieces: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bold: int = 0
    """Characters set bold, white space not counted; `total` likewise."""
    total: int = 0
    sizes: Counter[float] = field(default_factory=Counter)
    leads_with_note: bool = False

    def add(self, text: str, bold: bool = False, size: float | None = None) -> None:
        """Take the next piece of text as it stands in the source."""
        count = sum(map(len, text.split()))
        self.pieces.append(text)
        self.total += count
        self.bold += count if bold else 0
        if size is not None and count:
            self.sizes[size] += count

    def superscript(self, text: str, bold: bool = False) -> None:
        """Take raised characters: a footnote marker is kept apart, anything else is part of the words."""
        markers = note_markers(text, "".join(self.pieces[-2:]))
        if not markers:
            self.add(text, bold)
        else:
            self.leads_with_note = self.leads_with_note or not self.total
            self.notes.extend(markers)

    def line(self, marker: str = "") -> Line | None:
        """The words as a line behind a list marker, or None where nothing printable was gathered.

        A line that opens with a footnote marker is the body of that footnote.
        """
        text = tidy("".join(self.pieces))
        if not text:
            return None
        return Line(
            text=f"{marker} {text}" if marker else text,
            size=self.sizes.most_common(1)[0][0] if self.sizes else None,
            bold=self.bold * 10 > self.total * 9,
            notes=tuple(dict.fromkeys(self.notes)),
            footnote=self.leads_with_note,
        )


def one_line(lines: Sequence[Line]) -> Line | None:
    """Several lines, such as the paragraphs of a table cell, as one; None where there are none."""
    if not lines:
        return None
    return replace(
        lines[0],
        text=" ".join(line.text for line in lines),
        bold=all(line.bold for line in lines),
        notes=tuple(note for line in lines for note in line.notes),
    )


def row(cells: list[Line | None], block: int) -> Line | None:
    """One row of a table as a line: trailing empty cells are left out, empty ones between are kept.

    Args:
        cells: what each cell holds, None for nothing.
        block: the number of the row's paragraph.
    """
    while cells and cells[-1] is None:
        cells = cells[:-1]
    if not cells:
        return None
    texts = tuple(cell.text if cell else "" for cell in cells)
    filled = [cell for cell in cells if cell]
    return replace(
        filled[0],
        text="\t".join(texts),
        cells=texts,
        block=block,
        bold=all(cell.bold for cell in filled),
        notes=tuple(note for cell in filled for note in cell.notes),
        heading=None,
        item=None,
        footnote=False,
    )


def document(
    source: str,
    sha256: str,
    kind: Literal["text", "html", "docx"],
    pages: list[Page],
    paged: bool,
    way_out: str,
) -> SourceDocument:
    """The lines read as a document.

    Args:
        kind: the format.
        way_out: what a person can do where the file holds no words, said after "it holds no words; ".
    Raises:
        ReadError: if no line holds a letter.
    """
    if not any(character.isalpha() for page in pages for line in page.lines for character in line.text):
        raise ReadError(f"it holds no words; {way_out}")
    return SourceDocument(source=source, sha256=sha256, format=kind, pages=tuple(pages), paged=paged)
