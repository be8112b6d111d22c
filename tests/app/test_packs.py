"""Evidence packs: the lines read from any file, what each form holds, and that every quotation is its report's."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
from bs4 import BeautifulSoup
from docx.text.paragraph import Paragraph
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from typer.testing import CliRunner, Result

from app import cells
from app.cli import app as command
from app.licence import LICENCE_STATEMENT
from app.packs import lines, wording
from app.packs.formats import FORMATS, file_name
from app.packs.markdown import as_markdown, block, escaped
from app.packs.pack import Entry, Pack, keep, make_pack, shortlist_pack
from app.packs.pages import MAX_BODY
from app.packs.params import PackParams
from app.packs.schemas import PackResponse
from app.packs.table import as_table
from app.packs.word import as_word
from indexer.errors import QueryError, ReadError
from indexer.models import Filters
from indexer.search import Engine
from tests.app.test_api import problem
from tests.app.test_pages import check_frame

LINES = ['"assessments"', '"children"', "legionella in cooling towers"]
"""Two lines that share findings, and one that finds nothing."""
DAY = date(2026, 1, 5)
BASE = "http://findings.example"
UNHURRIED = hypothesis_settings(deadline=None)


@pytest.fixture(scope="module")
def pack(engine: Engine) -> Pack:
    """A pack over the seeds."""
    return make_pack(engine, PackParams(lines=LINES, per_line=25, date=DAY, title="Visit to Bury"), BASE)


def ask(client: TestClient, **body: object) -> tuple[bytes, Mapping[str, str]]:
    """The content and the headers of the answer to a pack that must succeed."""
    answer = client.post("/api/v1/packs", json={"lines": LINES, "date": DAY.isoformat(), **body})
    assert answer.status_code == 200, answer.text
    return answer.content, answer.headers


# ---------------------------------------------------------------------------------------------- lines

TWO = ("delay, drift and late plans", "visits to children")
FILES = [
    # name, bytes: every one of them holds the two lines
    ("plain.txt", b"delay, drift and late plans\n\n visits  to children \n"),
    ("marked.txt", "• delay, drift and late plans\r\n2. visits to children".encode()),
    ("windows.txt", "– delay, drift and late plans\r\n– visits to children".encode("cp1252")),
    ("utf-16.csv", 'Line of enquiry\r\n"delay, drift and late plans"\r\nvisits to children'.encode("utf-16")),
    ("bom.csv", 'query\n"delay, drift and late plans"\nvisits to children\n'.encode("utf-8-sig")),
    ("semicolons.csv", b"No;Query\n1;delay, drift and late plans\n2;visits to children\n"),
    ("several.csv", b'"Ref","Line of Enquiry"\n"A","delay, drift and late plans"\n"B","visits to\nchildren"\n'),
    ("tabs.tsv", b"id\tquestion\n1\tdelay, drift and late plans\n2\tvisits to children\n"),
    ("no-header.csv", b"delay, drift and late plans\nvisits to children\n"),
    ("quoted.csv", b'"delay, drift and late plans"\n"visits to children"\n'),
    ("ragged.csv", b'query,note\n"delay, drift and late plans"\nvisits to children,see file\n\n'),
]


@pytest.mark.parametrize(("name", "data"), FILES, ids=[name for name, _ in FILES])
def test_lines_are_read_from_any_file(name: str, data: bytes) -> None:
    """Whatever the encoding, the delimiter and the quoting, the lines are those a person sees."""
    assert lines.file_lines(data, name) == TWO


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.docx", b"PK\x03\x04" + bytes(2000), "a.docx is not text"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(2000), "save the list as CSV"),
        ("a.csv", b"ref,note\n1,late plans\n2,visits\n", "has several columns and none is called"),
        ("a.txt", b"x" * (lines.MAX_FILE + 1), "a.txt is too large: a list of lines has at most 1 MB"),
        ("a.csv", b'"' + b"x" * 200_000 + b'"', "cannot be read as CSV"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(name: str, data: bytes, said: str) -> None:
    """What is no list of lines is refused in a sentence that names the file and the way out."""
    with pytest.raises(ReadError, match=said):
        lines.file_lines(data, name)


@pytest.mark.parametrize(
    ("given_lines", "said"),
    [
        ([], "no line of enquiry"),
        (["a b"] * 10_000, "10,000 lines of enquiry, and a pack takes at most 100"),
        (["late plans", "?!", "visits", "..."], "lines 2 and 4 have no words"),
        (["late plans", "x " * 1001], "line 2 has more than 2,000 characters"),
        (["-", "x" * 2001], "line 1 has no words to search for; line 2 has more"),
    ],
)
def test_lines_that_cannot_be_searched_for_are_all_named(given_lines: Sequence[str], said: str) -> None:
    """Every line that cannot be used is named by its number, at once."""
    with pytest.raises(QueryError, match=said):
        lines.check(given_lines)


@UNHURRIED
@given(st.text())
def test_typed_lines_never_fail(text: str) -> None:
    """Any text gives lines without blanks at their ends, on one row each."""
    for line in lines.typed_lines(text):
        assert line == " ".join(line.split())
        assert line


@UNHURRIED
@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.txt"]))
def test_any_file_is_read_or_refused(data: bytes, name: str) -> None:
    """Any bytes give lines or a reason."""
    with suppress(ReadError):
        assert all(line.strip() for line in lines.file_lines(data, name))


# ---------------------------------------------------------------------------------------------- the pack


def test_a_pack_is_the_searches_put_together(pack: Pack, engine: Engine) -> None:
    """Each line has what a search for it finds, and a finding of several lines names the others."""
    assert [section.line for section in pack.sections] == LINES
    for section in pack.sections:
        answer = engine.search(PackParams(lines=LINES).query_for(section.line, limit=25, offset=0))
        assert [entry.finding.id for entry in section.entries] == [hit.finding.id for hit in answer.hits]
    assert pack.sections[0].entries
    assert not pack.sections[2].entries
    shared = 0
    for section in pack.sections:
        for entry in section.entries:
            having = [other.number for other in pack.sections if entry.finding.id in ids(other.entries)]
            assert set(entry.also) == set(having) - {section.number}
            shared += bool(entry.also)
    assert shared


def ids(entries: Sequence[Entry]) -> list[str]:
    """The ids of some findings."""
    return [entry.finding.id for entry in entries]


def test_what_was_chosen_is_kept(pack: Pack, engine: Engine) -> None:
    """Only chosen findings stay, in their order; one that is no result stays too, and one that is gone is named."""
    first = ids(pack.sections[0].entries)
    stranger = next(
        each.id for each in engine.document(engine.documents(Filters(), 1, 0)[1][0].id)[1] if each.id not in first
    )
    kept = keep(engine, pack, {1: [first[2], first[0], stranger, "0" * 16]}, "20200101T000000000000Z")
    assert ids(kept.sections[0].entries) == [first[0], first[2], stranger]
    assert kept.sections[0].entries[-1].hit is None
    assert kept.gone == ("0" * 16,)
    assert not kept.sections[1].entries
    said = " ".join(wording.notices(kept))
    assert "20200101T000000000000Z then" in said
    assert "0" * 16 in said
    for form in FORMATS.values():
        if form.suffix != ".json":
            assert form.write(kept)
    assert not list(wording.notices(keep(engine, pack, {1: first}, pack.facts.generation)))


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"authority": ["Bury"]}, ("Authority", "Bury")),
        ({"exclude_authority": ["Torbay"]}, ("Not from", "Torbay")),
        ({"kind": ["recommendation"]}, ("Kind of finding", "Recommendation")),
        ({"published_from": "2011-01-01"}, ("Published from", "2011")),
        ({"min_relevance": 0.7}, ("Minimum relevance", "0.7 or more")),
        ({"per_document": 2}, ("Most results per report", "2")),
        ({"query_direction": "strength"}, ("Search", "Looking for good practice")),
        ({"mode": "keyword"}, ("Compare by", "Words only")),
        ({"sort": "newest"}, ("Order", "Newest first")),
        ({"weak": True}, ("Below the bar", "the nearest findings too")),
        ({"like": ["0" * 16]}, ("More like", "0" * 16)),
        ({"unlike": ["0" * 16]}, ("Less like", "0" * 16)),
    ],
)
def test_whatever_limits_a_pack_stands_in_it(pack: Pack, limit: dict[str, object], said: tuple[str, str]) -> None:
    """Each filter and setting that decides what is found is named in the file, so that it can be made again."""
    limited = replace(pack, asked=PackParams.model_validate({"lines": LINES, **limit}))
    assert wording.limits(limited) == (said,)
    assert said[1] in as_markdown(limited).decode()
    assert said[1] in as_table(limited).decode()
    assert PackResponse.model_validate_json(FORMATS["json"].write(limited)).limits


# ---------------------------------------------------------------------------------------------- Word


def quotations(data: bytes) -> list[str]:
    """The quotations of a Word document."""
    return [each.text for each in docx.Document(io.BytesIO(data)).paragraphs if style(each) == "Quote"]


def style(paragraph: Paragraph) -> str:
    """What a paragraph is, in Word's words."""
    assert paragraph.style is not None
    return str(paragraph.style.name)


