"""What may be asked of a pack: the lines of enquiry, what they have in common, and the form of the answer."""

from __future__ import annotations

import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from app.packs.lines import MAX_LINES, check, cleaned
from app.params import Day, MinRelevance, PerDocument, ResultsParams, Weak
from indexer.errors import QueryError
from indexer.models import Mode

TITLE: Final = "Evidence pack"
MAX_PER_LINE: Final = 25

FormatName = Literal["json", "docx", "csv", "markdown"]


def _cleaned(value: object) -> object:
    # White space is folded before the length is looked at, as it is where a query is searched for.
    return [cleaned(each) if isinstance(each, str) else each for each in value] if isinstance(value, list) else value


def _checked(lines: list[str]) -> list[str]:
    try:
        check(lines)
    except QueryError as error:
        raise ValueError(str(error)) from None
    return lines


Lines = Annotated[list[str], BeforeValidator(_cleaned), AfterValidator(_checked)]
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    BeforeValidator(lambda value: cleaned(value) if isinstance(value, str) else value),
]
PerLine = Annotated[int, Field(ge=1, le=MAX_PER_LINE, description="How many findings to give for each line.")]


class PackParams(ResultsParams):
    """Lines of enquiry, and the limits that all of them have in common."""

    lines: Lines = Field(
        description="The lines of enquiry, 1 to 100: each is searched for as a query is, and takes 1 to 2,000 "
        "characters.",
        examples=[["case files not kept up to date", "delay in strategy meeting minutes"]],
        json_schema_extra={"minItems": 1, "maxItems": MAX_LINES},
    )
    per_line: PerLine = 5
    mode: Mode = Field(
        default="hybrid",
        description="How to compare: by meaning and words (`hybrid`), by meaning only (`semantic`), by words only "
        "(`keyword`).",
    )
    title: Title = Field(default=TITLE, description="The title of the pack.", examples=["Visit to Bury"])
    date: Day = Field(
        default=None,
        description="The day that the pack bears (ISO 8601); today without it. The same lines and the same day give "
        "the same bytes as long as the index is the same.",
        examples=["2026-01-05"],
    )

    def made(self) -> datetime.date:
        """The day that the pack bears."""
        return self.date or datetime.date.today()


class PackBody(PackParams):
    """The same as JSON, and the form of the answer."""

    model_config = ConfigDict(
        title="PackRequest",
        json_schema_extra={
            "examples": [
                {
                    "lines": ["case files not kept up to date", "delay in strategy meeting minutes"],
                    "per_line": 5,
                    "format": "json",
                    "exclude_authority": ["Torbay"],
                }
            ]
        },
    )

    per_line: Annotated[PerLine, Field(strict=True)] = 5
    min_relevance: Annotated[MinRelevance, Field(strict=True)] = None
    weak: Annotated[Weak, Field(strict=True)] = False
    per_document: Annotated[PerDocument, Field(strict=True)] = None
    format: FormatName = Field(
        default="json",
        description="The form of the answer: `json`, `docx` (a Word document), `csv` (a table, one row for each "
        "finding) or `markdown`.",
    )
