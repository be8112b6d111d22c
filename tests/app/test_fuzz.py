"""Nothing a client sends makes a 500: random text, numbers and bytes in every place a request has."""

from __future__ import annotations

import json
from urllib.parse import quote_from_bytes

from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import schemas
from app.params import SearchParams

COUNTED = ["/themes", "/themes.csv", "/api/v1/themes"]
NAMES = sorted({*SearchParams.model_fields, "by", "page", "finding", "unknown"})
GOOD = [
    "x",
    "Bury",
    "weakness",
    "finding",
    "good",
    "hybrid",
    "2011-04-07",
    "10",
    "0",
    "1",
    "strategy meetings",
    "true",
    "0.5",
    "any",
]
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

raw = st.one_of(
    st.sampled_from(GOOD).map(str.encode),
    st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(),
)
"""Bytes of a parameter: sound values, any text with lone surrogates among it, any bytes."""
parameters = st.lists(st.tuples(st.sampled_from(NAMES), raw), max_size=5)


def check(client: TestClient, method: str, address: str, content: bytes | None = None, media_type: str = "") -> None:
    """The answer is a result or an error that the service explains."""
    headers = {} if content is None else {"Content-Type": media_type}
    answer = client.request(method, address, content=content, headers=headers, follow_redirects=False)
    assert answer.status_code in {200, 307, 403, 404, 405, 413, 415, 422}, (answer.status_code, address)
    if answer.headers.get("content-type") == "application/problem+json":
        found = schemas.Problem.model_validate_json(answer.content)
        assert found.status == answer.status_code
        assert found.detail.strip()
    elif address.startswith("/api/") and answer.status_code != 307:  # one slash too many
        assert answer.status_code == 200
        json.loads(answer.content)


def encoded(pairs: list[tuple[str, bytes]]) -> str:
    """Parameters as an address holds them."""
    return "&".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in pairs)


@FUZZ
@given(
    st.sampled_from(["/api/v1/search", "/api/v1/documents", "/", "/documents", "/docs", "/readyz", *COUNTED]),
    parameters,
)
def test_any_parameters(client: TestClient, path: str, pairs: list[tuple[str, bytes]]) -> None:
    """Any value of any parameter is answered or explained."""
    check(client, "GET", f"{path}?{encoded(pairs)}")


@FUZZ
@given(raw.filter(bool), st.data())
def test_any_search_text(client: TestClient, text: bytes, data: st.DataObject) -> None:
    """Any text to search for, and any filters that are sound by themselves, is answered or explained."""
    good = {"authority": "Bury", "kind": "finding", "direction": "weakness", "mode": "keyword", "limit": "100"}
    good |= {"query_direction": "strength", "min_relevance": "0.2", "weak": "true", "per_document": "1"}
    chosen = data.draw(st.sets(st.sampled_from(sorted(good))))
    pairs = [("q", text), *((name, good[name].encode()) for name in sorted(chosen))]
    check(client, "GET", f"/api/v1/search?{encoded(pairs)}")
    check(client, "GET", f"/?{encoded([pair for pair in pairs if pair[0] != 'limit'])}")


@FUZZ
@given(
    st.sampled_from(
        [
            "/api/v1/findings/{}",
            "/api/v1/findings/{}/similar",
            "/api/v1/findings/{}/near-identical",
            "/api/v1/findings/{}/verify",
        ]
    )
    | st.sampled_from(
        [
            "/api/v1/documents/{}",
            "/documents/{}",
            "/documents/{}/source",
            "/documents/x/pages/{}",
            "/documents/x/pages/{}.png",
            "/findings/{}/verify",
            "/findings/{}/comparable",
            "/authorities/{}",
            "/api/v1/authorities/{}",
            "/api/v1/authorities/{}/recurring",
            "/static/{}",
            "/{}",
        ]
    ),
    raw,
)
def test_any_id(client: TestClient, address: str, value: bytes) -> None:
    """Any id or path is answered or explained."""
    check(client, "GET", address.format(quote_from_bytes(value, safe="")))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@FUZZ
@given(st.dictionaries(st.sampled_from(NAMES), json_values, max_size=5) | json_values)
def test_any_json(client: TestClient, body: object) -> None:
    """Any JSON, and what Python takes for JSON, is answered or explained."""
    content = json.dumps(body).encode()
    check(client, "POST", "/api/v1/search", content, "application/json")


@FUZZ
@given(st.binary(), st.sampled_from(["application/json", "application/json; charset=latin-1", "text/html", ""]))
def test_any_bytes(client: TestClient, content: bytes, media_type: str) -> None:
    """Any body of any type is answered or explained."""
    check(client, "POST", "/api/v1/search", content, media_type)


@FUZZ
@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"]),
    st.sampled_from(
        ["/api/v1/search", "/api/v1/documents", "/healthz", "/", "/docs", "/static/style.css", "/openapi.json"]
    ),
    st.dictionaries(
        st.sampled_from(["If-None-Match", "Accept", "Range", "Accept-Encoding", "Host", "Content-Type", "Cookie"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    ),
)
def test_any_method_and_headers(client: TestClient, method: str, path: str, headers: dict[str, str]) -> None:
    """Any method with any headers is answered or explained."""
    answer = client.request(method, path, headers=headers)
    assert answer.status_code < 500