def test_every_quotation_stands_in_its_report(pack: Pack, engine: Engine) -> None:
    """The Word document opens, and each of its quotations is, word for word, a finding of the report it cites."""
    quoted = quotations(as_word(pack))
    assert len(quoted) == len(pack.entries) > 10
    for text, entry in zip(quoted, pack.entries, strict=True):
        _, findings = engine.document(entry.document.id)
        assert text in [each.text for each in findings]


def test_the_word_document_can_be_found_ones_way_in(pack: Pack) -> None:
    """It has a title, a heading for each line and each finding, links to all of them, and says how it was made."""
    opened = docx.Document(io.BytesIO(as_word(pack)))
    found = [(style(each), each.text) for each in opened.paragraphs]
    assert found[0] == ("Title", "Visit to Bury")
    headings = [text for name, text in found if name == "Heading 1"]
    assert headings == ["Lines of enquiry", *(f"{n}. {line}" for n, line in enumerate(LINES, 1)), "How this was made"]
    assert sum(name == "Heading 2" for name, _ in found) == len(pack.entries)
    links = [link for each in opened.paragraphs for link in each.hyperlinks]
    assert {f"line_{number}" for number in (1, 2, 3)} <= {link.fragment for link in links}
    addresses = {link.url for link in links}
    assert {wording.link(pack, entry) for entry in pack.entries} < addresses
    text = "\n".join(each.text for each in opened.paragraphs)
    for entry in pack.entries:
        assert entry.citation in text
    for said in (
        pack.facts.generation,
        pack.facts.model,
        "5 January 2026",
        wording.NOTE,
        LICENCE_STATEMENT,
        "5 reports",
    ):
        assert said in text
    assert "No comparable findings." in text
    assert opened.core_properties.title == "Visit to Bury"


