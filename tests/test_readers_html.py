"""Web pages as lines: the report on the page without the site around it, and pages made to do harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import ReadError
from indexer.models import Line, SourceDocument
from indexer.readers.html import MOST_TAGS, read_html


def read(markup: str | bytes) -> SourceDocument:
    """A page, read."""
    data = markup if isinstance(markup, bytes) else markup.encode()
    return read_html(Path("page.html"), "page.html", "0" * 64, data)


def lines(markup: str | bytes) -> tuple[Line, ...]:
    """Its lines."""
    (page,) = read(markup).pages
    return page.lines


def texts(body: str) -> list[str]:
    """The words of the lines of a page with this body."""
    return [line.text for line in lines(f"<!DOCTYPE html><html><body>{body}</body></html>")]


# A page laid out as those of GOV.UK and of the site that publishes inspection reports.
REPORT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Inspection of Bury</title>
<style>p {color: red}</style></head>
<body class="js-enabled">
<a class="govuk-skip-link" href="#content">Skip to main content</a>
<div id="global-cookie-message"><p>Cookies on GOV.UK</p><button>Accept</button></div>
<header role="banner" class="govuk-header"><a href="/">GOV.UK</a><form action="/search">Search <input></form></header>
<div class="govuk-breadcrumbs"><ol><li>Home</li><li>Education</li></ol></div>
<main id="content" role="main">
  <div class="gem-c-title"><span class="gem-c-title__context">Inspection report</span>
    <h1 class="govuk-heading-xl">Inspection of Bury children’s services</h1></div>
  <p class="gem-c-published-dates">Published 16 November 2022<br>Lead inspector: <b>Lisa Walsh</b></p>
  <nav class="gem-c-contents-list"><h2>Contents</h2><ol><li>Headline findings</li></ol></nav>
  <button class="gem-c-print-link">Print this page</button>
  <div class="govspeak">
    <h2 id="feedback-and-consent">Headline <em>findings</em></h2>
    <p>Leaders are <strong>visible</strong><sup id="fnref:1" role="doc-noteref"><a href="#fn:1">[footnote 1]</a></sup>.
       Caseloads&nbsp;are
       too high.<span class="govuk-visually-hidden"> (opens in new tab)</span> They <del>fell</del><ins>rose</ins>.</p>
    <p><strong>What needs to improve</strong></p>
    <ul>
      <li>The quality of plans, including:
        <ul><li>timescales</li><li>contingencies</li></ul>
      </li>
      <li><p>Supervision.</p><p>It is not reflective.</p></li>
      <li>▪ Recording.</li>
    </ul>
    <ol start="12"><li>Visits are late.<li>Plans are clear.<li value="20">Reviews are on time.</ol>
    <table class="govuk-table"><caption>Judgements</caption>
      <thead><tr><th>Judgement</th><th>Grade</th></tr></thead>
      <tbody><tr><td>Overall <b>effectiveness</b><sup>2</sup></td><td> Good </td></tr>
             <tr hidden><td>Secret</td><td>Bad</td></tr></tbody></table>
    <table><tr><td><h3>Laid out</h3><p>One cell of prose.</p></td></tr></table>
    <p hidden>Not shown.</p><p style="display: none">Nor this.</p><p aria-hidden="true">Nor this.</p>
    <div class="footnotes" role="doc-endnotes"><ol><li id="fn:1"><p>Leaders means all managers.
      <a href="#fnref:1" class="footnote-backlink" role="doc-backlink">↩</a></p></li></ol></div>
  </div>
  <form><label>Is this page useful?</label><button>Yes</button></form>
</main>
<aside>Related content</aside>
<footer role="contentinfo">Crown copyright</footer>
<script>document.write("<p>written</p>")</script>
</body></html>"""


