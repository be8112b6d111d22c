"""The index in Milvus: the same answers as from the files of the index folder, on Milvus Lite."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import milvus_lite
import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from app.cli import app
from app.main import create_app
from indexer.build import build
from indexer.config import MilvusSettings, Settings, load_settings
from indexer.embedder import Encoder, load_encoder
from indexer.errors import ConfigError, FindingsError, IndexMismatch, IndexUnavailable
from indexer.generations import current_name, open_generation
from indexer.milvus import layout, upload
from indexer.milvus.layout import Codes, pair
from indexer.milvus.opening import name_in_use, open_in_milvus
from indexer.milvus.retrieval import MilvusRetrieval
from indexer.milvus.server import MOST, Collection, Server, among, both, parts
from indexer.milvus.vectors import MilvusIndex
from indexer.models import Answer, Filters, Mode, Query
from indexer.search import Engine, EngineHolder
from tests.conftest import HashingEncoder
from tests.small_index import WordEncoder, document, finding, write_index

SEEDS = Path(__file__).parent.parent / "seeds"
MODES: tuple[Mode, ...] = ("hybrid", "semantic", "keyword")
QUERIES = (
    "delay in strategy meeting minutes",
    "children do not get visits from their social worker",
    # An acronym and a long form, which count as one.
    "CAF",
    "use of the common assessment framework by partner agencies",
    "teenagers who go missing from foster homes",
    # Words that every finding, hardly any, and no finding holds; some misspelt.
    "the and of it",
    "Bury LADO timeliness of assesments",
    "museum zzyzx",
    # Several sentences, more words than are scored, and words in quotation marks.
    "Assessments are late. Managers do not oversee them. The voice of the child is missing.",
    '"strategy meetings" minutes',
    '"common assessment framework" "children"',
)
FILTERS = (
    Filters(),
    Filters(authority=("bury", "SHEFFIELD"), kind=("strength", "area_for_development")),
    Filters(exclude_authority=("Bury",), direction=("weakness", "mixed")),
    Filters(published_from=date(2011, 1, 1), published_to=date(2017, 1, 1)),
    Filters(kind=("context",)),
    Filters(judgement=("good", "requires improvement")),
    Filters(inspection_type=("MONITORING visit",)),
    Filters(document=("nothing has this id",)),
    # What a filter holds is data: it never becomes part of the expression.
    Filters(authority=('"] or row >= 0 or authority in ["',)),
)
INDEX_TYPES = ("FLAT", "HNSW", "IVF_SQ8")
"""Those that Milvus Lite has."""


def in_milvus(index_dir: Path, database: Path, **changes: object) -> Settings:
    """Settings of an index folder that is searched in a file of Milvus Lite."""
    return Settings.model_validate(
        {"index_dir": index_dir, "store": "milvus", "milvus": {"uri": str(database), "timeout_seconds": 120}} | changes
    )


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of Milvus Lite."""
    path = tmp_path_factory.mktemp("milvus") / "index.db"
    yield path
    milvus_lite.server_manager_instance.release_server(str(path))


@pytest.fixture
def own_lite(tmp_path: Path) -> Iterator[Path]:
    """A file of Milvus Lite of one test's own."""
    path = tmp_path / "own.db"
    yield path
    milvus_lite.server_manager_instance.release_server(str(path))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory, lite: Path) -> Settings:
    """The seeds, indexed and uploaded."""
    settings = in_milvus(tmp_path_factory.mktemp("seeds") / "index", lite)
    build(settings, [SEEDS], encoder=WordEncoder())
    upload.upload(settings)
    return settings


@contextmanager
def both_stores(settings: Settings, encoder: Encoder) -> Iterator[tuple[Engine, Engine]]:
    """The same index, embedded and in Milvus."""
    with (
        closing(Engine.open(settings.model_copy(update={"store": "embedded"}), encoder)) as embedded,
        closing(Engine.open(settings, encoder)) as distributed,
    ):
        yield embedded, distributed


@pytest.fixture(scope="module")
def engines(seeds: Settings) -> Iterator[tuple[Engine, Engine]]:
    """The seeds in both stores, with so many candidates that every finding is one."""
    with both_stores(seeds, WordEncoder()) as opened:
        yield opened