def test_whatever_a_report_holds_can_be_written(pack: Pack) -> None:
    """Characters that XML, Markdown or a table could not take do no harm."""
    entry = pack.entries[0]
    odd = replace(entry.finding, text="=1+1 \x00\x0b <b>&amp;</b> \ufffe *x* | “q”", section=("# <i>",))
    section = replace(pack.sections[0], line="\x1b[31m<script>", entries=(replace(entry, finding=odd),))
    strange = replace(pack, title="A & B <c>", sections=(section,))
    assert quotations(as_word(strange)) == ["=1+1 \ufffd\ufffd <b>&amp;</b> \ufffd *x* | “q”"]
    assert "\\<b\\>\\&amp;\\</b\\>" in as_markdown(strange).decode()
    assert "'=1+1" in as_table(strange).decode()


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_pack_has_the_same_bytes(engine: Engine, name: str) -> None:
    """Made again over the same index it is the same file to the byte; on another day only the date differs."""

    def made(day: date) -> bytes:
        asked = PackParams(lines=LINES, date=day)
        written: bytes = FORMATS[name].write(make_pack(engine, asked, BASE))  # type: ignore[index]
        return written

    first, other = made(DAY), made(date(2026, 2, 16))
    assert first == made(DAY)
    assert first != other
    for one, another in zip(parts(first), parts(other), strict=True):
        for said, instead in (("2026-02-16", "2026-01-05"), ("16 February 2026", "5 January 2026")):
            another = another.replace(said.encode(), instead.encode())
        assert one == another


