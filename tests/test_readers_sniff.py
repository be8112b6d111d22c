"""What a file is, by its content: real bytes of many formats, under right and wrong names."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sqlite3
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import readers
from indexer.errors import ReadError
from indexer.readers import read_source
from indexer.readers.sniff import LARGEST_UNPACKED, LARGEST_XML, decode, format_of

ROOT = Path(__file__).parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"

LETTER = (
    "Inspection of Bury children’s services\n\n"
    "Leaders’ oversight is good – visits cost £12 and a café is open…\n\n"
    "“Children’s views are heard.”\n"
)
PAGE = "<!DOCTYPE html>\n<html><head><title>x</title></head><body><h1>Report</h1><p>Visits are late.</p></body></html>"


def word_file(*paragraphs: str) -> bytes:
    """A Word file with these paragraphs."""
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def archive(**parts: bytes) -> bytes:
    """A zip archive; "__" in a name stands for "/", "_" for "."."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/").replace("_", "."), content)
    return buffer.getvalue()


def with_parts(data: bytes, **parts: bytes) -> bytes:
    """A Word file with parts put in place of its own, named as in `archive`."""
    buffer = io.BytesIO()
    named = {name.replace("__", "/").replace("_", "."): content for name, content in parts.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in named:
                new.writestr(name, old.read(name))
        for name, content in named.items():
            new.writestr(name, content)
    return buffer.getvalue()


def with_password_flag(data: bytes) -> bytes:
    """A Word file whose parts say that they are encrypted, as zip programs mark them."""
    changed = bytearray(data)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for part in file.infolist():
            changed[part.header_offset + 6] |= 1
    start = data.index(b"PK\x01\x02")
    while start != -1:
        changed[start + 8] |= 1
        start = data.find(b"PK\x01\x02", start + 4)
    return bytes(changed)


def ole(stream: str) -> bytes:
    """The first sectors of an OLE file whose directory names one stream."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    return header + "Root Entry".encode("utf-16-le").ljust(128, b"\0") + stream.encode("utf-16-le").ljust(128, b"\0")


def png() -> bytes:
    """A picture of one white dot."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")
    )


def database(folder: Path) -> bytes:
    """A SQLite database with one table."""
    path = folder / "x.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (a)")
    connection.close()
    return path.read_bytes()


# ---------------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"%PDF-1.7\n", "report.pdf", "pdf"),  # its own name
        (b"%PDF-1.7\n", "report.txt", "pdf"),  # another format's name
        (b"\xef\xbb\xbf\r\n" + b" " * 900 + b"%PDF-1.4\n", "report", "pdf"),  # rubbish before the header
        (b"x" * 1020 + b" %PDF-1.4\n", "report.txt", "text"),  # too far in: text that speaks of PDF
        (word_file("Visits are late."), "report.pdf", "docx"),
        (PAGE.encode(), "report.html", "html"),
        (PAGE.encode(), "report.htm", "html"),
        (PAGE.encode(), "report", "html"),
        (PAGE.encode(), "report.doc", "html"),  # what old programs save as "Word"
        (b"<?xml version='1.0'?>\n<!-- <p> -->\n" + PAGE.encode(), "report.xhtml", "html"),
        (b"\n <HTML lang=en><p>Visits are late.", "report.txt", "html"),
        (b"<div><p>a</p><p>b</p></div>", "part.html", "html"),  # a piece of a page
        (LETTER.encode(), "letter.txt", "text"),
        (LETTER.encode(), "letter.pdf", "text"),  # words are words, whatever the name
        (b"<p>A stray tag opens this letter.\n\nNothing else is marked.", "letter.txt", "text"),
        (b'Strengths\n<ul style="list-style-type: none"> * one * two</ul>', "letter.txt", "text"),
        (b"[Draft] Inspection of Bury", "letter.txt", "text"),  # opens as JSON might
    ],
)
def test_the_content_decides_the_format(data: bytes, name: str, expected: str) -> None:
    """A file is what its bytes say, whatever it is called."""
    assert format_of(data, name) == expected


