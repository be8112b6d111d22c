"""How a finding is cited: one line a person can put into their own notes and defend.

    Ofsted, Annual unannounced inspection of contact, referral and assessment arrangements, Bury, 7 April 2011,
        Areas for development, bullet 2     (one line)
    Ofsted, Single inspection of children's services, Bury, 29 March 2016, paragraph 48, page 20

From the widest to the narrowest, so that a reader with the report in hand arrives at the very lines:

- publisher, kind of inspection, authority, date of publication: which report. A report that does not give its date of
  publication is dated by its inspection; one that does not say what kind of inspection it was is named by its title;
- the place in it. A printed paragraph number stands alone, since the report counts its narrative paragraphs once; a
  bullet, a numbered recommendation (counted afresh in each list) and an unnumbered paragraph are placed by the heading
  they stand under. Where the format has no pages to tell two lists of one name apart, the heading above is named too;
- the page or pages, where the format has them.

Parts are parted by commas, as the sector writes them. A heading that holds a comma itself stands in quotation marks, so
that it reads as one part. What a report does not say is left out; nothing is guessed.
"""

from __future__ import annotations

import re
from datetime import date

from indexer.models import DocumentSummary, Finding, Kind, Metadata

PUBLISHER = "Ofsted"
"""Who publishes the reports, those of joint inspections with other inspectorates among them."""

_NARRATIVE = (Kind.FINDING, Kind.CONTEXT)


def citation(document: DocumentSummary, finding: Finding) -> str:
    """The citation of a finding, as one line of plain text without a full stop."""
    parts = [*_report(document.metadata), *_place(finding), _pages(finding)]
    return ", ".join(part for part in parts if part)


def spoken_date(day: date) -> str:
    """A date as reports print it: "7 April 2011"."""
    return f"{day.day} {day:%B} {day.year}"


def _report(metadata: Metadata) -> list[str]:
    """Which report: publisher, inspection, authority, date."""
    name = metadata.inspection_type or metadata.title
    authority = metadata.authority or ""
    if re.search(rf"\b{re.escape(authority)}\b", name, re.IGNORECASE):
        authority = ""
    return [PUBLISHER, name, authority, _dated(metadata)]


def _dated(metadata: Metadata) -> str:
    """The date of publication; failing that, of the inspection."""
    if metadata.published:
        return spoken_date(metadata.published)
    start, end = metadata.inspection_start, metadata.inspection_end
    if start and end and start != end:
        return f"inspected {spoken_date(start)} to {spoken_date(end)}"
    day = start or end
    return f"inspected {spoken_date(day)}" if day else ""


def _place(finding: Finding) -> list[str]:
    """Where in the report: the heading or headings that are needed, then the number."""
    if finding.number and not finding.bullet and finding.kind in _NARRATIVE:
        return [f"paragraph {finding.number}"]
    needed = 1 if finding.page_start else 2
    headings = [_as_one_part(heading) for heading in finding.section[-needed:]]
    if not finding.number:
        return headings
    return [*headings, f"{'bullet' if finding.bullet else 'paragraph'} {finding.number}"]


def _as_one_part(heading: str) -> str:
    return f"‘{heading}’" if "," in heading or ";" in heading else heading


def _pages(finding: Finding) -> str:
    first, last = finding.page_start, finding.page_end
    if first is None:
        return ""
    return f"page {first}" if last is None or last == first else f"pages {first} to {last}"
