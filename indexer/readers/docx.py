"""Word files: the body of the document, in order, with the numbers and bullets Word prints before its paragraphs.

python-docx opens the file and resolves its parts; the body is walked in XML, since python-docx leaves out what stands
in content controls, tracked insertions and text boxes, and reports under review hold all three. Left out are heads and
feet, tracked deletions, hidden text, the contents list and the bodies of footnotes. Word breaks pages when it prints,
so the file has none.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import docx
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from lxml.etree import LxmlError, _Element

from indexer.errors import ReadError
from indexer.models import Line, Page, SourceDocument
from indexer.readers.lines import LONGEST_CELL, Words, document, has_marker, one_line, row
from indexer.readers.numbering import BULLET, Numbering, number, roman, value

_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_CONTENTS_STYLE = re.compile(r"(?:toc (?:\d|heading)|table of figures)", re.IGNORECASE)
_HEADING_STYLE = re.compile(r"heading (\d)", re.IGNORECASE)
_LIST_STYLE = re.compile(r"list (?:bullet|number) ([2-5])", re.IGNORECASE)
_OFF = ("0", "false", "off", "none")
_AS_PDF = "open it in Word, save it as an ordinary .docx or as PDF and index that"

# Elements whose children stand in the text as if they stood there themselves.
_TRANSPARENT = frozenset(
    qn(f"w:{name}")
    for name in ("hyperlink", "ins", "moveTo", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml", "bdo", "dir")
) | {f"{_COMPATIBILITY}AlternateContent", f"{_COMPATIBILITY}Choice"}


def read_docx(path: Path, source: str, sha256: str, data: bytes) -> SourceDocument:
    """Read a Word file (.docx).

    Raises:
        ReadError: if it is damaged or protected, or holds no words.
    """
    try:
        word = docx.Document(io.BytesIO(data))
    except (zipfile.BadZipFile, zlib.error, OpcError, LxmlError, OSError, EOFError) as error:
        raise ReadError("it is a Word file that is cut off or damaged; fetch it again") from error
    except (KeyError, ValueError, AttributeError, NotImplementedError, RuntimeError) as error:
        # Macro files, templates, Strict Open XML, encrypted parts, parts that are missing.
        raise ReadError(f"it is a kind of Word file that cannot be read; {_AS_PDF}") from error
    lines = _Body(_Styles.of(word), _numbering(word)).lines(word.element.body)
    way_out = "its pages may be pictures; save it as PDF, run text recognition over it and index that"
    return document(source, sha256, "docx", [Page(1, tuple(lines))], False, way_out)


def _numbering(word: WordDocument) -> Numbering:
    """The lists of a document."""
    try:
        part = word.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING)
    except KeyError:
        part = None
    styles = {style.get(qn("w:styleId"), ""): style for style in word.styles.element.iterchildren(qn("w:style"))}

    def list_of_style(name: str) -> str | None:
        style = styles.get(name)
        return None if style is None else value(style.find(f"{qn('w:pPr')}/{qn('w:numPr')}/{qn('w:numId')}"))

    return Numbering(part.element if isinstance(part, XmlPart) else None, list_of_style)


# ---------------------------------------------------------------------------------------------- styles


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph or its words look like; None where not set."""

    name: str = ""
    heading: int | None = None
    bold: bool | None = None
    size: float | None = None
    list_id: str | None = None
    level: int | None = None
    list_style: str = ""
    """The style in the chain that set the list."""

    def under(self, nearer: _Style) -> _Style:
        """This style with what a style based on it sets."""
        return _Style(
            name=nearer.name,
            heading=self.heading if nearer.heading is None else nearer.heading,
            bold=self.bold if nearer.bold is None else nearer.bold,
            size=self.size if nearer.size is None else nearer.size,
            list_id=self.list_id if nearer.list_id is None else nearer.list_id,
            level=self.level if nearer.level is None else nearer.level,
            list_style=nearer.list_style if nearer.list_id is not None else self.list_style,
        )


