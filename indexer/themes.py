"""How often an issue comes up: the results of a query counted by year, direction, place and whatever else groups them.

Counted is every result: every finding under the filters that passes the bar, not those of a page. Findings are counted
as a search shows them, near-identical ones of a group once, so that each figure is the total of the search that lists
them. Reports and authorities are counted by all their findings. How many reports an index holds differs from year to
year; what can be compared is the share: of the reports of a group that have any finding under the filters, how many
have one about the issue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from indexer.models import Direction, Grade, Kind, Query, Sought
from indexer.search import Engine, Every
from indexer.vectors.base import IntVector

By = Literal[
    "published_year", "direction", "judgement", "kind", "inspection_type", "authority", "region", "authority_type"
]
"""What results can be grouped by: the facets of a search."""

_ORDER: Final[Mapping[By, Sequence[str]]] = {
    "direction": [each.value for each in Direction],
    "judgement": [each.value for each in Grade],
    "kind": [each.value for each in Kind],
}


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of some findings."""

    findings: int
    reports: int
    authorities: int
    of_reports: int
    """Reports that have any finding under the filters: what `reports` is a share of."""

    @property
    def share(self) -> float:
        """The share of the reports, in [0, 1]."""
        return self.reports / self.of_reports if self.of_reports else 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """The findings that have one value of what they are grouped by; None is for those that have none."""

    value: str | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Theme:
    """One issue: how it was searched for, and how often it comes up."""

    query: str
    direction: Sought
    corrections: tuple[tuple[str, str], ...]
    expansions: tuple[tuple[str, tuple[str, ...]], ...]
    figures: Figures
    groups: tuple[Group, ...]
    """Years in their order, values of a fixed list in its order, others by how many reports have the issue. Each value
    that a finding under the filters has is there, with or without a result."""


def theme(engine: Engine, query: Query, by: By) -> Theme:
    """How often an issue comes up.

    Args:
        query: the issue, with filters, mode, direction and bar; the rest is ignored.
        by: what to group the results by.
    Raises:
        QueryError: the query is empty, too long or without words.
    """
    every = engine.every(query)
    values, codes = engine.column(by)
    # One place for each value, and the last for findings that have none.
    codes = np.where(codes < 0, len(values), codes)
    counted = _figures(engine, every, codes, len(values) + 1)
    groups = [Group(value, own) for value, own in zip((*values, None), counted, strict=True) if own.of_reports]
    (total,) = _figures(engine, every, np.zeros_like(codes), 1)
    asked = every.asked
    return Theme(asked.text, asked.sought, asked.corrections, asked.expansions, total, _sorted(groups, by))


def _figures(engine: Engine, every: Every, groups: IntVector, count: int) -> list[Figures]:
    """The counts of each group; `groups` gives that of every finding, (findings,), each below `count`."""
    _, authority = engine.column("authority")
    rows, passing = every.rows, every.passing
    of_authority = rows[authority[rows] >= 0]
    columns = (
        _distinct(groups[rows], engine.groups_of_findings[rows], count),
        _distinct(groups[rows], engine.documents_of_findings[rows], count),
        _distinct(groups[of_authority], authority[of_authority], count),
        _distinct(groups[passing], engine.documents_of_findings[passing], count),
    )
    return [Figures(*map(int, own)) for own in zip(*columns, strict=True)]


def _distinct(groups: IntVector, members: IntVector, count: int) -> IntVector:
    """How many different members each group has, (count,)."""
    width = int(members.max(initial=0)) + 1
    return np.bincount(np.unique(groups * width + members) // width, minlength=count)


def _sorted(groups: Sequence[Group], by: By) -> tuple[Group, ...]:
    known = _ORDER.get(by, ())

    def place(group: Group) -> tuple[bool, int, int, str]:
        value = group.value or ""
        fixed = known.index(value) if value in known else len(known)
        most = 0 if by == "published_year" else -group.figures.reports
        return group.value is None, fixed, most, value

    return tuple(sorted(groups, key=place))
