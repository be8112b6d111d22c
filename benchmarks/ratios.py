"""The figures that are compared, as ratios of things measured side by side, each with what it should be."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from benchmarks.measured import Building, Growing, Measured, Querying, Serving, Starting, percentiles, ratio

BUSIEST: Final = 16
"""Clients at which throughput is compared."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure, and what it should be."""

    what: str
    value: str
    aim: str = ""


def ratios(measured: Measured) -> list[Ratio]:
    """The figures that are compared, of the parts that were measured."""
    found: list[Ratio] = []
    if measured.building:
        found += _building_ratios(measured.building)
    if measured.querying:
        found += _querying_ratios(measured.querying)
    if measured.serving:
        found += _serving_ratios(measured.serving)
    if measured.starting:
        found += _starting_ratios(measured.starting)
    if measured.growing:
        found += _growing_ratios(measured.growing)
    return found


def _building_ratios(part: Building) -> list[Ratio]:
    encoder, again = part.rate_of("encoder"), part.again / part.seconds[0]
    return [
        Ratio("Build: texts a second, as a share of the encoder's alone", _share(part.rate / encoder), "at least 0.85"),
        Ratio("the same, from when the model is loaded", _share(part.rate_loaded / encoder)),
        Ratio("Build: texts a second, times txtai's", _times(part.rate / part.rate_of("txtai")), "at least 2.5"),
        Ratio("Build: texts a second, times the plain script's", _times(part.rate / part.rate_of("script"))),
        Ratio("Second build with nothing changed, as a share of the first", _share(again, 3), "under 0.02"),
    ]


def _querying_ratios(part: Querying) -> list[Ratio]:
    of = {system: percentiles(times) for system, times in part.times.items()}
    own = of["product"]
    return [
        Ratio("Query: p50 as a share of txtai's", _share(own.p50 / of["txtai"].p50), "at most 0.5"),
        Ratio("Query: p50 as a share of the plain script's", _share(own.p50 / of["script"].p50)),
        Ratio("Query: p99 / p50", _times(own.p99 / own.p50), "at most 3"),
    ]


def _serving_ratios(part: Serving) -> list[Ratio]:
    clients = BUSIEST if BUSIEST in part.clients else part.clients[-1]
    own, other = part.best("product", clients), part.best("txtai", clients)
    times = ratio(own.throughput, other.throughput)
    memory = [min(each.after for each in part.servers if each.system == name) for name in ("product", "txtai")]
    return [
        Ratio(f"HTTP, {clients} clients: queries a second, times txtai's", _times(times), "at least 5"),
        Ratio("Memory of one process after load, as a share of txtai's", _share(ratio(*memory))),
    ]


def _starting_ratios(part: Starting) -> list[Ratio]:
    ready, answer = median(next(iter(part.ready.values()))), median(part.answers["product"])
    return [
        Ratio("Service ready, from the start of the process", f"{ready:.1f} s", "within 4 s"),
        Ratio("`findings search`, from the start of the process", f"{answer:.1f} s", "within 3 s"),
    ]


def _growing_ratios(part: Growing) -> list[Ratio]:
    largest = part.sizes[-1]
    search, vectors = percentiles(largest.search).p50, percentiles(largest.vectors).p50
    recall = f"{largest.recall_findings:.3f}, {largest.recall_sentences:.3f}"
    found = [
        Ratio(f"{largest.findings:,} findings: search, p50", f"{search:.1f} ms", "within 15 ms at 1,000,000"),
        Ratio("of it the nearest vectors, p50", f"{vectors:.1f} ms"),
        Ratio("recall@10 of its findings' and its sentences' vectors", recall, "at least 0.98"),
        Ratio("its memory after all queries", f"{largest.after / 1024:.1f} GB", "within 3 GB at 1,000,000"),
    ]
    for before, after in pairwise(part.sizes):
        grown = percentiles(after.search).p50 / percentiles(before.search).p50
        what = f"Search from {before.findings:,} to {after.findings:,} findings, p50"
        found.append(Ratio(what, _times(grown), "at most 3" if after is largest else ""))
    return found


def _share(value: float, places: int = 2) -> str:
    return f"{value:.{places}f}"


def _times(value: float) -> str:
    return f"{value:.1f}"