def parts(data: bytes) -> list[bytes]:
    """The parts of a Word document, or the whole of another file."""
    if not data.startswith(b"PK"):
        return [data]
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert {each.date_time for each in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return [name.encode() + file.read(name) for name in file.namelist()]


# ---------------------------------------------------------------------------------------------- CSV and Markdown

ANY = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
STARTS = st.sampled_from(["", "=", "+", "-", "@", "\t", "\r", "\n", "＝", "-1+1|", "'="])


@UNHURRIED
@given(st.lists(st.lists(st.builds(str.__add__, STARTS, ANY), min_size=2, max_size=2), max_size=4))
def test_no_cell_is_a_formula(rows: list[list[str]]) -> None:
    """Whatever the texts hold, no cell begins as a formula does, and each is the text but for one apostrophe."""
    data = cells.table(["a", "b"], rows)
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1:]
    assert len(read) == len(rows)
    for row, written in zip(rows, read, strict=True):
        for text, cell in zip(row, written, strict=True):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
            assert cell in (text, f"'{text}")


def test_the_table_has_a_row_for_each_finding(pack: Pack) -> None:
    """One row is one finding, quoted and cited; a line without findings has a row that says so."""
    rows = list(csv.DictReader(io.StringIO(as_table(pack).decode("utf-8-sig"), newline="")))
    full = [row for row in rows if row["Finding"]]
    assert [row["Finding"] for row in full] == ids(pack.entries)
    for row, entry in zip(full, pack.entries, strict=True):
        assert row["Quotation"] == entry.finding.text
        assert row["Citation"] == entry.citation
        assert row["Link"] == wording.link(pack, entry)
        assert row["Licence"] == LICENCE_STATEMENT
        assert row["Date"] == "2026-01-05"
    (empty,) = [row for row in rows if not row["Finding"]]
    assert (empty["Line"], empty["Relevance"]) == ("3", "No comparable findings.")


@UNHURRIED
@given(ANY)
def test_markdown_shows_the_words(text: str) -> None:
    """Text put into Markdown reads, once rendered, as it was, wherever it stands."""
    plain = " ".join(text.split())
    for source in (f"> {block(text)}", f"# {escaped(text)}", f"<b></b>{escaped(text)}", block(text)):
        rendered = BeautifulSoup(MarkdownIt("commonmark").render(source), "lxml").get_text()
        assert " ".join(rendered.split()) == plain


def test_markdown_quotes_every_finding(pack: Pack) -> None:
    """Rendered, the Markdown has each finding as a quotation and each line as a heading."""
    page = BeautifulSoup(MarkdownIt("commonmark").render(as_markdown(pack).decode()), "lxml")
    quoted = [" ".join(each.text.split()) for each in page.select("blockquote")]
    assert quoted == [" ".join(entry.finding.text.split()) for entry in pack.entries]
    assert [each.text for each in page.select("h2")][:-1] == [f"{n}. {line}" for n, line in enumerate(LINES, 1)]
    assert {str(each["href"]) for each in page.select("a")} >= {wording.link(pack, entry) for entry in pack.entries}


# ---------------------------------------------------------------------------------------------- over HTTP


def test_packs_over_http(client: TestClient, engine: Engine) -> None:
    """The JSON is described, quotes what a search quotes, and names the index, the limits and the licence."""
    found = PackResponse.model_validate_json(ask(client, per_line=3, exclude_authority=["Torbay"])[0])
    assert [line.query for line in found.lines] == LINES
    for line in found.lines:
        asked: dict[str, str | int] = {"q": line.query, "limit": 3, "exclude_authority": "Torbay"}
        search = client.get("/api/v1/search", params=asked).json()
        assert line.total == search["total"]
        assert [each.finding.id for each in line.findings] == [each["finding"]["id"] for each in search["results"]]
        assert [each.citation for each in line.findings] == [each["citation"] for each in search["results"]]
    assert [(each.name, each.value) for each in found.limits] == [("exclude_authority", "Torbay")]
    assert found.index.generation == engine.facts.generation
    assert found.licence.attribution == LICENCE_STATEMENT


