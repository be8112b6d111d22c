"""The MCP server as assistants meet it: the SDK's own client, over the command's standard streams and over HTTP."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from mcp import types
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from app.assistants import Tools
from app.licence import LICENCE_STATEMENT, LICENCE_URL
from app.params import DocumentsParams, PageOfResults, SearchParams
from indexer.comparators import TABLE_FILTERS
from indexer.config import Settings
from indexer.models import Filters
from indexer.search import Engine
from indexer.sources import Sources

ROOT = Path(__file__).resolve().parents[2]
COMMAND = """\
import indexer.search
from app.cli import main
from tests.small_index import WordEncoder
indexer.search.load_encoder = lambda *_: WordEncoder()
main()
"""
"""The command `findings` with the light encoder that the index of the tests was made with."""
BASE = "https://findings.example.org"
SECRET = "zebracrossing"

T = TypeVar("T")
Call = tuple[str, Mapping[str, Any]]
Ask = Callable[[Sequence[Call]], list[types.CallToolResult]]


def environment() -> dict[str, str]:
    """What the command runs in."""
    return {**os.environ, "FINDINGS_PUBLIC_URL": BASE, "PYTHONPATH": str(ROOT)}


def outcome(asked: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives, run in a thread: the tests of the pages may hold this one's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asked).result()


@pytest.fixture(scope="module")
def over_http(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of `findings mcp --http` on a free port, and the file that it logs to."""
    log = tmp_path_factory.mktemp("mcp") / "log.txt"
    command = [sys.executable, "-c", COMMAND, "mcp", "--http", "--port", "0", "--index", str(settings.index_dir)]
    with log.open("w") as out, subprocess.Popen(command, stderr=out, stdout=out, env=environment()) as process:
        while "Serving on " not in log.read_text():
            assert process.poll() is None, log.read_text()
        yield log.read_text().partition("Serving on ")[2].split()[0] + "/mcp", log
        process.terminate()


