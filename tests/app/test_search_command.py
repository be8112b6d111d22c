"""What `findings search` takes and tells of an answer. The engine is a stand-in."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from indexer.models import Query
from indexer.search import Engine
from tests.app.prepared import ALIKE, NOTHING, RESULTS, TYPED, PreparedEngine, telling


@pytest.fixture
def stand_in(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> PreparedEngine:
    """The engine that the command opens."""
    found = PreparedEngine(engine, telling(engine))
    monkeypatch.setattr(Engine, "open", lambda _settings: found)
    monkeypatch.setenv("COLUMNS", "100")
    return found


def search(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["search", *arguments], prog_name="findings")


def test_options_reach_the_engine(stand_in: PreparedEngine) -> None:
    """Each option says what the API's parameter of its name says, and has the same default."""
    options = ["--query-direction", "strength", "--min-relevance", "0.25", "--weak", "--per-document", "2", "--explain"]
    assert search("late minutes", *options).exit_code == 0
    assert search("late minutes").exit_code == 0
    assert stand_in.asked == [
        Query("late minutes", direction="strength", min_relevance=0.25, weak=True, per_document=2, explain=True),
        Query("late minutes"),
    ]


def test_the_answer_is_told_in_the_words_of_the_page(stand_in: PreparedEngine) -> None:
    """Direction, words taken for others and acronyms stand below the count, reasons below each result."""
    shown = search(TYPED, "--limit", "2", "--explain").stdout
    assert shown.startswith(
        f"{RESULTS} comparable findings; 1 to 2 shown.\n"
        "Looking for weaknesses.\n"
        "No report has “strategey”: searched for “strategy”.\n"
        "Also searched: multi-agency safeguarding hub (for MASH).\n"
        "\n1.  Strong match (0.71) · "
    )
    assert shown.count("    * Before anything is compared: 0.08\n    * Meaning of its closest sentence, 2nd best") == 2
    assert shown.count("    * Points the way sought: raises it to 0.71\n") == 2
    assert "Points the way sought" not in search(TYPED).stdout
    assert "Looking for" not in search(ALIKE).stdout


def test_weak_findings_follow_where_they_are_asked_for(stand_in: PreparedEngine) -> None:
    """Without --weak nothing is shown where nothing is comparable; with it the nearest are, marked."""
    assert search(NOTHING).stdout == "No comparable findings.\n"
    shown = search(NOTHING, "--weak").stdout
    assert shown.startswith("No comparable findings.\nLooking for weaknesses.\n\nThe nearest findings:\n\n1.  Weak: ")
    assert shown.count("Weak: probably not comparable (0.12) · ") == 5
    shown = search(TYPED, "--weak").stdout
    assert shown.startswith(f"{RESULTS} comparable findings; 1 to {RESULTS} shown.\n")
    assert f"\n\nThe nearest of the rest:\n\n{RESULTS + 1}.  Weak: probably not comparable (0.12) · " in shown


def test_json_is_the_answer_of_the_api(stand_in: PreparedEngine) -> None:
    """With --json the direction, corrections, expansions and reasons are there as the API gives them."""
    answer = json.loads(search(TYPED, "--json", "--explain", "--weak").stdout)
    assert (answer["query_direction"], answer["weak"]) == ("weakness", 5)
    assert answer["corrections"][0]["taken_for"] == "strategy"
    assert all(each["explanation"]["legs"] for each in answer["results"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--query-direction", "mixed"],
        ["--min-relevance", "1.5"],
        ["--min-relevance", "nan"],
        ["--per-document", "0"],
        ["--weak", "yes"],
    ],
)
def test_wrong_values_are_named(stand_in: PreparedEngine, arguments: list[str]) -> None:
    """What makes no sense ends with status 2 and a message that names it, before anything is searched."""
    result = search("x", *arguments)
    assert result.exit_code == 2
    assert arguments[arguments[0] == "--weak"] in result.stderr
    assert not stand_in.asked
