"""What the tests of the app share: an index of the seeds, the app over it, and a real server in front of it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from app.main import create_app
from indexer.build import build
from indexer.config import Settings
from indexer.embedder import Encoder, load_encoder
from indexer.search import Engine
from tests.app.histories import write_histories
from tests.app.prepared import prepared, telling
from tests.small_index import WordEncoder

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    *("--no-sandbox", "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
DESK: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an index of the seeds and one file that cannot be read, made with a light encoder."""
    folder = tmp_path_factory.mktemp("app")
    empty = folder / "more" / "empty.txt"
    empty.parent.mkdir()
    empty.touch()
    found = Settings(index_dir=folder / "index")
    build(found, [SEEDS, empty.parent], encoder=WordEncoder())
    return found


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Iterator[Engine]:
    """The engine over that index, to compare answers with."""
    found = Engine.open(settings, WordEncoder())
    yield found
    found.close()


@pytest.fixture(scope="session")
def client(settings: Settings) -> Iterator[TestClient]:
    """A client of the app; an error that the app does not handle is raised in the test."""
    with TestClient(create_app(settings, WordEncoder())) as found:
        yield found


@pytest.fixture(scope="session")
def small_pages(settings: Settings) -> Iterator[TestClient]:
    """A client of an app with two results on a page."""
    with TestClient(create_app(settings.model_copy(update={"results_per_page": 2}), WordEncoder())) as found:
        yield found


@pytest.fixture(scope="session")
def server(settings: Settings) -> Iterator[str]:
    """The address of a real server over that index, with three results on a page."""
    app = create_app(settings.model_copy(update={"results_per_page": 3}), WordEncoder())
    with serving(app) as address:
        yield address


@pytest.fixture(scope="session")
def telling_server(settings: Settings, engine: Engine) -> Iterator[str]:
    """The address of such a server whose answers tell of everything an answer may tell of."""
    app = create_app(settings.model_copy(update={"results_per_page": 3}), WordEncoder())
    with serving(app) as address, prepared(app, engine, telling(engine)):
        yield address


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an app over authorities that were inspected several times."""
    folder = tmp_path_factory.mktemp("histories")
    write_histories(folder)
    with TestClient(create_app(Settings(index_dir=folder), WordEncoder())) as found:
        yield found


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server over an index of the seeds made with the real model."""
    settings = Settings(index_dir=tmp_path_factory.mktemp("real") / "index")
    encoder: Encoder = load_encoder(settings)
    build(settings, [SEEDS], encoder=encoder)
    with serving(create_app(settings, encoder)) as address:
        yield address


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Run uvicorn in a thread on a free port, as the command line does."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium on this machine, and CI must test the pages in one")
        pytest.skip("no chromium on this machine: install Debian's package chromium to test the pages in a browser")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def either(request: pytest.FixtureRequest, browser: Browser, server: str) -> Iterator[Page]:
    """A page of a browser with JavaScript, and one of a browser without."""
    with browser.new_context(base_url=server, java_script_enabled=request.param) as context, watched(context) as found:
        yield found


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A page of an ordinary browser."""
    with browser.new_context(base_url=server, viewport=DESK) as context, watched(context) as found:
        yield found


@contextmanager
def watched(context: BrowserContext) -> Iterator[Page]:
    """A new page where nothing fails silently: no fault of the script, nothing refused, nothing from elsewhere."""
    found = context.new_page()
    complaints: list[str] = []
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    found.on("request", lambda request: complaints.append(request.url) if "127.0.0.1" not in request.url else None)
    yield found
    assert not complaints


def get(client: TestClient, address: str) -> dict[str, Any]:
    """An answer of the API."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
