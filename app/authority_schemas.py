"""What the HTTP API says of authorities and their inspections, and how the indexer's values become it."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict, Field

from app import schemas
from app.schemas import LICENCE, Licence, Out
from indexer import inspections, models, recurrence
from indexer.citation import citation

EXAMPLE_NAME = "Bury"


class GradedReport(Out):
    """A report that gives grades."""

    document: schemas.Document
    judgements: list[schemas.Judgement] = Field(description="The grades it gives, in its own order.")


class AuthorityRecord(Out):
    """One authority that reports of the index are about."""

    name: str = Field(description="Its plain name.", examples=[EXAMPLE_NAME])
    reports: int = Field(description="How many reports are about it.", examples=[3])
    first: date | None = Field(description="Day of the oldest report; null where no report has a date.")
    last: date | None = Field(description="Day of the newest report; null where no report has a date.")
    latest_judgements: GradedReport | None = Field(
        description="The newest report that gives grades, with these; null where none does."
    )
    url: str = Field(description="Address of its page, relative to this service.", examples=["/authorities/Bury"])


class AuthoritiesResponse(Out):
    """Every authority that a report of the index is about, by the alphabet."""

    total: int = Field(description="How many there are.", examples=[62])
    authorities: list[AuthorityRecord] = Field(description="The authorities.")
    licence: Licence = LICENCE


class Quoted(Out):
    """A finding with its citation and its place, beside the document that is named above it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "finding": schemas.EXAMPLE_FINDING,
                    "citation": schemas.EXAMPLE_CITATION,
                    "url": schemas.EXAMPLE_URL,
                }
            ]
        }
    )

    finding: schemas.Finding
    citation: schemas.Citation
    url: schemas.Address


class Inspection(Out):
    """One inspection, as its report tells of it."""

    document: schemas.DocumentRecord
    raised: list[Quoted] = Field(
        description="Its priority actions, recommendations and areas for development, in this order."
    )
    weaknesses: list[Quoted] = Field(description="The findings of its narrative that point to a weakness.")


class AuthorityResponse(Out):
    """One authority and its inspections."""

    authority: AuthorityRecord
    inspections: list[Inspection] = Field(description="Its inspections, the newest report first.")
    licence: Licence = LICENCE


class Earlier(Out):
    """A finding of an earlier inspection that is comparable."""

    score: float = Field(description="As in a search: the estimated probability of being comparable.", examples=[0.83])
    finding: schemas.Finding
    document: schemas.Document
    citation: schemas.Citation
    highlights: list[schemas.Highlight] = Field(description="The parts of the text that match best, in order.")
    url: schemas.Address


class Point(Out):
    """A finding that an inspection raised, and what earlier ones of the same authority said of the issue."""

    finding: schemas.Finding
    document: schemas.Document
    citation: schemas.Citation
    url: schemas.Address
    before: list[Earlier] = Field(
        description="The comparable findings of earlier reports, the newest report first, at most "
        f"{recurrence.MOST_OF_EACH} of each."
    )


class RecurringResponse(Out):
    """The points that come back at an authority, those of the newest inspection first."""

    authority: str = Field(description="Its plain name.", examples=[EXAMPLE_NAME])
    total: int = Field(description="How many points come back.", examples=[8])
    compared: int = Field(description="How many findings were looked for in earlier reports.", examples=[35])
    not_compared: int = Field(
        description=f"How many older ones were not: at most {recurrence.MOST_ASKED} are.", examples=[0]
    )
    points: list[Point] = Field(description="The points.")
    licence: Licence = LICENCE


# ---------------------------------------------------------------------------------------------- from the indexer


def authority_record(found: inspections.Authority) -> AuthorityRecord:
    """An authority as the API gives it."""
    graded = None
    if found.graded:
        record = schemas.document_record(found.graded)
        graded = GradedReport(document=schemas.document_out(found.graded), judgements=record.judgements)
    return AuthorityRecord(
        name=found.name,
        reports=len(found.reports),
        first=found.first,
        last=found.last,
        latest_judgements=graded,
        url=schemas.authority_url(found.name),
    )


def inspection_out(found: inspections.Inspection) -> Inspection:
    """An inspection as the API gives it."""
    document = found.document
    return Inspection(
        document=schemas.document_record(document),
        raised=[_quoted(document, each) for each in found.raised],
        weaknesses=[_quoted(document, each) for each in found.faulted],
    )


def recurring_response(name: str, found: recurrence.Recurring) -> RecurringResponse:
    """The points that come back, as the API gives them."""
    return RecurringResponse(
        authority=name,
        total=len(found.points),
        compared=found.asked,
        not_compared=found.left,
        points=[_point(each) for each in found.points],
    )


def _quoted(document: models.DocumentSummary, finding: models.Finding) -> Quoted:
    return Quoted(
        finding=schemas.finding_out(finding),
        citation=citation(document, finding),
        url=schemas.finding_url(document.id, finding.id),
    )


def _point(point: recurrence.Point) -> Point:
    return Point(
        finding=schemas.finding_out(point.finding),
        document=schemas.document_out(point.document),
        citation=citation(point.document, point.finding),
        url=schemas.finding_url(point.document.id, point.finding.id),
        before=[_earlier(hit) for hit in point.before],
    )


def _earlier(hit: models.Hit) -> Earlier:
    return Earlier(
        score=round(hit.score, 4),
        finding=schemas.finding_out(hit.finding),
        document=schemas.document_out(hit.document),
        citation=hit.citation,
        highlights=[schemas.Highlight(start=start, end=end) for start, end in hit.highlights],
        url=schemas.finding_url(hit.document.id, hit.finding.id),
    )