def same(one: Answer, other: Answer) -> None:
    """See that two answers are the same but for the time they took, and their scores to the fourth decimal."""
    assert [hit.finding.id for hit in one.hits] == [hit.finding.id for hit in other.hits]
    assert np.allclose([hit.score for hit in one.hits], [hit.score for hit in other.hits], atol=1e-4)
    without = [replace(hit, score=0, explanation=None) for hit in one.hits]
    assert without == [replace(hit, score=0, explanation=None) for hit in other.hits]
    for hit, twin in zip(one.hits, other.hits, strict=True):
        legs, twins = (each.explanation.legs if each.explanation else () for each in (hit, twin))
        assert [(leg.name, leg.rank) for leg in legs] == [(leg.name, leg.rank) for leg in twins]
        assert np.allclose([leg.value for leg in legs], [leg.value for leg in twins], atol=1e-3)
    assert replace(one, hits=(), took_ms=0) == replace(other, hits=(), took_ms=0)


# ---------------------------------------------------------------------------------------------- the same answers


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", QUERIES)
def test_a_search_gives_the_same(engines: tuple[Engine, Engine], text: str, mode: Mode) -> None:
    """Ids, order, scores, marks, totals and facets are those of the embedded index, whatever is asked for."""
    embedded, distributed = engines
    query = Query(text, limit=100, mode=mode, weak=True, explain=True)
    same(embedded.search(query), distributed.search(query))


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_filter_lets_the_same_through(engines: tuple[Engine, Engine], filters: Filters) -> None:
    """Filters hold inside every way of searching, as in the embedded index."""
    embedded, distributed = engines
    for mode in MODES:
        query = Query(QUERIES[1], limit=100, mode=mode, filters=filters)
        same(embedded.search(query), distributed.search(query))


def test_few_candidates_are_the_same(seeds: Settings) -> None:
    """Each way of searching puts the same findings forward, where these are but a small part of all that pass."""
    narrow = seeds.model_copy(update={"search": seeds.search.model_copy(update={"candidates": 10})})
    with both_stores(narrow, WordEncoder()) as (embedded, distributed):
        for text in QUERIES:
            for filters in FILTERS[:2]:
                asked = embedded.ask(text)
                one, other = (each.retrieval.candidates(asked, filters, "hybrid") for each in (embedded, distributed))
                assert np.array_equal(one.rows, other.rows)
                assert np.allclose(one.signals, other.signals, atol=1e-3)


def test_a_filter_is_the_same_expression_everywhere(seeds: Settings) -> None:
    """What a filter lets through in Milvus is what it lets through in the store."""
    with open_in_milvus(seeds) as generation:
        assert isinstance(generation.finding_vectors, MilvusIndex)
        every = np.arange(generation.manifest.findings)
        some = 0
        for filters in FILTERS:
            where = Codes(generation.store).where(filters)
            found = every[:0] if where is None else generation.finding_vectors.collection.passing(every, where)
            assert np.array_equal(found, generation.store.filter_rows(filters)), filters
            some += 0 < len(found) < len(every)
        assert some >= 5


@pytest.mark.parametrize("mode", MODES)
def test_similar_findings_are_the_same(engines: tuple[Engine, Engine], mode: Mode) -> None:
    """The findings comparable to a finding are those of the embedded index, itself and its like left out."""
    embedded, distributed = engines
    for hit in embedded.search(Query(QUERIES[0], limit=2)).hits:
        query = Query("", limit=100, mode=mode, filters=Filters(exclude_authority=("Leeds",)))
        found = distributed.similar(hit.finding.id, query)
        same(embedded.similar(hit.finding.id, query), found)
        assert hit.finding.id not in {other.finding.id for other in found.hits}


def test_pages_and_caps_are_the_same(engines: tuple[Engine, Engine]) -> None:
    """Paging, a cap on the results of one report, another bar and another direction change nothing of it."""
    embedded, distributed = engines
    for query in (
        Query(QUERIES[0], limit=3, offset=2),
        Query(QUERIES[1], limit=50, per_document=1),
        Query(QUERIES[1], limit=50, min_relevance=0.05),
        Query(QUERIES[4], limit=50, direction="strength"),
    ):
        same(embedded.search(query), distributed.search(query))


