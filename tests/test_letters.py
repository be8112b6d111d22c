"""Letters as PDF: the kinds of inspection that report by letter, laid out as they are published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from fpdf import FPDF

from indexer.document import read_document
from indexer.models import Direction, Document, Kind

LETTERHEAD = (
    "Ofsted",
    "Piccadilly Gate",
    "Store Street",
    "Manchester",
    "M1 2WD",
    "T 0300 123 1231",
    "www.gov.uk/ofsted",
)


class Letter(FPDF):
    """An A4 letter with a letterhead, a foot on each page and text that runs on over page ends."""

    def __init__(self) -> None:
        super().__init__(unit="pt", format="A4")
        self.set_auto_page_break(True, margin=100)
        self.set_margins(72, 90)
        self.add_page()
        for i, line in enumerate(LETTERHEAD):
            self.set_font("Helvetica", size=9)
            self.text(430, 40 + 11 * i, line)
        self.set_y(150)

    def footer(self) -> None:
        """The foot of each page."""
        self.set_font("Helvetica", size=8)
        self.text(72, 810, "Joint inspection of Anytown")
        self.text(500, 810, str(self.page_no()))

    def line_of(self, text: str, style: str = "", gap: float = 0) -> Letter:
        """One block of text."""
        self.ln(gap)
        self.set_font("Helvetica", style, 12 if not style else 13)
        self.multi_cell(450, 14.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
        return self

    def bullet(self, text: str) -> Letter:
        """A bullet with a hanging indent."""
        self.ln(6)
        self.set_font("Helvetica", size=12)
        self.cell(18, 14.5, "\u00b7")
        self.multi_cell(430, 14.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
        return self


def visit_letter() -> Letter:
    """A focused-visit letter of two pages or more."""
    letter = Letter()
    for i, text in enumerate(("23 May 2019", "Jo Bloggs", "Director of Children's Services", "Anytown Council")):
        letter.line_of(text, gap=14 if i < 2 else 0)
    letter.line_of("Dear Jo", gap=20)
    letter.line_of("Focused visit to Anytown children's services", "B", gap=14)
    letter.line_of(
        "This letter summarises the findings of a focused visit to Anytown children's services on 30 April and 1 May "
        "2019. The inspectors were Ann Other, HMI, and Sam Sample, HMI.",
        gap=14,
    )
    letter.line_of("Overview", "B", gap=14)
    for i in range(11):
        letter.line_of(
            f"Paragraph {i + 1} says that thresholds are understood by partners and applied well. However, some "
            "children wait too long for an assessment, and the reasons for delay are not recorded on their files, so "
            "managers cannot tell which families need help first.",
            gap=14,
        )
    letter.line_of("What needs to improve in this area of social work practice", "B", gap=14)
    letter.bullet("The timeliness and quality of assessments.").bullet("The recording of management decisions.")
    letter.line_of("Yours sincerely", gap=20).line_of("Ann Other", gap=14).line_of("Her Majesty's Inspector")
    return letter


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The focused-visit letter, read."""
    path: Path = tmp_path_factory.mktemp("letters") / "50079999.pdf"
    visit_letter().output(str(path))
    return read_document(path, path.name)


def test_a_letter_gives_its_findings_whole(document: Document) -> None:
    """Every paragraph comes out once and whole, also over a page end; letterhead, foot and signature do not."""
    narrative = [finding for finding in document.findings if finding.kind is Kind.FINDING]
    assert [finding.text.split(" says")[0] for finding in narrative] == [f"Paragraph {i}" for i in range(1, 12)]
    assert all(finding.text.endswith("which families need help first.") for finding in narrative)
    assert {finding.section for finding in narrative} == {("Overview",)}
    assert any(finding.page_start != finding.page_end for finding in narrative)
    assert not any(word in document.text for word in ("Piccadilly", "Joint inspection", "Yours sincerely", "Dear Jo"))


def test_what_a_visit_says_must_improve_is_a_recommendation(document: Document) -> None:
    """The bullets under the closing heading are recommendations, and weaknesses whatever their words."""
    bullets = [finding for finding in document.findings if finding.bullet]
    assert [(b.text, b.kind, b.direction, b.number) for b in bullets] == [
        ("The timeliness and quality of assessments.", Kind.RECOMMENDATION, Direction.WEAKNESS, "1"),
        ("The recording of management decisions.", Kind.RECOMMENDATION, Direction.WEAKNESS, "2"),
    ]


def test_a_letter_says_who_when_and_where(document: Document) -> None:
    """Place, kind of visit, its dates, the date of the letter and who signed it are read from the words."""
    metadata = document.metadata
    assert metadata.authority == "Anytown"
    assert metadata.inspection_type == "Focused visit"
    assert (metadata.inspection_start, metadata.inspection_end) == (date(2019, 4, 30), date(2019, 5, 1))
    assert metadata.published == date(2019, 5, 23)
    assert metadata.lead_inspector == "Ann Other"
