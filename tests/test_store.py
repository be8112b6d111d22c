"""The store of one generation: rows come back as they went in, and filters let through what they should."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import IndexMismatch, IndexUnavailable, NotFoundError
from indexer.models import (
    Direction,
    Document,
    FacetCount,
    FileReport,
    Filters,
    Finding,
    Grade,
    IndexFacts,
    Judgement,
    Kind,
    Metadata,
    Sentence,
)
from indexer.schema import FileRecord, StoreWriter
from indexer.store import Store
from indexer.vectors.base import IntVector

FACTS = IndexFacts("20260102T030405000006Z", "2026-01-02T03:04:05Z", 3, 6, "hashing", "0" * 64, 256, "1")

# Any text that can be encoded: control characters and NUL among it, half surrogate pairs not.
texts = st.text(st.characters(codec="utf-8"), max_size=30)
days = st.none() | st.dates()
integers = st.integers(0, 2**31)
sentences = st.builds(Sentence, integers, integers, st.sampled_from(Direction))
findings = st.builds(
    Finding,
    id=texts,
    text=texts,
    kind=st.sampled_from(Kind),
    direction=st.sampled_from(Direction),
    section=st.lists(texts, max_size=3).map(tuple),
    number=st.none() | texts,
    page_start=st.none() | integers,
    page_end=st.none() | integers,
    span=st.tuples(integers, integers),
    judgement=st.none() | st.sampled_from(Grade),
    repeated=st.booleans(),
    sentences=st.lists(sentences, max_size=3).map(tuple),
    bullet=st.booleans(),
)
metadata = st.builds(
    Metadata,
    title=texts,
    authority=st.none() | texts,
    inspection_type=st.none() | texts,
    framework=st.none() | texts,
    inspection_start=days,
    inspection_end=days,
    published=days,
    lead_inspector=st.none() | texts,
    judgements=st.lists(st.builds(Judgement, texts, st.sampled_from(Grade)), max_size=3).map(tuple),
)
documents = st.builds(
    Document,
    id=texts,
    source=texts,
    sha256=texts,
    format=texts,
    pages=integers,
    text=texts,
    metadata=metadata,
    findings=st.lists(findings, max_size=4).map(tuple),
)


def with_own_ids(given: list[Document]) -> list[Document]:
    """The same documents with ids that are all different, as content gives them."""
    number = count()
    return [
        dataclasses.replace(
            document,
            id=f"d{next(number)}",
            findings=tuple(dataclasses.replace(item, id=f"f{next(number)}") for item in document.findings),
        )
        for document in given
    ]


@contextmanager
def stored(
    documents: list[Document], files: tuple[FileRecord, ...] = (), clusters: IntVector | None = None
) -> Iterator[Store]:
    """A store that holds these documents."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "find ings?#%.sqlite"
        with StoreWriter(path) as writer:
            for document in documents:
                writer.add_document(document, "/reports")
            if clusters is not None:
                writer.set_clusters(clusters)
            writer.finish({name: str(value) for name, value in dataclasses.asdict(FACTS).items()}, files)
        with Store(path) as store:
            yield store


def a_finding(number: int, text: str, kind: Kind, direction: Direction, grade: Grade | None, heading: str) -> Finding:
    """A finding of one sentence under one heading."""
    whole = (Sentence(0, len(text), direction),)
    return Finding(f"f{number}", text, kind, direction, (heading,), None, 1, 1, (0, len(text)), grade, False, whole)


WEAKNESS, STRENGTH, NEUTRAL = Direction.WEAKNESS, Direction.STRENGTH, Direction.NEUTRAL
GOOD, INADEQUATE = Grade.GOOD, Grade.INADEQUATE
REPORTS = [
    Document(
        *("d0", "bury.txt", "a" * 64, "text", 2, "..."),
        Metadata("Letter", "Bury", "Annual unannounced inspection", published=date(2011, 4, 7)),
        (
            a_finding(0, "Strategy meeting minutes are late.", Kind.AREA_FOR_DEVELOPMENT, WEAKNESS, None, "Areas"),
            a_finding(1, "The town has many children.", Kind.CONTEXT, NEUTRAL, None, "About the area"),
        ),
    ),
    Document(
        *("d1", "hull.pdf", "b" * 64, "pdf", 9, "..."),
        Metadata("Report", "Kingston upon Hull", "Focused visit", published=date(2016, 12, 31)),
        (
            a_finding(2, "Minutes of meetings are prompt.", Kind.FINDING, STRENGTH, GOOD, "Meetings"),
            a_finding(3, "Café visits are rare.", Kind.FINDING, WEAKNESS, GOOD, "Visits"),
        ),
    ),
    Document(
        *("d2", "nowhere.html", "c" * 64, "html", 0, "..."),
        Metadata("Page"),
        (
            a_finding(4, "Planning is late.", Kind.FINDING, WEAKNESS, INADEQUATE, "Meetings"),
            a_finding(5, "Planning is late.", Kind.PRIORITY_ACTION, WEAKNESS, INADEQUATE, "Priority action"),
        ),
    ),
]


