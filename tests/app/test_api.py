"""The HTTP API over an index of the seeds: the contract's shapes, its parameters, its errors, its headers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from fastapi.testclient import TestClient

from app import schemas
from app.licence import LICENCE_NAME, LICENCE_STATEMENT, LICENCE_URL
from app.params import MAX_OFFSET, SearchParams
from app.routes import MAX_BODY
from indexer.models import Direction, Grade, Kind, Query
from indexer.search import Engine
from tests.app.prepared import LEGS, RESULTS, TYPED, prepared, telling

QUERY = '"assessments"'
"""Words in quotation marks are found wherever they stand, however far the light encoder is from the real model."""
FINDING_KEYS = [
    *("id", "text", "kind", "direction", "section", "number", "page_start", "page_end", "judgement", "repeated"),
]
DOCUMENT_KEYS = [
    *("id", "title", "authority", "inspection_type", "inspection_start", "inspection_end", "published", "source"),
]
RECORD_KEYS = [*DOCUMENT_KEYS, "sha256", "pages", "findings", "lead_inspector", "judgements"]
RESULT_KEYS = [
    *("rank", "score", "relevance", "finding", "document", "citation", "highlights", "similar", "url", "explanation"),
]
LICENCE = {"name": LICENCE_NAME, "url": LICENCE_URL, "attribution": LICENCE_STATEMENT}
ANSWER_KEYS = [
    *("query", "total", "took_ms", "results", "facets", "query_direction", "corrections", "expansions", "weak"),
    "unknown_marks",
    "licence",
]
LEG_NAMES = ["sentence", "finding", "words", "coverage", "direction"]
FACETS = {"authority", "inspection_type", "kind", "direction", "judgement", "document", "published_year"}


def search(client: TestClient, **params: str | float | list[str]) -> dict[str, Any]:
    """The answer to a search that must succeed."""
    answer = client.get("/api/v1/search", params={"q": QUERY, **params})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def problem(
    client: TestClient,
    address: str,
    status: int,
    method: str = "GET",
    content: bytes | Iterator[bytes] | None = None,
    media_type: str = "application/json",
) -> dict[str, Any]:
    """The error that a request must meet, checked against RFC 9457."""
    headers = {} if content is None else {"Content-Type": media_type}
    answer = client.request(method, address, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    schemas.Problem.model_validate(found)
    assert found["type"] == "about:blank"
    assert found["status"] == status
    assert unquote(found["instance"]) == unquote(urlsplit(address).path)
    assert re.fullmatch(r"\S.*[.?!]", found["detail"]), found["detail"]
    return found


def first(client: TestClient) -> dict[str, Any]:
    """The first result of the usual search."""
    found: dict[str, Any] = search(client)["results"][0]
    return found


# ---------------------------------------------------------------------------------------------- shapes


def test_search_gives_the_contract(client: TestClient) -> None:
    """A search's answer has the contract's fields, all of them, in its order, nulls included."""
    answer = search(client)
    assert list(answer) == ANSWER_KEYS
    assert answer["query"] == QUERY
    assert answer["total"] >= len(answer["results"]) > 0
    assert set(answer["facets"]) == FACETS
    for place, result in enumerate(answer["results"], start=1):
        assert list(result) == RESULT_KEYS
        assert list(result["finding"]) == FINDING_KEYS
        assert list(result["document"]) == DOCUMENT_KEYS
        assert result["rank"] == place
        assert 0 <= result["score"] <= 1
        assert result["relevance"] in ("strong", "possible")
        assert result["url"] == f"/documents/{result['document']['id']}#f-{result['finding']['id']}"
        assert result["citation"].startswith("Ofsted, ")


def test_results_are_the_documents_words(client: TestClient, engine: Engine) -> None:
    """What a search quotes is the finding as the index holds it, and each highlight lies inside it."""
    for result in search(client)["results"]:
        finding, document = engine.finding(result["finding"]["id"])
        assert result["finding"]["text"] == finding.text
        assert result["document"]["source"] == document.source
        assert result["highlights"]
        at = 0
        for highlight in result["highlights"]:
            assert at <= highlight["start"] < highlight["end"] <= len(finding.text)
            at = highlight["end"]


def test_post_takes_the_same_as_get(client: TestClient) -> None:
    """The same search as JSON has the same results; a single value may stand for a list."""
    asked: dict[str, float | str | list[str]] = {
        "limit": 3,
        "offset": 1,
        "direction": ["weakness"],
        "published_from": "2010-01-01",
        "query_direction": "weakness",
        "min_relevance": 0.1,
        "per_document": 3,
    }
    by_get = search(client, **asked)
    for body in ({"q": QUERY, **asked}, {"q": QUERY, **asked, "direction": "weakness", "authority": None}):
        by_post = client.post("/api/v1/search", json=body)
        assert by_post.status_code == 200, by_post.text
        assert {**by_post.json(), "took_ms": 0} == {**by_get, "took_ms": 0}


def test_what_was_made_of_the_query_is_told(client: TestClient, engine: Engine) -> None:
    """Which way was sought, words taken for others, other ways to say it, weak results and reasons are answered."""
    with prepared(client, engine, telling(engine)):
        answer = search(client, q=TYPED, weak="true", explain="true")
    assert answer["query_direction"] == "weakness"
    assert answer["corrections"] == [{"typed": "strategey", "taken_for": "strategy"}]
    assert answer["expansions"] == [{"said": "MASH", "also": ["multi-agency safeguarding hub"]}]
    assert [each["relevance"] for each in answer["results"]] == ["strong"] * RESULTS + ["weak"] * answer["weak"]
    assert (answer["total"], answer["weak"]) == (RESULTS, 5)
    for result in answer["results"][:RESULTS]:
        explanation = result["explanation"]
        assert [list(leg) for leg in explanation["legs"]] == [["name", "rank", "value", "share"]] * len(LEGS)
        assert [leg["name"] for leg in explanation["legs"]] == LEG_NAMES
        log_odds = explanation["base"] + sum(leg["share"] for leg in explanation["legs"])
        assert math.log(result["score"] / (1 - result["score"])) == pytest.approx(log_odds, abs=0.01)


def test_reasons_add_up_in_a_real_search(client: TestClient) -> None:
    """The engine's own explanations have the legs that the API names, and add up to the score."""
    for result in search(client, explain="true", weak="true", limit=100)["results"]:
        explanation = result["explanation"]
        assert [leg["name"] for leg in explanation["legs"]] == [*LEG_NAMES, "subject"]
        log_odds = explanation["base"] + sum(leg["share"] for leg in explanation["legs"])
        assert 1 / (1 + math.exp(-log_odds)) == pytest.approx(result["score"], abs=0.001)


