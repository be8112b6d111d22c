"""The index of the seeds with the product's own model: every invariant holds, and `findings evaluate` measures it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from indexer.build import build
from indexer.checks import Invariant, check_invariants, read_invariants, read_unanswerable
from indexer.config import Settings
from indexer.embedder import load_encoder
from indexer.runs import read_run
from indexer.search import Engine

ROOT = Path(__file__).parent.parent
FILE = ROOT / "evaluation" / "invariants.csv"
INVARIANTS = read_invariants(FILE)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the seeds, built with the real model."""
    settings = Settings(index_dir=tmp_path_factory.mktemp("seeds") / "index")
    build(settings, [ROOT / "seeds"], encoder=load_encoder(settings))
    return settings.index_dir


@pytest.fixture(scope="module")
def broken(index: Path) -> dict[int, str]:
    """The invariants that do not hold: line -> reason."""
    with closing(Engine.open(Settings(index_dir=index))) as engine:
        return {each.line: each.reason for each in check_invariants(engine, INVARIANTS, "hybrid").broken}


@pytest.mark.slow
@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda each: f"{each.line}: {each.query[:40]}")
def test_an_invariant_holds(broken: dict[int, str], invariant: Invariant) -> None:
    """What a user must find among the first results is there, and what points the other way is not."""
    assert invariant.line not in broken, broken.get(invariant.line)


def test_invariants_ask_for_enough() -> None:
    """Short queries, whole paragraphs and both sides of a topic are among them, and no line says what another does."""
    assert len(INVARIANTS) >= 25
    assert len({(each.query, each.source, each.words, each.k) for each in INVARIANTS}) == len(INVARIANTS)
    lengths = [len(each.query.split()) for each in INVARIANTS]
    assert min(lengths) <= 2
    assert max(lengths) >= 40
    demanded, shunned = {each.words for each in INVARIANTS}, {words for each in INVARIANTS for words in each.absent}
    assert len(demanded & shunned) >= 5


def test_queries_without_an_answer_are_kept_apart_from_those_learnt_from() -> None:
    """No query that measures honesty is one that the ranking was fitted on, and none stands there twice."""
    queries = read_unanswerable(ROOT / "evaluation" / "no_answer.txt")
    learnt = read_unanswerable(ROOT / "evaluation" / "off_topic.txt")
    assert len({query.casefold() for query in queries}) == len(queries) == 40
    assert not {query.casefold() for query in queries} & {query.casefold() for query in learnt}


# ---------------------------------------------------------------------------------------------- the command


def evaluate(*arguments: object) -> Result:
    """Run `findings evaluate` in this process."""
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], prog_name="findings")


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """A folder with one judged query."""
    query = {"qid": "1", "query": "delay in strategy meeting minutes"}
    passage = {
        "qid": "1",
        "source": "000_9cb22fb2d7aea2eb.txt",
        "text": "There is significant delay in recording the minutes of strategy meetings on electronic case files.",
        "grade": 3,
    }
    (tmp_path / "queries.json").write_text(json.dumps([query]))
    (tmp_path / "qrels.json").write_text(json.dumps([passage]))
    return tmp_path


@pytest.mark.slow
def test_a_run_is_kept_and_compared_with(index: Path, judged: Path) -> None:
    """One run writes its page and itself; the next one says what has changed since."""
    page, kept = judged / "report.html", judged / "run.json"
    first = evaluate("--data", judged, "--index", index, "--report", page, "--save", kept)
    assert (first.exit_code, first.stderr) == (0, "")
    assert f"report: {page}" in first.stdout
    assert "delay in strategy meeting minutes" in page.read_text(encoding="utf-8")
    assert read_run(kept).queries[0].query == "delay in strategy meeting minutes"
    second = evaluate("--data", judged, "--index", index, "--mode", "keyword", "--baseline", kept)
    assert (second.exit_code, second.stderr) == (0, "")
    assert "Against the baseline, over 1 query:" in second.stdout


@pytest.mark.slow
def test_an_invariant_that_does_not_hold_ends_with_status_1(index: Path, tmp_path: Path) -> None:
    """It is named, and the last line on standard error counts them."""
    file = tmp_path / "demands.csv"
    source = "000_9cb22fb2d7aea2eb.txt"
    file.write_text(f"query,source,words,k,absent\ncaseloads,{source},Clear procedures and policies,1,\n")
    result = evaluate("--invariants", file, "--index", index)
    assert (result.exit_code, result.stderr) == (1, "findings: 1 of 1 invariants do not hold\n")
    assert "line 2, 'caseloads': 'Clear procedures and policies' is not among the" in result.stdout
    file.write_text(f"query,source,words,k,absent\ncaseload weighting,{source},A caseload weighting system,1,\n")
    assert evaluate("--invariants", file, "--index", index).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--data FOLDER"),  # nothing to measure with
        (["--baseline", "run.json", "--invariants", "x.csv"], "give --data FOLDER too"),  # nothing to compare
    ],
)
def test_a_run_without_its_files_is_wrong_usage(arguments: list[str], message: str) -> None:
    """What has to be given is said, with exit status 2."""
    result = evaluate(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_file_that_cannot_be_written_is_named_before_anything_is_measured(tmp_path: Path) -> None:
    """A folder that is missing costs no waiting, and the baseline is read first too."""
    gone = tmp_path / "gone"
    result = evaluate("--data", tmp_path, "--index", tmp_path, "--report", gone / "report.html")
    assert (result.exit_code, str(gone) in result.stderr) == (1, True)
    result = evaluate("--data", tmp_path, "--index", tmp_path, "--baseline", gone)
    assert (result.exit_code, "give a file that --save has written" in result.stderr) == (1, True)
