"""Plain text as lines: the five documents the product began with, and the marks of converters one by one."""

from __future__ import annotations

import re
import textwrap
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import ReadError
from indexer.models import Line, SourceDocument
from indexer.readers.text import read_text

SEEDS = Path(__file__).parent.parent / "seeds"
BURY_2011, BURY_2022, BURY_2016, MANCHESTER, BARNSLEY = sorted(path.name for path in SEEDS.glob("*.txt"))


def read(text: str) -> SourceDocument:
    """Text, read."""
    return read_text(Path("letter.txt"), "letter.txt", "0" * 64, text.encode())


def lines(text: str) -> list[Line]:
    """All lines of a text."""
    return [line for page in read(text).pages for line in page.lines]


def texts(text: str) -> list[str]:
    """The words of all lines of a text."""
    return [line.text for line in lines(text)]


def paragraphs(document: SourceDocument) -> list[str]:
    """The paragraphs of a document: its lines joined by their block."""
    gathered = [line for page in document.pages for line in page.lines]
    return [" ".join(line.text for line in group) for _, group in groupby(gathered, key=lambda line: line.block)]


def seed(name: str) -> SourceDocument:
    """One of the five documents, read."""
    return read_text(SEEDS / name, name, "0" * 64, (SEEDS / name).read_bytes())


def seed_lines(name: str) -> list[Line]:
    """All lines of one of the five documents."""
    return [line for page in seed(name).pages for line in page.lines]


# ---------------------------------------------------------------------------------------------- the five documents


@pytest.mark.parametrize(
    ("name", "pages", "count", "items"),
    [
        (BURY_2011, 3, 50, 17),  # three pages of a letter; 10 bullets on two lines, 7 on their own
        (BURY_2022, 5, 45, 5),  # the letterhead is cut off as a page of its own
        (BURY_2016, 45, 300, 178),  # the report has 45 pages
        (MANCHESTER, 4, 39, 13),
        (BARNSLEY, 2, 54, 26),
    ],
)
def test_the_five_documents_are_read_whole(name: str, pages: int, count: int, items: int) -> None:
    """Pages, lines and list items are as many as the documents hold, and no converter's mark is left in the words."""
    document = seed(name)
    found = seed_lines(name)
    assert (len(document.pages), len(found)) == (pages, count)
    assert sum(line.item is not None for line in found) == items
    assert [page.number for page in document.pages] == list(range(1, pages + 1))
    assert not document.paged, "runs of blank lines do not tell a page's true number"
    for line in found:
        assert not re.search(r"</?[a-z]+[ >]|\*\*|&\w+;|^#|\\|\s\s|^\s|\s$", line.text.replace("\t", " | ")), line.text
        assert line.size is None


@pytest.mark.parametrize("name", [BURY_2011, BURY_2022, BURY_2016, MANCHESTER, BARNSLEY])
def test_each_line_of_the_five_documents_is_a_paragraph(name: str) -> None:
    """These documents give each paragraph, and each line of an address, a line of its own, so no two share a block."""
    blocks = [line.block for line in seed_lines(name)]
    assert blocks == list(range(len(blocks)))


@pytest.mark.parametrize("name", [BURY_2011, BURY_2022, BURY_2016, MANCHESTER, BARNSLEY])
def test_no_word_of_the_five_documents_is_lost(name: str) -> None:
    """Every word of the file comes out once and in order; only marks, notes and dashes before numbers go."""
    text = (SEEDS / name).read_text(encoding="utf-8")
    text = re.sub(r"<sup>&</sup>lt;sup>\d</sup>|<sup>\d</sup>|<[^>]*>|^#+|\*\*|\\", "", text, flags=re.MULTILINE)
    text = re.sub(r"^- (?=\d+\.)", "", text, flags=re.MULTILINE)
    assert " ".join(line.text for line in seed_lines(name)).split() == text.split()


def test_bullets_on_one_line_become_lines() -> None:
    """The bullets that a converter ran together behind a list tag are lines of their own, each with its bullet."""
    bullets = [line.text for line in seed_lines(BURY_2011) if line.text.startswith("▪")]
    assert len(bullets) == 10
    assert bullets[1].startswith("▪ Senior management have taken decisive action")
    assert bullets[-1].endswith("evidence of managers using this tool to adjust caseloads.")


