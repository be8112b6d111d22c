"""The nouns of the product, as frozen values: what each step takes and gives.

    file ──► SourceDocument ──► CleanDocument ──► Finding ──► Hit
             readers            clean, metadata   chunker      search

Spans are `(start, end)` characters, end excluded, in the cleaned text of the document: always `text[start:end]`.
Pages are numbered from 1. Lengths on a page are PDF points (1/72 inch) from the top left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

Span = tuple[int, int]
Mode = Literal["hybrid", "semantic", "keyword"]
Relevance = Literal["strong", "possible", "weak"]
Sought = Literal["strength", "weakness", "any"]
"""Which way the findings sought point: praise, faults, or either."""
Sort = Literal["relevance", "newest", "oldest"]
"""How results are listed: by score, or by the day their report was published."""


class Kind(StrEnum):
    """What sort of statement a finding is, decided by the heading it stands under."""

    STRENGTH = "strength"
    MEETS_REQUIREMENTS = "meets_requirements"
    AREA_FOR_DEVELOPMENT = "area_for_development"
    PRIORITY_ACTION = "priority_action"
    RECOMMENDATION = "recommendation"
    FINDING = "finding"
    CONTEXT = "context"


class Direction(StrEnum):
    """Which way a sentence, a finding or a query points."""

    STRENGTH = "strength"
    WEAKNESS = "weakness"
    MIXED = "mixed"
    NEUTRAL = "neutral"


class Grade(StrEnum):
    """The grades inspectors have given, in the words of the reports."""

    OUTSTANDING = "outstanding"
    GOOD = "good"
    REQUIRES_IMPROVEMENT = "requires improvement"
    INADEQUATE = "inadequate"
    SATISFACTORY = "satisfactory"
    ADEQUATE = "adequate"


# ---------------------------------------------------------------------------------------------- as read


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page, with what its format knows; None where it does not.

    `text` is the line's words without markup (no HTML tags, no Markdown marks). A list marker the document prints
    ("•", "▪", "-", "12.") stays at the start of the text. A footnote marker set as superscript is left out and
    kept in `notes`. A line-break hyphen is the character U+FFFE at the end, as PDFium gives it.
    """

    text: str
    x0: float | None = None
    top: float | None = None
    x1: float | None = None
    bottom: float | None = None
    size: float | None = None
    """Font size of most of the line's characters, in points."""
    bold: bool = False
    heading: int | None = None
    """Heading level, 1 outermost, where the format marks headings (HTML, DOCX, Markdown)."""
    item: int | None = None
    """List nesting, 0 outermost, where the format marks list items; on the first line of each item's paragraphs."""
    block: int | None = None
    """Lines with the same number are one paragraph, where the format knows paragraphs (text, HTML, DOCX)."""
    cells: tuple[str, ...] = ()
    """The cells of a table row, where the format marks tables; `text` is then the cells joined by a tab."""
    notes: tuple[str, ...] = ()
    footnote: bool = False
    """True for the body of a footnote; `notes` then holds its marker."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a document, in reading order. A format without pages has one page numbered 1."""

    number: int
    lines: tuple[Line, ...]
    width: float | None = None
    height: float | None = None


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One source file as read."""

    source: str
    """Path relative to the folder that was indexed, with forward slashes."""
    sha256: str
    format: Literal["pdf", "text", "html", "docx"]
    pages: tuple[Page, ...]
    paged: bool = True
    """False where the format has no pages, so that citations name none."""


# ---------------------------------------------------------------------------------------------- as understood


@dataclass(frozen=True, slots=True)
class Judgement:
    """One graded area of an inspection: the area as printed, the grade as one of `Grade`."""

    area: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a report says of itself; None where it does not say."""

    title: str
    authority: str | None = None
    inspection_type: str | None = None
    framework: str | None = None
    inspection_start: date | None = None
    inspection_end: date | None = None
    published: date | None = None
    lead_inspector: str | None = None
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a finding. `start` and `end` are characters in the finding's text, end excluded."""

    start: int
    end: int
    direction: Direction
    lean: float = 0.0
    """How surely it points which way, in [-1, 1]: the probability that it praises less that it faults."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One paragraph, bullet or numbered point: the unit of search, display and citation."""

    id: str
    text: str
    kind: Kind
    direction: Direction
    section: tuple[str, ...]
    number: str | None
    page_start: int | None
    page_end: int | None
    span: Span
    judgement: Grade | None
    repeated: bool
    sentences: tuple[Sentence, ...] = ()
    bullet: bool = False
    """True where `number` counts the bullets of its section and is not printed in the document."""


