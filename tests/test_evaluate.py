"""Evaluation: the figures by hand, the rules of credit, and what is said of ill-formed files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import ReadError
from indexer.evaluate import (
    FIGURES,
    QueryScore,
    by_type,
    calibration_of,
    estimate,
    evaluate,
    graded,
    ndcg,
    overlaps,
    read_judged,
    score_query,
    shingles,
)
from indexer.models import Answer, Direction, DocumentSummary, Finding, Hit, Kind, Metadata, Query

LATE = "the minutes of strategy meetings are often sent out late to partner agencies in the borough"
PROMPT = "strategy meetings are held promptly and their minutes reach all partners within one working day"
CASELOADS = "caseloads are too high in the assessment teams and this limits the time social workers have"
UNJUDGED = "foster carers speak highly of the training and support that they have had from the council"


@dataclass
class Canned:
    """A searcher that gives fixed results: query -> (source, text), best first."""

    results: dict[str, list[tuple[str, str]]]
    asked: list[Query] = field(default_factory=list)

    def search(self, query: Query) -> Answer:
        """The results of the query, up to its limit."""
        self.asked.append(query)
        hits = tuple(hit(rank, *row) for rank, row in enumerate(self.results[query.text][: query.limit], start=1))
        return Answer(query.text, len(hits), hits, {}, 0.0)


def hit(rank: int, source: str, text: str) -> Hit:
    """A result that holds nothing but its source and text."""
    finding = Finding("f", text, Kind.FINDING, Direction.NEUTRAL, (), None, None, None, (0, len(text)), None, False)
    summary = DocumentSummary("d", source, "a" * 64, "text", 1, 1, Metadata("Report"))
    return Hit(rank, 0.5, "strong", finding, summary, "", (), 0)


def write(folder: Path, queries: object, qrels: object) -> Path:
    """A folder of judged queries; a text is written as it stands, anything else as JSON."""
    for name, value in (("queries.json", queries), ("qrels.json", qrels)):
        (folder / name).write_text(value if isinstance(value, str) else json.dumps(value, indent=1), encoding="utf-8")
    return folder


QUERIES = [
    {"qid": "1", "type": "topic", "query": "late minutes"},
    {"qid": "2", "type": "none", "query": "cooling towers"},
    {"qid": "3", "query": "caseloads"},
]
QRELS = [
    {"qid": "1", "source": "a.pdf", "text": LATE, "grade": 3},
    {"qid": "1", "source": "a.pdf", "text": PROMPT, "grade": 1},
    {"qid": "1", "source": "b.pdf", "text": LATE, "grade": 2},
    {"qid": "3", "source": "a.pdf", "text": CASELOADS, "grade": 1},
]


def values(queries: Iterable[QueryScore]) -> dict[str, float | None]:
    """Every figure over some queries by its name."""
    found = {figure.name: estimate(figure, queries) for figure in FIGURES}
    return {name: None if value is None else value.value for name, value in found.items()}


def test_figures_agree_with_those_worked_out_by_hand(tmp_path: Path) -> None:
    """Each figure is what its formula gives on a ranking small enough to work out on paper."""
    ranking = [("a.pdf", PROMPT), ("a.pdf", LATE), ("c.pdf", LATE), ("b.pdf", UNJUDGED)]
    canned = Canned({"late minutes": ranking, "cooling towers": [], "caseloads": []})
    found = evaluate(canned, read_judged(write(tmp_path, QUERIES, QRELS)))
    assert found[0].grades == (1, 3, None, None)
    expected = (1 + 7 / math.log2(3)) / (7 + 3 / math.log2(3) + 1 / 2)
    assert values(found) == {
        "ndcg10": pytest.approx(expected),
        "p5": pytest.approx(1 / 5),
        "mrr3": pytest.approx(1 / 2),
        "wrong": pytest.approx(1 / 4),
        "judged10": pytest.approx(2 / 4),
        "answered": pytest.approx(1 / 2),  # the query about caseloads got no result
        "none": 1.0,
    }
    types = by_type(found)
    assert {name: len(mine) for name, mine in types.items()} == {"topic": 1, "none": 1, "query": 1}
    assert values(types["topic"])["ndcg10"] == pytest.approx(expected)
    assert values(types["none"])["ndcg10"] is None
    assert found[2].scores is None, "a query whose passages are all of grade 1 has no order to measure"


def test_evaluation_asks_for_as_many_results_as_it_grades(tmp_path: Path) -> None:
    """Every query is asked once, in the mode wanted, without filters."""
    canned = Canned({"late minutes": [("a.pdf", LATE)] * 12, "cooling towers": [("a.pdf", LATE)], "caseloads": []})
    found = evaluate(canned, read_judged(write(tmp_path, QUERIES, QRELS)), mode="keyword")
    assert canned.asked == [Query(str(query["query"]), limit=10, mode="keyword") for query in QUERIES]
    assert values(found)["none"] == 0.0
    assert found[0].grades == (3, *[0] * 9), "a passage is credited to the first result that overlaps it"
    assert {result.judged for result in found[0].results} == {3}


def test_missed_passages_are_named_the_best_first(tmp_path: Path) -> None:
    """Every comparable passage that no result overlaps is named, and none of those that one does."""
    query, silent, other = read_judged(write(tmp_path, QUERIES, QRELS))
    results = [hit(1, "a.pdf", PROMPT), hit(2, "c.pdf", LATE)]
    missed = score_query(query, results).missed
    assert [(passage.source, passage.place, passage.grade, passage.text) for passage in missed] == [
        ("a.pdf", 0, 3, LATE),
        ("b.pdf", 0, 2, LATE),
    ]
    assert score_query(query, [hit(1, "a.pdf", LATE)]).missed == missed[1:]
    assert score_query(silent, results).missed == ()
    assert score_query(other, []).missed == (), "a passage of grade 1 is not missed"


def test_calibration_counts_judged_results_by_their_own_grade(tmp_path: Path) -> None:
    """Unjudged results, and those of queries with nothing comparable, say nothing of what a score is worth."""
    rows = [("a.pdf", LATE), ("a.pdf", LATE), ("a.pdf", PROMPT), ("a.pdf", UNJUDGED)]
    canned = Canned({"late minutes": rows, "cooling towers": [("a.pdf", LATE)], "caseloads": [("a.pdf", CASELOADS)]})
    found = calibration_of(evaluate(canned, read_judged(write(tmp_path, QUERIES, QRELS))))
    (bin_,) = found.bins
    assert (found.count, bin_.share.count) == (4, 4)
    assert (bin_.share.value, bin_.score, found.error) == pytest.approx((2 / 4, 0.5, 0.0))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (LATE, 3),  # the passage itself
        (" ".join(LATE.split()[:12]), 3),  # most of it
        (f"{LATE} {CASELOADS}", 3),  # more than it: half of the shorter text counts
        (LATE.upper().replace(" ", ", "), 3),  # case and punctuation do not count
        (f"{LATE} {PROMPT}", 3),  # two passages in one result: the better grade
        (" ".join(LATE.split()[:5]) + " " + " ".join(UNJUDGED.split()[:9]), None),  # too little in common
    ],
)
def test_result_takes_the_grade_of_the_passage_it_overlaps(tmp_path: Path, result: str, expected: int | None) -> None:
    """A result needs half of the shorter text's runs of five words in common with a passage of its document."""
    judged = read_judged(write(tmp_path, QUERIES, QRELS))[0]
    assert graded([("a.pdf", result)], judged).credited == (expected,)
    assert graded([("z.pdf", result)], judged).credited == (None,), "another document's passages do not count"