def test_words_are_scored_the_same(engines: tuple[Engine, Engine]) -> None:
    """Every finding has the BM25 and the coverage that it has in the embedded index, to the last digit but one."""
    embedded, distributed = engines
    assert isinstance(distributed.retrieval, MilvusRetrieval)
    rows = np.arange(embedded.facts.findings)
    for text in QUERIES:
        words = embedded.ask(text, "keyword").words
        expected, found = embedded.retrieval.words.score(words), distributed.retrieval.words.score_of(words, rows)
        assert np.allclose(expected.bm25, found.bm25, atol=1e-6), text
        assert np.allclose(expected.coverage, found.coverage, atol=1e-6), text


@pytest.mark.parametrize("k", [1, 7, 40])
def test_the_best_by_words_are_the_best(engines: tuple[Engine, Engine], k: int) -> None:
    """The findings put forward by words have the highest scores, where a word can be said in several ways too."""
    embedded, distributed = engines
    assert isinstance(distributed.retrieval, MilvusRetrieval)
    assert not isinstance(embedded.retrieval, MilvusRetrieval)
    for text in QUERIES:
        words = embedded.ask(text, "keyword").words
        scores = embedded.retrieval.words.score(words).bm25
        best = np.sort(scores)[::-1][:k]
        found = distributed.retrieval.words.best(words, k, "")
        assert np.allclose(np.sort(scores[found])[::-1], best[best > 0], atol=1e-6), text


def test_how_much_one_finding_holds_is_told(engines: tuple[Engine, Engine]) -> None:
    """Whether any finding holds all words of a query is known without the words of every finding."""
    embedded, distributed = engines
    some = 0
    for text in (*QUERIES, "delay", "meetings minutes", "children assessment social worker timely"):
        words = embedded.ask(text, "keyword").words
        expected = embedded.retrieval.words.score(words).coverage.max(initial=0) > 0.999
        assert (distributed.retrieval.words.score(words).coverage.max(initial=0) > 0.999) == expected, text
        some += expected
    assert 0 < some < len(QUERIES) + 3


# ---------------------------------------------------------------------------------------------- vectors


@pytest.mark.parametrize("index_type", INDEX_TYPES)
def test_the_port_keeps_its_promises(seeds: Settings, index_type: str, own_lite: Path) -> None:
    """Scores and vectors are exact whatever the index, and a search finds what comparing all finds, or nearly."""
    settings = in_milvus(seeds.index_dir, own_lite)
    milvus = settings.milvus.model_copy(update={"index_type": index_type})
    upload.upload(settings.model_copy(update={"milvus": milvus}))
    queries = WordEncoder().encode_query(QUERIES)
    with open_generation(seeds.index_dir) as expected, open_in_milvus(settings) as generation:
        index, reference = generation.sentence_vectors, expected.sentence_vectors
        assert (len(index), index.dimension) == (len(reference), reference.dimension)
        some = np.array([5, 3, 900, 3])
        assert np.array_equal(index.reconstruct(some), reference.reconstruct(some))
        for rows in (some, np.arange(len(index)), some[:0]):
            assert np.allclose(index.scores(queries, rows), reference.scores(queries, rows), atol=1e-5)
        for allowed in (None, np.arange(0, len(index), 7), np.arange(4), some[:0]):
            ids, scores = index.search(queries, 10, allowed)
            best, their_scores = reference.search(queries, 10, allowed)
            # By their scores: of rows that are alike any may be found.
            exact = index_type == "FLAT" or allowed is not None
            assert np.mean(scores >= their_scores[:, -1:] - 1e-5) >= (1 if exact else 0.9)
            assert np.array_equal(ids >= 0, best >= 0)
            known = ids[0][ids[0] >= 0]
            assert np.allclose(scores[0][: len(known)], reference.scores(queries[:1], known)[0], atol=1e-5)
        with pytest.raises(IndexError):
            index.scores(queries, np.array([len(index)]))
        with pytest.raises(ValueError, match="16,384"):
            index.search(queries, MOST + 1)