def test_halves_of_a_paragraph_on_two_pages_stay_two_lines() -> None:
    """A paragraph broken by a page stays broken: joining it is not the reader's work, telling the two apart is."""
    first, second = seed(BARNSLEY).pages
    assert first.lines[-1].text.endswith("provide good quality support to")
    assert second.lines[0].text == "staff."
    assert second.lines[0].block != first.lines[-1].block
    # Where only one blank line was left of the page break, the halves are two paragraphs of one page.
    broken = [line.text[-40:] for line in second.lines if line.text[-1] not in ".d" and line.item is not None]
    assert broken == ["multi-agency involvement within strategy"]


def test_the_report_keeps_its_headings_tables_and_footnotes() -> None:
    """Headings have levels, table rows cells, footnotes their markers; a bullet set as a heading is a bullet."""
    found = seed_lines(BURY_2016)
    headings = [(line.heading, line.text) for line in found if line.heading]
    assert len(headings) == 32
    assert headings[:3] == [
        (2, "Bury Borough Council"),
        (1, "Review of the effectiveness of the Local Safeguarding Children Board"),
        (4, "Executive summary"),
    ]
    rows = [line.cells for line in found if line.cells]
    assert rows[:3] == [
        ("Children's services in Bury require improvement to be good",),
        ("1. Children who need help and protection", "Good"),
        ("2. Children looked after and achieving permanence", "Requires improvement"),
    ]
    assert len(rows) == 18
    assert [line.notes for line in found if line.notes and not line.footnote] == [("1",), ("2",), ("3",)]
    bodies = {line.notes: line.text for line in found if line.footnote}
    assert list(bodies) == [("1",), ("2",), ("3",)]
    assert bodies["2",].startswith("The local authority was given the opportunity to review")
    months = next(line for line in found if line.text == "■ In the last 12 months:")
    assert (months.heading, months.item) == (None, 0)
    assert next(line for line in found if line.text == "- there have been 19 adoptions").item == 1
    assert next(line for line in found if line.text.startswith("- in primary schools is 14.9%")).item == 1


def test_numbered_paragraphs_keep_their_printed_number() -> None:
    """The dash of a Markdown list gives way to the printed number; a paragraph that lost its number keeps the dash."""
    found = [line.text for line in seed_lines(BURY_2016) if not line.cells]
    numbers = [int(match[1]) for text in found if (match := re.match(r"(\d+)\. [A-Z].{60}", text))]
    assert numbers == [*range(1, 25), *range(26, 141)]
    assert sum(text.startswith("- Arrangements for identifying") for text in found) == 1


