"""What search costs as the index grows, on findings drawn from those of the reports."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.building import PRODUCT
from benchmarks.measured import Growing, Size
from benchmarks.replies import Grew
from benchmarks.worker import Worker

ROUNDS = 3
"""How often every query is asked, after once to get its vector."""


def measure_growing(work: Path, sizes: Sequence[int], queries: Sequence[str]) -> Growing:
    """Write an index of each size, search it, and remove it again."""
    with Worker("product") as product:
        real, _ = product.timed("counts", str(work / PRODUCT))[0]
    found = tuple(_measure(work, size, queries) for size in sizes)
    return Growing(date.today().isoformat(), real, len(queries), found)


def _measure(work: Path, findings: int, queries: Sequence[str]) -> Size:
    real, folder = str(work / PRODUCT), work / "grown"
    shutil.rmtree(folder, ignore_errors=True)
    with Worker("grown") as writing:
        grew: Grew = writing.timed("write", real, str(folder), findings)[0]
    with Worker("grown") as grown:
        _, opened = grown.timed("open", real, str(folder))
        at_rest = grown.memory_mb
        first = grown.timed("search", queries)[0]
        search = grown.timed("search", list(queries) * ROUNDS)[0]
        after = grown.memory_mb
        nearest = grown.timed("nearest", list(queries) * ROUNDS)[0]
        recall = grown.timed("recall", queries)[0]
    shutil.rmtree(folder)
    return Size(
        findings=grew.findings,
        sentences=grew.sentences,
        kind=grew.kind,
        store_seconds=grew.store_seconds,
        vector_seconds=grew.vector_seconds,
        disk_mb=grew.disk_mb,
        open_seconds=opened,
        at_rest=at_rest,
        after=after,
        recall_findings=recall[0],
        recall_sentences=recall[1],
        vectors=tuple(nearest),
        first=tuple(first),
        search=tuple(search),
    )
