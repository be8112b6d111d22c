"""Where the words of findings stand on the pages of a PDF, and how they are checked: real PDF files, made here."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from evaluation.placement import measure, report
from indexer import verification
from indexer.build import build
from indexer.config import Settings
from indexer.document import read_document
from indexer.errors import ReadError
from indexer.models import Document
from indexer.placement import Place, letters, lines_under
from indexer.verification import draw, opened, stamp, standing, verify
from tests.conftest import HashingEncoder
from tests.printed import LONG, report_bytes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A printed report."""
    found = tmp_path / "report.pdf"
    found.write_bytes(report_bytes())
    return found


@pytest.fixture
def document(path: Path) -> Document:
    """The same, as it is indexed."""
    return read_document(path, path.name)


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    """No test meets a file that another has read."""
    yield
    verification.opened.cache_clear()


def places_of(path: Path, document: Document) -> list[tuple[Place, ...]]:
    """Where each finding of a document stands."""
    found = opened(path, document.source, stamp(path))
    return [standing(found, document.sha256, each.span, each.text).places for each in document.findings]


def inside(data: bytes, place: Place) -> str:
    """The words that PDFium itself finds inside the rectangles of a page that is neither turned nor cut."""
    page = pypdfium2.PdfDocument(data)[place.page - 1]
    text = page.get_textpage()
    parts = [
        text.get_text_bounded(left - 1, place.height - bottom, right + 1, place.height - top)
        for left, top, right, bottom in place.boxes
    ]
    return " ".join(parts)


def test_the_rectangles_hold_the_findings_own_words(path: Path, document: Document) -> None:
    """What stands inside a finding's rectangles is the finding without its marker; the same words twice stand twice."""
    assert len(document.findings) == 6
    places = places_of(path, document)
    for finding, own in zip(document.findings, places, strict=True):
        assert letters(" ".join(inside(path.read_bytes(), each) for each in own)) == letters(finding.text)
        assert own[0].boxes[0][0] > 85, "a bullet or number is none of the finding's words"
    alike = [own for finding, own in zip(document.findings, places, strict=True) if "Supervision" in finding.text]
    assert len(alike) == 2
    assert alike[0][0].boxes != alike[1][0].boxes


def test_a_finding_over_a_page_end_has_two_places(path: Path, document: Document) -> None:
    """Each page has the lines that stand on it."""
    (index,) = [n for n, each in enumerate(document.findings) if each.text.startswith(LONG)]
    own = places_of(path, document)[index]
    assert [(each.page, len(each.boxes)) for each in own] == [(1, 2), (2, 1)]


def test_other_words_are_not_placed(path: Path, document: Document) -> None:
    """Where the lines do not spell the words letter by letter, nothing is placed."""
    found = opened(path, document.source, stamp(path))
    assert found.pages
    finding = document.findings[0]
    lines = lines_under(found.document, finding.span)
    assert found.pages.place(lines, finding.text)
    for other in (finding.text.replace("missing", "messing"), finding.text[:-6], f"{finding.text} More.", "", "..."):
        assert found.pages.place(lines, other) == ()
    assert found.pages.place(lines[:1], finding.text) == ()


