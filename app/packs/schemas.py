"""A pack as the HTTP API gives it."""

from __future__ import annotations

import datetime

from pydantic import BaseModel, ConfigDict, Field

from app import schemas
from app.packs import wording
from app.packs.pack import Pack, Section
from app.pages import state
from indexer.models import Relevance, Sought


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PackFinding(_Out):
    """One comparable finding of a line."""

    rank: int = Field(description="Place among the findings of its line, from 1.", examples=[1])
    score: float = Field(description="As in a search.", examples=[0.91])
    relevance: Relevance = Field(description="The score in a word, as in a search.", examples=["strong"])
    finding: schemas.Finding
    document: schemas.Document
    citation: schemas.Citation = Field(examples=[schemas.EXAMPLE_CITATION])
    similar: int = Field(description="How many near-identical findings stand behind this one.", examples=[0])
    url: schemas.Address = Field(examples=[schemas.EXAMPLE_URL])
    also_in: list[int] = Field(description="The numbers of the other lines that have this finding too.", examples=[[2]])


class PackLine(_Out):
    """One line of enquiry with what is comparable to it."""

    number: int = Field(description="Its place in the list, from 1.", examples=[1])
    query: str = Field(description="The line.", examples=["case files not kept up to date"])
    query_direction: Sought = Field(description="Which way the findings sought point.", examples=["weakness"])
    corrections: list[schemas.Correction] = Field(description="Words that no report holds, as in a search.")
    expansions: list[schemas.Expansion] = Field(description="Acronyms and long forms said otherwise too.")
    total: int = Field(description="How many findings are comparable under the filters.", examples=[12])
    findings: list[PackFinding] = Field(description="The best of them.")


class PackLimit(_Out):
    """A filter or other limit that all lines have in common."""

    name: str = Field(description="The parameter.", examples=["exclude_authority"])
    value: str = Field(description="Its value.", examples=["Torbay"])


class PackIndex(_Out):
    """The build of the index that all lines were searched in."""

    generation: str = Field(description="Its name.", examples=["20260105T093000000000Z"])
    built: str = Field(description="When it was built, UTC.", examples=["2026-01-05T09:30:00Z"])
    documents: int = Field(description="Documents in it.", examples=[5])
    findings: int = Field(description="Findings in it.", examples=[212])
    model: str = Field(description="The language model that compares meanings.", examples=["findings-minilm-1"])
    model_sha256: str = Field(description="SHA-256 of the model's weights.", examples=["53aa51172d14" + "0" * 52])
    pipeline: str = Field(description="Version of reading and cutting into findings.", examples=["1"])


class PackResponse(_Out):
    """What is comparable to each line of enquiry, all found in one build of the index."""

    title: str = Field(description="The title.", examples=["Evidence pack"])
    date: datetime.date = Field(description="The day it bears.", examples=["2026-01-05"])
    lines: list[PackLine] = Field(description="The lines of enquiry, in the order given.")
    per_line: int = Field(description="How many findings of each line are given at most.", examples=[5])
    limits: list[PackLimit] = Field(description="The filters and other limits; those that were left out are not here.")
    reports_searched: int = Field(description="How many reports fit the filters.", examples=[5])
    index: PackIndex
    note: str = Field(description="What the pack is, for whoever reads it.", examples=[wording.NOTE])
    licence: schemas.Licence = schemas.LICENCE


def pack_response(pack: Pack) -> PackResponse:
    """A pack of lines of enquiry as the API gives it."""
    assert pack.asked is not None
    facts = pack.facts
    own = ("title", "lines", "per_line", "format", "date")
    return PackResponse(
        title=pack.title,
        date=pack.made,
        lines=[_line(section) for section in pack.sections],
        per_line=pack.asked.per_line,
        limits=[PackLimit(name=name, value=value) for name, value in state(pack.asked) if name not in own],
        reports_searched=pack.coverage.reports,
        index=PackIndex(
            generation=facts.generation,
            built=facts.built,
            documents=facts.documents,
            findings=facts.findings,
            model=facts.model,
            model_sha256=facts.model_sha256,
            pipeline=facts.pipeline,
        ),
        note=wording.NOTE,
    )


def as_json(pack: Pack) -> bytes:
    """The pack as JSON."""
    return pack_response(pack).model_dump_json(indent=2).encode() + b"\n"


def _line(section: Section) -> PackLine:
    assert section.answer is not None
    as_search = schemas.search_response(section.answer)
    return PackLine(
        number=section.number,
        query=section.line,
        query_direction=as_search.query_direction,
        corrections=as_search.corrections,
        expansions=as_search.expansions,
        total=as_search.total,
        findings=[
            PackFinding(
                rank=result.rank,
                score=result.score,
                relevance=result.relevance,
                finding=result.finding,
                document=result.document,
                citation=result.citation,
                similar=result.similar,
                url=result.url,
                also_in=list(entry.also),
            )
            for result, entry in zip(as_search.results, section.entries, strict=True)
        ],
    )
