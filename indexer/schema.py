"""The SQLite file of one generation: its tables, and writing them once.

Rows of `findings` and `sentences` count from 0 without gaps in the order of the documents, so a row is also the
position of its vector. The file never changes once it is finished; `store` reads it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

import numpy as np

from indexer.lexicon import TABLES, write_lexicon
from indexer.models import Document, FileReport, Finding
from indexer.vectors.base import IntVector

SCHEMA = f"""
CREATE TABLE documents (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, root TEXT NOT NULL, sha256 TEXT NOT NULL,
    format TEXT NOT NULL, pages INTEGER NOT NULL, text TEXT NOT NULL, title TEXT NOT NULL, authority TEXT,
    inspection_type TEXT, framework TEXT, inspection_start TEXT, inspection_end TEXT, published TEXT,
    lead_inspector TEXT, findings INTEGER NOT NULL
);
CREATE TABLE judgements (
    document INTEGER NOT NULL REFERENCES documents(row), position INTEGER NOT NULL, area TEXT NOT NULL,
    grade TEXT NOT NULL, PRIMARY KEY (document, position)
) WITHOUT ROWID;
CREATE TABLE findings (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document INTEGER NOT NULL REFERENCES documents(row),
    position INTEGER NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL, direction TEXT NOT NULL, section TEXT NOT NULL,
    number TEXT, bullet INTEGER NOT NULL, page_start INTEGER, page_end INTEGER, span_start INTEGER NOT NULL,
    span_end INTEGER NOT NULL, judgement TEXT, repeated INTEGER NOT NULL, cluster INTEGER NOT NULL
);
CREATE INDEX findings_document ON findings(document);
CREATE INDEX findings_cluster ON findings(cluster);
CREATE TABLE sentences (
    row INTEGER PRIMARY KEY, finding INTEGER NOT NULL REFERENCES findings(row), position INTEGER NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, direction TEXT NOT NULL, lean REAL NOT NULL
);
CREATE INDEX sentences_finding ON sentences(finding);
CREATE VIRTUAL TABLE words USING fts5(text, section, content='', tokenize='porter unicode61 remove_diacritics 2');
{TABLES.lstrip()}CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    source TEXT NOT NULL, root TEXT NOT NULL, sha256 TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL
);
"""

SECTION_SEPARATOR = " > "

_CACHE_KIB: Final = 65_536
"""Memory in which pages wait to be written. What does not fit must be synced to disk before its time."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What became of one file in a build, as kept in the index. `sha256` is empty where it could not be computed."""

    root: str
    source: str
    sha256: str
    status: Literal["indexed", "unchanged", "skipped", "removed"]
    reason: str = ""
    findings: int = field(default=0, compare=False)
    pages: int = field(default=0, compare=False)

    @property
    def report(self) -> FileReport:
        """The record as shown to people."""
        return FileReport(self.source, self.status, self.reason, self.findings, self.pages)


class StoreWriter:
    """Writes the file of a new generation. Until `finish` it holds what there was at the last `note`."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._connection.execute("BEGIN")
        for statement in SCHEMA.split(";\n"):
            self._connection.execute(statement)
        self.documents = 0
        self.findings = 0
        self.sentences = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what is not finished is lost. Calling it twice does no harm."""
        self._connection.close()

    def add_document(self, document: Document, root: str) -> None:
        """Append a document with its findings and sentences; their rows go on counting where the tables end."""
        row, meta = self.documents, document.metadata
        self._insert(
            "documents",
            [
                (
                    *(row, document.id, document.source, root, document.sha256, document.format, document.pages),
                    *(document.text, meta.title, meta.authority, meta.inspection_type, meta.framework),
                    *(_iso(meta.inspection_start), _iso(meta.inspection_end), _iso(meta.published)),
                    *(meta.lead_inspector, len(document.findings)),
                )
            ],
        )
        self._insert(
            "judgements",
            [(row, position, item.area, item.grade.value) for position, item in enumerate(meta.judgements)],
        )
        first = self.findings
        self._insert("findings", [_finding_row(first + n, row, n, item) for n, item in enumerate(document.findings)])
        self._connection.executemany(
            "INSERT INTO words(rowid, text, section) VALUES (?, ?, ?)",
            [(first + n, item.text, SECTION_SEPARATOR.join(item.section)) for n, item in enumerate(document.findings)],
        )
        sentences = [
            (first + n, position, sentence.start, sentence.end, sentence.direction.value, sentence.lean)
            for n, item in enumerate(document.findings)
            for position, sentence in enumerate(item.sentences)
        ]
        self._insert("sentences", [(self.sentences + n, *values) for n, values in enumerate(sentences)])
        self.documents += 1
        self.findings += len(document.findings)
        self.sentences += len(sentences)

    def set_clusters(self, clusters: IntVector) -> None:
        """Give every finding the first row of its near-identical group; `clusters` is (findings,)."""
        changed = np.flatnonzero(clusters != np.arange(len(clusters)))
        self._connection.executemany(
            "UPDATE findings SET cluster = ? WHERE row = ?", [(int(clusters[row]), int(row)) for row in changed]
        )

    def note(self, facts: Mapping[str, str]) -> None:
        """Have all that was given so far on disk, with facts that say what it is of, whatever happens from here on."""
        self._state(facts)
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")

    def finish(self, facts: Mapping[str, str], files: Iterable[FileRecord]) -> None:
        """Write the facts and the record of the build, and commit."""
        self._state(facts)
        self._insert("files", [(file.source, file.root, file.sha256, file.status, file.reason) for file in files])
        self._connection.execute("INSERT INTO words(words) VALUES ('optimize')")
        write_lexicon(self._connection)
        self._connection.execute("COMMIT")

    def _state(self, facts: Mapping[str, str]) -> None:
        self._connection.execute("DELETE FROM facts")
        self._insert("facts", list(facts.items()))

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _finding_row(row: int, document: int, position: int, item: Finding) -> tuple[object, ...]:
    section = json.dumps(item.section, ensure_ascii=False)
    return (
        *(row, item.id, document, position, item.text, item.kind.value, item.direction.value, section),
        *(item.number, int(item.bullet), item.page_start, item.page_end, *item.span),
        *(item.judgement and item.judgement.value, int(item.repeated), row),
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
