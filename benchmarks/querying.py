"""Answers of each system in its own process, asked the same queries in turn, so that noise falls on all of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks.building import MODEL, OTHERS, PRODUCT
from benchmarks.measured import Querying
from benchmarks.worker import Worker

QUERIES: Final = Path(__file__).with_name("queries.txt")
"""One on each line, written for this purpose: words, questions, statements and whole paragraphs, a few misspelt."""

WARM: Final = (
    "quality of recording",
    "How well are children protected when several agencies are involved?",
    "Parents were not invited. The meeting was put off twice.",
)
"""What every system is asked before it is measured, none of it among the queries."""

PAUSE: Final = 0.005
"""Seconds before each answer: the threads of whoever answered last go on spinning for a while."""


def read_queries(most: int) -> list[str]:
    """The first so many of the queries."""
    return QUERIES.read_text(encoding="utf-8").splitlines()[:most]


def measure_querying(work: Path, queries: Sequence[str], rounds: int) -> Querying:
    """Ask every system every query, once in each round.

    The product keeps the vectors of queries it has met; its index is opened anew for each round, so that each is made
    every time.
    """
    with Worker("product") as product, Worker("script") as script, Worker("txtai") as txtai:
        findings, sentences = product.timed("counts", str(work / PRODUCT))[0]
        product.timed("load", str(work / PRODUCT), "serving")
        script.timed("load", str(work / MODEL))
        workers = {"product": product, **dict(zip(OTHERS, (script, txtai), strict=True))}
        for name, worker in workers.items():
            worker.timed("open", str(work / name))
        times: dict[str, list[float]] = {name: [] for name in workers}
        for _ in range(rounds):
            product.timed("open", str(work / PRODUCT))
            for query in WARM:
                for worker in workers.values():
                    worker.timed("search", query)
            for number, query in enumerate(queries):
                for name in turned(tuple(workers), number):
                    time.sleep(PAUSE)
                    times[name].append(workers[name].timed("search", query)[1] * 1000)
    return Querying(
        date=date.today().isoformat(),
        findings=findings,
        sentences=sentences,
        queries=len(queries),
        rounds=rounds,
        times={name: tuple(each) for name, each in times.items()},
    )


def turned(names: tuple[str, ...], by: int) -> tuple[str, ...]:
    """The names in their order, beginning with another one each time."""
    start = by % len(names)
    return names[start:] + names[:start]