# ---------------------------------------------------------------------------------------------- marks one by one


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Children&#39;s &amp; families&rsquo; views", "Children's & families’ views"),  # entities
        ("Fewer than &lt;5 children", "Fewer than <5 children"),  # an entity is not a tag
        ("Fewer than <5 children and <unknown> ones", "Fewer than <5 children and <unknown> ones"),  # nor is this
        ("AT&T&copying", "AT&T&copying"),  # no entity without its semicolon
        ("See <a href='https://x.uk'>the <b>guide</b></a>.", "See the guide."),
        ("Visits<span id='page-3'></span> are late<!-- image -->.", "Visits are late."),
        ("A*-C grades in 5 * 3 subjects_and_more", "A*-C grades in 5 * 3 subjects_and_more"),  # no Markdown, no marks
        ("On the 9<sup>th</sup> of May", "On the 9th of May"),  # an ordinal is no footnote
        ("An area of 49 km<sup>2</sup>", "An area of 49 km2"),  # nor is a unit
        ("well\xadcoordinated\u200b care\ufeff", "wellcoordinated care"),  # characters that print nothing
        ("the multi\xad", "the multi\ufffe"),  # a soft hyphen at the end broke a word
        ("Bury\u00a0 Council\u2003here", "Bury Council here"),  # spaces of all kinds
        ("\uf0b7 Visits are late.", "• Visits are late."),  # bullets of symbol fonts
        ("\uf0a7\tVisits are late.", "▪ Visits are late."),
        ("o Visits are late.", "◦ Visits are late."),  # Word's second bullet
        ("12.\tVisits are late.", "12. Visits are late."),
        ("Visits are late.\x07\x0c", "Visits are late."),
    ],
)
def test_words_come_out_as_printed(source: str, expected: str) -> None:
    """Tags, entities and characters that print nothing leave the words; all else stays."""
    assert texts(source) == [expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"gained A\* to C grades", "gained A* to C grades"),  # escapes
        (r"12\. Visits are late \[sic\].", "12. Visits are late [sic]."),
        ("**Visits** are *late* and __seldom__ `made`", "Visits are late and seldom made"),
        ("a snake_case_name and 2 * 3 * 4", "a snake_case_name and 2 * 3 * 4"),  # no emphasis inside words
        ("see [the guide](https://x.uk/a_b) here", "see the guide here"),
        ("![](_page_0_Picture_1.jpeg) Visits", "Visits"),
        ("> Quoted words", "Quoted words"),
        ("half **bold to the end", "half bold to the end"),  # begun in one row, ended in another
    ],
)
def test_markdown_marks_leave_the_words(source: str, expected: str) -> None:
    """In a document written in Markdown its marks are no words."""
    assert texts(f"# Report\n\n{source}\n")[1:] == [expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # One bullet on a line opens it.
        ("▪ One thing. ▪ Another thing.", ["▪ One thing.", "▪ Another thing."]),
        # A lead-in before the bullets is a line too.
        ("This includes: • one • two", ["This includes:", "• one", "• two"]),
        # Long parts are points even after a heading that lost its line.
        (
            "Strengths ▪ Visits to children are made on time. ▪ Plans for children are clear.",
            ["Strengths", "▪ Visits to children are made on time.", "▪ Plans for children are clear."],
        ),
        # Dots between the parts of an address are no bullets.
        ("Freshford House • Redcliffe Way • Bristol", ["Freshford House • Redcliffe Way • Bristol"]),
        # A bullet within a word is no bullet.
        ("A ratio of 3·5 to 1", ["A ratio of 3·5 to 1"]),
        # HTML lists, in one line or several.
        ("<ul><li>One</li><li>Two</li></ul>", ["• One", "• Two"]),
        ("<ul>\n<li>One\n<li>Two\n</ul>", ["• One", "• Two"]),
        # A bullet or number on a line of its own belongs to the next words.
        ("▪\n\nVisits are late.\n▪\nPlans are clear.", ["▪ Visits are late.", "▪ Plans are clear."]),
        ("7.\n\nVisits are late.", ["7. Visits are late."]),
        # Line breaks as tags.
        ("Bury Council<br>Duke Street<br/>Bury", ["Bury Council", "Duke Street", "Bury"]),
        # Rules drawn with characters are no words.
        ("Summary\n=======\nVisits are late.\n\n* * *\n\n------\n", ["Summary", "Visits are late."]),
    ],
)
def test_lists_come_out_as_lines(source: str, expected: list[str]) -> None:
    """Each point of a list is one line that begins with its marker, however the converter laid it out."""
    assert texts(source) == expected


@pytest.mark.parametrize(
    ("source", "levels"),
    [
        ("- a\n  - b\n  - c\n- d", [0, 1, 1, 0]),  # by indent
        ("- a\n    - b\n        - c\n- d", [0, 1, 2, 0]),
        ("■ Of these:\n– two\n– three\n■ More", [0, 1, 1, 0]),  # by another bullet after a colon
        ("▪ One thing.\n- Another thing.", [0, 0]),  # another bullet alone is only another bullet
        ("- a\n\nNew paragraph\n\n  - b", [0, None, 0]),  # a paragraph ends the list
        ("1. a\n2. b", [None, None]),  # numbered paragraphs are no list items
    ],
)
def test_nesting_of_list_items(source: str, levels: list[int | None]) -> None:
    """An item is nested under the one it is indented from, or that introduces it."""
    assert [line.item for line in lines(source)] == levels


@pytest.mark.parametrize(
    ("source", "cells"),
    [
        ("Overall effectiveness\tGood", [("Overall effectiveness", "Good")]),
        ("Area\t\tGood\t\t", [("Area", "", "Good")]),  # an empty cell between stays, those at the end go
        ("Children's services require improvement\t\t", [("Children's services require improvement",)]),
        ("1. Help and protection\tGood", [("1. Help and protection", "Good")]),
        ("1\tGood", [("1", "Good")]),
        ("12\tVisits to children are made on time and are purposeful.", [()]),  # a number set off from its paragraph
        ("■\tVisits are late.", [()]),
        ("\tVisits are late.", [()]),  # an indent
        ("| Area | Grade |\n|---|---|\n| Overall | Good |", [("Area", "Grade"), ("Overall", "Good")]),
        ("<table><tr><th>Area</th><th>Grade</th></tr><tr><td>All</td> <td>Good</td></tr></table>",
         [("Area", "Grade"), ("All", "Good")]),
    ],
)  # fmt: skip
def test_table_rows_have_cells(source: str, cells: list[tuple[str, ...]]) -> None:
    """A row of a table, with tabs, bars or tags, is one line with its cells, which its text joins by tabs."""
    found = lines(source)
    assert [line.cells for line in found] == cells
    assert all(line.text == "\t".join(line.cells) for line in found if line.cells)