def test_a_report_page_gives_its_report() -> None:
    """The words of the report come out with their headings, lists, tables and notes; those of the site do not."""
    found = [(line.text, line.heading, line.item, line.bold, line.notes, line.footnote) for line in lines(REPORT)]
    assert found == [
        ("Inspection report", None, None, False, (), False),
        ("Inspection of Bury children’s services", 1, None, False, (), False),
        ("Published 16 November 2022", None, None, False, (), False),
        ("Lead inspector: Lisa Walsh", None, None, False, (), False),
        ("Headline findings", 2, None, False, (), False),
        ("Leaders are visible. Caseloads are too high. They rose.", None, None, False, ("1",), False),
        ("What needs to improve", None, None, True, (), False),
        ("• The quality of plans, including:", None, 0, False, (), False),
        ("• timescales", None, 1, False, (), False),
        ("• contingencies", None, 1, False, (), False),
        ("• Supervision.", None, 0, False, (), False),
        ("It is not reflective.", None, 0, False, (), False),
        ("▪ Recording.", None, 0, False, (), False),
        ("12. Visits are late.", None, 0, False, (), False),
        ("13. Plans are clear.", None, 0, False, (), False),
        ("20. Reviews are on time.", None, 0, False, (), False),
        ("Judgements", None, None, False, (), False),
        ("Judgement\tGrade", None, None, True, (), False),
        ("Overall effectiveness\tGood", None, None, False, ("2",), False),
        ("Laid out", 3, None, False, (), False),
        ("One cell of prose.", None, None, False, (), False),
        ("Leaders means all managers.", None, None, False, ("1",), True),
    ]


def test_paragraphs_are_blocks_on_one_page() -> None:
    """Lines parted by <br> are one paragraph, all else is its own; a page of the web has no page numbers."""
    document = read(REPORT)
    assert not document.paged
    blocks = [line.block for line in document.pages[0].lines]
    assert blocks[2] == blocks[3]
    assert len(set(blocks)) == len(blocks) - 1
    assert [line.cells for line in document.pages[0].lines if line.cells] == [
        ("Judgement", "Grade"),
        ("Overall effectiveness", "Good"),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Without <main>: the only article, else the body.
        ("<p>Site</p><article><header><h1>Title</h1></header><p>Words.</p></article>", ["Title", "Words."]),
        ("<header>Site</header><h1>Title</h1><p>Words.</p><footer>Site</footer>", ["Title", "Words."]),
        ("<article><p>One.</p></article><article><p>Two.</p></article>", ["One.", "Two."]),
        ("<main> </main><div role='main'><p>Words.</p></div>", ["Words."]),
        # The title may stand in the head of the site.
        ("<header><h1>Title</h1><p>Site</p></header><main><p>Words.</p></main>", ["Title", "Words."]),
        # Some servers put the whole page into a form.
        ("<form id='aspnetForm'><h1>Title</h1><p>Words.</p><select><option>No</select></form>", ["Title", "Words."]),
        # Words outside paragraphs, and tags that are never closed.
        ("Loose<p>Words<p>and more<div>words", ["Loose", "Words", "and more", "words"]),
        # White space is laid out, except in <pre>.
        ("<p>one\n  two</p><pre>three\n  four\n</pre>five", ["one two", "three", "four", "five"]),
        # Inline tags do not part words.
        ("<p>well<b>-co</b>ordinated</p>", ["well-coordinated"]),
        # Points typed with line breaks.
        ("<p>These are:<br>• one<br>• two</p>", ["These are:", "• one", "• two"]),
        # A line break does not end a point.
        ("<ul><li>one<br>and more</ul>", ["• one", "and more"]),
        # A heading in a list item takes no bullet.
        ("<ul><li><h3>Title</h3>Words.</li></ul>", ["Title", "• Words."]),
        # Ordinals and units are not notes; struck-out words are gone.
        ("<p>9<sup>th</sup> May, 49 km<sup>2</sup> <s>old</s></p>", ["9th May, 49 km2"]),
        # A row without words is none.
        ("<table><tr><td>A<td>B<tr><td><td><tr><td>C<td></table>", ["A\tB", "C"]),
        # Comments and declarations are not words.
        ("<p>Words.<!-- no --><![CDATA[no]]></p>", ["Words."]),
        # Names in a page's ids are no reason to leave a part out.
        ("<h2 id='cookie-policy-consent'>Title</h2><div id='breadcrumb-trail-of-evidence'>Words.</div>",
         ["Title", "Words."]),
    ],
)  # fmt: skip
def test_what_counts_as_content(body: str, expected: list[str]) -> None:
    """The words a reader of the page would take for the report come out, in the lines they would see."""
    assert texts(body) == expected


def test_points_typed_with_line_breaks_are_paragraphs() -> None:
    """A bullet typed after <br> begins a paragraph of its own."""
    found = lines("<html><p>These are:<br>• one<br>• two<br>and more</p></html>")
    assert [line.block for line in found] == [0, 1, 2, 2]


