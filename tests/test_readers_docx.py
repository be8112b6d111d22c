"""Word files as lines: files made with python-docx and, where it has no words for it, with the XML Word writes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt

from indexer.errors import ReadError
from indexer.models import Line, SourceDocument
from indexer.readers import read_source
from indexer.readers.docx import read_docx
from indexer.readers.numbering import roman

Write = Callable[[WordDocument], None]


def make_docx(write: Write) -> bytes:
    """A Word file written by a function."""
    document = docx.Document()
    write(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def read(data: bytes) -> SourceDocument:
    """A Word file, read."""
    return read_docx(Path("report.docx"), "report.docx", "0" * 64, data)


def lines(write: Write) -> tuple[Line, ...]:
    """The lines of a Word file written by a function."""
    (page,) = read(make_docx(write)).pages
    return page.lines


def late_visits(document: WordDocument) -> None:
    """A report of three words."""
    document.add_paragraph("Visits are late.")


def body(*blocks: str) -> tuple[Line, ...]:
    """The lines of a Word file with these blocks of XML."""

    def write(document: WordDocument) -> None:
        for block in blocks:
            add(document, block)

    return lines(write)


def add(document: WordDocument, block: str) -> None:
    """Add a block of XML to the end of a document."""
    element = parse_xml(block.replace(">", f" {nsdecls('w', 'wp', 'a')} {EXTRA}>", 1))
    document.element.body.insert(len(document.element.body) - 1, element)


EXTRA = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)


def run(text: str, properties: str = "") -> str:
    """A run of words."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def raised(text: str) -> str:
    """A run of raised letters."""
    return run(text, '<w:vertAlign w:val="superscript"/>')


SHOWN = run(" again", '<w:vanish w:val="0"/>')
"""Words that take back what their style hides."""
NOTE = '<w:r><w:footnoteReference w:id="5"/></w:r>'


def listed(text: str, list_id: int, level: int = 0) -> str:
    """A paragraph in a list."""
    numbering = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'
    return f"<w:p><w:pPr>{numbering}</w:pPr>{run(text)}</w:p>"


def define_list(document: WordDocument, list_id: int, *levels: str, overrides: str = "") -> None:
    """Define a list under a number of its own, each level as "style text start", such as "decimal %1. 1"."""
    part = document.part.numbering_part.element
    xml = "".join(
        f'<w:lvl w:ilvl="{place}"><w:start w:val="{start}"/><w:numFmt w:val="{style}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for place, (style, text, start) in enumerate(level.split() for level in levels)
    )
    definition = parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{list_id}">{xml}</w:abstractNum>')
    part.insert(0, definition)
    use_list(document, list_id, list_id, overrides)


def use_list(document: WordDocument, list_id: int, definition: int, overrides: str = "") -> None:
    """Define a further list of a definition."""
    xml = f'<w:num {nsdecls("w")} w:numId="{list_id}"><w:abstractNumId w:val="{definition}"/>{overrides}</w:num>'
    document.part.numbering_part.element.append(parse_xml(xml))


# ---------------------------------------------------------------------------------------------- a whole report


def test_a_report_comes_out_in_order() -> None:
    """Headings, paragraphs, lists and tables come in the order of the document, each as what it is."""

    def write(document: WordDocument) -> None:
        document.add_heading("Inspection of Bury", 0)
        document.add_heading("Headline findings", 1)
        document.add_paragraph("Leaders are visible.")
        document.add_paragraph("Plans are clear.", style="List Bullet")
        document.add_paragraph("Some are late.", style="List Bullet 2")
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip(table._cells, ["Judgement", "Grade", "Overall effectiveness", "Good"], strict=True):
            cell.text = text
        document.add_heading("What needs to improve", 2)
        document.add_paragraph("Visits.", style="List Number")
        document.add_paragraph("Supervision.", style="List Number")
        section = document.sections[0]
        section.header.paragraphs[0].text = "Running head"
        section.footer.paragraphs[0].text = "Page 1"

    document = read(make_docx(write))
    assert not document.paged
    assert [(line.text, line.heading, line.item, line.cells) for line in document.pages[0].lines] == [
        ("Inspection of Bury", 1, None, ()),
        ("Headline findings", 1, None, ()),
        ("Leaders are visible.", None, None, ()),
        ("• Plans are clear.", None, 0, ()),
        ("• Some are late.", None, 1, ()),
        ("Judgement\tGrade", None, None, ("Judgement", "Grade")),
        ("Overall effectiveness\tGood", None, None, ("Overall effectiveness", "Good")),
        ("What needs to improve", 2, None, ()),
        ("1. Visits.", None, 0, ()),
        ("2. Supervision.", None, 0, ()),
    ]
    assert [line.block for line in document.pages[0].lines] == list(range(10))


