"""What `findings evaluate` does: measure, print, and write what was asked for."""

from __future__ import annotations

import shlex
import sys
from contextlib import closing
from pathlib import Path

from app.figures import figures_text
from indexer.config import Settings
from indexer.errors import ConfigError
from indexer.models import Mode
from indexer.runs import Material, compare, measure, read_run, save_run, write_text
from indexer.search import Engine


def run_evaluation(
    settings: Settings,
    material: Material,
    mode: Mode,
    per_query: bool = False,
    report: Path | None = None,
    save: Path | None = None,
    baseline: Path | None = None,
) -> str:
    """Measure an index and print the figures.

    Args:
        report, save: files to write the page and the run to.
        baseline: file of the run to compare with.
    Returns:
        What to say where a demand does not hold; "" where all do.
    Raises:
        ConfigError, IndexUnavailable, IndexMismatch, ReadError: as opening an index, and reading and writing files do.
    """
    for path in (report, save):
        # Said before the measuring and not after it, which may take minutes.
        if path is not None and not path.absolute().parent.is_dir():
            raise ConfigError(f"{path} cannot be written: there is no folder {path.absolute().parent}; make it first")
    before = read_run(baseline) if baseline else None
    with closing(Engine.open(settings)) as engine:
        run = measure(engine, engine.facts, material, mode, shlex.join(["findings", *sys.argv[1:]]))
    comparison = compare(before, run) if before else None
    print(figures_text(run, comparison, per_query))
    if save:
        save_run(run, save)
    if report:
        from app.report import report_html

        write_text(report, report_html(run, before, comparison))
        print(f"report: {report}")
    if run.invariants and run.invariants.broken:
        return f"{len(run.invariants.broken)} of {run.invariants.count} invariants do not hold"
    return ""
