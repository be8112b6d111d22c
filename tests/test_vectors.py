"""Vector indexes: every backend keeps the promises of the port, as the reference does."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import get_args

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import vectors
from indexer.embedder import unit_rows
from indexer.errors import IndexMismatch
from indexer.vectors import Backend
from indexer.vectors.base import FloatMatrix, IntVector, VectorFacts, VectorIndex, as_kept
from indexer.vectors.brute_force import BruteForceIndex

BACKENDS: tuple[Backend, ...] = get_args(Backend)
DIMENSION = 16

every_backend = pytest.mark.parametrize("backend", BACKENDS)


def random_rows(count: int, seed: int = 0) -> FloatMatrix:
    """Vectors of unit length in no particular direction, such as an index keeps without change."""
    return as_kept(unit_rows(np.random.default_rng(seed).standard_normal((count, DIMENSION))))


def write(path: Path, rows: FloatMatrix, exact_up_to: int = 10**6) -> VectorFacts:
    """Write an index of these rows, a few at a time."""
    backend = next(name for name, suffix in vectors.SUFFIXES.items() if suffix == path.suffix)
    writer = vectors.create(backend, path, rows.shape[1], exact_up_to)
    for start in range(0, len(rows), 700):
        assert writer.add(rows[start : start + 700]) == start
    assert len(writer) == len(rows)
    return writer.finish()


def filled(backend: Backend, rows: FloatMatrix) -> VectorIndex:
    """An index that holds these rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"vectors{vectors.SUFFIXES[backend]}"
        assert write(path, rows) == VectorFacts("exact", 0, 0, 1.0)
        return vectors.load(path)


def reference(rows: FloatMatrix, query: FloatMatrix, k: int, allowed: IntVector) -> list[tuple[int, float]]:
    """The promise of the port in its plainest form: score all, sort, cut, pad."""
    scored = sorted(((float(np.dot(query, rows[row])), int(row)) for row in allowed), key=lambda one: (-one[0], one[1]))
    found = [(row, score) for score, row in scored][:k]
    return found + [(-1, -np.inf)] * (k - len(found))


@every_backend
@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 40),
    k=st.integers(1, 50),
    queries=st.integers(1, 4),
    share=st.floats(0, 1),
    seed=st.integers(0),
)
def test_search_gives_the_nearest_rows(
    backend: Backend, count: int, k: int, queries: int, share: float, seed: int
) -> None:
    """Ids, scores, order and padding are those of comparing with every allowed row."""
    generator = np.random.default_rng(seed)
    rows, asked = random_rows(count, seed), random_rows(queries, seed + 1)
    index = filled(backend, rows)
    some = np.flatnonzero(generator.random(count) < share)
    for allowed in (None, some):
        ids, scores = index.search(asked, k, allowed)
        assert ids.shape == scores.shape == (queries, k)
        assert (ids.dtype.name, scores.dtype.name) == ("int64", "float32")
        for query in range(queries):
            expected = reference(rows, asked[query], k, np.arange(count) if allowed is None else allowed)
            assert ids[query].tolist() == [row for row, _ in expected]
            np.testing.assert_allclose(scores[query], [score for _, score in expected], atol=1e-6)


@every_backend
def test_equal_scores_come_by_id(backend: Backend) -> None:
    """Rows that are the same are found in the order of their ids, with and without a limit."""
    rows = np.repeat(random_rows(3), 5, axis=0)
    index = filled(backend, rows)
    for allowed in (None, np.arange(15)):
        ids, scores = index.search(rows[:1], 15, allowed)
        assert ids[0, :5].tolist() == [0, 1, 2, 3, 4]
        assert np.allclose(scores[0, :5], 1, atol=1e-3)


@every_backend
def test_a_distinct_vector_finds_itself_first(backend: Backend) -> None:
    """The nearest row of a row is that row, at a score of one but for the half precision."""
    rows = random_rows(300)
    ids, scores = filled(backend, rows).search(rows, 1)
    assert ids[:, 0].tolist() == list(range(300))
    assert np.allclose(scores, 1, atol=1e-3)


@every_backend
def test_a_limit_does_not_cost_results(backend: Backend) -> None:
    """With nearly everything shut out, the rows left are still found: the limit holds inside the search."""
    rows = random_rows(5000)
    ids, _ = filled(backend, rows).search(-rows[17:18], 3, np.array([17, 4999]))
    assert sorted(ids[0].tolist()) == [-1, 17, 4999]


@every_backend
def test_scores_and_reconstruct_follow_the_ids_asked(backend: Backend) -> None:
    """Given rows are scored exactly and given back unchanged, in the order asked, repeated where asked twice."""
    rows, asked = random_rows(20), random_rows(3, seed=1)
    index = filled(backend, rows)
    ids = np.array([19, 0, 7, 7])
    np.testing.assert_array_equal(index.reconstruct(ids), rows[ids])
    np.testing.assert_allclose(index.scores(asked, ids), asked @ rows[ids].T, atol=1e-6)
    assert index.scores(asked, np.array([], dtype=np.int64)).shape == (3, 0)


@every_backend
def test_what_is_reconstructed_is_a_copy(backend: Backend) -> None:
    """Changing vectors that were given back changes nothing in the index."""
    rows = random_rows(5)
    index = filled(backend, rows)
    index.reconstruct(np.arange(5))[:] = 0
    np.testing.assert_array_equal(index.reconstruct(np.arange(5)), rows)


@every_backend
@pytest.mark.parametrize("count", [0, 1, 500])
def test_an_index_holds_what_was_written(backend: Backend, count: int, tmp_path: Path) -> None:
    """An index read from its file, whose folder may have spaces in its name, holds what was added."""
    rows = random_rows(count)
    folder = tmp_path / "a folder, with spaces"
    folder.mkdir()
    path = folder / f"vectors{vectors.SUFFIXES[backend]}"
    write(path, rows)
    index = vectors.load(path)
    assert (len(index), index.dimension) == (count, DIMENSION)
    np.testing.assert_array_equal(index.reconstruct(np.arange(count)), rows)


