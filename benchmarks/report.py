"""What was measured, written for people: ratios first, then what each part came to, in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Final

from benchmarks.measured import (
    Building,
    Growing,
    Measured,
    Percentiles,
    Querying,
    Serving,
    Size,
    Starting,
    percentiles,
)
from benchmarks.ratios import ratios

SYSTEMS: Final = {
    "product": "Findings search",
    "txtai": "txtai",
    "script": "plain script",
    "encoder": "its encoder alone",
}
"""What each system is called."""


def written(measured: Measured) -> str:
    """All of it as one document."""
    compared = [(each.what, f"**{each.value}**", each.aim) for each in ratios(measured)]
    lines = ["# Results", "", measured.machine.described(), "", *_table(("", "measured", "aim"), compared)]
    for part, write in _parts(measured):
        lines += ["", *write(part)]
    return "\n".join(lines) + "\n"


def _parts(measured: Measured) -> Iterator[tuple[object, Callable[..., list[str]]]]:
    for part, write in (
        (measured.building, _building),
        (measured.querying, _querying),
        (measured.serving, _serving),
        (measured.starting, _starting),
        (measured.growing, _growing),
    ):
        if part is not None:
            yield part, write


# ---------------------------------------------------------------------------------------------- parts


def _building(part: Building) -> list[str]:
    rows = [
        ("its encoder alone", f"{part.rate_of('encoder'):.0f}", "", ""),
        ("Findings search, from files to index", f"{part.rate:.0f}", _seconds(part.seconds), ""),
        ("the same with nothing changed", "", f"{part.again:.1f}", ""),
    ]
    rows += [
        (SYSTEMS[name], f"{part.rate_of(name):.0f}", "", f"{seconds:.0f}") for name, seconds in part.passages.items()
    ]
    return [
        f"## Building ({part.date})",
        "",
        f"{part.reports:,} reports with {part.findings:,} findings and {part.sentences:,} sentences; {part.texts:,}"
        f" different texts get a vector ({part.encoder}). Rates are texts a second: of Findings search all of them,"
        f" reading, words and writing included; of the others {part.sample:,} of the same texts, drawn by chance, once"
        " their model is loaded.",
        "",
        *_table(("", "texts a second", "whole build (s)", "the findings as passages (s)"), rows),
        "",
        "![Texts a second](building.svg)",
    ]


def _querying(part: Querying) -> list[str]:
    rows = []
    for name, times in part.times.items():
        first, every = percentiles(times[: part.queries]), percentiles(times)
        rows.append((SYSTEMS[name], *_milliseconds(every), f"{every.p99 / every.p50:.1f}", f"{first.p99:.1f}"))
    return [
        f"## Querying ({part.date})",
        "",
        f"{part.findings:,} findings in each system, and for Findings search their {part.sentences:,} sentences too."
        f" {part.queries:,} queries, {part.rounds} rounds, in turns, each system in its own process; no query is"
        " answered from memory. Milliseconds.",
        "",
        *_table(("", "p50", "p90", "p99", "p99 / p50", "p99 when first asked"), rows),
        "",
        "![Times of answers](querying.svg)",
    ]


def _serving(part: Serving) -> list[str]:
    rows = []
    for server in part.servers:
        for clients in part.clients:
            load = server.load(clients)
            rows.append((server.name, str(clients), f"{load.throughput:.0f}", *_milliseconds(percentiles(load.times))))
    memory: list[tuple[str, ...]] = [
        (server.name, f"{server.at_rest:,.0f}", f"{server.after:,.0f}") for server in part.servers
    ]
    memory.append(("plain script (no server)", *(f"{each:,.0f}" for each in part.script)))
    return [
        f"## Over HTTP ({part.date})",
        "",
        "Each server by itself, in turns; each client asks the next query when it has its answer. No query is answered"
        " from memory. Served with:",
        "",
        *(f"- {server.name}: `{server.command}`" for server in part.servers),
        "",
        *_table(("", "clients", "queries a second", "p50 (ms)", "p90 (ms)", "p99 (ms)"), rows),
        "",
        "![Throughput and latency](serving.svg)",
        "",
        "Memory (MB, PSS) of all processes of a server: when it is ready, and after all of this.",
        "",
        *_table(("", "ready", "after load"), memory),
    ]


def _starting(part: Starting) -> list[str]:
    rows = [
        (f"{name}: ready to answer", f"{median(each):.1f}", f"{max(each):.1f}") for name, each in part.ready.items()
    ]
    rows += [
        (f"{SYSTEMS[name]}: one query by a command", f"{median(each):.1f}", f"{max(each):.1f}")
        for name, each in part.answers.items()
    ]
    return [
        f"## Starting ({part.date})",
        "",
        "Seconds from the start of a process, with the files in the memory of the operating system.",
        "",
        *_table(("", "median", "longest"), rows),
    ]


def _growing(part: Growing) -> list[str]:
    lines: list[tuple[str, Callable[[Size], str]]] = [
        ("sentences", lambda size: f"{size.sentences:,}"),
        ("vectors of sentences", lambda size: size.kind),
        ("search, p50 / p99 (ms)", lambda size: _both(percentiles(size.search))),
        ("of it the nearest vectors, p50 / p99 (ms)", lambda size: _both(percentiles(size.vectors))),
        ("search when first asked, p50 / p99 (ms)", lambda size: _both(percentiles(size.first))),
        ("recall@10, findings / sentences", lambda size: f"{size.recall_findings:.3f} / {size.recall_sentences:.3f}"),
        ("memory when open / after all queries (MB)", lambda size: f"{size.at_rest:,.0f} / {size.after:,.0f}"),
        ("on disk (MB)", lambda size: f"{size.disk_mb:,.0f}"),
        ("writing texts and words (s)", lambda size: f"{size.store_seconds:,.0f}"),
        ("writing vectors (s)", lambda size: f"{size.vector_seconds:,.0f}"),
        ("opening (s)", lambda size: f"{size.open_seconds:.1f}"),
    ]
    rows = [(what, *(show(size) for size in part.sizes)) for what, show in lines]
    return [
        f"## Growing ({part.date})",
        "",
        f"Findings drawn from {part.drawn_from:,} real ones: half of the sentences of each exchanged for others by"
        f" chance, vectors to match, with noise. {part.queries:,} queries, their vectors kept from when they were first"
        " asked.",
        "",
        *_table(("findings", *(f"{size.findings:,}" for size in part.sizes)), rows),
        "",
        "![Cost by size](growing.svg)",
    ]


# ---------------------------------------------------------------------------------------------- words


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    shown = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return [f"| {' | '.join(row)} |" for row in shown]


def _milliseconds(found: Percentiles) -> tuple[str, str, str]:
    return f"{found.p50:.1f}", f"{found.p90:.1f}", f"{found.p99:.1f}"


def _both(found: Percentiles) -> str:
    return f"{found.p50:.1f} / {found.p99:.1f}"


def _seconds(times: Sequence[float]) -> str:
    return " and ".join(f"{each:.0f}" for each in times)
