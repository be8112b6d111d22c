"""Marks on findings: which way they move a query, and that they change nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from indexer.config import Settings
from indexer.embedder import unit_rows
from indexer.feedback import WEIGHTS, moved
from indexer.models import Mode, Query
from indexer.search import Engine
from tests.small_index import WordEncoder, write_index
from tests.test_search import MODES, QUERY, REPORTS

NONE = np.empty((0, 4), dtype=np.float32)
numbers = st.floats(0.125, 1, width=32)
rows = arrays(np.float32, st.tuples(st.integers(1, 3), st.just(4)), elements=numbers).map(unit_rows)


@given(query=rows, liked=rows, unliked=rows)
def test_a_query_moves_as_rocchio_says(query: np.ndarray, liked: np.ndarray, unliked: np.ndarray) -> None:
    """Every vector goes by the weighted means of what is wanted and what is not, and has unit length."""
    found = moved(query, liked, unliked)
    expected = query + WEIGHTS.wanted * liked.mean(axis=0) - WEIGHTS.not_wanted * unliked.mean(axis=0)
    assert found == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True), abs=1e-5)
    assert moved(query, NONE, NONE) == pytest.approx(query, abs=1e-6)


@given(query=rows, marked=rows)
def test_a_query_comes_nearer_to_what_is_wanted(query: np.ndarray, marked: np.ndarray) -> None:
    """One finding wanted is never farther from the query than before, and one not wanted never nearer."""
    one = marked[:1]
    assert (moved(query, one, NONE) @ one[0] >= query @ one[0] - 1e-6).all()
    assert (moved(query, NONE, one) @ one[0] <= query @ one[0] + 1e-6).all()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine over the reports of the tests of search."""
    folder: Path = tmp_path_factory.mktemp("marks")
    write_index(folder, REPORTS, WordEncoder())
    return Engine.open(Settings(index_dir=folder), WordEncoder())


@pytest.mark.parametrize("mode", MODES)
def test_marked_findings_and_their_likenesses_are_left_out(engine: Engine, mode: Mode) -> None:
    """Neither a finding that is marked nor one near-identical to it is a result, in any mode and any order."""
    query = Query(QUERY, limit=50, mode=mode, min_relevance=0.0)
    everything = engine.search(query).hits
    stock = next(hit for hit in everything if hit.similar)
    alike = {stock.finding.id, *(each.id for each, _ in engine.near_identical(stock.finding.id))}
    for marked in (replace(query, like=(stock.finding.id,)), replace(query, unlike=(stock.finding.id,))):
        left = {hit.finding.id for hit in engine.search(marked).hits}
        assert left == {hit.finding.id for hit in everything} - alike


def test_similar_findings_are_moved_too(engine: Engine) -> None:
    """Findings comparable to one take marks as a search does, and still leave out the one they are compared with."""
    first, second = engine.search(Query(QUERY)).hits[:2]
    found = engine.similar(first.finding.id, Query("", like=(second.finding.id,), min_relevance=0.0, limit=50))
    assert {first.finding.id, second.finding.id}.isdisjoint(hit.finding.id for hit in found.hits)
    assert found.hits
