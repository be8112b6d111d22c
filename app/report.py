"""The written report of an evaluation: one HTML file that needs nothing else, for reading on a screen or on paper.

Texts of reports and queries come from outside: Jinja2 escapes everything, and nothing is marked safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jinja2 import Environment

from app import words
from app.templating import environment
from indexer import checks, estimates
from indexer.estimates import Bin, Calibration
from indexer.evaluate import DEPTH, EXCERPT, FIGURES, NDCG, by_type, calibration_of, estimate
from indexer.runs import LOOKED_THROUGH, Comparison, Run, lowest

MOST_MISSED: Final = 5
"""Missed passages that are shown of one query."""

PLOT: Final = 320
"""Length of each axis of the plot, in its own units."""


@dataclass(frozen=True, slots=True)
class Point:
    """One bin of the calibration plot, in units of the plot from its top left corner."""

    x: float
    y: float
    top: float
    bottom: float
    radius: float
    bin: Bin


def report_html(run: Run, baseline: Run | None = None, comparison: Comparison | None = None) -> str:
    """A run as an HTML page; `baseline` and `comparison` go together."""
    calibration = calibration_of(run.queries)
    return (
        _environment()
        .get_template("evaluation.html")
        .render(
            run=run,
            baseline=baseline,
            comparison=comparison,
            types=by_type(run.queries),
            lowest=lowest(run.queries),
            calibration=calibration,
            points=plotted(calibration),
        )
    )


def plotted(calibration: Calibration) -> tuple[Point, ...]:
    """The bins of a calibration as points; the area of a point grows with the number of its results."""
    most = max((each.share.count for each in calibration.bins), default=1)
    return tuple(
        Point(
            x=round(each.score * PLOT, 1),
            y=round((1 - each.share.value) * PLOT, 1),
            top=round((1 - each.share.high) * PLOT, 1),
            bottom=round((1 - each.share.low) * PLOT, 1),
            radius=round(3 + 7 * (each.share.count / most) ** 0.5, 1),
            bin=each,
        )
        for each in calibration.bins
    )


def _environment() -> Environment:
    return environment(
        words=words,
        estimate=estimate,
        figures=FIGURES,
        ndcg=NDCG,
        directions=checks.DIRECTIONS,
        depth=DEPTH,
        excerpt=EXCERPT,
        looked_through=LOOKED_THROUGH,
        most_missed=MOST_MISSED,
        draws=estimates.DRAWS,
        plot=PLOT,
    )
