"""What the HTTP API says of how often an issue comes up, and how the indexer's values become it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import ConfigDict, Field

from app import schemas
from app.schemas import LICENCE, Licence, Out
from indexer import themes
from indexer.models import Sought
from indexer.themes import By

Params = tuple[tuple[str, str], ...]

EXAMPLE_FIGURES: dict[str, Any] = {
    "findings": 14,
    "reports": 9,
    "of_reports": 20,
    "share": 0.45,
    "authorities": 8,
    "url": "/?q=late+assessments&published_from=2019-01-01&published_to=2019-12-31",
}


class Figures(Out):
    """How often an issue comes up."""

    findings: int = Field(
        description="How many findings are comparable, near-identical ones counted once: the `total` of the search "
        "that lists them.",
        examples=[14],
    )
    reports: int = Field(description="How many reports have such a finding.", examples=[9])
    of_reports: int = Field(description="How many reports have any finding under the filters.", examples=[20])
    share: float = Field(
        description="`reports` of `of_reports`, from 0 to 1. Years and places differ in how many reports the index "
        "holds of them: this is what can be compared.",
        examples=[0.45],
    )
    authorities: int = Field(description="How many authorities those reports are about.", examples=[8])
    url: str | None = Field(
        description="Address of the search that lists the findings, relative to this service; null where there are "
        "none, or no search can be limited to them.",
        examples=[EXAMPLE_FIGURES["url"]],
    )


class Group(Figures):
    """How often an issue comes up in one group."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"value": "2019", **EXAMPLE_FIGURES}]})

    value: str | None = Field(description="What the findings of the group share; null where they have no value.")


class Theme(Out):
    """One issue."""

    query: str = Field(description="The issue as asked about.", examples=["late assessments"])
    query_direction: Sought = Field(description="Which way the findings sought point.", examples=["weakness"])
    corrections: list[schemas.Correction] = Field(
        description="Words of the issue that no report holds, each with the word it was taken for."
    )
    expansions: list[schemas.Expansion] = Field(
        description="Acronyms and long forms of the issue that were said otherwise too."
    )
    total: Figures = Field(description="All groups together.")
    groups: list[Group] = Field(
        description="Years in their order, other values by how many reports have the issue or in their fixed order. "
        "Values without a comparable finding are there too."
    )


class ThemesResponse(Out):
    """How often issues come up."""

    by: By = Field(description="What the findings are grouped by.", examples=["published_year"])
    themes: list[Theme] = Field(description="The issues, in the order they were asked about.")
    licence: Licence = LICENCE


# ---------------------------------------------------------------------------------------------- from the indexer


def theme_out(theme: themes.Theme, by: By, search: Params) -> Theme:
    """An issue as the API gives it.

    Args:
        by: what it is grouped by.
        search: the parameters of the search that was counted, without the issue.
    """
    asked = (("q", theme.query), *search)
    return Theme(
        query=theme.query,
        query_direction=theme.direction,
        corrections=[schemas.Correction(typed=typed, taken_for=taken) for typed, taken in theme.corrections],
        expansions=[schemas.Expansion(said=said, also=list(also)) for said, also in theme.expansions],
        total=Figures(**_figures(theme.figures, asked)),
        groups=[
            Group(value=each.value, **_figures(each.figures, limited(asked, by, each.value))) for each in theme.groups
        ],
    )


def limited(search: Params, by: By, value: str | None) -> Params | None:
    """A search limited to one group; None where no filter does that.

    Of a year the days that the search takes anyhow.
    """
    if value is None:
        return None
    if by != "published_year":
        return (*(pair for pair in search if pair[0] != by), (by, value))
    held = dict(search)
    first, last = date(int(value), 1, 1).isoformat(), date(int(value), 12, 31).isoformat()
    days = {
        "published_from": max(first, held.get("published_from", first)),
        "published_to": min(last, held.get("published_to", last)),
    }
    return (*(pair for pair in search if pair[0] not in days), *days.items())


def _figures(figures: themes.Figures, search: Params | None) -> dict[str, Any]:
    return {
        "findings": figures.findings,
        "reports": figures.reports,
        "of_reports": figures.of_reports,
        "share": round(figures.share, 4),
        "authorities": figures.authorities,
        "url": schemas.search_url(search) if search and figures.findings else None,
    }


COLUMNS = (
    *("issue", "looking for", "grouped by", "value", "findings", "reports", "of reports", "share", "authorities"),
    *("index built", "licence"),
)
"""The head of the table that can be downloaded."""


def rows(response: ThemesResponse, built: str, licence: str) -> Sequence[tuple[object, ...]]:
    """Issues as the lines of a table: all groups together first, then each group.

    Args:
        built, licence: said in every line, so that a line copied from the table still says where it is from.
    """
    lines: list[tuple[object, ...]] = []
    for theme in response.themes:
        for value, each in (("all", theme.total), *((group.value or "not given", group) for group in theme.groups)):
            figures = (each.findings, each.reports, each.of_reports, each.share, each.authorities)
            lines.append((theme.query, theme.query_direction, response.by, value, *figures, built, licence))
    return lines
