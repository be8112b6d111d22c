"""What a file is, by its content: a format that has a reader, or the reason why it has none.

Files are often not what their names say: sites answer a request for a report with a web page, and the page is
saved as ".pdf". The name decides one thing only: a web page under the name of a PDF or Word file is refused, since it
is then a site's message and not the report that was wanted.
"""

from __future__ import annotations

import codecs
import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import PurePath
from typing import Literal

import charset_normalizer

from indexer.errors import ReadError

Format = Literal["pdf", "text", "html", "docx"]

LARGEST_TEXT = 20_000_000
"""Bytes of a text or HTML file; guards time and memory. A report's text has a hundredth of this."""
LARGEST_XML = 25_000_000
"""Bytes of one XML part of a Word file when unpacked; its tree in memory takes some twenty times as much."""
LARGEST_UNPACKED = 300_000_000
"""Bytes of a whole Word file when unpacked, pictures included; guards against archives made to fill a disk."""
MOST_PARTS = 10_000
"""Parts of a Word file; a report with a picture on every page has a few hundred."""

_PDF_WITHIN = 1024  # readers of PDF accept as much rubbish before the header (ISO 32000-1, implementation note 13)
_HEAD = 4096

_SIGNATURES: Sequence[tuple[bytes, str]] = (
    (b"\x89PNG\r\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"\x1f\x8b", "a packed file (gzip)"),
    (b"7z\xbc\xaf\x27\x1c", "a packed file (7z)"),
    (b"Rar!", "a packed file (RAR)"),
    (b"BZh", "a packed file (bzip2)"),
    (b"\xfd7zXZ\x00", "a packed file (xz)"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database"),
    (b"{\\rtf", "a Rich Text file (RTF)"),
    (b"%!PS", "a PostScript file"),
)
_WAY_OUT = {
    "a picture": "run text recognition over it, save the result as PDF and index that",
    "a packed": "unpack it and index the files inside",
    "a Rich": "open it in a word processor, save it as Word (.docx) or PDF and index that",
    "a PostS": "convert it to PDF and index that",
}
_OTHER_FILES = "only PDF, Word (.docx), HTML and text files can be indexed"

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OFFICE = {
    "xl/": "an Excel workbook",
    "ppt/": "a PowerPoint presentation",
    "content.xml": "an OpenDocument file",
    "META-INF/container.xml": "an e-book (EPUB)",
}

# Possessive, since a file made for it could otherwise keep the match trying for ever.
_PAGE_START = re.compile(
    r"(?:(?><!--.*?-->)|<\?xml[^>]*+>|\s)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_FRAGMENT_START = re.compile(
    r"\s*<(?:title|meta|base|link|style|script|main|article|section|header|nav|div|p|h[1-6]|table|center)\b[^<>]*>",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"</(?:p|div|h[1-6]|li|td|section|article|main|body)\s*>", re.IGNORECASE)
_SAVED_PAGE = re.compile(r"(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*+)*?content-type:\s*multipart/", re.IGNORECASE)

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the first half of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What reports hold beyond ASCII; tells Windows text from that of older Macs, where any byte is some character.
_EXPECTED = frozenset("‘’“”‚„–—…•·■▪£€©®™°²³½¼¾×§†‡éèêëáàâäãåçïíìîôöóòõøüúùûñÉÖÜßŵŷ\xa0\xad")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def megabytes(count: int) -> str:
    """A number of bytes for people: "20 MB", "1.5 MB"."""
    return f"{count / 1_000_000:,.1f}".removesuffix(".0") + " MB"


def format_of(data: bytes, name: str) -> Format:
    """The format of a file.

    Args:
        data: all its bytes.
        name: its name; the suffix matters for web pages alone.
    Raises:
        ReadError: if no reader is there for it; the reason says what it is and what to do.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise ReadError("it is empty; fetch it again" if data else "it is empty (0 bytes); fetch it again")
    if data.startswith(_ZIP):
        return _archive(data)
    if data.startswith(_OLE):
        raise ReadError(_old_office(data))
    _refuse_known(data)
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return "pdf"
    if len(data) > LARGEST_TEXT:
        _refuse_binary(data[:LARGEST_TEXT])
        raise ReadError(
            f"it is text of {megabytes(len(data))}, and the largest text read has {megabytes(LARGEST_TEXT)}; "
            "index the single reports in it as files of their own"
        )
    return _text(decode(data), PurePath(name).suffix.lower())


def decode(data: bytes) -> str:
    """The text of a file in whatever encoding it is: by its byte order mark, else UTF-8, else as its bytes suggest.

    Raises:
        ReadError: if it is not text.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return _printed(data.decode(encoding))
            except UnicodeDecodeError as error:
                raise ReadError(
                    f"it begins as {encoding.removesuffix('-sig').upper()} text and is damaged; fetch it again"
                ) from error
    unmarked = _utf16_without_mark(data)
    if unmarked is not None:
        return _printed(unmarked)
    _refuse_binary(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _mended_utf8(data) or _single_bytes(data)


# ---------------------------------------------------------------------------------------------- what it is


def _refuse_known(data: bytes) -> None:
    """Refuse what its first bytes show to be something else, by name and with the way out."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        what = "a picture (WebP)"
    elif data[4:8] == b"ftyp":
        what = "a picture (HEIC)" if data[8:11] in (b"hei", b"mif", b"avi") else "a film"
    else:
        what = next((name for signature, name in _SIGNATURES if data.startswith(signature)), "")
    if what:
        way_out = next((way for start, way in _WAY_OUT.items() if what.startswith(start)), _OTHER_FILES)
        raise ReadError(f"it is {what}; {way_out}")


def _archive(data: bytes) -> Format:
    """Tell a Word file from other zip archives, and refuse one that would not fit in memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
        raise ReadError("it is a zip archive or Word file that is cut off or damaged; fetch it again") from error
    names = [part.filename for part in parts]
    if not any(re.fullmatch(r"word/document\d*\.xml", name) for name in names):
        what = next((what for start, what in _OFFICE.items() if any(name.startswith(start) for name in names)), None)
        if what:
            raise ReadError(f"it is {what}; save the report as Word (.docx) or PDF and index that")
        raise ReadError("it is a zip archive and not a Word file; unpack it and index the files inside")
    if any(part.flag_bits & 1 for part in parts):
        raise ReadError("it is protected with a password; save it without one and index that")
    unpacked = sum(part.file_size for part in parts)
    largest = max(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    if unpacked > LARGEST_UNPACKED or largest > LARGEST_XML or len(parts) > MOST_PARTS:
        raise ReadError(
            f"it unpacks to {megabytes(unpacked)} in {len(parts):,} parts, more than any report does "
            f"(at most {megabytes(LARGEST_UNPACKED)}, {megabytes(LARGEST_XML)} of text, {MOST_PARTS:,} parts); "
            "save it as PDF and index that"
        )
    return "docx"


def _old_office(data: bytes) -> str:
    """What an OLE file is: an old Office file, or a new one under a password."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "it is protected with a password; save it without one and index that"
    if "WordDocument".encode("utf-16-le") in data:
        return "it is an old Word file (.doc); open it in Word, save it as .docx or PDF and index that"
    return "it is an old Office or Outlook file; save the report as Word (.docx) or PDF and index that"


def _text(text: str, suffix: str) -> Format:
    """Tell web pages, and data that only programs read, from plain text."""
    if not text.strip():
        raise ReadError("it is empty; fetch it again")
    if _is_html(text):
        if suffix in (".pdf", ".docx"):
            raise ReadError(
                f"it is a web page (HTML) although its name ends in {suffix}; "
                "open it in a browser, download the report itself and index that file"
            )
        return "html"
    start = text[:_HEAD].lstrip()
    if _SAVED_PAGE.match(start):
        raise ReadError(
            "it is an e-mail or a web page saved as one (.eml, .mht); "
            "open it, save the report as PDF or as a plain web page (.html) and index that"
        )
    if start.startswith("<?xml"):
        raise ReadError(f"it is XML data; {_OTHER_FILES}")
    if start[:1] in ("{", "[") and _is_json(text):
        raise ReadError(f"it is data (JSON); {_OTHER_FILES}")
    return "text"


def _is_html(text: str) -> bool:
    """Whether text is a web page, or a piece of one that opens with a block and closes several."""
    if _PAGE_START.match(text[:_HEAD]):
        return True
    return bool(_FRAGMENT_START.match(text[:_HEAD])) and len(_CLOSING.findall(text[: 16 * _HEAD])) >= 3


def _is_json(text: str) -> bool:
    """Whether text is one JSON value."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


# ---------------------------------------------------------------------------------------------- encodings


def _refuse_binary(data: bytes) -> None:
    """Refuse what holds bytes that no text has: any zero byte, or more controls than a stray one here and there."""
    controls = len(data) - len(data.translate(None, bytes([*range(9), *range(14, 27), *range(28, 32), 127])))
    if b"\x00" in data or controls > _most_controls(len(data)):
        raise ReadError(f"it is not text; {_OTHER_FILES}")


def _most_controls(length: int) -> int:
    """How many control characters text of a length may hold: a stray one here and there."""
    return 4 + length // 200


def _printed(text: str) -> str:
    """The text, unless too much of it is controls for it to be text at all."""
    if len(_CONTROL.findall(text)) > _most_controls(len(text)):
        raise ReadError(f"it is not text; {_OTHER_FILES}")
    return text


def _utf16_without_mark(data: bytes) -> str | None:
    """UTF-16 text that lacks its byte order mark: in English, every other byte is zero."""
    if len(data) < 4 or len(data) % 2:
        return None
    for zeros, others, encoding in ((data[1::2], data[::2], "utf-16-le"), (data[::2], data[1::2], "utf-16-be")):
        if zeros.count(0) * 10 >= len(zeros) * 9 and not others.count(0):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                return None
    return None


def _mended_utf8(data: bytes) -> str | None:
    """UTF-8 text with a few stray Windows bytes, as pasting makes it; None where it is not mostly UTF-8.

    Read as Windows text instead, every curly quote of the document would turn into three wrong characters.
    """
    text = data.decode("utf-8", errors="surrogateescape")
    stray = [character for character in text if "\udc80" <= character <= "\udcff"]
    sound = sum(character > "\x7f" for character in text) - len(stray)
    if len(stray) * 10 > sound:
        return None
    windows = {ord(c): bytes([ord(c) - 0xDC00]).decode("cp1252", errors="ignore") for c in set(stray)}
    return text.translate(windows)


def _single_bytes(data: bytes) -> str:
    """Text of one byte a character: Windows or old Mac by what English reports hold, else the likeliest of all."""
    best, best_share = "", 0.0
    for encoding in ("cp1252", "mac_roman"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        beyond = [character for character in text if character > "\x7f"]
        share = sum(character in _EXPECTED for character in beyond) / len(beyond)
        if share > best_share:
            best, best_share = text, share
    # English has few characters beyond ASCII; in other alphabets most are.
    if best_share >= 0.5 and sum(byte > 0x7F for byte in data) * 3 < len(data):
        return best
    guess = charset_normalizer.from_bytes(data).best()
    if guess is None:
        raise ReadError("it is not text in any encoding known; save it as UTF-8 text and index that")
    return str(guess)
