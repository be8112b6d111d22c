"""Themes: how often issues come up, as a page with a chart and a table of each, as CSV, and over the API."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from app import answers, cells, listing, theme_schemas, words
from app.licence import LICENCE_STATEMENT
from app.pages import gathered, state, unknown_names
from app.params import FilterParams, MinRelevance, PageParams, QueryDirection, Text
from app.problems import explain
from app.rendering import from_index, render
from app.routes import CacheHeaders, CurrentEngine, JsonRoute, only, revalidate
from app.schemas import ParameterError
from indexer import models
from indexer.comparators import GROUPS
from indexer.errors import QueryError
from indexer.models import Mode
from indexer.ranking import STRONG
from indexer.search import Engine
from indexer.themes import By, theme

THEMES: Final = "Themes"
MOST_ISSUES: Final = 25

api = APIRouter(prefix="/api/v1", route_class=JsonRoute)
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


class ThemesParams(FilterParams):
    """The issues to count, among what, and what to group the findings by."""

    once: ClassVar[frozenset[str]] = (FilterParams.once | {"by"}) - {"q"}

    q: Annotated[list[Text], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)] = Field(
        min_length=1,
        max_length=MOST_ISSUES,
        description=f"An issue, as for a search. Up to {MOST_ISSUES} may be given, each counted by itself.",
        examples=[["case files not kept up to date"]],
    )
    by: By = Field(
        default="published_year",
        description="What the findings are grouped by. `region` and `authority_type` need a table of authorities.",
        examples=["published_year"],
    )
    query_direction: QueryDirection = "auto"
    min_relevance: MinRelevance = None
    mode: Mode = Field(default="hybrid", description="How to compare, as for a search.")

    def queries(self) -> tuple[models.Query, ...]:
        """Each issue as a query of the indexer."""
        filters = self.filters()
        return tuple(
            models.Query(
                text, mode=self.mode, filters=filters, direction=self.query_direction, min_relevance=self.min_relevance
            )
            for text in self.q
        )


class ThemesPageParams(ThemesParams, PageParams):
    """What an address of the page may hold. Names it does not know are left aside; the page says so."""

    model_config = ConfigDict(extra="ignore")


def counted(engine: Engine, params: ThemesParams) -> theme_schemas.ThemesResponse:
    """Each issue, counted."""
    search = tuple(pair for pair in state(params) if pair[0] not in ("q", "by"))
    return theme_schemas.ThemesResponse(
        by=params.by,
        themes=[
            theme_schemas.theme_out(theme(engine, query, params.by), params.by, search) for query in params.queries()
        ],
    )


@api.get(
    "/themes",
    tags=[THEMES],
    summary="How often issues come up",
    operation_id="themes",
    dependencies=[only(ThemesParams), Depends(revalidate)],
)
def themes(asked: Annotated[ThemesParams, Query()], engine: CurrentEngine) -> theme_schemas.ThemesResponse:
    """Comparable findings counted by year, direction, judgement, place or another group, to the last one.

    Of each group it says how many findings, reports and authorities have the issue, and what share that is of the
    group's reports. The filters are those of search, and so is what counts as comparable.
    """
    return counted(engine, asked)


# ---------------------------------------------------------------------------------------------- for people


@pages.get("/themes")
def themes_page(request: Request, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """The form, and once issues are given how often each comes up."""
    context = _form(request, engine)
    if not context["issues"]:
        return from_index("themes.html", request, headers, **context)
    try:
        params = read(request)
        response = counted(engine, params)
    except (RequestValidationError, QueryError) as error:
        shown = render("themes.html", request, {**context, "errors": _said(error)}, 422)
        shown.headers["Cache-Control"] = "no-store"
        return shown
    pairs = state(params)
    context |= {
        "response": response,
        "params": params,
        "chosen": listing.chosen("/themes", pairs, {}),
        "cleared": listing.address("/themes", listing.without(pairs, *listing.FILTERS)),
        "taken": [_taken(each) for each in response.themes],
        "download": listing.address("/themes.csv", pairs),
        "unknown": unknown_names(request, params),
    }
    return from_index("themes.html", request, headers, **context)


@pages.get("/themes.csv")
def themes_csv(request: Request, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """The tables of the page as one file."""
    rows = theme_schemas.rows(counted(engine, read(request)), engine.facts.built, LICENCE_STATEMENT)
    named = {"Content-Disposition": 'attachment; filename="themes.csv"'}
    return Response(cells.table(theme_schemas.COLUMNS, rows), headers={**headers, **named}, media_type=cells.MEDIA_TYPE)


def read(request: Request) -> ThemesPageParams:
    """The address's parameters; a field of several lines holds several issues.

    Raises:
        RequestValidationError: one cannot be used, or there is no issue.
    """
    values: dict[str, Any] = gathered(request.query_params.multi_items()) | {"q": _issues(request)}
    try:
        return ThemesPageParams.model_validate(values)
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("query", *each["loc"])} for each in error.errors()]) from error


def _issues(request: Request) -> list[str]:
    """The lines of all fields that hold issues, blank ones left out, each once."""
    lines = (line.strip() for text in request.query_params.getlist("q") for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def _form(request: Request, engine: Engine) -> dict[str, Any]:
    """The form as it was sent, with what there is to choose from. The counts are of no search: none are shown."""
    pairs = tuple(filter(_usable, request.query_params.multi_items()))
    values = {name: engine.values(name) for name in (*listing.CHECKED, "published_year") if name != "exclude_authority"}
    values["exclude_authority"] = values["authority"]
    asked = dict(pairs)
    counting = {"": "All comparable findings", f"{STRONG:g}": "Strong matches only"}
    if (least := asked.get("min_relevance", "")) not in counting:
        counting[least] = f"Minimum relevance {least}"
    return {
        "issues": _issues(request),
        "most": MOST_ISSUES,
        "asked": asked,
        "counting": counting,
        "by": {name: words.BY[name] for name in words.BY if name not in GROUPS or engine.comparators},
        "groups": listing.filter_groups(pairs, values, counted=False),
        "years": {name: listing.years(name, pairs, values["published_year"], counted=False) for name in listing.DATES},
        "neighbours": listing.neighbours(pairs, engine.comparators.with_neighbours()),
        "response": None,
        "errors": (),
        "unknown": (),
    }


def _taken(found: theme_schemas.Theme) -> str:
    """What the words of an issue were taken for, in sentences."""
    corrections = [(each.typed, each.taken_for) for each in found.corrections]
    expansions = [(each.said, each.also) for each in found.expansions]
    return " ".join(filter(None, (answers.corrected_words(corrections), answers.expanded_words(expansions))))


def _usable(pair: tuple[str, str]) -> bool:
    """Whether a field of the form can be shown as it was sent: a list of years has no place for what is no day."""
    name, value = pair
    try:
        return bool(value.strip()) and (name not in listing.DATES or bool(date.fromisoformat(value)))
    except ValueError:
        return False


def _said(error: RequestValidationError | QueryError) -> list[ParameterError]:
    """What is wrong with the form, in sentences."""
    if isinstance(error, QueryError):
        said = str(error)
        return [ParameterError(parameter="q", detail=f"{said[:1].upper()}{said[1:]}.")]
    return explain(error.errors(), {"q": "The list of issues", "by": "“Count by”"})