def test_a_real_search_is_turned_and_limited(client: TestClient) -> None:
    """The engine honours direction, least score, results per report and weak results as the API describes them."""
    everything = search(client, limit=100)
    assert {search(client, query_direction=way)["query_direction"] for way in ("strength", "weakness", "any")} == {
        *("strength", "weakness", "any")
    }
    least = everything["results"][2]["score"]
    found = search(client, limit=100, min_relevance=least, q="assessments")["results"]
    assert all(each["score"] >= least for each in found)
    capped = search(client, limit=100, per_document=1)["results"]
    sources = [each["document"]["id"] for each in capped]
    assert len(sources) == len(set(sources)) == len({each["document"]["id"] for each in everything["results"]})
    nearest = search(client, q="legionella in cooling towers", weak="true")
    assert (nearest["total"], nearest["weak"], len(nearest["results"])) == (0, 5, 5)
    assert {each["relevance"] for each in nearest["results"]} == {"weak"}


def test_reasons_are_given_where_they_are_asked_for(client: TestClient, engine: Engine) -> None:
    """Without explain=true no result has an explanation."""
    with prepared(client, engine, telling(engine)):
        assert all(each["explanation"] is None for each in search(client)["results"])


@pytest.mark.parametrize("address", ["/api/v1/search", "/api/v1/findings/{finding}/similar"])
def test_what_is_asked_reaches_the_engine(client: TestClient, engine: Engine, address: str) -> None:
    """Direction, least score, weak results, results per report and reasons are passed on; each has its default."""
    asked: dict[str, str | int | float | bool] = {
        "query_direction": "strength",
        "min_relevance": 0.25,
        "weak": True,
        "per_document": 2,
        "explain": True,
    }
    words: dict[str, str | int | float | bool] = {"q": QUERY} if address.endswith("search") else {}
    address = address.format(finding=first(client)["finding"]["id"])
    with prepared(client, engine, telling(engine)) as stand_in:
        assert client.get(address, params={**words, **asked}).status_code == 200
        assert client.get(address, params=words).status_code == 200
        if words:
            assert client.post(address, json={**words, **asked}).status_code == 200
            nothing = dict.fromkeys(asked)
            assert client.post(address, json={**words, **nothing}).status_code == 200
    text = QUERY if words else ""
    full = Query(text, direction="strength", min_relevance=0.25, weak=True, per_document=2, explain=True)
    assert stand_in.asked == [full, Query(text), full, Query(text)][: 4 if words else 2]


