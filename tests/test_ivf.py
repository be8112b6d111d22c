"""The approximate search: it finds nearly what comparing all rows finds, whatever the filter, and says how nearly."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from indexer import vectors
from indexer.embedder import unit_rows
from indexer.errors import IndexMismatch
from indexer.vectors.base import RECALL, FloatMatrix, IntVector, VectorFacts, VectorIndex, as_kept
from indexer.vectors.brute_force import BruteForceIndex
from indexer.vectors.ivf import IvfIndex

DIMENSION = 32
COUNT = 12_000
NEAR = 0.01
"""How far off a score may be: the fewer dimensions, the larger each number is, and the more a byte rounds it."""


def clustered(count: int, seed: int, spread: float = 0.8) -> FloatMatrix:
    """Vectors of unit length that lie about two hundred centres, as those of texts on some subjects do."""
    centres = unit_rows(np.random.default_rng(0).standard_normal((200, DIMENSION)))
    generator = np.random.default_rng(seed)
    around = unit_rows(generator.standard_normal((count, DIMENSION)))
    return as_kept(unit_rows(centres[generator.integers(0, 200, count)] + spread * around))


def write(path: Path, rows: FloatMatrix) -> VectorFacts:
    """Write an index of these rows that sorts them into lists however few they are."""
    writer = vectors.create("faiss", path, rows.shape[1], exact_up_to=0)
    writer.add(rows)
    return writer.finish()


ROWS = clustered(COUNT, seed=1)
QUERIES = clustered(100, seed=2)
REFERENCE = BruteForceIndex(ROWS.astype(np.float16))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an index of `ROWS`."""
    path = tmp_path_factory.mktemp("ivf") / "vectors.faiss"
    facts = write(path, ROWS)
    assert (facts.kind, facts.lists) == ("ivf", COUNT // 39)
    assert facts.recall >= RECALL
    assert 1 <= facts.probes <= facts.lists // 4
    return path


@pytest.fixture(scope="module")
def index(place: Path) -> VectorIndex:
    """An index of `ROWS` that searches approximately."""
    index = vectors.load(place)
    assert isinstance(index, IvfIndex)
    assert (len(index), index.dimension) == ROWS.shape
    return index


def found(index: VectorIndex, k: int, allowed: IntVector | None = None) -> float:
    """The share of the k nearest that is found, after seeing that what is found is scored, ordered and allowed."""
    ids, scores = index.search(QUERIES, k, allowed)
    expected, _ = REFERENCE.search(QUERIES, k, allowed)
    assert ids.shape == scores.shape == expected.shape
    hits = 0
    for query, own, own_scores, others in zip(QUERIES, ids, scores, expected, strict=True):
        held = own >= 0
        assert held.sum() == (others >= 0).sum(), "fewer were found than there are"
        assert np.all(np.diff(own_scores[held]) <= 0)
        exact = REFERENCE.scores(query[None], own[held])[0]
        np.testing.assert_allclose(own_scores[held], exact, atol=NEAR)
        np.testing.assert_allclose(own_scores[held][:10], exact[:10], atol=1e-6)
        assert allowed is None or np.isin(own[held], allowed).all()
        assert len(np.unique(own[held])) == held.sum()
        hits += len(np.intersect1d(own[held], others))
    return hits / int((expected >= 0).sum())


@pytest.mark.parametrize(("k", "least"), [(1, RECALL), (10, RECALL), (100, 0.92)])
def test_nearly_all_of_the_nearest_are_found(k: int, least: float, index: VectorIndex) -> None:
    """On queries that the build has not seen, the search finds what it is to find, exactly scored and in order."""
    assert found(index, k) >= least
    assert found(index, k, np.arange(COUNT)) == found(index, k)


@pytest.mark.parametrize("k", [10, 100])
def test_a_filter_that_lets_half_through_keeps_the_recall(k: int, index: VectorIndex) -> None:
    """With every other row shut out, as many of the nearest others are found."""
    assert found(index, k, np.arange(0, COUNT, 2)) >= found(index, k) - 0.01


@pytest.mark.parametrize(("share", "least"), [(0.5, 0.9), (0.2, 0.96)])
def test_a_filter_against_the_query_finds_the_others(share: float, least: float, index: VectorIndex) -> None:
    """Where just the rows nearest to the queries are shut out, most of the nearest others are found all the same."""
    nearness = REFERENCE.scores(QUERIES, np.arange(COUNT)).max(axis=0)
    far = np.flatnonzero(nearness < np.quantile(nearness, share))
    assert found(index, 10, far) >= least


@pytest.mark.parametrize("count", [0, 1, 9, 200, 600])
def test_a_rare_filter_is_searched_exactly(count: int, index: VectorIndex) -> None:
    """Among few allowed rows, the result is that of comparing all of them, wherever they lie."""
    allowed = np.sort(np.random.default_rng(3).choice(COUNT, count, replace=False))
    ids, scores = index.search(QUERIES, 10, allowed)
    expected = REFERENCE.search(QUERIES, 10, allowed)
    np.testing.assert_array_equal(ids, expected[0])
    np.testing.assert_allclose(scores, expected[1], atol=1e-6)


def test_where_nearly_all_is_wanted_all_is_compared(index: VectorIndex) -> None:
    """Asked for a good part of the rows, or for more than there are, the search gives what comparing all does."""
    for k in (COUNT // 4, COUNT + 5):
        _, scores = index.search(QUERIES[:2], k)
        np.testing.assert_allclose(scores, REFERENCE.search(QUERIES[:2], k)[1], atol=NEAR)


def test_scores_are_off_by_little(index: VectorIndex) -> None:
    """The score of any row, in the order asked, is that of the row kept but for what a byte for a dimension can say."""
    ids = np.concatenate([np.random.default_rng(5).permutation(COUNT), [7, 7]])
    off = index.scores(QUERIES, ids) - REFERENCE.scores(QUERIES, ids)
    assert np.abs(off).max() < NEAR
    assert np.abs(off).mean() < NEAR / 5
    assert np.abs(off.mean()) < NEAR / 100
    assert index.scores(QUERIES, np.array([], dtype=np.int64)).shape == (100, 0)


def test_vectors_are_given_back_as_they_were_added(index: VectorIndex) -> None:
    """What a large index gives back is not what its lists hold but the rows themselves, as a copy."""
    ids = np.array([COUNT - 1, 0, 0])
    index.reconstruct(ids)[:] = 0
    np.testing.assert_array_equal(index.reconstruct(ids), ROWS[ids])


def test_what_does_not_fit_is_refused(index: VectorIndex) -> None:
    """Other dimensions, k below one and ids that are not held are errors of the caller."""
    with pytest.raises(ValueError, match="dimension"):
        index.search(QUERIES[:, 1:], 1)
    with pytest.raises(ValueError, match="k must"):
        index.search(QUERIES, 0)
    for allowed in (np.array([COUNT]), np.array([-1]), np.arange(COUNT // 2, COUNT + 1)):
        for use in (index.reconstruct, lambda ids: index.scores(QUERIES, ids)):
            with pytest.raises(IndexError, match="holds 12000"):
                use(allowed)
        with pytest.raises(IndexError, match="holds 12000"):
            index.search(QUERIES, 1, allowed)


def test_what_is_worked_out_of_a_filter_is_not_taken_for_another(index: VectorIndex) -> None:
    """Filters that come and go, one in the place of another in memory, each let through their own rows alone."""
    for start in range(1000):
        ids, _ = index.search(QUERIES[:1], 5, np.arange(start % 3, COUNT, 3))
        assert set(ids[0] % 3) == {start % 3}


def test_an_index_of_the_same_rows_is_the_same(place: Path, tmp_path: Path) -> None:
    """Chance has no part in a build: the files of the same rows are the same."""
    write(tmp_path / "vectors.faiss", ROWS)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (place.parent / path.name).read_bytes()


def test_a_search_that_falls_short_says_so(tmp_path: Path) -> None:
    """Rows without any neighbourhoods cannot be sorted into lists to much use, and the facts admit it."""
    rows = as_kept(unit_rows(np.random.default_rng(0).standard_normal((4000, 128))))
    facts = write(tmp_path / "vectors.faiss", rows)
    assert facts.recall < RECALL
    assert facts.probes == facts.lists // 4


@pytest.mark.parametrize("count", [1, 2, 10, 100])
def test_a_few_rows_can_be_sorted_too(count: int, tmp_path: Path) -> None:
    """However few rows there are, each finds itself first."""
    assert write(tmp_path / "vectors.faiss", ROWS[:count]).recall == 1
    ids, _ = vectors.load(tmp_path / "vectors.faiss").search(ROWS[:count], 1)
    assert ids[:, 0].tolist() == list(range(count))


@pytest.mark.parametrize("length", [0, 60, 5000, -8])
def test_lists_cut_short_are_refused(length: int, tmp_path: Path) -> None:
    """A file of lists of which anything is missing is named in one line."""
    write(tmp_path / "vectors.faiss", ROWS[:500])
    lists = vectors.lists_path(tmp_path / "vectors.faiss")
    lists.write_bytes(lists.read_bytes()[:length])
    with pytest.raises(IndexMismatch, match=lists.name) as caught:
        vectors.load(tmp_path / "vectors.faiss")
    assert "\n" not in str(caught.value)


def test_lists_of_others_are_refused(tmp_path: Path) -> None:
    """Lists of other rows, and a FAISS index of another sort in their place, are refused."""
    path = tmp_path / "vectors.faiss"
    write(path, ROWS[:500])
    few = vectors.lists_path(path).read_bytes()
    write(path, ROWS[:600])
    vectors.lists_path(path).write_bytes(few)
    with pytest.raises(IndexMismatch, match="500 rows of 32, not those beside it"):
        vectors.load(path)
    faiss.write_index(faiss.IndexFlatIP(DIMENSION), str(vectors.lists_path(path)))
    with pytest.raises(IndexMismatch, match="not lists of rows"):
        vectors.load(path)
