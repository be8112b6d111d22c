"""The pages and the operation on source files: what they show, and that nothing else leaves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from docx import Document as WordDocument
from fastapi.testclient import TestClient

from app.find import spans_of, terms
from app.main import create_app
from app.source_schemas import EXAMPLE_PLACE, Place
from indexer.build import build
from indexer.config import Settings
from indexer.models import Filters
from indexer.search import Engine
from indexer.sources import Sources
from tests.app.test_pages import follow, one, page, plain
from tests.printed import LONG, report_bytes
from tests.small_index import WordEncoder

TEXT = "Findings\n\n• Plans are reviewed late.\n\n• Social workers’ visits are regular, and visits are recorded.\n"
HTML = "<html><body><h2>Findings</h2><ul><li>Homes are <script>alert(1)</script>safe.</li></ul></body></html>"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report of each format."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "printed é.pdf").write_bytes(report_bytes())
    (folder / "letter.txt").write_text(TEXT, encoding="utf-8")
    (folder / "page.html").write_text(HTML, encoding="utf-8")
    word = WordDocument()
    word.add_heading("Findings", 1)
    word.add_paragraph("Leaders know their services well.")
    word.save(str(folder / "letter.docx"))
    return folder


@pytest.fixture(scope="module")
def index(reports: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an index of that folder that let its files be shown."""
    found = Settings(index_dir=tmp_path_factory.mktemp("index"), serve_documents=True)
    build(found, [reports], encoder=WordEncoder())
    return found


@pytest.fixture(scope="module")
def shown(index: Settings) -> Iterator[TestClient]:
    """A client of the app that shows the files."""
    with TestClient(create_app(index, WordEncoder())) as found:
        yield found


@pytest.fixture(scope="module")
def closed(index: Settings) -> Iterator[TestClient]:
    """A client of the app over the same index that does not."""
    with TestClient(create_app(index.model_copy(update={"serve_documents": False}), WordEncoder())) as found:
        yield found


def documents(client: TestClient) -> dict[str, dict[str, Any]]:
    """The documents of the index by the ending of their files."""
    listed = client.get("/api/v1/documents").json()["documents"]
    return {each["source"].rpartition(".")[2]: each for each in listed}


def findings(client: TestClient, kind: str = "pdf") -> list[dict[str, Any]]:
    """The findings of one of them."""
    document = documents(client)[kind]["id"]
    found: list[dict[str, Any]] = client.get(f"/api/v1/documents/{document}").json()["findings"]
    return found


def over_the_end(client: TestClient) -> dict[str, Any]:
    """The finding that goes over the page end."""
    return next(each for each in findings(client) if each["text"].startswith(LONG))


# ---------------------------------------------------------------------------------------------- verification


def test_every_finding_of_the_seeds_verifies(engine: Engine) -> None:
    """Whatever the index of the five seeds quotes is read again in its file, at the same place."""
    sources = Sources()
    checked = 0
    for document in engine.documents(Filters(), 100, 0)[1]:
        for finding in engine.document(document.id)[1]:
            found = sources.verify(engine.source_file(document), finding)
            assert (found.verified, found.unchanged, found.span) == (True, True, finding.span), finding.text
            checked += 1
    sources.close()
    assert checked == engine.facts.findings


@pytest.mark.parametrize("kind", ["pdf", "txt", "html", "docx"])
def test_verification_says_where_the_words_stand(closed: TestClient, kind: str) -> None:
    """Every finding of every format verifies, whether or not files are shown, with its quotation, pages and place."""
    record = documents(closed)[kind]
    for finding in findings(closed, kind):
        answer = closed.get(f"/api/v1/findings/{finding['id']}/verify")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store", "the file may change at any time"
        found = answer.json()
        assert (found["verified"], found["unchanged"]) == (True, True)
        assert found["sha256_now"] == found["sha256_indexed"] == record["sha256"]
        assert (found["source"], found["quote"]) == (record["source"], finding["text"])
        assert found["citation"].startswith("Ofsted, ")
        assert found["url"] == f"/documents/{record['id']}#f-{finding['id']}"
        assert (found["page_start"], found["page_end"]) == (finding["page_start"], finding["page_end"])
        first, last = found["span"]
        assert last - first == len(finding["text"])
        pages = [each["page"] for each in found["places"]]
        assert pages == (sorted({finding["page_start"], finding["page_end"]}) if kind == "pdf" else [])