def test_type_is_told() -> None:
    """A line tells whether it is bold throughout and the size of most of it, as its runs and styles set them."""

    def write(document: WordDocument) -> None:
        strong = document.styles.add_style("Strong line", WD_STYLE_TYPE.PARAGRAPH)
        strong.base_style = document.styles["Normal"]
        strong.font.bold = True
        strong.font.size = Pt(15)
        based = document.styles.add_style("Based on it", WD_STYLE_TYPE.PARAGRAPH)
        based.base_style = strong
        document.add_paragraph().add_run("All bold.").bold = True
        paragraph = document.add_paragraph("Half ")
        paragraph.add_run("bold").bold = True
        document.add_paragraph("By style.", style="Strong line")
        plain = document.add_paragraph(style="Based on it").add_run("Not bold.")
        plain.bold = False
        large = document.add_paragraph("Small ").add_run("and much larger words")
        large.font.size = Pt(20.5)

    found = [(line.text, line.bold, line.size) for line in lines(write)]
    assert found == [
        ("All bold.", True, 11.0),
        ("Half bold", False, 11.0),
        ("By style.", True, 15.0),
        ("Not bold.", False, 15.0),
        ("Small and much larger words", False, 20.5),
    ]


def test_headings_by_outline_level() -> None:
    """An outline level makes a heading whatever the style is called, and body level takes one away."""
    found = body(
        '<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr><w:r><w:t>Third</w:t></w:r></w:p>',
        '<w:p><w:pPr><w:pStyle w:val="Heading1"/><w:outlineLvl w:val="9"/></w:pPr><w:r><w:t>Body</w:t></w:r></w:p>',
    )
    assert [(line.text, line.heading) for line in found] == [("Third", 3), ("Body", None)]


# ---------------------------------------------------------------------------------------------- numbers


def test_lists_count_as_in_word() -> None:
    """Levels count on their own, start again under a new outer number, and show outer numbers where they say so."""

    def write(document: WordDocument) -> None:
        define_list(document, 50, "decimal %1. 12", "lowerLetter (%2) 1", "lowerRoman %3. 1", "decimal %1.%2.%4 1")
        for text, level in [
            ("a", 0), ("b", 1), ("c", 1), ("d", 2), ("e", 2), ("f", 0), ("g", 1), ("h", 3),
        ]:  # fmt: skip
            add(document, listed(text, 50, level))
        add(document, "<w:p><w:r><w:t>Between.</w:t></w:r></w:p>")
        add(document, listed("i", 50))

    found = [(line.text, line.item) for line in lines(write)]
    assert found == [
        ("12. a", 0),
        ("(a) b", 1),
        ("(b) c", 1),
        ("i. d", 2),
        ("ii. e", 2),
        ("13. f", 0),
        ("(a) g", 1),
        ("13.a.1 h", 3),
        ("Between.", None),
        ("14. i", 0),
    ]


@pytest.mark.parametrize(
    ("style", "start", "expected"),
    [
        ("decimal", 9, ["9.", "10."]),
        ("decimalZero", 9, ["09.", "10."]),
        ("lowerLetter", 26, ["z.", "aa."]),
        ("upperLetter", 1, ["A.", "B."]),
        ("upperRoman", 3, ["III.", "IV."]),
        ("lowerRoman", 4_000, ["4000.", "4001."]),  # beyond Roman figures
        ("chineseCounting", 1, ["1.", "2."]),  # a style of other languages
    ],
)
def test_styles_of_numbers(style: str, start: int, expected: list[str]) -> None:
    """Numbers are printed in the style of their list."""

    def write(document: WordDocument) -> None:
        define_list(document, 50, f"{style} %1. {start}")
        add(document, listed("x", 50))
        add(document, listed("x", 50))

    assert [line.text.split()[0] for line in lines(write)] == expected


