"""What was measured, drawn: one SVG file for each part that a drawing says more of than a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes

from benchmarks.measured import Building, Growing, Measured, Querying, Serving, percentiles
from benchmarks.report import SYSTEMS

COLOURS: Final = {"product": "#0b5fa5", "encoder": "#8fbce0", "script": "#8a8a8a", "txtai": "#d1661c"}
"""Told apart by people who see no red or green, and in grey."""

STYLE: Final[Any] = {
    "svg.hashsalt": "findings",  # the same figures give the same file
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}


def draw(measured: Measured, folder: Path) -> None:
    """Write the drawings of every part that was measured."""
    drawings: list[tuple[str, Any, Callable[[Any, Sequence[Axes]], None], int]] = [
        ("building", measured.building, _building, 1),
        ("querying", measured.querying, _querying, 1),
        ("serving", measured.serving, _serving, 2),
        ("growing", measured.growing, _growing, 2),
    ]
    matplotlib.use("svg")
    with matplotlib.rc_context(STYLE):
        for name, part, fill, panels in drawings:
            if part is not None:
                figure, axes = pyplot.subplots(
                    1, panels, figsize=(5 + 4 * (panels - 1), 3.2), squeeze=False, layout="constrained"
                )
                fill(part, axes[0])
                figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
                pyplot.close(figure)


def _building(part: Building, panels: Sequence[Axes]) -> None:
    (axes,) = panels
    names = ["encoder", "product", "script", "txtai"]
    rates = [part.rate if name == "product" else part.rate_of(name) for name in names]
    bars = axes.barh([SYSTEMS[name] for name in names], rates, color=[COLOURS[name] for name in names])
    axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.margins(x=0.12)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("texts a second")


def _querying(part: Querying, panels: Sequence[Axes]) -> None:
    (axes,) = panels
    for name, times in part.times.items():
        share = np.arange(1, len(times) + 1) / len(times)
        axes.step(np.sort(times), share, where="post", color=COLOURS[name], label=SYSTEMS[name])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_xlabel("milliseconds")
    axes.set_ylabel("share of answers within")
    _legend(axes)


def _serving(part: Serving, panels: Sequence[Axes]) -> None:
    throughput, latency = panels
    seen: dict[str, int] = {}
    for server in part.servers:
        number = seen[server.system] = seen.get(server.system, 0) + 1
        form: Any = {"color": COLOURS[server.system], "marker": "o", "linestyle": ("-", "--", ":")[(number - 1) % 3]}
        loads = [server.load(clients) for clients in part.clients]
        throughput.plot(part.clients, [load.throughput for load in loads], label=server.name, **form)
        latency.plot(part.clients, [percentiles(load.times).p99 for load in loads], **form)
    throughput.set_ylabel("answers a second")
    latency.set_ylabel("p99, milliseconds")
    latency.set_yscale("log")
    latency.yaxis.set_major_formatter("{x:g}")
    latency.yaxis.set_minor_formatter("")
    for each in panels:
        each.set_xlabel("clients")
        each.set_xticks(part.clients)
        each.set_ylim(bottom=0 if each is throughput else None)
    _legend(throughput)


def _growing(part: Growing, panels: Sequence[Axes]) -> None:
    cost, memory = panels
    findings = [size.findings for size in part.sizes]
    search = [percentiles(size.search) for size in part.sizes]
    vectors = [percentiles(size.vectors) for size in part.sizes]
    cost.plot(findings, [each.p50 for each in search], "o-", color=COLOURS["product"], label="search, p50")
    cost.plot(findings, [each.p99 for each in search], "o--", color=COLOURS["product"], label="search, p99")
    cost.plot(findings, [each.p50 for each in vectors], "o-", color=COLOURS["encoder"], label="nearest vectors, p50")
    cost.set_ylabel("milliseconds")
    _legend(cost)
    memory.plot(findings, [size.after / 1024 for size in part.sizes], "o-", color=COLOURS["product"])
    memory.set_ylabel("GB of memory")
    for each in panels:
        each.set_xscale("log")
        each.set_xticks(findings, [f"{count:,}" for count in findings])
        each.minorticks_off()
        each.set_xlabel("findings")
        each.set_ylim(bottom=0)


def _legend(axes: Axes) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
