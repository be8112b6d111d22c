"""The web pages as parsed HTML: what they show, what their addresses carry, and that document text stays text."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from bs4 import BeautifulSoup, Comment, Tag
from fastapi.testclient import TestClient

from app import words
from app.main import create_app
from indexer.build import build
from indexer.citation import citation
from indexer.config import Settings
from indexer.models import Document, Grade, Judgement
from indexer.search import Engine
from tests import small_index

QUERY = '"assessments"'


def page(client: TestClient, address: str, status: int = 200) -> BeautifulSoup:
    """A page, parsed; what holds for every page is checked on the way."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    found = BeautifulSoup(answer.text, "lxml")
    check_frame(found)
    return found


def check_frame(found: BeautifulSoup) -> None:
    """One language, title, main landmark and first heading; unique ids; labels for every field; nothing inline."""
    assert one(found, "html")["lang"] == "en-GB"
    assert one(found, "title").text.endswith("Findings search")
    assert len(found.select("main#main")) == len(found.select("h1")) == 1
    assert one(found, "a.skip")["href"] == "#main"
    ids = [tag["id"] for tag in found.select("[id]")]
    assert len(ids) == len(set(ids))
    for field in found.select("input:not([type=hidden]), select, textarea"):
        assert found.select_one(f'label[for="{field["id"]}"]'), field
    for tag in found.find_all(True):
        assert not any(name.startswith("on") or name == "style" for name in tag.attrs), tag
    assert all(script.get("src") and not script.text.strip() for script in found.select("script"))
    assert not found.select("style")
    licence = one(found, "footer a[rel=license]")
    assert "open-government-licence/version/3" in str(licence["href"])
    assert "Contains public sector information licensed under the Open Government Licence v3.0." in plain(
        one(found, "footer")
    )
    for tag in found.select("[src], link[href]"):
        assert str(tag.get("src") or tag.get("href")).startswith("/"), "nothing is fetched from elsewhere"


def one(found: BeautifulSoup | Tag, selector: str) -> Tag:
    """The one element that a selector must find."""
    matches = found.select(selector)
    assert len(matches) == 1, (selector, len(matches))
    return matches[0]


def plain(tag: Tag) -> str:
    """An element's words, blanks evened out."""
    return " ".join(tag.text.split())


def follow(found: BeautifulSoup | Tag, label: str) -> str:
    """Where the link leads whose words begin so."""
    for link in found.select("a[href]"):
        if plain(link).startswith(label):
            return str(link["href"])
    raise AssertionError(f"no link {label!r}")


# ---------------------------------------------------------------------------------------------- search


def test_home_has_one_search_box(client: TestClient, engine: Engine) -> None:
    """The first page has a labelled box, an example that finds something, and says what is covered."""
    found = page(client, "/")
    form = one(found, "form[role=search]")
    assert (form["action"], form["method"]) == ("/", "get")
    assert one(form, "input[name=q]")["type"] == "search"
    assert words.count(engine.facts.findings, "finding") in plain(one(found, "main"))
    example = one(found, ".example a")
    assert page(client, str(example["href"])).select("article")


def test_a_result_has_all_that_is_needed(client: TestClient) -> None:
    """Each result shows rank, certainty, nature, the whole finding with its best part marked, citation and ways on."""
    answer = client.get("/api/v1/search", params={"q": QUERY}).json()
    found = page(client, f"/?q={QUERY}")
    articles = found.select("ol.cards article")
    assert len(articles) == len(answer["results"]) > 0
    for article, result in zip(articles, answer["results"], strict=True):
        quoted = result["finding"]
        assert plain(one(article, "h2")).startswith(f"{result['rank']}. ")
        assert one(article, "h2 a")["href"] == result["url"]
        sure = {"strong": "Strong match", "possible": "Possible match"}[result["relevance"]]
        assert plain(one(article, ".match")) == f"{sure} ({result['score']:.2f})"
        nature = plain(one(article, ".nature"))
        assert nature.split(" · ") == list(
            dict.fromkeys((words.DIRECTION[quoted["direction"]], words.KIND[quoted["kind"]]))
        )
        assert one(article, "blockquote").text.strip() == quoted["text"].strip()
        marked = [quoted["text"][each["start"] : each["end"]] for each in result["highlights"]]
        assert [mark.text for mark in article.select("mark")] == marked
        assert plain(one(article, f"#c-{quoted['id']}")) == " ".join(result["citation"].split())
        assert follow(article, "Read it in the report") == result["url"]
        assert follow(article, "Find comparable") == f"/findings/{quoted['id']}/comparable"
        buttons = article.select("button[data-copy]")
        assert buttons
        assert all(button.has_attr("hidden") for button in buttons), "a button that needs the script waits for it"


