"""A printed report for the tests of source files: a PDF of two pages, one of whose points goes over the page end."""

from __future__ import annotations

from fpdf import FPDF

FIRST = (
    ("B", 14, 72, "What needs to improve?"),
    ("", 12, 72, "-"),
    ("", 12, 90, "Chronologies are missing or out of date, so that"),
    ("", 12, 90, "workers do not know what has happened before."),
    ("", 12, 72, "-"),
    ("", 12, 90, "Supervision is not regular."),
    ("B", 14, 72, "The experiences of children who need help"),
    ("", 12, 72, "1."),
    ("", 12, 90, 'Assessments are clear. "Step down" is well-'),
    ("", 12, 90, "coordinated in most teams."),
    ("", 12, 72, "2."),
    ("", 12, 90, "Supervision is not regular."),
    ("", 12, 72, "3."),
    ("", 12, 90, "Strategy meetings are held late, and their minutes"),
    ("", 12, 90, "are not always sent to those who must act on them,"),
)
SECOND = (
    ("", 12, 90, "which delays what is to be done for the child."),
    ("", 12, 72, "4."),
    ("", 12, 90, "Care leavers are helped to find a home."),
)
MARKERS = ("-", "1.", "2.", "3.", "4.")
LONG = (
    "Strategy meetings are held late, and their minutes are not always sent to those who must act on them, which delays"
)
"""How the point begins that goes over the page end."""


def report() -> FPDF:
    """The report, to be saved by `output`."""
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    for lines in (FIRST, SECOND):
        pdf.add_page()
        down = 120.0
        for style, size, left, text in lines:
            pdf.set_font("Helvetica", style, size)
            if left == 72:
                down += 12 if style == "" else 24
            pdf.text(left, down, text.replace("“", '"').replace("”", '"').replace("-", "-"))
            down += 0 if text in MARKERS else 14.4
    return pdf


def report_bytes() -> bytes:
    """The report as a file's content."""
    return bytes(report().output())