def test_pages_of_results_join_up(client: TestClient) -> None:
    """Limit and offset cut the one ranking; neither total nor scores depend on them."""
    whole = search(client, limit=100)
    assert whole["total"] > 3
    parts = [search(client, limit=2, offset=offset) for offset in range(0, whole["total"], 2)]
    assert [each for part in parts for each in part["results"]] == whole["results"][: whole["total"]]
    assert {part["total"] for part in parts} == {whole["total"]}
    assert search(client, offset=whole["total"])["results"] == []
    assert search(client, offset=MAX_OFFSET)["total"] == whole["total"]


def test_nothing_comparable_is_an_empty_answer(client: TestClient) -> None:
    """A filter that leaves nothing gives no results and a total of 0; an unknown name in it is no error."""
    answer = search(client, authority="Atlantis")
    assert (answer["total"], answer["results"]) == (0, [])
    assert set(answer["facets"]) == FACETS


@pytest.mark.parametrize("field", ["authority", "kind", "direction", "judgement", "document"])
def test_filters_hold(client: TestClient, field: str) -> None:
    """Every result has one of the values asked for, and values of one filter are alternatives."""

    def value(result: dict[str, Any]) -> str | None:
        if field == "document":
            return str(result["document"]["id"])
        found: str | None = result["document" if field == "authority" else "finding"][field]
        return found

    everything = search(client, q='"children"', limit=100, kind=[each.value for each in Kind])
    values = sorted({each for each in map(value, everything["results"]) if each})[:2]
    assert values
    filters: dict[str, Any] = {"kind": [each.value for each in Kind]} | {field: values}
    found = search(client, q='"children"', limit=100, **filters)
    assert found["results"]
    assert {value(each) for each in found["results"]} <= set(values)


def test_dates_and_exclusion_hold(client: TestClient) -> None:
    """Days of publication are both included, and an authority can be left out."""
    everything = search(client, limit=100)["results"]
    days = sorted({each["document"]["published"] for each in everything})
    assert len(days) > 1
    first_day = search(client, limit=100, published_from=days[0], published_to=days[0])["results"]
    assert {each["document"]["published"] for each in first_day} == {days[0]}
    authority = everything[0]["document"]["authority"]
    rest = search(client, limit=100, exclude_authority=authority)["results"]
    assert authority not in {each["document"]["authority"] for each in rest}


def test_facets_count_what_is_comparable(client: TestClient) -> None:
    """The counts of a field that every finding has add up to the total, and no filter gives less than its count.

    It may give more: a finding folded behind a near-identical one of another authority is then shown itself.
    """
    answer = search(client)
    for field in ("kind", "direction"):
        assert sum(each["count"] for each in answer["facets"][field]) == answer["total"]
    for each in answer["facets"]["authority"]:
        assert search(client, authority=each["value"])["total"] >= each["count"] > 0


def test_one_finding(client: TestClient) -> None:
    """A finding by its id is the one that the search gave, with the same citation and address."""
    result = first(client)
    answer = client.get(f"/api/v1/findings/{result['finding']['id']}")
    assert answer.status_code == 200
    assert answer.json() == {key: result[key] for key in ("finding", "document", "citation", "url")} | {
        "licence": LICENCE
    }


