"""What an index knows of its words, worked out once when it is built: postings, word counts, and acronyms.

Opening an index reads what it needs and counts nothing, however many findings there are.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indexer.acronyms import count_words, learn_acronyms
from indexer.stems import WORD, Stemmer

SECTION_WEIGHT: Final = 0.3
"""What a word in the headings counts for BM25, where a word in the text counts 1."""

TABLES: Final = """
CREATE TABLE postings (term TEXT NOT NULL UNIQUE, rows BLOB NOT NULL, scores BLOB NOT NULL);
CREATE TABLE written (word TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE acronyms (
    acronym TEXT NOT NULL, position INTEGER NOT NULL, form TEXT NOT NULL, PRIMARY KEY (acronym, position)
) WITHOUT ROWID;
"""
"""Postings of a stem: rows of findings, int32, ascending, and the BM25 of the stem in each, float32."""


def write_lexicon(connection: sqlite3.Connection) -> None:
    """Fill the tables from the findings and the words that stand in the file already."""
    written = count_words(_texts(connection))
    acronyms = learn_acronyms(_texts(connection), written)
    headings = connection.execute("SELECT DISTINCT section FROM findings")
    written.update(count_words(heading for row in headings for heading in json.loads(row[0])))
    connection.executemany("INSERT INTO written VALUES (?, ?)", sorted(written.items()))
    forms = ((acronym, place, form) for acronym, all_of in acronyms.items() for place, form in enumerate(all_of))
    connection.executemany("INSERT INTO acronyms VALUES (?, ?, ?)", forms)
    connection.executemany("INSERT INTO postings VALUES (?, ?, ?)", _postings(connection, sorted(written)))


def bm25_of(connection: sqlite3.Connection, phrase: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The findings that hold words side by side, in any form of their stems: rows and BM25, (n,) each, by row."""
    found = connection.execute(
        "SELECT rowid, -bm25(words, 1.0, ?) FROM words WHERE words MATCH ? ORDER BY rowid",
        (SECTION_WEIGHT, f'"{" ".join(WORD.findall(phrase))}"'),
    ).fetchall()
    rows = np.fromiter((row[0] for row in found), dtype=np.int32, count=len(found))
    scores = np.fromiter((row[1] for row in found), dtype=np.float32, count=len(found))
    return rows, scores


def _texts(connection: sqlite3.Connection) -> Iterator[str]:
    for row in connection.execute("SELECT text FROM findings ORDER BY row"):
        yield row[0]


def _postings(connection: sqlite3.Connection, words: Sequence[str]) -> Iterator[tuple[str, bytes, bytes]]:
    """The postings of each stem, looked up by the first word that has it: a stem itself may be stemmed further."""
    seen: set[tuple[str, ...]] = set()
    for word, stems in zip(words, Stemmer().stems(words), strict=True):
        if len(stems) == 1 and stems not in seen:
            seen.add(stems)
            rows, scores = bm25_of(connection, word)
            yield stems[0], rows.tobytes(), scores.tobytes()