@pytest.fixture
def store() -> Iterator[Store]:
    """The three reports, stored."""
    with stored(REPORTS, clusters=np.array([0, 1, 2, 3, 4, 4])) as store:
        yield store


@settings(max_examples=50, deadline=None)
@given(given=st.lists(documents, max_size=4).map(with_own_ids))
def test_documents_survive_the_store(given: list[Document]) -> None:
    """Every document comes back with every field, finding and sentence as it went in, in its order."""
    with stored(given) as store:
        assert [store.document(row) for row in store.document_rows()] == given
        every = [item for document in given for item in document.findings]
        assert [item.finding for item in store.findings(range(len(every)))] == every
        for row, document in enumerate(given):
            assert store.document_row(document.id) == row
            summary = store.summaries([row])[row]
            assert (summary.source, summary.findings) == (document.source, len(document.findings))


@settings(max_examples=50, deadline=None)
@given(given=st.lists(documents, max_size=4).map(with_own_ids))
def test_rows_are_dense_and_in_order(given: list[Document]) -> None:
    """Findings and sentences count from 0 without gaps in the order of the documents, as their vectors do."""
    with stored(given) as store:
        rows = [store.finding_rows_of(row) for row in range(len(given))]
        assert [row for one in rows for row in one] == list(range(sum(len(one.findings) for one in given)))
        sentences = [
            store.sentence_rows_of(range(item.row, item.row + 1)) for one in rows for item in store.findings(one)
        ]
        assert [row for one in sentences for row in one] == list(range(len(store.sentence_finding)))
        found = [item for one in rows for item in store.findings(one)]
        assert [len(one) for one in sentences] == [len(item.finding.sentences) for item in found]
        assert store.finding_document.tolist() == [item.document for item in found]
        assert store.clusters.tolist() == [item.row for item in found]


def test_findings_come_in_the_order_asked(store: Store) -> None:
    """A ranking keeps its order, and a row that is not there is left out."""
    assert [item.finding.id for item in store.findings([3, 0, 99, 5])] == ["f3", "f0", "f5"]
    assert store.findings([]) == ()


def test_groups_are_kept(store: Store) -> None:
    """A finding carries the row of its near-identical group."""
    assert [item.cluster for item in store.findings(range(6))] == [0, 1, 2, 3, 4, 4]
    assert store.clusters.tolist() == [0, 1, 2, 3, 4, 4]


def test_facts_are_kept(store: Store) -> None:
    """The index says of itself what the build wrote."""
    assert store.facts() == FACTS


def test_an_unknown_id_is_named(store: Store) -> None:
    """Looking for an id that is not there says which."""
    for look, wanted in ((store.finding_row, "f99"), (store.document_row, "' OR 1 --")):
        with pytest.raises(NotFoundError, match=wanted):
            look(wanted)
    with pytest.raises(NotFoundError, match="99"):
        store.document(99)


@pytest.mark.parametrize(
    ("filters", "found", "documents"),
    [
        (Filters(), [0, 2, 3, 4, 5], [0, 1, 2]),  # context only where it is asked for
        (Filters(kind=("context",)), [1], [0]),
        (Filters(kind=("context", "finding")), [1, 2, 3, 4], [0, 1, 2]),
        (Filters(authority=("Bury",)), [0], [0]),
        (Filters(authority=("bury", "KINGSTON UPON HULL")), [0, 2, 3], [0, 1]),  # whatever the case
        (Filters(authority=("Bur",)), [], []),  # whole names
        (Filters(authority=("' OR 1=1 --",)), [], []),  # values are never taken for SQL
        (Filters(inspection_type=("focused visit",)), [2, 3], [1]),
        (Filters(direction=("weakness",)), [0, 3, 4, 5], [0, 1, 2]),
        (Filters(judgement=("good",)), [2, 3], [1]),
        (Filters(judgement=("good",), direction=("weakness",)), [3], [1]),
        (Filters(document=("d0", "d2")), [0, 4, 5], [0, 2]),
        (Filters(exclude_authority=("BURY",)), [2, 3, 4, 5], [1, 2]),  # one without an authority is not of Bury
        (Filters(authority=("Bury",), exclude_authority=("Bury",)), [], []),
        (Filters(published_from=date(2011, 4, 7)), [0, 2, 3], [0, 1]),  # the day itself counts; no date, no match
        (Filters(published_to=date(2011, 4, 7)), [0], [0]),
        (Filters(published_from=date(2012, 1, 1), published_to=date(2016, 12, 31)), [2, 3], [1]),
        (Filters(published_from=date(2020, 1, 1)), [], []),
    ],
)
def test_filters(filters: Filters, found: list[int], documents: list[int], store: Store) -> None:
    """Values of a field are alternatives, fields are joined by "and", and rows come sorted."""
    rows = store.filter_rows(filters)
    assert (rows.tolist(), rows.dtype.name) == (found, "int64")
    assert list(store.document_rows(filters)) == documents