@pytest.mark.parametrize("name", FORMATS)
def test_each_form_is_a_file_to_save(client: TestClient, engine: Engine, name: str) -> None:
    """Each form comes under its media type and a name with its ending, and is what the program writes."""
    content, headers = ask(client, format=name, title="Visit to Bury!")
    form = FORMATS[name]  # type: ignore[index]
    assert headers["content-type"] == form.media_type
    assert headers["content-disposition"] == f'attachment; filename="visit-to-bury-2026-01-05{form.suffix}"'
    asked = PackParams(lines=LINES, date=DAY, title="Visit to Bury!")
    made = make_pack(engine, asked, "http://testserver")
    assert content == form.write(made)
    assert file_name(made, form) in headers["content-disposition"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "lines is missing"),
        ({"lines": []}, "no line of enquiry"),
        ({"lines": "x"}, "lines must be a list"),
        ({"lines": [5]}, "lines must be text"),
        ({"lines": ["x", "?!"]}, "line 2 has no words to search for"),
        ({"lines": ["x"] * 10_000}, "10,000 lines of enquiry"),
        ({"lines": ["x"], "per_line": 26}, "per_line must be at most 25; you sent “26”"),
        ({"lines": ["x"], "per_line": "5"}, "per_line must be a whole number"),
        ({"lines": ["x"], "format": "pdf"}, "format must be one of json, docx, csv or markdown"),
        ({"lines": ["x"], "date": "tomorrow"}, "a date written as year-month-day"),
        ({"lines": ["x"], "title": " "}, "title is empty"),
        ({"lines": ["x"], "title": "x" * 201}, "title must be at most 200 characters"),
        ({"lines": ["x"], "line": 1}, "Did you mean lines?"),
        ({"lines": ["x"], "region": ["London"]}, "table of authorities"),
        ([], 'such as {"lines": ['),
    ],
)
def test_a_bad_pack_is_explained(client: TestClient, body: object, said: str) -> None:
    """A request that cannot be answered is a 422 that says what is wrong with it, every bad line by its number."""
    found = problem(client, "/api/v1/packs", 422, "POST", json.dumps(body).encode())
    assert said in found["detail"]


def test_a_hundred_long_lines_are_taken(client: TestClient) -> None:
    """The fullest request is answered, and a larger one is refused as too large."""
    full = {"lines": [f"{number} {'é' * 1990}" for number in range(100)], "per_line": 1}
    assert client.post("/api/v1/packs", json=full).status_code == 200
    problem(client, "/api/v1/packs", 413, "POST", json.dumps({"lines": ["x" * 2_500_000]}).encode())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*PackParams.model_fields, "format"]), json_values, max_size=4), ANY)