@pytest.mark.parametrize(
    ("source", "text", "notes", "footnote"),
    [
        ("The board<sup>1</sup> meets.", "The board meets.", ("1",), False),
        ("The board<sup>1, 2</sup> meets<sup>*</sup>.", "The board meets.", ("1", "2", "*"), False),
        ("<sup>1</sup> The board met twice.", "The board met twice.", ("1",), True),
        ("&lt;sup>2</sup> The board met twice.", "The board met twice.", ("2",), True),  # half escaped
        ("<sup>&</sup>lt;sup>3</sup> The board met.", "The board met.", ("3",), True),  # and the ampersand raised
        ("The board’s plan.² More", "The board’s plan. More", ("2",), False),  # raised digits
        ("³ The board met twice.", "The board met twice.", ("3",), True),
        ("An area of 49 km² in all", "An area of 49 km² in all", (), False),  # too short a word for a marker
        ("[^4]: The board met twice.", "The board met twice.", ("4",), True),  # Markdown's footnote
    ],
)
def test_footnotes_are_kept_apart(source: str, text: str, notes: tuple[str, ...], footnote: bool) -> None:
    """A footnote's marker leaves the words and is kept beside them, and the body of a footnote is known as one."""
    (line,) = lines(source)
    assert (line.text, line.notes, line.footnote) == (text, notes, footnote)


def test_headings_and_bold_lines() -> None:
    """Markdown tells headings with their level; a line bold throughout is bold, one with a bold word is not."""
    found = lines("# One #\n\n### **Three**\n\n**Summary**\n\nVisits are **late**.\n\n#hashtag")
    assert [(line.text, line.heading, line.bold) for line in found] == [
        ("One", 1, False),
        ("Three", 3, True),
        ("Summary", None, True),
        ("Visits are late.", None, False),
        ("#hashtag", None, False),
    ]


# ---------------------------------------------------------------------------------------------- pages


def test_form_feeds_are_real_pages() -> None:
    """Form feeds mark true pages, numbered as in the document even where one is empty; the last ends the file."""
    document = read("First page.\n\n\n\n\nStill the first.\f\fThird page.\n\f")
    assert document.paged
    assert [(page.number, [line.text for line in page.lines]) for page in document.pages] == [
        (1, ["First page.", "Still the first."]),
        (2, []),
        (3, ["Third page."]),
    ]


@pytest.mark.parametrize(
    ("gap", "pages"),
    [
        ("\n", 1),  # the next line
        ("\n\n", 1),  # the next paragraph
        ("\n\n\n", 1),  # two blank lines part sections
        ("\n\n\n\n", 2),  # three are what a page break leaves
        ("\r\n \r\n\t\r\n\r\n", 2),  # whatever the line ends, and whatever stands on blank lines
    ],
)
def test_runs_of_blank_lines_are_page_breaks(gap: str, pages: int) -> None:
    """Three blank lines or more begin a page whose number nobody knows."""
    document = read(f"\n\n\n\nVisits are made to{gap}children.\n\n\n\n\n")
    assert len(document.pages) == pages
    assert not document.paged


def test_widely_spaced_text_is_not_all_pages() -> None:
    """Where a document sets three blank lines between all paragraphs, only longer runs are page breaks."""
    document = read("\n\n\n\n".join(["Visits are late."] * 9) + "\n" * 8 + "Next page.")
    assert len(document.pages) == 2


# ---------------------------------------------------------------------------------------------- wrapped text


def wrapped(name: str, width: int) -> str:
    """One of the five documents with its paragraphs broken at a width, as many converters do."""
    rows = (SEEDS / name).read_text(encoding="utf-8").split("\n")
    keep = re.compile(r"#|.*(?:<|\t)")
    return "\n".join(
        text if keep.match(text) else textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
        for text in rows
    )


