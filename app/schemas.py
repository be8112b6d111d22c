"""What the HTTP API gives back, as pydantic models, and how the indexer's values become them.

These are the contract with every client: a field here is never renamed or left out; what is not known is null.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field

from app.licence import LICENCE_NAME, LICENCE_STATEMENT, LICENCE_URL
from indexer import models
from indexer.citation import citation
from indexer.models import Direction, Grade, Kind, Relevance, Sought

Address = Annotated[str, Field(description="Address of the finding's place in its document, relative to this service.")]
Citation = Annotated[str, Field(description="Citation in words, ready to be put into notes.")]

EXAMPLE_FINDING: dict[str, Any] = {
    "id": "5b7e0c2f9d1a4e83",
    "text": "The distribution of minutes of strategy meetings is not always timely.",
    "kind": "area_for_development",
    "direction": "weakness",
    "section": ["Areas for development"],
    "number": "2",
    "page_start": 2,
    "page_end": 2,
    "judgement": None,
    "repeated": True,
}
EXAMPLE_DOCUMENT: dict[str, Any] = {
    "id": "9cb22fb2d7aea2eb",
    "title": "Annual unannounced inspection of contact, referral and assessment arrangements",
    "authority": "Bury",
    "inspection_type": "Annual unannounced inspection of contact, referral and assessment arrangements",
    "inspection_start": "2011-03-09",
    "inspection_end": "2011-03-10",
    "published": "2011-04-07",
    "source": "letters/bury-2011.txt",
}
EXAMPLE_URL = f"/documents/{EXAMPLE_DOCUMENT['id']}#f-{EXAMPLE_FINDING['id']}"
EXAMPLE_CITATION = (
    "Ofsted, Annual unannounced inspection of contact, referral and assessment arrangements, Bury, 7 April 2011, "
    "Areas for development, bullet 2"
)

EXAMPLE_EXPLANATION: dict[str, Any] = {
    "base": -2.47,
    "legs": [
        {"name": "sentence", "rank": 2, "value": 0.71, "share": 2.1},
        {"name": "finding", "rank": 1, "value": 0.62, "share": 0.9},
        {"name": "words", "rank": 3, "value": 0.44, "share": 0.45},
        {"name": "coverage", "rank": 12, "value": 0.5, "share": 0.5},
        {"name": "direction", "rank": None, "value": 1.0, "share": 0.83},
    ],
}
"""Its base and shares add up to the log odds of the example's score."""


class Out(BaseModel):
    """A value of the API: immutable, and with nothing but its declared fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Licence(Out):
    """The licence of the text quoted. Whoever passes the text on must pass the attribution on with it."""

    name: str = Field(description="Its name.", examples=[LICENCE_NAME])
    url: str = Field(description="Where it can be read.", examples=[LICENCE_URL])
    attribution: str = Field(description="What to say wherever the text is used.", examples=[LICENCE_STATEMENT])


LICENCE = Licence(name=LICENCE_NAME, url=LICENCE_URL, attribution=LICENCE_STATEMENT)


class Finding(Out):
    """One paragraph, bullet or numbered point in which inspectors say what they found or recommend."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_FINDING]})

    id: str = Field(description="Stable identifier: the same content has the same id, whatever else is indexed.")
    text: str = Field(description="The document's own words, whole. Plain text: escape it before showing it as HTML.")
    kind: Kind = Field(description="What sort of statement it is, from the heading it stands under.")
    direction: Direction = Field(description="Which way it points: praise, criticism, both or neither.")
    section: list[str] = Field(description="The headings above it, outermost first.")
    number: str | None = Field(description="The paragraph's printed number, or the bullet's place in its section.")
    page_start: int | None = Field(description="First page, from 1; null where the format has no pages.")
    page_end: int | None = Field(description="Last page; null where the format has no pages.")
    judgement: Grade | None = Field(
        description="The grade given for this part of the inspection; null where the report gives none."
    )
    repeated: bool = Field(description="True where the text says the point was raised at an earlier inspection.")


