"""A pack as a table, one row for each finding, and one for each line that has none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from app import cells, words
from app.licence import LICENCE_STATEMENT
from app.packs import wording
from app.packs.pack import Entry, Pack, Section

HEADINGS: Final = (
    *("Line", "Line of enquiry", "Place", "Relevance", "Score", "Quotation", "Citation", "Link", "Direction", "Kind"),
    *("Judgement", "Raised before", "Authority", "Inspection type", "Inspected from", "Inspected to", "Published"),
    *("Section", "Number", "First page", "Last page", "Also under lines", "Finding", "Document", "Source file"),
    *("Date", "Filters", "Index", "Licence"),
)


def as_table(pack: Pack) -> bytes:
    """The pack as CSV. What is not known is an empty cell; days are ISO 8601."""
    limits = "; ".join(f"{name}: {value}" for name, value in wording.limits(pack))
    common = (pack.made.isoformat(), limits, pack.facts.generation, LICENCE_STATEMENT)
    return cells.table(HEADINGS, ((*row, *common) for section in pack.sections for row in _rows(pack, section)))


def _rows(pack: Pack, section: Section) -> Iterator[Sequence[object]]:
    line = (section.number if section.answer else "", section.line)
    for entry in section.entries:
        yield (*line, *_row(pack, entry))
    if not section.entries:
        yield (*line, "", wording.found(section), *[""] * (len(HEADINGS) - 8))


def _row(pack: Pack, entry: Entry) -> Sequence[object]:
    finding, about, hit = entry.finding, entry.document.metadata, entry.hit
    return (
        *((hit.rank, words.RELEVANCE[hit.relevance], f"{hit.score:.4f}") if hit else ("", "", "")),
        *(finding.text, entry.citation, wording.link(pack, entry)),
        *(words.DIRECTION[finding.direction], words.KIND[finding.kind], finding.judgement or ""),
        *("yes" if finding.repeated else "no", about.authority or "", about.inspection_type or ""),
        *(about.inspection_start or "", about.inspection_end or "", about.published or ""),
        *(" > ".join(finding.section), finding.number or "", finding.page_start or "", finding.page_end or ""),
        *(", ".join(map(str, entry.also)), finding.id, entry.document.id, entry.document.source),
    )
