"""Authorities: the list, each one's inspections on a time line, and the points that come back; pages and API."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from app import authority_schemas as schemas
from app.rendering import from_index
from app.routes import CacheHeaders, CurrentEngine, JsonRoute, only, revalidate
from app.timeline import LETTERS, timeline
from indexer.inspections import RAISED, authorities, authority, inspections
from indexer.models import DocumentSummary
from indexer.recurrence import Point, recurring

AUTHORITIES: Final = "Authorities"

api = APIRouter(prefix="/api/v1", route_class=JsonRoute)
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

AuthorityName = Annotated[
    str,
    # Its routes take a whole path, since a name may hold a stroke.
    Path(alias="name", description="An authority's plain `name`.", examples=[schemas.EXAMPLE_NAME]),
]


# ---------------------------------------------------------------------------------------------- for programs


@api.get(
    "/authorities",
    tags=[AUTHORITIES],
    summary="The authorities that reports are about",
    operation_id="authorities",
    dependencies=[only(), Depends(revalidate)],
)
def authorities_list(engine: CurrentEngine) -> schemas.AuthoritiesResponse:
    """Every authority, by the alphabet: how many reports are about it, from when to when, and its latest grades."""
    found = [schemas.authority_record(each) for each in authorities(engine)]
    return schemas.AuthoritiesResponse(total=len(found), authorities=found)


@api.get(
    "/authorities/{name:path}/recurring",
    tags=[AUTHORITIES],
    summary="The points that come back at an authority",
    operation_id="recurring",
    dependencies=[only(), Depends(revalidate)],
)
def recurring_points(name: AuthorityName, engine: CurrentEngine) -> schemas.RecurringResponse:
    """What inspections of an authority raised, each with what earlier ones said of the same issue, dated and quoted.

    Looked for are the priority actions, recommendations and areas for development of an inspection, or the weaknesses
    of its narrative where it has none of these. What counts as earlier is any finding that points to a weakness in a
    report of an earlier day, where the match is strong.
    """
    found = authority(engine, name)
    return schemas.recurring_response(found.name, recurring(engine, inspections(engine, found)))


@api.get(
    "/authorities/{name:path}",
    tags=[AUTHORITIES],
    summary="One authority and its inspections",
    operation_id="authority",
    dependencies=[only(), Depends(revalidate)],
)
def one_authority(name: AuthorityName, engine: CurrentEngine) -> schemas.AuthorityResponse:
    """The inspections of an authority, newest first: the grades of each and what it raised.

    Names are matched whatever their case.
    """
    found = authority(engine, name)
    return schemas.AuthorityResponse(
        authority=schemas.authority_record(found),
        inspections=[schemas.inspection_out(each) for each in inspections(engine, found)],
    )


# ---------------------------------------------------------------------------------------------- for people


@pages.get("/authorities")
def authorities_page(request: Request, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """Every authority that reports are about."""
    return from_index("authorities.html", request, headers, authorities=authorities(engine))


@pages.get("/authorities/{name:path}")
def authority_page(request: Request, name: AuthorityName, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """One authority: its grades over the years, what each inspection raised, and which points come back."""
    found = authority(engine, name)
    own = inspections(engine, found)
    again = recurring(engine, own)
    return from_index(
        "authority.html",
        request,
        headers,
        authority=found,
        inspections=own,
        kinds=RAISED,
        line=timeline(found.reports),
        letters=LETTERS,
        recurring=again,
        threads=by_report(again.points),
    )


def by_report(points: Sequence[Point]) -> tuple[tuple[DocumentSummary, tuple[Point, ...]], ...]:
    """Points, in their order, under the report that raised them."""
    return tuple(
        (own[0].document, own) for _, each in groupby(points, lambda point: point.document.id) if (own := tuple(each))
    )