class Document(Out):
    """One inspection report, as it stands beside a finding."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_DOCUMENT]})

    id: str = Field(description="Stable identifier, from the file's content.")
    title: str = Field(description="The report's title.")
    authority: str | None = Field(description="The authority inspected, by its plain name.")
    inspection_type: str | None = Field(description="The type of inspection, as the report names it.")
    inspection_start: date | None = Field(description="First day of the inspection.")
    inspection_end: date | None = Field(description="Last day of the inspection.")
    published: date | None = Field(description="Day of publication.")
    source: str = Field(description="Path of the file, relative to the folder that was indexed.")


class Judgement(Out):
    """One graded area of an inspection."""

    area: str = Field(description="The area as printed.", examples=["Overall effectiveness"])
    grade: Grade = Field(description="The grade.", examples=["good"])


class DocumentRecord(Document):
    """One inspection report with everything known of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE_DOCUMENT,
                    "sha256": "9cb22fb2d7aea2eb" + "0" * 48,
                    "pages": 3,
                    "findings": 17,
                    "lead_inspector": "Pat Example",
                    "judgements": [{"area": "Overall effectiveness", "grade": "good"}],
                }
            ]
        }
    )

    sha256: str = Field(description="SHA-256 of the file.")
    pages: int = Field(description="How many pages the file has.")
    findings: int = Field(description="How many findings it holds, of every kind.")
    lead_inspector: str | None = Field(description="The lead inspector, where the report names one.")
    judgements: list[Judgement] = Field(description="The grades it gives, in its own order.")


class Highlight(Out):
    """Characters of the finding's text, counted in Unicode code points; the end is excluded."""

    start: int = Field(description="First character, from 0.", examples=[0])
    end: int = Field(description="The character after the last one.", examples=[70])


class Leg(Out):
    """What one way of searching says of a result, and what that adds to its score."""

    name: str = Field(
        description="`sentence` (meaning of the finding's closest sentence), `finding` (meaning of the whole finding), "
        "`words` (words in common, rare ones counting most), `coverage` (how many of the words sought it holds), "
        "`direction` (whether it points the way sought) or `subject` (whether the query is on the reports' subject, "
        "the same for all results). There may be others in time.",
        examples=["sentence"],
    )
    rank: int | None = Field(
        description="Place of the finding by this leg alone, from 1; null where the leg gives it none.", examples=[2]
    )
    value: float = Field(description="What was measured, on the leg's own scale; higher is closer.", examples=[0.71])
    share: float = Field(
        description="What that adds to the log odds of the score; below 0 where it speaks against the finding.",
        examples=[1.83],
    )