@pytest.fixture(params=["standard streams", "http"])
def ask(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[Ask]:
    """Calls tools in one session and gives what they answer; nothing that is asked is logged."""
    if request.param == "http":
        address, log = request.getfixturevalue("over_http")
        server: Callable[[Any], Any] = lambda _: address  # noqa: E731
    else:
        log = tmp_path / "log.txt"
        log.touch()
        command = ["-c", COMMAND, "mcp", "--index", str(settings.index_dir)]
        parameters = StdioServerParameters(command=sys.executable, args=command, env=environment())
        server = lambda errors: stdio_client(parameters, errors)  # noqa: E731

    def answers(calls: Sequence[Call]) -> list[types.CallToolResult]:
        async def session() -> list[types.CallToolResult]:
            with log.open("a") as errors:
                async with Client(server(errors)) as client:
                    return [await client.call_tool(name, dict(arguments)) for name, arguments in calls]

        return outcome(session())

    yield answers
    assert SECRET not in log.read_text()


def said(result: types.CallToolResult) -> str:
    """The text of an answer."""
    (content,) = result.content
    assert isinstance(content, types.TextContent)
    return content.text


def test_the_same_fifty_queries_find_the_same(ask: Ask, client: TestClient, engine: Engine) -> None:
    """An assistant and a program that ask the same get the same findings, in the same order."""
    documents = engine.documents(Filters(), 10, 0)[1]
    found = [each for document in documents for each in engine.document(document.id)[1]]
    queries = [" ".join(each.text.split()[:7]) for each in found[:: len(found) // 50][:50]]
    assert len(set(queries)) == 50
    results = ask([("search", {"q": query, "limit": 20}) for query in queries])
    some = 0
    for query, result in zip(queries, results, strict=True):
        expected = client.get("/api/v1/search", params={"q": query, "limit": 20}).json()["results"]
        assert result.structured_content is not None
        own = result.structured_content["results"]
        assert [each["finding"]["id"] for each in own] == [each["finding"]["id"] for each in expected]
        some += len(own)
    assert some > 50


def test_every_answer_quotes_cites_links_and_names_its_licence(ask: Ask, client: TestClient) -> None:
    """Quote, citation, whole address and licence stand in the text and in the JSON of every tool that quotes."""
    first = client.get("/api/v1/search", params={"q": '"assessments"'}).json()["results"][0]
    finding, document = first["finding"]["id"], first["document"]["id"]
    calls: list[Call] = [
        ("search", {"q": '"assessments"', "limit": 2}),
        ("similar", {"id": finding, "limit": 2, "min_relevance": 0}),
        ("finding", {"id": finding}),
        ("verify", {"id": finding}),
        ("document", {"id": document, "limit": 3, "offset": 1}),
        ("documents", {"authority": first["document"]["authority"]}),
    ]
    for (name, _), result in zip(calls, ask(calls), strict=True):
        assert not result.is_error, said(result)
        text, told = said(result), result.structured_content
        assert text.endswith(f"\n{LICENCE_STATEMENT} {LICENCE_URL}")
        assert told is not None
        assert told["licence"]["attribution"] == LICENCE_STATEMENT
        quoted = told.get("results") or (told["findings"] if name == "document" else [])
        for each in [told] if name == "finding" else quoted:
            assert f"“{each['finding']['text']}”" in text
            assert each["citation"] in text
            assert each["url"] in text
            assert each["url"].startswith(f"{BASE}/documents/")
        if name == "verify":
            own = client.get(f"/api/v1/findings/{finding}/verify").json()
            assert {**told, "url": urlsplit(told["url"]).path} == {**own, "url": urlsplit(own["url"]).path}
            assert f"“{own['quote']}”" in text
            assert own["citation"] in text
        elif name == "document":
            every = client.get(f"/api/v1/documents/{document}").json()["findings"]
            assert [each["finding"] for each in quoted] == every[1:4]
            assert told["total"] == len(every)
        elif name == "documents":
            assert f"{BASE}/documents/{document}" in text
        else:
            assert quoted or name == "finding"


WRONG: list[tuple[Call, str]] = [
    (("search", {"q": SECRET, "limit": 500}), "/api/v1/search?q=x&limit=500"),
    (("search", {}), "/api/v1/search"),
    (("search", {"q": f"{SECRET} ", "region": ["London"]}), "/api/v1/search?q=x&region=London"),
    (("finding", {"id": "none"}), "/api/v1/findings/none"),
    (("similar", {"id": "none"}), "/api/v1/findings/none/similar"),
    (("document", {"id": "none"}), "/api/v1/documents/none"),
    (("documents", {"published_from": "soon"}), "/api/v1/documents?published_from=soon"),
]


def test_what_is_wrong_is_said_as_elsewhere(ask: Ask, client: TestClient) -> None:
    """A call that cannot be answered is an error of the tool, in the sentence that the API gives."""
    for (call, address), result in zip(WRONG, ask([call for call, _ in WRONG]), strict=True):
        assert result.is_error, call
        assert result.structured_content is None
        assert said(result) == client.get(address).json()["detail"]


def test_what_is_not_known_is_named(ask: Ask) -> None:
    """A tool or a parameter that is not there is named, with those that are."""
    tool, parameter = ask([("delete", {}), ("finding", {"id": "x", "q": SECRET})])
    assert tool.is_error
    assert said(tool).endswith("The tools are search, similar, finding, verify, documents, document.")
    assert said(parameter) == "There is no parameter “q”. The parameters here are id."


def test_tools_say_that_they_only_read(over_http: tuple[str, Path]) -> None:
    """Each tool says that it changes nothing, and takes what the API takes, with its limits."""

    async def listed() -> tuple[list[types.Tool], str | None]:
        async with Client(over_http[0]) as client:
            return (await client.list_tools()).tools, client.instructions

    tools, instructions = outcome(listed())
    assert "word for word" in (instructions or "")
    assert [tool.name for tool in tools] == ["search", "similar", "finding", "verify", "documents", "document"]
    for tool in tools:
        assert tool.annotations
        assert tool.annotations.read_only_hint
        assert tool.annotations.open_world_hint is False
        assert tool.description
    taken = {tool.name: tool.input_schema["properties"] for tool in tools}
    assert set(taken["search"]) == set(SearchParams.model_fields) - set(TABLE_FILTERS)
    assert set(taken["similar"]) == {*PageOfResults.model_fields, "id"} - set(TABLE_FILTERS)
    assert set(taken["documents"]) == set(DocumentsParams.model_fields) - set(TABLE_FILTERS)
    assert (taken["search"]["limit"]["maximum"], taken["documents"]["limit"]["maximum"]) == (100, 1000)


def test_filters_by_a_table_are_offered_with_one(engine: Engine) -> None:
    """Where there is a table of authorities, the tools take region, type and neighbours."""
    tools = Tools(lambda: engine, "", with_table=True, sources=Sources())
    for name in ("search", "similar", "documents"):
        assert set(TABLE_FILTERS) <= set(tools.listed[name].schema["properties"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Host": "findings.example.org"}, 200),
    ],
)
def test_only_its_own_names_reach_it(over_http: tuple[str, Path], headers: dict[str, str], status: int) -> None:
    """A call whose Host or Origin is another's is refused, so that no page can reach the server by a made-up name."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepted = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    answer = httpx.post(over_http[0], json=call, headers={**accepted, **headers})
    assert answer.status_code == status, answer.text


def test_the_package_is_an_extra() -> None:
    """Without the SDK the command says in one line how to install it."""
    code = f"import sys\nsys.modules['mcp'] = None\n{COMMAND}"
    command = [sys.executable, "-c", code, "mcp"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.count("\n") == 1
    assert "pip install 'findings[assistants]'" in run.stderr


def test_a_fault_nobody_foresaw_is_said_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A fault of the program is an error of the tool without its insides; the log has these, and not the query."""

    def broken() -> Engine:
        raise RuntimeError("insides")

    answered = Tools(broken, "", with_table=False, sources=Sources()).call("search", {"q": SECRET})
    assert answered.structured is None
    assert "insides" not in answered.text
    assert SECRET not in caplog.text
    assert "insides" in caplog.text