def test_an_approximate_index_answers_alike(engines: tuple[Engine, Engine], seeds: Settings, own_lite: Path) -> None:
    """With an index that leaves rows out the scores of what is found are the same."""
    settings = in_milvus(seeds.index_dir, own_lite)
    settings = settings.model_copy(update={"milvus": settings.milvus.model_copy(update={"index_type": "IVF_SQ8"})})
    upload.upload(settings)
    with closing(Engine.open(settings, WordEncoder())) as approximate:
        for text in QUERIES:
            scores = {hit.finding.id: hit.score for hit in engines[0].search(Query(text, limit=100)).hits}
            found = {hit.finding.id: hit.score for hit in approximate.search(Query(text, limit=100)).hits}
            assert all(abs(score - scores[each]) < 1e-4 for each, score in found.items() if each in scores)
            assert len(found.keys() & scores.keys()) >= 0.9 * len(scores)


def test_filters_are_put_together() -> None:
    """Filters are joined by "and", and rows are named in parts that Milvus takes."""
    assert both("", "kind != 6", "") == "(kind != 6)"
    assert both(among("row", [3, 1]), "kind != 6") == "(row in [3, 1]) and (kind != 6)"
    assert both("", "") == ""
    assert [len(part) for part in parts(np.arange(2 * MOST + 1))] == [MOST, MOST, 1]
    assert list(parts(np.arange(0))) == []


# ---------------------------------------------------------------------------------------------- uploading


def small(folder: Path, *more: str) -> str:
    """Write an index of a few findings; gives the name of its generation."""
    texts = ("Minutes of strategy meetings are late. Visits are rare.", "Visits to children are regular.", *more)
    return write_index(folder, [document("a.txt", "Bury", date(2020, 1, 1), list(map(finding, texts)))], WordEncoder())


def texts_of(settings: Settings, query: str = "visits to children") -> set[str]:
    """The texts of the findings that a search gives."""
    with closing(Engine.open(settings, WordEncoder())) as engine:
        return {hit.finding.text for hit in engine.search(Query(query, min_relevance=0.0)).hits}