class Explanation(Out):
    """How a score came about: `base` and the shares of all legs add up to its log odds, ln(score / (1 - score))."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_EXPLANATION]})

    base: float = Field(description="Log odds of a finding before anything is compared.", examples=[-2.47])
    legs: list[Leg] = Field(description="The ways of searching.")


class Correction(Out):
    """A word of the query that no report holds."""

    typed: str = Field(description="The word as typed.", examples=["strategey"])
    taken_for: str = Field(description="The word that was searched for in its place.", examples=["strategy"])


class Expansion(Out):
    """An acronym or a long form in the query, and the other ways to say it that were searched for too."""

    said: str = Field(description="As the query has it.", examples=["MASH"])
    also: list[str] = Field(
        description="What was searched for too, from the reports' own definitions.",
        examples=[["multi-agency safeguarding hub"]],
    )


class Result(Out):
    """One comparable finding, with its place in the ranking."""

    rank: int = Field(description="Place in the whole ranking, from 1.", examples=[1])
    score: float = Field(
        description="Estimated probability that an inspector would judge the finding comparable, from 0 to 1. It does "
        "not depend on the page or on how many results are asked for.",
        examples=[0.91],
    )
    relevance: Relevance = Field(
        description="The score in a word: `strong` (very likely the same issue), `possible` (worth reading), or `weak` "
        "(below the service's bar and probably not comparable: only where `weak` or `min_relevance` asks for such).",
        examples=["strong"],
    )
    finding: Finding
    document: Document
    citation: Citation = Field(examples=[EXAMPLE_CITATION])
    highlights: list[Highlight] = Field(description="The parts of the text that match best, in order.")
    similar: int = Field(
        description="How many near-identical findings stand behind this one; see /findings/{id}/near-identical.",
        examples=[0],
    )
    url: Address = Field(examples=[EXAMPLE_URL])
    explanation: Explanation | None = Field(description="How the score came about; null unless `explain=true`.")


class FacetValue(Out):
    """One value and how many comparable findings have it."""

    value: str = Field(description="The value.", examples=["Bury"])
    count: int = Field(description="How many comparable findings have it.", examples=[3])


Facets = dict[str, list[FacetValue]]


class SearchResponse(Out):
    """Comparable findings, best first. Where nothing is comparable, `results` is empty and `total` is 0."""

    query: str = Field(
        description="What was searched for, without the blanks around it.",
        examples=["strategy meeting minutes sent out late"],
    )
    total: int = Field(description="How many findings are comparable under the filters.", examples=[37])
    took_ms: float = Field(description="Time the search took, in milliseconds.", examples=[6.2])
    results: list[Result] = Field(description="One page of them.")
    facets: Facets = Field(
        description="How many comparable findings have each value of `authority`, `inspection_type`, `kind`, "
        "`direction`, `judgement`, `document` (by its id) and `published_year`; with a table of authorities, "
        "of `region` and `authority_type` too.",
        examples=[{"authority": [{"value": "Bury", "count": 3}], "published_year": [{"value": "2011", "count": 3}]}],
    )
    query_direction: Sought = Field(
        description="Which way the findings sought point, as asked for or as read from the query: `strength`, "
        "`weakness` or `any`.",
        examples=["weakness"],
    )
    corrections: list[Correction] = Field(
        description="Words of the query that no report holds, each with the word it was taken for."
    )
    expansions: list[Expansion] = Field(
        description="Acronyms and long forms of the query that were said otherwise too."
    )
    weak: int = Field(
        description="How many of the `results`, the last ones, are weak: below the bar, and not part of `total`. "
        "0 unless `weak=true`.",
        examples=[0],
    )
    unknown_marks: list[str] = Field(
        description="Ids among `like` and `unlike` that no finding has. They were passed over.", examples=[[]]
    )
    licence: Licence = LICENCE


class CitedFinding(Out):
    """One finding, with the document it stands in."""

    finding: Finding
    document: Document
    citation: Citation = Field(examples=[EXAMPLE_CITATION])
    url: Address = Field(examples=[EXAMPLE_URL])


class FindingResponse(CitedFinding):
    """One finding, with the document it stands in, and the licence of both."""

    licence: Licence = LICENCE


class NearIdenticalResponse(Out):
    """Findings of other places that say the same in nearly the same words."""

    total: int = Field(description="How many there are.", examples=[1])
    findings: list[CitedFinding] = Field(description="The findings, those of the newest reports first.")
    licence: Licence = LICENCE


class DocumentsResponse(Out):
    """Documents of the index, in the order they were indexed."""

    total: int = Field(description="How many documents fit the filters.", examples=[5])
    documents: list[DocumentRecord] = Field(description="One page of them.")
    licence: Licence = LICENCE


class DocumentResponse(Out):
    """One document with all its findings of every kind, in its own order."""

    document: DocumentRecord
    findings: list[Finding] = Field(description="Its findings, first to last.")
    licence: Licence = LICENCE


class Health(Out):
    """The service is running."""

    status: str = Field(description="Always `alive`.", examples=["alive"])


class Ready(Out):
    """An index is loaded and the service answers from it."""

    status: str = Field(description="Always `ready`.", examples=["ready"])
    generation: str = Field(description="Name of the index generation in use.", examples=["20260105T093000Z-6f1d"])
    built: str = Field(description="When it was built, UTC.", examples=["2026-01-05T09:30:00+00:00"])
    documents: int = Field(description="Documents in it.", examples=[5])
    findings: int = Field(description="Findings in it.", examples=[212])
    model: str = Field(description="The language model that compares meanings.", examples=["findings-minilm-1"])
    model_sha256: str = Field(description="SHA-256 of the model's weights.", examples=["53aa51172d14" + "0" * 52])
    pipeline: str = Field(description="Version of reading and cutting into findings.", examples=["1"])


class ParameterError(Out):
    """One thing that is wrong with a request."""

    parameter: str = Field(description="The parameter, field or part of the request.", examples=["limit"])
    detail: str = Field(
        description="What is wrong with it, in a sentence.",
        examples=["limit must be at most 100; you sent “500”."],
    )


class Problem(Out):
    """An error, as RFC 9457 describes it (`application/problem+json`)."""

    type: str = Field(description="Always `about:blank`: the status says what sort of problem it is.")
    title: str = Field(description="The status in words.", examples=["Unprocessable Entity"])
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(
        description="What went wrong and what to do, for a person.",
        examples=["limit must be at most 100; you sent “500”."],
    )
    instance: str = Field(description="The path that was asked for.", examples=["/api/v1/search"])
    errors: list[ParameterError] | None = Field(
        default=None, description="Each thing wrong with the request, where there may be several (422 only)."
    )


# ---------------------------------------------------------------------------------------------- from the indexer


def finding_url(document_id: str, finding_id: str) -> str:
    """The address of a finding's place in its document, relative to the service."""
    return f"/documents/{document_id}#f-{finding_id}"


