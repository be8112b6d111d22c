"""What an assistant may ask: the read-only tools of the MCP server, each an operation of the API under its parameters.

Every answer quotes, cites, links and names its licence, as text for the assistant and as the JSON of the API. Nothing
here knows the protocol (`app/mcp_server.py` does), and nothing that is asked is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app import answers, schemas, words
from app.licence import LICENCE_STATEMENT, LICENCE_URL
from app.params import DocumentsParams, Limit, Offset, PageOfResults, SearchParams, Value
from app.problems import UNEXPECTED, explain, sentence
from app.source_schemas import verification_response
from indexer.citation import citation
from indexer.comparators import TABLE_FILTERS
from indexer.errors import FindingsError
from indexer.models import Answer, DocumentSummary, Finding
from indexer.search import Engine
from indexer.sources import Sources

log = logging.getLogger(__name__)

INSTRUCTIONS: Final = """\
Finds what inspectors have said about an issue in published inspection reports. Describe the issue in a sentence, as a \
report would put it; a weakness finds weaknesses and good practice finds good practice, unless query_direction says \
otherwise. Results are findings, word for word. Quote them unchanged, each with its citation and link, and pass the \
licence line on with them. Where total is 0, nothing comparable is in the reports: say so."""


class FindingParams(BaseModel):
    """Which finding is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Value = Field(description="A finding's id, as results give it.")


class SimilarParams(PageOfResults, FindingParams):
    """Which finding is meant, and which of those comparable to it are wanted."""


class DocumentParams(BaseModel):
    """Which report is meant, and which part of its findings is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Value = Field(description="A report's id, as results and the list of reports give it.")
    limit: Limit = 25
    offset: Offset = 0


class DocumentFindings(BaseModel):
    """One report and a part of its findings, in its own order; `total` counts all its findings."""

    document: schemas.DocumentRecord
    total: int
    findings: list[schemas.CitedFinding]
    licence: schemas.Licence = schemas.LICENCE


@dataclass(frozen=True, slots=True)
class Answered:
    """What a call gives back. `structured` is None where the call failed, and `text` then says why."""

    text: str
    structured: object = None


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: how it is called and what it takes, as JSON Schema."""

    name: str
    title: str
    description: str
    params: type[BaseModel]
    schema: Mapping[str, Any]