def test_the_count_is_announced_and_in_the_title(client: TestClient) -> None:
    """The number of results stands in a status and, with the query, in the title."""
    total = client.get("/api/v1/search", params={"q": QUERY}).json()["total"]
    found = page(client, f"/?q={QUERY}")
    counted = words.count(total, "comparable finding")
    assert plain(one(found, "main [role=status]")).startswith(counted)
    assert one(found, "title").text.startswith(f"{QUERY} – {counted}")
    assert one(found, "form[role=search] input[name=q]")["value"] == QUERY


def test_filters_are_a_form_with_counts(client: TestClient) -> None:
    """Each filter is a labelled group of boxes whose counts are the API's, and ticking one filters."""
    facets = client.get("/api/v1/search", params={"q": QUERY}).json()["facets"]
    found = page(client, f"/?q={QUERY}")
    form = one(found, "aside form")
    assert one(form, "input[type=hidden][name=q]")["value"] == QUERY
    for field in ("authority", "inspection_type", "kind", "direction", "judgement"):
        boxes = form.select(f"input[type=checkbox][name={field}]")
        assert {str(box["value"]) for box in boxes} == {each["value"] for each in facets[field]}
        for box in boxes:
            count = next(each["count"] for each in facets[field] if each["value"] == box["value"])
            assert plain(one(form, f'label[for="{box["id"]}"]')).endswith(f"({count})")
    shown = {str(each["value"]): plain(each) for each in form.select("select[name=published_from] option[value]")}
    for each in facets["published_year"]:
        assert shown[f"{each['value']}-01-01"] == f"{each['value']} ({each['count']})"
    for fieldset in form.select("fieldset"):
        assert fieldset.select_one("legend")


def test_a_filter_in_force_can_be_taken_off(client: TestClient) -> None:
    """A ticked filter stays ticked, is named above the results, and its link removes it alone."""
    address = f"/?q={QUERY}&direction=weakness&published_from=2010-01-01&published_to="
    found = page(client, address)
    assert one(found, "input[name=direction][checked]")["value"] == "weakness"
    chosen = one(found, "section.chosen")
    assert "Direction: Weakness" in plain(chosen)
    assert "Published from: 2010" in plain(chosen)
    off = follow(chosen, "Remove the filter Direction")
    assert parse_qsl(urlsplit(off).query) == [("q", QUERY), ("published_from", "2010-01-01")]
    assert parse_qsl(urlsplit(follow(chosen, "Remove all filters")).query) == [("q", QUERY)]
    assert {plain(each).split(" · ")[0] for each in found.select("ol.cards .nature")} == {"Weakness"}


def test_a_filter_in_force_can_be_widened(client: TestClient) -> None:
    """The other values of a ticked filter stay on offer, with what each would leave under the other filters."""
    free = client.get("/api/v1/search", params={"q": QUERY, "kind": "finding"}).json()["facets"]
    found = page(client, f"/?q={QUERY}&kind=finding&direction=weakness&published_to=2000-12-31")
    assert [plain(each).split(" (")[0] for each in found.select("aside label[for^=direction-]")] == ["Weakness"]
    found = page(client, f"/?q={QUERY}&kind=finding&direction=weakness")
    shown = {plain(each) for each in found.select("aside label[for^=direction-]")}
    assert shown == {f"{words.DIRECTION[each['value']]} ({each['count']})" for each in free["direction"]}
    assert len(shown) > 1


def test_results_can_be_paged(small_pages: TestClient) -> None:
    """Results run on from page to page without a gap, and each page says which it is."""
    total = small_pages.get("/api/v1/search", params={"q": QUERY}).json()["total"]
    address, seen, number = f"/?q={QUERY}", [], 1
    while True:
        found = page(small_pages, address)
        seen += [str(each["id"]) for each in found.select("ol.cards article h2")]
        navigation = one(found, 'nav[aria-label="Pagination"]')
        assert plain(one(navigation, '[aria-current="page"]')) == str(number)
        assert (f"(page {number} of " in one(found, "title").text) == (number > 1)
        following = navigation.select_one("a[rel=next]")
        if following is None:
            break
        address, number = str(following["href"]), number + 1
    assert len(seen) == len(set(seen)) == total
    assert number > 2


