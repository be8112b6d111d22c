"""The table of authorities: code, region, type and statistical neighbours of each, from a CSV file the settings name.

Reports name authorities; the table groups them. docs/authorities.md describes the file. Names are compared by the plain
name that reports are read with, so "Bristol, City of" in a table is the "Bristol" of a report, and an authority may
list the names of those it replaced, whose reports then count as its own.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from indexer.authorities import name_key, plain_name
from indexer.errors import ConfigError, QueryError
from indexer.models import FacetCount, Filters

COLUMNS: Final = ("code", "name", "region", "type", "neighbours", "also")
_APART: Final = ";"
"""What stands between the names in one cell."""

GROUPS: Final = ("region", "authority_type")
"""What authorities are grouped by: facets of an answer and filters of a search, where there is a table."""

TABLE_FILTERS: Final = (*GROUPS, "neighbours_of")
"""The filters that need a table."""

NOBODY: Final = ("",)
"""A filter by authority that nothing passes, as no authority has an empty name."""


@dataclass(frozen=True, slots=True)
class Authority:
    """One line of the table; "" and () where it does not say."""

    line: int
    """Line of the file that it begins on, from 1."""
    name: str
    code: str = ""
    region: str = ""
    type: str = ""
    neighbours: tuple[str, ...] = ()
    """Its statistical neighbours, each by its code or one of its names."""
    also: tuple[str, ...] = ()
    """Other names that reports have for it, those of authorities it replaced among them."""

    def group(self, by: str) -> str:
        """Its region or its type.

        Args:
            by: one of `GROUPS`.
        """
        return self.region if by == "region" else self.type


class Comparators:
    """The authorities of a table, found by any of their names. Without a file it holds none, and is false."""

    def __init__(self, authorities: Sequence[Authority] = ()) -> None:
        self.authorities = tuple(authorities)
        self._own = {_key(each.name): each for each in authorities}
        self._codes = {each.code.casefold(): each for each in authorities if each.code}
        self._also: dict[str, list[Authority]] = {}
        for each in authorities:
            for name in dict.fromkeys(map(_key, each.also)):
                self._also.setdefault(name, []).append(each)

    def __bool__(self) -> bool:
        return bool(self.authorities)

    def belongs_to(self, name: str) -> tuple[Authority, ...]:
        """The authorities that reports with this name are about: several where it was split up, else at most one."""
        key = _key(name)
        own = self._own.get(key)
        return (own,) if own else tuple(self._also.get(key, ()))

    def named(self, text: str) -> tuple[Authority, ...]:
        """The authorities with this code or name."""
        by_code = self._codes.get(text.casefold())
        return (by_code,) if by_code else self.belongs_to(text)

    def place(self, name: str) -> Authority | None:
        """The authority that a name of a report counts under; the first of those into which one was split up."""
        return next(iter(self.belongs_to(name)), None)

    def groups(self, by: str) -> tuple[str, ...]:
        """The regions or the types of the table, by the alphabet."""
        return tuple(sorted({each.group(by) for each in self.authorities} - {""}))

    def with_neighbours(self) -> tuple[str, ...]:
        """The names of the authorities whose statistical neighbours the table gives, by the alphabet."""
        return tuple(sorted(each.name for each in self.authorities if each.neighbours))

    def counts(self, by: str, authorities: Iterable[FacetCount]) -> tuple[FacetCount, ...]:
        """Counts by authority as counts by region or type: most first, then by value."""
        found: Counter[str] = Counter()
        for each in authorities:
            if (place := self.place(each.value)) and place.group(by):
                found[place.group(by)] += each.count
        return tuple(
            FacetCount(value, found[value]) for value in sorted(found, key=lambda value: (-found[value], value))
        )

    def by_authority(self, filters: Filters, names: Iterable[str]) -> Filters:
        """Filters by region, type and neighbours as a filter by authority, under which fall those of `names` that pass.

        Args:
            names: the authorities that an index has reports of.
        Raises:
            QueryError: there is no table, or it does not have a region, type or authority that is asked for.
        """
        asked = {name: getattr(filters, name) for name in TABLE_FILTERS}
        if not any(asked.values()):
            return filters
        if not self:
            raise no_table(f"asked for by {next(name for name, values in asked.items() if values)}")
        groups = {by: {self._group(by, value) for value in asked[by]} for by in GROUPS}
        near = {each.line for value in filters.neighbours_of for each in self._neighbours(value)}
        wanted = {name.casefold() for name in filters.authority}
        passing = [
            name
            for name in names
            if (place := self.place(name))
            and all(not values or place.group(by) in values for by, values in groups.items())
            and (not near or any(each.line in near for each in self.belongs_to(name)))
            and (not wanted or name.casefold() in wanted)
        ]
        return replace(filters, authority=tuple(passing) or NOBODY, region=(), authority_type=(), neighbours_of=())

    def _group(self, by: str, value: str) -> str:
        known = {each.casefold(): each for each in self.groups(by)}
        if (found := known.get(value.casefold())) is None:
            there_are = f"those it has are {', '.join(known.values())}" if known else "it gives none at all"
            raise QueryError(f"{by}: “{value}” is not in the table of authorities; {there_are}")
        return found

    def _neighbours(self, value: str) -> Iterator[Authority]:
        asked = self.named(value)
        if not asked:
            near = difflib.get_close_matches(value, [each.name for each in self.authorities], n=1)
            meant = f"; did you mean {near[0]}?" if near else "; give the name or the code of one that is"
            raise QueryError(f"neighbours_of: “{value}” is not in the table of authorities{meant}")
        if not any(each.neighbours for each in asked):
            raise QueryError(f"neighbours_of: the table of authorities gives no statistical neighbours of {value}")
        for each in asked:
            for name in each.neighbours:
                yield from self.named(name)


NO_TABLE: Final = Comparators()


def no_table(done: str) -> QueryError:
    """What is said where a table is needed and there is none; `done` is what it was needed for: "grouped by region"."""
    return QueryError(
        f"there is no table of authorities here, so nothing can be {done}: whoever looks after the service can name one"
        " in the setting authorities.file"
    )


def read_comparators(file: Path | None) -> Comparators:
    """The table of a file; an empty one where no file is named.

    Raises:
        ConfigError: the file cannot be read, or a line of it is wrong; the message names the line.
    """
    if file is None:
        return NO_TABLE
    found = Comparators(tuple(_authorities(file)))
    if not found:
        raise ConfigError(f"the table of authorities {file} holds no authority: docs/authorities.md says what it holds")
    _check_names(file, found)
    return found


def _authorities(file: Path) -> Iterator[Authority]:
    reader = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    columns: list[str] = []
    line = 1
    try:
        for cells in reader:
            cells = [" ".join(cell.split()) for cell in cells]
            if any(cells) and not columns:
                columns = _columns(file, line, cells)
            elif any(cells):
                yield _authority(file, line, columns, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise _wrong(file, line, f"it is not CSV: {error}") from error


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read the table of authorities {file}: {error.strerror or error}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _wrong(file, line, "it is not in UTF-8: save the file as “CSV UTF-8”") from error


def _columns(file: Path, line: int, cells: Sequence[str]) -> list[str]:
    columns = [cell.casefold() for cell in cells]
    for name in columns:
        if name not in COLUMNS:
            raise _wrong(file, line, f"there is no column {name!r}; the columns are {', '.join(COLUMNS)}")
        if columns.count(name) > 1:
            raise _wrong(file, line, f"the column {name!r} stands there twice")
    if "name" not in columns:
        raise _wrong(file, line, f"the first line must name the columns, name among them: {', '.join(COLUMNS)}")
    return columns


def _authority(file: Path, line: int, columns: Sequence[str], cells: Sequence[str]) -> Authority:
    if len(cells) > len(columns):
        raise _wrong(
            file, line, f"there are {len(cells)} cells for {len(columns)} columns: put cells with commas in quotes"
        )
    row: Mapping[str, str] = dict.fromkeys(COLUMNS, "") | dict(zip(columns, cells, strict=False))
    if not row["name"]:
        raise _wrong(file, line, "the name is empty")
    return Authority(
        line=line,
        name=_plain(row["name"]),
        code=row["code"],
        region=row["region"],
        type=row["type"],
        neighbours=_listed(row["neighbours"]),
        also=tuple(map(_plain, _listed(row["also"]))),
    )


def _check_names(file: Path, table: Comparators) -> None:
    """See that each name and code stands for one authority, and each neighbour for one of the table."""
    lines: dict[str, int] = {}
    for each in table.authorities:
        for what, text in (("name", _key(each.name)), ("code", each.code.casefold())):
            if text and (before := lines.setdefault(f"{what} {text}", each.line)) != each.line:
                shown = each.name if what == "name" else each.code
                raise _wrong(file, each.line, f"the {what} {shown!r} stands on line {before} too")
    for each in table.authorities:
        for name in each.also:
            if (own := lines.get(f"name {_key(name)}", each.line)) != each.line:
                raise _wrong(file, each.line, f"the other name {name!r} is the name of the authority on line {own}")
        for name in each.neighbours:
            found = table.named(name)
            if not found:
                raise _wrong(file, each.line, f"the neighbour {name!r} is no code and no name of this file")
            if len(found) > 1:
                raise _wrong(file, each.line, f"the neighbour {name!r} was replaced by several: name each of them")
            if found == (each,):
                raise _wrong(file, each.line, f"{each.name!r} is named as its own neighbour")


def _wrong(file: Path, line: int, reason: str) -> ConfigError:
    return ConfigError(f"the table of authorities {file}, line {line}: {reason}")


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in cell.split(_APART))))


def _plain(name: str) -> str:
    return plain_name(name) or name


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    """What the spellings of one name share; kept, as every answer asks for those of all its authorities."""
    return name_key(_plain(name))
