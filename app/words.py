"""How the pages put things: words for the product's terms, dates, counts, and text cut at its highlights.

Everything here gives plain text; the templates escape it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from indexer.citation import spoken_date
from indexer.models import Coverage, Direction, Finding, Grade, Hit, Kind, Metadata, Relevance, Sort, Span

KIND: Final[dict[str, str]] = {
    Kind.STRENGTH: "Strength",
    Kind.MEETS_REQUIREMENTS: "Meets requirements",
    Kind.AREA_FOR_DEVELOPMENT: "Area for development",
    Kind.PRIORITY_ACTION: "Priority action",
    Kind.RECOMMENDATION: "Recommendation",
    Kind.FINDING: "Finding",
    Kind.CONTEXT: "Context",
}
RAISED: Final[dict[str, str]] = {
    Kind.PRIORITY_ACTION: "priority actions",
    Kind.RECOMMENDATION: "recommendations",
    Kind.AREA_FOR_DEVELOPMENT: "areas for development",
}
"""The kinds by which an inspection says what must improve, as several of them are called."""
DIRECTION: Final[dict[str, str]] = {
    Direction.STRENGTH: "Strength",
    Direction.WEAKNESS: "Weakness",
    Direction.MIXED: "Mixed",
    Direction.NEUTRAL: "Neutral",
}
RELEVANCE: Final[dict[Relevance, str]] = {
    "strong": "Strong match",
    "possible": "Possible match",
    "weak": "Weak: probably not comparable",
}
MODE: Final[dict[str, str]] = {
    "hybrid": "Meaning and words",
    "semantic": "Meaning only",
    "keyword": "Words only",
}
FIELD: Final[dict[str, str]] = {
    "authority": "Authority",
    "inspection_type": "Inspection type",
    "kind": "Kind of finding",
    "direction": "Direction",
    "judgement": "Judgement",
    "region": "Region",
    "authority_type": "Type of authority",
    "neighbours_of": "Statistical neighbours of",
    "document": "Document",
    "exclude_authority": "Not from",
    "published_from": "Published from",
    "published_to": "Published to",
    "mode": "Compare by",
    "min_relevance": "Minimum relevance",
    "per_document": "Most results per report",
}
BY: Final[dict[str, str]] = {
    "published_year": "Year of publication",
    **{name: FIELD[name] for name in ("direction", "judgement", "kind", "inspection_type")},
    **{name: FIELD[name] for name in ("region", "authority_type", "authority")},
}
"""What the figures of a theme can be grouped by."""
LEGEND: Final[dict[str, str]] = {"exclude_authority": "Leave out authorities"}
"""What a list of boxes is called where that is not the name of its filter."""
SORT: Final[dict[Sort, str]] = {
    "relevance": "Best match first",
    "newest": "Newest first",
    "oldest": "Oldest first",
}
MARK: Final[dict[str, str]] = {"like": "More like", "unlike": "Less like"}
LONG: Final = 80
"""Characters from which on what was searched for gets a box of several lines."""
NO_LIMIT: Final[dict[str, str]] = {"min_relevance": "Usual", "per_document": "All"}
"""What a limit on results is called while none is set."""


def value_label(field: str, value: str) -> str:
    """A filter's value as the page shows it: "area_for_development" is "Area for development"."""
    if field == "kind":
        return KIND.get(value, value)
    if field == "direction":
        return DIRECTION.get(value, value)
    if field == "judgement":
        return grade(value)
    if field == "mode":
        return MODE.get(value, value)
    if field == "min_relevance":
        return f"{float(value):g} or more"
    return value


def grade(value: Grade | str) -> str:
    """A grade at the start of a line: "Requires improvement"."""
    return str(value).capitalize()


def nature(finding: Finding) -> str:
    """Direction and kind in words, once where they are the same: "Weakness · Area for development"."""
    return " · ".join(dict.fromkeys((DIRECTION[finding.direction], KIND[finding.kind])))


def score(value: float) -> str:
    """A score as the pages show it: "0.83"."""
    return f"{value:.2f}"