def test_a_filter_may_be_long(store: Store) -> None:
    """More values than SQLite allows in one statement make no difference."""
    many = tuple(f"Nowhere {number}" for number in range(40_000))
    assert store.filter_rows(Filters(authority=(*many, "Bury"))).tolist() == [0]


def test_words_are_indexed(store: Store) -> None:
    """Words of text and headings lead to the row of their finding, by their stem and whatever the accents."""
    found = {}
    for word in ("minute", "meetings", "cafe", "zebra"):
        rows = store.connection().execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid", (f'"{word}"',))
        found[word] = [row["rowid"] for row in rows]
    assert found == {"minute": [0, 2], "meetings": [0, 2, 4], "cafe": [3], "zebra": []}


def test_facets_count_findings(store: Store) -> None:
    """Every value is counted over the findings given, most first; a finding without a value is not counted."""
    assert store.facet_counts("authority") == (FacetCount("Kingston upon Hull", 2), FacetCount("Bury", 1))
    assert store.facet_counts("judgement") == (FacetCount("good", 2), FacetCount("inadequate", 2))
    assert store.facet_counts("published_year", np.array([0, 1, 2, 4])) == (
        FacetCount("2011", 2),
        FacetCount("2016", 1),
    )
    assert store.facet_counts("kind", np.array([], dtype=np.int64)) == ()
    assert store.facet_counts("direction", store.filter_rows(Filters(authority=("Bury",)))) == (
        FacetCount("weakness", 1),
    )


def test_the_record_of_the_build_is_kept() -> None:
    """Every file is recorded in order, with the findings and pages of those that were read."""
    files = (
        FileRecord("/reports", "bury.txt", "a" * 64, "indexed"),
        FileRecord("/reports", "copy.txt", "a" * 64, "skipped", "same content as bury.txt"),
        FileRecord("/reports", "secret", "", "skipped", "it cannot be opened"),
        FileRecord("/others", "bury.txt", "d" * 64, "removed", "the file is no longer there"),
    )
    with stored(REPORTS, files) as store:
        assert store.file_records() == files
        assert store.files() == (
            FileReport("bury.txt", "indexed", "", 2, 2),
            FileReport("copy.txt", "skipped", "same content as bury.txt"),
            FileReport("secret", "skipped", "it cannot be opened"),
            FileReport("bury.txt", "removed", "the file is no longer there"),
        )


def test_every_thread_may_read(store: Store) -> None:
    """Threads read at the same time, each by a connection of its own."""
    found: list[object] = []

    def read() -> None:
        for _ in range(20):
            found.append(
                (
                    store.filter_rows(Filters(judgement=("good",))).tolist(),
                    store.findings([2])[0].finding.id,
                    id(store.connection()),
                )
            )

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert {repr(item[:2]) for item in found if isinstance(item, tuple)} == {"([2, 3], 'f2')"}


def test_nothing_can_be_written(store: Store) -> None:
    """Readers cannot change a generation."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.connection().execute("DELETE FROM findings")


def test_a_closed_store_says_so(store: Store) -> None:
    """After closing, nothing is read, and closing again does no harm."""
    store.facts()
    store.close()
    store.close()
    with pytest.raises(IndexUnavailable, match="closed"):
        store.facts()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A store whose file is gone says which."""
    with pytest.raises(IndexUnavailable, match=r"nothing\.sqlite"):
        Store(tmp_path / "nothing.sqlite").facts()


def test_a_missing_fact_is_named(tmp_path: Path) -> None:
    """An index that leaves out what it must say of itself is refused."""
    with StoreWriter(tmp_path / "x.sqlite") as writer:
        writer.finish({"generation": "x"}, ())
    with Store(tmp_path / "x.sqlite") as store, pytest.raises(IndexMismatch, match="built"):
        store.facts()


def test_what_is_not_finished_is_not_there(tmp_path: Path) -> None:
    """A writer that ends before its time leaves no rows."""
    with StoreWriter(tmp_path / "x.sqlite") as writer:
        writer.add_document(REPORTS[0], "/reports")
    with Store(tmp_path / "x.sqlite") as store, pytest.raises(sqlite3.DatabaseError):
        store.document_rows()
