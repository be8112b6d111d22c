"""What a client may ask: the parameters of each operation, checked once, here.

The same models stand behind the query string, the JSON body and the search page, so that all three take the same
values. An unknown name is refused: a mistyped filter that is ignored would give back everything.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from indexer.models import Direction, Filters, Grade, Kind, Mode, Query, Sort

MAX_QUERY = 2000
MAX_LIMIT = 100
MAX_DOCUMENTS = 1000
MAX_OFFSET = 1_000_000
"""Far past any list this service gives, far within what SQLite takes as an integer."""
MAX_PER_DOCUMENT = 100
MAX_VALUES = 500
"""Values of one filter. There are some 150 authorities; an address of more than 64 KiB does not reach this service."""

MAX_MARKS = 20
"""Findings marked as wanted, and as many as not wanted."""

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _printable(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a NUL character, which no text can hold")
    return text


def _searchable(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise ValueError("it must hold at least one letter or digit")
    return _printable(text)


def _iso_date(value: object) -> object:
    # By hand, because pydantic also takes numbers for dates, as seconds since 1970: published_from=2011 would be 1970.
    if value is None or type(value) is date:
        return value
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("there is no such day in the calendar") from None
    raise ValueError("it must be a date written as year-month-day, such as 2011-04-07")


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUERY), AfterValidator(_searchable)
]
Value = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_printable)
]
Values = Annotated[list[Value], BeforeValidator(_as_list), Field(max_length=MAX_VALUES)]
Kinds = Annotated[list[Kind], BeforeValidator(_as_list), Field(max_length=MAX_VALUES)]
Directions = Annotated[list[Direction], BeforeValidator(_as_list), Field(max_length=MAX_VALUES)]
Grades = Annotated[list[Grade], BeforeValidator(_as_list), Field(max_length=MAX_VALUES)]
Day = Annotated[
    date | None, BeforeValidator(_iso_date), WithJsonSchema({"type": "string", "format": "date"}, mode="validation")
]
QueryDirection = Annotated[
    Literal["auto", "strength", "weakness", "any"],
    Field(
        description="Which way the findings sought point: `weakness` (what falls short), `strength` (good practice), "
        "`any` (either), or `auto`, which reads it from the query. Findings that point the other way rank below those "
        "that are comparable. (The filter `direction` leaves findings out, whatever is sought.)",
        examples=["weakness"],
    ),
]
MinRelevance = Annotated[
    float | None,
    Field(
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Least `score` of a result, in place of the service's own bar. The score is the estimated "
        "probability that an inspector would judge the finding comparable.",
        examples=[0.5],
    ),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}, mode="validation"),
]
Weak = Annotated[
    bool,
    Field(
        description="Whether the nearest findings below the bar, five at most, follow the results where these end. "
        "Their `relevance` is `weak`: they are probably not comparable, and `total` does not count them.",
        examples=[False],
    ),
]
PerDocument = Annotated[
    int | None,
    Field(
        ge=1,
        le=MAX_PER_DOCUMENT,
        description="Most results of one report, its best ones. Without it there is no such limit.",
        examples=[2],
    ),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_PER_DOCUMENT}, mode="validation"),
]
SortBy = Annotated[
    Sort,
    Field(
        description="The order of the results: best match first (`relevance`), or by the day their report was "
        "published (`newest` or `oldest` first; those without a day come last). Which findings are results, their "
        "scores, `total` and the counts do not depend on it.",
        examples=["relevance"],
    ),
]
Marks = Annotated[list[Value], BeforeValidator(_as_list), Field(max_length=MAX_MARKS)]
Explain = Annotated[
    bool, Field(description="Whether each result says in `explanation` how its score came about.", examples=[False])
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="How many results to give back.", examples=[10])]
Offset = Annotated[
    int, Field(ge=0, le=MAX_OFFSET, description="How many results to leave out at the start, for paging.", examples=[0])
]


class FilterParams(BaseModel):
    """The filters. Values of one filter are alternatives; filters are joined by "and"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    once: ClassVar[frozenset[str]] = frozenset(
        {
            *("q", "limit", "offset", "mode", "published_from", "published_to", "page"),
            *("query_direction", "min_relevance", "weak", "per_document", "explain", "sort"),
        }
    )
    """The parameters that may stand only once in an address."""

    authority: Values = Field(
        default=[], description="Only findings about these authorities, by their plain names.", examples=[["Bury"]]
    )
    inspection_type: Values = Field(default=[], description="Only findings of inspections of these types.")
    kind: Kinds = Field(
        default=[],
        description="Only findings of these kinds. Without it every kind but `context` (facts about the area, how "
        "the inspection was done).",
        examples=[["area_for_development", "recommendation"]],
    )
    direction: Directions = Field(default=[], description="Only findings that point this way.", examples=[["weakness"]])
    judgement: Grades = Field(
        default=[],
        description="Only findings from parts of inspections that were given these grades.",
        examples=[["inadequate", "requires improvement"]],
    )
    document: Values = Field(default=[], description="Only findings of these documents, by `id`.")
    exclude_authority: Values = Field(
        default=[], description="No findings about these authorities.", examples=[["Torbay"]]
    )
    published_from: Day = Field(
        default=None, description="Only documents published on this day or later (ISO 8601).", examples=["2010-01-01"]
    )
    published_to: Day = Field(
        default=None, description="Only documents published on this day or earlier (ISO 8601).", examples=["2022-12-31"]
    )

    region: Values = Field(
        default=[],
        description="Only findings about authorities of these regions. This filter and the two that follow need a "
        "table of authorities, which the service's settings name; without one they are refused.",
        examples=[["London"]],
    )
    authority_type: Values = Field(
        default=[], description="Only findings about authorities of these types.", examples=[["London borough"]]
    )
    neighbours_of: Values = Field(
        default=[],
        description="Only findings about the statistical neighbours of these authorities, given by name or code.",
        examples=[["Bury"]],
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, values: object) -> object:
        return (
            {name: value for name, value in values.items() if value is not None} if isinstance(values, dict) else values
        )

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise PydanticCustomError(
                "days_crossed",
                "published_from is later than published_to",
                {"start": self.published_from.isoformat(), "end": self.published_to.isoformat()},
            )
        return self

    def filters(self) -> Filters:
        """These filters as the indexer takes them."""
        return Filters(
            authority=tuple(self.authority),
            inspection_type=tuple(self.inspection_type),
            kind=tuple(self.kind),
            direction=tuple(self.direction),
            judgement=tuple(self.judgement),
            document=tuple(self.document),
            exclude_authority=tuple(self.exclude_authority),
            published_from=self.published_from,
            published_to=self.published_to,
            region=tuple(self.region),
            authority_type=tuple(self.authority_type),
            neighbours_of=tuple(self.neighbours_of),
        )