def test_similar_leaves_the_finding_out(client: TestClient) -> None:
    """Findings comparable to one are given as a search gives them, without the one asked about, under the filters."""
    own = first(client)["finding"]["id"]
    answer = client.get(f"/api/v1/findings/{own}/similar", params={"limit": 100})
    assert answer.status_code == 200
    found = schemas.SearchResponse.model_validate(answer.json())
    assert own not in {each.finding.id for each in found.results}
    none = client.get(f"/api/v1/findings/{own}/similar", params={"authority": "Atlantis"}).json()
    assert none["total"] == 0


def test_near_identical_are_as_many_as_were_folded(client: TestClient) -> None:
    """A result that folds others behind it says how many, and they can be had."""
    for result in search(client, q='"children"', limit=100)["results"]:
        answer = client.get(f"/api/v1/findings/{result['finding']['id']}/near-identical").json()
        assert answer["total"] == len(answer["findings"]) == result["similar"]


def test_documents_are_listed_with_everything_known(client: TestClient) -> None:
    """The list of documents has the contract's fields, and its pages join up."""
    answer = client.get("/api/v1/documents").json()
    assert list(answer) == ["total", "documents", "licence"]
    assert answer["total"] == len(answer["documents"]) == 5
    for each in answer["documents"]:
        assert list(each) == RECORD_KEYS
        assert each["sha256"].startswith(each["id"])
        for judgement in each["judgements"]:
            assert list(judgement) == ["area", "grade"]
            assert judgement["grade"] in list(Grade)
    parts = [client.get("/api/v1/documents", params={"limit": 2, "offset": at}).json() for at in (0, 2, 4)]
    assert [each for part in parts for each in part["documents"]] == answer["documents"]
    assert client.get("/api/v1/documents", params={"limit": 1000}).json() == answer


def test_documents_take_the_filters_of_search(client: TestClient) -> None:
    """Documents can be filtered by authority and date; a name that nothing has gives an empty list."""
    everything = client.get("/api/v1/documents").json()["documents"]
    one = everything[0]
    found = client.get("/api/v1/documents", params={"authority": one["authority"]}).json()
    assert one in found["documents"]
    assert {each["authority"] for each in found["documents"]} == {one["authority"]}
    dated = client.get("/api/v1/documents", params={"published_from": one["published"]}).json()["documents"]
    assert all(each["published"] >= one["published"] for each in dated)
    nothing = client.get("/api/v1/documents", params={"authority": "Atlantis"}).json()
    assert (nothing["total"], nothing["documents"]) == (0, [])


def test_one_document_has_all_its_findings_in_order(client: TestClient, engine: Engine) -> None:
    """A document's findings come whole, of every kind, in its own order."""
    for listed in client.get("/api/v1/documents").json()["documents"]:
        answer = client.get(f"/api/v1/documents/{listed['id']}").json()
        assert list(answer) == ["document", "findings", "licence"]
        assert answer["document"] == listed
        assert len(answer["findings"]) == listed["findings"]
        assert all(list(each) == FINDING_KEYS for each in answer["findings"])
        _, findings = engine.document(listed["id"])
        assert [each["id"] for each in answer["findings"]] == [each.id for each in findings]
        assert [each.span for each in findings] == sorted(each.span for each in findings)


def test_ready_says_what_is_loaded(client: TestClient, engine: Engine) -> None:
    """Readiness names the build, the documents, the findings and the model."""
    answer = client.get("/readyz")
    assert answer.status_code == 200
    found = answer.json()
    assert found["status"] == "ready"
    for name in ("built", "documents", "findings", "model"):
        assert found[name] == getattr(engine.facts, name)
    assert client.get("/healthz").json() == {"status": "alive"}


# ---------------------------------------------------------------------------------------------- bad requests