def written(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Upload, and tell of each batch into which sort of collection it went."""
    batches: list[str] = []
    insert = Collection.insert

    def noting(collection: Collection, rows: list[dict[str, object]]) -> None:
        batches.append(collection.name.rpartition("_")[2])
        insert(collection, rows)

    with monkeypatch.context() as patched:
        patched.setattr(Collection, "insert", noting)
        upload.upload(settings)
    return batches


def test_an_upload_goes_in_batches_and_is_done_once(
    tmp_path: Path, own_lite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are written some at a time with their progress, and nothing is written where all is there."""
    monkeypatch.setattr(upload, "BATCH", 2)
    settings = in_milvus(tmp_path / "index", own_lite)
    name = small(settings.index_dir, "Plans drift.")
    seen: list[tuple[int, int]] = []
    upload.upload(settings, lambda done, total: seen.append((done, total)))
    # Three findings and four sentences, two at a time.
    assert seen == [(2, 7), (3, 7), (5, 7), (7, 7)]
    assert name_in_use(settings) == name
    assert written(settings, monkeypatch) == []
    assert "Plans drift." in texts_of(settings, "plans drift")


def test_an_interrupted_upload_leaves_the_index_in_use(
    tmp_path: Path, own_lite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until all is there, searches are answered from what was there before; a second attempt writes what is missing."""
    monkeypatch.setattr(upload, "BATCH", 2)
    settings = in_milvus(tmp_path / "index", own_lite)
    first = small(settings.index_dir)
    upload.upload(settings)
    second = small(settings.index_dir, "Visits to children are rare.", "Plans drift.")

    def interrupt(done: int, total: int) -> None:
        if done > 5:  # the findings are there, and a part of the sentences
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upload.upload(settings, interrupt)
    assert (name_in_use(settings), current_name(settings.index_dir)) == (first, second)
    assert "Visits to children are rare." not in texts_of(settings)
    assert written(settings, monkeypatch) == ["sentences"] * 3
    assert name_in_use(settings) == second
    assert "Visits to children are rare." in texts_of(settings)


def test_what_was_not_written_whole_is_written_again(
    tmp_path: Path, own_lite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collection that has lost rows is refused, and the next upload replaces it."""
    settings = in_milvus(tmp_path / "index", own_lite)
    name = small(settings.index_dir)
    upload.upload(settings)
    server = Server(settings.milvus)
    sentences = pair(server, "findings", name).sentences
    server.client.delete(sentences.name, filter="row == 1")
    with pytest.raises(IndexMismatch, match=r"_sentences in Milvus at .* has 2 rows and should have 3: upload it with"):
        open_in_milvus(settings)
    assert written(settings, monkeypatch) == ["sentences"]
    open_in_milvus(settings).close()


def test_a_collection_that_does_not_take_its_rows_is_said(
    tmp_path: Path, own_lite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload that Milvus did not keep whole fails and leaves nothing half done."""
    settings = in_milvus(tmp_path / "index", own_lite)
    small(settings.index_dir)
    insert = Collection.insert
    monkeypatch.setattr(Collection, "insert", lambda collection, rows: insert(collection, rows[1:]))
    with pytest.raises(IndexMismatch, match="has 1 rows and should have 2 after it was written"):
        upload.upload(settings)
    assert Server(settings.milvus).collections() == []


def test_old_generations_are_removed_as_they_are_on_disk(tmp_path: Path, own_lite: Path) -> None:
    """Milvus holds the generations that the index folder has, and collections of other names stay."""
    settings = in_milvus(tmp_path / "index", own_lite)
    server = Server(settings.milvus)
    layout.create(server.collection("findings_of_others"), 4, sentences=True)
    names = []
    for more in ("One.", "Two.", "Three."):
        names.append(small(settings.index_dir, more))
        upload.upload(settings)
    kept = {f"findings_{name}_{part}" for name in names[1:] for part in ("findings", "sentences")}
    assert set(server.collections()) == {*kept, "findings_of_others"}


def test_two_indexes_share_a_server(tmp_path: Path, own_lite: Path) -> None:
    """Under a name of its own each index has its own generations."""
    one = in_milvus(tmp_path / "one", own_lite)
    named = MilvusSettings(uri=str(own_lite), name="findings_two", timeout_seconds=20)
    two = in_milvus(tmp_path / "two", own_lite).model_copy(update={"milvus": named})
    small(one.index_dir)
    small(two.index_dir, "Plans for children drift.")
    for settings in (one, two):
        upload.upload(settings)
    assert "Plans for children drift." in texts_of(two)
    assert "Plans for children drift." not in texts_of(one)


def test_a_service_follows_the_alias(tmp_path: Path, own_lite: Path) -> None:
    """A running service takes a new generation up when it is in Milvus, and not before."""
    settings = in_milvus(tmp_path / "index", own_lite, reload_seconds=0.01)
    first = small(settings.index_dir)
    upload.upload(settings)
    with closing(EngineHolder(settings, WordEncoder())) as holder:
        holder.start()
        second = small(settings.index_dir, "Plans drift.")
        time.sleep(0.05)
        assert holder.engine().facts.generation == first
        upload.upload(settings)
        end = time.monotonic() + 20
        while holder.engine().facts.generation != second:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_the_command_uploads_what_it_builds(tmp_path: Path, own_lite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`findings index` ends with the index in Milvus where the settings ask for it, and begins by asking for Milvus."""
    monkeypatch.setenv("FINDINGS_STORE", "milvus")
    monkeypatch.setenv("FINDINGS_MILVUS__URI", str(own_lite))
    monkeypatch.setattr("indexer.build.load_encoder", lambda *_: WordEncoder())
    monkeypatch.setattr("indexer.build.find_model", lambda model: WordEncoder())
    command = ["index", str(SEEDS / "000_9cb22fb2d7aea2eb.txt"), "--index", str(tmp_path / "index")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert f"Milvus at {own_lite} answers from it." in result.output
    assert name_in_use(in_milvus(tmp_path / "index", own_lite)) == current_name(tmp_path / "index")
    monkeypatch.setenv("FINDINGS_MILVUS__URI", str(tmp_path / "no folder" / "index.db"))
    result = CliRunner().invoke(app, [*command[:-1], str(tmp_path / "other")])
    assert result.exit_code == 1
    assert "cannot answer" in result.stderr
    assert not (tmp_path / "other").exists()


# ---------------------------------------------------------------------------------------------- opening


def test_a_service_needs_the_texts_alone(tmp_path: Path, seeds: Settings) -> None:
    """The folder of a machine that serves may be without the vectors: they are in Milvus."""
    index_dir = tmp_path / "copy"
    shutil.copytree(seeds.index_dir, index_dir, ignore=shutil.ignore_patterns("*.faiss", "build.lock", "encoder*"))
    assert len(list(index_dir.glob("generations/*/*"))) == 2
    with (
        closing(Engine.open(seeds, WordEncoder())) as engine,
        closing(Engine.open(seeds.model_copy(update={"index_dir": index_dir}), WordEncoder())) as copied,
    ):
        same(engine.search(Query(QUERIES[0])), copied.search(Query(QUERIES[0])))


def no_alias(settings: Settings, lite: Path) -> Settings:
    """Milvus holds another index."""
    return settings.model_copy(update={"milvus": settings.milvus.model_copy(update={"name": "others"})})


def other_folder(settings: Settings, lite: Path) -> Settings:
    """The index folder has another generation than Milvus."""
    small(lite.parent / "other")
    return settings.model_copy(update={"index_dir": lite.parent / "other"})


def no_collection(settings: Settings, lite: Path) -> Settings:
    """One of the two collections has been removed."""
    pair(Server(settings.milvus), "findings", name_in_use(settings)).sentences.drop()
    return settings


def other_length(settings: Settings, lite: Path) -> Settings:
    """A collection has vectors of another length."""
    collection = pair(Server(settings.milvus), "findings", name_in_use(settings)).sentences
    collection.drop()
    layout.create(collection, 7, sentences=True)
    return settings


def not_indexed(settings: Settings, lite: Path) -> Settings:
    """A collection was never completed."""
    collection = pair(Server(settings.milvus), "findings", name_in_use(settings)).sentences
    collection.drop()
    layout.create(collection, 256, sentences=True)
    return settings


def foreign_alias(settings: Settings, lite: Path) -> Settings:
    """The alias stands for a collection of somebody else."""
    server = Server(settings.milvus)
    layout.create(server.collection("somebody_elses"), 4, sentences=True)
    server.set_alias("findings", "somebody_elses")
    return settings


def damaged_store(settings: Settings, lite: Path) -> Settings:
    """The file with the texts has been changed."""
    store = next(settings.index_dir.glob("generations/*/findings.sqlite"))
    store.write_bytes(store.read_bytes()[:-1] + b"!")
    return settings


def too_many_candidates(settings: Settings, lite: Path) -> Settings:
    """More candidates are wanted than Milvus gives."""
    return settings.model_copy(update={"search": settings.search.model_copy(update={"candidates": 6000})})


@pytest.mark.parametrize(
    ("wrong", "error", "parts"),
    [
        (no_alias, IndexUnavailable, ["holds no index 'others'", "findings index FOLDER --index", "milvus.name"]),
        (other_folder, IndexUnavailable, ["other does not: copy generations/", "findings index FOLDER --index"]),
        (no_collection, IndexMismatch, ["_sentences in Milvus at", "is missing: upload it with `findings index"]),
        (other_length, IndexMismatch, ["has vectors of 7 numbers and should have 256: upload it with"]),
        (not_indexed, IndexMismatch, ["is not complete: upload it with"]),
        (foreign_alias, IndexMismatch, ["stands for somebody_elses", "set milvus.name to another name"]),
        (damaged_store, IndexMismatch, ["findings.sqlite has another checksum", "build it again with"]),
        (too_many_candidates, ConfigError, ["search.candidates is 6,000", "at most 5,461"]),
    ],
)
def test_an_index_that_does_not_fit_is_refused(
    wrong: Callable[[Settings, Path], Settings],
    error: type[FindingsError],
    parts: list[str],
    tmp_path: Path,
    own_lite: Path,
) -> None:
    """Opening says in one line what is wrong, where, and what to do."""
    settings = in_milvus(tmp_path / "index", own_lite)
    small(settings.index_dir)
    upload.upload(settings)
    with pytest.raises(error) as raised:
        Engine.open(wrong(settings, own_lite), WordEncoder())
    for part in parts:
        assert part in str(raised.value)
    assert "\n" not in str(raised.value)


def test_another_model_is_refused(tmp_path: Path, own_lite: Path) -> None:
    """Vectors of another model than the query's are not compared with it, wherever they are."""
    settings = in_milvus(tmp_path / "index", own_lite)
    small(settings.index_dir)
    upload.upload(settings)
    with pytest.raises(IndexMismatch, match=r"built with the model words .* set the model back, or build it again"):
        Engine.open(settings, HashingEncoder())


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://127.0.0.1:1", "Milvus at http://127.0.0.1:1 cannot answer"),
        ("http://name.invalid:19530", "Milvus at http://name.invalid:19530 cannot answer"),
        ("no folder/index.db", "dir: no folder not exists"),
    ],
)
def test_a_server_that_is_not_there_is_said(
    tmp_path: Path, uri: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """What cannot be reached is named, once, without a trace."""
    settings = in_milvus(tmp_path / "index", tmp_path / "unused.db")
    milvus = MilvusSettings(uri=uri, timeout_seconds=1)
    with pytest.raises(IndexUnavailable, match=re.escape(reason)) as raised:
        Engine.open(settings.model_copy(update={"milvus": milvus}), WordEncoder())
    assert "milvus.uri" in str(raised.value)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("URI", "localhost:19530", "begins with http:// or https://"),
        ("URI", "https://root:secret@milvus.example.org", "given as milvus.token"),
        ("NAME", "findings-2", "letters, digits and underscores"),
        ("INDEX_TYPE", "hnsw", "'HNSW'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(
    name: str, value: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address, a name or a type that Milvus would not take is said at the start, with what is allowed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"FINDINGS_MILVUS__{name}", value)
    with pytest.raises(ConfigError, match=f"FINDINGS_MILVUS__{name}: .*{reason}"):
        load_settings()


def test_a_package_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the setting is refused with the way out, and nothing else needs it."""
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    settings = in_milvus(tmp_path / "index", tmp_path / "unused.db")
    with pytest.raises(ConfigError, match=r"pip install 'findings\[milvus\]'"):
        Engine.open(settings, WordEncoder())
    small(settings.index_dir)
    Engine.open(settings.model_copy(update={"store": "embedded"}), WordEncoder()).close()


def test_a_server_that_goes_away_is_no_crash(tmp_path: Path, own_lite: Path) -> None:
    """Where Milvus no longer answers, the service says that it is unavailable, and is there again with it."""
    settings = in_milvus(tmp_path / "index", own_lite)
    settings = settings.model_copy(update={"milvus": settings.milvus.model_copy(update={"timeout_seconds": 1.0})})
    name = small(settings.index_dir)
    upload.upload(settings)
    with TestClient(create_app(settings, WordEncoder())) as client:
        assert client.get("/api/v1/search", params={"q": "visits"}).status_code == 200
        pair(Server(settings.milvus), "findings", name).sentences.drop()
        answer = client.get("/api/v1/search", params={"q": "visits"})
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert "cannot answer" in answer.json()["detail"]
        assert client.get("/", params={"q": "visits"}).status_code == 503
        # What is shown and not searched is still there.
        assert client.get("/api/v1/documents").json()["total"] == 1


# ---------------------------------------------------------------------------------------------- the real model


@pytest.mark.slow
def test_the_real_model_gives_the_same(tmp_path: Path, own_lite: Path) -> None:
    """With the product's own encoder and the seeds, answers are those of the embedded index."""
    settings = in_milvus(tmp_path / "index", own_lite)
    encoder = load_encoder(settings)
    build(settings, [SEEDS], encoder=encoder)
    upload.upload(settings)
    with both_stores(settings, encoder) as (embedded, distributed):
        for text in QUERIES:
            for mode in MODES:
                query = Query(text, limit=50, mode=mode, weak=True)
                same(embedded.search(query), distributed.search(query))
        for hit in embedded.search(Query(QUERIES[0], limit=3)).hits:
            same(embedded.similar(hit.finding.id, Query("")), distributed.similar(hit.finding.id, Query("")))
