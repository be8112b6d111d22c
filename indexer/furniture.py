"""Page furniture: the lines of a document that are not its running text.

Running heads and feet, page numbers, footnotes, contents pages, title pages, letterheads, judgement tables, signatures
and the publisher's closing notes are told apart by where they stand, how they are set and whether they come again
on other pages; their wording decides only for the few that every report closes with. What is left is the text that
inspectors wrote, line by line, still with its pages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from indexer.models import Line, Page, SourceDocument

MARGIN = 0.09
"""Share of a page's height, at the top and at the bottom, in which heads and feet are looked for."""
EDGE_LINES = 3
"""Where lines have no place on the page, heads and feet are looked for among this many at either end."""
REPEATS = 3
"""An edge line that comes on this many pages, digits aside, is a running head or foot; on half of the pages where
lines have no place, since a heading may open several of those."""
FRONT_LINES = 60
"""The facts on a title page or letterhead stand among this many first lines."""
TITLE_LENGTH = 300
"""The title of a letter is no longer than this."""
TABLE_HEADING = 7 / 6
"""Size, in body sizes, given to the left cell of a judgement table that stands in for a section heading."""
SMALL = 0.9
"""Lines set smaller than this share of the body size are notes, not text."""
GRADE = (
    r"(?:outstanding|good|requires(?:\s+improvement(?:\s+to\s+be\s+good)?)?|improvement(?:\s+to\s+be\s+good)?"
    r"|(?:to\s+)?be\s+good|inadequate|adequate|satisfactory)"
)

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"(?:page\s*)?\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?", re.IGNORECASE)
_GRADE_CELL = re.compile(rf"{GRADE}(?:\s*\(?(?:grade )?\d\)?)?", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:table of )?contents(?: page)?", re.IGNORECASE)
_CONTENTS_ROW = re.compile(r".*\D[\s.…]*\b\d{1,3}")
_TABLE_HEAD = re.compile(
    r"(?:key\s+)?judgements?(?:\s+area)?\s*(?:judgement\s+)?grades?|judgements?|grades?", re.IGNORECASE
)
_DEAR = re.compile(r"Dear\s+\S")
_SIGN_OFF = re.compile(r"Yours (?:sincerely|faithfully|truly)\b", re.IGNORECASE)
# How the publisher's own notes at the end of a report open. From the first of them on, nothing is text.
_CLOSING = re.compile(
    r"Any complaints about (?:the|this) (?:inspection|report)"
    r"|The Office for Standards in Education, Children.s Services and Skills \(Ofsted\) (?:regulates|inspects)"
    r"|If you would like a (?:copy|version) of this (?:document|report|information) in a different format"
    r"|You (?:may|can) (?:reuse|re-use|copy|use) this (?:information|document|report)"
    r"|This document may be reproduced in whole or in part"
    r"|(?:I am|We are) copying this letter to"
    r"|This letter will be (?:published|copied)"
    r"|©\s*Crown copyright",
    re.IGNORECASE,
)
_FRONT = re.compile(
    r"(?:inspection|visit)\s+dates?\b|dates? of (?:inspection|visit|previous)|(?:report )?published\b"
    r"|reporting inspector|lead inspector"
    r"|(?:her|his) majesty.s inspectors?$|age group|unique reference|local authority (?:number|reference)"
    r"|type of inspection|piccadilly gate"
    r"|(?:t|f|e|w|tel|telephone|textphone|fax|email|website|direct t)\s*:?\s*(?:\+?\d|\S+@|www\.|https?:)",
    re.IGNORECASE,
)
_INSPECTOR = re.compile(r".{0,60}\b(?:(?:her|his) majesty.s (?:senior )?inspectors?|S?HMI)\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Style:
    """How a document's running text is set: font size and distance between lines, in points; None without positions."""

    size: float | None
    pitch: float | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A line of running text and the number of its page."""

    line: Line
    page: int


def style_of(pages: Sequence[Page]) -> Style:
    """The body style, weighed by characters so that headings and notes do not count."""
    inner = [[line for line in page.lines if not _in_margin(line, page)] for page in pages]
    sizes: Counter[float] = Counter()
    for line in (line for lines in inner for line in lines):
        if line.size:
            sizes[line.size] += len(line.text)
    if not sizes:
        return Style(None, None)
    size = sizes.most_common(1)[0][0]
    pitches: Counter[float] = Counter()
    for lines in inner:
        body = [line for line in lines if line.size == size and line.bottom is not None]
        for before, line in pairwise(body):
            step = round((line.bottom or 0) - (before.bottom or 0), 1)
            if 0.9 * size < step < 1.6 * size:
                pitches[step] += 1
    return Style(size, pitches.most_common(1)[0][0] if pitches else 1.2 * size)


def _in_margin(line: Line, page: Page) -> bool:
    if not page.height or line.bottom is None:
        return False
    return not MARGIN * page.height < line.bottom < (1 - MARGIN) * page.height


def running_text(document: SourceDocument) -> tuple[list[Placed], Style]:
    """The lines of a document without its furniture, in reading order, and the style they are set in."""
    style = style_of(document.pages)
    heads = _running_heads(document.pages)
    kept: list[Placed] = []
    for page in document.pages:
        lines = [line for line in _without_edges(page, heads) if not _is_note(line, style)]
        kept.extend(Placed(line, page.number) for line in _without_contents(lines))
    widths = {page.number: page.width for page in document.pages}
    return _between_ends(kept, style, widths), style


# ------------------------------------------------------------------------------------------------ heads, feet, notes


def _edge_key(line: Line) -> str:
    return _DIGITS.sub("#", line.text.casefold())


def _edges(page: Page) -> list[Line]:
    """Lines that may be heads or feet: in the margins where positions are known, else the first and last few."""
    if page.height and all(line.bottom is not None for line in page.lines):
        return [line for line in page.lines if _in_margin(line, page)]
    lines = page.lines
    return [*lines[:EDGE_LINES], *lines[max(EDGE_LINES, len(lines) - EDGE_LINES) :]]


def _running_heads(pages: Sequence[Page]) -> frozenset[str]:
    """Edge lines that come again on page after page, digits aside."""
    counts: Counter[str] = Counter()
    for page in pages:
        counts.update({_edge_key(line) for line in _edges(page)})
    placed = any(page.height for page in pages)
    enough = REPEATS if placed else max(REPEATS, len(pages) // 2)
    if len(pages) <= REPEATS:
        enough = 2
    return frozenset(key for key, count in counts.items() if count >= enough and not _marker_only(key))


def _marker_only(key: str) -> bool:
    return not any(character.isalnum() or character == "#" for character in key)


def _without_edges(page: Page, heads: frozenset[str]) -> list[Line]:
    edges = {id(line) for line in _edges(page)}
    return [
        line
        for line in page.lines
        if id(line) not in edges or not (_edge_key(line) in heads or _PAGE_NUMBER.fullmatch(line.text))
    ]


def _is_note(line: Line, style: Style) -> bool:
    """Footnote bodies are set smaller than the text, or marked as notes by their format."""
    if line.footnote:
        return True
    return bool(style.size and line.size and line.size < SMALL * style.size)


# ------------------------------------------------------------------------------------------------ contents and tables


def _without_contents(lines: list[Line]) -> list[Line]:
    """Drop "Contents" and the rows under it: lines that end in a page number, and their first halves."""
    start = next((i for i, line in enumerate(lines) if _CONTENTS.fullmatch(line.text)), None)
    if start is None:
        return lines
    end = start + 1
    while end < len(lines):
        ahead = next((j for j in range(end, min(end + 4, len(lines))) if _is_contents_row(lines[j])), None)
        if ahead is None:
            break
        end = ahead + 1
    return lines[:start] + lines[end:]


def _is_contents_row(line: Line) -> bool:
    if line.text.isdigit() or (line.cells and line.cells[-1].isdigit()):
        return True
    return bool(_CONTENTS_ROW.fullmatch(line.text)) and len(line.text) < 120


def _without_tables(lines: list[Placed], style: Style, widths: dict[int, float | None]) -> Iterator[Placed]:
    """Take judgement tables out of the text; their grades are metadata.

    Inside a report a row of such a table stands over a section in place of a heading: its left cell stays, set as one.
    """
    grades = [i for i, placed in enumerate(lines) if _grade_cell(placed.line, widths.get(placed.page))]
    heads = {i for grade in grades for i in _left_cell(lines, grade, widths)}
    for i, placed in enumerate(lines):
        line = placed.line
        if _TABLE_HEAD.fullmatch(line.text):
            continue
        if i in grades:
            if not (line.cells and line.cells[0] and line.x0 is not None and _is_short(line.cells[0])):
                continue
            line = replace(line, text=line.cells[0], cells=())
        if i in heads or i in grades:
            line = _as_heading(line, style)
        yield replace(placed, line=line)


def _grade_cell(line: Line, width: float | None) -> bool:
    """Whether a line is a grade alone, at the right of the page, or a table row that ends in one."""
    if line.cells:
        return bool(_GRADE_CELL.fullmatch(line.cells[-1]))
    if not _GRADE_CELL.fullmatch(line.text):
        return False
    return line.x0 is None or width is None or line.x0 > 0.4 * width


def _left_cell(lines: list[Placed], grade: int, widths: dict[int, float | None]) -> Iterator[int]:
    """The lines around a grade that make up the left cell of its row."""
    at = lines[grade]
    for step in (-1, 1):
        i = grade + step
        while 0 <= i < len(lines) and abs(i - grade) <= 3:
            placed = lines[i]
            if placed.page != at.page or placed.line.bottom is None or at.line.bottom is None:
                break
            near = abs(placed.line.bottom - at.line.bottom) < 2.2 * (at.line.size or 12.0)
            if not near or not _is_short(placed.line.text) or _TABLE_HEAD.fullmatch(placed.line.text):
                break
            if _grade_cell(placed.line, widths.get(placed.page)):
                break
            yield i
            i += step


def _is_short(text: str) -> bool:
    return len(text) <= 62 and not text.endswith((".", ";", ","))


def _as_heading(line: Line, style: Style) -> Line:
    """A table's left cell in the size of a section heading, which it stands in for."""
    if not style.size or (line.bold and line.size and line.size > style.size):
        return line
    return replace(line, bold=True, size=max(line.size or 0.0, round(style.size * TABLE_HEADING, 1)))


# ------------------------------------------------------------------------------------------------ both ends


def _between_ends(lines: list[Placed], style: Style, widths: dict[int, float | None]) -> list[Placed]:
    """Drop the title page or letterhead before the text, and signature and publisher's notes after it."""
    start = _start(lines, widths)
    body = list(_without_tables(lines[start:], style, widths))
    end = next((i for i, placed in enumerate(body) if _SIGN_OFF.match(placed.line.text)), len(body))
    closing = next((i for i, placed in enumerate(body) if _CLOSING.match(placed.line.text)), len(body))
    return body[: min(end, closing)]


def _start(lines: list[Placed], widths: dict[int, float | None]) -> int:
    """Where the text begins: after "Dear ..." in a letter, else after the title page's facts and judgement table."""
    for i, placed in enumerate(lines[:FRONT_LINES]):
        if _DEAR.match(placed.line.text):
            return _after_title(lines, i + 1)
    last = -1
    for i, placed in enumerate(lines[:FRONT_LINES]):
        line = placed.line
        if placed.page > 2 or (placed.page > 1 and line.block is None and i - last > 12):
            break
        if _grade_cell(line, widths.get(placed.page)) or _TABLE_HEAD.fullmatch(line.text):
            last = max([i, *(j for j in _left_cell(lines, i, widths) if j > i)])
        elif _FRONT.match(line.text) or _INSPECTOR.fullmatch(line.text):
            last = i
    return last + 1


def _after_title(lines: list[Placed], start: int) -> int:
    """Where a letter's text begins: after the title under "Dear ...", bold or one paragraph with no full stop."""
    end = start
    while end < len(lines) and (lines[end].line.bold or lines[end].line.heading is not None):
        end += 1
    if end == start and end < len(lines):
        first = lines[end].line
        if first.block is not None and len(first.text) < TITLE_LENGTH and not first.text.endswith((".", ":", ",")):
            return next((i for i in range(end, len(lines)) if lines[i].line.block != first.block), len(lines))
    return end