def test_any_pack_is_answered_or_explained(client: TestClient, body: dict[str, Any], line: str) -> None:
    """Nothing that can be sent makes a 500."""
    for sent in (body, {"lines": [line], "format": "docx", **body}, {"lines": [line], "title": line or "x"}):
        content = json.dumps(sent).encode()
        answer = client.post("/api/v1/packs", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in (200, 422), (answer.status_code, sent)


# ---------------------------------------------------------------------------------------------- the pages


def shown(answer_text: str) -> BeautifulSoup:
    """A page, parsed; what holds for every page is checked on the way."""
    found = BeautifulSoup(answer_text, "lxml")
    check_frame(found)
    return found


def test_the_page_downloads_what_the_service_answers(client: TestClient) -> None:
    """With every box ticked the file is, to the byte, the answer of the API with the same lines and limits."""
    form = {"lines": "\n".join(LINES), "date": "2026-01-05", "direction": ["weakness", "mixed"], "per_line": "4"}
    page = shown(client.post("/packs", data=form).text)
    sent: dict[str, list[str]] = {}
    for field in page.select("form.pack input[name]"):
        if field["type"] == "hidden" or field.has_attr("checked"):
            sent.setdefault(str(field["name"]), []).append(str(field["value"]))
    assert len(sent["keep"]) > 4
    for name in ("docx", "csv", "markdown"):
        file = client.post("/packs/download", data={**sent, "format": name})
        content, headers = ask(client, format=name, direction=["weakness", "mixed"], per_line=4)
        assert file.content == content
        assert file.headers["content-disposition"] == headers["content-disposition"]
        assert file.headers["cache-control"] == "no-store"


def test_an_index_that_changed_meanwhile_is_said(client: TestClient, pack: Pack) -> None:
    """What was ticked is produced all the same; the file says that the index has changed, and names what is gone."""
    chosen = ids(pack.sections[0].entries)[:2]
    sent = {
        "line": LINES,
        "generation": "20200101T000000000000Z",
        "keep": [f"1:{chosen[0]}", f"3:{chosen[1]}", "2:" + "0" * 16, "x", "9999999:1", "٣:" + chosen[0]],
        "format": "markdown",
    }
    text = client.post("/packs/download", data=sent).text
    assert "The index has changed since these findings were chosen (index 20200101T000000000000Z then" in text
    assert "1 finding that had been kept is not in the index any more: 0000000000000000" in text
    assert text.count("\n> ") == 3  # the second of them under a line that it is no result of
    assert "Kept by hand: not among the results of this line" in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "no line of enquiry"),
        ({"lines": "late plans", "per_line": "1000"}, "per_line must be at most 25"),
        ({"lines": "late plans", "title": "x" * 201}, "The title must be at most 200 characters"),
        ({"lines": "late plans", "kind": "gossip"}, "kind must be one of"),
        ({"lines": "late plans", "published_from": "2020-01-01", "published_to": "2011-12-31"}, "The first year"),
        ({"lines": "late plans", "region": "London"}, "able of authorities"),
    ],
)
@pytest.mark.parametrize("address", ["/packs", "/packs/download"])
def test_a_form_that_cannot_be_used_comes_back(
    client: TestClient, address: str, fields: dict[str, str], said: str
) -> None:
    """The page says what is wrong and holds what was typed."""
    answer = client.post(address, data=fields)
    assert answer.status_code == 422
    page = shown(answer.text)
    alert = page.select_one("[role=alert]")
    assert alert
    assert said in alert.text
    field = page.select_one("textarea#lines")
    assert field
    assert field.text.strip() == fields.get("lines", "")


def test_a_file_that_is_too_large(client: TestClient) -> None:
    """A file over the limit is said with the limit and the typed lines stay; one far over it is not even read."""
    files = {"file": ("list.txt", b"late plans\n" * 100_000)}
    answer = client.post("/packs", data={"lines": "typed"}, files=files)
    assert answer.status_code == 422
    assert "The file list.txt is too large: a list of lines has at most 1 MB" in shown(answer.text).text
    assert ">typed</textarea>" in answer.text
    answer = client.post("/packs", data={"lines": "typed"}, files={"file": ("list.txt", b"x" * MAX_BODY)})
    assert answer.status_code == 413
    assert "choose a smaller one" in shown(answer.text).text


def test_an_address_fills_the_form_in(client: TestClient) -> None:
    """The form can be sent filled in; what its address holds that no form could is left aside."""
    page = shown(client.get("/packs?lines=late+plans%0Avisits&direction=weakness&kind=gossip&published_from=x").text)
    field = page.select_one("textarea#lines")
    assert field
    assert field.text.split("\n") == ["late plans", "visits"]
    assert [box["value"] for box in page.select("input[checked]")] == ["weakness"]


def test_a_shortlist_names_what_it_has_and_what_is_gone(client: TestClient, pack: Pack, engine: Engine) -> None:
    """Its findings come in the order of the address, once each; the file is that of the same findings."""
    first, second = ids(pack.entries)[1::-1]
    address = f"?finding={first}&finding=gone&finding={second}&finding={first}"
    page = shown(client.get(f"/shortlist{address}").text)
    assert [article["aria-labelledby"] for article in page.select("article")] == [f"h-{first}", f"h-{second}"]
    assert "1 finding that had been kept is not in the index any more: gone. The others are here." in page.text
    for name in ("docx", "csv", "markdown"):
        file = client.get(f"/shortlist/download{address}&format={name}&date=2026-01-05")
        made = shortlist_pack(engine, [first, "gone", second], DAY, "http://testserver")
        form = FORMATS[name]
        assert file.content == form.write(made)
        assert file.headers["content-disposition"] == f'attachment; filename="shortlist-2026-01-05{form.suffix}"'
    assert client.get("/shortlist/download?format=docx").status_code == 422
    assert client.get("/shortlist?" + "&".join(["finding=a"] * 201)).status_code == 422