def test_a_page_past_the_end_says_so(client: TestClient) -> None:
    """A page number that is too high is explained, and is no error."""
    assert "There is no page 99" in plain(one(page(client, f"/?q={QUERY}&page=99"), "main"))


def test_nothing_comparable_is_said_plainly(client: TestClient) -> None:
    """Where nothing is comparable the page says so, shows no weak results, and suggests what to try."""
    found = page(client, f"/?q={QUERY}&authority=Atlantis")
    assert plain(one(found, "main [role=status]")) == "No comparable findings"
    assert one(found, "title").text.startswith(f"{QUERY} – No comparable findings")
    assert not found.select("article")
    assert parse_qsl(urlsplit(follow(one(found, ".nothing"), "the same search without filters")).query) == [
        ("q", QUERY)
    ]
    assert one(found, "input[name=authority][checked]")["value"] == "Atlantis"


def test_what_the_address_holds_beside_is_named(client: TestClient) -> None:
    """A name that the page does not know is left aside, and the page says so."""
    found = page(client, f"/?q={QUERY}&authorty=Bury&utm_source=x")
    assert "authorty, utm_source" in plain(one(found, ".warning"))
    assert not page(client, f"/?q={QUERY}").select(".warning")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/?q=...", "The search cannot be used: it must hold at least one letter or digit"),
        ("/?q=" + "a" * 2001, "The search must be at most 2,000 characters"),
        (f"/?q={QUERY}&direction=up", "direction must be one of strength, weakness, mixed or neutral"),
        (f"/?q={QUERY}&page=0", "The page must be at least 1; you sent “0”"),
        (f"/?q={QUERY}&page=99999999999999999999", "The page must be at most 10,000"),
        (f"/?q={QUERY}&published_from=2012-01-01&published_to=2011-12-31", "The first year (2012-01-01) is later than"),
        (f"/?q={QUERY}&query_direction=up", "query_direction must be one of auto, strength, weakness or any"),
        (f"/?q={QUERY}&min_relevance=2", "The minimum relevance must be at most 1; you sent “2”"),
        (f"/?q={QUERY}&per_document=0", "The number of results per report must be at least 1; you sent “0”"),
        ("/documents?judgement=splendid", "judgement must be one of outstanding"),
    ],
)
def test_a_bad_search_is_explained_and_kept(client: TestClient, address: str, said: str) -> None:
    """What cannot be searched is explained in plain English, and what was typed is still in the box."""
    found = page(client, address, 422)
    assert said in plain(one(found, "[role=alert]"))
    typed = dict(parse_qsl(urlsplit(address).query)).get("q", "")
    box = one(found, "form[role=search] [name=q]")
    assert (box.text.removeprefix("\n") if box.name == "textarea" else box["value"]) == typed


def test_several_mistakes_are_a_list(client: TestClient) -> None:
    """Each thing that is wrong is a point of its own."""
    alert = one(page(client, "/?q=...&direction=up", 422), "[role=alert]")
    assert len(alert.select("li")) == 2


def test_a_blank_search_is_the_first_page(client: TestClient) -> None:
    """Sending an empty box is no error."""
    assert plain(one(page(client, "/?q=%20"), "h1")) == plain(one(page(client, "/"), "h1"))


# ---------------------------------------------------------------------------------------------- findings


def test_comparable_findings_of_a_finding(client: TestClient) -> None:
    """The finding is quoted on top with its citation, the others follow as in a search."""
    own = client.get("/api/v1/search", params={"q": QUERY}).json()["results"][0]
    found = page(client, f"/findings/{own['finding']['id']}/comparable")
    subject = one(found, "section.subject")
    assert one(subject, "blockquote").text.strip() == own["finding"]["text"]
    assert " ".join(own["citation"].split()) in plain(subject)
    answer = client.get(f"/api/v1/findings/{own['finding']['id']}/similar").json()
    shown = [str(each["id"]).removeprefix("h-") for each in found.select("ol.cards article h2")]
    assert shown == [each["finding"]["id"] for each in answer["results"]]
    assert own["document"]["authority"] in one(found, "title").text


