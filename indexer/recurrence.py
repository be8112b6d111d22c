"""Points that come back: what an inspection raised, and what earlier inspections of the same authority said of it.

A point comes back where a finding that an inspection raises is comparable to one of an earlier inspection of the same
authority. The finding is a priority action, a recommendation or an area for development; of a report that has none of
these, a weakness of its narrative. The earlier one is any that points to a weakness, the narrative included, in a
report of an earlier day; a report without a date is before and after none. Comparable means strongly so, by the score
of a search from that finding: to say that a point came back asks for more than to put a finding forward as worth
reading. The words of both are given; whether it is the same issue is for the reader to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from indexer.inspections import Inspection, day_of
from indexer.models import Direction, DocumentSummary, Filters, Finding, Hit
from indexer.ranking import STRONG
from indexer.search import Engine

MOST_ASKED: Final = 60
"""Findings of an authority that are looked for in its earlier reports, those of the newest first."""

MOST_OF_EACH: Final = 2
"""Findings of one earlier inspection that are given for a point, the best ones."""


@dataclass(frozen=True, slots=True)
class Point:
    """A finding, and what earlier inspections of the same authority said of the same issue."""

    finding: Finding
    document: DocumentSummary
    before: tuple[Hit, ...]
    """The newest report first, within a report the best match first."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """The points of an authority that come back, those of the newest inspection first."""

    points: tuple[Point, ...]
    asked: int
    """How many findings were looked for in earlier reports."""
    left: int
    """How many were not, because there are so many."""


def recurring(engine: Engine, inspections: Sequence[Inspection]) -> Recurring:
    """The points that come back among the inspections of one authority, given newest first."""
    points: list[Point] = []
    asked = left = 0
    for each in inspections:
        earlier = _earlier(each, inspections)
        findings = (each.raised or each.faulted) if earlier else ()
        taken = findings[: MOST_ASKED - asked]
        asked += len(taken)
        left += len(findings) - len(taken)
        filters = Filters(document=earlier, direction=(Direction.WEAKNESS,))
        for finding in taken:
            if before := _best(engine.echoes(finding.id, filters, STRONG)):
                points.append(Point(finding, each.document, before))
    return Recurring(tuple(points), asked, left)


def _earlier(inspection: Inspection, inspections: Sequence[Inspection]) -> tuple[str, ...]:
    """The reports of earlier days than that of an inspection, by id."""
    own = day_of(inspection.document)
    days = ((other.document.id, day_of(other.document)) for other in inspections)
    return tuple(document for document, day in days if own and day and day < own)


def _best(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The best matches of each report, the newest report first."""

    def newest(hit: Hit) -> tuple[date, str]:
        return day_of(hit.document) or date.min, hit.document.id

    ordered = sorted(hits, key=newest, reverse=True)  # stable: within a report they stay best first
    return tuple(hit for _, own in groupby(ordered, key=newest) for hit in list(own)[:MOST_OF_EACH])