@given(st.text(max_size=200), st.text(max_size=200))
def test_overlap_has_no_side(one: str, other: str) -> None:
    """Overlap is the same from both sides, and a text overlaps itself."""
    assert overlaps(shingles(one), shingles(other)) == overlaps(shingles(other), shingles(one))
    assert overlaps(shingles(one), shingles(one))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.randoms())
def test_ideal_order_has_the_highest_ndcg(grades: list[int], random: object) -> None:
    """nDCG is 1 for the ideal order, unless nothing is relevant, and never higher for another."""
    ideal = sorted(grades, reverse=True)
    assert ndcg(ideal, ideal, 10) == (1.0 if any(ideal) else 0.0)
    assert 0.0 <= ndcg(grades, ideal, 10) <= 1.0


@pytest.mark.parametrize(
    ("queries", "qrels", "message"),
    [
        ("", "[]", "queries.json, line 1: a JSON array of objects must begin here"),  # empty file
        ('{"qid": 1}', "[]", "queries.json, line 1: a JSON array"),  # not an array
        ("[\n 1]", "[]", "queries.json, line 2: an object must stand here"),  # not an object
        ('[\n{"qid": "1",\n "query" "x"}]', "[]", "queries.json, line 3: not JSON"),  # broken JSON
        ('[{"qid": "1", "query": "x"}\n', "[]", "queries.json, line 2: a comma or the closing bracket"),  # cut off
        ('[{"qid": "1"}]', "[]", "queries.json, line 1: 'query' is missing"),  # no query
        ('[{"qid": 1, "query": "x"}]', "[]", "queries.json, line 1: 'qid' must be a text"),  # a number for a text
        ('[{"qid": "1", "query": "x"},\n{"qid": "1", "query": "y"}]', "[]", "line 2: the query '1' stands"),  # twice
        ("[]", '[{"qid": "9", "grade": 1}]', "qrels.json, line 1: the query '9' is not in queries.json"),  # unknown
        (QUERIES, [{"qid": "1", "grade": 4, "source": "a", "text": "b"}], "'grade' must be a whole number"),  # too high
        (QUERIES, [{"qid": "1", "grade": True, "source": "a", "text": "b"}], "'grade' must be a whole number"),  # yes
        (QUERIES, [{"qid": "1", "grade": 1, "source": "a"}], "'text' is missing"),  # no text
    ],
)
def test_ill_formed_file_is_named_with_its_line(tmp_path: Path, queries: object, qrels: object, message: str) -> None:
    """A file that cannot be used is said in one line, with the file and the line in it."""
    with pytest.raises(ReadError) as caught:
        read_judged(write(tmp_path, queries, qrels))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_or_foreign_file_is_named(tmp_path: Path) -> None:
    """A folder without the files, or with one in another encoding, is said in one line that names the file."""
    with pytest.raises(ReadError, match=r"queries\.json cannot be read"):
        read_judged(tmp_path)
    write(tmp_path, QUERIES, QRELS)
    (tmp_path / "qrels.json").write_bytes('[{"qid": "é"}]'.encode("latin-1"))
    with pytest.raises(ReadError, match=r"qrels\.json is not UTF-8"):
        read_judged(tmp_path)