def test_verification_refuses_what_it_does_not_know(closed: TestClient) -> None:
    """An unknown finding is 404, an unknown parameter 422."""
    assert closed.get("/api/v1/findings/none/verify").status_code == 404
    assert closed.get("/findings/none/verify").status_code == 404
    finding = findings(closed)[0]["id"]
    assert closed.get(f"/api/v1/findings/{finding}/verify?page=2").status_code == 422


def test_a_file_that_changes_or_goes_is_told(tmp_path: Path) -> None:
    """A changed file is checked for the same words and not shown; one that is gone verifies nothing."""
    settings = Settings(index_dir=tmp_path / "index", serve_documents=True)
    path = tmp_path / "in" / "report.pdf"
    path.parent.mkdir()
    path.write_bytes(report_bytes())
    build(settings, [path], encoder=WordEncoder())
    with TestClient(create_app(settings, WordEncoder())) as client:
        record, finding = documents(client)["pdf"]["id"], findings(client)[0]["id"]
        addresses = [f"/documents/{record}/{each}" for each in ("source", "pages/1", f"pages/1.png?finding={finding}")]
        assert [client.get(each).status_code for each in addresses] == [200, 200, 200]
        path.write_bytes(path.read_bytes() + b"\n")
        answer = client.get(f"/api/v1/findings/{finding}/verify").json()
        assert (answer["verified"], answer["unchanged"]) == (True, False)
        assert "stand in it all the same" in plain(one(page(client, f"/findings/{finding}/verify"), "main .lead"))
        for address in addresses:
            found = page(client, address, 410)
            assert plain(one(found, "h1")) == "The source file cannot be shown"
            assert "has changed since it was indexed" in plain(one(found, "main"))
        path.unlink()
        answer = client.get(f"/api/v1/findings/{finding}/verify").json()
        assert (answer["verified"], answer["sha256_now"], answer["places"]) == (False, None, [])
        assert plain(one(page(client, f"/findings/{finding}/verify"), "h1")) == "The words could not be confirmed"
        for address in addresses:
            found = page(client, address, 410)
            assert "is no longer where it was indexed from" in plain(one(found, "main"))
            assert str(tmp_path) not in found.text, "no folder of the machine is told"


# ---------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("kind", "media_type", "way"),
    [
        ("pdf", "application/pdf", "inline"),
        ("txt", "text/plain; charset=utf-8", "inline"),
        ("html", "text/plain; charset=utf-8", "inline"),  # a report's markup is shown, never run
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "attachment"),
    ],
)
def test_a_source_is_given_as_what_it_is(
    shown: TestClient, reports: Path, kind: str, media_type: str, way: str
) -> None:
    """Each file comes byte for byte with its own type, never as a page of this service."""
    record = documents(shown)[kind]
    answer = shown.get(f"/documents/{record['id']}/source")
    assert answer.content == (reports / record["source"]).read_bytes()
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"].startswith(f"{way}; filename*=UTF-8''")
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert ("sandbox" in policy) == (kind != "pdf")
    tag = answer.headers["etag"]
    assert shown.get(f"/documents/{record['id']}/source", headers={"If-None-Match": tag}).status_code == 304


def test_names_beyond_ascii_travel(shown: TestClient) -> None:
    """A file is saved under its own name."""
    answer = shown.get(f"/documents/{documents(shown)['pdf']['id']}/source")
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''printed%20%C3%A9.pdf"


def test_nothing_is_shown_unless_it_is_set(closed: TestClient) -> None:
    """Without the setting no page leads to a file, and every address of one says that it is not shown here."""
    record = documents(closed)["pdf"]["id"]
    found = page(closed, f"/documents/{record}")
    assert not found.select('a[href*="/pages/"], a[href*="/source"]')
    for address in ("source", "pages/1", "pages/1.png"):
        refused = page(closed, f"/documents/{record}/{address}", 403)
        assert "serve_documents" in plain(one(refused, "main"))
    assert not Settings().serve_documents