ONE_OF_KIND = "strength, meets_requirements, area_for_development, priority_action, recommendation, finding or context"
BAD_SEARCHES = [
    # parameters, what the sentence must say
    ("", "q is missing"),
    ("q=", "q is empty"),
    ("q=%20%09%0A", "q is empty"),
    ("q=...%20!%3F%20-", "at least one letter or digit"),
    ("q=" + "a" * 2001, "q must be at most 2,000 characters"),
    ("q=a%00b", "NUL"),
    ("q=x&limit=0", "limit must be at least 1; you sent “0”"),
    ("q=x&limit=101", "limit must be at most 100; you sent “101”"),
    ("q=x&limit=ten", "you sent “ten”"),
    ("q=x&limit=1.5", "limit must be a whole number"),
    ("q=x&limit=", "limit must be a whole number"),
    ("q=x&limit=" + "9" * 5000, "limit must be a whole number"),
    ("q=x&offset=-1", "offset must be at least 0"),
    ("q=x&offset=9223372036854775808", "offset must be at most 1,000,000"),
    ("q=x&mode=magic", "mode must be one of hybrid, semantic or keyword"),
    ("q=x&kind=strenght", f"kind must be one of {ONE_OF_KIND}; you sent “strenght”"),
    ("q=x&direction=up", "direction must be one of strength, weakness, mixed or neutral"),
    ("q=x&judgement=Good", "judgement must be one of outstanding, good, requires improvement, inadequate"),
    ("q=x&published_from=7%20April%202011", "a date written as year-month-day, such as 2011-04-07"),
    ("q=x&published_from=2011", "a date written as year-month-day"),
    ("q=x&published_from=1302134400", "a date written as year-month-day"),
    ("q=x&published_to=2011-02-30", "no such day"),
    ("q=x&published_from=2012-01-01&published_to=2011-01-01", "published_from (2012-01-01) is later than 2011-01-01"),
    ("q=x&authorty=Bury", "There is no parameter “authorty”. Did you mean authority?"),
    ("q=x&query_direction=up", "query_direction must be one of auto, strength, weakness or any; you sent “up”"),
    ("q=x&query_direction=mixed", "query_direction must be one of auto, strength, weakness or any"),
    ("q=x&query_direction=any&query_direction=any", "query_direction may be given only once"),
    ("q=x&min_relevance=high", "min_relevance must be a number, such as 0.5; you sent “high”"),
    ("q=x&min_relevance=-0.1", "min_relevance must be at least 0; you sent “-0.1”"),
    ("q=x&min_relevance=80", "min_relevance must be at most 1; you sent “80”"),
    ("q=x&min_relevance=nan", "min_relevance must be a number"),
    ("q=x&min_relevance=1e999", "min_relevance must be a number"),
    ("q=x&min_relevance=", "min_relevance must be a number"),
    ("q=x&weak=maybe", "weak must be true or false; you sent “maybe”"),
    ("q=x&weak=", "weak must be true or false"),
    ("q=x&explain=2", "explain must be true or false; you sent “2”"),
    ("q=x&per_document=0", "per_document must be at least 1; you sent “0”"),
    ("q=x&per_document=101", "per_document must be at most 100; you sent “101”"),
    ("q=x&per_document=2.5", "per_document must be a whole number"),
    ("q=x&page=2", "The parameters here are authority, authority_type, direction, document, exclude_authority"),
    ("q=x&Q=y", "There is no parameter “Q”"),
    ("q=x&q=y", "q may be given only once"),
    ("q=x&limit=1&limit=2", "limit may be given only once"),
    ("q=x&authority=", "authority is empty"),
    ("q=x&authority=a%00", "NUL"),
    ("q=x&authority=" + "a" * 301, "authority must be at most 300 characters"),
    ("q=x&" + "&".join(["document=a"] * 501), "document has too many values: at most 500"),
    ("q=x&%00=1", "There is no parameter"),
]


@pytest.mark.parametrize(("params", "said"), BAD_SEARCHES)
def test_a_bad_parameter_is_named(client: TestClient, params: str, said: str) -> None:
    """A parameter that cannot be used is a 422 whose sentence names it and says what it may be."""
    found = problem(client, f"/api/v1/search?{params}", 422)
    assert said in found["detail"]
    assert found["errors"]


