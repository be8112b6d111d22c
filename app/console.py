"""What the command line shows: progress, the table at the end of a build, and results as text."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Literal, Self

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from app import answers
from app.words import KIND, count, match, nature
from indexer.build import BuildReport
from indexer.models import Answer, FileReport, Hit

STAGES = {
    "model": "Loading the model",
    "files": "Reading documents",
    "findings": "Embedding findings",
    "upload": "Uploading to Milvus",
}
SECONDS_BETWEEN_LINES = 10.0
WIDEST = 100
"""Characters of a line of text: longer ones are hard to read."""
WIDTH_OF_A_FILE = 200
"""Characters of a line of the table where nobody looks at a terminal, so that reasons are not broken."""


class BuildProgress:
    """Shows how far a build is, on standard error: bars on a terminal, now and then a line elsewhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._state: dict[str, tuple[int, int]] = {}
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, what: Literal["model", "files", "findings", "upload"], done: int, total: int) -> None:
        """Take note of how many are done of how many."""
        self._state[what] = (done, total)
        if self._console.is_terminal:
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(STAGES[what], total=total)
            self._bars.update(self._tasks[what], completed=done, total=total)
        elif time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            parts = [f"{STAGES[stage].lower()}: {now:,} of {of:,}" for stage, (now, of) in self._state.items()]
            print("; ".join(parts), file=sys.stderr, flush=True)


def show_build(report: BuildReport) -> None:
    """The closing table of a build: what was read, what was skipped and why, and what the index holds now."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_OF_A_FILE)
    if rows := [file for file in report.files if file.status != "unchanged"]:
        console.print(_files_table(rows))
    if report.note:
        console.print(Text(report.note[:1].upper() + report.note[1:]))
    counts = Counter[str](file.status for file in report.files)
    words = {"indexed": "read", "unchanged": "unchanged", "skipped": "skipped", "removed": "removed"}
    done = ", ".join(f"{counts[status]:,} {word}" for status, word in words.items() if counts[status])
    if not report.changed and report.documents:
        console.print(f"Nothing has changed: {done}.")
    else:
        console.print(f"{count(len(report.files), 'file')}: {done or 'none'}, in {duration(report.seconds)}.")
    if report.documents:
        console.print(f"The index holds {count(report.documents, 'document')} and {count(report.findings, 'finding')}:")
        console.print(_kinds_table(report))


def duration(seconds: float) -> str:
    """A time in words: "0.4 seconds", "3 min 12 s"."""
    if seconds < 60:
        return f"{seconds:.1f} seconds"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def show_answer(answer: Answer, offset: int) -> None:
    """The results of a search as text, for a person to read."""
    hits, weak = answer.hits[: len(answer.hits) - answer.weak], answer.hits[len(answer.hits) - answer.weak :]
    if hits:
        print(f"{answers.counted(answer)}; {hits[0].rank} to {hits[-1].rank} shown.")
    elif answer.total:
        print(f"{answers.counted(answer)}, all before --offset {offset}.")
    else:
        print(f"{answers.counted(answer)}.")
    if answer.hits and answer.direction != "any":
        print(f"{answers.SOUGHT[answer.direction]}.")
    for said in filter(None, (answers.corrected(answer), answers.expanded(answer), answers.unknown_marks(answer))):
        print(said)
    _show_hits(hits)
    if weak:
        print("\nThe nearest of the rest:" if answer.total else "\nThe nearest findings:")
    _show_hits(weak)


def _show_hits(hits: Sequence[Hit]) -> None:
    for hit in hits:
        print()
        print("\n".join(_hit_lines(hit)))


def _hit_lines(hit: Hit) -> list[str]:
    number = f"{hit.rank}."
    indent = " " * max(4, len(number) + 1)
    width = max(40, min(WIDEST, shutil.get_terminal_size().columns))
    lines = [f"{number:<{len(indent)}}{match(hit)} · {nature(hit.finding)}"]
    lines += textwrap.wrap(hit.finding.text, width, initial_indent=indent, subsequent_indent=indent)
    lines += textwrap.wrap(f"— {hit.citation}", width, initial_indent=indent, subsequent_indent=indent + "  ")
    if hit.similar:
        lines.append(f"{indent}{count(hit.similar, 'near-identical finding')} elsewhere")
    if hit.explanation:
        for step in answers.steps(hit.explanation):
            lines += textwrap.wrap(f"* {step}", width, initial_indent=indent, subsequent_indent=indent + "  ")
    return lines


def _files_table(rows: Sequence[FileReport]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("File", "Outcome"):
        table.add_column(heading, overflow="fold")
    table.add_column("Findings", justify="right")
    table.add_column("Reason", overflow="fold")
    for file in rows:
        found = f"{file.findings:,}" if file.status == "indexed" else ""
        outcome = "read" if file.status == "indexed" else file.status
        # As Text, since a file's name may hold what rich takes for markup.
        table.add_row(*(Text(part) for part in (file.source, outcome, found, file.reason)))
    return table


def _kinds_table(report: BuildReport) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right")
    table.add_column()
    for kind, number in report.kinds:
        table.add_row(f"{number:,}", KIND[kind])
    return table