@dataclass(slots=True)
class _Styles:
    """The named styles of a document, each with what it inherits."""

    by_id: dict[str, _Style]
    normal: _Style

    @classmethod
    def of(cls, word: WordDocument) -> _Styles:
        """Read the styles of a document."""
        root = word.styles.element
        elements = {style.get(qn("w:styleId"), ""): style for style in root.iterchildren(qn("w:style"))}
        defaults = root.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
        base = _Style(bold=_switch(defaults, "w:b"), size=_size(defaults))
        by_id: dict[str, _Style] = {}
        for style_id in elements:
            chain: list[str] = []
            following: str | None = style_id
            while following is not None and following in elements and following not in chain:
                chain.append(following)
                following = value(elements[following].find(qn("w:basedOn")))
            # The defaults of the document lie under paragraphs; under a character style lies its paragraph.
            is_character = elements[style_id].get(qn("w:type")) == "character"
            style = _Style() if is_character else base
            for name in reversed(chain):
                style = style.under(_own(elements[name], name))
            by_id[style_id] = style
        default = next(
            (
                style_id
                for style_id, style in elements.items()
                if style.get(qn("w:type")) == "paragraph" and style.get(qn("w:default")) in ("1", "true", "on")
            ),
            "",
        )
        return cls(by_id, by_id.get(default, base))

    def paragraph(self, properties: _Element | None) -> _Style:
        """The style of a paragraph with what the paragraph itself sets."""
        if properties is None:
            return self.normal
        named = self.by_id.get(value(properties.find(qn("w:pStyle"))) or "", self.normal)
        return named.under(replace(_paragraph(properties), name=named.name))

    def words(self, properties: _Element | None, around: _Style) -> tuple[bool, float | None]:
        """Whether a run of words is bold, and its size in points."""
        named = (
            _Style() if properties is None else self.by_id.get(value(properties.find(qn("w:rStyle"))) or "", _Style())
        )
        bold, size = _switch(properties, "w:b"), _size(properties)
        bold = next((choice for choice in (bold, named.bold, around.bold) if choice is not None), False)
        return bold, size or named.size or around.size


def _own(style: _Element, style_id: str) -> _Style:
    """What a named style sets itself."""
    name = value(style.find(qn("w:name"))) or style_id
    properties = style.find(qn("w:rPr"))
    found = _HEADING_STYLE.fullmatch(name)
    heading = int(found[1]) if found else 1 if name.lower() == "title" else None
    paragraph = style.find(qn("w:pPr"))
    own = _paragraph(paragraph) if paragraph is not None else _Style()
    return replace(
        own,
        name=name,
        heading=own.heading if heading is None else heading,
        bold=_switch(properties, "w:b"),
        size=_size(properties),
        list_style=style_id,
    )


def _paragraph(properties: _Element) -> _Style:
    """What paragraph properties set: outline level and list."""
    outline = properties.find(qn("w:outlineLvl"))
    level = number(outline, 9)
    numbering = properties.find(qn("w:numPr"))
    place = None if numbering is None else numbering.find(qn("w:ilvl"))
    return _Style(
        # Level 9 is body text; it also takes the heading level of a style away.
        heading=None if outline is None else level + 1 if level < 9 else 0,
        list_id=None if numbering is None else value(numbering.find(qn("w:numId"))),
        level=None if place is None else number(place, 0),
    )


def _depth(style: str) -> int:
    """How deep Word's own list styles are nested: "List Bullet 2" is the outermost level of a list set further in."""
    found = _LIST_STYLE.fullmatch(style)
    return int(found[1]) - 1 if found else 0


def _switch(properties: _Element | None, name: str) -> bool | None:
    """A property that is on, off or not set."""
    element = None if properties is None else properties.find(qn(name))
    return None if element is None else value(element) not in _OFF


