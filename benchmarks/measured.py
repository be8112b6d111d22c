"""What a run has measured, as it is kept in a file, and the figures made of it.

Times are kept as they were taken, in milliseconds where a field says so and in seconds elsewhere; percentiles and
ratios are worked out when they are written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from benchmarks.machine import Machine

Times = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Half, nine in ten and ninety-nine in a hundred of some times took at most so long."""

    p50: float
    p90: float
    p99: float


def percentiles(times: Sequence[float]) -> Percentiles:
    """The percentiles of some times, between two of them by the share of the way (NumPy's "linear").

    Raises:
        ValueError: there are none.
    """
    if not times:
        raise ValueError("there are no times to take percentiles of")
    return Percentiles(*(float(value) for value in np.percentile(times, (50, 90, 99))))


def ratio(value: float, other: float) -> float:
    """How many times `other` the value is; 0 where there is nothing to compare with."""
    return value / other if other else 0.0


@dataclass(frozen=True, slots=True)
class Building:
    """From reports to an index, beside embedding alone and the other systems' indexing of the same texts."""

    date: str
    reports: int
    findings: int
    sentences: int
    texts: int
    """Different texts that got a vector: of the findings and of their sentences."""
    encoder: str
    """Model, runtime and precision of the product."""
    seconds: Times
    """Of each build of the whole, from files to an index in use."""
    loading: Times
    """How long of it the model took to load."""
    again: float
    """A build with nothing changed."""
    sample: int
    """Texts that the rates are measured on, drawn from all of them."""
    rates: dict[str, Times]
    """Texts a second of each system, once its model is loaded; "encoder" is the product's encoder and nothing else."""
    passages: dict[str, float]
    """Seconds the other systems took to index every finding as a passage."""

    @property
    def rate(self) -> float:
        """Texts a second of the whole build."""
        return self.texts * len(self.seconds) / sum(self.seconds)

    @property
    def rate_loaded(self) -> float:
        """Texts a second of the build from when the model is loaded."""
        return self.texts * len(self.seconds) / (sum(self.seconds) - sum(self.loading))

    def rate_of(self, system: str) -> float:
        """Texts a second of one system: of equal parts, so the harmonic mean."""
        rates = self.rates[system]
        return len(rates) / sum(1 / rate for rate in rates)


@dataclass(frozen=True, slots=True)
class Querying:
    """Answers inside each system's own process, no query answered from memory."""

    date: str
    findings: int
    sentences: int
    queries: int
    rounds: int
    times: dict[str, Times]
    """Milliseconds of each answer, in the order asked: all queries once, then again."""


@dataclass(frozen=True, slots=True)
class Load:
    """One server under so many clients, each asking the next query when it has its answer."""

    clients: int
    seconds: float
    times: Times
    """Milliseconds of each answer, as the client sees it."""

    @property
    def throughput(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds


@dataclass(frozen=True, slots=True)
class Served:
    """One way of serving over HTTP."""

    name: str
    system: str
    command: str
    at_rest: float
    """MB when it is ready."""
    after: float
    """MB when all loads are over."""
    loads: tuple[Load, ...]

    def load(self, clients: int) -> Load:
        """The load of so many clients, all turns together."""
        same = [load for load in self.loads if load.clients == clients]
        times = tuple(time for load in same for time in load.times)
        return Load(clients, sum(load.seconds for load in same), times)


@dataclass(frozen=True, slots=True)
class Serving:
    """Throughput, latency and memory over HTTP."""

    date: str
    clients: tuple[int, ...]
    servers: tuple[Served, ...]
    script: tuple[float, float]
    """MB of the plain script's process when it is ready, and when it was asked every query."""

    def best(self, system: str, clients: int) -> Load:
        """The load with the highest throughput of all the ways a system was served."""
        loads = [server.load(clients) for server in self.servers if server.system == system]
        return max(loads, key=lambda load: load.throughput)


@dataclass(frozen=True, slots=True)
class Starting:
    """From the start of a process."""

    date: str
    ready: dict[str, Times]
    """Seconds until a server answers its first request, by the name of the server."""
    answers: dict[str, Times]
    """Seconds until a command has answered one query and ended, by system."""


@dataclass(frozen=True, slots=True)
class Size:
    """What the product costs at one size."""

    findings: int
    sentences: int
    kind: str
    """How the sentences' vectors are searched."""
    store_seconds: float
    vector_seconds: float
    disk_mb: float
    open_seconds: float
    at_rest: float
    after: float
    """MB when it is open, and when all queries were asked."""
    recall_findings: float
    recall_sentences: float
    """Share of the ten exactly nearest that is found."""
    vectors: Times
    """Milliseconds of looking up the nearest findings and sentences."""
    first: Times
    """Milliseconds of a whole search when a query is first asked, making its vector and reading its words included."""
    search: Times
    """Milliseconds of a whole search when its vector is at hand."""


@dataclass(frozen=True, slots=True)
class Growing:
    """What becomes of search as the index grows."""

    date: str
    drawn_from: int
    """Real findings that all others are drawn from."""
    queries: int
    sizes: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """All parts that have been measured in one place, each with its own date."""

    machine: Machine
    building: Building | None = None
    querying: Querying | None = None
    serving: Serving | None = None
    starting: Starting | None = None
    growing: Growing | None = None


_FORM = TypeAdapter(Measured)


def save(measured: Measured, path: Path) -> None:
    """Write all that was measured as JSON."""
    path.write_bytes(_FORM.dump_json(measured, indent=1))


def load(path: Path) -> Measured | None:
    """What `save` wrote; None where there is nothing, or what is there was written by another version of this."""
    try:
        return _FORM.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