@dataclass(frozen=True, slots=True)
class Document:
    """One report with its findings, ready to be stored."""

    id: str
    source: str
    sha256: str
    format: str
    pages: int
    text: str
    metadata: Metadata
    findings: tuple[Finding, ...] = field(default=(), repr=False)


# ---------------------------------------------------------------------------------------------- search


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits on a search. Values of one field are alternatives; fields are joined by "and"."""

    authority: tuple[str, ...] = ()
    inspection_type: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    direction: tuple[str, ...] = ()
    judgement: tuple[str, ...] = ()
    document: tuple[str, ...] = ()
    exclude_authority: tuple[str, ...] = ()
    published_from: date | None = None
    published_to: date | None = None
    region: tuple[str, ...] = ()
    authority_type: tuple[str, ...] = ()
    neighbours_of: tuple[str, ...] = ()
    """Authorities whose statistical neighbours are wanted. This and the two before need a table of authorities."""


@dataclass(frozen=True, slots=True)
class Query:
    """One search as asked."""

    text: str
    limit: int = 10
    offset: int = 0
    mode: Mode = "hybrid"
    filters: Filters = Filters()
    direction: Literal["auto", "strength", "weakness", "any"] = "auto"
    """Which way the findings sought point; "auto" reads it from the query."""
    min_relevance: float | None = None
    """Least score of a result, in [0, 1], where another bar than the mode's own is wanted."""
    weak: bool = False
    """Whether a few findings below the bar follow the results, marked as weak."""
    per_document: int | None = None
    """Most results of one report; None for all."""
    sort: Sort = "relevance"
    """The order of the results; which findings are results, and their scores, do not depend on it."""
    like: tuple[str, ...] = ()
    """Ids of findings that more are wanted of. They are no results themselves."""
    unlike: tuple[str, ...] = ()
    """Ids of findings that fewer are wanted of; likewise no results. An id in both counts as in neither."""
    explain: bool = False
    """Whether each result says how its score came about."""


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document as shown beside a finding and in lists: everything but its text and findings."""

    id: str
    source: str
    sha256: str
    format: str
    pages: int
    findings: int
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Leg:
    """What one way of searching says of a result, and what that adds to its score.

    The shares of all legs and `Explanation.base` add up to the log odds of the score.
    """

    name: str
    """sentence, finding, words, coverage or direction, as in `ranking.Signal`."""
    rank: int | None
    """Place of the finding by this leg alone among the findings looked at, from 1; None where it says nothing of it."""
    value: float
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """How the score of a result came about: log odds = base + the shares of the legs."""

    base: float
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: a finding with its place in the ranking. `rank` counts from 1; `score` is in [0, 1]."""

    rank: int
    score: float
    relevance: Relevance
    finding: Finding
    document: DocumentSummary
    citation: str
    highlights: tuple[Span, ...]
    """Characters of the finding's text that match best, end excluded, in order, not overlapping."""
    similar: int
    """How many near-identical findings of other places stand folded behind this one."""
    explanation: Explanation | None = None
    """Where it was asked for."""


@dataclass(frozen=True, slots=True)
class FacetCount:
    """One value of a facet and how many comparable findings have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search gives back. `total` counts the comparable findings under the filters, before paging."""

    query: str
    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, tuple[FacetCount, ...]]
    took_ms: float
    direction: Sought = "any"
    """Which way the findings sought point, as asked for or as read from the query."""
    corrections: tuple[tuple[str, str], ...] = ()
    """Words of the query that no report holds, each with the word it was taken for."""
    expansions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Acronyms and long forms of the query, each with the other ways to say it that were looked for too."""
    weak: int = 0
    """How many of the findings that follow the results are weak: below the bar. They are not part of `total`."""
    unknown_marks: tuple[str, ...] = ()
    """Ids among `like` and `unlike` that no finding has."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The reports that a search looks at: how many pass its filters, of how many, and when they were published."""

    reports: int
    of: int
    first: date | None
    """Day of the oldest of them; None where none of them has a day."""
    last: date | None


# ---------------------------------------------------------------------------------------------- building


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file or folder in a build."""

    source: str
    status: Literal["indexed", "unchanged", "skipped", "removed"]
    reason: str = ""
    findings: int = 0
    pages: int = 0


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """What an index says of itself: enough to judge whether this program can use it, and to quote it."""

    generation: str
    built: str
    """Time of the build, ISO 8601, UTC."""
    documents: int
    findings: int
    model: str
    model_sha256: str
    dimension: int
    pipeline: str