def test_a_table_of_prose_is_prose() -> None:
    """A cell longer than any grade makes a table one of layout, and its words come in paragraphs."""
    prose = "Leaders know their service well. " * 30
    found = lines(f"<html><table><tr><td>Left</td><td>{prose}</td></tr></table></html>")
    assert [line.cells for line in found] == [(), ()]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("<html><p>Children’s café £12".encode(), "Children’s café £12"),  # nothing said: UTF-8
        ('<html><meta charset="utf-8"><p>Children’s'.encode("utf-8-sig"), "Children’s"),
        ('<html><meta charset="iso-8859-1"><p>Children’s £12'.encode("cp1252"), "Children’s £12"),  # as browsers do
        ('<html><meta charset="windows-1250"><p>Dvořák’s'.encode("cp1250"), "Dvořák’s"),
        ('<html><meta charset="nonsense"><p>Children’s £12'.encode("cp1252"), "Children’s £12"),
        ("<html><p>Children’s £12".encode("utf-16"), "Children’s £12"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><p>Visits &#8211; late', "Visits – late"),
    ],
)  # fmt: skip
def test_the_encoding_of_a_page(data: bytes, expected: str) -> None:
    """A page is decoded as browsers would, whatever it says of itself."""
    assert [line.text for line in lines(data)] == [expected]


# ---------------------------------------------------------------------------------------------- pages made to harm


def test_entities_are_not_expanded_and_nothing_is_fetched(tmp_path: Path) -> None:
    """A page that declares entities, of itself or from a file, gets none of them."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    bomb = "".join(f'<!ENTITY b{n + 1} "{f"&b{n};" * 10}">' for n in range(12))
    markup = (
        f'<!DOCTYPE html [<!ENTITY xxe SYSTEM "{secret.as_uri()}"><!ENTITY b0 "boom">{bomb}]>'
        "<html><body><p>Words &xxe; and &b12; here</p></body></html>"
    )
    start = time.monotonic()
    found = " ".join(line.text for line in lines(markup))
    assert time.monotonic() - start < 5
    assert "Words" in found
    assert "the secret" not in found
    assert found.count("boom") < 2


@pytest.mark.parametrize("tag", ["div", "table", "table><tr><td", "ul><li", "b", "main", "article", "blockquote"])
def test_deep_nesting_is_refused_in_time(tag: str) -> None:
    """Thousands of elements in each other end in a reason, soon, and never in a crash."""
    start = time.monotonic()
    with pytest.raises(ReadError, match=r"nested more than 1,000 deep; open it in a browser"):
        read("<html><body><p>Words.</p>" + f"<{tag}>" * 4_000 + "deep")
    assert time.monotonic() - start < 30


def test_nesting_of_bad_but_real_pages_is_read() -> None:
    """Hundreds of tags that were never closed are still a page."""
    assert texts("<font><b>" * 300 + "Words.") == ["Words."]


def test_a_page_of_too_many_tags_is_refused() -> None:
    """A page with more tags than memory is meant for is refused by their number."""
    with pytest.raises(ReadError, match="more than 500,000 tags"):
        read("<html>Words" + "<b>" * (MOST_TAGS + 1))


def test_a_page_without_words_is_refused() -> None:
    """A page that is all menu, or filled in by a script, has nothing to index."""
    with pytest.raises(ReadError, match="no words; a script may fill it in; open it in a browser, save it as PDF"):
        read("<html><body><nav>Home</nav><div id='app'></div><script>run()</script></body></html>")


TAGS = st.sampled_from([
    "<p>", "</p>", "<ul>", "</ul>", "<li>", "<ol start='3'>", "<table>", "<tr>", "<td>", "</table>", "<sup>", "</sup>",
    "<h2>", "</h2>", "<b>", "</b>", "<br>", "<main>", "<pre>", "<div class='footnotes'>", "</div>", "<form>", "<s>",
    "words ", "1", "• ", "\n", "&amp;", "&#xd800;", "&#0;", "<!--", "-->", "<", ">", "</", "<p class='a b' hidden>",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(TAGS, min_size=1, max_size=40).map("".join))
def test_any_markup_is_read_or_refused(markup: str) -> None:
    """No heap of tags raises anything but ReadError; lines hold words that can be stored, blocks never go back."""
    try:
        found = lines(f"<html><body>{markup}")
    except ReadError:
        return
    assert all(line.text and "\n" not in line.text and line.text.encode() for line in found)
    blocks = [line.block for line in found if line.block is not None]
    assert len(blocks) == len(found)
    assert blocks == sorted(blocks)
