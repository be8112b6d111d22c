"""What a page of results tells of its answer, and how the search is turned from there. The engine is a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from app import words
from indexer.search import Engine
from tests.app.prepared import ALIKE, NOTHING, RESULTS, SCORE, TYPED, PreparedEngine, prepared, telling
from tests.app.test_pages import QUERY, follow, one, page, plain

WEAK = "Weak: probably not comparable"


@pytest.fixture
def stand_in(small_pages: TestClient, engine: Engine) -> Iterator[PreparedEngine]:
    """The engine behind the pages, which answers as prepared; two results stand on a page."""
    with prepared(small_pages, engine, telling(engine)) as found:
        yield found


@pytest.fixture
def client(small_pages: TestClient, stand_in: PreparedEngine) -> TestClient:
    """A client of the pages over that engine."""
    assert stand_in.engine() is stand_in
    return small_pages


def search(client: TestClient, text: str, **params: str | int) -> BeautifulSoup:
    """A page of results."""
    return page(client, "/?" + "&".join(f"{name}={quote(str(value))}" for name, value in {"q": text, **params}.items()))


def query(href: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(href).query))


# ---------------------------------------------------------------------------------------------- direction


def test_the_direction_is_said_and_can_be_turned(client: TestClient) -> None:
    """Beside the count stands which way was sought; links turn it round and off, and the title changes with them."""
    found = search(client, TYPED, authority="Bury", page=2)
    line = one(found, ".total + .sought")
    assert plain(line).startswith("Looking for weaknesses Show good practice instead Show both")
    assert ", looking for weaknesses (page 2 of 3) – " in one(found, "title").text
    turned = follow(line, "Show good practice instead")
    assert query(turned) == {"q": TYPED, "authority": "Bury", "query_direction": "strength"}

    found = page(client, turned)
    line = one(found, ".sought")
    assert plain(line).startswith("Looking for good practice Show weaknesses instead")
    assert ", looking for good practice – " in one(found, "title").text
    assert query(follow(line, "Show weaknesses instead"))["query_direction"] == "weakness"

    found = page(client, follow(line, "Show both"))
    line = one(found, ".sought")
    assert plain(line) == "Looking for weaknesses and good practice Only weaknesses Only good practice"
    assert "looking for" not in one(found, "title").text


def test_a_query_without_direction_says_little(client: TestClient) -> None:
    """Where the words have no direction nothing is said of one, and both are on offer."""
    line = one(search(client, ALIKE), ".sought")
    assert plain(line) == "Only weaknesses Only good practice"
    assert query(follow(line, "Only weaknesses")) == {"q": ALIKE, "query_direction": "weakness"}


def test_nothing_is_narrowed_further(small_pages: TestClient) -> None:
    """Where nothing is comparable whichever way it points, asking for one way alone is not offered."""
    assert not search(small_pages, "legionella in cooling towers").select(".sought")
    turned = search(small_pages, "legionella in cooling towers", query_direction="weakness")
    assert plain(one(turned, ".sought")).startswith("Looking for weaknesses Show good practice instead")


def test_each_result_shows_its_direction(client: TestClient) -> None:
    """Whatever is sought, each result says which way it points."""
    for article in search(client, TYPED).select("article"):
        assert plain(one(article, ".nature")).split(" · ")[0] in words.DIRECTION.values()


def test_the_direction_outlasts_filters_but_not_the_query(client: TestClient) -> None:
    """Filters apply to the search as it was turned; other words are read anew."""
    found = search(client, TYPED, query_direction="strength", per_document=1)
    assert one(found, "aside input[type=hidden][name=query_direction]")["value"] == "strength"
    box = one(found, "form[role=search]")
    assert not box.select("[name=query_direction]")
    assert one(box, "[name=per_document]")["value"] == "1"
    assert query(str(one(found, "a[rel=next]")["href"]))["query_direction"] == "strength"


# ---------------------------------------------------------------------------------------------- what was made of it


def test_what_the_query_was_taken_for_is_said(client: TestClient) -> None:
    """A word that no report has and an acronym are named above the results with what was searched for."""
    assert [plain(each) for each in search(client, TYPED).select(".taken")] == [
        "No report has “strategey”: searched for “strategy”.",
        "Also searched: multi-agency safeguarding hub (for MASH).",
    ]
    assert not search(client, ALIKE).select(".taken")


def test_each_result_says_why(client: TestClient) -> None:
    """A result shows its score once, and folded below it how the score came about, which ends at that score."""
    for article in search(client, TYPED).select("article"):
        assert plain(one(article, ".match")) == f"Strong match ({SCORE:.2f})"
        reasons = one(article, "details.why")
        assert not reasons.has_attr("open")
        assert plain(one(reasons, "summary")).startswith("Why this result: ")
        assert plain(one(reasons, "p")).startswith(f"{SCORE:.2f} is the estimated probability that an inspector would")
        steps = [plain(each) for each in reasons.select("li")]
        assert steps[0] == "Before anything is compared: 0.08"
        assert steps[-1] == f"Points the way sought: raises it to {SCORE:.2f}"


# ---------------------------------------------------------------------------------------------- weak findings


def test_nothing_comparable_offers_the_nearest(client: TestClient) -> None:
    """Where nothing is comparable the page says so and shows none, and a link shows five, marked as weak."""
    found = search(client, NOTHING)
    assert plain(one(found, "main [role=status]")) == "No comparable findings"
    assert not found.select("article")
    link = follow(one(found, ".nothing"), "Show the nearest findings anyway")
    assert (query(link), urlsplit(link).fragment) == ({"q": NOTHING, "weak": "true"}, "weak")

    found = page(client, link)
    assert plain(one(found, "main [role=status]")) == "No comparable findings 5 weak ones below"
    assert "No comparable findings, 5 weak ones" in one(found, "title").text
    section = one(found, "section#weak")
    articles = section.select("article")
    assert len(articles) == len(found.select("article")) == 5
    for article in articles:
        assert plain(one(article, ".match")) == f"{WEAK} (0.12)"
        assert one(article, "h3 a")
    assert query(follow(section, "Hide them")) == {"q": NOTHING}
    assert not one(found, ".nothing").select("[href*=weak]")


def test_weak_findings_are_offered_where_results_end(client: TestClient) -> None:
    """The last page of results, and no other, has a link to the nearest of the rest, which then follow the results."""
    assert not search(client, TYPED).select(".weak-link")
    assert not search(client, TYPED, weak="true").select("#weak")
    found = search(client, TYPED, page=3)
    link = str(one(found, ".weak-link a")["href"])
    assert query(link) == {"q": TYPED, "page": "3", "weak": "true"}

    found = page(client, link)
    assert plain(one(found, "main [role=status]")) == (
        f"{RESULTS} comparable findings {RESULTS} to {RESULTS}, best match first 5 weak ones below"
    )
    assert [plain(each).partition(" (")[0] for each in found.select(".match")] == ["Strong match", *[WEAK] * 5]
    assert one(found, "section#weak ol.cards")["start"] == str(RESULTS + 1)
    assert not found.select(".weak-link")
    assert query(follow(one(found, "#weak"), "Hide them")) == {"q": TYPED, "page": "3"}


def test_where_nothing_comes_near_the_page_says_so(client: TestClient, stand_in: PreparedEngine) -> None:
    """Asking for weak findings where there are none is answered, and leads back."""
    full = stand_in.answer
    stand_in.answer = lambda asked: full(replace(asked, weak=False))
    section = one(search(client, NOTHING, weak="true"), "section#weak")
    assert plain(section).endswith("Nothing else comes near. Go back")
    assert query(follow(section, "Go back")) == {"q": NOTHING}


# ---------------------------------------------------------------------------------------------- limits


def test_limits_are_among_the_filters(client: TestClient, stand_in: PreparedEngine) -> None:
    """Least score and results per report are chosen from labelled lists, reach the engine, and can be taken off."""
    form = one(search(client, TYPED), "aside form")
    shown = {name: [plain(each) for each in form.select(f"select[name={name}] option")] for name in words.NO_LIMIT}
    assert shown["per_document"] == ["All", "1", "2", "3"]
    assert shown["min_relevance"][0] == "Usual"
    assert [(each.per_document, each.min_relevance) for each in stand_in.asked] == [(None, None)]

    found = search(client, TYPED, per_document=2, min_relevance="0.5")
    assert [each["value"] for each in found.select("aside option[selected]")] == ["0.5", "2"]
    assert (stand_in.asked[-1].per_document, stand_in.asked[-1].min_relevance) == (2, 0.5)
    chosen = one(found, "section.chosen")
    assert "Minimum relevance: 0.5 or more" in plain(chosen)
    assert query(follow(chosen, "Remove the filter Most results per report")) == {"q": TYPED, "min_relevance": "0.5"}
    assert query(follow(chosen, "Remove all filters")) == {"q": TYPED}


def test_documents_have_no_limits_on_results(client: TestClient) -> None:
    """The list of reports names what it has no use for, and offers none of it."""
    found = page(client, "/documents?per_document=1&weak=true")
    assert "per_document, weak" in plain(one(found, ".warning"))
    assert not found.select("section.chosen, select[name=per_document]")


def test_comparable_findings_tell_the_same(client: TestClient) -> None:
    """The page of findings comparable to one has direction, reasons and weak findings too."""
    own = client.get("/api/v1/search", params={"q": QUERY}).json()["results"][0]["finding"]["id"]
    found = page(client, f"/findings/{own}/comparable?page=3&weak=true")
    assert plain(one(found, ".sought")).startswith("Looking for weaknesses")
    assert found.select("details.why")
    assert len(one(found, "section#weak").select("article")) == 5
    turned = follow(one(found, ".sought"), "Show good practice instead")
    assert urlsplit(turned).path == f"/findings/{own}/comparable"