def test_everything_wrong_is_said_at_once(client: TestClient) -> None:
    """Several bad parameters are several sentences, each with its parameter."""
    found = problem(client, "/api/v1/search?limit=0&kind=a&direction=b&kind=c", 422)
    assert {each["parameter"] for each in found["errors"]} == {"q", "limit", "kind", "direction"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The body is missing"),
        (b"{", "not valid JSON"),
        (b"null", "body"),
        (b"[]", "must be a JSON object"),
        (b'"q"', "must be a JSON object"),
        (b'{"q": "x", "q": "y"}', "the key “q” stands in it twice"),
        (b'{"q": "x", "limit": NaN}', "NaN is not a JSON number"),
        (b'{"q": "x", "limit": 1e999}', "limit must be a whole number"),
        (b'{"q": "x", "limit": "10"}', "limit must be a whole number"),
        (b'{"q": "x", "limit": true}', "limit must be a whole number"),
        (b'{"q": "x", "limit": 2.5}', "limit must be a whole number"),
        (b'{"q": "x", "limit": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"q": "x", "min_relevance": "0.5"}', "min_relevance must be a number"),
        (b'{"q": "x", "min_relevance": true}', "min_relevance must be a number"),
        (b'{"q": "x", "min_relevance": 1.5}', "min_relevance must be at most 1"),
        (b'{"q": "x", "weak": "true"}', "weak must be true or false"),
        (b'{"q": "x", "explain": 1}', "explain must be true or false"),
        (b'{"q": "x", "per_document": "2"}', "per_document must be a whole number"),
        (b'{"q": "x", "per_document": 0}', "per_document must be at least 1"),
        (b'{"q": "x", "query_direction": ["any"]}', "query_direction must be one of"),
        (b'{"q": 5}', "q must be text"),
        (b'{"q": null}', "q is missing"),
        (b'{"q": "\\ud800"}', "q"),
        (b'{"q": "\xff"}', "not UTF-8"),
        (b'{"q": "x", "authorty": ["Bury"]}', "Did you mean authority?"),
        (b'{"q": "x", "authority": 5}', "authority must be a list of texts"),
        (b'{"q": "x", "authority": [5]}', "authority must be text"),
        (b'{"q": "x", "authority": {"a": 1}}', "authority must be a list of texts"),
        (b'{"q": "x", "kind": ["good"]}', "kind must be one of"),
        (b'{"q": "x", "published_from": 20110407}', "a date written as year-month-day"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"q": "x", "\\ud800": 1}', "not valid Unicode"),
    ],
)
def test_a_bad_body_is_explained(client: TestClient, body: bytes, said: str) -> None:
    """A body that is not JSON, or JSON that is not a search, is a 422 that says why."""
    found = problem(client, "/api/v1/search", 422, "POST", body)
    assert said in found["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_must_say_that_it_is_json(client: TestClient, media_type: str) -> None:
    """Another content type is refused with the one that is taken."""
    content = json.dumps({"q": QUERY}).encode()
    found = problem(client, "/api/v1/search", 415, "POST", content, media_type)
    assert "application/json" in found["detail"]


def test_json_with_a_charset_is_json(client: TestClient) -> None:
    """What clients commonly add to the content type does no harm."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    content = json.dumps({"q": QUERY}).encode()
    assert client.post("/api/v1/search", content=content, headers=headers).status_code == 200


def test_a_huge_body_is_refused(client: TestClient) -> None:
    """A body over the limit is a 413, however it is sent, and one under it is read."""
    content = json.dumps({"q": "x", "authority": ["y" * 300] * 1000}).encode()
    assert len(content) > MAX_BODY
    problem(client, "/api/v1/search", 413, "POST", content)
    problem(client, "/api/v1/search", 413, "POST", (content[at : at + 1000] for at in range(0, len(content), 1000)))
    full = {"q": "x" * 2000, "authority": ["y" * 250] * 500}
    assert client.post("/api/v1/search", json=full).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/findings/0000000000000000",
        "/api/v1/findings/0000000000000000/similar",
        "/api/v1/findings/0000000000000000/near-identical",
        "/api/v1/documents/0000000000000000",
        "/api/v1/documents/" + "a" * 5000,  # longer than any id
        "/api/v1/documents/%00",
        "/api/v1/findings/%ff%fe",
        "/api/v1/findings/" + quote("'; DROP TABLE findings; --"),
        "/api/v1/documents/..%2f..%2fetc%2fpasswd",
        "/api/v1/nothing",
        "/api/v2/search",
        "/api",
        "/api/",
    ],
)
def test_what_is_not_there_is_404(client: TestClient, address: str) -> None:
    """An unknown id or address is a 404 with a sentence, whatever it is made of."""
    problem(client, address, 404)


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("DELETE", "/api/v1/search", {"GET", "HEAD", "POST"}),
        ("PUT", "/api/v1/search", {"GET", "HEAD", "POST"}),
        ("POST", "/api/v1/documents", {"GET", "HEAD"}),
        ("PATCH", "/api/v1/findings/a", {"GET", "HEAD"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
        ("POST", "/openapi.json", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_is_not_taken(client: TestClient, method: str, address: str, allowed: set[str]) -> None:
    """A wrong method is a 405 that names the right ones, in the header and in words."""
    answer = client.request(method, address)
    assert set(answer.headers["allow"].split(", ")) == allowed
    found = problem(client, address, 405, method)
    assert all(each in found["detail"] for each in allowed)


@pytest.mark.parametrize("address", ["/api/v1/findings/{finding}", "/api/v1/documents/{document}", "/api/v1/documents"])
def test_no_operation_ignores_a_parameter(client: TestClient, address: str) -> None:
    """Operations without parameters refuse any, and the others those they do not have."""
    result = first(client)
    address = address.format(finding=result["finding"]["id"], document=result["document"]["id"])
    found = problem(client, f"{address}?q=x", 422)
    assert "There is no parameter “q”" in found["detail"]


def test_documents_have_their_own_limit(client: TestClient) -> None:
    """Lists of documents go to 1,000 where lists of results go to 100, and the sentence says so."""
    assert client.get("/api/v1/documents?limit=1000").status_code == 200
    assert "at most 1,000" in problem(client, "/api/v1/documents?limit=1001", 422)["detail"]


# ---------------------------------------------------------------------------------------------- headers

GETS = [
    "/api/v1/search?q=minutes",
    "/api/v1/documents",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/",
    "/documents",
    "/docs",
]


@pytest.mark.parametrize("address", [*GETS, "/about", "/?q=minutes", "/api/v1/nothing", "/nothing"])
def test_every_answer_protects_its_reader(client: TestClient, address: str) -> None:
    """Each answer, errors among them, says that nothing foreign may run in it, frame it or guess its type."""
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("address", [*GETS, "/static/style.css"])
def test_head_is_get_without_the_body(client: TestClient, address: str) -> None:
    """HEAD gives the status and headers of GET, and nothing else."""
    by_get, by_head = client.get(address), client.head(address)
    assert by_head.status_code == by_get.status_code == 200
    assert by_head.content == b""
    assert by_head.headers["content-type"] == by_get.headers["content-type"]


@pytest.mark.parametrize("address", ["/api/v1/search?q=minutes", "/api/v1/documents", "/", "/?q=minutes", "/about"])
def test_what_has_not_changed_is_not_sent_again(client: TestClient, address: str) -> None:
    """An answer's ETag brings 304 for the same address, and the whole answer for another."""
    tag = client.get(address).headers["etag"]
    again = client.get(address, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = client.get("/api/v1/search?q=other", headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag


def test_every_api_answer_names_its_licence(client: TestClient) -> None:
    """The Open Government Licence goes with every quotation, and with errors too."""
    for address in ("/api/v1/search?q=minutes", "/api/v1/documents", "/api/v1/search"):
        assert f'<{LICENCE_URL}>; rel="license"' in client.get(address).headers["link"]
    result = first(client)
    finding, document = f"/api/v1/findings/{result['finding']['id']}", f"/api/v1/documents/{result['document']['id']}"
    for address in (*("/api/v1/search?q=minutes", "/api/v1/documents"), finding, f"{finding}/near-identical", document):
        told = client.get(address).json()["licence"]
        assert told == LICENCE


# ---------------------------------------------------------------------------------------------- description


def test_the_description_is_of_this_service(client: TestClient) -> None:
    """OpenAPI describes every operation, parameter and field, and each error as problem+json."""
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/api/v1/search",
        "/api/v1/findings/{id}",
        "/api/v1/findings/{id}/similar",
        "/api/v1/findings/{id}/near-identical",
        "/api/v1/findings/{id}/verify",
        "/api/v1/documents",
        "/api/v1/documents/{id}",
        "/api/v1/packs",
        "/api/v1/suggestions",
        "/api/v1/authorities",
        "/api/v1/authorities/{name}",
        "/api/v1/authorities/{name}/recurring",
        "/api/v1/themes",
        "/healthz",
        "/readyz",
    }
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["description"]
            for parameter in operation.get("parameters", ()):
                assert parameter.get("description") or parameter["schema"].get("description"), (path, parameter)
            for status, response in operation["responses"].items():
                assert response["description"]
                if int(status) >= 400:
                    example = response["content"]["application/problem+json"]["example"]
                    schemas.Problem.model_validate(example)
    for name, schema in document["components"]["schemas"].items():
        for field, value in schema.get("properties", {}).items():
            target = document["components"]["schemas"].get(value.get("$ref", "").rpartition("/")[2], {})
            assert value.get("description") or target.get("description"), (name, field)
    assert "ValidationError" not in json.dumps(document)


def test_the_example_of_an_explanation_adds_up() -> None:
    """Whoever checks the rule on the example finds it kept."""
    score = schemas.Result.model_fields["score"].examples
    explanation = schemas.EXAMPLE_EXPLANATION
    assert score
    log_odds = explanation["base"] + sum(leg["share"] for leg in explanation["legs"])
    assert 1 / (1 + math.exp(-log_odds)) == pytest.approx(score[0], abs=0.005)


@pytest.mark.parametrize(
    "model",
    [schemas.Finding, schemas.Document, schemas.DocumentRecord, schemas.Explanation],
    ids=lambda model: model.__name__,
)
def test_examples_fit_their_models(model: type[schemas.Finding]) -> None:
    """Examples in the description are such as the service could give."""
    for example in model.model_json_schema()["examples"]:
        assert model.model_validate(example).model_dump(mode="json") == example


def test_search_takes_what_the_contract_names() -> None:
    """The parameters of search are those of the contract, with its defaults."""
    fields = SearchParams.model_fields
    assert set(fields) == {
        *("q", "limit", "offset", "mode", "authority", "inspection_type", "kind", "direction", "judgement"),
        *("document", "exclude_authority", "published_from", "published_to"),
        *("region", "authority_type", "neighbours_of"),
        *("query_direction", "min_relevance", "weak", "per_document", "explain", "sort", "like", "unlike"),
    }
    asked = SearchParams(q=" x ", published_from=date(2011, 4, 7), direction=[Direction.WEAKNESS])
    assert (asked.q, asked.limit, asked.offset, asked.mode) == ("x", 10, 0, "hybrid")
    assert (asked.query_direction, asked.min_relevance, asked.weak, asked.per_document) == ("auto", None, False, None)


def test_the_description_says_what_a_score_means(client: TestClient) -> None:
    """A client's author reads that a score is a probability, its bounds, and what the new parameters do."""
    document = client.get("/openapi.json").json()
    score = document["components"]["schemas"]["Result"]["properties"]["score"]["description"]
    assert "probability that an inspector would judge the finding comparable" in score
    for path in ("/api/v1/search", "/api/v1/findings/{id}/similar"):
        found = {each["name"]: each["schema"] for each in document["paths"][path]["get"]["parameters"]}
        assert found["query_direction"]["enum"] == ["auto", "strength", "weakness", "any"]
        assert (found["min_relevance"]["minimum"], found["min_relevance"]["maximum"]) == (0, 1)
        assert (found["per_document"]["minimum"], found["per_document"]["maximum"]) == (1, 100)
        assert found["weak"]["type"] == found["explain"]["type"] == "boolean"
