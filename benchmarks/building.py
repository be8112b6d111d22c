"""From reports to an index: the whole of the product's build, its encoder alone, and what others take for the texts."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

from benchmarks.measured import Building
from benchmarks.replies import Built, Texts
from benchmarks.worker import BenchmarkError, Worker

PRODUCT: Final = "product"
"""Folders of the indexes in the folder of the run; the others are called as their systems are."""

MODEL: Final = "model"
"""Folder of the model as the others load it."""

OTHERS: Final = ("script", "txtai")
WARM: Final = 64
"""Texts that a system embeds before it is measured."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How many texts the rates are measured on, and in how many turns."""

    texts: int
    turns: int


def measure_building(reports: Sequence[str], work: Path, sample: Sample) -> Building:
    """Build the product's index twice, and in between let each system embed the same texts in turns.

    Leaves an index of every system in the folder, for the other parts: the product's of the reports, the others' of
    its findings.
    """
    shutil.rmtree(work / PRODUCT, ignore_errors=True)
    first = _build(reports, work / PRODUCT)
    again = _build(reports, work / PRODUCT)
    if not first.changed or again.changed:
        raise BenchmarkError(f"nothing was indexed of {', '.join(reports)}, or what was indexed changes by itself")
    with Worker("product") as product, Worker("script") as script, Worker("txtai") as txtai:
        texts: Texts = product.timed("texts", str(work / PRODUCT))[0]
        model = str(work / MODEL)
        product.timed("write_model", model)
        encoder = product.timed("load", str(work / PRODUCT), "building")[0]
        script.timed("load", model)
        txtai.timed("load", model)
        drawn = drawn_from(texts.every, sample.texts)
        rates = _rates({"encoder": product, "script": script, "txtai": txtai}, drawn, sample.turns, work)
        passages = {
            name: worker.timed("index", texts.passages, str(work / name))[1]
            for name, worker in zip(OTHERS, (script, txtai), strict=True)
        }
    spare = work / f"{PRODUCT}-again"
    last = _build(reports, spare)
    shutil.rmtree(spare)
    return Building(
        date=date.today().isoformat(),
        reports=first.reports,
        findings=first.findings,
        sentences=texts.sentences,
        texts=len(texts.every),
        encoder=encoder,
        seconds=(first.seconds, last.seconds),
        loading=(first.loading, last.loading),
        again=again.seconds,
        sample=len(drawn),
        rates=rates,
        passages=passages,
    )


def drawn_from(texts: Sequence[str], count: int) -> list[str]:
    """So many of the texts, or all of them, drawn the same way every time and in an order of chance."""
    return random.Random(1).sample(texts, min(count, len(texts)))


def parts(texts: Sequence[str], turns: int) -> list[Sequence[str]]:
    """The texts in at most so many parts of about the same size, none of them empty."""
    cuts = [round(len(texts) * turn / turns) for turn in range(turns + 1)]
    return [texts[start:end] for start, end in pairwise(cuts) if end > start]


def _build(reports: Sequence[str], folder: Path) -> Built:
    with Worker("product") as product:  # a process of its own, as the command has
        built: Built = product.timed("build", [str(Path(each).resolve()) for each in reports], str(folder))[0]
    return built


def _rates(workers: dict[str, Worker], texts: Sequence[str], turns: int, work: Path) -> dict[str, tuple[float, ...]]:
    """Texts a second of each system, in turns over equal parts of the texts."""
    rates: dict[str, list[float]] = {name: [] for name in workers}

    def seconds(name: str, some: Sequence[str]) -> float:
        spare = (str(work / "rates" / name),) if name != "encoder" else ()
        return workers[name].timed("index" if spare else "encode", list(some), *spare)[1]

    for name in workers:
        seconds(name, texts[:WARM])
    for part in parts(texts, turns):
        for name in workers:
            rates[name].append(len(part) / seconds(name, part))
    shutil.rmtree(work / "rates")
    return {name: tuple(each) for name, each in rates.items()}
