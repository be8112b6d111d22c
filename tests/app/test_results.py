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