@pytest.mark.parametrize("width", [60, 72, 80, 100])
@pytest.mark.parametrize("name", [BURY_2022, BURY_2016, MANCHESTER, BARNSLEY])
def test_wrapped_paragraphs_are_one_block(name: str, width: int) -> None:
    """Paragraphs broken at a width come back whole, each row a line of the same block; addresses keep their lines."""
    whole, found = paragraphs(seed(name)), paragraphs(read(wrapped(name, width)))
    # A line of an address or of "copy to" as long as the width cannot be told from prose; nothing else may differ.
    missing = [text for text in whole if text not in found]
    assert len(missing) <= 4
    assert not [text for text in missing if text.endswith(".")]


def test_wrapped_text_without_blank_lines() -> None:
    """Where nothing but a short last line parts paragraphs, it parts them."""
    text = (
        "Leaders have a clear understanding of the strengths of the\n"
        "service and of what needs to improve. Plans are ambitious\n"
        "and realistic.\n"
        "Social workers visit children regularly and build strong\n"
        "relationships. Children told inspectors that they feel safe\n"
        "and are listened to.\n"
        "Most assessments are timely and of good quality. They lead\n"
        "to plans that families understand, and progress against the\n"
        "plans is reviewed by managers.\n"
    )
    assert [paragraph[:16] for paragraph in paragraphs(read(text))] == [
        "Leaders have a c",
        "Social workers v",
        "Most assessments",
    ]


def test_only_the_first_row_of_a_point_is_an_item() -> None:
    """The rows that a wrapped point goes on in belong to its block and open nothing, nor end the list."""
    point = (
        "The quality of plans is variable and does not always\n  reflect what is known about the needs of children:\n"
    )
    found = lines(f"- {point}    - risk\n- {point}- {point}")
    assert [(line.item, line.block) for line in found] == [
        (0, 0),
        (None, 0),
        (1, 1),
        (0, 2),
        (None, 2),
        (0, 3),
        (None, 3),
    ]


def test_a_number_or_dash_brought_to_the_start_of_a_row_opens_nothing() -> None:
    """In wrapped text, "16." or a dash at the start of a row within a sentence is no marker; a new number is one."""
    text = (
        "14. Young people leaving care are supported until the age of\n"
        "16. This is too early for most of them and does not meet the\n"
        "requirements – as leaders know very well and have said – of the law\n"
        "– and of good practice.\n"
        "15. Accommodation is suitable for most care leavers, but some\n"
        "live in places that are not and are not visited often enough.\n"
    )
    assert [paragraph[:9] for paragraph in paragraphs(read(text))] == ["14. Young", "15. Accom"]


def test_addresses_and_lists_are_not_joined() -> None:
    """Short lines, each an entry of its own, stay apart in wrapped and in other text."""
    text = "Bury Council\n3 Knowsley Place\nDuke Street\nBury\nBL9 0EL\n"
    assert len(paragraphs(read(text))) == 5
    assert paragraphs(read(wrapped(BURY_2022, 72)))[6:13] == [
        "Jeanette Richards",
        "Executive Director of Children's Services",
        "Bury Council",
        "3 Knowsley Place",
        "Duke Street",
        "Bury",
        "BL9 0EL",
    ]


# ---------------------------------------------------------------------------------------------- properties


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("ab \n\t\f*_#<>/&;lt▪•-–1.|[]()\\^²sup`!:\xad\u2028"), min_size=1, max_size=120)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text whatever raises anything but ReadError; lines hold words, blocks never go back, pages count up."""
    try:
        document = read(text)
    except ReadError:
        return
    found = [line for page in document.pages for line in page.lines]
    blocks = [line.block for line in found]
    assert all(line.text and (line.cells or line.text == line.text.strip()) and "\n" not in line.text for line in found)
    assert blocks == sorted(blocks, key=lambda block: -1 if block is None else block)
    assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))


WORDS = st.lists(
    st.sampled_from(["visits", "are", "late", "children’s", "well-coordinated", "£12", "(PLO)"]), min_size=3
)


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=12))
def test_plain_paragraphs_come_back_word_for_word(sources: list[str]) -> None:
    """Paragraphs of one line each, however many, come back as they are, each its own block."""
    found = lines("\n\n".join(f"Now {source}." for source in sources))
    assert [line.text for line in found] == [f"Now {source}." for source in sources]
    assert len({line.block for line in found}) == len(sources)
