"""Records of a file that people write: each with its fields, and errors that name the file and the line.

Three forms are read: a JSON array of objects, JSON lines, and CSV with a heading line.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from indexer.errors import ReadError

CHECK: Final = "check its name"


@dataclass(frozen=True, slots=True)
class Record:
    """One record and where it stands."""

    fields: Mapping[str, Any]
    path: Path
    line: Callable[[], int]
    """The line it begins on, counted only where an error names it: a file may hold very many records."""

    def text(self, name: str) -> str:
        """A field that must be a text.

        Raises:
            ReadError: it is missing, empty or something else.
        """
        value = self.fields.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.error(
                f"{name!r} must be a text that is not empty" if name in self.fields else f"{name!r} is missing"
            )
        return value

    def number(self, name: str, least: int, most: int | None = None) -> int:
        """A field that must be a whole number, or its digits.

        Raises:
            ReadError: it is missing, something else, or out of its range.
        """
        value = self.fields.get(name)
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if type(value) is not int or value < least or (most is not None and value > most):
            wanted = f"of {least} or more" if most is None else f"from {least} to {most}"
            raise self.error(f"{name!r} must be a whole number {wanted}, not {value!r}")
        return value

    def error(self, reason: str) -> ReadError:
        """An error that names file and line."""
        return ReadError(f"{self.path}, line {self.line()}: {reason}")


def json_array(path: Path, way_out: str = CHECK) -> Iterator[Record]:
    """Each object of a JSON array; decoded one by one, since the line of an ill-formed one is known only on the way.

    Args:
        way_out: what to do where the file cannot be read.
    Raises:
        ReadError: the file cannot be read or is ill-formed.
    """
    file = read_text(path, way_out)
    decoder = json.JSONDecoder()
    place = _skip(file, 0)
    if file[place : place + 1] != "[":
        raise _record({}, path, file, place).error("a JSON array of objects must begin here")
    place = _skip(file, place + 1)
    while file[place : place + 1] != "]":
        start = place
        try:
            fields, place = decoder.raw_decode(file, place)
        except json.JSONDecodeError as error:
            raise ReadError(f"{path}, line {error.lineno}: not JSON ({error.msg})") from error
        if not isinstance(fields, dict):
            raise _record({}, path, file, start).error("an object must stand here")
        yield _record(fields, path, file, start)
        place = _skip(file, place)
        if file[place : place + 1] == ",":
            place = _skip(file, place + 1)
        elif file[place : place + 1] != "]":
            reason = "a comma or the closing bracket of the array is missing"
            raise _record({}, path, file, place).error(reason)


def json_lines(path: Path) -> Iterator[Record]:
    """The object on each line; blank lines are passed over.

    Raises:
        ReadError: the file cannot be read, or a line holds no object.
    """
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        record = Record({}, path, _at(number))
        try:
            fields = json.loads(line)
        except json.JSONDecodeError as error:
            raise record.error(f"not JSON ({error.msg})") from error
        if not isinstance(fields, dict):
            raise record.error("a JSON object must stand on each line")
        yield Record(fields, path, record.line)


def csv_rows(path: Path, columns: tuple[str, ...]) -> Iterator[Record]:
    """The rows of a CSV file whose first line names its columns, these among them.

    Raises:
        ReadError: the file cannot be read, a column is missing, or a row has more or fewer fields than the first line.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise ReadError(f"{path}, line 1: no column {missing[0]!r}; the columns are {', '.join(columns)}")
        for fields in reader:
            record = Record(fields, path, _at(reader.line_num))
            if None in fields or None in fields.values():
                raise record.error(f"the row must have {len(reader.fieldnames or ())} fields, as the first line has")
            yield record
    except csv.Error as error:
        raise ReadError(f"{path}, line {reader.reader.line_num}: not CSV ({error})") from error


def lines(path: Path) -> tuple[str, ...]:
    """The lines of a text file that are not blank, without white space around them.

    Raises:
        ReadError: the file cannot be read.
    """
    return tuple(line.strip() for line in read_text(path).splitlines() if line.strip())


def read_text(path: Path, way_out: str = CHECK) -> str:
    """A whole file of UTF-8 text.

    Raises:
        ReadError: the file cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ReadError(f"{path} cannot be read ({error.strerror}); {way_out}") from error
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is not UTF-8 text; save it as UTF-8") from error


def _at(line: int) -> Callable[[], int]:
    return lambda: line


def _record(fields: Mapping[str, Any], path: Path, file: str, place: int) -> Record:
    return Record(fields, path, lambda: file.count("\n", 0, place) + 1)


def _skip(file: str, place: int) -> int:
    """The first place from here on that is not white space."""
    while place < len(file) and file[place].isspace():
        place += 1
    return place
