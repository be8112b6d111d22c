"""The service as a whole: starting without an index, taking one up, what its log holds."""

from __future__ import annotations

import http.client
import logging
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from app import problems
from app.main import create_app
from app.middleware import keep_queries_out_of_the_log
from app.params import FilterParams
from indexer.build import build
from indexer.config import Settings
from indexer.errors import (
    BusyError,
    FindingsError,
    IndexMismatch,
    IndexUnavailable,
    NotFoundError,
    QueryError,
    SourceError,
)
from tests.app.conftest import SEEDS, serving
from tests.small_index import WordEncoder


@pytest.fixture
def without_index(tmp_path: Path) -> Settings:
    """Settings that name an index which is not there yet, looked for often."""
    return Settings(index_dir=tmp_path / "index", reload_seconds=0.05)


def test_it_starts_without_an_index(without_index: Settings) -> None:
    """Without an index the service is alive and not ready, and says what to do, to programs and to people."""
    with TestClient(create_app(without_index, WordEncoder())) as client:
        assert client.get("/healthz").status_code == 200
        for address in ("/readyz", "/api/v1/search?q=x", "/api/v1/documents", "/api/v1/findings/a"):
            answer = client.get(address)
            assert (answer.status_code, answer.headers["content-type"]) == (503, problems.MEDIA_TYPE)
            assert int(answer.headers["retry-after"]) > 0
            assert "findings index" in answer.json()["detail"]
        for address in ("/", "/?q=x", "/documents", "/about"):
            answer = client.get(address)
            assert answer.status_code == 503
            assert "retry-after" in answer.headers
            page = BeautifulSoup(answer.text, "lxml")
            assert page.select_one("h1")
            assert "findings index FOLDER" in page.text
        for address in ("/docs", "/openapi.json", "/static/style.css"):
            assert client.get(address).status_code == 200


def test_it_takes_up_an_index_that_appears(without_index: Settings) -> None:
    """An index that is built while the service runs is used without starting it again."""
    with TestClient(create_app(without_index, WordEncoder())) as client:
        assert client.get("/readyz").status_code == 503
        build(without_index, [next(SEEDS.glob("*.txt"))], encoder=WordEncoder())
        for _ in range(200):
            answer = client.get("/readyz")
            if answer.status_code == 200:
                break
        assert answer.json()["documents"] == 1
        first = client.get("/api/v1/documents")
        build(without_index, [SEEDS], encoder=WordEncoder())
        for _ in range(200):
            again = client.get("/api/v1/documents", headers={"If-None-Match": first.headers["etag"]})
            if again.status_code == 200:
                break
        assert again.json()["total"] == 5, "an answer that a client holds is out of date with the index it came from"


def test_every_error_has_its_status() -> None:
    """Each error that a request can meet is in the table of statuses."""
    reachable = {QueryError, NotFoundError, IndexUnavailable, IndexMismatch, SourceError, BusyError}
    assert set(problems.STATUS_OF) == reachable
    assert all(issubclass(each, FindingsError) for each in problems.STATUS_OF)


def test_an_error_nobody_foresaw_is_explained(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of the service is a problem and a page without its insides, and the log holds it without the query."""
    app = create_app(settings, WordEncoder())

    @app.get("/api/v1/broken")
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("insides")

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/broken?q=secret")
        assert (answer.status_code, answer.headers["content-type"]) == (500, problems.MEDIA_TYPE)
        page = client.get("/broken?q=secret")
        assert page.status_code == 500
        assert "insides" not in answer.text + page.text
    written = [record for record in caplog.records if record.name == problems.__name__]
    assert written
    assert all("secret" not in record.getMessage() for record in written)
    assert any(record.exc_info for record in written)


def test_searches_are_not_logged(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """uvicorn's log of requests holds the path and not what was searched for."""
    app = create_app(settings, WordEncoder())
    keep_queries_out_of_the_log()
    with caplog.at_level(logging.INFO, logger="uvicorn.access"), serving(app) as address:
        logger = logging.getLogger("uvicorn.access")
        logger.setLevel(logging.INFO)
        logger.addHandler(caplog.handler)
        connection = http.client.HTTPConnection(urlsplit(address).netloc)
        connection.request("GET", "/api/v1/search?q=secret+words")
        assert connection.getresponse().read()
        connection.close()
        logger.removeHandler(caplog.handler)
    lines = [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]
    assert any("/api/v1/search" in line for line in lines)
    assert not any("secret" in line for line in lines)


def test_parameters_that_stand_once_are_those_with_one_value() -> None:
    """The list of parameters that may not be repeated agrees with the types of the parameters."""
    for name, field in FilterParams.model_fields.items():
        assert (name in FilterParams.once) == (not isinstance(field.get_default(call_default_factory=True), list)), name