@pytest.mark.parametrize("name", ["report.pdf", "report.PDF", "report.docx"])
def test_a_web_page_in_place_of_a_report_is_refused(name: str) -> None:
    """A web page under the name of a PDF or Word file is a site's message; the reason says how to get the report."""
    with pytest.raises(
        ReadError, match=r"web page \(HTML\) although its name ends in \.(pdf|docx); open it in a browser"
    ):
        format_of(PAGE.encode(), name)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b" \r\n\t ", "empty"),
        (bytes(5000), "empty"),  # a file system's hole after a crash
        ("\ufeff \n".encode(), "empty"),
        (png(), r"picture \(PNG\); run text recognition"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", r"picture \(JPEG\)"),
        (b"GIF89a\x01\0\x01\0", r"picture \(GIF\)"),
        (b"II*\0\x08\0\0\0", r"picture \(TIFF\)"),
        (b"RIFF\x1a\0\0\0WEBPVP8 ", r"picture \(WebP\)"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", r"picture \(HEIC\)"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "film"),
        (gzip.compress(LETTER.encode()), r"packed file \(gzip\); unpack it"),
        (b"7z\xbc\xaf\x27\x1c\0\4", r"packed file \(7z\)"),
        (b"{\\rtf1\\ansi Visits are late.}", r"Rich Text.*save it as Word"),
        (b"%!PS-Adobe-3.0\n", "PostScript"),
        (b"\x7fELF\2\1\1\0", "program"),
        (archive(a_txt=b"Visits are late."), "not a Word file; unpack it"),
        (archive(xl__workbook_xml=b"<x/>"), "Excel workbook"),
        (archive(ppt__presentation_xml=b"<x/>"), "PowerPoint"),
        (archive(content_xml=b"<x/>"), "OpenDocument"),
        (archive(META_INF=b""), "unpack it"),
        (archive(a_txt=b"Visits are late.")[:40], "cut off or damaged"),
        (word_file("Visits are late.")[:5000], "cut off or damaged"),
        (with_password_flag(word_file("Visits are late.")), "password"),
        (ole("EncryptedPackage"), "password"),
        (ole("WordDocument"), r"old Word file \(\.doc\).*save it as \.docx"),
        (ole("Workbook"), "old Office"),
        (b"Visits\0are\0late\0" * 50, "not text"),
        (bytes(range(1, 32)) * 20, "not text"),
        (b"\xff\xfe" + b"\x01\x00\x02\x00" * 50, "not text"),  # begins like UTF-16 and is not
        (b"\xff\xfeV\0i\0s", "damaged"),  # UTF-16 cut in half a character
        (b'{"results": [1, 2, 3]}', "JSON"),
        (b"<?xml version='1.0'?><feed><entry/></feed>", "XML"),
        (b"MIME-Version: 1.0\r\nSubject: a\r\n b\r\nContent-Type: multipart/related;\r\n", r"\.mht"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, reason: str) -> None:
    """Each file without a reader is told by what it is, in one line with a way out."""
    with pytest.raises(ReadError, match=reason) as caught:
        format_of(data, "report.pdf")
    message = str(caught.value)
    assert "\n" not in message
    assert ";" in message


def test_a_database_is_named(tmp_path: Path) -> None:
    """A SQLite file is told as a database."""
    with pytest.raises(ReadError, match="a database"):
        format_of(database(tmp_path), "findings.sqlite")


# ---------------------------------------------------------------------------------------------- limits


def test_a_file_too_large_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beyond the limit is refused by its size, which the reason names."""
    monkeypatch.setattr(readers, "LARGEST_FILE", 1_500_000)
    path = tmp_path / "large.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(1_500_000))
    with pytest.raises(ReadError, match=r"it has 1\.5 MB, and the largest file read has 1\.5 MB"):
        read_source(path, "large.pdf")


def test_the_limit_on_files_takes_no_memory(tmp_path: Path) -> None:
    """A file of gigabytes is refused before it is read."""
    path = tmp_path / "huge.pdf"
    with path.open("wb") as file:
        file.truncate(40_000_000_000)
    with pytest.raises(ReadError, match=r"40,000 MB.*the largest file read has 200 MB"):
        read_source(path, "huge.pdf")


def test_text_too_large_for_a_report_is_refused() -> None:
    """Text beyond the limit is a log or a dump, and the reason names the limit."""
    with pytest.raises(ReadError, match=r"text of 20 MB, and the largest text read has 20 MB"):
        format_of(b"Visits are late.\n" * 1_176_471, "log.txt")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"word__document_xml": b"<w>" + b" " * LARGEST_XML}, "one part too large"),
        ({f"word__media__{n}_png": bytes(LARGEST_UNPACKED // 3) for n in range(4)}, "all parts together"),
    ],
)
def test_an_archive_made_to_fill_memory_is_not_unpacked(parts: dict[str, bytes], why: str) -> None:
    """A small file that unpacks to more than a report ever holds is refused by what its directory says."""
    data = with_parts(word_file("Visits are late."), **parts)
    assert len(data) < 1_500_000, why
    with pytest.raises(ReadError, match=r"unpacks to .* more than any report does .at most 300 MB"):
        format_of(data, "report.docx")


# ---------------------------------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac_roman"],
)
def test_text_is_decoded_whatever_its_encoding(encoding: str) -> None:
    """The same letter comes out of every encoding that British offices have saved text in."""
    assert decode(LETTER.encode(encoding)) == LETTER


@pytest.mark.parametrize("seed", sorted((ROOT / "seeds").glob("*.txt")), ids=lambda path: path.stem[:3])
@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "utf-16"])
def test_whole_reports_are_decoded_whatever_their_encoding(seed: Path, encoding: str) -> None:
    """A report saved by Windows or an old Mac, without the bullets these lack, comes out whole."""
    text = seed.read_text(encoding="utf-8").replace("'", "’").replace("▪", "•").replace("■", "•")
    assert decode(text.encode(encoding)) == text


def test_latin_1_is_decoded() -> None:
    """Latin-1 agrees with Windows text in all that it can write."""
    text = "The café’s visits cost £12".replace("’", "'")
    assert decode(text.encode("latin-1")) == text


def test_utf_8_with_stray_windows_bytes_is_mended() -> None:
    """A few pasted Windows bytes do not turn the whole of a UTF-8 text into wrong characters."""
    sound = "Children’s views are heard – always. " * 20
    assert decode(sound.encode() + b"It\x92s \xa312.") == sound + "It’s £12."


def test_text_of_other_languages_is_guessed() -> None:
    """Text in a code page of neither Windows nor Mac English still becomes its own letters."""
    text = "Дети получают своевременную помощь, и социальные работники хорошо знают их семьи. " * 5
    assert decode(text.encode("cp1251")) == text


# ---------------------------------------------------------------------------------------------- read_source


def test_a_document_carries_its_checksum_and_name(tmp_path: Path) -> None:
    """What was read is identified by the sha256 of its bytes and named as the caller says."""
    path = tmp_path / "letter.txt"
    path.write_bytes(LETTER.encode())
    document = read_source(path, "2011/letter.txt")
    assert (document.source, document.format) == ("2011/letter.txt", "text")
    assert document.sha256 == hashlib.sha256(LETTER.encode()).hexdigest()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"1234 5678\n", "no words"),  # a text file
        (b"<html><body><nav>Home</nav></body></html>", "no words; a script may fill it in"),
        (word_file(""), "no words; its pages may be pictures"),
    ],
)
def test_a_file_without_words_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    """A file in a format that is read, with nothing in it to read, is refused with what may be the cause."""
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=reason):
        read_source(path, "file")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A path that leads nowhere, to a folder or to a pipe raises the one error of readers, and never waits."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReadError, match="no file of this name"):
        read_source(tmp_path / "missing.pdf", "missing.pdf")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ReadError, match="not a file"):
            read_source(path, path.name)
    with pytest.raises(ReadError, match=r"null byte|no file of this name"):
        read_source(Path("a\0b"), "a")


UNREADABLE_FILE = """
import os, sys, tempfile
from pathlib import Path
from indexer.errors import ReadError
from indexer.readers import read_source
if os.geteuid() == 0:
    os.setuid(65534)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "secret.txt")
    path.write_text("Visits are late.")
    path.chmod(0)
    try:
        read_source(path, "secret.txt")
    except ReadError as error:
        print(error)
"""


def test_a_file_one_may_not_read_is_refused() -> None:
    """A file without permission says so. The superuser may read everything, so another user asks here."""
    result = subprocess.run(
        [sys.executable, "-c", UNREADABLE_FILE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "it cannot be opened (Permission denied); check that you may read it\n"


def test_a_fault_of_a_library_becomes_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a reader raises ends the reading of that one file, with a reason for a person."""

    def broken(*_: object) -> None:
        raise RecursionError("maximum recursion depth exceeded")

    monkeypatch.setattr(readers, "_reader", lambda kind: broken)
    path = tmp_path / "letter.txt"
    path.write_text(LETTER)
    with pytest.raises(ReadError, match=r"damaged, or made in a way that cannot be read \(RecursionError\); open it"):
        read_source(path, "letter.txt")


def read_or_reason(path: Path) -> str:
    """Read a file: "" where that gives words, else the reason why not."""
    try:
        document = read_source(path, path.name)
    except ReadError as error:
        return str(error)
    return "" if any(line.text for page in document.pages for line in page.lines) else "no words\n"


OPENINGS = [
    b"",
    b"%PDF-1.7\n",
    b"PK\x03\x04",
    b"<html>",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"# ",
    b"<?xml ",
    b"{",
    b"| a |\n",
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(opening=st.sampled_from(OPENINGS), data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path: Path, opening: bytes, data: bytes) -> None:
    """No bytes whatever make the readers raise anything but ReadError."""
    path = tmp_path / "file"
    path.write_bytes(opening + data)
    reason = read_or_reason(path)
    assert "\n" not in reason


DOCX = word_file("Visits are late.", "Plans are not reviewed.")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(DOCX) - 1), noise=st.binary(min_size=1, max_size=40), cut=st.booleans())
def test_a_damaged_word_file_is_read_or_refused(tmp_path: Path, place: int, noise: bytes, cut: bool) -> None:
    """A Word file with bytes changed anywhere, or cut off there, is read or refused with a reason."""
    path = tmp_path / "report.docx"
    path.write_bytes(DOCX[:place] + noise + (b"" if cut else DOCX[place + len(noise) :]))
    reason = read_or_reason(path)
    assert "\n" not in reason


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the published reports are not here")
def test_the_page_among_the_published_reports_is_refused() -> None:
    """The one file of the collection that is a web page under the name of a PDF is found out, and only that one."""
    refused = []
    for path in sorted(CORPUS.rglob("*.pdf")):
        try:
            format_of(path.read_bytes(), path.name)
        except ReadError as error:
            refused.append((path.name, str(error)[:20]))
    assert refused == [("children's services inspection - 17 august 2012.pdf", "it is a web page (HT")]
