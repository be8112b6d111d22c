"""The inspections of an authority, as its reports tell of them: when, with which grades, and what was raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from indexer.errors import NotFoundError
from indexer.models import Direction, DocumentSummary, Filters, Finding, Kind
from indexer.search import Engine

RAISED: Final = (Kind.PRIORITY_ACTION, Kind.RECOMMENDATION, Kind.AREA_FOR_DEVELOPMENT)
"""The kinds of finding by which an inspection says what must improve, the gravest first."""


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that reports in the index are about."""

    name: str
    reports: tuple[DocumentSummary, ...]
    """Newest first."""

    @property
    def first(self) -> date | None:
        """The day of its oldest report that has one."""
        return min((day for each in self.reports if (day := day_of(each))), default=None)

    @property
    def last(self) -> date | None:
        """The day of its newest report."""
        return day_of(self.reports[0])

    @property
    def graded(self) -> DocumentSummary | None:
        """Its newest report that gives grades."""
        return next((each for each in self.reports if each.metadata.judgements), None)


@dataclass(frozen=True, slots=True)
class Inspection:
    """One inspection: its report, and what that finds fault with. Findings are in the order of the report."""

    document: DocumentSummary
    raised: tuple[Finding, ...]
    """Of the kinds of `RAISED`, in their order."""
    faulted: tuple[Finding, ...]
    """What the narrative says is weak."""


def day_of(document: DocumentSummary) -> date | None:
    """The day a report is dated by: that of publication, else of the inspection."""
    about = document.metadata
    return about.published or about.inspection_end or about.inspection_start


def authorities(engine: Engine) -> tuple[Authority, ...]:
    """Every authority that a report of the index is about, by the alphabet."""
    _, documents = engine.documents(Filters(), engine.facts.documents, 0)
    reports: dict[str, list[DocumentSummary]] = {}
    for each in documents:
        if each.metadata.authority:
            # As the filter compares names: whatever their case.
            reports.setdefault(each.metadata.authority.casefold(), []).append(each)
    found = [_authority(own) for own in reports.values()]
    return tuple(sorted(found, key=lambda each: each.name.casefold()))


def authority(engine: Engine, name: str) -> Authority:
    """One authority by its plain name, in whatever case.

    Raises:
        NotFoundError: no report is about an authority of that name.
    """
    _, documents = engine.documents(Filters(authority=(name,)), engine.facts.documents, 0)
    if not documents:
        raise NotFoundError(f"no report is about an authority called {name!r}")
    return _authority(documents)


def inspections(engine: Engine, found: Authority) -> tuple[Inspection, ...]:
    """What each report of an authority finds fault with, the newest report first."""
    return tuple(_inspection(*engine.document(each.id)) for each in found.reports)


def _authority(reports: Sequence[DocumentSummary]) -> Authority:
    newest = tuple(sorted(reports, key=lambda each: day_of(each) or date.min, reverse=True))
    name = newest[0].metadata.authority
    assert name
    return Authority(name, newest)


def _inspection(document: DocumentSummary, findings: Sequence[Finding]) -> Inspection:
    return Inspection(
        document,
        raised=tuple(each for kind in RAISED for each in findings if each.kind is kind),
        faulted=tuple(each for each in findings if (each.kind, each.direction) == (Kind.FINDING, Direction.WEAKNESS)),
    )
