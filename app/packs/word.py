"""A pack as a Word document: real headings, a list of contents, quotations, links; the same bytes for the same pack."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from app import words
from app.licence import LICENCE_NAME, LICENCE_STATEMENT, LICENCE_URL
from app.packs import wording
from app.packs.pack import Entry, Pack, Section

_PACKED: Final = (1980, 1, 1, 0, 0, 0)
"""The time that each part of the file bears: the earliest that a zip archive can say."""
_ACCENT: Final = RGBColor(0x17, 0x49, 0x5A)
_SOFT: Final = RGBColor(0x51, 0x5C, 0x62)
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold."""
_LONGEST_HEADING: Final = 160


def as_word(pack: Pack) -> bytes:
    """The pack as a Word document (.docx)."""
    document = docx.Document()
    _set_up(document, pack)
    sheet = _Sheet(document, {str(style.name): style.style_id for style in document.styles})
    sheet.add(pack.title, "Title")
    sheet.add(f"{words.day(pack.made)}. {wording.summary(pack)}.")
    for notice in wording.notices(pack):
        sheet.add().add_run(_legal(notice)).bold = True
    if pack.asked:
        _contents(sheet, pack)
    for section in pack.sections:
        _section(sheet, pack, section)
    _closing(sheet, pack)
    return _packed(document)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A document that is being written.

    Styles go by their ids, since to look one up by its name the library searches all of them, for each paragraph anew.
    """

    document: Document
    styles: Mapping[str, str]

    def add(self, text: str = "", style: str = "Normal") -> Paragraph:
        """Add a paragraph."""
        paragraph = self.document.add_paragraph(_legal(text))
        if style != "Normal":
            paragraph._p.style = self.styles[style]
        return paragraph

    def link(self, paragraph: Paragraph, text: str, *, address: str = "", anchor: str = "") -> None:
        """Add a link at a paragraph's end: to an address, or to a place in the document."""
        link = OxmlElement("w:hyperlink")
        if anchor:
            link.set(qn("w:anchor"), anchor)
        else:
            target = paragraph.part.relate_to(_legal(address), RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
            link.set(qn("r:id"), target)
        run = paragraph.add_run(_legal(text))
        run._r.style = self.styles["Hyperlink"]
        link.append(run._r)
        paragraph._p.append(link)


# ---------------------------------------------------------------------------------------------- its parts


def _contents(sheet: _Sheet, pack: Pack) -> None:
    """Every line with a link to its findings and how many these are."""
    sheet.add("Lines of enquiry", "Heading 1")
    for section in pack.sections:
        paragraph = sheet.add(style="List Paragraph")
        sheet.link(paragraph, f"{section.number}. {_heading(section)}", anchor=_anchor(section))
        paragraph.add_run(f" ({words.count(len(section.entries), 'finding')})")


def _section(sheet: _Sheet, pack: Pack, section: Section) -> None:
    if section.answer:
        heading = sheet.add(f"{section.number}. {_heading(section)}", "Heading 1")
        _bookmark(heading, section)
        if _heading(section) != section.line:
            sheet.add(section.line)
        sheet.add(" ".join((wording.found(section), *wording.taken(section))), "Small")
    for place, entry in enumerate(section.entries, start=1):
        sheet.add(wording.heading(section, place, entry), "Heading 2")
        _entry(sheet, pack, section, entry)


def _entry(sheet: _Sheet, pack: Pack, section: Section, entry: Entry) -> None:
    sheet.add(" · ".join(wording.facts(entry, section)), "Small").paragraph_format.keep_with_next = True
    sheet.add(entry.finding.text, "Quote")
    source = sheet.add(f"{entry.citation}. ")
    sheet.link(source, "Read it in the report", address=wording.link(pack, entry))


def _closing(sheet: _Sheet, pack: Pack) -> None:
    """How the pack was made, and under what its quotations may be used."""
    sheet.add("How this was made", "Heading 1")
    for label, value in wording.about(pack):
        paragraph = sheet.add(style="List Paragraph")
        paragraph.add_run(f"{_legal(label)}: ").bold = True
        paragraph.add_run(_legal(value))
    sheet.add(wording.NOTE)
    before, after = LICENCE_STATEMENT.split(LICENCE_NAME)
    licence = sheet.add(before)
    sheet.link(licence, LICENCE_NAME, address=LICENCE_URL)
    licence.add_run(after)


def _heading(section: Section) -> str:
    return words.shortened(section.line, _LONGEST_HEADING)


def _anchor(section: Section) -> str:
    return f"line_{section.number}"


# ---------------------------------------------------------------------------------------------- how it looks


def _set_up(document: Document, pack: Pack) -> None:
    """A4, British English, the styles, the footer with the licence and the page, and what the file says of itself."""
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.5)
    page.top_margin = page.bottom_margin = Cm(2.2)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
    _styles(document)
    footer = page.footer.paragraphs[0]
    footer.style = document.styles["Small"]
    footer.add_run(f"{LICENCE_STATEMENT} Page ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    field.append(footer.add_run("1")._r)
    footer._p.append(field)
    about = document.core_properties
    about.title, about.subject = _legal(pack.title), wording.summary(pack)
    about.author = about.last_modified_by = "Findings search"
    about.comments, about.language = LICENCE_STATEMENT, "en-GB"
    about.created = about.modified = datetime.combine(pack.made, time(), UTC)


def _styles(document: Document) -> None:
    styles = document.styles
    for name in ("Title", "Heading 1", "Heading 2"):
        _style(document, name).font.color.rgb = _ACCENT
    quote = _style(document, "Quote")
    quote.font.italic, quote.font.color.rgb = False, RGBColor(0, 0, 0)
    quote.paragraph_format.left_indent = Cm(0.6)
    quote.paragraph_format.space_after = Pt(6)
    _rule(quote)
    small = styles.add_style("Small", WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(small, ParagraphStyle)
    small.base_style = styles["Normal"]
    small.font.size, small.font.color.rgb = Pt(9.5), _SOFT
    small.paragraph_format.space_after = Pt(4)
    link = styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER, builtin=True)
    link.font.color.rgb, link.font.underline = _ACCENT, True


def _style(document: Document, name: str) -> ParagraphStyle:
    found = document.styles[name]
    assert isinstance(found, ParagraphStyle)
    return found


def _rule(style: ParagraphStyle) -> None:
    """A line down the left side of what has this style."""
    borders, left = OxmlElement("w:pBdr"), OxmlElement("w:left")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "10"), ("color", str(_ACCENT))):
        left.set(qn(f"w:{name}"), value)
    borders.append(left)
    # The order of a style's properties is fixed: borders stand before spacing and indents.
    style.element.get_or_add_pPr().insert(0, borders)


# ---------------------------------------------------------------------------------------------- what Word needs


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)


def _bookmark(heading: Paragraph, section: Section) -> None:
    """Make a heading a place that a link can lead to."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(section.number))
    start.set(qn("w:name"), _anchor(section))
    heading._p.insert(1, start)
    heading._p.append(end)


def _packed(document: Document) -> bytes:
    """The document's file, with one time on every part, so that it does not tell when it was written."""
    written, packed = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(packed, "w") as file:
        for name in parts.namelist():
            file.writestr(zipfile.ZipInfo(name, _PACKED), parts.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