def _size(properties: _Element | None) -> float | None:
    """Font size in points; Word counts half points."""
    halves = number(None if properties is None else properties.find(qn("w:sz")), 0)
    return halves / 2 if halves > 0 else None


# ---------------------------------------------------------------------------------------------- body


@dataclass(slots=True)
class _Body:
    """Walks the blocks of a document in order and gathers lines."""

    styles: _Styles
    numbering: Numbering
    gathered: list[Line] = field(default_factory=list)
    words: list[Words] = field(default_factory=lambda: [Words()])
    """The lines of the paragraph being read."""
    boxes: list[_Element] = field(default_factory=list)
    """Text boxes anchored in the paragraph being read."""
    block: int = 0
    footnotes: int = 0
    endnotes: int = 0

    def lines(self, container: _Element) -> list[Line]:
        """The lines of the body."""
        self._blocks(container)
        self._emit(self.words, None, self.styles.normal)
        return self.gathered

    def _blocks(self, container: _Element) -> None:
        for child in _shown(container):
            if child.tag == qn("w:p"):
                self._take_paragraph(child)
            elif child.tag == qn("w:tbl"):
                self._take_table(child)
            elif child.tag in _TRANSPARENT and not _is_contents(child):
                self._blocks(child)

    def _take_paragraph(self, paragraph: _Element) -> None:
        """Take a paragraph. Where its end is deleted by a tracked change it runs on into the next one."""
        properties = paragraph.find(qn("w:pPr"))
        style = self.styles.paragraph(properties)
        self._runs(paragraph, style)
        mark = None if properties is None else properties.find(qn("w:rPr"))
        if mark is not None and mark.find(qn("w:del")) is not None:
            return
        gathered, self.words = self.words, [Words()]
        marker = self._marker(style)
        if not _CONTENTS_STYLE.match(style.name):
            self._emit(gathered, marker, style)
        boxes, self.boxes = self.boxes, []
        for box in boxes:
            self._blocks(box)

    def _emit(self, gathered: list[Words], marker: str | None, style: _Style) -> None:
        """Make the lines of a paragraph."""
        item = None if marker is None or style.heading else style.level or _depth(style.name)
        for words in gathered:
            line = words.line()
            if line is None:
                continue
            own = marker == BULLET and has_marker(line.text)
            text = f"{marker} {line.text}" if marker and not own else line.text
            heading = style.heading or None
            self.gathered.append(replace(line, text=text, heading=heading, item=item, block=self.block, footnote=False))
            marker = item = None
        if self.gathered and self.gathered[-1].block == self.block:
            self.block += 1

    def _marker(self, style: _Style) -> str | None:
        """The number or bullet before the paragraph now read; None where it is no list item."""
        if style.list_id is None or style.list_id == "0":
            return None
        place = style.level
        if place is None:
            place = self.numbering.level_of_style(style.list_id, style.list_style)
        return self.numbering.marker(style.list_id, place)

    # ------------------------------------------------------------------------------------------ words

    def _runs(self, container: _Element, style: _Style) -> None:
        for child in _shown(container):
            if child.tag == qn("w:r"):
                self._run(child, style)
            elif child.tag in _TRANSPARENT:
                self._runs(child, style)

    def _run(self, run: _Element, style: _Style) -> None:
        """Take one run of words of the same look."""
        properties = run.find(qn("w:rPr"))
        if _switch(properties, "w:vanish"):
            return
        bold, size = self.styles.words(properties, style)
        raised = None if properties is None else value(properties.find(qn("w:vertAlign")))
        for child in _shown(run):
            text = _text(child)
            if text and raised == "superscript":
                self.words[-1].superscript(text, bold)
            elif text:
                self.words[-1].add(text, bold, size)
            else:
                self._mark(child, style)

    def _mark(self, child: _Element, style: _Style) -> None:
        """Take an element of a run that is no text: a line break, a note's reference, a text box."""
        if child.tag in (qn("w:br"), qn("w:cr")):
            self.words.append(Words())
        elif child.tag == qn("w:footnoteReference"):
            self.footnotes += 1
            self.words[-1].notes.append(str(self.footnotes))
        elif child.tag == qn("w:endnoteReference"):
            self.endnotes += 1
            self.words[-1].notes.append(roman(self.endnotes))
        elif child.tag in (qn("w:drawing"), qn("w:pict"), qn("w:object")):
            self.boxes.extend(_text_boxes(child))
        elif child.tag in _TRANSPARENT:
            for inner in _shown(child):
                self._mark(inner, style)

    # ------------------------------------------------------------------------------------------ tables

    def _take_table(self, table: _Element) -> None:
        """Take a table: one of data as a line for each row, one that lays out prose as that prose."""
        rows = [list(_cells(tr)) for tr in _rows(table)]
        if _is_layout(rows):
            for cells in rows:
                for cell in cells:
                    self._blocks(cell)
            return
        for cells in rows:
            line = row([self._cell(cell) for cell in cells], self.block)
            if line is not None:
                self.gathered.append(line)
                self.block += 1

    def _cell(self, cell: _Element) -> Line | None:
        """The words of a table cell as one line."""
        outside, self.gathered = self.gathered, []
        block = self.block
        self._blocks(cell)
        lines, self.gathered = self.gathered, outside
        self.block = block
        return one_line(lines)


