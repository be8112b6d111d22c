"""The page of results as an inspector works with it: order, authorities left out, exact counts, what was searched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from app import words
from indexer.models import Filters
from indexer.search import Engine
from tests.app.test_pages import QUERY, follow, one, page, plain

Asked = Mapping[str, str | list[str]]


def ask(client: TestClient, **asked: str | int | list[str]) -> dict[str, Any]:
    """The answer to a search that must succeed, with up to a hundred results."""
    answer = client.get("/api/v1/search", params={"q": QUERY, "limit": 100, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def results_page(client: TestClient, **asked: str | list[str]) -> BeautifulSoup:
    """A page of results."""
    return page(client, f"/?{urlencode({'q': QUERY, **asked}, doseq=True)}")


def query(href: str) -> list[tuple[str, str]]:
    """The parameters of an address."""
    return parse_qsl(urlsplit(href).query)


# ---------------------------------------------------------------------------------------------- order


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_results_in_order_of_publication(client: TestClient, sort: str) -> None:
    """Sorting by date moves results and changes nothing else: neither which they are, nor scores, total or counts."""
    by_match, by_day = ask(client), ask(client, sort=sort)
    days = [each["document"]["published"] for each in by_day["results"]]
    assert days == sorted(days, reverse=sort == "newest")
    assert len(set(days)) > 1

    def bare(answer: dict[str, Any]) -> dict[str, Any]:
        return {each["finding"]["id"]: {**each, "rank": 0} for each in answer["results"]}

    assert bare(by_day) == bare(by_match)
    assert [each["rank"] for each in by_day["results"]] == list(range(1, by_day["total"] + 1))
    assert (by_day["total"], by_day["facets"]) == (by_match["total"], by_match["facets"])
    parts = [ask(client, sort=sort, limit=3, offset=start)["results"] for start in range(0, by_day["total"], 3)]
    assert [each for part in parts for each in part] == by_day["results"]


def test_weak_findings_stay_at_the_end_of_any_order(client: TestClient) -> None:
    """The nearest findings below the bar follow the results, nearest first, however these are sorted."""
    asked = {"q": "assessments of children", "min_relevance": "0.5", "weak": "true"}
    by_match, by_day = ask(client, **asked), ask(client, sort="oldest", **asked)
    assert by_match["weak"] == 5
    assert by_day["results"][-5:] == by_match["results"][-5:]


def test_the_order_is_chosen_by_links(small_pages: TestClient) -> None:
    """The order in force is said, the others are links that keep the search and begin at its first page."""
    found = results_page(small_pages, direction="weakness", page="2")
    line = one(found, ".order")
    assert plain(one(line, "strong")) == "Best match first"
    newest = follow(line, "Newest first")
    assert query(newest) == [("q", QUERY), ("direction", "weakness"), ("sort", "newest")]
    found = page(small_pages, newest)
    assert plain(one(found, ".order strong")) == "Newest first"
    assert "newest first" in plain(one(found, ".total"))
    assert ", newest first" in one(found, "title").text
    assert query(follow(one(found, ".order"), "Best match first")) == [("q", QUERY), ("direction", "weakness")]
    assert one(found, "aside input[type=hidden][name=sort]")["value"] == "newest"
    assert ("sort", "newest") in query(str(one(found, "a[rel=next]")["href"]))
    assert ("sort", "newest") in [
        (each["name"], each["value"]) for each in found.select("form[role=search] [type=hidden]")
    ]


# ---------------------------------------------------------------------------------------------- left out


def test_an_authority_is_left_out_from_a_result(client: TestClient) -> None:
    """Each result has a link to the same search without its authority, which is then named and can be taken back."""
    found = results_page(client)
    first = client.get("/api/v1/search", params={"q": QUERY}).json()["results"][0]["document"]["authority"]
    href = follow(found.select("article")[0], f"Leave out {first}")
    assert query(href) == [("q", QUERY), ("exclude_authority", first)]
    found = page(client, href)
    assert not [each for each in found.select("article h2") if first in plain(each)]
    chosen = one(found, "section.chosen")
    assert f"Not from: {first}" in plain(chosen)
    assert query(follow(chosen, "Remove the filter Not from")) == [("q", QUERY)]
    box = one(found, "input[name=exclude_authority][checked]")
    assert box["value"] == first
    second = follow(found.select("article")[0], "Leave out ")
    assert [value for name, value in query(second) if name == "exclude_authority"][:1] == [first]


def test_nobody_leaves_out_the_only_authority(client: TestClient) -> None:
    """Where certain authorities are asked for, leaving one of them out is done by taking off its filter."""
    found = results_page(client, authority="Bury")
    assert found.select("article")
    assert not [each for each in found.select("article a") if plain(each).startswith("Leave out")]


# ---------------------------------------------------------------------------------------------- counts

GROUPS = {
    "direction": lambda result: result["finding"]["direction"],
    "kind": lambda result: result["finding"]["kind"],
    "judgement": lambda result: result["finding"]["judgement"],
    "inspection_type": lambda result: result["document"]["inspection_type"],
    "authority": lambda result: result["document"]["authority"],
    "exclude_authority": lambda result: result["document"]["authority"],
    "published_from": lambda result: (result["document"]["published"] or "")[:4],
}


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"direction": "weakness"},
        {"direction": ["weakness", "mixed"], "kind": ["finding", "area_for_development"]},
        {"authority": ["Bury", "Torbay"], "direction": "weakness", "published_from": "2010-01-01"},
        {"exclude_authority": "Bury", "kind": "finding", "published_to": "2020-12-31"},
        {"per_document": "3", "direction": "strength"},
    ],
)
def test_counts_are_exact(client: TestClient, filters: Asked) -> None:
    """Beside each value stands how many results the search has with it, counted one by one, under the other filters."""
    found = results_page(client, **filters)
    for name, value_of in GROUPS.items():
        freed = {"published_from", "published_to"} if name == "published_from" else {name}
        answer = ask(client, **{key: value for key, value in filters.items() if key not in freed})
        assert answer["total"] == len(answer["results"]) <= 100
        counted = Counter(filter(None, map(value_of, answer["results"])))
        if name == "published_from":
            options = found.select("select[name=published_from] option[value]")
            shown = {str(each["value"])[:4]: _count(plain(each)) for each in options if "(" in each.text}
        else:
            boxes = found.select(f"aside input[type=checkbox][name={name}]")
            shown = {str(box["value"]): _count(plain(one(found, f'label[for="{box["id"]}"]'))) for box in boxes}
        # A value that is ticked keeps its box where nothing has it.
        assert {value: count for value, count in shown.items() if count} == counted, name


def _count(label: str) -> int:
    return int(label.rpartition("(")[2].rstrip(")"))


# ---------------------------------------------------------------------------------------------- coverage


def test_what_was_searched_is_said(client: TestClient, engine: Engine) -> None:
    """Below the results stands which reports were searched, from when to when, of which build, and what is missing."""
    days = sorted(each.metadata.published for each in engine.documents(Filters(), 100, 0)[1] if each.metadata.published)
    line = one(results_page(client), ".searched")
    assert plain(line) == (
        f"Searched 5 reports, published {words.day(days[0])} to {words.day(days[-1])}. "
        f"Index built on {words.moment(engine.facts.built)}. 1 file could not be read"
    )
    assert follow(line, "1 file could not be read") == "/about"
    reports = client.get("/api/v1/documents", params={"published_to": days[0].isoformat()}).json()["total"]
    line = one(results_page(client, published_to=days[0].isoformat()), ".searched")
    assert plain(line).startswith(f"Searched {reports} of 5 reports, published {words.day(days[0])}. Index built on")
    line = one(results_page(client, authority="Atlantis"), ".searched")
    assert plain(line).startswith("Searched 0 of 5 reports. Index built on")


# ---------------------------------------------------------------------------------------------- marks


def test_marked_findings_are_no_results(client: TestClient) -> None:
    """Findings marked as wanted or not are left out and not counted; GET and POST take them alike."""
    everything = ask(client)
    ids = [each["finding"]["id"] for each in everything["results"]]
    marked: dict[str, list[str]] = {"like": ids[:2], "unlike": ids[2:3]}
    moved = ask(client, **marked)
    found = [each["finding"]["id"] for each in moved["results"]]
    assert not set(found) & set(ids[:3])
    assert moved["unknown_marks"] == []
    by_post = client.post("/api/v1/search", json={"q": QUERY, "limit": 100, **marked}).json()
    assert {**by_post, "took_ms": 0} == {**moved, "took_ms": 0}


def test_marks_move_the_ranking(client: TestClient) -> None:
    """What is like a finding marked as wanted scores higher, and lower where that is marked as not wanted."""
    plain_search = {
        each["finding"]["id"]: each["score"] for each in ask(client, q="assessments", min_relevance=0)["results"]
    }
    marked = next(iter(plain_search))
    scores = {}
    for mark in ("like", "unlike"):
        answer = ask(client, q="assessments", min_relevance=0, **{mark: marked})
        scores[mark] = {each["finding"]["id"]: each["score"] for each in answer["results"]}
    near = ask(client, q=client.get(f"/api/v1/findings/{marked}").json()["finding"]["text"][:500], min_relevance=0)
    nearest = next(each["finding"]["id"] for each in near["results"] if each["finding"]["id"] != marked)
    assert scores["like"][nearest] > plain_search[nearest] > scores["unlike"][nearest]


def test_marks_that_cannot_be_used(client: TestClient) -> None:
    """A mark whose finding is gone is named and passed over; a finding marked both ways counts as not marked."""
    everything = ask(client)
    first = everything["results"][0]["finding"]["id"]
    assert ask(client, like=first, unlike=first)["results"] == everything["results"]
    gone = ask(client, like=["gone", first])
    assert gone["unknown_marks"] == ["gone"]
    assert {**gone, "unknown_marks": [], "took_ms": 0} == {**ask(client, like=first), "took_ms": 0}
    said = plain(one(results_page(client, like=["gone", first]), ".taken"))
    assert said.startswith("No finding has the id “gone”, so that mark was passed over.")
    refused = client.get("/api/v1/search", params={"q": QUERY, "like": [str(n) for n in range(21)]})
    assert refused.status_code == 422
    assert refused.json()["detail"] == "like has too many values: at most 20."


def test_results_are_marked_in_a_form(small_pages: TestClient) -> None:
    """Each result has a box for either mark; sending them keeps the search, and each mark can be taken off again."""
    found = results_page(small_pages, direction="weakness", page="2")
    form = one(found, "form#marks")
    assert [(each["name"], each["value"]) for each in form.select("[type=hidden]")] == [
        ("q", QUERY),
        ("direction", "weakness"),
    ]
    boxes = found.select("article input[type=checkbox]")
    assert len(boxes) == 2 * len(found.select("article"))
    assert {each["form"] for each in boxes} == {"marks"}
    liked, unliked = str(boxes[0]["value"]), str(boxes[3]["value"])
    found = results_page(small_pages, direction="weakness", like=liked, unlike=unliked)
    section = one(found, "section.marked")
    assert [plain(each).partition(" ")[0] for each in section.select("li")] == ["More", "Less"]
    off = [query(str(each["href"])) for each in section.select("li a")]
    assert off[0] == [("q", QUERY), ("direction", "weakness"), ("unlike", unliked)]
    assert off[1] == [("q", QUERY), ("direction", "weakness"), ("like", liked)]
    hidden = {(each["name"], each["value"]) for each in one(found, "form#marks").select("[type=hidden]")}
    assert {("like", liked), ("unlike", unliked)} < hidden
    kept = {(each["name"], each["value"]) for each in found.select("aside [type=hidden]")}
    assert {("like", liked), ("unlike", unliked)} < kept
    assert not one(found, "form[role=search]").select("[name=like]"), "other words are searched for without these marks"


def test_marks_outlast_the_pages(small_pages: TestClient) -> None:
    """Marks stay in force from page to page and when the order is changed."""
    first = ask(small_pages)["results"][0]["finding"]["id"]
    found = results_page(small_pages, like=first)
    for href in (str(one(found, "a[rel=next]")["href"]), follow(one(found, ".order"), "Newest first")):
        assert ("like", first) in query(href)


# ---------------------------------------------------------------------------------------------- a paragraph

PARAGRAPH = "Assessments of children in need are not timely.\r\n\r\nCase files are not kept up to date."


def test_a_paragraph_is_compared(client: TestClient, engine: Engine) -> None:
    """A pasted paragraph leads to its results, its white space folded and the authority chosen left out."""
    form = one(page(client, "/compare"), "form[action='/compare']")
    assert one(form, "textarea#q")["name"] == "q"
    names = [plain(each) for each in form.select("select[name=exclude_authority] option")]
    assert names == ["None", *sorted(each.value for each in engine.values("authority"))]
    answer = client.post("/compare", data={"q": PARAGRAPH, "exclude_authority": "Bury"}, follow_redirects=False)
    assert answer.status_code == 303
    text = " ".join(PARAGRAPH.split())
    assert query(answer.headers["location"]) == [("q", text), ("exclude_authority", "Bury")]
    found = page(client, answer.headers["location"])
    assert one(found, "form[role=search] textarea").text.strip() == text
    assert "Not from: Bury" in plain(one(found, "section.chosen"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 2431, "The text has 2,431 characters, and at most 2,000 can be compared."),
        ("word " * 30_000, "The text has 149,999 characters, and at most 2,000 can be compared."),
        ("  ", "There is no text yet."),
        ("...", "The text cannot be used: it must hold at least one letter or digit"),
        ("a\0b", "The text cannot be used: it holds a NUL character"),
    ],
)
def test_a_paragraph_that_cannot_be_compared_comes_back(client: TestClient, text: str, said: str) -> None:
    """What is wrong is said in a sentence, and text and authority are still in the form."""
    answer = client.post("/compare", data={"q": text, "exclude_authority": "Bury"}, follow_redirects=False)
    assert answer.status_code == 422
    found = BeautifulSoup(answer.text, "lxml")
    assert plain(one(found, "[role=alert]")).startswith(said)
    assert one(found, "title").text.startswith("Error: ")
    # HTML has no NUL character: what parses it sets another one.
    assert one(found, "textarea").text.strip() == text.replace("\0", "\N{REPLACEMENT CHARACTER}").strip()
    assert plain(one(found, "option[selected]")) == "Bury"


def test_a_text_of_full_length_is_compared(client: TestClient) -> None:
    """Two thousand characters of any script go through."""
    answer = client.post("/compare", data={"q": "é" * 1998 + "  x"})
    assert answer.status_code == 200
    assert answer.url.path == "/"


def test_a_body_without_end_is_refused(client: TestClient) -> None:
    """No more is read of a form than a page of text can be."""
    assert client.post("/compare", content=b"q=" + b"a" * 300_000).status_code == 413


def test_the_authority_of_a_finding_is_left_out_with_one_click(client: TestClient) -> None:
    """The page of findings comparable to one has a link that leaves out its own authority."""
    own = ask(client)["results"][0]
    authority = own["document"]["authority"]
    found = page(client, f"/findings/{own['finding']['id']}/comparable")
    found = page(client, follow(one(found, ".subject"), f"Leave out {authority}"))
    assert f"Not from: {authority}" in plain(one(found, "section.chosen"))
    assert not [each for each in found.select("article h2") if authority in plain(each)]
    assert "Leave out" not in plain(one(found, ".subject"))


# ---------------------------------------------------------------------------------------------- words to go on with


def test_suggestions_are_answered(client: TestClient, engine: Engine) -> None:
    """The API completes what is typed with words of the index, and may be asked again for nothing."""
    answer = client.get("/api/v1/suggestions", params={"q": "case files of child", "limit": 3})
    assert answer.status_code == 200
    found = answer.json()
    assert found["query"] == "case files of child"
    assert 0 < len(found["suggestions"]) <= 3
    for each in found["suggestions"]:
        assert list(each) == ["text", "words", "kind", "means"]
        assert each["text"] == f"case files of {each['words']}"
    again = client.get(str(answer.url), headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/api/v1/suggestions", params={"q": "zzzzqq"}).json()["suggestions"] == []
    for bad in ("", "?q=", "?q=a&limit=21", "?q=a&size=3"):
        assert client.get(f"/api/v1/suggestions{bad}").status_code == 422


def test_related_words_lead_on(client: TestClient) -> None:
    """Below the results stand words that they share, each a link to the search for it under the same filters."""
    found = page(client, "/?q=assessments+of+children&direction=weakness&sort=newest")
    links = one(found, "section.related").select("a")
    assert links
    words_of_results = " ".join(plain(each) for each in found.select("article blockquote")).lower()
    for link in links:
        assert query(str(link["href"])) == [("q", plain(link)), ("direction", "weakness"), ("sort", "newest")]
        assert plain(link).lower() in words_of_results
    assert not results_page(client, authority="Atlantis").select("section.related")