@pytest.mark.parametrize(
    "address",
    [
        *("/documents/none/source", "/documents/none/pages/1", "/documents/none/pages/1.png"),
        *(
            "/documents/{pdf}/pages/0",
            "/documents/{pdf}/pages/3",
            "/documents/{pdf}/pages/x",
            "/documents/{pdf}/pages/01",
        ),
        *("/documents/{pdf}/pages/3.png", "/documents/{pdf}/pages/1?finding=none", "/documents/{txt}/pages/1"),
        *("/documents/{pdf}/pages/" + "9" * 5000, "/documents/{pdf}/pages/..%2F..%2Fetc.png"),
    ],
)
def test_what_is_not_there_is_not_found(shown: TestClient, address: str) -> None:
    """Unknown documents, pages and findings are 404, and so is a page of what has none."""
    ids = {kind: each["id"] for kind, each in documents(shown).items()}
    assert shown.get(address.format(**ids)).status_code == 404


# ---------------------------------------------------------------------------------------------- pages as images


def test_a_page_is_shown_with_its_finding(shown: TestClient) -> None:
    """From a finding in its report one comes to its page: image, words, citation, and the page it goes on on."""
    record, finding = documents(shown)["pdf"]["id"], over_the_end(shown)
    item = one(page(shown, f"/documents/{record}"), f"#f-{finding['id']}")
    address = follow(item, "See it on the page")
    assert address == f"/documents/{record}/pages/1?finding={finding['id']}"
    found = page(shown, address)
    assert plain(one(found, "h1")) == "Page 1 of 2"
    assert plain(one(found, "main [role=status]")) == "The finding is marked on this page. It goes on on page 2."
    image = one(found, ".image img")
    assert "with the finding marked" in str(image["alt"])
    assert plain(one(found, ".subject blockquote")) == finding["text"]
    assert len(found.select(".beside li.finding")) == 4, "the other findings of the page stand beside it in words"
    marked, bare = shown.get(str(image["src"])), shown.get(f"/documents/{record}/pages/1.png")
    assert marked.headers["content-type"] == bare.headers["content-type"] == "image/png"
    assert marked.content != bare.content
    second = page(shown, follow(one(found, "main [role=status]"), "It goes on on page 2"))
    assert plain(one(second, "main [role=status]")) == "The finding is marked on this page. It begins on page 1."
    assert follow(second, "Open the PDF at this page") == f"/documents/{record}/source#page=2"
    plainly = page(shown, follow(second, "← Page 1"))
    assert not plainly.select("main [role=status]")
    assert len(plainly.select("li.finding")) == 5


def test_a_result_leads_to_its_page(shown: TestClient, closed: TestClient) -> None:
    """Where files are shown, a result in a PDF leads straight to its page; a result in another format has no page."""
    record = documents(shown)["pdf"]["id"]
    article = one(page(shown, f'/?q="care+leavers"&document={record}'), "ol.cards article")
    address = follow(article, "See it on the page")
    assert plain(one(page(shown, address), "main [role=status]")) == "The finding is marked on this page."
    assert "See it on the page" not in closed.get(f'/?q="care+leavers"&document={record}').text
    assert "See it on the page" not in shown.get('/?q="plans+are+reviewed"').text


def test_what_cannot_be_placed_is_said(shown: TestClient) -> None:
    """A finding asked for on a page it does not stand on is not marked there; the page says where it stands."""
    record = documents(shown)["pdf"]["id"]
    finding = findings(shown)[0]["id"]
    found = page(shown, f"/documents/{record}/pages/2?finding={finding}")
    assert plain(one(found, "main [role=status]")) == ("The finding does not stand on this page. It stands on page 1.")
    assert shown.get(f"/documents/{record}/pages/2.png?finding={finding}").content == (
        shown.get(f"/documents/{record}/pages/2.png").content
    )


# ---------------------------------------------------------------------------------------------- the report's page