@every_backend
def test_an_index_outlives_its_file(backend: Backend, tmp_path: Path) -> None:
    """A reader keeps what it has opened while a newer index takes its place on the disk."""
    rows = random_rows(50)
    path = tmp_path / f"vectors{vectors.SUFFIXES[backend]}"
    write(path, rows)
    index = vectors.load(path)
    path.unlink()
    np.testing.assert_array_equal(index.reconstruct(np.arange(50)), rows)


@every_backend
def test_rows_can_be_read_back_while_more_are_added(backend: Backend, tmp_path: Path) -> None:
    """What was added is given back at once, rounded as the index will keep it, and not what is yet to come."""
    rows = unit_rows(np.random.default_rng(0).standard_normal((30, DIMENSION)))
    writer = vectors.create(backend, tmp_path / "vectors", DIMENSION, 100)
    assert writer.reconstruct(np.array([], dtype=np.int64)).shape == (0, DIMENSION)
    for end in (10, 20, 30):
        writer.add(rows[end - 10 : end])
        ids = np.array([end - 1, 0, 0])
        np.testing.assert_array_equal(writer.reconstruct(ids), as_kept(rows)[ids])
        with pytest.raises(IndexError, match=f"holds {end}"):
            writer.reconstruct(np.array([end]))
    writer.close()
    writer.close()


def test_the_file_is_what_faiss_writes(tmp_path: Path) -> None:
    """The rows that are written one by one come to the very file that FAISS makes of an index of them."""
    rows = random_rows(1000)
    index = faiss.IndexScalarQuantizer(DIMENSION, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add(rows)
    faiss.write_index(index, str(tmp_path / "theirs.faiss"))
    write(tmp_path / "ours.faiss", rows)
    assert (tmp_path / "ours.faiss").read_bytes() == (tmp_path / "theirs.faiss").read_bytes()


@every_backend
@pytest.mark.parametrize("length", [0, 1, 4, 20, 60, 100, 700, -1])
def test_a_file_cut_short_is_refused(backend: Backend, length: int, tmp_path: Path) -> None:
    """An index file of which anything is missing is named in one line, wherever it breaks off."""
    path = tmp_path / f"vectors{vectors.SUFFIXES[backend]}"
    write(path, random_rows(50))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(IndexMismatch, match="vectors") as caught:
        vectors.load(path)
    assert "\n" not in str(caught.value)


@every_backend
def test_a_file_that_is_not_there_is_refused(backend: Backend, tmp_path: Path) -> None:
    """A missing index file is named."""
    with pytest.raises(IndexMismatch, match="missing"):
        vectors.load(tmp_path / f"missing{vectors.SUFFIXES[backend]}")


def test_a_file_of_another_sort_is_refused(tmp_path: Path) -> None:
    """FAISS indexes of other sorts, an array that holds no vectors and an unknown suffix are refused."""
    faiss.write_index(faiss.IndexHNSWFlat(8, 4), str(tmp_path / "graph.faiss"))
    faiss.write_index(faiss.IndexFlatIP(8), str(tmp_path / "float32.faiss"))
    faiss.write_index(faiss.IndexScalarQuantizer(8, faiss.ScalarQuantizer.QT_bf16), str(tmp_path / "bf16.faiss"))
    np.save(tmp_path / "vector.npy", np.zeros(3, dtype=np.float16))
    np.save(tmp_path / "float32.npy", np.zeros((3, 3), dtype=np.float32))
    (tmp_path / "other.txt").touch()
    for path in tmp_path.iterdir():
        with pytest.raises(IndexMismatch, match=path.name):
            vectors.load(path)


@every_backend
def test_writing_where_nothing_can_be_written_fails_as_the_system_does(backend: Backend, tmp_path: Path) -> None:
    """A vector index that cannot be written raises an OSError like any other file."""
    with pytest.raises(OSError, match="missing"):
        vectors.create(backend, tmp_path / "missing" / "file", DIMENSION, 0)


@every_backend
def test_what_does_not_fit_is_refused(backend: Backend, tmp_path: Path) -> None:
    """Other dimensions, k below one and ids that are not held are errors of the caller."""
    index = filled(backend, random_rows(3))
    writer = vectors.create(backend, tmp_path / "file", DIMENSION, 0)
    with closing(writer), pytest.raises(ValueError, match="dimension"):
        writer.add(random_rows(1)[:, 1:])
    with pytest.raises(ValueError, match="dimension"):
        index.search(random_rows(1)[:, 1:], 1)
    with pytest.raises(ValueError, match="k must"):
        index.search(random_rows(1), 0)
    for ids in (np.array([3]), np.array([-1])):
        for use in (index.reconstruct, lambda rows: index.scores(random_rows(1), rows)):
            with pytest.raises(IndexError, match="holds 3"):
                use(ids)
        with pytest.raises(IndexError, match="holds 3"):
            index.search(random_rows(1), 1, ids)


def test_the_backends_agree() -> None:
    """On vectors like those of real texts, every backend ranks as the reference does."""
    rows, asked = random_rows(2000), random_rows(10, seed=1)
    expected = filled("brute_force", rows).search(asked, 100)
    assert isinstance(filled("brute_force", rows), BruteForceIndex)
    for backend in BACKENDS:
        ids, scores = filled(backend, rows).search(asked, 100)
        np.testing.assert_array_equal(ids, expected[0])
        np.testing.assert_allclose(scores, expected[1], atol=1e-6)
