"""The words of a query, looked up in the collection of findings.

BM25 is a sum over words, and what each word contributes to each finding is worked out when an index is built
(`lexicon`). The contributions to one finding are its sparse vector, with a dimension for each word, so that the inner
product with a query is its BM25. What is known of a query's words (stems, acronyms, how rare each is) and what makes a
score of them is `lexical`, which is given the contributions to the findings in question alone.

Words side by side, such as the long form of an acronym, have no dimension unless the index has postings of them: they
are looked up in the SQLite file, as in an embedded index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indexer.lexical import FloatVector, LexicalScores, Postings, Words, _Unit
from indexer.milvus.server import MOST, ROW, WORDS, Collection, Found, SparseVector, among, parts
from indexer.store import Store
from indexer.vectors.base import IntVector

_NO_WORDS: Final = 0
"""A dimension for findings without any word, since Milvus takes no empty vector; those of words count from 1."""

_BLOCK: Final = 200_000
"""Findings whose words are gathered at a time: the postings are read once for each block, which takes about half a
gigabyte of memory."""

_KEPT: Final = 20_000
"""Words whose dimensions are kept in memory."""

_MUST_HOLD: Final = 0.004
"""Share of a query's worth from which on a word cannot be missing, nor be said in another way, in a finding that holds
all of the query but a thousandth: another way to say it costs a quarter of its worth or more."""

_LOOKED_AT: Final = 1000
"""Findings that are looked at to say how much of a query one finding holds."""


# ---------------------------------------------------------------------------------------------- uploading

_NO_ROWS: Final = np.empty(0, dtype=np.int32)
_NO_SCORES: Final = np.empty(0, dtype=np.float32)
_NOTHING: Final[Found] = (np.empty(0, dtype=np.int64), _NO_SCORES)


def word_vectors(store: Store, findings: range) -> Iterator[SparseVector]:
    """The contributions of words to findings that follow one another, in their order."""
    for start in range(findings.start, findings.stop, _BLOCK):
        yield from _block(store, start, min(start + _BLOCK, findings.stop))


def _block(store: Store, start: int, stop: int) -> Iterator[SparseVector]:
    rows, dimensions, scores = [], [], []
    for dimension, all_rows, all_scores in store.connection().execute("SELECT rowid, rows, scores FROM postings"):
        held = np.frombuffer(all_rows, dtype=np.int32)
        first, end = np.searchsorted(held, (start, stop))
        rows.append(held[first:end])
        scores.append(np.frombuffer(all_scores, dtype=np.float32)[first:end])
        dimensions.append(np.full(end - first, dimension, dtype=np.int32))
    of_row = np.concatenate([np.empty(0, np.int32), *rows])
    order = np.argsort(of_row, kind="stable")
    bounds = np.searchsorted(of_row[order], np.arange(start, stop + 1))
    held_in_order = np.concatenate([np.empty(0, np.int32), *dimensions])[order]
    scores_in_order = np.concatenate([np.empty(0, np.float32), *scores])[order]
    for first, end in pairwise(bounds):
        pairs = zip(held_in_order[first:end].tolist(), scores_in_order[first:end].tolist(), strict=True)
        yield dict(pairs) or {_NO_WORDS: 1.0}


# ---------------------------------------------------------------------------------------------- searching


@dataclass(frozen=True, slots=True)
class _Term:
    """One of the ways in which a query can be held, and what it counts."""

    name: str
    dimension: int | None
    """None where it has none: its postings are in the SQLite file."""
    worth: float
    """What the score of a query gains for each unit of BM25 that this term contributes, at most."""
    share: float
    """What holding it adds to the coverage of a query, at most."""


class MilvusWords(Words):
    """The words of one index, with their postings in Milvus. Safe to use from several threads."""

    def __init__(self, store: Store, findings: int, collection: Collection) -> None:
        super().__init__(store, findings)
        self._collection = collection
        self._held = lru_cache(maxsize=_KEPT)(self._read_held)

    def score(self, words: Sequence[str]) -> LexicalScores:
        """How well findings hold the words, of those alone that hold every word that counts: arrays of as many.

        It is asked for to know how much of a query one finding holds. They are looked up in the SQLite file.
        """
        units = self._units(words)
        own = list(dict.fromkeys(word for unit in units for word in unit.words))
        needed = [term.name for term in self._terms(units) if term.name in own and term.share >= _MUST_HOLD]
        found: list[tuple[int]] = []
        if own:
            match = " AND ".join(f'"{word}"' for word in needed or own)
            found = (
                self._store.connection()
                .execute("SELECT rowid FROM words WHERE words MATCH ? LIMIT ?", (match, _LOOKED_AT))
                .fetchall()
            )
        return self._score(units, np.array(sorted(row[0] for row in found), dtype=np.int64))

    def score_of(self, words: Sequence[str], rows: IntVector) -> LexicalScores:
        """How well the given findings hold the words, in arrays for all; others are given nothing."""
        rows = np.unique(rows)
        scores = self._score(self._units(words), rows)
        # What is not written to takes no memory, however many findings there are.
        bm25, coverage = np.zeros(self._findings, dtype=np.float32), np.zeros(self._findings, dtype=np.float32)
        bm25[rows], coverage[rows] = scores.bm25, scores.coverage
        return LexicalScores(bm25, coverage)

    def best(self, words: Sequence[str], k: int, where: str) -> IntVector:
        """The findings with the highest BM25 among those that pass a filter, at most k and at most `MOST`.

        Where a word can be said in several ways, the best of them counts for a finding, and an inner product adds them
        all up. It is never less than the score: more findings are looked at until none that is left can be better.
        """
        units = self._units(words)
        terms = [term for term in self._terms(units) if term.worth]
        query: dict[int, float] = defaultdict(float)
        for term in terms:
            if term.dimension is not None:
                query[term.dimension] += term.worth
        listed = [(self.postings(term.name), term.worth) for term in terms if term.dimension is None]
        listed = [(postings, worth) for postings, worth in listed if len(postings.rows)]
        reach = min(k, MOST)
        while True:
            found, bounds = self._collection.nearest(WORDS, [query], reach, where)[0] if query else _NOTHING
            if not listed and not any(unit.others for unit in units):
                return found
            rows, most_left = [found], float(bounds[-1]) if len(found) == reach else 0.0
            for postings, worth in listed:
                order = np.argsort(-postings.scores, kind="stable")
                rows.append(self._collection.passing(postings.rows[order[:reach]].astype(np.int64), where))
                most_left += worth * float(postings.scores[order[reach:]].max(initial=0))
            looked_at = np.unique(np.concatenate(rows))
            scores = self._score(units, looked_at).bm25
            order = np.argsort(-scores, kind="stable")[:k]
            if reach == MOST or (scores[order[-1]] if len(order) == k else 0) >= most_left:
                return looked_at[order[scores[order] > 0]]
            reach = min(2 * reach, MOST)

    def _score(self, units: Sequence[_Unit], rows: IntVector) -> LexicalScores:
        """The scores of findings, (n,) each; `rows` are sorted."""
        terms = self._terms(units)
        held = {term.name: Postings(_NO_ROWS, _NO_SCORES, self.postings(term.name).idf) for term in terms}
        for name, (of_term, scores) in self._contributions([term for term in terms if term.worth], rows):
            held[name] = Postings(np.searchsorted(rows, of_term).astype(np.int32), scores, held[name].idf)
        return _Given(units, held, len(rows)).score(())

    def _contributions(
        self, terms: Sequence[_Term], rows: IntVector
    ) -> Iterator[tuple[str, tuple[NDArray[np.integer], FloatVector]]]:
        """What each term contributes to the BM25 of the findings: its rows among them, and a number for each."""
        dimensions = {term.name: term.dimension for term in terms if term.dimension is not None}
        queries = [{dimension: 1.0} for dimension in dimensions.values()]
        asked = parts(rows) if queries else ()
        found = [self._collection.nearest(WORDS, queries, len(part), among(ROW, part)) for part in asked]
        for place, name in enumerate(dimensions if found else ()):
            of_term, scores = (np.concatenate(arrays) for arrays in zip(*(part[place] for part in found), strict=True))
            yield name, (of_term, scores)
        for term in terms:
            if term.dimension is None:
                postings = self.postings(term.name)
                among_rows = np.isin(postings.rows, rows)
                yield term.name, (postings.rows[among_rows], postings.scores[among_rows])

    def _terms(self, units: Sequence[_Unit]) -> list[_Term]:
        """Every term of a query, worth what the score gives a finding that holds it alone, once."""
        names = list(dict.fromkeys(name for unit in units for name in (*unit.words, *unit.others)))
        alone = {
            name: Postings(np.array([place], np.int32), np.ones(1, np.float32), self.postings(name).idf)
            for place, name in enumerate(names)
        }
        scores = _Given(units, alone, len(names)).score(())
        return [
            _Term(name, self._held(name)[0], float(worth), float(share))
            for name, worth, share in zip(names, scores.bm25, scores.coverage, strict=True)
        ]

    def _read(self, phrase: str) -> Postings:
        """How many findings hold a word; which they are is in Milvus. Words without a dimension as in other indexes."""
        dimension, count = self._held(phrase)
        if dimension is None:
            return super()._read(phrase)
        # As many zeros as there are rows, in the memory of one.
        rows, scores = np.broadcast_to(np.int32(0), count), np.broadcast_to(np.float32(0), count)
        return Postings(rows, scores, max(1e-6, float(np.log((self._findings - count + 0.5) / (count + 0.5)))))

    def _read_held(self, phrase: str) -> tuple[int | None, int]:
        """The dimension of a word or phrase, and how many findings hold it; None where it has none."""
        (stems,) = self._stemmer.stems([phrase])
        found = (
            self._store.connection()
            .execute("SELECT rowid, length(rows) / 4 FROM postings WHERE term = ?", (" ".join(stems),))
            .fetchone()
        )
        return (int(found[0]), int(found[1])) if found else (None, 0)


class _Given(Words):
    """Words whose meaning and postings are given, to be added up to scores."""

    def __init__(self, units: Sequence[_Unit], postings: Mapping[str, Postings], findings: int) -> None:
        self._given = list(units)
        self._findings = findings
        self.postings = lru_cache(maxsize=None)(postings.__getitem__)

    def _units(self, words: Sequence[str]) -> list[_Unit]:
        return self._given