def test_words_are_found_in_place(shown: TestClient) -> None:
    """The findings that hold all words typed are counted, marked and led through; the others stay as they are."""
    record = documents(shown)["txt"]["id"]
    found = page(shown, f"/documents/{record}?find=workers'+VISIT")
    assert plain(one(found, "main [role=status]")) == "1 finding holds “workers' VISIT”."
    assert [mark.text for mark in found.select("li.finding mark")] == ["workers’", "visit", "visit"]
    assert one(found, "#find")["value"] == "workers' VISIT"
    first = follow(one(found, ".found"), "Go to the first")
    assert one(found, first).select("mark")
    nothing = page(shown, f"/documents/{record}?find=ferries")
    assert plain(one(nothing, "main [role=status]")) == "No finding of this report holds “ferries”."
    assert not nothing.select("mark")
    assert not page(shown, f"/documents/{record}?find=+").select("main [role=status]")


def test_matches_are_walked(shown: TestClient) -> None:
    """Each finding that holds the words leads to the next one, and every finding to those before and after it."""
    record = documents(shown)["pdf"]["id"]
    found = page(shown, f"/documents/{record}?find=supervision")
    holding = [each for each in found.select("li.finding") if each.select("mark")]
    assert len(holding) == 2
    assert follow(holding[0], "Next with these words") == f"#{holding[1]['id']}"
    assert not holding[1].select(".words-on")
    items = found.select("li.finding")
    for before, item in pairwise(items):
        assert follow(item, "↑") == f"#{before['id']}"
        assert follow(before, "↓") == f"#{item['id']}"


@pytest.mark.parametrize(
    ("text", "typed", "found"),
    [
        ("Plans are late. The plan is poor.", "plan", ["Plan", "plan"]),  # the beginning of a word, any case
        ("Explanations", "plan", []),  # never the inside of one
        ("Plans are late.", "plans rare", []),  # every word must be there
        ("Plans are\nlate.", '"plans are late"', ["Plans are\nlate"]),  # a phrase, over line ends
        ("well–coordinated", "well-coordinated", ["well–coordinated"]),  # dashes are alike
        ("a+b (c)", '"a+b" "(c)"', ["a+b", "(c)"]),  # what means something in patterns does not here
        ("anything", "... —", []),  # no word at all
    ],
)
def test_words_are_found_as_readers_mean_them(text: str, typed: str, found: list[str]) -> None:
    """Words are found by their beginnings, phrases as they follow each other."""
    assert [text[start:end] for start, end in spans_of(text, terms(typed))] == found


def test_the_way_back_to_the_results(shown: TestClient) -> None:
    """Who comes from results is led back to them, also after finding words; no other address is taken for one."""
    record = documents(shown)["txt"]["id"]
    results = "/?q=plans&direction=weakness&page=2"

    def crumb(address: str, referer: str = "") -> str:
        answer = shown.get(address, headers={"Referer": referer} if referer else {})
        assert answer.headers["vary"] == "Referer, Accept-Encoding"
        return str(one(BeautifulSoup(answer.text, "lxml"), ".crumb a")["href"])

    here = f"/documents/{record}"
    assert crumb(here) == "/documents"
    assert crumb(here, f"http://testserver{results}") == results
    assert crumb(here, f"http://elsewhere{results}") == "/documents"
    assert crumb(here, "http://testserver/about") == "/documents"
    answer = shown.get(here, headers={"Referer": f"http://testserver{results}"})
    back = one(BeautifulSoup(answer.text, "lxml"), "input[name=back]")["value"]
    assert back == results
    assert shown.get(here).headers["etag"] != answer.headers["etag"]
    found = shown.get(here, params={"find": "plans", "back": str(back)})
    assert one(BeautifulSoup(found.text, "lxml"), ".crumb a")["href"] == results
    for other in ("//elsewhere/?q=x", "https://elsewhere/?q=x", "javascript:alert(1)", "/documents"):
        assert BeautifulSoup(shown.get(here, params={"back": other}).text, "lxml").select('.crumb a[href="/documents"]')


def test_a_search_in_a_report_leads_back_to_it(shown: TestClient) -> None:
    """Results of one report alone have a link to that report's page."""
    record = documents(shown)["txt"]["id"]
    found = page(shown, f'/?q="plans"&document={record}')
    assert follow(found, "Back to the report") == f"/documents/{record}"
    assert not page(shown, '/?q="plans"').select(".to-report")


def test_the_example_of_a_place_fits_its_model() -> None:
    """The example in the description is such as the service could give."""
    assert Place.model_validate(EXAMPLE_PLACE).model_dump(mode="json") == EXAMPLE_PLACE
