"""The web pages: server-rendered, complete without JavaScript, every state in its address."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ValidationError

from app import listing, words
from app.params import FilterParams, PageParams, SearchPageParams
from app.reference import PROBLEM_EXAMPLE, reference
from app.rendering import base_url, from_index, render
from app.routes import CacheHeaders, CurrentEngine, FindingId
from app.schemas import ParameterError
from indexer.comparators import GROUPS
from indexer.errors import FindingsError
from indexer.models import Answer, DocumentSummary, FacetCount, Filters, Finding, Query
from indexer.search import Engine

DOCUMENTS_PER_PAGE: Final = 25
MOST_WEAK: Final = 5
"""Weak findings that follow the results where they are asked for, on whatever page these end."""
MOST_RELATED: Final = 8
EXAMPLE_QUERY: Final = "case files not kept up to date"
MOST_FILES: Final = 200
"""Skipped files that the page about the service names one by one."""

AnyParams = TypeVar("AnyParams", bound=BaseModel)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


def error_page(request: Request, status: int, detail: str, errors: Sequence[ParameterError]) -> Response:
    """An error as a page in plain English, with the search box and whatever was typed into it."""
    context = {
        "heading": _ERROR_HEADING.get(status, "Something went wrong"),
        "detail": _PAGE_DETAIL.get(status, detail),
        "errors": errors if len(errors) > 1 else (),
        "q": request.query_params.get("q", ""),
        "code": status,
    }
    response = render("error.html", request, context, status)
    response.headers["Cache-Control"] = "no-store"
    return response


_ERROR_HEADING: Final[Mapping[int, str]] = {
    403: "Source files are not shown here",
    404: "Page not found",
    410: "The source file cannot be shown",
    422: "There is a problem with this search",
    429: "The service is busy",
    503: "There is nothing to search yet",
}
_PAGE_DETAIL: Final[Mapping[int, str]] = {
    404: "Nothing is at this address. A finding, report or authority may have left the collection since the link was "
    "made, or the address may have been copied in part."
}


# ---------------------------------------------------------------------------------------------- reading an address


def read_params(request: Request, model: type[AnyParams]) -> AnyParams:
    """The address's parameters, blank ones left out: an empty field of a form says nothing.

    Raises:
        RequestValidationError: one cannot be used.
    """
    try:
        return model.model_validate(gathered(request.query_params.multi_items()))
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("query", *each["loc"])} for each in error.errors()]) from error


def gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The fields of an address or a form by their names, blank ones left out; filters as lists of their values."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if not value.strip():
            continue
        if name in listing.MANY:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return values


def unknown_names(request: Request, params: PageParams) -> tuple[str, ...]:
    """Names of the address that mean nothing here, so that the page can say it left them aside."""
    names = dict.fromkeys(request.query_params)
    return tuple(words.shortened(name) for name in names if name not in type(params).model_fields)


def state(params: FilterParams) -> listing.Params:
    """Checked parameters as an address holds them, the search first; those at their default are left out."""
    pairs: list[tuple[str, str]] = []
    values = params.model_dump(mode="json", exclude_defaults=True)
    for name, value in sorted(values.items(), key=lambda item: item[0] != "q"):
        each_value = value if isinstance(value, list) else [value]
        pairs += [(name, str(each).lower() if isinstance(each, bool) else str(each)) for each in each_value]
    return tuple(pairs)


# ---------------------------------------------------------------------------------------------- search


@router.get("/")
def home(request: Request, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """The search box and, once something is searched for, what is comparable to it."""
    params = read_params(request, SearchPageParams)
    if params.q is None:
        return from_index("home.html", request, headers, facts=engine.facts, span=_years(engine), example=EXAMPLE_QUERY)
    return _results(request, engine, headers, params, engine.search, subject=None)


@router.get("/findings/{id}/comparable")
def comparable(request: Request, finding_id: FindingId, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """What is comparable to one finding, which is quoted above."""
    params = read_params(request, SearchPageParams)
    subject = engine.finding(finding_id)
    return _results(request, engine, headers, params, partial(engine.similar, finding_id), subject)


@router.get("/findings/{id}/near-identical")
def near_identical(request: Request, finding_id: FindingId, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """Findings of other places in nearly the same words as one, which is quoted above."""
    finding, document = engine.finding(finding_id)
    return from_index(
        "near_identical.html", request, headers, subject=(finding, document), found=engine.near_identical(finding_id)
    )


def _results(
    request: Request,
    engine: Engine,
    headers: Mapping[str, str],
    params: SearchPageParams,
    ask: Callable[[Query], Answer],
    subject: tuple[Finding, DocumentSummary] | None,
) -> Response:
    path, pairs = request.url.path, state(params)
    size: int = request.app.state.settings.results_per_page
    query = params.page_query(size)
    answer = ask(query)
    choices = _choices(ask, query, answer)
    last = math.ceil(answer.total / size)
    ends = params.page == max(1, last)
    if params.weak and ends:
        answer = ask(replace(query, weak=True, limit=size + MOST_WEAK))
    results = len(answer.hits) - answer.weak
    return from_index(
        "results.html",
        request,
        headers,
        answer=answer,
        hits=answer.hits[:results],
        weak=answer.hits[results:],
        subject=subject,
        q=params.q or "",
        params=params,
        pairs=pairs,
        kept=listing.for_another_search(pairs),
        counted=listing.address("/themes", listing.for_themes(pairs)),
        other_directions=listing.other_directions(path, pairs, answer.direction),
        with_weak=listing.with_weak(path, pairs),
        without_weak=listing.without_weak(path, pairs),
        groups=listing.filter_groups(pairs, choices),
        years={name: listing.years(name, pairs, choices["published_year"]) for name in listing.DATES},
        limits=listing.limits(pairs),
        orders=listing.orders(path, pairs, params.sort),
        leaving_out=listing.leaving_out(path, pairs, (hit.document.metadata.authority for hit in answer.hits)),
        marks=listing.marks(path, pairs, _marked(engine, params)),
        more_marks=listing.without(pairs, "weak"),
        related=_related(engine, pairs, params.q or (subject[0].text if subject else ""), answer),
        own_left_out=_own_left_out(path, pairs, subject),
        coverage=engine.coverage(query.filters),
        built=engine.facts.built,
        skipped=engine.skipped,
        neighbours=listing.neighbours(pairs, engine.comparators.with_neighbours()),
        chosen=listing.chosen(path, pairs, _titles(engine, params)),
        cleared=listing.address(path, listing.without(pairs, *listing.FILTERS)),
        pagination=listing.pagination(path, pairs, params.page, last),
        last=last,
        ends=ends,
        unknown=unknown_names(request, params),
    )


def _related(engine: Engine, pairs: listing.Params, text: str, answer: Answer) -> tuple[listing.Way, ...]:
    """Phrases that the findings on a page share, each with the search for it under the same filters."""
    found = engine.suggestions.related([hit.finding.text for hit in answer.hits], text, MOST_RELATED)
    kept = listing.for_another_search(pairs)
    return tuple(listing.Way(phrase, listing.address("/", (("q", phrase), *kept))) for phrase in found)


def _marked(engine: Engine, params: SearchPageParams) -> dict[str, str]:
    """What to call the findings marked, by their id; those that are gone are left out."""
    found = engine.findings_of((*params.like, *params.unlike))
    return {each.id: f"{words.headline(report.metadata)}: “{words.shortened(each.text)}”" for each, report in found}


def _own_left_out(path: str, pairs: listing.Params, subject: tuple[Finding, DocumentSummary] | None) -> dict[str, str]:
    """The same page without the authority that a finding is about, unless it is left out already."""
    authority = subject[1].metadata.authority if subject else None
    return {} if ("exclude_authority", authority) in pairs else listing.leaving_out(path, pairs, (authority,))


def _choices(ask: Callable[[Query], Answer], query: Query, answer: Answer) -> dict[str, tuple[FacetCount, ...]]:
    """The values to choose from in each filter, with how many findings each would leave.

    The values of one filter are alternatives: what could be added to those ticked is what the search finds without
    that filter, under all the others.
    """
    choices: dict[str, tuple[FacetCount, ...]] = {}
    for name, (facet, limits) in _LIMITS.items():
        choices[name] = answer.facets.get(facet, ())  # regions and types: where there is a table of authorities
        if any(getattr(query.filters, limit) for limit in limits):
            free: dict[str, Any] = {limit: getattr(_NO_FILTERS, limit) for limit in limits}
            filters = replace(query.filters, **free)
            wider = replace(query, limit=1, offset=0, explain=False, filters=filters)
            choices[name] = ask(wider).facets[facet]
    return choices


_NO_FILTERS: Final = Filters()
_LIMITS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    **{name: (name, (name,)) for name in listing.CHECKED},
    "exclude_authority": ("authority", ("exclude_authority",)),
    "published_year": ("published_year", listing.DATES),
}
"""What may be chosen, with the facet that has its values and the filters that limit these."""


def _titles(engine: Engine, params: PageParams) -> dict[str, str]:
    """The documents that a filter names, by their id."""
    if not params.document:
        return {}
    _, found = engine.documents(Filters(document=tuple(params.document)), len(params.document), 0)
    return {each.id: words.report_name(each.metadata) for each in found}


# ---------------------------------------------------------------------------------------------- documents


@router.get("/documents")
def documents(request: Request, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """The reports that were read."""
    params = read_params(request, PageParams)
    total, found = engine.documents(params.filters(), DOCUMENTS_PER_PAGE, (params.page - 1) * DOCUMENTS_PER_PAGE)
    path, pairs = request.url.path, state(params)
    fields = ("judgement", "inspection_type", *GROUPS, "authority", "published_year")
    values = {name: engine.values(name) for name in fields}
    last = math.ceil(total / DOCUMENTS_PER_PAGE)
    return from_index(
        "documents.html",
        request,
        headers,
        total=total,
        documents=found,
        params=params,
        pairs=pairs,
        # The index counts findings, and this page lists reports: no counts here.
        groups=listing.filter_groups(pairs, values, counted=False),
        years={name: listing.years(name, pairs, values["published_year"], counted=False) for name in listing.DATES},
        neighbours=listing.neighbours(pairs, engine.comparators.with_neighbours()),
        chosen=listing.chosen(path, pairs, _titles(engine, params)),
        cleared=listing.address(path, ()),
        pagination=listing.pagination(path, pairs, params.page, last),
        last=last,
        unknown=unknown_names(request, params),
    )


# ---------------------------------------------------------------------------------------------- about the service


@router.get("/about")
def about(request: Request, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """What the service is, what it covers, what could not be read and why."""
    skipped = [each for each in engine.files() if each.status == "skipped"]
    return from_index(
        "about.html",
        request,
        headers,
        facts=engine.facts,
        span=_years(engine),
        types=engine.values("inspection_type"),
        authorities=len(engine.values("authority")),
        skipped=skipped[:MOST_FILES],
        more=max(0, len(skipped) - MOST_FILES),
    )


@router.get("/docs")
def docs(request: Request) -> Response:
    """The API for a stranger: every operation with a worked example that runs against this very service."""
    api = reference(request.app.openapi(), base_url(request), _live_examples(request))
    problem = json.dumps(PROBLEM_EXAMPLE, indent=2, ensure_ascii=False)
    response = render("docs.html", request, {"api": api, "problem": problem})
    response.headers["Cache-Control"] = "no-cache"
    return response


def _live_examples(request: Request) -> dict[str, str]:
    """Ids that the loaded index has, so that the examples can be tried; none while no index is loaded."""
    try:
        engine: Engine = request.app.state.index.engine()
        for each in engine.documents(Filters(), 1, 0)[1]:
            found = engine.document(each.id)[1]
            examples = {"documents": each.id, "authorities": each.metadata.authority or ""}
            return examples | ({"findings": found[0].id} if found else {})
    except FindingsError:
        pass
    return {}


def _years(engine: Engine) -> str:
    """The years of publication that the collection spans: "2010 to 2022"."""
    years = sorted(each.value for each in engine.values("published_year"))
    return " to ".join(dict.fromkeys((years[0], years[-1]))) if years else ""