def test_lists_of_one_definition_count_together_unless_they_start_anew() -> None:
    """Two lists of the same definition count on, one that overrides the start begins there, once."""

    def write(document: WordDocument) -> None:
        define_list(document, 50, "decimal %1. 1")
        use_list(document, 51, 50)
        use_list(document, 52, 50, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>')
        for list_id in (50, 51, 52, 52, 50):
            add(document, listed("x", list_id))

    assert [line.text for line in lines(write)] == ["1. x", "2. x", "7. x", "8. x", "9. x"]


def test_what_is_numbered_and_what_not() -> None:
    """A heading keeps its number and is no item; list 0 and unknown lists are none; empty items count."""

    def write(document: WordDocument) -> None:
        define_list(document, 50, "decimal %1. 1", "none - 1", "bullet · 1")
        heading = '<w:p><w:pPr><w:pStyle w:val="Heading1"/><w:numPr><w:numId w:val="50"/></w:numPr></w:pPr>'
        add(document, f"{heading}<w:r><w:t>Findings</w:t></w:r></w:p>")
        add(document, '<w:p><w:pPr><w:pStyle w:val="ListBullet"/><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr>'
                      "<w:r><w:t>Plain.</w:t></w:r></w:p>")  # fmt: skip
        add(document, listed("Lost.", 999))
        add(document, listed("", 50))
        add(document, listed("After an empty one.", 50))
        add(document, listed("No mark.", 50, 1))
        add(document, listed("▪ Typed.", 50, 2))

    assert [(line.text, line.heading, line.item) for line in lines(write)] == [
        ("1. Findings", 1, None),
        ("Plain.", None, None),
        ("Lost.", None, None),
        ("3. After an empty one.", None, 0),
        ("No mark.", None, 1),
        ("▪ Typed.", None, 2),
    ]


def test_roman_figures() -> None:
    """Numbers in Roman figures."""
    assert [roman(count) for count in (1, 4, 9, 14, 40, 90, 400, 1994)] == [
        "i", "iv", "ix", "xiv", "xl", "xc", "cd", "mcmxciv",
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------------- what Word writes


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # Tracked changes: what was put in is read, what was taken out or moved away is not.
        (f"{run('Visits are ')}<w:del><w:r><w:delText>never </w:delText></w:r></w:del>"
         f"<w:ins>{run('often ')}</w:ins>{run('late.')}", ["Visits are often late."]),
        (f"<w:moveFrom>{run('Gone.')}</w:moveFrom><w:moveTo>{run('Here.')}</w:moveTo>", ["Here."]),
        # Links, fields and content controls hold words; instructions of fields are none.
        (f"<w:hyperlink>{run('The guide')}</w:hyperlink><w:r><w:instrText>PAGE</w:instrText></w:r>"
         f"<w:fldSimple w:instr='DATE'>{run(' of May')}</w:fldSimple>", ["The guide of May"]),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{run('Good')}</w:sdtContent></w:sdt>", ["Good"]),
        # Hidden words are not read.
        (f"{run('Seen')}{run(' unseen', '<w:vanish/>')}{SHOWN}", ["Seen again"]),
        # Line breaks make lines; tabs and hyphens are characters.
        ("<w:r><w:t>Bury Council</w:t><w:br/><w:t>Duke Street</w:t></w:r>", ["Bury Council", "Duke Street"]),
        ("<w:r><w:t>12.</w:t><w:tab/><w:t>multi</w:t><w:noBreakHyphen/><w:t>agency</w:t></w:r>", ["12. multi-agency"]),
        ("<w:r><w:t>well</w:t><w:softHyphen/><w:t>known</w:t></w:r>", ["wellknown"]),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0A7"/><w:t> Visits</w:t></w:r>', ["▪ Visits"]),
        # Raised letters that are no note.
        (f"{run('9')}{raised('th')}{run(' May')}", ["9th May"]),
        # Of alternatives for older programs the first is read, once; a text box follows its paragraph.
        ("<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx><w:txbxContent><w:p><w:r><w:t>Boxed."
         "</w:t></w:r></w:p></w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>"
         "<w:txbxContent><w:p><w:r><w:t>Boxed.</w:t></w:r></w:p></w:txbxContent></v:textbox></w:pict></mc:Fallback>"
         "</mc:AlternateContent></w:r>" + run("Outside."), ["Outside.", "Boxed."]),
        ("<w:r><w:pict><v:textbox><w:txbxContent><w:p><w:r><w:t>Old box.</w:t></w:r></w:p></w:txbxContent></v:textbox>"
         "</w:pict></w:r>" + run("Outside."), ["Outside.", "Old box."]),
    ],
)  # fmt: skip
def test_words_of_a_paragraph(content: str, expected: list[str]) -> None:
    """A paragraph's words are those Word shows with all changes accepted."""
    assert [line.text for line in body(f"<w:p>{content}</w:p>")] == expected