def dark(image: Image.Image) -> list[tuple[int, int]]:
    """Where an image is nearly black."""
    grey = image.convert("L")
    return [(n % grey.width, n // grey.width) for n, value in enumerate(grey.tobytes()) if value < 60]


@pytest.mark.parametrize("turn", [0, 90, 270])
def test_marks_fall_on_the_words_however_the_page_lies(tmp_path: Path, turn: int) -> None:
    """On a page that is turned and cut, the rectangles still cover the ink of the words, and little else."""
    path = tmp_path / "report.pdf"
    with pypdfium2.PdfDocument(report_bytes()) as pdf:
        page = pdf[1]
        page.set_cropbox(40, 500, 500, 820)
        page.set_rotation(turn)
        page.close()
        pdf.save(path)
    document = read_document(path, path.name)
    last = document.findings[-1]
    found = opened(path, path.name, stamp(path))
    (place,) = standing(found, document.sha256, last.span, last.text).places
    image = Image.open(io.BytesIO(draw(path, path.name, document.sha256, 2, ())))
    assert (image.width > image.height) == (turn == 0)
    scale = image.width / place.width
    ((left, top, right, bottom),) = place.boxes
    ink = dark(image)
    within = [1 for x, y in ink if left <= x / scale <= right and top <= y / scale <= bottom]
    marker = 20 / len(last.text) * len(ink)  # "4." and the other line, which the rectangle must leave out
    assert 0.2 * len(ink) < len(within) < len(ink) - marker
    marked = dark(Image.open(io.BytesIO(draw(path, path.name, document.sha256, 2, place.boxes))))
    assert set(ink) <= set(marked), "a mark leaves dark what is dark"


def test_a_drawn_page_is_marked_where_asked(path: Path, document: Document) -> None:
    """Only what lies inside the rectangles changes, and the image has the size of a page on a screen."""
    box = (300.0, 40.0, 500.0, 60.0)
    before, after = (Image.open(io.BytesIO(draw(path, path.name, document.sha256, 1, boxes))) for boxes in ((), (box,)))
    assert after.size == before.size
    assert after.width == verification.WIDTH
    scale = after.width / 595.28
    inner, outer = (round(400 * scale), round(50 * scale)), (round(400 * scale), round(70 * scale))
    assert (before.getpixel(inner), after.getpixel(inner)) == ((255, 255, 255), (255, 233, 166))
    assert before.getpixel(outer) == after.getpixel(outer) == (255, 255, 255)


def test_only_what_was_indexed_is_drawn(path: Path, document: Document) -> None:
    """Another content, a page that is not there, and a file that is no PDF are refused with the reason."""
    with pytest.raises(ReadError, match="no such page"):
        draw(path, path.name, document.sha256, 3, ())
    with pytest.raises(ReadError, match="has changed"):
        draw(path, path.name, "0" * 64, 1, ())


# ---------------------------------------------------------------------------------------------- verification


def test_an_unchanged_file_verifies_every_finding(path: Path, document: Document) -> None:
    """Each finding stands where it stood, on its pages."""
    for each in document.findings:
        found = verify(path, path.name, document.sha256, each.span, each.text)
        assert (found.verified, found.unchanged, found.sha256, found.span) == (True, True, document.sha256, each.span)
        assert (found.page_start, found.page_end) == (each.page_start, each.page_end)
        assert found.reason.startswith("The file is the one that was indexed")


def test_a_changed_file_is_searched_for_the_same_words(tmp_path: Path) -> None:
    """Where a file has another content, words that stand in it still are found where they are now, others are not."""
    path = tmp_path / "letter.txt"
    path.write_text("Findings\n\n• Plans are late.\n\n• Visits are rare and short.\n", encoding="utf-8")
    before = read_document(path, path.name)
    kept, gone = before.findings
    path.write_text("Findings\n\n• Visits are many.\n\n• All Plans are late.\n\n• Plans are late.\n", encoding="utf-8")
    found = verify(path, path.name, before.sha256, kept.span, kept.text)
    assert (found.verified, found.unchanged) == (True, False)
    assert found.reason.endswith("these words stand in it all the same.")
    assert found.sha256
    assert found.sha256 != before.sha256
    assert found.span
    assert found.page_start is None, "text has no pages"
    missing = verify(path, path.name, before.sha256, gone.span, gone.text)
    assert (missing.verified, missing.unchanged, missing.span, missing.places) == (False, False, None, ())
    assert missing.reason.endswith("these words no longer stand in it.")
    parts = verify(path, path.name, before.sha256, kept.span, "isits are man")
    assert not parts.verified, "words stand whole"


def test_words_that_are_read_otherwise_now_are_said_to_be(path: Path, document: Document) -> None:
    """Where the file is the same and the words are not read in it, the index is what is out of date."""
    found = verify(path, path.name, document.sha256, (0, 9), "not these")
    assert (found.verified, found.unchanged) == (False, True)
    assert "build the index again" in found.reason


def test_a_file_that_is_gone_or_damaged_verifies_nothing(path: Path, document: Document) -> None:
    """The reason says what became of the file."""
    finding = document.findings[0]
    path.write_bytes(path.read_bytes()[:300])
    damaged = verify(path, path.name, document.sha256, finding.span, finding.text)
    assert not damaged.verified
    assert damaged.reason.startswith(
        "The file has changed since it was indexed and cannot be read: this PDF is damaged"
    )
    path.unlink()
    gone = verify(path, path.name, document.sha256, finding.span, finding.text)
    assert (gone.verified, gone.sha256, gone.unchanged) == (False, None, False)
    assert "no longer where it was indexed from" in gone.reason


def test_the_measure_counts_what_holds_and_names_what_does_not(path: Path, settings: Settings) -> None:
    """`evaluation.placement` counts findings verified and placed over an index, and names each of the others."""
    (path.parent / "letter.txt").write_text("Findings\n\n• Plans are late.\n", encoding="utf-8")
    build(settings, [path, path.parent / "letter.txt"], encoder=HashingEncoder())
    whole = measure(settings.index_dir)
    assert (whole.files, whole.findings, whole.verified, whole.in_pdfs) == (2, 7, 7, 6)
    assert (whole.placed, whole.over_pages, whole.faults) == (6, 1, [])
    (path.parent / "letter.txt").write_text("Findings\n\n• Plans are timely.\n", encoding="utf-8")
    changed = measure(settings.index_dir)
    assert (changed.verified, changed.faults) == (6, ["letter.txt: not verified: Plans are late."])
    assert "verified: 6 of 7 (85.71%)" in report(changed)
