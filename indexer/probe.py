"""How fast each way of running a model is on this machine, and how exact, by a measurement of seconds.

What is fastest cannot be told from a list of processors: bfloat16 doubles the speed of one that multiplies it in
hardware and is far slower on another, and the same kernels come out differently from one library to the next.
"""

from __future__ import annotations

import logging
import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from indexer.conversion import cosines
from indexer.runtimes import Device, Precision, Runtime, RuntimeName
from indexer.vectors.base import FloatMatrix

logger = logging.getLogger(__name__)

EXACT: Final = 0.995
"""Least cosine between a vector and that of PyTorch in float32 for a way of running the model to be exact enough."""

MEASUREMENTS: Final = "measured.json"

_SECONDS: Final = 0.7
"""About how long each way is measured for: enough that a pause of the machine does not decide."""

_SENTENCES: Final = (
    "Minutes of strategy meetings are not always distributed promptly, and actions agreed are not followed up.",
    "Social workers see children regularly and alone, know them well and write plans that families understand.",
    "Too many care leavers do not have an up-to-date pathway plan that sets out how their needs will be met.",
    "Thresholds are applied consistently, so that children receive help at the right level as soon as they need it.",
    "Supervision is irregular; records of it show little reflection and do not say what should happen next, or when.",
    "When children go missing, return home interviews are offered within 72 hours, but what is learnt is seldom used.",
    "The virtual school tracks the progress of children in care closely and challenges schools where it is too slow.",
    "Initial health assessments are late for a third of the children who come into care.",
    "Senior leaders have an accurate understanding of what works, and where practice does not yet meet standards.",
    "Decisions in the multi-agency safeguarding hub are timely, proportionate and informed by partners' information.",
    "Private fostering arrangements are not well understood by partner agencies, and few are notified.",
    "Independent reviewing officers raise concerns, but their challenge makes too little difference to drift.",
)
TEXTS: Final = tuple(
    " ".join((_SENTENCES * 2)[start : start + count]) for start in range(len(_SENTENCES)) for count in (1, 3)
)
"""Texts as reports have them: sentences of some 20 tokens and findings of some 60."""

_QUERIES: Final = ("delay in strategy meeting minutes", "pathway plans out of date", "children missing from home")


class Way(BaseModel):
    """One way to run a model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime: RuntimeName
    device: Device
    precision: Precision


class Measured(BaseModel):
    """What was measured of one way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    way: Way
    cosine: float
    """The least likeness of its vectors to those of PyTorch in float32."""
    texts_per_second: float
    query_ms: float
    """Median time for one short query alone."""


class Measurements(BaseModel):
    """What was measured on one machine, kept so that it is done once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    circumstances: str
    """The machine, and the settings that decide what is measured."""
    measured: tuple[Measured, ...]


def machine() -> str:
    """What decides how fast a model runs here: processor, cores that may be used, whether there is an NVIDIA GPU."""
    name, flags = platform.processor(), ""
    try:
        information = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        information = ""
    if found := re.search(r"^model name\s*: (.+)$", information, re.MULTILINE):
        name = found[1].strip()
    if found := re.search(r"^flags\s*: (.+)$", information, re.MULTILINE):
        flags = " ".join(flag for flag in found[1].split() if re.match(r"avx|amx", flag))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpu = "GPU" if Path("/proc/driver/nvidia/version").exists() else "no GPU"
    return f"{platform.machine()}, {name}, {cores} cores, {gpu}, {flags}"


def sample(plain: Runtime) -> tuple[str, ...]:
    """As many of `TEXTS` as a model is measured on: all, or fewer where it is so large that they would take long."""
    few = TEXTS[:4]
    plain.run(few, query=False)
    each = _seconds(plain, few, query=False) / len(few)
    return TEXTS[: max(len(few), int(2 * _SECONDS / each))]


def measure(way: Way, many: Runtime, few: Runtime, texts: Sequence[str], expected: FloatMatrix) -> Measured:
    """Measure one way of running a model; what it must set up for texts of some length is done before.

    Args:
        many, few: the model, set up for many texts at a time and for few.
        expected: the vectors of the texts by PyTorch in float32.
    """
    cosine = float(cosines(many.run(texts, query=False), expected).min())
    done, seconds = 0, 0.0
    while seconds < _SECONDS:
        seconds += _seconds(many, texts, query=False)
        done += len(texts)
    for query in _QUERIES:
        few.run([query], query=True)
    query_ms = 1000 * median(_seconds(few, [query], query=True) for _ in range(5) for query in _QUERIES)
    found = Measured(way=way, cosine=cosine, texts_per_second=round(done / seconds, 1), query_ms=round(query_ms, 2))
    logger.info(
        "%s %s on the %s: %.1f texts a second, %.2f ms a query, cosine %.4f",
        *(way.runtime, way.precision, way.device, found.texts_per_second, found.query_ms, cosine),
    )
    return found


def _seconds(runtime: Runtime, texts: Sequence[str], query: bool) -> float:
    started = time.perf_counter()
    runtime.run(texts, query)
    return time.perf_counter() - started


def best_for_building(measured: Sequence[Measured]) -> Measured:
    """The way that embeds most texts a second among the exact ones; of those about as fast, the plainest."""
    return _best(measured, lambda each: each.texts_per_second, 0.9)


def best_for_serving(measured: Sequence[Measured]) -> Measured:
    """The way that embeds one query soonest among the exact ones.

    One that takes seconds to start, or whose vectors differ a little with the texts a query is embedded with, must be
    more than twice as quick.
    """
    return _best(measured, lambda each: 1 / each.query_ms, 0.5)


def _best(measured: Sequence[Measured], speed: Callable[[Measured], float], share: float) -> Measured:
    # Where the settings leave nothing else, they are followed.
    exact = [each for each in measured if each.cosine >= EXACT] or measured
    enough = share * max(map(speed, exact))
    return min((each for each in exact if speed(each) >= enough), key=_preference)


def _preference(each: Measured) -> tuple[bool, bool]:
    return each.way.runtime != "openvino", each.way.precision != "float32"


def read_measurements(folder: Path) -> Measurements | None:
    """What was measured before and kept in a folder, if anything was."""
    try:
        return Measurements.model_validate_json((folder / MEASUREMENTS).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None  # measured again


def write_measurements(folder: Path, measurements: Measurements) -> None:
    """Keep what was measured.

    Raises:
        OSError: it cannot be written.
    """
    new = folder / f"{MEASUREMENTS}.{os.getpid()}"
    new.write_text(measurements.model_dump_json(indent=2) + "\n", encoding="utf-8")
    new.replace(folder / MEASUREMENTS)
