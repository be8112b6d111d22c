"""Runs: what one measures, what is kept of it, and how two compare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from indexer.checks import Broken, InvariantCheck
from indexer.config import Settings
from indexer.errors import ConfigError, ReadError
from indexer.evaluate import NDCG, QueryScore, Scores
from indexer.models import IndexFacts
from indexer.ranking import Fusion, Signal
from indexer.runs import LOWEST, Material, Run, compare, lowest, measure, read_run, save_run
from indexer.search import Engine
from tests.small_index import WordEncoder, document, finding, write_index

FACTS = IndexFacts("20260101", "2026-01-01T00:00:00Z", 2, 5, "words", "0" * 64, 256, "1")
LATE = "Minutes of strategy meetings are sent out late to all of the partners that were there."
DRIFT = "Plans for children drift because nobody checks whether what was agreed has been done in time."


def asked(qid: str, ndcg: float | None, kind: str = "topic") -> QueryScore:
    """A query with this nDCG, or without figures."""
    scores = None if ndcg is None else Scores(ndcg, ndcg, ndcg, 1 - ndcg, 1.0)
    return QueryScore(qid, f"query {qid}", kind, (), (), scores)


def run(*queries: QueryScore) -> Run:
    """A run over these queries."""
    return Run(1, "2026-01-01T00:00:00+00:00", "findings evaluate", "hybrid", FACTS, queries)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine over one report, ranking by vectors alone, whatever the product's weights are."""
    settings = Settings(index_dir=tmp_path_factory.mktemp("runs") / "index")
    report = document("bury.txt", "Bury", date(2011, 4, 7), [finding(LATE), finding(DRIFT)])
    write_index(settings.index_dir, (report,), WordEncoder())
    weights = tuple(4.0 if signal is Signal.SENTENCE else 0.0 for signal in Signal)
    found = Engine.open(settings, WordEncoder(), {"hybrid": Fusion(weights, -3.0)}, {"hybrid": 0.3})
    yield found
    found.close()


def write_judged(folder: Path) -> Path:
    """One judged query, with a passage that is found, one below the bar, and one of a report that is not indexed."""
    query = {"qid": "1", "type": "topic", "query": "minutes of strategy meetings sent out late to partners"}
    passages = [("bury.txt", LATE, 3), ("bury.txt", DRIFT, 2), ("leeds.txt", DRIFT, 3)]
    rows = [{"qid": "1", "source": source, "text": text, "grade": grade} for source, text, grade in passages]
    (folder / "queries.json").write_text(json.dumps([query]), encoding="utf-8")
    (folder / "qrels.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder


def test_a_run_says_what_was_found_and_where_the_rest_stands(engine: Engine, tmp_path: Path) -> None:
    """A passage that was missed has the place of its finding below the bar; a report that is not indexed is named."""
    found = measure(engine, engine.facts, Material(write_judged(tmp_path)), "hybrid", "findings evaluate")
    (query,) = found.queries
    assert query.grades == (3,)
    assert [(each.source, each.rank) for each in query.missed] == [("leeds.txt", None), ("bury.txt", 2)]
    assert query.missed[1].score is not None
    assert query.missed[1].score < 0.3
    assert found.unindexed == ("leeds.txt",)
    assert (found.index, found.mode, found.directions, found.invariants) == (engine.facts, "hybrid", None, None)


def test_all_files_are_read_before_anything_is_asked(engine: Engine, tmp_path: Path) -> None:
    """A file that is missing is named at once, whichever it is."""
    for name in ("data", "directions", "pairs", "unanswerable", "invariants"):
        with pytest.raises(ReadError, match="gone"):
            measure(engine, FACTS, replace(Material(), **{name: tmp_path / "gone"}), "hybrid", "")


def test_a_run_that_is_kept_comes_back_as_it_was(engine: Engine, tmp_path: Path) -> None:
    """Nothing is lost between --save and --baseline."""
    found = measure(engine, engine.facts, Material(write_judged(tmp_path)), "hybrid", "findings evaluate --é")
    found = replace(found, invariants=InvariantCheck(2, (Broken(3, "query", "reason"),)))
    save_run(found, tmp_path / "run.json")
    assert read_run(tmp_path / "run.json") == found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "Invalid JSON"),  # cut off
        ("[]", "the file: "),  # another JSON
        ('{"format": 2}', "format: Input should be 1"),  # a later version's
        ('{"format": 1}', "made: Field required"),  # not a run
    ],
)
def test_a_file_that_holds_no_run_is_named(tmp_path: Path, content: str, message: str) -> None:
    """A baseline that cannot be used is said in one line with the way out."""
    path = tmp_path / "run.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReadError) as caught:
        read_run(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be written"):
        save_run(run(), tmp_path / "none" / "run.json")


def test_runs_are_compared_by_the_queries_both_asked() -> None:
    """A query that only one run asked, or that was worded otherwise, is left out and counted."""
    before = run(asked("1", 0.5), asked("2", 0.5), asked("3", 0.9), asked("4", None, "none"), asked("5", 0.1))
    other = replace(asked("5", 0.8), query="worded otherwise")
    found = compare(before, run(asked("3", 0.3), asked("1", 0.75), asked("2", 0.5), asked("4", None, "none"), other))
    assert (found.common, found.left_out) == (4, 2)
    assert [(each.qid, each.before, each.after) for each in found.moved] == [("3", 0.9, 0.3), ("1", 0.5, 0.75)]
    changes = {change.figure.name: change for change in found.changes}
    ndcg = changes[NDCG.name]
    assert (ndcg.before, ndcg.after) == pytest.approx((1.9 / 3, 1.55 / 3))
    assert (ndcg.difference.wins, ndcg.difference.losses, ndcg.difference.ties) == (1, 1, 1)
    assert (changes["none"].before, changes["none"].difference.ties) == (1.0, 1)
    with pytest.raises(ReadError, match="no query in common"):
        compare(before, run(asked("9", 0.5)))


def test_the_lowest_queries_come_first() -> None:
    """As many as are looked at closely, the lowest nDCG first; queries without one are none of them."""
    queries = [asked(str(number), number / 100) for number in range(30, 0, -1)] + [asked("none", None, "none")]
    assert [query.qid for query in lowest(queries)] == [str(number) for number in range(1, LOWEST + 1)]
