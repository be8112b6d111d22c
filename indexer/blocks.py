"""Lines to blocks: headings, bullets, numbered points and paragraphs, whole across line and page ends.

Where a format knows its paragraphs (text, HTML, DOCX), they are kept. A PDF does not: there a block ends where the
next line opens with a bullet or the next number, is set as a heading, stands after a gap or stands further left. A
page end alone ends nothing: a block goes on over it while its sentence does, or while the next page opens at the
block's own indent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from indexer.furniture import Placed, Style
from indexer.models import Line

PARAGRAPH_GAP = 1.28
"""Baselines further apart than this many line pitches belong to different paragraphs."""
HEADING_SIZE = 1.1
"""Lines set larger than this many body sizes are headings."""
HEADING_LENGTH = 160
"""A heading is no longer than this; a longer bold stretch is emphasised text."""
INDENT = 6.0
"""Points by which two left edges may differ and still be one indent."""
NUMBER_SKIP = 3
"""A number may run ahead of the one before it by this many, where a point between was lost or left out."""

BULLET = re.compile(r"([■▪•◼●○❑□➢►*·–—−-]|o(?=\s+[A-Z]))\s+(?=\S)")
NUMBER = re.compile(r"(\d{1,3})[.)](?:\s*(?=[^\W\d_]|[‘’“\"'(\[£])|\s+(?=\d)|$)")
_ENDED = re.compile(r"[.?!:;][’”\"')\]]*$")
_FINISHED = re.compile(r"[.?!][’”\"')\]]*$")


class BlockKind(StrEnum):
    """What a block is set as."""

    HEADING = "heading"
    ITEM = "item"
    NUMBER = "number"
    PARAGRAPH = "paragraph"


@dataclass(slots=True)
class Block:
    """One heading, bullet, numbered point or paragraph, with the lines it is made of."""

    kind: BlockKind
    placed: list[Placed] = field(default_factory=list)
    marker: str = ""
    """The bullet as printed, or the number without its full stop."""
    skip: int = 0
    """Characters of the first line taken by the marker."""
    level: int = 0
    """Headings: rank, 1 outermost. Items: nesting, 0 outermost."""

    @property
    def indent(self) -> float | None:
        """Left edge of the text after a marker: that of the second line, where there is one."""
        return self.placed[1].line.x0 if len(self.placed) > 1 else None

    @property
    def left(self) -> float | None:
        """Left edge of the first line, marker included."""
        return self.placed[0].line.x0

    @property
    def last(self) -> str:
        """The last line's text."""
        return self.placed[-1].line.text

    @property
    def ended(self) -> bool:
        """Whether the last line closes a sentence or a list entry."""
        return bool(_ENDED.search(self.last))


def build_blocks(lines: Sequence[Placed], style: Style) -> list[Block]:
    """Group running text into blocks, in order. Every line ends up in exactly one block."""
    builder = _Builder(style, _heading_ranks(lines, style))
    for placed in lines:
        builder.add(placed)
    return builder.blocks


# ------------------------------------------------------------------------------------------------ headings


def is_heading(line: Line, style: Style) -> bool:
    """Whether a line is set as a heading: marked so by its format, larger than the text, or bold throughout."""
    if line.heading is not None:
        return True
    if len(line.text) > HEADING_LENGTH or not any(character.isalpha() for character in line.text):
        return False
    if style.size and line.size and line.size >= HEADING_SIZE * style.size:
        return True
    return line.bold and not BULLET.match(line.text)


def _heading_style(line: Line) -> tuple[int, float, bool]:
    """Sorts headings from outermost to innermost: marked level, then larger before smaller, bold before plain."""
    if line.heading is not None:
        return (line.heading, 0.0, False)
    return (0, -(line.size or 0.0), not line.bold)


def _heading_ranks(lines: Sequence[Placed], style: Style) -> dict[tuple[int, float, bool], int]:
    styles = sorted({_heading_style(placed.line) for placed in lines if is_heading(placed.line, style)})
    return {heading: rank for rank, heading in enumerate(styles, 1)}


def reads_as_heading(line: Line) -> bool:
    """Whether unmarked text reads as a heading: short, capital first, no closing punctuation but "?" or ":"."""
    text = line.text
    return (
        3 <= len(text) <= 100
        and text[0].isupper()
        and not re.search(r"[.,;!’”\"')\-–]$", text)
        and not BULLET.match(text)
        and not NUMBER.match(text)
        and not re.search(r"\w:\s", text)
        and not line.cells
    )


# ------------------------------------------------------------------------------------------------ grouping


