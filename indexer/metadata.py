"""What a report says of itself: title, authority, kind of inspection, dates, lead inspector, grades.

Every value is read from the document's own text and left None where the text does not say. One has a last resort: the
reports of the present layout print no date of publication, so it is then taken from the end of the file's name, where
the publisher puts it (`published_from_name`). A date inside a PDF file is no substitute: it is the day the file was
made, most often the working day before.

`inspection_type` is one name for one programme of inspections, the name to filter by and to cite: "Inspection of local
authority children's services", "Monitoring visit". `framework` is the short name in use for the framework behind it:

    "ILACS short", "ILACS standard"   since 2018, where the dates of the inspection tell which
    "ILACS"                           the same, where they do not, and visits that name this framework
    "SIF"                             the single inspection framework, 2013 to 2018; visits that name only this one too
    "JTAI", "Area SEND", "Local area SEND"
    None                              earlier programmes, whose only name is `inspection_type`

No report says that it is a short or a standard one. A short inspection takes one week on site and a standard one two,
so the days from the first to the last decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import PurePosixPath

from indexer.authorities import known_name, plain_name
from indexer.dates import DateRange, date_ranges, whole_date
from indexer.judgements import read_judgements
from indexer.models import Line, Metadata, SourceDocument
from indexer.people import lead_inspector
from indexer.titles import SIF, Title, find_title, joined

FRONT_PAGES = 2
FRONT_LINES = 120
"""Lines that count as the front where a format has no pages; about two printed pages."""
OPENING = 3000
"""Characters after the title of a letter within which its first sentences say when the visit was."""
SHORT_INSPECTION_DAYS = 7
"""Days from the first to the last of a short inspection, at most: Monday to Friday of one week."""

_INSPECTED = re.compile(r"(?:inspection dates?|dates? of (?:the |this )?(?:inspection|visit))\b\s*:?\s*", re.IGNORECASE)
_PUBLISHED = re.compile(
    r"(?:report\s+)?(?:first\s+)?(?:published(?:\s+on)?|publication\s+date|date\s+(?:of\s+publication|published))\s*:?\s*"
    r"(?=\d|[A-Z][a-z]+day|$)",
    re.IGNORECASE,
)
_DEAR = re.compile(r"dear\b", re.IGNORECASE)
_YOURS = re.compile(r"yours\s+(?:sincerely|faithfully)", re.IGNORECASE)
_VISIT = re.compile(r"\b(?:inspect(?:ion|ed)|visit(?:ed)?|revisit)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")
_SERVICES_IN = re.compile(r"Children.s services in (.{2,80}?)\s+(?:are|is|requires?)\b", re.IGNORECASE)
_COUNCIL = re.compile(r"[A-Z][^.;:]{2,70}\s(?:Council|COUNCIL)")
_ILACS_NAMED = re.compile(r"\bILACS\b|inspections? of local authority children.s services", re.IGNORECASE)
_SIF_NAMED = re.compile(r"\bSIF\b|single inspection framework", re.IGNORECASE)
_NAME_DATE = re.compile(r"(?<!\d)(\d{1,2}[ _-]+[a-z]+[ _-]+\d{4}|\d{4}-\d{2}-\d{2})\W*$", re.IGNORECASE)


def extract(document: SourceDocument) -> Metadata:
    """What the document says of itself; a title it always has, if only the name of its file. Never raises."""
    lines = [line for page in document.pages for line in page.lines]
    front = [line for page in document.pages[:FRONT_PAGES] for line in page.lines]
    front = front if document.paged else lines[:FRONT_LINES]
    title = find_title(front)
    inspected = _inspected(front, title)
    framework = _framework(title, inspected, lines)
    return Metadata(
        title=title.text if title else _any_title(document, front),
        authority=_authority(front, title),
        inspection_type=title.inspection_type if title else None,
        framework=framework,
        inspection_start=inspected[0] if inspected else None,
        inspection_end=inspected[1] if inspected else None,
        published=_published(front, title) or _from_name(document.source, inspected),
        lead_inspector=lead_inspector(lines),
        judgements=read_judgements(front, lines, board=title is not None and title.inspection_type == SIF),
    )


def published_from_name(source: str) -> date | None:
    """The date at the end of a file's name, as in "… - 29 january 2025.pdf" or "…-2025-01-29.pdf"; None without one.

    Folders do not count.
    """
    match = _NAME_DATE.search(PurePosixPath(source).stem)
    if not match:
        return None
    text = match[1] if re.match(r"\d{4}", match[1]) else re.sub(r"[ _-]+", " ", match[1])
    return whole_date(text)


# ---------------------------------------------------------------------------------------------- title and authority


def _any_title(document: SourceDocument, front: Sequence[Line]) -> str:
    """A name for a document without the title of an inspection: its heading, its largest line, or its file's name."""
    named = [line for line in front if re.search(r"[^\W\d_]{2}", line.text) and len(line.text) <= 200]
    heading = next((line for line in named if line.heading), None)
    if heading is None and named and any(line.size for line in named):
        heading = max(named, key=lambda line: line.size or 0.0)
    if heading is None and named:
        heading = named[0]
    return joined([heading.text]) if heading else PurePosixPath(document.source).stem