def test_near_identical_findings_of_a_finding(client: TestClient) -> None:
    """The page lists what the API lists, or says that there is nothing."""
    for result in client.get("/api/v1/search", params={"q": QUERY}).json()["results"]:
        own = result["finding"]["id"]
        answer = client.get(f"/api/v1/findings/{own}/near-identical").json()
        found = page(client, f"/findings/{own}/near-identical")
        assert len(found.select("ol.cards article")) == answer["total"]
        if not answer["total"]:
            assert plain(one(found, "main [role=status]")) == "No near-identical findings"


@pytest.mark.parametrize(
    "address", ["/findings/none/comparable", "/findings/none/near-identical", "/documents/none", "/x"]
)
def test_what_is_not_there_is_a_page(client: TestClient, address: str) -> None:
    """An unknown address is a page in plain English with a way on."""
    found = page(client, address, 404)
    assert plain(one(found, "h1")) == "Page not found"
    assert found.select("form[role=search]")


def test_a_method_that_pages_do_not_take(client: TestClient) -> None:
    """A wrong method on a page is answered by a page."""
    answer = client.post("/documents")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    check_frame(BeautifulSoup(answer.text, "lxml"))


# ---------------------------------------------------------------------------------------------- documents


def test_documents_are_listed(client: TestClient) -> None:
    """Every document is listed with a link, its dates and its grades."""
    answer = client.get("/api/v1/documents").json()
    found = page(client, "/documents")
    assert plain(one(found, "main [role=status]")) == "5 reports"
    articles = found.select("ul.cards article")
    assert [one(each, "h2 a")["href"] for each in articles] == [
        f"/documents/{each['id']}" for each in answer["documents"]
    ]
    for article, record in zip(articles, answer["documents"], strict=True):
        assert len(article.select(".grades li")) == len(record["judgements"])
    authority = answer["documents"][0]["authority"]
    filtered = page(client, f"/documents?authority={authority}")
    assert all(plain(each).startswith(authority) for each in filtered.select("ul.cards h2"))
    assert plain(one(page(client, "/documents?authority=Atlantis"), "main [role=status]")) == "No reports"


def test_a_document_shows_every_finding_in_place(client: TestClient, engine: Engine) -> None:
    """A document's page holds its findings in order, each at its own address, under its headings, with its citation."""
    for record in client.get("/api/v1/documents").json()["documents"]:
        document, findings = engine.document(record["id"])
        found = page(client, f"/documents/{record['id']}")
        shown = found.select("li.finding")
        assert [each["id"] for each in shown] == [f"f-{each.id}" for each in findings]
        for item, each in zip(shown, findings, strict=True):
            assert one(item, ".words").text.strip() == each.text.strip()
            assert plain(one(item, ".cite p")) == " ".join(citation(document, each).split())
        rows = found.select("table.judgements tbody tr")
        assert [[plain(cell) for cell in row.select("th, td")] for row in rows] == [
            [" ".join(each.area.split()), words.grade(each.grade)] for each in document.metadata.judgements
        ]
        headings = [plain(each) for each in found.select(".body h2, .body h3, .body h4, .body h5, .body h6")]
        contents = found.select(".contents a")
        assert [plain(each) for each in contents] == headings
        assert all(found.select_one(str(each["href"])) for each in contents)


def test_a_citations_link_leads_to_its_finding(client: TestClient) -> None:
    """The address that the API gives for a finding is that of an element of the document's page."""
    for result in client.get("/api/v1/search", params={"q": QUERY}).json()["results"]:
        path, _, anchor = result["url"].partition("#")
        assert one(page(client, path), f"#{anchor}").select_one(".words")


def test_one_report_can_be_searched(client: TestClient) -> None:
    """The box on a document's page searches that document, and says so by its title."""
    record = client.get("/api/v1/documents").json()["documents"][0]
    form = one(page(client, f"/documents/{record['id']}"), "form[role=search]")
    assert one(form, "input[name=document]")["value"] == record["id"]
    found = page(client, f"/?q=children&document={record['id']}")
    assert record["title"] in plain(one(found, "section.chosen"))


# ---------------------------------------------------------------------------------------------- about the service


def test_about_says_what_is_covered(client: TestClient, engine: Engine) -> None:
    """The page about the service names its coverage, its build and its model."""
    text = plain(one(page(client, "/about"), "main"))
    assert f"{engine.facts.findings:,}" in text
    assert words.moment(engine.facts.built) in text
    assert engine.facts.model in text
    for each in engine.values("inspection_type"):
        assert " ".join(each.value.split()) in text


