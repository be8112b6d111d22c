"""How long it takes from the start of a process: until a server answers, and until a command has answered one query.

The files lie in the memory of the operating system, as they do on a machine where they were used before.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from benchmarks.building import MODEL, PRODUCT
from benchmarks.measured import Starting
from benchmarks.serving import ROOT, Server, running
from benchmarks.worker import BenchmarkError


def commands(work: Path, query: str) -> dict[str, tuple[str, ...]]:
    """The command of each system that answers one query, after the Python that runs it."""
    return {
        "product": ("-m", "app.cli", "search", query, "--index", str(work / PRODUCT)),
        "script": ("-m", "benchmarks.script", str(work / MODEL), str(work / "script"), query),
        "txtai": ("-m", "benchmarks.txtai_user", str(work / "txtai"), query),
    }


def measure_starting(
    servers: Sequence[Server], answering: Mapping[str, tuple[str, ...]], times: int, work: Path
) -> Starting:
    """Start each server and each command so many times, in turns; the first turn, which warms files up, is left out."""
    ready: dict[str, list[float]] = {server.name: [] for server in servers}
    answers: dict[str, list[float]] = {name: [] for name in answering}
    for _ in range(times + 1):
        for server in servers:
            with running(server, work / "server.log") as up:
                ready[server.name].append(up.ready)
        for name, command in answering.items():
            answers[name].append(_seconds(name, command))
    return Starting(
        date=date.today().isoformat(),
        ready={name: tuple(each[1:]) for name, each in ready.items()},
        answers={name: tuple(each[1:]) for name, each in answers.items()},
    )


def _seconds(name: str, command: Sequence[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - started
    if done.returncode:
        raise BenchmarkError(f"{name} does not answer from cold: {done.stderr[-2000:]}")
    return taken
