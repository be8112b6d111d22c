"""Measure the product beside txtai and a plain script, and write down what it came to: `make bench` runs this.

    python -m benchmarks REPORTS... [--quick] [--parts PART...] [--work DIR] [--results DIR]

A part that is not measured this time stays as it was measured before in the same working folder.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks import measured
from benchmarks.building import Sample, measure_building
from benchmarks.growing import measure_growing
from benchmarks.machine import this_machine
from benchmarks.measured import Measured
from benchmarks.plots import draw
from benchmarks.querying import measure_querying, read_queries
from benchmarks.ratios import ratios
from benchmarks.report import written
from benchmarks.serving import measure_serving, product_server, txtai_server
from benchmarks.starting import commands, measure_starting
from benchmarks.worker import BenchmarkError

PARTS: Final = ("building", "querying", "serving", "starting", "growing")
"""In this order: the first one writes the indexes that the others read."""

CLIENTS: Final = (1, 4, 16)
PROCESSES: Final = (1, 2)
"""Processes of a server."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    sample: Sample
    queries: int
    rounds: int
    seconds: float
    """Of each load over HTTP, in each turn."""
    turns: int
    """Of servers under load."""
    starts: int
    sizes: tuple[int, ...]


FULL: Final = Scale(Sample(4_000, 2), 200, 5, 8.0, 2, 3, (10_000, 100_000, 1_000_000))
QUICK: Final = Scale(Sample(300, 1), 50, 2, 2.0, 1, 1, (1_000, 5_000))


def main() -> None:
    """Measure, and write results."""
    options = _options()
    work, results = options.work.resolve(), options.results
    work.mkdir(parents=True, exist_ok=True)
    results.mkdir(parents=True, exist_ok=True)
    kept = work / "measured.json"
    measurements = _measurements(options.reports, work, QUICK if options.quick else FULL)
    found = measured.load(kept) or Measured(this_machine())
    try:
        for part in options.parts:
            print(f"{part} ...", file=sys.stderr, flush=True)
            started = time.monotonic()
            found = replace(measurements[part](found), machine=this_machine())
            measured.save(found, kept)
            print(f"{part}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    except BenchmarkError as error:
        sys.exit(f"benchmarks: {error}")
    draw(found, results)
    (results / "README.md").write_text(written(found), encoding="utf-8")
    for each in ratios(found):
        print(f"{each.what:<75} {each.value:>14}  {each.aim}")
    print(f"Written to {results}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("reports", nargs="+", help="folders of reports to index")
    parser.add_argument("--quick", action="store_true", help="measure little, to see that all works")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="measure these parts alone")
    parser.add_argument("--work", type=Path, default=Path("build/bench"), help="folder for indexes and times")
    parser.add_argument("--results", type=Path, default=Path("build/bench/results"), help="folder for what is written")
    return parser.parse_args()


def _measurements(reports: Sequence[str], work: Path, scale: Scale) -> dict[str, Callable[[Measured], Measured]]:
    """How each part is measured and put beside the others."""
    queries = read_queries(scale.queries)

    def building(found: Measured) -> Measured:
        return replace(found, building=measure_building(reports, work, scale.sample))

    def querying(found: Measured) -> Measured:
        return replace(found, querying=measure_querying(work, queries, scale.rounds))

    def serving(found: Measured) -> Measured:
        servers = [make(work, processes) for processes in PROCESSES for make in (product_server, txtai_server)]
        return replace(found, serving=measure_serving(servers, queries, CLIENTS, scale.seconds, scale.turns, work))

    def starting(found: Measured) -> Measured:
        servers = (product_server(work, 1), txtai_server(work, 1))
        answering = commands(work, queries[0])
        return replace(found, starting=measure_starting(servers, answering, scale.starts, work))

    def growing(found: Measured) -> Measured:
        return replace(found, growing=measure_growing(work, scale.sizes, queries))

    return dict(zip(PARTS, (building, querying, serving, starting, growing), strict=True))


if __name__ == "__main__":
    main()
