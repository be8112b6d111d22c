"""Where the words of a finding stand on the pages of its PDF: rectangles around its own characters.

The readers say which lines a stretch of the running text is made of. PDFium's characters on those lines must then spell
its letters and digits, each once and in order; only the printed marker of its first line may stand before them. Where
they do not, nothing is placed: a mark on other words would be worse than none.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Final, Self

import pypdfium2
import pypdfium2.raw as pdfium

from indexer.clean import CleanDocument
from indexer.errors import ReadError
from indexer.furniture import Placed
from indexer.models import Line, Span
from indexer.readers.pdf import INVISIBLE, NOTE_SIZE, SAME_LINE, SYMBOLS, character_size

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in points from the top left corner of the page as it is shown."""

_MARKER: Final = 4
"""Letters or digits that the printed marker of a line may have: "1048." at the most."""
_EDGE: Final = 0.5
"""Points by which a character may stand over the ends of its line."""
_ABOVE, _BELOW = 0.8, 0.24
"""Shares of the font size that a line's letters rise above its baseline and hang below it."""
_STEPS: Final = 100
"""Steps to a point in which PDFium is asked for places on the page as it is shown; it gives whole numbers."""
_FAR: Final = 1000
"""Points from the origin at which it is asked, so that a step more or less does not show."""


_KEPT: Final = 8
"""Pages of a document whose characters are kept, some 3,000 each: findings are asked for one after the other."""


@dataclass(frozen=True, slots=True)
class Place:
    """The part of a text that stands on one page: a rectangle for each of its lines, in order."""

    page: int
    width: float
    height: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class _Character:
    """One character of a page: its place in PDFium's order, and in points. The baseline counts from the top."""

    index: int
    letters: str
    x: float
    left: float
    right: float
    baseline: float
    size: float


@dataclass(frozen=True, slots=True)
class _Page:
    """A page as it is shown, the characters that it holds by the whole points of their baselines, and how a point of
    the file's own coordinates comes to its place: turned and cut as the file says.
    """

    width: float
    height: float
    levels: dict[int, list[_Character]]
    origin: tuple[float, float]
    across: tuple[float, float]
    up: tuple[float, float]

    def shown(self, x: float, y: float) -> tuple[float, float]:
        """A point of the file's own coordinates in points from the top left corner."""
        return (
            self.origin[0] + x * self.across[0] + y * self.up[0],
            self.origin[1] + x * self.across[1] + y * self.up[1],
        )


def lines_under(document: CleanDocument, span: Span) -> tuple[Placed, ...]:
    """The lines of the blocks that a span of the running text touches, in order."""
    start, end = span
    return tuple(
        placed for block in document.blocks if block.span[0] < end and start < block.span[1] for placed in block.placed
    )


def letters(text: str) -> str:
    """What of a text is compared: its letters and digits, without case, ligatures taken apart."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


class PdfPages:
    """The pages of a PDF with the places of their characters. Not safe to use from several threads: PDFium is not.

    Raises:
        ReadError: the file is no PDF that PDFium can open.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self.document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise ReadError(f"this PDF cannot be opened ({error})") from error
        self._page = lru_cache(maxsize=_KEPT)(self._read_page)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.document.close()

    def place(self, lines: Sequence[Placed], text: str) -> tuple[Place, ...]:
        """Where a text stands that is made of these lines, page by page; () where that cannot be told exactly."""
        wanted = letters(text)
        found = [(placed, self._on_line(placed)) for placed in lines]
        spelt = "".join(character.letters for _, characters in found for character in characters)
        before = len(spelt) - len(wanted)
        if not wanted or not spelt.endswith(wanted) or before > _MARKER:
            return ()
        boxes: dict[int, list[Box]] = {}
        for placed, characters in found:
            own = []
            for character in characters:
                if before <= 0:
                    own.append(character)
                before -= len(character.letters)
            if own:
                opens = not boxes
                boxes.setdefault(placed.page, []).append(_box(self._page(placed.page), own, placed.line, opens))
        return tuple(
            Place(number, round(self._page(number).width, 2), round(self._page(number).height, 2), tuple(own))
            for number, own in boxes.items()
        )

    def _on_line(self, placed: Placed) -> list[_Character]:
        """The characters of a line that hold letters or digits, without its footnote markers."""
        line = placed.line
        if line.x0 is None or line.x1 is None or line.bottom is None or line.size is None:
            return []
        levels, within = self._page(placed.page).levels, SAME_LINE * line.size
        near = [
            each
            for level in range(math.floor(line.bottom - within), math.floor(line.bottom + within) + 1)
            for each in levels.get(level, ())
            if abs(each.baseline - line.bottom) < within and line.x0 - _EDGE <= each.x <= line.x1 + _EDGE
        ]
        notes = NOTE_SIZE * line.size
        return sorted(
            (each for each in near if each.size >= notes or not each.letters.isdigit()), key=lambda each: each.index
        )

    def _read_page(self, number: int) -> _Page:
        page = self.document[number - 1]
        width, height = page.get_size()
        textpage = page.get_textpage()
        levels: dict[int, list[_Character]] = {}
        try:
            for character in _characters(textpage.raw, height):
                levels.setdefault(math.floor(character.baseline), []).append(character)
            origin, right, top = (_on_screen(page, width, height, *at) for at in ((0, 0), (_FAR, 0), (0, _FAR)))
        finally:
            textpage.close()
            page.close()
        across, up = (((end[0] - origin[0]) / _FAR, (end[1] - origin[1]) / _FAR) for end in (right, top))
        return _Page(width, height, levels, origin, across, up)


def _box(page: _Page, characters: Sequence[_Character], line: Line, opens: bool) -> Box:
    """The rectangle around a line, with the marks before and behind its letters; the line that opens a text may have a
    bullet or number before it, which is none of it."""
    size = max(each.size for each in characters)
    baseline = page.height - characters[0].baseline
    left = min(each.left for each in characters)
    right = max(each.right for each in characters)
    one = page.shown(left if opens else min(left, line.x0 or left), baseline + _ABOVE * size)
    other = page.shown(max(right, line.x1 or right), baseline - _BELOW * size)
    (x0, x1), (y0, y1) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return round(max(0.0, x0), 2), round(max(0.0, y0), 2), round(min(x1, page.width), 2), round(min(y1, page.height), 2)


def _characters(textpage: pdfium.FPDF_TEXTPAGE, height: float) -> Iterator[_Character]:
    """The letters and digits of a page, in the order in which PDFium gives them."""
    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    for index in range(pdfium.FPDFText_CountChars(textpage)):
        code = pdfium.FPDFText_GetUnicode(textpage, index)
        own = _letters_of(code)
        if not own:
            continue
        pdfium.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
        pdfium.FPDFText_GetCharOrigin(textpage, index, x, y)
        middle = (left.value + right.value) / 2
        size = character_size(textpage, index)
        yield _Character(index, own, middle, left.value, right.value, height - y.value, size)


@lru_cache(maxsize=1024)
def _letters_of(code: int) -> str:
    return "" if code in INVISIBLE else letters(SYMBOLS.get(code, chr(code)))


def _on_screen(page: pypdfium2.PdfPage, width: float, height: float, x: int, y: int) -> tuple[float, float]:
    """Where PDFium shows a point of the file's own coordinates, in points from the top left corner."""
    right, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page.raw, 0, 0, int(width * _STEPS), int(height * _STEPS), 0, x, y, right, down)
    return right.value / _STEPS, down.value / _STEPS
