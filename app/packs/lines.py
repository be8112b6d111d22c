"""Lines of enquiry as people have them: typed or pasted, or in a text or CSV file of any encoding."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Final

from app.words import count, listed, shortened
from indexer.errors import QueryError, ReadError
from indexer.lexical import MAX_LENGTH, parse_query
from indexer.readers.sniff import decode, megabytes

MAX_LINES: Final = 100
MAX_FILE: Final = 1_000_000
"""Bytes of a file of lines; a hundred lines of full length in two bytes a character are less than half of it."""

_COLUMNS: Final = frozenset(
    {
        *(
            "line",
            "lines",
            "line of enquiry",
            "lines of enquiry",
            "key line of enquiry",
            "key lines of enquiry",
            "kloe",
        ),
        *("kloe", "enquiry", "enquiries", "query", "queries", "question", "questions", "q", "issue", "issues", "text"),
    }
)
"""What the column with the lines is called, in any case."""
_MARK: Final = re.compile(r"(?:[-*•▪■–—]|\(?\d{1,3}[.)])\s+")
"""A bullet or number before a pasted line."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NO_DELIMITER: Final = "\x1f"


def cleaned(line: str) -> str:
    """A line with white space folded and control characters left out."""
    return " ".join(_CONTROL.sub(" ", line).split())


def typed_lines(text: str) -> tuple[str, ...]:
    """The lines of a text, blank ones left out, and the bullets or numbers before them."""
    return _filled(_MARK.sub("", line.strip(), count=1) for line in text.splitlines())


def file_lines(data: bytes, name: str) -> tuple[str, ...]:
    """The lines of a file: of a CSV file those in its column of lines, of any other one on each row.

    Args:
        name: the file's name; `.csv` and `.tsv` are tables.
    Raises:
        ReadError: it is too large, no text, or a table in which no column is called what lines are called.
    """
    called = f"the file {shortened(name, 60)}"
    if len(data) > MAX_FILE:
        raise ReadError(f"{called} is too large: a list of lines has at most {megabytes(MAX_FILE)}")
    try:
        text = decode(data).removeprefix("\ufeff")
    except ReadError:
        raise ReadError(f"{called} is not text: save the list as CSV or as plain text") from None
    if PurePath(name).suffix.lower() not in (".csv", ".tsv"):
        return typed_lines(text)
    try:
        return _filled(_column(text, called))
    except csv.Error as error:
        raise ReadError(f"{called} cannot be read as CSV ({error}): save it again, or as plain text") from error


def check(lines: Sequence[str]) -> None:
    """See that lines can be searched for.

    Raises:
        QueryError: there are none or too many, or some cannot be searched for; all of these are named.
    """
    if not lines:
        raise QueryError("there is no line of enquiry: give at least one")
    if len(lines) > MAX_LINES:
        raise QueryError(
            f"there are {count(len(lines), 'line')} of enquiry, and a pack takes at most {MAX_LINES}: split the list"
        )
    long = [number for number, line in enumerate(lines, start=1) if len(line) > MAX_LENGTH]
    empty = [number for number, line in enumerate(lines, start=1) if number not in long and not _has_words(line)]
    said = []
    if empty:
        said.append(f"{_numbered(empty)} {'has' if len(empty) == 1 else 'have'} no words to search for")
    if long:
        said.append(f"{_numbered(long)} {'has' if len(long) == 1 else 'have'} more than {MAX_LENGTH:,} characters")
    if said:
        raise QueryError("; ".join(said))


def _has_words(line: str) -> bool:
    try:
        parse_query(line)
    except QueryError:
        return False
    return True


def _numbered(numbers: Sequence[int]) -> str:
    return f"{'line' if len(numbers) == 1 else 'lines'} {listed([str(number) for number in numbers])}"


def _filled(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line for line in map(cleaned, lines) if line)


def _column(text: str, called: str) -> list[str]:
    """The cells of a table's column of lines.

    Raises:
        ReadError: it has several columns, and none is called what lines are called.
    """
    tables = [_rows(text, delimiter) for delimiter in (",", ";", "\t")]
    for rows in tables:
        names = [cell.strip().casefold() for cell in rows[0]] if rows else []
        place = next((place for place, name in enumerate(names) if name in _COLUMNS), None)
        if place is not None and len(names) > 1:
            return [row[place] for row in rows[1:] if len(row) > place]
    if any(rows and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1 for rows in tables if len(rows) > 1):
        raise ReadError(
            f"{called} has several columns and none is called “line of enquiry”: name the column so, or “query”, in "
            "the first row, or save that column alone"
        )
    # One column: commas are the lines' own.
    lines = [row[0] for row in _rows(text, _NO_DELIMITER)]
    return lines[1:] if lines and lines[0].strip().casefold() in _COLUMNS else lines


def _rows(text: str, delimiter: str) -> list[list[str]]:
    rows = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    return [row for row in rows if any(cell.strip() for cell in row)]
