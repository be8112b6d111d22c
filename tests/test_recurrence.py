"""Points that come back: what is matched with what, and what never is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from indexer import recurrence
from indexer.config import Settings
from indexer.inspections import authority, inspections
from indexer.models import Direction, Filters
from indexer.ranking import STRONG
from indexer.recurrence import Recurring, recurring
from indexer.search import Engine
from tests.app.histories import AGAIN, write_histories
from tests.small_index import WordEncoder


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine over the histories."""
    folder = tmp_path_factory.mktemp("histories")
    write_histories(folder)
    found = Engine.open(Settings(index_dir=folder), WordEncoder())
    yield found
    found.close()


def of(engine: Engine, name: str) -> Recurring:
    """What comes back at an authority."""
    return recurring(engine, inspections(engine, authority(engine, name)))


def test_a_point_raised_again_in_the_same_words_comes_back(engine: Engine) -> None:
    """Near-identical words, which a search folds into one, are the surest match there is."""
    point = next(each for each in of(engine, "Alder").points if each.finding.text == AGAIN)
    assert point.document.source == "alder-2022.pdf"
    assert [(hit.document.source, hit.finding.text) for hit in point.before] == [("alder-2015.pdf", AGAIN)]
    assert all(hit.score >= STRONG for hit in point.before)


def test_a_report_that_raises_nothing_is_looked_at_by_its_narrative(engine: Engine) -> None:
    """A letter without recommendations has points of its own: the weaknesses that it tells of."""
    (point,) = (each for each in of(engine, "Alder").points if each.document.source == "alder-2018.pdf")
    assert "Return home interviews" in point.finding.text
    assert [hit.document.source for hit in point.before] == ["alder-2015.pdf"]


def test_only_earlier_weaknesses_of_the_same_authority_match(engine: Engine) -> None:
    """No praise, no other authority, no later report and none without a date is a point before."""
    found = of(engine, "Alder")
    assert found.points
    for point in found.points:
        for hit in point.before:
            assert hit.finding.direction is Direction.WEAKNESS
            assert hit.document.metadata.authority == "Alder"
            assert hit.document.metadata.published
            assert point.document.metadata.published
            assert hit.document.metadata.published < point.document.metadata.published


def test_one_inspection_has_nothing_to_come_back_from(engine: Engine) -> None:
    """Where there is one report, nothing is asked and nothing found."""
    assert of(engine, "Birch") == Recurring((), 0, 0)


def test_the_newest_points_are_asked_about_first(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the most that are asked about, the older ones are left, and their number is told."""
    everything = of(engine, "Alder")
    assert (everything.asked, everything.left) == (3, 0)
    monkeypatch.setattr(recurrence, "MOST_ASKED", 2)
    found = of(engine, "Alder")
    assert (found.asked, found.left) == (2, 1)
    assert {each.document.source for each in found.points} == {"alder-2022.pdf"}


def test_echoes_fold_nothing(engine: Engine) -> None:
    """Of findings in the same words each is found by itself, and never the one asked about."""
    newest = inspections(engine, authority(engine, "Alder"))[0]
    (asked,) = (each for each in newest.raised if each.text == AGAIN)
    found = engine.echoes(asked.id, Filters(), STRONG)
    assert sorted(hit.document.source for hit in found if hit.finding.text == AGAIN) == [
        "alder-2015.pdf",
        "birch-2021.pdf",
    ]
    assert asked.id not in {hit.finding.id for hit in found}