FIELDS = ["lines", "line", "keep", "format", "generation", "per_line", "title", "direction", "published_from", "date"]
VALUES = st.sampled_from(["", "weakness", "1:2", "2020-01-01", "5", "docx", "late plans"]) | st.text()


@hypothesis_settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["/packs", "/packs/download"]),
    st.dictionaries(st.sampled_from(FIELDS), st.lists(VALUES, max_size=2)),
)
def test_any_form_is_answered_or_explained(client: TestClient, address: str, fields: dict[str, list[str]]) -> None:
    """Nothing that a form can hold, or an address of these pages, makes a 500."""
    for sent in ({"data": fields}, {"data": fields, "files": {"file": ("a.csv", repr(fields).encode())}}):
        assert client.post(address, **sent).status_code in (200, 422), fields
    for page in ("/packs", "/shortlist", "/shortlist/download"):
        assert client.get(page, params=fields).status_code in (200, 422), fields


@hypothesis_settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(), st.sampled_from(["multipart/form-data; boundary=x", "multipart/form-data", "text/plain", ""]))
def test_any_bytes_are_answered_or_explained(client: TestClient, content: bytes, media_type: str) -> None:
    """Whatever is sent in place of a form is answered with a page."""
    answer = client.post("/packs", content=content, headers={"Content-Type": media_type})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"].startswith("text/html")


# ---------------------------------------------------------------------------------------------- the command


@pytest.fixture
def in_folder(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own, in which the command finds the index of the seeds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Engine, "open", lambda _settings: engine)
    monkeypatch.setattr(engine, "close", lambda: None)
    return tmp_path


def run(*arguments: str, given_text: str | None = None) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(command, ["pack", *arguments], prog_name="findings", input=given_text)


@pytest.mark.parametrize("name", ["json", "docx", "csv", "markdown"])
def test_the_command_writes_what_the_service_answers(
    in_folder: Path, client: TestClient, engine: Engine, name: str
) -> None:
    """The file is, to the byte, the answer of the API, and the lines may come from a file or from standard input."""
    out = f"visit{FORMATS[name].suffix}"  # type: ignore[index]
    (in_folder / "lines.txt").write_text("\n".join(LINES))
    options = ["--date", "2026-01-05", "--base", "http://testserver/", "--direction", "weakness", "--per-line", "4"]
    for source, given_text in (("lines.txt", None), ("-", "\n".join(LINES))):
        result = run(source, "--out", out, *options, given_text=given_text)
        assert result.exit_code == 0, result.output
        assert "for 3 lines of enquiry" in result.stdout
        assert "Line 3 has no comparable findings: legionella in cooling towers" in result.stdout
        expected = ask(client, format=name, direction=["weakness"], per_line=4)[0]
        assert (in_folder / out).read_bytes() == expected


@pytest.mark.parametrize(
    ("text", "out", "said"),
    [
        (None, "x.docx", "lines.txt cannot be read"),
        ("", "x.docx", "no line of enquiry"),
        ("a\n?!", "x.docx", "line 2 has no words"),
        ("a\n" * 10_000, "x.docx", "10,000 lines of enquiry"),
        ("a", "nowhere/x.docx", "there is no folder"),
    ],
)
def test_what_fails_is_said_in_one_line(in_folder: Path, text: str | None, out: str, said: str) -> None:
    """A list that cannot be used ends with status 1 and one line, and nothing is written."""
    if text is not None:
        (in_folder / "lines.txt").write_text(text)
    result = run("lines.txt", "--out", out)
    assert result.exit_code == 1
    assert result.stderr.startswith("findings: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert not (in_folder / "x.docx").exists()


@pytest.mark.parametrize(
    "options",
    [["--title", " "], ["--date", "tomorrow"], ["--published-from", "2012-01-01", "--published-to", "2011-01-01"]],
)
def test_wrong_options_are_named(in_folder: Path, options: list[str]) -> None:
    """What makes no sense ends with status 2 and a message that names it."""
    (in_folder / "lines.txt").write_text("late plans")
    result = run("lines.txt", "--out", "x.csv", *options)
    assert result.exit_code == 2
    assert options[0].removeprefix("--").replace("-", "_") in result.stderr.replace("-", "_")