def _authority(front: Sequence[Line], title: Title | None) -> str | None:
    """The first name that is a known council's, in the order in which reports name theirs; else the title's own."""
    place = title.place if title else None
    candidates = [place] if place else []
    text = joined([line.text for line in front])
    candidates.extend(match[1] for match in _SERVICES_IN.finditer(text))
    candidates.extend(
        line.text for line in front if len(line.text) <= 80 and re.search(r"\bcouncil\b", line.text, re.I)
    )
    known = next((name for candidate in candidates if (name := known_name(candidate))), None)
    return known or next((name for candidate in candidates if (name := plain_name(candidate))), None)


def _framework(title: Title | None, inspected: DateRange | None, lines: Sequence[Line]) -> str | None:
    if title is None:
        return None
    if title.framework == "ILACS" and inspected:
        days = (inspected[1] - inspected[0]).days + 1
        return "ILACS short" if days <= SHORT_INSPECTION_DAYS else "ILACS standard"
    if title.framework or not (title.inspection_type or "").endswith("visit"):
        return title.framework
    text = joined([line.text for line in lines])
    if _ILACS_NAMED.search(text):
        return "ILACS"
    return "SIF" if _SIF_NAMED.search(text) else None


# ---------------------------------------------------------------------------------------------- dates


def _labelled(front: Sequence[Line], label: re.Pattern[str]) -> Iterator[str]:
    """What stands behind a label, with the line after it, on which it may go on."""
    for index, line in enumerate(front):
        if match := label.match(line.text):
            following = front[index + 1].text if index + 1 < len(front) else ""
            yield joined([line.text[match.end() :], following])


def _inspected(front: Sequence[Line], title: Title | None) -> DateRange | None:
    """The days of the inspection: behind their label, or in a letter in the first sentence that says when it was."""
    for text in _labelled(front, _INSPECTED):
        if spans := date_ranges(text):
            return spans[0]
    if title is None or not any(_DEAR.match(line.text) or _YOURS.match(line.text) for line in front):
        return None
    opening = joined([line.text for line in front[title.first :]])[:OPENING]
    for sentence in _SENTENCE.split(opening):
        if _VISIT.search(sentence) and (spans := date_ranges(sentence)):
            return spans[0]
    return None


def _published(front: Sequence[Line], title: Title | None) -> date | None:
    """The date of publication behind its label, or the date over a letter."""
    for text in _labelled(front, _PUBLISHED):
        if spans := date_ranges(text):
            return spans[0][0]
    subject = title.first if title else 0
    salutation = next((index for index, line in enumerate(front) if _DEAR.match(line.text)), subject)
    head = [text for line in front[:salutation] for text in (line.text, *line.cells)]
    # Converters run the date and the address together, so a date that only begins its line counts as well.
    dates = [whole_date(text) for text in head] + [whole_date(" ".join(text.split()[:3])) for text in head]
    return next((day for day in dates if day), None)


def _from_name(source: str, inspected: DateRange | None) -> date | None:
    """The date in the file's name, unless the inspection was not over by then: it is then some other date."""
    day = published_from_name(source)
    return None if day and inspected and day < inspected[1] else day