def test_lines_of_one_paragraph_share_their_block() -> None:
    """A line break does not end the paragraph."""
    broken = f"{run('a')}<w:r><w:br/></w:r>{run('b')}"
    found = body(f"<w:p>{broken}</w:p>", f"<w:p><w:pPr><w:pStyle w:val='ListBullet'/></w:pPr>{broken}</w:p>")
    assert [(line.text, line.item, line.block) for line in found] == [
        ("a", None, 0),
        ("b", None, 0),
        ("• a", 0, 1),
        ("b", None, 1),
    ]


def test_notes_are_numbered_in_their_order() -> None:
    """References to footnotes and endnotes are counted as Word prints them; raised digits are notes too."""
    found = body(
        f"<w:p>{run('One')}{NOTE}{run(' and')}{NOTE}</w:p>",
        f"<w:p>{run('Two')}<w:r><w:endnoteReference w:id='2'/></w:r></w:p>",
        f"<w:p>{run('Three.')}{raised('7')}</w:p>",
    )
    assert [(line.text, line.notes) for line in found] == [("One and", ("1", "2")), ("Two", ("i",)), ("Three.", ("7",))]


def test_a_paragraph_whose_end_is_deleted_runs_on() -> None:
    """Where a tracked change takes the end of a paragraph away, it is one with the next."""
    deleted = "<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>"
    found = body(
        f"<w:p>{deleted}{run('Visits are ')}</w:p>",
        f"<w:p>{deleted}<w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del></w:p>",
        f"<w:p>{run('late.')}</w:p>",
        f"<w:p>{deleted}{run('The last.')}</w:p>",
    )
    assert [line.text for line in found] == ["Visits are late.", "The last."]


def test_the_contents_list_is_left_out() -> None:
    """Paragraphs of the contents list repeat headings and say nothing."""
    entry = '<w:p><w:pPr><w:pStyle w:val="TOC1"/></w:pPr><w:r><w:t>Findings 5</w:t></w:r></w:p>'

    def write(document: WordDocument) -> None:
        document.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH).element.set(
            "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}styleId", "TOC1"
        )
        add(document, entry)
        add(document, "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj>"
                      f"</w:sdtPr><w:sdtContent><w:p>{run('Contents')}</w:p></w:sdtContent></w:sdt>")  # fmt: skip
        add(document, f"<w:sdt><w:sdtContent><w:p>{run('Findings')}</w:p></w:sdtContent></w:sdt>")

    assert [line.text for line in lines(write)] == ["Findings"]


# ---------------------------------------------------------------------------------------------- tables


def table(*rows: list[str]) -> str:
    """A table whose cells hold this XML, or words."""

    def cell(content: str) -> str:
        return f"<w:tc>{content if content.startswith('<w:p') else f'<w:p>{run(content)}</w:p>'}</w:tc>"

    content = "".join(f"<w:tr>{''.join(map(cell, cells))}</w:tr>" for cells in rows)
    return f"<w:tbl>{content}</w:tbl>"


