"""Reads the SQLite file of one generation, from many threads at once; `schema` says what is in it."""

from __future__ import annotations

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np

from indexer.errors import IndexMismatch, IndexUnavailable, NotFoundError
from indexer.models import (
    Direction,
    Document,
    DocumentSummary,
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
from indexer.schema import FileRecord
from indexer.vectors.base import IntVector

Facet = Literal["authority", "inspection_type", "kind", "direction", "judgement", "published_year"]

FACET_COLUMNS: Mapping[Facet, str] = {
    "authority": "d.authority",
    "inspection_type": "d.inspection_type",
    "kind": "f.kind",
    "direction": "f.direction",
    "judgement": "f.judgement",
    "published_year": "substr(d.published, 1, 4)",
}


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding with its place in the index: its own row, its document's, and that of its near-identical group."""

    row: int
    document: int
    cluster: int
    finding: Finding


class _Connection(sqlite3.Connection):
    """A connection that can be held weakly, so that those of ended threads close by themselves."""


class Store:
    """Reads one generation's file. Every method may be called from any thread: each thread has its own connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # "immutable" spares the locks and lets the file lie on a read-only disk; a generation never changes.
        self._uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        self._connections: weakref.WeakSet[_Connection] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, read-only, with rows by name.

        Raises:
            IndexUnavailable: the store is closed, or the file cannot be opened.
        """
        found: _Connection | None = getattr(self._local, "connection", None)
        if found is not None and not self._closed:
            return found
        with self._lock:
            if self._closed:
                raise IndexUnavailable(f"the index file {self.path} has been closed")
            try:
                # A connection is only ever used by its thread; `close` may come from another.
                made = sqlite3.connect(self._uri, uri=True, check_same_thread=False, factory=_Connection)
            except sqlite3.Error as error:
                raise IndexUnavailable(f"cannot open the index file {self.path}: {error}") from error
            made.row_factory = sqlite3.Row
            self._connections.add(made)
        self._local.connection = made
        return made

    def close(self) -> None:
        """Close every thread's connection; calling it twice does no harm."""
        with self._lock:
            self._closed = True
            for connection in tuple(self._connections):
                connection.close()

    # ------------------------------------------------------------------------------------------ facts

    def facts(self) -> IndexFacts:
        """What the index says of itself."""
        facts = {row["key"]: row["value"] for row in self._query("SELECT key, value FROM facts")}
        try:
            return IndexFacts(
                generation=facts["generation"],
                built=facts["built"],
                documents=int(facts["documents"]),
                findings=int(facts["findings"]),
                model=facts["model"],
                model_sha256=facts["model_sha256"],
                dimension=int(facts["dimension"]),
                pipeline=facts["pipeline"],
            )
        except KeyError as error:
            raise IndexMismatch(
                f"the index file {self.path} does not state its {error.args[0]}; build it again"
            ) from None

    def file_records(self) -> tuple[FileRecord, ...]:
        """The record of the build, in its order."""
        rows = self._query(
            "SELECT f.root, f.source, f.sha256, status, reason, coalesce(findings, 0), coalesce(pages, 0) FROM files f"
            " LEFT JOIN documents d ON d.root = f.root AND d.source = f.source AND d.sha256 = f.sha256 ORDER BY f.rowid"
        )
        return tuple(FileRecord(*row) for row in rows)

    def files(self) -> tuple[FileReport, ...]:
        """The record of the build as shown to people."""
        return tuple(record.report for record in self.file_records())

    # ------------------------------------------------------------------------------------------ documents

    def document_row(self, document_id: str) -> int:
        """The row of a document.

        Raises:
            NotFoundError: no document has this id.
        """
        for row in self._query("SELECT row FROM documents WHERE id = ?", document_id):
            return int(row["row"])
        raise NotFoundError(f"no document has the id {document_id!r}")

    def document_rows(self, filters: Filters | None = None) -> tuple[int, ...]:
        """Rows of the documents that pass the filters, in order; limits on findings ask for one such finding."""
        filters = filters or Filters()
        where, values = _document_conditions(filters)
        finding_where, finding_values = _finding_conditions(filters)
        if filters.kind or filters.direction or filters.judgement:
            where += f" AND EXISTS (SELECT 1 FROM findings f WHERE f.document = d.row AND {finding_where})"
            values += finding_values
        return tuple(
            row["row"] for row in self._query(f"SELECT row FROM documents d WHERE {where} ORDER BY row", *values)
        )

    def summaries(self, rows: Iterable[int]) -> dict[int, DocumentSummary]:
        """Documents by row, without their text and findings; rows that are not there are left out."""
        wanted = _json(rows)
        judgements: dict[int, list[Judgement]] = {}
        for item in self._query(
            "SELECT document, area, grade FROM judgements WHERE document IN (SELECT value FROM json_each(?))"
            " ORDER BY document, position",
            wanted,
        ):
            judgements.setdefault(item["document"], []).append(Judgement(item["area"], Grade(item["grade"])))
        found = self._query(
            "SELECT row, id, source, sha256, format, pages, findings, title, authority, inspection_type, framework,"
            " inspection_start, inspection_end, published, lead_inspector"
            " FROM documents WHERE row IN (SELECT value FROM json_each(?)) ORDER BY row",
            wanted,
        )
        return {row["row"]: _summary(row, tuple(judgements.get(row["row"], ()))) for row in found}

    def location(self, document_id: str) -> Path:
        """The file that a document was read from, as it was met when the index was built.

        Raises:
            NotFoundError: no document has this id.
        """
        for row in self._query("SELECT root, source FROM documents WHERE id = ?", document_id):
            root = Path(row["root"])
            return root if root.is_file() else root / row["source"]
        raise NotFoundError(f"no document has the id {document_id!r}")

    def document(self, row: int) -> Document:
        """One document whole, as it was given to the build.

        Raises:
            NotFoundError: there is no such row.
        """
        summary = self.summaries([row]).get(row)
        if summary is None:
            raise NotFoundError(f"the index has no document in row {row}")
        (text,) = self._query("SELECT text FROM documents WHERE row = ?", row)
        return Document(
            id=summary.id,
            source=summary.source,
            sha256=summary.sha256,
            format=summary.format,
            pages=summary.pages,
            text=text["text"],
            metadata=summary.metadata,
            findings=tuple(item.finding for item in self.findings(self.finding_rows_of(row))),
        )

    # ------------------------------------------------------------------------------------------ findings

    def finding_row(self, finding_id: str) -> int:
        """The row of a finding.

        Raises:
            NotFoundError: no finding has this id.
        """
        for row in self._query("SELECT row FROM findings WHERE id = ?", finding_id):
            return int(row["row"])
        raise NotFoundError(f"no finding has the id {finding_id!r}")

    def finding_rows(self, finding_ids: Iterable[str]) -> dict[str, int]:
        """The rows of findings by their ids; ids that no finding has are left out."""
        found = self._query(
            "SELECT id, row FROM findings WHERE id IN (SELECT value FROM json_each(?))", _json(finding_ids)
        )
        return {row["id"]: row["row"] for row in found}

    def finding_rows_of(self, document: int) -> range:
        """The rows of one document's findings, of every kind, in the order of the document."""
        (row,) = self._query("SELECT min(row) AS first, count(*) AS n FROM findings WHERE document = ?", document)
        return range(row["first"], row["first"] + row["n"]) if row["n"] else range(0)

    def sentence_rows_of(self, findings: range) -> range:
        """The rows of the sentences of consecutive findings."""
        first, last = np.searchsorted(self.sentence_finding, [findings.start, findings.stop])
        return range(int(first), int(last))

    def findings(self, rows: Iterable[int]) -> tuple[StoredFinding, ...]:
        """Findings by row, in the order asked, with their sentences; rows that are not there are left out."""
        asked = [int(row) for row in rows]
        wanted = _json(asked)
        sentences: dict[int, list[Sentence]] = {}
        for item in self._query(
            "SELECT finding, start, end, direction, lean FROM sentences"
            " WHERE finding IN (SELECT value FROM json_each(?)) ORDER BY row",
            wanted,
        ):
            sentence = Sentence(item["start"], item["end"], Direction(item["direction"]), item["lean"])
            sentences.setdefault(item["finding"], []).append(sentence)
        found = {
            row["row"]: _stored_finding(row, tuple(sentences.get(row["row"], ())))
            for row in self._query("SELECT * FROM findings WHERE row IN (SELECT value FROM json_each(?))", wanted)
        }
        return tuple(found[row] for row in asked if row in found)

    def filter_rows(self, filters: Filters | None = None) -> IntVector:
        """Rows of the findings that may be found under the filters, sorted, int64.

        Findings of kind `context` are left out unless the filter on `kind` asks for them.
        """
        where, values = _conditions(filters or Filters())
        rows = self._query(
            f"SELECT f.row FROM findings f JOIN documents d ON d.row = f.document WHERE {where} ORDER BY f.row", *values
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64, count=-1)

    # ------------------------------------------------------------------------------------------ columns

    @cached_property
    def clusters(self) -> IntVector:
        """The near-identical group of every finding, (findings,)."""
        return self._column("SELECT cluster FROM findings ORDER BY row")

    @cached_property
    def finding_document(self) -> IntVector:
        """The document row of every finding, (findings,)."""
        return self._column("SELECT document FROM findings ORDER BY row")

    @cached_property
    def sentence_finding(self) -> IntVector:
        """The finding row of every sentence, (sentences,), never falling."""
        return self._column("SELECT finding FROM sentences ORDER BY row")

    def column(self, facet: Facet) -> tuple[tuple[str, ...], IntVector]:
        """The values of a facet, and for every finding the place of its own among them, -1 where it has none."""
        return self._facets[facet]

    def facet_counts(self, facet: Facet, rows: IntVector | None = None) -> tuple[FacetCount, ...]:
        """How many of the given findings (None: all that can be found) have each value: most first, then by value.

        Findings without a value are not counted.
        """
        values, codes = self.column(facet)
        chosen = codes[self.filter_rows() if rows is None else rows]
        counts = np.bincount(chosen[chosen >= 0], minlength=len(values))
        order = sorted(np.flatnonzero(counts), key=lambda code: (-counts[code], values[code]))
        return tuple(FacetCount(values[code], int(counts[code])) for code in order)

    @cached_property
    def _facets(self) -> dict[Facet, tuple[tuple[str, ...], IntVector]]:
        """For every facet its values, and for every finding the position of its value, -1 where it has none."""
        facets: dict[Facet, tuple[tuple[str, ...], IntVector]] = {}
        for facet, column in FACET_COLUMNS.items():
            rows = self._query(f"SELECT {column} FROM findings f JOIN documents d ON d.row = f.document ORDER BY f.row")
            position: dict[str, int] = {}
            codes = [-1 if row[0] is None else position.setdefault(row[0], len(position)) for row in rows]
            facets[facet] = (tuple(position), np.array(codes, dtype=np.int64))
        return facets

    # ------------------------------------------------------------------------------------------ helpers

    def _query(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self.connection().execute(sql, values).fetchall()

    def _column(self, sql: str) -> IntVector:
        return np.fromiter((row[0] for row in self.connection().execute(sql)), dtype=np.int64, count=-1)


def _conditions(filters: Filters) -> tuple[str, list[str]]:
    """The filters as an SQL condition on `findings f` joined with `documents d`, and its values.

    Lists travel as JSON, so that their length meets no limit on the number of values in a statement.
    """
    document, values = _document_conditions(filters)
    finding, more = _finding_conditions(filters)
    return f"{document} AND {finding}", values + more


def _document_conditions(filters: Filters) -> tuple[str, list[str]]:
    parts, values = ["1"], []
    for column, wanted in (
        # Names are matched whatever their case: people type "bury".
        ("d.authority COLLATE NOCASE", filters.authority),
        ("d.inspection_type COLLATE NOCASE", filters.inspection_type),
        ("d.id", filters.document),
    ):
        if wanted:
            parts.append(f"{column} IN (SELECT value FROM json_each(?))")
            values.append(_json(wanted))
    if filters.exclude_authority:
        parts.append("(d.authority IS NULL OR d.authority COLLATE NOCASE NOT IN (SELECT value FROM json_each(?)))")
        values.append(_json(filters.exclude_authority))
    if filters.published_from is not None:
        parts.append("d.published >= ?")
        values.append(filters.published_from.isoformat())
    if filters.published_to is not None:
        parts.append("d.published <= ?")
        values.append(filters.published_to.isoformat())
    return " AND ".join(parts), values


def _finding_conditions(filters: Filters) -> tuple[str, list[str]]:
    parts, values = [], []
    if not filters.kind:
        parts.append(f"f.kind <> '{Kind.CONTEXT.value}'")
    for column, wanted in (
        ("f.kind", filters.kind),
        ("f.direction", filters.direction),
        ("f.judgement", filters.judgement),
    ):
        if wanted:
            parts.append(f"{column} IN (SELECT value FROM json_each(?))")
            values.append(_json(wanted))
    return " AND ".join(parts), values


def _json(values: Iterable[Any]) -> str:
    return json.dumps([value if isinstance(value, str) else int(value) for value in values])


def _summary(row: sqlite3.Row, judgements: tuple[Judgement, ...]) -> DocumentSummary:
    return DocumentSummary(
        id=row["id"],
        source=row["source"],
        sha256=row["sha256"],
        format=row["format"],
        pages=row["pages"],
        findings=row["findings"],
        metadata=Metadata(
            title=row["title"],
            authority=row["authority"],
            inspection_type=row["inspection_type"],
            framework=row["framework"],
            inspection_start=_day(row["inspection_start"]),
            inspection_end=_day(row["inspection_end"]),
            published=_day(row["published"]),
            lead_inspector=row["lead_inspector"],
            judgements=judgements,
        ),
    )


def _stored_finding(row: sqlite3.Row, sentences: tuple[Sentence, ...]) -> StoredFinding:
    finding = Finding(
        id=row["id"],
        text=row["text"],
        kind=Kind(row["kind"]),
        direction=Direction(row["direction"]),
        section=tuple(json.loads(row["section"])),
        number=row["number"],
        page_start=row["page_start"],
        page_end=row["page_end"],
        span=(row["span_start"], row["span_end"]),
        judgement=Grade(row["judgement"]) if row["judgement"] is not None else None,
        repeated=bool(row["repeated"]),
        sentences=sentences,
        bullet=bool(row["bullet"]),
    )
    return StoredFinding(row["row"], row["document"], row["cluster"], finding)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None