class _Builder:
    """Takes lines one by one and decides for each whether it opens a block or goes on with the last one."""

    def __init__(self, style: Style, ranks: dict[tuple[int, float, bool], int]) -> None:
        self.style = style
        self.ranks = ranks
        self.blocks: list[Block] = []
        self.number = 0
        self.number_left: float | None = None

    def add(self, placed: Placed) -> None:
        line = placed.line
        last = self.blocks[-1] if self.blocks else None
        if last and line.block is not None and line.item is None and line.block == last.placed[-1].line.block:
            last.placed.append(placed)  # the format says so, whatever the line opens with
            return
        if is_heading(line, self.style) and not (last and self._emphasised(last, placed)):
            self._heading(placed, last)
            return
        if (match := NUMBER.match(line.text)) and self._is_next_number(int(match[1]), placed, last):
            self.number = int(match[1])
            self.number_left = line.x0
            self.blocks.append(Block(BlockKind.NUMBER, [placed], match[1], match.end()))
            return
        opens_item = line.item is not None or BULLET.match(line.text)
        if opens_item and not (last and self._dash_inside(last, placed)):
            self._item(placed)
            return
        if last and last.kind is not BlockKind.HEADING and self._goes_on(last, placed):
            last.placed.append(placed)
            return
        self.blocks.append(Block(BlockKind.PARAGRAPH, [placed]))

    def _heading(self, placed: Placed, last: Block | None) -> None:
        style = _heading_style(placed.line)
        if last and last.kind is BlockKind.HEADING and self._same_heading(last, placed):
            last.placed.append(placed)
            return
        match = NUMBER.match(placed.line.text)
        if match and self._is_next_number(int(match[1]), placed, last) and _FINISHED.search(placed.line.text):
            self.number = int(match[1])
            self.blocks.append(Block(BlockKind.NUMBER, [placed], match[1], match.end()))
            return
        self.blocks.append(Block(BlockKind.HEADING, [placed], level=self.ranks[style]))

    def _same_heading(self, last: Block, placed: Placed) -> bool:
        before, line = last.placed[-1], placed.line
        if before.page != placed.page or _heading_style(before.line) != _heading_style(line):
            return False
        if line.block is not None or line.bottom is None or before.line.bottom is None:
            return line.block is not None and line.block == before.line.block
        return line.bottom - before.line.bottom < 1.6 * (line.size or 12.0)

    def _emphasised(self, last: Block, placed: Placed) -> bool:
        """A bold line inside a sentence is emphasis: the sentence before it has not ended, and no gap parts them."""
        if placed.line.heading is not None or last.kind is BlockKind.HEADING or last.ended:
            return False
        same_size = placed.line.size == last.placed[-1].line.size
        return same_size and placed.line.text[0].islower() and self._goes_on(last, placed)

    def _is_next_number(self, number: int, placed: Placed, last: Block | None) -> bool:
        """Whether a line that opens with a number opens a numbered point: it counts on, where numbers stand."""
        line = placed.line
        inside = bool(last and last.kind is not BlockKind.HEADING and not last.ended)
        if number == self.number + 1:
            far = line.x0 is not None and self.number_left is not None and abs(line.x0 - self.number_left) > 4 * INDENT
            return not (inside and (far or line.x0 is None))
        if number == 1 and not inside:
            return True
        aligned = line.x0 is None or (self.number_left is not None and abs(line.x0 - self.number_left) < INDENT)
        return bool(self.number) and aligned and not inside and self.number < number <= self.number + NUMBER_SKIP

    def _item(self, placed: Placed) -> None:
        match = BULLET.match(placed.line.text)
        marker, skip = (match[1], match.end()) if match else ("", 0)
        inner = NUMBER.match(placed.line.text[skip:])
        if inner and self._is_next_number(int(inner[1]), placed, None) and marker in "-–—":
            self.number = int(inner[1])
            self.blocks.append(Block(BlockKind.NUMBER, [placed], inner[1], skip + inner.end()))
            return
        level = placed.line.item or 0
        if placed.line.item is None and (left := placed.line.x0) is not None:
            level = self._nesting(left)
        self.blocks.append(Block(BlockKind.ITEM, [placed], marker, skip, level))

    def _nesting(self, left: float) -> int:
        """Nesting of a bullet by its left edge against the bullets before it."""
        for block in reversed(self.blocks):
            if block.kind is not BlockKind.ITEM:
                break
            if block.left is None:
                continue
            if abs(left - block.left) <= INDENT:
                return block.level
            if left > block.left:
                return block.level + 1
        return 0

    def _dash_inside(self, last: Block, placed: Placed) -> bool:
        """A line that opens with a dash goes on with a sentence where it stands at the text's own indent."""
        if placed.line.item is not None or placed.line.text[0] not in "–—-−*·" or last.ended or placed.line.x0 is None:
            return False
        if last.kind is BlockKind.HEADING or last.marker == placed.line.text[0]:
            return False
        edge = last.indent if last.indent is not None else last.left
        return edge is not None and abs(edge - placed.line.x0) <= INDENT

    def _goes_on(self, last: Block, placed: Placed) -> bool:
        """Whether a plain line belongs to the block before it."""
        before, line = last.placed[-1], placed.line
        if line.block is not None:
            if line.block == before.line.block:
                return True
            return not last.ended and (line.text[0].islower() or self._broken_by_page(before, placed))
        if line.text[0].islower() and not _FINISHED.search(last.last):
            return True
        if before.page != placed.page:
            return self._over_page(last, placed)
        if line.bottom is None or before.line.bottom is None:
            return False
        gap = line.bottom - before.line.bottom
        if gap > PARAGRAPH_GAP * (self.style.pitch or 14.4) or gap < 0:
            return False
        return not self._outdented(last, line)

    def _outdented(self, last: Block, line: Line) -> bool:
        return last.indent is not None and line.x0 is not None and line.x0 < last.indent - INDENT and last.ended

    def _broken_by_page(self, before: Placed, placed: Placed) -> bool:
        """A sentence cut by a page end goes on with a capital where the next words are a name."""
        return before.page != placed.page and not reads_as_heading(placed.line)

    def _over_page(self, last: Block, placed: Placed) -> bool:
        line = placed.line
        if not last.ended:
            return True
        edge = last.indent
        if last.kind is BlockKind.PARAGRAPH or line.x0 is None or last.left is None:
            return False
        if edge is None:  # a one-line item or point: its text starts where its marker ends, to the right
            return line.x0 > last.left + INDENT
        return abs(line.x0 - edge) <= INDENT and edge > last.left + INDENT
