"""How often an issue comes up: every figure against a count by hand and against the search that lists it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest

from indexer.comparators import read_comparators
from indexer.config import SearchSettings, Settings
from indexer.errors import QueryError
from indexer.models import Direction, Filters, Query
from indexer.search import Engine
from indexer.themes import By, Figures, theme
from tests.app.histories import write_histories
from tests.small_index import WordEncoder

QUERY = Query("supervision of social workers", direction="any", min_relevance=0.3)
TABLE = "name,region,type\nAlder,North,County\nBirch,South,County\n"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine over the histories, with a table of two of the authorities."""
    folder = tmp_path_factory.mktemp("histories")
    write_histories(folder)
    (folder / "authorities.csv").write_text(TABLE, encoding="utf-8")
    comparators = read_comparators(folder / "authorities.csv")
    found = Engine.open(Settings(index_dir=folder), WordEncoder(), comparators=comparators)
    yield found
    found.close()


def by_hand(engine: Engine, query: Query) -> Figures:
    """The figures of a query, one finding after the other."""
    every = [
        hit.document
        for document in engine.documents(query.filters, 100, 0)[1]
        for hit in engine.search(
            replace(query, limit=100, filters=replace(query.filters, document=(document.id,)))
        ).hits
    ]
    return Figures(
        findings=engine.search(replace(query, limit=100)).total,
        reports=len({each.id for each in every}),
        authorities=len({each.metadata.authority for each in every} - {None}),
        of_reports=engine.documents(query.filters, 1, 0)[0],
    )


def test_the_figures_are_exact(engine: Engine) -> None:
    """Findings, reports, authorities and what they are a share of are what counting one by one gives."""
    found = theme(engine, QUERY, "published_year")
    assert found.figures == by_hand(engine, QUERY)
    assert found.figures.reports > found.figures.authorities > 1
    limited = replace(QUERY, filters=Filters(exclude_authority=("Birch",)))
    assert theme(engine, limited, "published_year").figures == by_hand(engine, limited)


def test_counts_reach_past_what_a_search_looks_at(engine: Engine) -> None:
    """However few findings each way of searching puts forward, every result is counted."""
    folder = engine._generation.folder.parent.parent
    least = SearchSettings.model_construct(candidates=1)  # fewer than the settings take: the index is small
    narrow = Engine.open(Settings(index_dir=folder).model_copy(update={"search": least}), WordEncoder())
    anything = replace(QUERY, min_relevance=0.0)
    found = theme(narrow, anything, "kind").figures
    assert found == theme(engine, anything, "kind").figures
    assert (found.findings, found.share) == (engine.search(anything).total, 1)
    narrow.close()


def test_a_report_counts_though_its_words_are_folded(engine: Engine) -> None:
    """A finding that three reports have word for word is one finding in three reports."""
    found = theme(engine, Query('"irregular and poorly recorded"'), "authority")
    assert (found.figures.findings, found.figures.reports, found.figures.authorities) == (1, 3, 2)
    assert {each.value: each.figures.reports for each in found.groups if each.figures.reports} == {
        "Alder": 2,
        "Birch": 1,
    }


@pytest.mark.parametrize("by", get_args(By))
def test_each_group_is_the_search_under_its_filter(engine: Engine, by: By) -> None:
    """The findings of a group are as many as the search finds that is limited to it."""
    found = theme(engine, QUERY, by)
    assert any(each.figures.findings for each in found.groups)
    for each in found.groups:
        if each.value is None:
            continue
        if by == "published_year":
            year = int(each.value)
            filters = Filters(published_from=date(year, 1, 1), published_to=date(year, 12, 31))
        else:
            limit: dict[str, Any] = {by: (each.value,)}
            filters = Filters(**limit)
        assert engine.search(replace(QUERY, filters=filters)).total == each.figures.findings, each


def test_groups_come_in_their_order(engine: Engine) -> None:
    """Years rise, directions have the order they have everywhere, and what has no value comes last."""
    years = [each.value for each in theme(engine, QUERY, "published_year").groups]
    assert years == ["2015", "2018", "2020", "2021", "2022", None]
    directions = [each.value for each in theme(engine, QUERY, "direction").groups]
    assert directions == [each for each in Direction if each in directions]
    regions = {each.value: each.figures.of_reports for each in theme(engine, QUERY, "region").groups}
    assert regions == {"North": 4, "South": 1, None: 2}


def test_a_group_without_the_issue_is_told(engine: Engine) -> None:
    """That no report of a year has the issue is a figure too: none of so many."""
    found = {each.value: each.figures for each in theme(engine, QUERY, "published_year").groups}
    assert (found["2020"].reports, found["2020"].of_reports, found["2020"].share) == (0, 1, 0.0)


def test_without_a_table_nothing_is_grouped_by_region(engine: Engine) -> None:
    """What is missing is named, with the setting that brings it."""
    bare = Engine.open(Settings(index_dir=engine._generation.folder.parent.parent), WordEncoder())
    with pytest.raises(QueryError, match=r"region.*authorities\.file"):
        theme(bare, QUERY, "region")
    bare.close()
    with pytest.raises(QueryError, match="no facet"):
        engine.column("colour")
