"""The time line of an authority: its grades by area over the years, laid out for a chart and for a table.

Frameworks differ in the areas they grade and in how they name them. Areas stand as printed; two are one only where
their names are the same but for case and punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from indexer.inspections import day_of
from indexer.models import DocumentSummary, Grade

LETTERS: Final[Mapping[Grade | None, str]] = {
    Grade.OUTSTANDING: "O",
    Grade.GOOD: "G",
    Grade.REQUIRES_IMPROVEMENT: "RI",
    Grade.ADEQUATE: "A",
    Grade.SATISFACTORY: "S",
    Grade.INADEQUATE: "I",
    None: "–",
}
"""What stands in a mark of the chart, so that its colour is not needed. None: the area was not graded."""

_LEFT: Final = 7.0
_RIGHT: Final = 93.0
"""Where the chart begins and ends, in per cent of its width; the rest is room for half a mark or a year."""

_APART: Final = 10.0
"""Least distance of two marks, in per cent of the width: what a mark takes on a narrow screen."""

_MOST_YEARS: Final = 6
"""Years that are named below the chart, at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One area: its grade at each inspection, in the order of `Timeline.inspections`; None where it has none."""

    area: str
    grades: tuple[Grade | None, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A year below the chart; `at` is its place in per cent of the width."""

    at: float
    year: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The grades of an authority."""

    inspections: tuple[DocumentSummary, ...]
    """Those with a date, oldest first."""
    places: tuple[float, ...]
    """Where each inspection stands, in per cent of the width."""
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]

    @property
    def span(self) -> str:
        """The years of the inspections: "2013 to 2023"."""
        years = (each.year for each in (day_of(self.inspections[0]), day_of(self.inspections[-1])) if each)
        return " to ".join(map(str, dict.fromkeys(years)))

    @property
    def grades(self) -> tuple[Grade | None, ...]:
        """The grades that occur, best first, and None last where an area was not graded."""
        found = {grade for row in self.rows for grade in row.grades}
        return tuple(grade for grade in LETTERS if grade in found)


def timeline(reports: Sequence[DocumentSummary]) -> Timeline:
    """The time line of the reports on one authority, given newest first; without rows where none gives grades."""
    dated = [(day, each) for each in reversed(reports) if (day := day_of(each))]
    graded = [{_key(each.area): each for each in report.metadata.judgements} for _, report in dated]
    # The areas of the newest inspection come first, in its order; those that only older ones grade follow.
    areas = {key: each.area for own in graded for key, each in own.items()}
    keys = dict.fromkeys(key for own in reversed(graded) for key in own)
    return Timeline(
        inspections=tuple(report for _, report in dated),
        places=_places([day for day, _ in dated]),
        rows=tuple(Row(areas[key], tuple(own[key].grade if key in own else None for own in graded)) for key in keys),
        ticks=_ticks([day for day, _ in dated]),
    )


def _key(area: str) -> str:
    return " ".join(re.findall(r"\w+", area.casefold()))


def _places(days: Sequence[date]) -> tuple[float, ...]:
    """Where days stand, oldest first: in proportion to the time between them, and so far apart that none is hidden."""
    if not days:
        return ()
    places = [_place(day, days) for day in days]
    apart = min(_APART, (_RIGHT - _LEFT) / max(1, len(days) - 1))
    for number in range(1, len(places)):
        places[number] = max(places[number], places[number - 1] + apart)
    places[-1] = min(places[-1], _RIGHT)
    for number in range(len(places) - 2, -1, -1):
        places[number] = min(places[number], places[number + 1] - apart)
    return tuple(round(place, 2) for place in places)


def _place(day: date, days: Sequence[date]) -> float:
    """Where a day stands, from the first day of the first year to the last day of the last."""
    start, end = date(days[0].year, 1, 1), date(days[-1].year, 12, 31)
    return _LEFT + (_RIGHT - _LEFT) * (day - start).days / (end - start).days


def _ticks(days: Sequence[date]) -> tuple[Tick, ...]:
    """The years to name, each at its first day."""
    if not days:
        return ()
    first, last = days[0].year, days[-1].year
    step = -(-(last - first + 1) // _MOST_YEARS)
    return tuple(Tick(round(_place(date(year, 1, 1), days), 2), year) for year in range(first, last + 1, step))
