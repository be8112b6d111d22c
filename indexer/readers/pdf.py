"""PDF files by PDFium: pages of lines with position, size and weight, in reading order.

PDFium gives characters in the order in which the file draws them, with line ends where the text moves on. Lines are
rebuilt from those runs here, because four things a report needs are lost in PDFium's own plain text: where a line
stands on the page, how large and how bold it is, which of its digits are footnote markers, and which gaps inside it
are table columns.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import pypdfium2
import pypdfium2.raw as pdfium

from indexer.errors import ReadError
from indexer.models import Line, Page, SourceDocument

SAME_LINE = 0.35
"""Two runs share a line when their baselines differ by less than this many font sizes."""
COLUMN_GAP = 1.8
"""A gap inside a line wider than this many font sizes separates table cells."""
NOTE_SIZE = 0.8
"""Digits set smaller than this share of their line's size are footnote markers."""

MARGIN = 0.07
"""Share of a page's height, at the top and at the bottom, in which heads and feet stand."""

LINE_HYPHEN = 0x0002
"""PDFium's code, character by character, for a hyphen at the end of a line (U+FFFE in its plain text); no line end
follows it."""
# Bullets set in symbol fonts arrive as private-use code points (Wingdings and Symbol, shifted to U+F000).
SYMBOLS = {
    0xF06E: "■", 0xF0A7: "▪", 0xF0B7: "•", 0xF0D8: "•", 0xF0FC: "•", 0xF076: "•", 0xF071: "•", 0xF02D: "–", 0xF0BE: "–",
    0xF020: " ", LINE_HYPHEN: "\ufffe", 0x00A0: " ", 0x2007: " ", 0x202F: " ", 0x0009: " ",
}  # fmt: skip
INVISIBLE = frozenset((0x0000, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
MARKERS = frozenset("■▪•◼●○–-—o*")


@dataclass(slots=True)
class _Run:
    """Characters between two line ends as PDFium gives them, measured."""

    text: str
    x0: float
    x1: float
    baseline: float
    size: float
    bold: bool
    cells: tuple[str, ...]
    notes: tuple[str, ...]


def read_pdf(path: Path, source: str, sha256: str, data: bytes) -> SourceDocument:
    """Read a PDF file given as bytes.

    Raises:
        ReadError: the file is damaged, needs a password, has no pages, or holds no text on any page.
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise ReadError(_reason(error)) from error
    try:
        if not len(document):
            raise ReadError("this PDF has no pages")
        pages = tuple(_read_page(document, index) for index in range(len(document)))
    except pypdfium2.PdfiumError as error:
        raise ReadError(f"this PDF is damaged: {error}; download it again") from error
    finally:
        document.close()
    if not any(page.lines for page in pages):
        raise ReadError(
            f"this PDF holds no text, only images ({len(pages)} pages); run text recognition (OCR) on it first"
        )
    return SourceDocument(source=source, sha256=sha256, format="pdf", pages=pages)


def _reason(error: pypdfium2.PdfiumError) -> str:
    if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower():
        return "this PDF is protected by a password; save a copy without one"
    return "this PDF is damaged or cut short; download it again"


def _read_page(document: pypdfium2.PdfDocument, index: int) -> Page:
    page = document[index]
    width, height = page.get_size()
    textpage = page.get_textpage()
    try:
        runs = list(_runs(textpage.raw, height))
    finally:
        textpage.close()
        page.close()
    lines = [line for line in (_line(group) for group in _grouped(runs)) if line.text]
    if _out_of_order(lines, height):
        lines.sort(key=lambda line: (line.bottom or 0.0, line.x0 or 0.0))
    return Page(number=index + 1, lines=tuple(lines), width=width, height=height)


def _out_of_order(lines: list[Line], height: float) -> bool:
    """Whether a line stands above the one drawn before it in the same column.

    Heads and feet are often drawn first, and a table's cells side by side: neither says that the text is out of order.
    """
    body = [line for line in lines if MARGIN * height < _number(line.bottom) < (1 - MARGIN) * height]
    for before, line in pairwise(body):
        overlap = min(_number(before.x1), _number(line.x1)) - max(_number(before.x0), _number(line.x0))
        if _number(line.bottom) < _number(before.bottom) - _number(line.size) and overlap > 0:
            return True
    return False


def _number(value: float | None) -> float:
    return value or 0.0


def _runs(textpage: pdfium.FPDF_TEXTPAGE, height: float) -> Iterator[_Run]:
    """Each stretch of characters up to a line end."""
    unicode_at = pdfium.FPDFText_GetUnicode
    indexes: list[int] = []
    codes: list[int] = []
    for index in range(pdfium.FPDFText_CountChars(textpage)):
        code = unicode_at(textpage, index)
        if code == LINE_HYPHEN:
            indexes.append(index)
            codes.append(code)
        if code in (10, 13, LINE_HYPHEN):
            if run := _measure(textpage, height, indexes, codes):
                yield run
            indexes, codes = [], []
        elif code not in INVISIBLE:
            indexes.append(index)
            codes.append(code)
    if run := _measure(textpage, height, indexes, codes):
        yield run


def _measure(textpage: pdfium.FPDF_TEXTPAGE, height: float, indexes: list[int], codes: list[int]) -> _Run | None:
    """Size, weight and place of a run, its cells and its footnote markers; None where it is blank."""
    characters = [SYMBOLS.get(code, chr(code)) for code in codes]
    inked = [i for i, character in enumerate(characters) if not character.isspace()]
    if not inked:
        return None
    probes = sorted({inked[0], inked[len(inked) // 4], inked[len(inked) // 2], inked[3 * len(inked) // 4], inked[-1]})
    sizes = [character_size(textpage, indexes[i]) for i in probes]
    size = median(sizes)
    bold = all(_bold(textpage, indexes[i]) for i in probes if characters[i].isalnum() or len(inked) < 3)
    notes: list[str] = []
    for i in inked:
        if characters[i].isdigit() and character_size(textpage, indexes[i]) < NOTE_SIZE * size:
            notes.append(characters[i])
            characters[i] = ""
    baseline = height - _origin(textpage, indexes[inked[len(inked) // 2]])
    cells = _cells(textpage, indexes, characters, size)
    text = " ".join("".join(characters).split())
    if not text:  # a footnote marker standing alone before the note's own lines
        text, notes = "".join(notes), []
    return _Run(
        text=text,
        x0=_box(textpage, indexes[inked[0]])[0],
        x1=_box(textpage, indexes[inked[-1]])[1],
        baseline=baseline,
        size=size,
        bold=bold,
        cells=cells,
        notes=("".join(notes),) if notes else (),
    )


def _cells(textpage: pdfium.FPDF_TEXTPAGE, indexes: list[int], characters: list[str], size: float) -> tuple[str, ...]:
    """The parts of a run that stand far apart, or () where it is one piece."""
    parts, start = [], 0
    for i, character in enumerate(characters):
        if not character.isspace() or i in (0, len(characters) - 1):
            continue
        before = "".join(characters[start:i]).strip()
        if not before or before in MARKERS or before.rstrip(".)").isdigit():
            continue  # the space after a bullet or a paragraph number is an indent, not a column
        follower = next((j for j in range(i + 1, len(characters)) if characters[j].strip()), None)
        preceding = next((j for j in range(i - 1, -1, -1) if characters[j].strip()), None)
        if follower is None or preceding is None or preceding < i - 1:
            continue
        if _box(textpage, indexes[follower])[0] - _box(textpage, indexes[preceding])[1] > COLUMN_GAP * size:
            parts.append(before)
            start = i + 1
    if not parts:
        return ()
    return (*parts, "".join(characters[start:]).strip())


def _grouped(runs: list[_Run]) -> Iterator[list[_Run]]:
    """Runs of one line together: PDFium breaks a line where the font or a superscript changes its baseline."""
    group: list[_Run] = []
    for run in runs:
        if group and _continues(group[-1], run):
            group.append(run)
            continue
        if group:
            yield group
        group = [run]
    if group:
        yield group


def _continues(last: _Run, run: _Run) -> bool:
    size = max(last.size, run.size)
    if run.x0 < last.x1 - 0.3 * size:
        return False
    if _is_note(last, run) or _is_note(run, last):
        return abs(run.baseline - last.baseline) < 0.7 * size
    return abs(run.baseline - last.baseline) < SAME_LINE * size


def _is_note(run: _Run, of: _Run) -> bool:
    """Whether a run is a footnote marker set before or behind the words of another."""
    near = min(abs(of.x0 - run.x1), abs(run.x0 - of.x1)) < of.size
    return run.text.isdigit() and run.size < NOTE_SIZE * of.size and near


def _line(group: list[_Run]) -> Line:
    longest = max(group, key=lambda run: len(run.text))
    markers = [run for run in group if run.text.isdigit() and run.size < NOTE_SIZE * longest.size]
    notes = [note for run in group for note in ((run.text,) if run in markers else run.notes)]
    group = [run for run in group if run not in markers]
    first, last = group[0], group[-1]
    text, cells = first.text, list(first.cells)
    for before, run in pairwise(group):
        gap = run.x0 - before.x1
        if gap > COLUMN_GAP * max(run.size, before.size) and text not in MARKERS:
            cells = [*(cells or [text]), *(run.cells or [run.text])]
        elif cells:
            cells[-1] = f"{cells[-1]} {run.text}"
        glue = "" if gap < 0.15 * run.size and text and run.text[0] in ",.;:)’”'" else " "
        text = f"{text}{glue}{run.text}"
    return Line(
        text=text,
        x0=first.x0,
        top=longest.baseline - longest.size,
        x1=last.x1,
        bottom=longest.baseline,
        size=round(longest.size, 1),
        bold=all(run.bold for run in group),
        cells=tuple(cells),
        notes=tuple(notes),
    )


def character_size(textpage: pdfium.FPDF_TEXTPAGE, index: int) -> float:
    """Size of a character as drawn: some files set every font at 1 point and scale it by the text matrix."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage, index, matrix)
    return float(pdfium.FPDFText_GetFontSize(textpage, index)) * (math.hypot(matrix.b, matrix.d) or 1.0)


def _bold(textpage: pdfium.FPDF_TEXTPAGE, index: int) -> bool:
    if pdfium.FPDFText_GetFontWeight(textpage, index) >= 600:
        return True
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(textpage, index, name, 128, flags)
    return b"bold" in name.value.lower()


def _origin(textpage: pdfium.FPDF_TEXTPAGE, index: int) -> float:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(textpage, index, x, y)
    return y.value


def _box(textpage: pdfium.FPDF_TEXTPAGE, index: int) -> tuple[float, float]:
    """Left and right edge of a character, in points."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    return left.value, right.value