def _shown(container: _Element) -> Iterator[_Element]:
    """The children of an element; of alternatives for older programs only the first."""
    for child in container:
        if isinstance(child.tag, str) and child.tag != f"{_COMPATIBILITY}Fallback":
            yield child


def _text_boxes(drawing: _Element) -> list[_Element]:
    """The text boxes of a drawing; not those inside them, nor their copies for older programs."""
    found: list[_Element] = []
    for box in drawing.iter(qn("w:txbxContent")):
        around = list(box.iterancestors(qn("w:txbxContent"), f"{_COMPATIBILITY}Fallback"))
        if not any(outer in found or drawing in outer.iterancestors() for outer in around):
            found.append(box)
    return found


def _text(child: _Element) -> str:
    """What an element of a run prints."""
    if child.tag == qn("w:t"):
        return child.text or ""
    if child.tag in (qn("w:tab"), qn("w:ptab")):
        return "\t"
    if child.tag == qn("w:noBreakHyphen"):
        return "-"
    if child.tag == qn("w:sym"):
        code = child.get(qn("w:char"), "")
        return chr(int(code, 16)) if re.fullmatch(r"[0-9A-Fa-f]{4}", code) else ""
    return ""


def _rows(table: _Element) -> Iterator[_Element]:
    """The rows of a table, those deleted by a tracked change left out."""
    for child in _shown(table):
        if child.tag == qn("w:tr"):
            if child.find(f"{qn('w:trPr')}/{qn('w:del')}") is None:
                yield child
        elif child.tag in _TRANSPARENT:
            yield from _rows(child)


def _cells(tr: _Element) -> Iterator[_Element]:
    """The cells of a row."""
    for child in _shown(tr):
        if child.tag == qn("w:tc"):
            yield child
        elif child.tag in _TRANSPARENT:
            yield from _cells(child)


def _is_layout(rows: list[list[_Element]]) -> bool:
    """Whether a table lays out prose: it has one column, a table in a table, lists, or long cells."""
    if max(map(len, rows), default=0) < 2:
        return True
    return any(
        cell.find(f".//{qn('w:tbl')}") is not None
        or cell.find(f".//{qn('w:numPr')}") is not None
        or sum(len(text.text or "") for text in cell.iter(qn("w:t"))) > LONGEST_CELL
        for cells in rows
        for cell in cells
    )


def _is_contents(element: _Element) -> bool:
    """Whether a content control holds the contents list."""
    gallery = element.find(f"{qn('w:sdtPr')}/{qn('w:docPartObj')}/{qn('w:docPartGallery')}")
    return value(gallery) == "Table of Contents"