def search_url(params: Iterable[tuple[str, str]]) -> str:
    """The address of the page that lists what a search finds, relative to the service."""
    return f"/?{urlencode(list(params))}"


def authority_url(name: str) -> str:
    """The address of an authority's page, relative to the service."""
    return f"/authorities/{quote(name, safe='')}"


def finding_out(finding: models.Finding) -> Finding:
    """A finding as the API gives it."""
    return Finding(
        id=finding.id,
        text=finding.text,
        kind=finding.kind,
        direction=finding.direction,
        section=list(finding.section),
        number=finding.number,
        page_start=finding.page_start,
        page_end=finding.page_end,
        judgement=finding.judgement,
        repeated=finding.repeated,
    )


def document_out(document: models.DocumentSummary) -> Document:
    """A document as it stands beside a finding."""
    return Document(**_document_fields(document))


def document_record(document: models.DocumentSummary) -> DocumentRecord:
    """A document with everything known of it."""
    return DocumentRecord(
        **_document_fields(document),
        sha256=document.sha256,
        pages=document.pages,
        findings=document.findings,
        lead_inspector=document.metadata.lead_inspector,
        judgements=[Judgement(area=each.area, grade=each.grade) for each in document.metadata.judgements],
    )


def cited_finding(finding: models.Finding, document: models.DocumentSummary) -> CitedFinding:
    """One finding with its document and citation."""
    return CitedFinding(**_cited(finding, document))


def finding_response(finding: models.Finding, document: models.DocumentSummary) -> FindingResponse:
    """One finding with its document, citation and licence."""
    return FindingResponse(**_cited(finding, document))


def _cited(finding: models.Finding, document: models.DocumentSummary) -> dict[str, Any]:
    return {
        "finding": finding_out(finding),
        "document": document_out(document),
        "citation": citation(document, finding),
        "url": finding_url(document.id, finding.id),
    }


def search_response(answer: models.Answer) -> SearchResponse:
    """A search's answer as the API gives it."""
    return SearchResponse(
        query=answer.query,
        total=answer.total,
        took_ms=round(answer.took_ms, 1),
        results=[_result(hit) for hit in answer.hits],
        facets={
            field: [FacetValue(value=each.value, count=each.count) for each in counts]
            for field, counts in answer.facets.items()
        },
        query_direction=answer.direction,
        corrections=[Correction(typed=typed, taken_for=taken_for) for typed, taken_for in answer.corrections],
        expansions=[Expansion(said=said, also=list(also)) for said, also in answer.expansions],
        weak=answer.weak,
        unknown_marks=list(answer.unknown_marks),
    )


def _result(hit: models.Hit) -> Result:
    return Result(
        rank=hit.rank,
        score=round(hit.score, 4),
        relevance=hit.relevance,
        finding=finding_out(hit.finding),
        document=document_out(hit.document),
        citation=hit.citation,
        highlights=[Highlight(start=start, end=end) for start, end in hit.highlights],
        similar=hit.similar,
        url=finding_url(hit.document.id, hit.finding.id),
        explanation=_explanation(hit.explanation) if hit.explanation else None,
    )


def _explanation(explanation: models.Explanation) -> Explanation:
    return Explanation(
        base=round(explanation.base, 4),
        legs=[
            # Adding zero makes 0 of the -0 that a float can be.
            Leg(name=leg.name, rank=leg.rank, value=round(leg.value, 4) + 0.0, share=round(leg.share, 4) + 0.0)
            for leg in explanation.legs
        ],
    )


def _document_fields(document: models.DocumentSummary) -> dict[str, Any]:
    about = document.metadata
    return {
        "id": document.id,
        "title": about.title,
        "authority": about.authority,
        "inspection_type": about.inspection_type,
        "inspection_start": about.inspection_start,
        "inspection_end": about.inspection_end,
        "published": about.published,
        "source": document.source,
    }
