"""The report of an evaluation, and its figures in the terminal: everything measured is in them, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup

from app.figures import figures_text
from app.report import PLOT, plotted, report_html
from indexer.checks import (
    Broken,
    DirectionCheck,
    InvariantCheck,
    OppositePair,
    PairCheck,
    UnanswerableCheck,
    WrongDirection,
    WronglyAnswered,
    WrongPair,
)
from indexer.estimates import calibration, share
from indexer.evaluate import Missed, QueryScore, Result, Scores
from indexer.models import Direction, IndexFacts
from indexer.runs import Run, compare

FACTS = IndexFacts("G1", "2026-01-05T09:30:00Z", 7, 1234, "some model", "ab" * 32, 384, "1")
HOSTILE = "<script>alert(1)</script> & \"quoted\" 'too'"
RESULT = Result(1, 0.71, 3, 3, "weakness", "f1", "Ofsted, Bury, bullet 2", "Minutes are late.")
QUERIES = (
    QueryScore(
        "Q1",
        "late minutes",
        "topic",
        (RESULT, replace(RESULT, rank=2, score=0.42, grade=None, judged=None, text=HOSTILE)),
        (Missed("b.pdf", 0, 2, "A missed passage.", 17, 0.21), Missed("c.pdf", 0, 2, "Another one.")),
        Scores(0.61, 0.2, 1.0, 0.0, 0.5),
    ),
    QueryScore("Q2", HOSTILE, "gap", (), (), Scores(0.0, 0.0, 0.0, 0.0, 0.0)),
    QueryScore("Q3", "cooling towers", "none", (RESULT,)),
)
RUN = Run(
    format=1,
    made="2026-11-22T10:00:00+00:00",
    command="findings evaluate --data 'my folder'",
    mode="hybrid",
    index=FACTS,
    queries=QUERIES,
    unindexed=("gone.pdf",),
    directions=DirectionCheck(
        share([True, False]),
        ((1, 1, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0)),
        (WrongDirection("a.pdf", HOSTILE, Direction.STRENGTH, Direction.WEAKNESS),),
        3,
    ),
    pairs=PairCheck(share([False]), (WrongPair(OppositePair("q", "the right one", HOSTILE), 0.25, 0.375),)),
    unanswerable=UnanswerableCheck(share([True, False]), (WronglyAnswered("piano", 4, 0.5, "Ofsted, York", HOSTILE),)),
    invariants=InvariantCheck(9, (Broken(5, "minutes", "'late' stands at 4, not among the first 1"),)),
)
BARE = Run(format=1, made=RUN.made, command="findings evaluate", mode="keyword", index=FACTS)


def page(html: str) -> BeautifulSoup:
    """A report as parsed HTML."""
    return BeautifulSoup(html, "lxml")


def words(element: BeautifulSoup) -> str:
    """The text of a page with single spaces."""
    return " ".join(element.get_text(" ").split())


def test_everything_measured_is_in_the_report() -> None:
    """Head, figures, checks, queries, results and missed passages are all there to read."""
    found = words(page(report_html(RUN)))
    for part in (
        "22 November 2026, 10:00 UTC",
        "findings evaluate --data 'my folder'",
        "generation G1, built 5 January 2026, 09:30 UTC: 7 documents, 1,234 findings",
        "some model, sha256 " + "ab" * 32,
        "gone.pdf",
        "nDCG@10 0.305 (0.000 to 0.610) 2",
        "answered 0.500 (0.095 to 0.905) 2",
        "rightly unanswered 0.000 (0.000 to 0.793) 1",
        "Accuracy 0.500",
        "1 of them are turned round",
        "3 labelled sentences not in this index left out",
        "the right one 0.250",
        "piano 4 0.500",
        "8 of 9 hold",
        "'late' stands at 4, not among the first 1",
        "Q1: late minutes",
        "1 0.710 3 weakness Minutes are late. Ofsted, Bury, bullet 2",
        "2 17 0.210 A missed passage. b.pdf",
        "2 – – Another one. c.pdf",
        "No result.",
    ):
        assert part in found, part


def test_the_report_needs_nothing_but_itself() -> None:
    """No script, no style sheet, no picture and no address from elsewhere: the file can be sent and printed."""
    html = report_html(RUN, RUN, compare(RUN, RUN))
    document = page(html)
    assert not document.find_all(["script", "link", "img", "iframe", "object"])
    assert not re.findall(r"\b(?:src|href|on\w+)=", html)
    assert not re.search(r"@import|url\(|https?://", html)
    assert "@media print" in html


def test_texts_from_outside_are_escaped() -> None:
    """Markup in a query or a report is shown and not obeyed."""
    html = report_html(RUN)
    assert "<script" not in html
    assert HOSTILE in page(html).get_text()


def test_tables_can_be_read_aloud() -> None:
    """Every table has a caption and headings with a scope; the plot has a title."""
    document = page(report_html(RUN, RUN, compare(RUN, RUN)))
    tables = document.find_all("table")
    assert len(tables) > 9
    for table in tables:
        assert table.caption is not None
        assert all(heading.get("scope") in ("col", "row") for heading in table.find_all("th"))
        columns = len(table.select("thead th"))
        assert all(len(row.find_all(["td", "th"])) == columns for row in table.select("tbody tr"))
    (title,) = document.select("svg title")
    assert title.get_text()
    levels = [int(heading.name[1]) for heading in document.find_all(re.compile(r"^h\d$"))]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_was_not_measured_has_no_heading() -> None:
    """A run of one check alone is a report of that check."""
    document = page(report_html(replace(BARE, invariants=InvariantCheck(3, ()))))
    assert [heading.get_text() for heading in document.find_all("h2")] == ["Invariants"]
    assert "3 of 3 hold" in words(document)


def test_a_comparison_names_both_runs_and_what_moved() -> None:
    """The baseline's facts, each figure's difference with its interval and p, and the queries that moved are shown."""
    better = replace(QUERIES[1], scores=Scores(0.5, 0.4, 0.5, 0.1, 1.0))
    after = replace(RUN, queries=(QUERIES[0], better, QUERIES[2]), command="findings evaluate --mode semantic")
    found = words(page(report_html(after, RUN, compare(RUN, after))))
    assert "findings evaluate --data 'my folder'" in found
    assert "findings evaluate --mode semantic" in found
    assert re.search(r"nDCG@10 0\.305 0\.555 \+0\.250 \( ?\+0\.000 to \+0\.500\) \d\.\d{4} 1 0 1 higher", found)
    assert re.search(r"wrong in first 10 .* lower", found)
    assert "gap 0.000 0.500 +0.500" in found


def test_the_plot_has_a_point_for_each_bin() -> None:
    """A point stands over its mean score at its share, upwards from the lower left corner."""
    found = calibration([0.5, 0.5, 0.9], [True, False, True])
    low, high = plotted(found)
    assert (low.x, low.y) == (PLOT / 2, PLOT / 2)
    assert (high.x, high.y) == pytest.approx((0.9 * PLOT, 0.0))
    assert low.top < low.y < low.bottom < PLOT
    assert low.radius > high.radius
    circles = page(report_html(RUN)).find_all("circle")
    assert len(circles) == 1, "one judged result: Q3 has nothing comparable and the other is not judged"


def test_the_terminal_shows_the_same_figures() -> None:
    """Each figure is a line with its interval; what does not hold is named; queries only where asked for."""
    text = figures_text(RUN, compare(RUN, RUN))
    for part in (
        r"^nDCG@10 +0\.3050  0\.000 to 0\.610",
        r"^  topic +0\.6100  0\.610 to 0\.610  1 query$",
        r"^answered +0\.5000  0\.095 to 0\.905",
        r"^directions +0\.5000 .* of 2 labelled sentences, 3 more are not in this index$",
        r"^opposite pairs +0\.0000",
        r"^no answer, no result +0\.5000 .* 1 query answered$",
        r"^invariants +8 of 9 hold$",
        r"^  line 5, 'minutes': 'late' stands at 4",
        r"^1 judged report not in this index: gone\.pdf$",
        r"^Against the baseline, over 3 queries:$",
        r"^nDCG@10 +\+0\.0000  \+0\.000 to \+0\.000  p 1\.0000  0 higher, 0 lower, 2 the same$",
    ):
        assert re.search(part, text, re.MULTILINE), part
    assert "late minutes" not in text
    assert re.search(r"^Q1 +0\.610  3 - +late minutes$", figures_text(RUN, per_query=True), re.MULTILINE)
    assert re.search(r"^Q3 +3 +cooling towers$", figures_text(RUN, per_query=True), re.MULTILINE)
    assert figures_text(BARE) == ""
