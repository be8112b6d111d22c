"""Throughput, latency and memory over HTTP: the product's service beside txtai's own API.

Each server runs by itself while it is measured, as its users start it; the load comes from this process.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import httpx

from benchmarks.building import MODEL, PRODUCT
from benchmarks.machine import memory_mb
from benchmarks.measured import Load, Served, Serving
from benchmarks.querying import WARM
from benchmarks.worker import BenchmarkError, Worker

ROOT: Final = Path(__file__).parents[1]
LIMIT: Final = 120.0
"""Seconds in which a server must be ready, and a request answered."""


@dataclass(frozen=True, slots=True)
class Server:
    """How a server is started and asked."""

    name: str
    system: str
    command: tuple[str, ...]
    """After the Python that runs it; PORT stands for the port."""
    ready: str
    """An address that answers with 200 as soon as queries can be answered."""
    search: str
    parameter: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The command as a reader would type it."""
        settings = [f"{name}={Path(value).name}" for name, value in self.environment.items()]
        return shlex.join([*settings, "python", *(Path(part).name if "/" in part else part for part in self.command)])


def product_server(work: Path, processes: int) -> Server:
    """The product's service; no vector of a query is kept."""
    command = ("-m", "app.cli", "serve", "--index", str(work / PRODUCT), "--port", "PORT")
    many = ("--processes", str(processes)) if processes > 1 else ()
    environment = {"FINDINGS_MODEL__QUERY_CACHE": "0"}
    return Server(
        _name("Findings search", processes), "product", command + many, "/readyz", "/api/v1/search", "q", environment
    )


def txtai_server(work: Path, processes: int) -> Server:
    """txtai's API, reading its index and nothing else."""
    settings = work / "txtai.yml"
    settings.write_text(f"path: {work / 'txtai'}\nwritable: false\nembeddings:\n", encoding="utf-8")
    command = ("-m", "uvicorn", "txtai.api:app", "--port", "PORT")
    many = ("--workers", str(processes)) if processes > 1 else ()
    environment = {"CONFIG": str(settings)}
    return Server(_name("txtai", processes), "txtai", command + many, "/count", "/search", "query", environment)


def _name(system: str, processes: int) -> str:
    return f"{system}, {processes} process{'es' if processes > 1 else ''}"


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is up."""

    address: str
    process: int
    ready: float
    """Seconds it took from its start to its first answer."""


@contextmanager
def running(server: Server, log: Path) -> Iterator[Running]:
    """Start a server, wait until it answers, and end it afterwards; what it says goes to a file.

    Raises:
        BenchmarkError: it ended, or was not ready in time.
    """
    port = _free_port()
    command = [sys.executable, *(part.replace("PORT", str(port)) for part in server.command)]
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **server.environment},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that all its processes can be found, and ended
        )
        try:
            _wait(process, address + server.ready, f"{server.name} is not ready; see {log}")
            yield Running(address, process.pid, time.perf_counter() - started)
        finally:
            _end(process)


def measure_serving(
    servers: Sequence[Server], queries: Sequence[str], clients: Sequence[int], seconds: float, turns: int, work: Path
) -> Serving:
    """Put load on each server by itself, in turns.

    Args:
        clients: how many ask at the same time, one load after the other.
        seconds: how long each load lasts, in each turn.
    """
    memory: dict[str, list[tuple[float, float]]] = {server.name: [] for server in servers}
    loads: dict[str, list[Load]] = {server.name: [] for server in servers}
    for _ in range(turns):
        for server in servers:
            with running(server, work / "server.log") as up:
                at_rest = memory_mb(up.process)
                put_load(server, up.address, WARM, clients=1, seconds=1.0)
                for many in clients:
                    loads[server.name].append(put_load(server, up.address, queries, many, seconds))
                memory[server.name].append((at_rest, memory_mb(up.process)))
    served = tuple(
        Served(
            name=server.name,
            system=server.system,
            command=server.shown,
            at_rest=max(at_rest for at_rest, _ in memory[server.name]),
            after=max(after for _, after in memory[server.name]),
            loads=tuple(loads[server.name]),
        )
        for server in servers
    )
    return Serving(date.today().isoformat(), tuple(clients), served, _script_memory(queries, work))


def _script_memory(queries: Sequence[str], work: Path) -> tuple[float, float]:
    with Worker("script") as script:
        script.timed("load", str(work / MODEL))
        script.timed("open", str(work / "script"))
        at_rest = script.memory_mb
        for query in queries:
            script.timed("search", query)
        return at_rest, script.memory_mb


def put_load(server: Server, address: str, queries: Sequence[str], clients: int, seconds: float) -> Load:
    """Ask for so long with so many clients, each over a connection of its own, beginning at different queries.

    Raises:
        BenchmarkError: an answer was not 200.
    """
    started = time.perf_counter()
    try:
        times = asyncio.run(_ask(address + server.search, server.parameter, queries, clients, started + seconds))
    except httpx.HTTPError as error:
        raise BenchmarkError(f"{server.name} does not answer: {error!r}") from error
    return Load(clients, time.perf_counter() - started, tuple(times))


async def _ask(address: str, parameter: str, queries: Sequence[str], clients: int, until: float) -> list[float]:
    times: list[float] = []

    async def client(number: int) -> None:
        async with httpx.AsyncClient(timeout=LIMIT) as session:
            place = number * len(queries) // clients
            while (started := time.perf_counter()) < until:
                answer = await session.get(address, params={parameter: queries[place % len(queries)], "limit": 10})
                answer.raise_for_status()
                times.append((time.perf_counter() - started) * 1000)
                place += 1

    await asyncio.gather(*(client(number) for number in range(clients)))
    return times


def _wait(process: subprocess.Popen[bytes], address: str, complaint: str) -> None:
    until = time.perf_counter() + LIMIT
    with httpx.Client() as client:
        while process.poll() is None and time.perf_counter() < until:
            try:
                if client.get(address).status_code == 200:
                    return
            except httpx.HTTPError:
                pass  # it does not listen yet
            time.sleep(0.02)
    raise BenchmarkError(complaint)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server and every process it has started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
    return port