class ResultsParams(FilterParams):
    """Filters, and which findings are results: which way they point, how near they come, how many of one report."""

    query_direction: QueryDirection = "auto"
    min_relevance: MinRelevance = None
    weak: Weak = False
    per_document: PerDocument = None
    sort: SortBy = "relevance"
    like: Marks = Field(
        default=[],
        description="Findings, by `id`, that more are wanted of: the search moves towards them. Those marked are no "
        "results themselves. Marks do nothing to the order where `mode` is `keyword`. An id that no finding has is "
        "passed over and named in `unknown_marks`; one that is marked both ways counts as not marked.",
        examples=[[]],
    )
    unlike: Marks = Field(
        default=[],
        description="Findings, by `id`, that fewer are wanted of: the search moves away from them.",
        examples=[[]],
    )

    def query_for(self, text: str, *, limit: int, offset: int, mode: Mode = "hybrid", explain: bool = False) -> Query:
        """These parameters as a query of the indexer."""
        return Query(
            text=text,
            limit=limit,
            offset=offset,
            mode=mode,
            filters=self.filters(),
            direction=self.query_direction,
            min_relevance=self.min_relevance,
            weak=self.weak,
            per_document=self.per_document,
            sort=self.sort,
            like=tuple(self.like),
            unlike=tuple(self.unlike),
            explain=explain,
        )


class PageOfResults(ResultsParams):
    """Which findings are results, and which part of them to give back."""

    limit: Limit = 10
    offset: Offset = 0
    explain: Explain = False

    def query(self, text: str = "", mode: Mode = "hybrid") -> Query:
        """These parameters and this page as a query of the indexer."""
        return self.query_for(text, limit=self.limit, offset=self.offset, mode=mode, explain=self.explain)


class SearchParams(PageOfResults):
    """What to search for, among what, and which part of the results to give back."""

    q: Text = Field(
        description="What to look for: a few words or a whole paragraph, 1 to 2,000 characters.",
        examples=["case files not kept up to date"],
    )
    mode: Mode = Field(
        default="hybrid",
        description="How to compare: by meaning and words (`hybrid`), by meaning only (`semantic`), by words only "
        "(`keyword`).",
    )

    def as_query(self) -> Query:
        """This search as a query of the indexer."""
        return self.query(self.q, self.mode)


class SearchBody(SearchParams):
    """The same as JSON. JSON knows numbers and truth values, so each must be one."""

    model_config = ConfigDict(
        title="SearchRequest",
        json_schema_extra={
            "examples": [
                {
                    "q": "case files not kept up to date",
                    "limit": 5,
                    "query_direction": "weakness",
                    "published_from": "2010-01-01",
                }
            ]
        },
    )

    limit: Annotated[Limit, Field(strict=True)] = 10
    offset: Annotated[Offset, Field(strict=True)] = 0
    min_relevance: Annotated[MinRelevance, Field(strict=True)] = None
    weak: Annotated[Weak, Field(strict=True)] = False
    per_document: Annotated[PerDocument, Field(strict=True)] = None
    explain: Annotated[Explain, Field(strict=True)] = False


class DocumentsParams(FilterParams):
    """Filters and paging, for the list of documents. A filter about findings keeps documents that hold such a one."""

    limit: int = Field(default=100, ge=1, le=MAX_DOCUMENTS, description="How many documents to give back.")
    offset: Offset = 0


class PageParams(FilterParams):
    """What an address of a list on the web pages may hold. Names it does not know are left aside; the page says so."""

    model_config = ConfigDict(extra="ignore")

    page: int = Field(default=1, ge=1, le=MAX_OFFSET // MAX_LIMIT)


class SearchPageParams(PageParams, ResultsParams):
    """What an address of the search page may hold."""

    model_config = ConfigDict(extra="ignore")

    q: Text | None = None
    mode: Mode = "hybrid"

    def page_query(self, size: int) -> Query:
        """This page of the search as a query of the indexer, without the weak findings that may follow the last page.

        An explanation costs next to nothing, so every result has one.
        """
        query = self.query_for(self.q or "", limit=size, offset=(self.page - 1) * size, mode=self.mode, explain=True)
        return replace(query, weak=False)