def test_rows_of_data() -> None:
    """A row of short cells is one line; paragraphs in a cell are joined, empty rows left out, notes kept."""
    two = f"<w:p>{run('Help and')}</w:p><w:p>{run('protection')}{NOTE}</w:p>"
    found = body(table([two, "Good"], ["", ""], ["", "Inadequate"]), f"<w:p>{run('After.')}</w:p>")
    assert [(line.text, line.cells, line.notes, line.block) for line in found] == [
        ("Help and protection\tGood", ("Help and protection", "Good"), ("1",), 0),
        ("\tInadequate", ("", "Inadequate"), (), 1),
        ("After.", (), (), 2),
    ]


@pytest.mark.parametrize(
    "laid_out",
    [
        table(["One cell."]),  # a box
        table(["Left.", "Long words of prose. " * 40]),  # columns of prose
        table(["Left.", f"<w:p/>{table(['Inner.', 'Cell.'])}<w:p/>"]),  # a table in a table
        table(["Left.", listed("A point.", 1)]),  # a list
    ],
)
def test_a_table_that_lays_out_prose_is_prose(laid_out: str) -> None:
    """Cells of prose are read one after the other as the paragraphs they hold."""
    first = body(laid_out)[0]
    assert (first.cells, first.text) in [((), "One cell."), ((), "Left.")]


def test_a_deleted_row_is_left_out() -> None:
    """A row that a tracked change deletes is not read."""
    xml = table(["A", "Good"], ["B", "Bad"]).replace("<w:tr>", "<w:tr><w:trPr><w:del/></w:trPr>", 1)
    assert [line.text for line in body(xml)] == ["B\tBad"]


# ---------------------------------------------------------------------------------------------- damage


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A Word file with each part changed by a function, or left out where that gives None."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return buffer.getvalue()


def test_damaged_files_are_refused_with_the_reason(tmp_path: Path) -> None:
    """A Word file whose parts are broken, missing or of another kind says so in one line with a way out."""
    good = make_docx(late_visits)
    flipped = bytearray(good)
    flipped[good.index(b"word/document.xml") + 60] ^= 0xFF
    cases = {
        "cut off or damaged": [
            bytes(flipped),  # compressed data changed
            repacked(good, lambda name, part: part[: len(part) // 2] if name == "word/document.xml" else part),
        ],
        "a kind of Word file that cannot be read": [
            repacked(good, lambda name, part: None if name == "[Content_Types].xml" else part),
            repacked(good, lambda name, part: None if name == "_rels/.rels" else part),
            repacked(good, lambda name, part: part.replace(  # a macro file
                b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                b"application/vnd.ms-word.document.macroEnabled.main+xml")),
        ],
    }  # fmt: skip
    for reason, files in cases.items():
        for number, data in enumerate(files):
            path = tmp_path / f"{number}.docx"
            path.write_bytes(data)
            with pytest.raises(ReadError, match=f"{reason}.*; ") as caught:
                read_source(path, path.name)
            assert "\n" not in str(caught.value)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    """A part that declares entities, of itself or from a file, gets none of them."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    declared = f'<!DOCTYPE x [<!ENTITY xxe SYSTEM "{secret.as_uri()}"><!ENTITY b "boom">]>'.encode()

    def change(name: str, part: bytes) -> bytes:
        if name != "word/document.xml":
            return part
        return part.replace(b"<w:document", declared + b"<w:document", 1).replace(b"late", b"late &xxe;&b;")

    good = make_docx(late_visits)
    found = " ".join(line.text for line in read(repacked(good, change)).pages[0].lines)
    assert "Visits are late" in found
    assert "secret" not in found


def test_a_loop_of_styles_ends() -> None:
    """Styles based on each other in a circle do not keep the reader for ever."""

    def write(document: WordDocument) -> None:
        one = document.styles.add_style("One", WD_STYLE_TYPE.PARAGRAPH)
        two = document.styles.add_style("Two", WD_STYLE_TYPE.PARAGRAPH)
        one.base_style, two.base_style = two, one
        two.font.bold = True
        document.add_paragraph("Visits are late.", style="One")

    assert [(line.text, line.bold) for line in lines(write)] == [("Visits are late.", True)]