def test_about_names_what_could_not_be_read(client: TestClient, engine: Engine) -> None:
    """Each file that was skipped is named with its reason."""
    skipped = [each for each in engine.files() if each.status == "skipped"]
    assert skipped, "the index of these tests is built with a file that cannot be read"
    text = plain(one(page(client, "/about"), ".skipped"))
    for each in skipped:
        assert f"{each.source}: {' '.join(each.reason.split())}" in text


def curl_lines(found: BeautifulSoup) -> Iterator[list[str]]:
    """The worked examples of the API's page, as a shell would read them."""
    for code in found.select("pre code"):
        if code.text.startswith("curl "):
            yield shlex.split(code.text.replace("\\\n", " "))


def test_worked_examples_work(client: TestClient) -> None:
    """Every curl line and every link on the API's page is a request that this service answers."""
    found = page(client, "/docs")
    lines = list(curl_lines(found))
    assert len(lines) >= 9
    for words_of_line in lines:
        address, rest = words_of_line[1], words_of_line[2:]
        assert address.startswith("http://testserver/")
        if rest:
            assert rest[0::2] == ["-H", "-d"]
            name, _, value = rest[1].partition(": ")
            answer = client.post(address, content=rest[3].encode(), headers={name: value})
        else:
            answer = client.get(address)
        assert answer.status_code == 200, (address, answer.text)
    for link in found.select("main a[href]"):
        href = str(link["href"])
        if href.startswith("#"):
            assert found.select_one(href), href
        elif href.startswith("/"):
            assert client.get(href).status_code == 200, href


# ---------------------------------------------------------------------------------------------- untrusted text

HOSTILE = (
    "<script>alert(1)</script> & \"quoted\" <img src=x onerror='alert(2)'> {{ 7777777*7 }} {% raw %} </p></blockquote>"
    " <!-- &lt;b&gt; are words of a report"
)


def hostile(path: Path, source: str) -> Document:
    """A report whose every text is markup that would run if a page believed it."""
    texts = [small_index.finding(HOSTILE, section=(HOSTILE, "x"), number=HOSTILE) for _ in range(2)]
    found = small_index.document(HOSTILE, HOSTILE, date(2011, 4, 7), texts)
    judgements = (Judgement(HOSTILE, Grade.GOOD),)
    metadata = replace(
        found.metadata, title=HOSTILE, inspection_type=HOSTILE, lead_inspector=HOSTILE, judgements=judgements
    )
    return replace(found, metadata=metadata)


@pytest.fixture
def hostile_client(tmp_path: Path) -> Iterator[TestClient]:
    """A client of an app over an index of that report."""
    settings = Settings(index_dir=tmp_path / "index")
    (tmp_path / "report.txt").write_text("anything", encoding="utf-8")
    build(settings, [tmp_path / "report.txt"], read=hostile, encoder=small_index.WordEncoder())
    with TestClient(create_app(settings, small_index.WordEncoder())) as client:
        yield client


def test_document_text_is_never_markup(hostile_client: TestClient) -> None:
    """Markup in a finding, heading, title, name or file is shown as the characters it is made of, on every page."""
    record = hostile_client.get("/api/v1/documents").json()["documents"][0]
    own = hostile_client.get(f"/api/v1/documents/{record['id']}").json()["findings"][0]["id"]
    for address in (
        '/?q="words of a report"',
        f"/?q=x&document={record['id']}",
        "/documents",
        f"/documents/{record['id']}",
        f"/findings/{own}/comparable",
        f"/findings/{own}/near-identical",
        "/about",
    ):
        found = page(hostile_client, address)
        assert not found.select("main script, main img, main b")
        assert not found.find_all(string=lambda each: isinstance(each, Comment))
        assert "54444439" not in plain(one(found, "main")), "templates in a text are not run"
        assert all(quoted.text.strip() == HOSTILE for quoted in found.select("blockquote, .words"))
        assert "<script>alert(1)</script>" in found.text


def test_what_is_typed_is_never_markup(client: TestClient) -> None:
    """Markup in the address comes back as characters, in results and in errors."""
    for address, status in (("/?q=", 200), ("/?page=0&q=", 422), ("/?q=children&authority=", 200)):
        found = page(client, address + "%3Cscript%3Ealert(1)%3C/script%3E%22%27", status)
        assert not [each for each in found.select("script") if not each.get("src")]
        typed = [str(field.get("value")) for field in found.select("input")]
        assert "<script>alert(1)</script>\"'" in typed
