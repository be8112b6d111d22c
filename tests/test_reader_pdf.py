"""PDF pages as lines: real PDF files, made here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.enums import EncryptionMethod

from indexer.errors import ReadError
from indexer.models import Line, SourceDocument
from indexer.readers import read_source
from indexer.readers.pdf import read_pdf

Draw = Callable[[FPDF], None]


def make_pdf(*pages: Draw) -> bytes:
    """A PDF of A4 pages in points, each drawn by one function."""
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    for draw in pages:
        pdf.add_page()
        pdf.set_font("Helvetica", size=12)
        draw(pdf)
    return bytes(pdf.output())


def read(data: bytes) -> SourceDocument:
    """A PDF given as bytes, read."""
    return read_pdf(Path("report.pdf"), "report.pdf", hashlib.sha256(data).hexdigest(), data)


def lines_of(data: bytes) -> tuple[Line, ...]:
    """The lines of its first page."""
    return read(data).pages[0].lines


def test_lines_carry_place_size_and_weight() -> None:
    """A line tells where it stands, how large it is set and whether it is bold throughout."""

    def draw(pdf: FPDF) -> None:
        pdf.set_font("Helvetica", "B", 14)
        pdf.text(72, 100, "What needs to improve?")
        pdf.set_font("Helvetica", size=12)
        pdf.text(72, 130, "Plans are not reviewed in time.")

    heading, body = lines_of(make_pdf(draw))
    assert (heading.text, heading.size, heading.bold) == ("What needs to improve?", 14.0, True)
    assert (body.text, body.size, body.bold) == ("Plans are not reviewed in time.", 12.0, False)
    assert body.x0 == pytest.approx(72, abs=2)
    assert body.bottom == pytest.approx(130, abs=0.5)
    assert body.bottom - heading.bottom == pytest.approx(30, abs=0.5)  # type: ignore[operator]


def test_footnote_markers_leave_the_words() -> None:
    """A superscript digit is a footnote marker: out of the text, kept beside it; a digit in the text stays."""

    def draw(pdf: FPDF) -> None:
        pdf.text(72, 100, "The board meets 4 times a year")
        pdf.set_font("Helvetica", size=7)
        pdf.text(72 + 168, 95, "2")

    (line,) = lines_of(make_pdf(draw))
    assert line.text == "The board meets 4 times a year"
    assert line.notes == ("2",)


def test_wide_gaps_part_cells() -> None:
    """Words set far apart on one line are cells of a table; the gap after a bullet or number is an indent."""

    def draw(pdf: FPDF) -> None:
        pdf.text(72, 100, "Overall effectiveness")
        pdf.text(330, 100, "Good")
        pdf.text(72, 130, "12.")
        pdf.text(110, 130, "Visits are regular.")

    table, point = lines_of(make_pdf(draw))
    assert table.cells == ("Overall effectiveness", "Good")
    assert (point.text, point.cells) == ("12. Visits are regular.", ())


def test_lines_drawn_out_of_order_are_read_down_the_page() -> None:
    """A paragraph drawn last but standing first on the page is read first."""

    def draw(pdf: FPDF) -> None:
        pdf.text(72, 300, "second paragraph.")
        pdf.text(72, 400, "third paragraph.")
        pdf.text(72, 200, "First paragraph.")

    assert [line.text for line in lines_of(make_pdf(draw))] == [
        "First paragraph.",
        "second paragraph.",
        "third paragraph.",
    ]


def test_pages_are_numbered_from_one() -> None:
    """Each page keeps its number, blank ones too."""
    document = read(
        make_pdf(lambda pdf: pdf.text(72, 99, "One"), lambda pdf: None, lambda pdf: pdf.text(72, 99, "Three"))
    )
    assert [(page.number, len(page.lines)) for page in document.pages] == [(1, 1), (2, 0), (3, 1)]


def damaged() -> bytes:
    """A download that broke off."""
    return make_pdf(lambda pdf: pdf.text(72, 99, "A finding."))[:200]


def protected() -> bytes:
    """A file that only a password opens."""
    pdf = FPDF()
    pdf.set_encryption(owner_password="owner", user_password="user", encryption_method=EncryptionMethod.RC4)
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.cell(text="A finding.")
    return bytes(pdf.output())


def drawing_only() -> bytes:
    """A page with a shape and no text."""
    return make_pdf(lambda pdf: pdf.rect(10, 10, 200, 200))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (damaged(), "damaged"),  # a download that broke off
        (protected(), "password"),  # opens only for those who know the password
        (drawing_only(), "no text"),  # a scan: pictures of pages
        (b"%PDF-1.7\n", "damaged"),  # a head and nothing else
    ],
)
def test_unreadable_files_are_refused_with_the_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    """A PDF that cannot be read says why, in one line."""
    path = tmp_path / "report.pdf"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=reason) as caught:
        read_source(path, "report.pdf")
    assert "\n" not in str(caught.value)
