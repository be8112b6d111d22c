"""What the HTTP API says of a finding's place in its source file, as pydantic models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.schemas import (
    EXAMPLE_CITATION,
    EXAMPLE_DOCUMENT,
    EXAMPLE_FINDING,
    EXAMPLE_URL,
    LICENCE,
    Address,
    Citation,
    Licence,
    finding_url,
)
from indexer import models, verification
from indexer.citation import citation

EXAMPLE_PLACE: dict[str, Any] = {
    "page": 2,
    "width": 595.32,
    "height": 841.92,
    "boxes": [[70.94, 201.3, 511.2, 213.78], [70.94, 215.1, 322.51, 227.58]],
}


class Place(BaseModel):
    """The part of a quotation that stands on one page of a PDF."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [EXAMPLE_PLACE]})

    page: int = Field(description="The page, from 1.")
    width: float = Field(description="Width of the page as it is shown, in points (1/72 inch).")
    height: float = Field(description="Height of the page as it is shown, in points.")
    boxes: list[list[float]] = Field(
        description="A rectangle around the words of each line: left, top, right and bottom in points from the top "
        "left corner of the page."
    )


class VerificationResponse(BaseModel):
    """Whether the words of a finding still stand in its source file, and where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verified: bool = Field(description="Whether the words stand in the file as it is now.", examples=[True])
    reason: str = Field(
        description="What was found, in sentences for a person.",
        examples=["The file is the one that was indexed, and these words stand in it."],
    )
    source: str = Field(
        description="Path of the file, relative to the folder that was indexed.", examples=[EXAMPLE_DOCUMENT["source"]]
    )
    sha256_indexed: str = Field(
        description="SHA-256 of the file as it was indexed.", examples=["9cb22fb2d7aea2eb" + "0" * 48]
    )
    sha256_now: str | None = Field(
        description="SHA-256 of the file as it is now; null where it is gone or cannot be opened.",
        examples=["9cb22fb2d7aea2eb" + "0" * 48],
    )
    unchanged: bool = Field(description="Whether the two are the same.", examples=[True])
    page_start: int | None = Field(
        description="The page on which the words begin now; null where they do not stand in it, and where the format "
        "has no pages.",
        examples=[2],
    )
    page_end: int | None = Field(description="The page on which they end.", examples=[2])
    span: list[int] | None = Field(
        description="First character of the words in the file's running text (page furniture left out, line ends "
        "mended), and the one after the last; null where they do not stand in it.",
        examples=[[2104, 2175]],
    )
    places: list[Place] = Field(
        description="Where the words stand on the pages of a PDF. Empty for other formats, and where it cannot be "
        "told exactly: what is given spells the words, letter by letter."
    )
    quote: str = Field(description="The words.", examples=[EXAMPLE_FINDING["text"]])
    citation: Citation = Field(examples=[EXAMPLE_CITATION])
    url: Address = Field(examples=[EXAMPLE_URL])
    licence: Licence = LICENCE


def verification_response(
    finding: models.Finding, document: models.DocumentSummary, found: verification.Verification
) -> VerificationResponse:
    """A verification as the API gives it."""
    return VerificationResponse(
        verified=found.verified,
        reason=found.reason,
        source=document.source,
        sha256_indexed=document.sha256,
        sha256_now=found.sha256,
        unchanged=found.unchanged,
        page_start=found.page_start,
        page_end=found.page_end,
        span=list(found.span) if found.span else None,
        places=[
            Place(page=each.page, width=each.width, height=each.height, boxes=[list(box) for box in each.boxes])
            for each in found.places
        ],
        quote=finding.text,
        citation=citation(document, finding),
        url=finding_url(document.id, finding.id),
    )