def match(hit: Hit) -> str:
    """How sure a result is, in a word and as its score: "Strong match (0.83)"."""
    return f"{RELEVANCE[hit.relevance]} ({score(hit.score)})"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 finding", "1,204 findings"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """A share as a percentage: "45%"; what rounds to nothing or all and is neither is "under 1%" or "over 99%"."""
    said = f"{share:.0%}"
    if said == "0%" and share > 0:
        return "under 1%"
    return "over 99%" if said == "100%" and share < 1 else said


def ordinal(number: int) -> str:
    """A place: "1st", "12th", "1,203rd"."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """Items as a sentence has them: "a, b and c"."""
    return f" {last} ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)


def day(value: date | None) -> str:
    """A date as reports print it, or nothing."""
    return spoken_date(value) if value else ""


def moment(value: str) -> str:
    """The time of a build in words: "5 January 2026, 09:30 UTC"."""
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return value
    return f"{spoken_date(when.date())}, {when:%H:%M} UTC"


def report_name(about: Metadata) -> str:
    """A report in one line: "Annual unannounced inspection of …, Bury, 7 April 2011"."""
    authority = about.authority if about.authority and about.authority.casefold() not in about.title.casefold() else ""
    return ", ".join(part for part in (about.title, authority, day(about.published)) if part)


def headline(about: Metadata) -> str:
    """Whose report and when, in a few words: "Bury, 7 April 2011"; the title where neither is known."""
    when = day(about.published or about.inspection_end or about.inspection_start)
    return ", ".join(part for part in (about.authority, when) if part) or about.title


def span(first: date | None, last: date | None) -> str:
    """From when to when: "July 2015 to March 2025", "July 2015"; empty where no day is known."""
    return " to ".join(dict.fromkeys(f"{each:%B %Y}" for each in (first, last) if each))


def inspection(about: Metadata) -> str:
    """What sort of inspection it was, or the title of its report."""
    return about.inspection_type or about.title


def inspected(about: Metadata) -> str:
    """The days of the inspection: "9 to 10 March 2011", "28 February to 2 March 2022"; empty where none is known."""
    start, end = about.inspection_start, about.inspection_end
    if start is None or end is None or start == end:
        return day(start or end)
    if start.year != end.year:
        return f"{day(start)} to {day(end)}"
    if start.month != end.month:
        return f"{start.day} {start:%B} to {day(end)}"
    return f"{start.day} to {day(end)}"


def pages(finding: Finding) -> str:
    """Where a finding stands: "page 3", "pages 3 to 4"; empty where the format has no pages."""
    return page_range(finding.page_start, finding.page_end)


def page_range(first: int | None, last: int | None) -> str:
    """Pages in words: "page 3", "pages 3 to 4"; empty where there are none."""
    if first is None:
        return ""
    return f"page {first}" if last in (None, first) else f"pages {first} to {last}"


def covered(coverage: Coverage) -> str:
    """The reports that were searched: "34 of 176 reports, published 7 April 2011 to 9 May 2022"."""
    some = f"{coverage.reports:,} of " if coverage.reports != coverage.of else ""
    reports = some + count(coverage.of, "report")
    if coverage.first is None:
        return reports
    return f"{reports}, published {' to '.join(dict.fromkeys((day(coverage.first), day(coverage.last))))}"


def place(finding: Finding) -> str:
    """A finding's number in words: "Paragraph 48", "Bullet 2"; empty where it has none."""
    if not finding.number:
        return ""
    return f"{'Bullet' if finding.bullet else 'Paragraph'} {finding.number}"


def shortened(text: str, length: int = 70) -> str:
    """Text cut at a word to at most `length` characters, with an ellipsis where something is left out."""
    if len(text) <= length:
        return text
    cut = text[: length - 1].rsplit(maxsplit=1)[0] if " " in text[: length - 1].strip() else text[: length - 1]
    return f"{cut.rstrip(' ,;:.')}…"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a finding's text, marked or not."""

    text: str
    marked: bool


def pieces(text: str, spans: Iterable[Span]) -> tuple[Piece, ...]:
    """A text cut at its highlights. The pieces joined are the text; spans outside it or overlapping do no harm."""
    found: list[Piece] = []
    at = 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        if start > at:
            found.append(Piece(text[at:start], False))
        found.append(Piece(text[start:end], True))
        at = end
    if at < len(text):
        found.append(Piece(text[at:], False))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document's page. `level` is the HTML level, from 2; `anchor` its id on the page."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Section:
    """Findings that stand under the same headings, with those headings that are new since the section before."""

    headings: tuple[Heading, ...]
    findings: tuple[Finding, ...]


DEEPEST: Final = 6
"""HTML has no heading below h6."""


def sections(findings: Sequence[Finding]) -> tuple[Section, ...]:
    """A document's findings, in order, cut where the headings above them change."""
    found: list[Section] = []
    above: tuple[str, ...] | None = None
    counted = 0
    for finding in findings:
        if found and finding.section == above:
            last = found[-1]
            found[-1] = Section(last.headings, (*last.findings, finding))
            continue
        kept = _shared(above or (), finding.section)
        new = []
        for depth, text in enumerate(finding.section[kept:], start=kept):
            counted += 1
            new.append(Heading(min(depth + 2, DEEPEST), text, f"s-{counted}"))
        found.append(Section(tuple(new), (finding,)))
        above = finding.section
    return tuple(found)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many headings two paths have in common at their start."""
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    return shared
