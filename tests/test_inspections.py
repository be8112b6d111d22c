"""The inspections of an authority: which there are, in what order, and what each raised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from indexer.config import Settings
from indexer.errors import NotFoundError
from indexer.inspections import authorities, authority, day_of, inspections
from indexer.models import Kind
from indexer.search import Engine
from tests.app.histories import write_histories
from tests.small_index import WordEncoder


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine over the histories."""
    folder = tmp_path_factory.mktemp("histories")
    write_histories(folder)
    found = Engine.open(Settings(index_dir=folder), WordEncoder())
    yield found
    found.close()


def test_every_named_authority_is_listed(engine: Engine) -> None:
    """Each authority stands there once, by the alphabet; a report that names none belongs to none."""
    found = authorities(engine)
    assert [(each.name, len(each.reports)) for each in found] == [("Alder", 4), ("Birch", 1), ("Cedar/Elm", 1)]
    assert (found[0].first, found[0].last) == (date(2015, 3, 2), date(2022, 9, 9))


def test_reports_are_newest_first_and_undated_ones_last(engine: Engine) -> None:
    """A report without a day of publication or inspection comes after all others."""
    found = authority(engine, "Alder")
    years = [day and day.year for day in map(day_of, found.reports)]
    assert years == [2022, 2018, 2015, None]


def test_the_latest_grades_are_those_of_the_newest_report_that_gives_some(engine: Engine) -> None:
    """A letter without grades does not hide the grades before it."""
    found = authorities(engine)
    assert [each.graded and each.graded.source for each in found] == ["alder-2022.pdf", "birch-2021.pdf", None]


def test_an_authority_is_found_whatever_the_case(engine: Engine) -> None:
    """Names are compared as the filter compares them, and an unknown one is named in the error."""
    assert authority(engine, "aLDER").name == "Alder"
    with pytest.raises(NotFoundError, match="Atlantis"):
        authority(engine, "Atlantis")


def test_what_was_raised_comes_by_gravity(engine: Engine) -> None:
    """Priority actions come before recommendations; weaknesses of the narrative stand apart, strengths nowhere."""
    newest, middle, oldest, _ = inspections(engine, authority(engine, "Alder"))
    assert [each.kind for each in newest.raised] == [Kind.PRIORITY_ACTION, Kind.RECOMMENDATION]
    assert (len(middle.raised), len(middle.faulted)) == (0, 1)
    assert (len(oldest.raised), len(oldest.faulted)) == (1, 1)
