"""Citations: what they name, in which order, and what they leave out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from indexer.citation import citation, spoken_date
from indexer.models import Direction, DocumentSummary, Finding, Kind, Metadata

LETTER = Metadata(
    title="Annual unannounced inspection of contact, referral and assessment arrangements within Bury",
    authority="Bury",
    inspection_type="Annual unannounced inspection of contact, referral and assessment arrangements",
    inspection_start=date(2011, 3, 9),
    inspection_end=date(2011, 3, 10),
    published=date(2011, 4, 7),
)
REPORT = Metadata(
    title="Inspection of Dorset local authority children's services",
    authority="Dorset",
    inspection_type="Inspection of local authority children's services",
    inspection_start=date(2021, 9, 27),
    inspection_end=date(2021, 10, 8),
    published=date(2021, 11, 19),
)
BULLET = Finding(
    id="0" * 16,
    text="The minutes of strategy meetings are late.",
    kind=Kind.AREA_FOR_DEVELOPMENT,
    direction=Direction.WEAKNESS,
    section=("Areas for development",),
    number="2",
    page_start=None,
    page_end=None,
    span=(0, 42),
    judgement=None,
    repeated=False,
    bullet=True,
)
NUMBERED = replace(
    BULLET, kind=Kind.FINDING, section=("Adoption",), number="48", bullet=False, page_start=20, page_end=20
)


def summary(metadata: Metadata) -> DocumentSummary:
    """A document that holds these facts."""
    return DocumentSummary("d" * 16, "bury.txt", "a" * 64, "text", 2, 1, metadata)


LETTER_CITED = (
    "Ofsted, Annual unannounced inspection of contact, referral and assessment arrangements, Bury, 7 April 2011"
)
REPORT_CITED = "Ofsted, Inspection of local authority children's services, Dorset, 19 November 2021"


@pytest.mark.parametrize(
    ("metadata", "finding", "expected"),
    [
        # A bullet of a letter without pages: heading and ordinal.
        (LETTER, BULLET, f"{LETTER_CITED}, Areas for development, bullet 2"),
        # A printed paragraph number says where by itself; its page helps the reader.
        (REPORT, NUMBERED, f"{REPORT_CITED}, paragraph 48, page 20"),
        # A paragraph that runs on over the page names both pages.
        (REPORT, replace(NUMBERED, page_end=21), f"{REPORT_CITED}, paragraph 48, pages 20 to 21"),
        # An unnumbered paragraph stands under its innermost heading, on its page.
        (
            REPORT,
            replace(NUMBERED, number=None, section=("Findings", "The quality of care"), page_start=6, page_end=6),
            f"{REPORT_CITED}, The quality of care, page 6",
        ),
        # Recommendations are counted afresh in each list, so the list is named.
        (
            REPORT,
            replace(NUMBERED, kind=Kind.RECOMMENDATION, number="3", section=("Executive summary", "Recommendations")),
            f"{REPORT_CITED}, Recommendations, paragraph 3, page 20",
        ),
        # Without pages, two lists of one name are told apart by the heading above.
        (
            REPORT,
            replace(BULLET, section=("The safeguarding board", "Recommendations")),
            f"{REPORT_CITED}, The safeguarding board, Recommendations, bullet 2",
        ),
        # A heading that holds a comma reads as one part.
        (
            REPORT,
            replace(NUMBERED, number=None, section=("Leadership, management and governance",)),
            f"{REPORT_CITED}, ‘Leadership, management and governance’, page 20",
        ),
        # No heading, no number, no page: the report alone.
        (REPORT, replace(BULLET, section=(), number=None), REPORT_CITED),
        # No date of publication: the dates of the inspection, said to be that.
        (
            replace(REPORT, published=None),
            NUMBERED,
            "Ofsted, Inspection of local authority children's services, Dorset, "
            "inspected 27 September 2021 to 8 October 2021, paragraph 48, page 20",
        ),
        # One day of inspection is said once.
        (
            replace(REPORT, published=None, inspection_end=None),
            NUMBERED,
            "Ofsted, Inspection of local authority children's services, Dorset, "
            "inspected 27 September 2021, paragraph 48, page 20",
        ),
        # No kind of inspection: the title, which names the authority already.
        (
            replace(REPORT, inspection_type=None, published=None, inspection_start=None, inspection_end=None),
            NUMBERED,
            "Ofsted, Inspection of Dorset local authority children's services, paragraph 48, page 20",
        ),
        # A name within another name is not named by it.
        (
            Metadata(title="Inspection of services in North Yorkshire", authority="York"),
            NUMBERED,
            "Ofsted, Inspection of services in North Yorkshire, York, paragraph 48, page 20",
        ),
        # Nothing known but a title.
        (Metadata(title="Report on a visit"), BULLET, "Ofsted, Report on a visit, Areas for development, bullet 2"),
    ],
)
def test_citation_names_report_then_place(metadata: Metadata, finding: Finding, expected: str) -> None:
    """A citation goes from the report to the very paragraph, and leaves out what the report does not say."""
    assert citation(summary(metadata), finding) == expected


def test_dates_are_spoken_as_reports_print_them() -> None:
    """A date has no leading zero and the month in full."""
    assert spoken_date(date(2011, 4, 7)) == "7 April 2011"
