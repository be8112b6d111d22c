"""What comparable ranking costs beside a plain hybrid search of the same reports.

    python -m benchmarks.ranking_cost FOLDER... [--reports N] [--rounds N]

The plain service has one vector for each finding and BM25: no sentences, no direction, no spelling and no acronyms.
Both index the same reports with the same model in turn, and then both answer the same queries (those of
evaluation/invariants.csv), one after the other, in several rounds, none of them answered from memory. Printed: seconds
and milliseconds of each, and how many times as long the product takes as the plain service.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from indexer.build import build
from indexer.config import Settings, load_settings
from indexer.document import read_document
from indexer.embedder import Encoder, load_encoder
from indexer.generations import open_generation
from indexer.lexical import ParsedQuery, Words
from indexer.models import Document, Query
from indexer.ranking import FUSIONS, Fusion, Signal
from indexer.search import Engine

QUERIES: Final = Path(__file__).parents[1] / "evaluation" / "invariants.csv"


def read_plainly(path: Path, source: str) -> Document:
    """A document whose findings are not taken apart into sentences."""
    document = read_document(path, source)
    return replace(document, findings=tuple(replace(finding, sentences=()) for finding in document.findings))


class PlainWords(Words):
    """Words taken as they are typed."""

    def corrected(self, parsed: ParsedQuery) -> tuple[ParsedQuery, tuple[tuple[str, str], ...]]:
        """The query as it is."""
        return parsed, ()


def plain_engine(settings: Settings, encoder: Encoder) -> Engine:
    """An engine that hears whole findings and BM25 alone."""
    weights = tuple(1.0 if signal in (Signal.WHOLE, Signal.BM25) else 0.0 for signal in Signal)
    generation = open_generation(settings.index_dir)
    engine = Engine(generation, settings, encoder, {**FUSIONS, "hybrid": Fusion(weights, -1.0)})
    engine.retrieval.words = PlainWords(generation.store, generation.facts.findings, {})
    return engine


def copied(folders: Sequence[Path], most: int, to: Path) -> None:
    """The first reports of some folders, in the order of their names, in one folder."""
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    for number, file in enumerate(files[:most]):
        shutil.copy(file, to / f"{number:04d}{file.suffix}")


def milliseconds(opened: Sequence[Callable[[], Engine]], queries: Sequence[str], rounds: int) -> list[float]:
    """The median time of an answer of each engine, all asked the same queries in turn.

    An engine keeps the vectors of what it was asked, so each round opens them anew.
    """
    taken: list[list[float]] = [[] for _ in opened]
    for _ in range(rounds):
        engines = [open_one() for open_one in opened]
        for query in queries:
            for engine, times in zip(engines, taken, strict=True):
                started = time.perf_counter()
                engine.search(Query(query))
                times.append((time.perf_counter() - started) * 1000)
        for engine in engines:
            engine.close()
    return [statistics.median(times) for times in taken]


def main() -> None:
    """Build both, ask both, compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders of reports")
    parser.add_argument("--reports", type=int, default=40, help="how many of them to index (default 40)")
    parser.add_argument("--rounds", type=int, default=5, help="how often every query is asked (default 5)")
    options = parser.parse_args()
    with QUERIES.open(encoding="utf-8", newline="") as file:
        queries = [row["query"] for row in csv.DictReader(file)]
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder, "reports")
        reports.mkdir()
        copied(options.folders, options.reports, reports)
        plain, full = (
            load_settings().model_copy(update={"index_dir": Path(folder, name)}) for name in ("plain", "full")
        )
        encoder = load_encoder(full)
        encoder.encode(["The first call of a model takes longer than those after it."])
        seconds = []
        for settings, read in ((plain, read_plainly), (full, read_document)):
            report = build(settings, [reports], read=read, encoder=encoder)
            seconds.append(report.seconds)
        print(
            f"{report.documents} reports, {report.findings} findings; {len(queries)} queries, {options.rounds} rounds"
        )
        opened = [partial(plain_engine, plain, encoder), partial(Engine.open, full, encoder)]
        milliseconds(opened, queries[:5], 1)
        taken = milliseconds(opened, queries, options.rounds)
    print(f"{'':<12}{'plain':>10}{'product':>10}{'ratio':>8}")
    print(f"{'index (s)':<12}{seconds[0]:>10.1f}{seconds[1]:>10.1f}{seconds[1] / seconds[0]:>8.2f}")
    print(f"{'query (ms)':<12}{taken[0]:>10.1f}{taken[1]:>10.1f}{taken[1] / taken[0]:>8.2f}")


if __name__ == "__main__":
    main()
