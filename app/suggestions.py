"""Completions of what is being typed, all of them words of the index."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.params import MAX_QUERY
from app.routes import SEARCH, CurrentEngine, JsonRoute, only, revalidate
from indexer.suggestions import SuggestionKind

MOST: Final = 20

router = APIRouter(prefix="/api/v1", route_class=JsonRoute)


class SuggestionsParams(BaseModel):
    """What is being typed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUERY)] = Field(
        description="What has been typed so far, 1 to 2,000 characters.", examples=["delay in strat"]
    )
    limit: int = Field(default=8, ge=1, le=MOST, description="How many suggestions to give back, at most.")


class SuggestionOut(BaseModel):
    """One way to go on."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Suggestion")

    text: str = Field(
        description="What was typed, as it was typed, with its last words completed.",
        examples=["delay in strategy meetings"],
    )
    words: str = Field(description="The words of the reports that complete it.", examples=["strategy meetings"])
    kind: SuggestionKind = Field(
        description="Where they come from: a `phrase` that several findings of several reports use, an `acronym` or "
        "its long form, or a `heading`.",
        examples=["phrase"],
    )
    means: str | None = Field(description="Of an acronym its long form, of a long form its acronym; else null.")


class SuggestionsResponse(BaseModel):
    """Words to go on with. Nothing is learnt from what people search for, and nothing is made up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str = Field(description="What was typed.", examples=["delay in strat"])
    suggestions: list[SuggestionOut] = Field(description="The suggestions, the most used words first.")


@router.get(
    "/suggestions",
    tags=[SEARCH],
    summary="Complete what is being typed",
    operation_id="suggestions",
    dependencies=[only(SuggestionsParams), Depends(revalidate)],
)
def suggestions(asked: Annotated[SuggestionsParams, Query()], engine: CurrentEngine) -> SuggestionsResponse:
    """Completions from the index's own words: phrases that its findings use often, acronyms, and headings.

    The last words typed are completed, as many of them as anything begins with; what stands before them is kept.
    """
    found = engine.suggestions.completions(asked.q, asked.limit)
    return SuggestionsResponse(
        query=asked.q,
        suggestions=[
            SuggestionOut(text=each.text, words=each.words, kind=each.kind, means=each.means or None) for each in found
        ],
    )