class Tools:
    """The tools over an index.

    Args:
        engine: gives the engine in use; it may raise that there is none.
        base: where people reach the service, such as "https://findings.example.org"; "" gives links without it.
        with_table: whether there is a table of authorities, and its filters are offered.
        sources: reads source files again.
    """

    def __init__(self, engine: Callable[[], Engine], base: str, with_table: bool, sources: Sources) -> None:
        self._engine = engine
        self._sources = sources
        self._base = base.rstrip("/")
        self._answer: dict[str, Callable[[Engine, Any], tuple[BaseModel, Iterator[str]]]] = {}
        self.listed: dict[str, Tool] = {}
        for title, params, answer in (
            ("Search for comparable findings", SearchParams, self._search),
            ("Findings comparable to one finding", SimilarParams, self._similar),
            ("One finding", FindingParams, self._finding),
            ("Check a finding against its source file", FindingParams, self._verify),
            ("The reports of the index", DocumentsParams, self._documents),
            ("One report with its findings", DocumentParams, self._document),
        ):
            name = answer.__name__.removeprefix("_")
            self._answer[name] = answer
            schema = _schema(params, with_table)
            self.listed[name] = Tool(name, title, " ".join((answer.__doc__ or "").split()), params, schema)

    def call(self, name: str, arguments: Mapping[str, Any]) -> Answered:
        """Answer a call; what is wrong with it is said in the sentence that the API would give."""
        tool = self.listed.get(name)
        if tool is None:
            return Answered(f"There is no tool “{words.shortened(name)}”. The tools are {', '.join(self.listed)}.")
        try:
            asked = tool.params.model_validate(dict(arguments))
            response, lines = self._answer[name](self._engine(), asked)
            text = "\n".join((*lines, "", f"{LICENCE_STATEMENT} {LICENCE_URL}"))
            return Answered(text, self._linked(response.model_dump(mode="json")))
        except ValidationError as error:
            return Answered(" ".join(each.detail for each in explain(error.errors(), {}, tool.params)))
        except FindingsError as error:
            return Answered(sentence(error))
        except Exception as error:
            log.error("the tool %s failed", name, exc_info=error)
            return Answered(UNEXPECTED)

    # ------------------------------------------------------------------------------------------ the tools

    def _search(self, engine: Engine, asked: SearchParams) -> tuple[BaseModel, Iterator[str]]:
        """Search published inspection reports for findings comparable to an issue, given in a few words or a whole
        paragraph: the same issue, pointing the same way, best first, each word for word with citation and link. Where
        nothing is comparable the answer is empty."""
        return self._found(engine.search(asked.as_query()))

    def _similar(self, engine: Engine, asked: SimilarParams) -> tuple[BaseModel, Iterator[str]]:
        """Findings comparable to a finding that is known by its id, as a search gives them; itself is left out."""
        return self._found(engine.similar(asked.id, asked.query()))

    def _finding(self, engine: Engine, asked: FindingParams) -> tuple[BaseModel, Iterator[str]]:
        """One finding, whole, with its report, citation and link, by its id."""
        finding, document = engine.finding(asked.id)
        return schemas.finding_response(finding, document), self._quoted(finding, document)

    def _verify(self, engine: Engine, asked: FindingParams) -> tuple[BaseModel, Iterator[str]]:
        """Read the source file of a finding again, and say whether its words still stand there, and on which page."""
        finding, document = engine.finding(asked.id)
        found = self._sources.verify(engine.source_file(document), finding)
        response = verification_response(finding, document, found)
        return response, chain([response.reason], self._quoted(finding, document))

    def _documents(self, engine: Engine, asked: DocumentsParams) -> tuple[BaseModel, Iterator[str]]:
        """The reports that can be searched, with their authority, dates and grades. The filters are those of search."""
        total, found = engine.documents(asked.filters(), asked.limit, asked.offset)
        response = schemas.DocumentsResponse(total=total, documents=[schemas.document_record(each) for each in found])
        return response, self._reports(total, found)

    def _document(self, engine: Engine, asked: DocumentParams) -> tuple[BaseModel, Iterator[str]]:
        """One report by its id, with its grades and its findings of every kind in their own order, a part at a time."""
        document, every = engine.document(asked.id)
        found = every[asked.offset : asked.offset + asked.limit]
        response = DocumentFindings(
            document=schemas.document_record(document),
            total=len(every),
            findings=[schemas.cited_finding(each, document) for each in found],
        )
        return response, self._report(document, len(every), found)

    def _found(self, answer: Answer) -> tuple[BaseModel, Iterator[str]]:
        return schemas.search_response(answer), self._results(answer)

    # ------------------------------------------------------------------------------------------ as text

    def _results(self, answer: Answer) -> Iterator[str]:
        given = f"; {answer.hits[0].rank} to {answer.hits[-1].rank} given" if answer.hits else ""
        yield f"{answers.outcome(answer)}{given}."
        yield from filter(None, (answers.corrected(answer), answers.expanded(answer)))
        for hit in answer.hits:
            yield ""
            yield f"{hit.rank}. {words.match(hit)}"
            yield from self._quoted(hit.finding, hit.document)

    def _quoted(self, finding: Finding, document: DocumentSummary) -> Iterator[str]:
        yield f"“{finding.text}”"
        yield f"{words.nature(finding)} · id {finding.id}"
        yield f"{citation(document, finding)}"
        yield f"{self._base}{schemas.finding_url(document.id, finding.id)}"

    def _reports(self, total: int, found: Sequence[DocumentSummary]) -> Iterator[str]:
        yield f"{words.count(total, 'report')}."
        for each in found:
            yield ""
            yield from self._about(each)

    def _report(self, document: DocumentSummary, total: int, found: Sequence[Finding]) -> Iterator[str]:
        yield from self._about(document)
        yield f"{words.count(total, 'finding')}, {len(found)} shown."
        for each in found:
            yield ""
            yield from self._quoted(each, document)

    def _about(self, document: DocumentSummary) -> Iterator[str]:
        yield f"{words.report_name(document.metadata)} · id {document.id}"
        yield from (f"{each.area}: {words.grade(each.grade)}" for each in document.metadata.judgements)
        yield f"{self._base}/documents/{document.id}"

    def _linked(self, value: object) -> object:
        """The JSON of an answer with the addresses of the service in full."""
        if isinstance(value, list):
            return [self._linked(each) for each in value]
        if isinstance(value, dict):
            return {
                key: self._address(str(each)) if key == "url" else self._linked(each) for key, each in value.items()
            }
        return value

    def _address(self, url: str) -> str:
        return f"{self._base}{url}" if url.startswith("/") else url


def _schema(params: type[BaseModel], with_table: bool) -> dict[str, Any]:
    schema = params.model_json_schema()
    for name in () if with_table else TABLE_FILTERS:
        schema["properties"].pop(name, None)
    return schema
