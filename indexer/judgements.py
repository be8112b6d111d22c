"""Grades of an inspection, from the tables and sentences in which reports print them.

Four layouts have been in use:
- since 2018, a table headed "Judgement" and "Grade" on the first page;
- 2013 to 2018, numbered rows on the first page below a sentence that grades the services as a whole ("Children's
  services in Bury require improvement to be good"), and a sentence that grades the safeguarding board;
- 2009 to 2013, a table "Record of main findings" on the last page, in groups;
- tables whose cells the format marks, whatever heads them.
Letters grade nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.models import Grade, Judgement, Line

OVERALL = "Overall effectiveness"
"""The area of a sentence that grades a service as a whole; the sentence itself names none."""
BOARD = "Local Safeguarding Children Board"
"""The area of a sentence that grades the safeguarding board, which is named in many ways."""

_NUMBER = r"\d(?:\.\d)?\.?\s+"
_GRADE = r"(?:Outstanding|Good|[Rr]equires\s+[Ii]mprovement(?:\s+to\s+be\s+good)?|Inadequate|Adequate|Satisfactory)"
# An area runs over up to four lines and goes on in lower case; the grade closes its line, "Requires improvement"
# perhaps on the next. A letter before the grade is a crumb of the area that converters leave in the wrong cell.
_CELLS = (
    rf"(?P<area>[A-Z][^\n]*?(?:\n[^A-Z\n][^\n]*?){{0,3}}?)\s+(?:[a-z]\s+)?(?P<grade>{_GRADE})"
    r"(?:\s+\(?Grade\s+\d\)?)?\.?(?=\n|\Z)"
)
_ROW = re.compile(rf"\s*(?:{_NUMBER})?{_CELLS}")
_NUMBERED_ROW = re.compile(rf"^{_NUMBER}{_CELLS}", re.MULTILINE)
_HEADER = re.compile(r"(?:Inspection\s+)?Judgements?\s+Grade", re.IGNORECASE)
_FIRST_ROW = re.compile(r"1\.?\s+Children who need help and protection", re.IGNORECASE)
_RECORD = re.compile(r"Record of main findings", re.IGNORECASE)
_HEADING = re.compile(r"\s*[A-Z][^\n.]{2,100}(?=\n)")
_SERVICE = re.compile(r"safeguarding services|(?:services for )?looked after children(?: services)?", re.IGNORECASE)
_IS = r"\s+(?:(?:are|is)(?:\s+judged\s+to\s+be)?\s+(?:requires?\s+)?|requires?\s+)"
_WORD = r"(?P<grade>outstanding|good|improvement|inadequate|adequate|satisfactory)\b(?:\s+to\s+be\s+good)?"
_OVERALL_SENTENCE = re.compile(
    rf"(?:Children.s\s+services?(?:\s+in\s+[^.]{{2,80}}?)?|The\s+overall\s+judgement(?:\s+is(?:\s+that)?\s+children.s\s+"
    rf"services?)?){_IS}{_WORD}\.?",
    re.IGNORECASE,
)
_BOARD_SENTENCE = re.compile(
    r"(?:the\s+)?(?:effectiveness\s+of\s+the\s+)?(?:[\w’'-]+\s+){0,5}?(?:LSCB|safeguarding\s+children(?:.?s)?(?:\s+board)?)"
    rf"(?:\s+\(\w+\))?{_IS}{_WORD}\.?",
    re.IGNORECASE,
)
LONGEST_AREA = 160
"""Characters; what runs on longer before a grade is a paragraph and not a row of the table."""


def read_judgements(front: Sequence[Line], lines: Sequence[Line], board: bool) -> tuple[Judgement, ...]:
    """The graded areas as printed, in their order, without the number before a row.

    Args:
        front: lines of the first pages, where a report puts its grades.
        lines: all lines of the document.
        board: whether the report also grades a safeguarding board, in a sentence of its own.
    """
    found = list(_table(front)) or list(_record(lines)) or list(_cells(front))
    if not any(judgement.area == OVERALL for judgement in found):
        found = [*_overall(front), *found]
    if board and not any(_names_board(judgement.area) for judgement in found):
        found.extend(_board(front, lines))
    return tuple(found)


def grade_of(text: str) -> Grade | None:
    """The grade a text consists of, in any of the spellings of the reports; None where it is no grade."""
    word = re.sub(r"\s+to be good|\s*\(?grade \d\)?|\.$", "", " ".join(text.lower().split())).strip()
    word = {"improvement": "requires improvement", "require improvement": "requires improvement"}.get(word, word)
    return Grade(word) if word in set(Grade) else None


# ---------------------------------------------------------------------------------------------- tables


def _table(front: Sequence[Line]) -> Iterator[Judgement]:
    """The rows under "Judgement Grade", or the numbered rows of the years before it."""
    for index, line in enumerate(front):
        if _HEADER.fullmatch(" ".join(line.text.split())):
            yield from _rows(front[index + 1 :])
            return
        if _FIRST_ROW.match(line.text):
            # A number opens each row, so that a footnote drawn in the midst of them does no harm.
            yield from filter(None, map(_judgement, _NUMBERED_ROW.finditer(_text(front[index:]))))
            return


def _rows(lines: Sequence[Line]) -> Iterator[Judgement]:
    """The rows from here on, up to the first text that is none."""
    text = _text(lines)
    position = 0
    while (match := _ROW.match(text, position)) and (judgement := _judgement(match)):
        yield judgement
        position = match.end()


def _text(lines: Sequence[Line]) -> str:
    """The lines of a table, which is no longer than a page."""
    return "\n".join(line.text for line in lines[:60] if not line.footnote and not line.text.isdigit())


def _judgement(row: re.Match[str]) -> Judgement | None:
    area = " ".join(row["area"].split()).rstrip(".:")
    grade = grade_of(row["grade"])
    return Judgement(area, grade) if grade and len(area) <= LONGEST_AREA and ". " not in area else None


def _record(lines: Sequence[Line]) -> Iterator[Judgement]:
    """The table of main findings; the last of its mentions, as the contents page names it too.

    Where two services are graded on areas of the same name, the name of the service goes before it.
    """
    starts = [index for index, line in enumerate(lines) if _RECORD.match(line.text)]
    if not starts:
        return
    graded: list[tuple[str, Judgement]] = []
    group, text, position = "", _text(lines[starts[-1] + 1 :]), 0
    while match := _ROW.match(text, position) or _HEADING.match(text, position):
        if judgement := _judgement(match) if match.re is _ROW else None:
            graded.append((group, judgement))
        elif _SERVICE.fullmatch(match[0].strip()):
            group = match[0].strip()
        position = match.end()
    areas = [judgement.area for _, judgement in graded]
    for name, judgement in graded:
        shared = name and areas.count(judgement.area) > 1
        yield Judgement(f"{name}: {judgement.area}", judgement.grade) if shared else judgement


def _cells(front: Sequence[Line]) -> Iterator[Judgement]:
    """Rows of any table whose second and last cell is a grade."""
    for line in front:
        if len(line.cells) == 2 and line.cells[0] and (grade := grade_of(line.cells[1])):
            yield Judgement(re.sub(rf"^{_NUMBER}", "", line.cells[0]), grade)


# ---------------------------------------------------------------------------------------------- sentences


def _overall(front: Sequence[Line]) -> Iterator[Judgement]:
    for text in _joined(front):
        if (match := _OVERALL_SENTENCE.fullmatch(text)) and (grade := grade_of(match["grade"])):
            yield Judgement(OVERALL, grade)
            return


def _board(front: Sequence[Line], lines: Sequence[Line]) -> Iterator[Judgement]:
    """The sentence on the first page, else the one that stands on a line of its own over the board's section."""
    for text in _joined([*front, *lines]):
        if (match := _BOARD_SENTENCE.fullmatch(text)) and (grade := grade_of(match["grade"])):
            yield Judgement(BOARD, grade)
            return


def _names_board(area: str) -> bool:
    return "safeguarding" in area.lower() and "board" in area.lower()


def _joined(lines: Sequence[Line]) -> Iterator[str]:
    """Each line alone, with the next, and with the next two: a heading may be a sentence of up to three lines."""
    texts = [" ".join(line.text.split()) for line in lines]
    for index in range(len(texts)):
        for count in (1, 2, 3):
            yield " ".join(texts[index : index + count])
