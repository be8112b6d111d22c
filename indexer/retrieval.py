"""Which findings are looked at for a query, and what each way of searching says of them.

Sentences by vector, whole findings by vector, and words put forward their best findings; near-identical ones of those
join them. Filters hold inside each of the three, and how many findings each puts forward does not depend on the page
asked for: the candidates of a query under the same filters are always the same, and a finding's signals do not depend
on the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indexer.direction import LEANS
from indexer.generations import Generation
from indexer.lexical import LexicalScores, Words
from indexer.models import Direction, Filters, Mode, Sought
from indexer.ranking import Signal
from indexer.subject_head import ON_SUBJECT
from indexer.vectors.base import FloatMatrix, IntVector

_LEANING: Final = 0.1
"""What a sentence that surely points the way sought gains over one that says nothing of it, in cosine: of the sentences
of a finding the one that matches best is looked for, and of two about as near the one the right way round matches."""

_SENTENCES_PER_FINDING: Final = 3
"""How many sentences are looked up for each finding wanted: several of one finding are often near the query."""

_ALL_UP_TO: Final = 200_000
"""Sentences up to which all findings are compared where results are counted: some 0.1 seconds."""

_KEPT_FILTERS: Final = 64
"""Combinations of filters whose rows are kept in memory: 17 bytes for each finding and sentence they let through."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as it is searched for."""

    text: str
    vectors: FloatMatrix | None
    """(1 + n, dimension): the whole query, then its sentences where it has several; None to search by words alone."""
    words: tuple[str, ...]
    lean: float
    """Which way the query points and how surely, in [-1, 1]: 1 for praise, -1 for faults, 0 for either."""
    sought: Sought = "any"
    """The same in one word, as it is said to the user."""
    subject: float = ON_SUBJECT
    """Log odds that it is on the subject of the reports."""
    required: tuple[str, ...] = ()
    """Words and phrases that every candidate must hold."""
    left_out: IntVector | None = None
    """Rows that are no candidates, sorted."""
    corrections: tuple[tuple[str, str], ...] = ()
    """Words as typed, each with the word it was taken for."""
    expansions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Acronyms and long forms, each with the other ways to say it."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The findings looked at, by row, and their signals, (n,) and (n, 6)."""

    rows: IntVector
    signals: FloatMatrix


@dataclass(frozen=True, slots=True)
class _Allowed:
    """Findings that filters let through: their rows, the rows of their sentences, and the same as a mask."""

    findings: IntVector
    sentences: IntVector
    mask: NDArray[np.bool_]


class Retrieval:
    """The three ways of searching one generation. Safe to use from several threads."""

    def __init__(self, generation: Generation, candidates: int) -> None:
        self._findings = generation.finding_vectors
        self._sentences = generation.sentence_vectors
        self._store = store = generation.store
        self._candidates = candidates
        self._count = len(self._findings)
        self.words = Words(store, self._count)
        self._first_sentence = np.searchsorted(store.sentence_finding, np.arange(self._count + 1)).astype(np.int64)
        rows = store.connection().execute("SELECT lean FROM sentences ORDER BY row")
        self._sentence_leans = np.fromiter((row[0] for row in rows), dtype=np.float32)
        rows = store.connection().execute("SELECT direction FROM findings ORDER BY row")
        self._finding_leans = np.array([LEANS[Direction(row[0])] for row in rows], dtype=np.float32)
        self._members = np.argsort(store.clusters, kind="stable").astype(np.int64)
        self._first_member = np.searchsorted(store.clusters[self._members], np.arange(self._count + 1)).astype(np.int64)
        self._allowed = lru_cache(maxsize=_KEPT_FILTERS)(self._let_through)

    # ------------------------------------------------------------------------------------------ candidates

    def candidates(self, asked: Asked, filters: Filters, mode: Mode) -> Candidates:
        """The findings to rank for a query, with their signals; in the order of their rows."""
        allowed = self._passing_all(asked, filters)
        held = self.words.score(asked.words)
        if asked.required or not len(allowed.findings):
            return Candidates(allowed.findings, self._signals(asked, held, allowed.findings))
        found: list[IntVector] = []
        if asked.vectors is not None:
            found += [self._by_sentence(asked.vectors, allowed), self._by_whole(asked.vectors, allowed)]
        if mode != "semantic":
            # Where words alone decide, all findings that hold any are ranked: it costs little.
            found.append(self._by_words(held, allowed, self._candidates if found else None))
        rows = self.group(np.unique(np.concatenate(found)))
        rows = rows[allowed.mask[rows]]
        return Candidates(rows, self._signals(asked, held, rows))

    def passing(self, filters: Filters) -> IntVector:
        """The rows of all findings under the filters, sorted."""
        return self._allowed(filters).findings

    def everything(self, asked: Asked, filters: Filters, mode: Mode) -> Candidates:
        """All findings under the filters with their signals, so that results can be counted to the last.

        Of more than `_ALL_UP_TO` sentences the candidates, since comparing all of them takes too long.
        """
        allowed = self._passing_all(asked, filters)
        if len(allowed.sentences) > _ALL_UP_TO:
            return self.candidates(asked, filters, mode)
        return Candidates(allowed.findings, self.signals(asked, allowed.findings))

    def signals(self, asked: Asked, rows: IntVector) -> FloatMatrix:
        """What each way of searching says of the given findings, (n, 6), whether or not they are candidates."""
        return self._signals(asked, self.words.score(asked.words), rows)

    def group(self, rows: IntVector) -> IntVector:
        """The rows of all findings near-identical to any of the given ones, these included, sorted."""
        groups = np.unique(self._store.clusters[rows])
        return np.sort(self._members[_ranges(self._first_member[groups], self._first_member[groups + 1])])

    def sentence_rows(self, row: int) -> IntVector:
        """The rows of a finding's sentences."""
        return np.arange(self._first_sentence[row], self._first_sentence[row + 1])

    def _by_sentence(self, vectors: FloatMatrix, allowed: _Allowed) -> IntVector:
        """Findings with the sentences nearest to the query."""
        found, _ = self._sentences.search(vectors[:1], self._candidates * _SENTENCES_PER_FINDING, allowed.sentences)
        return self._store.sentence_finding[found[found >= 0]]

    def _by_whole(self, vectors: FloatMatrix, allowed: _Allowed) -> IntVector:
        """Findings nearest to the query as wholes."""
        found, _ = self._findings.search(vectors[:1], self._candidates, allowed.findings)
        return found[found >= 0]

    def _by_words(self, held: LexicalScores, allowed: _Allowed, most: int | None) -> IntVector:
        """The findings with the highest BM25, at most so many; None for all that hold a word."""
        bm25 = held.bm25[allowed.findings]
        best = np.flatnonzero(bm25 > 0)
        if most is not None and len(best) > most:
            # Of findings alike in the last place the first ones; sorting all of them would take far longer.
            least = np.partition(bm25[best], -most)[-most]
            above, equal = best[bm25[best] > least], best[bm25[best] == least]
            best = np.concatenate([above, equal[: most - len(above)]])
        return allowed.findings[best]

    # ------------------------------------------------------------------------------------------ signals

    def _signals(self, asked: Asked, held: LexicalScores, rows: IntVector) -> FloatMatrix:
        signals = np.zeros((len(rows), len(Signal)), dtype=np.float32)
        signals[:, Signal.BM25] = held.bm25[rows]
        signals[:, Signal.COVERAGE] = held.coverage[rows]
        signals[:, Signal.SUBJECT] = asked.subject
        if len(rows) and asked.vectors is not None:
            signals[:, Signal.WHOLE] = self._findings.scores(asked.vectors[:1], rows)[0]
            best, leans = self._best_sentences(asked, asked.vectors, rows, signals[:, Signal.WHOLE])
            signals[:, Signal.SENTENCE] = best
            signals[:, Signal.DIRECTION] = asked.lean * leans
        return signals

    def _best_sentences(
        self, asked: Asked, vectors: FloatMatrix, rows: IntVector, whole: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How near each finding's best sentence comes to the query, and which way it points, (n,) each.

        The best sentence is the nearest, with a preference for one that points the way sought. Of a query of several
        sentences each is compared by itself too: the mean of their best cosines counts as much as the best cosine of
        the query as a whole.

        Args:
            whole: the cosine of each finding as a whole, which stands where a finding has no sentences.
        """
        starts, ends = self._first_sentence[rows], self._first_sentence[rows + 1]
        counts = ends - starts
        some = np.flatnonzero(counts)
        near, leans = whole.copy(), self._finding_leans[rows]
        if not len(some):
            return near, leans
        sentences = _ranges(starts, ends)
        cosines = self._sentences.scores(vectors, sentences)
        own = self._sentence_leans[sentences]
        matching = cosines[0] + np.float32(_LEANING * asked.lean) * own
        first = np.cumsum(counts[some]) - counts[some]
        owner = np.repeat(np.arange(len(some)), counts[some])
        hits = np.flatnonzero(matching == np.maximum.reduceat(matching, first)[owner])
        best = hits[np.unique(owner[hits], return_index=True)[1]]
        near[some], leans[some] = cosines[0][best], own[best]
        if len(vectors) > 1:
            near[some] = (near[some] + np.maximum.reduceat(cosines[1:], first, axis=1).mean(axis=0)) / 2
        return near, leans

    # ------------------------------------------------------------------------------------------ filters

    def _let_through(self, filters: Filters) -> _Allowed:
        return self._masked(self._store.filter_rows(filters))

    def _passing_all(self, asked: Asked, filters: Filters) -> _Allowed:
        """What filters let through, less what lacks required words or is left out."""
        allowed = self._allowed(filters)
        if not asked.required and asked.left_out is None:
            return allowed
        rows = allowed.findings
        for phrase in asked.required:
            rows = np.intersect1d(rows, self.words.holding(phrase), assume_unique=True)
        if asked.left_out is not None:
            rows = np.setdiff1d(rows, asked.left_out, assume_unique=True)
        return self._masked(rows)

    def _masked(self, rows: IntVector) -> _Allowed:
        mask = np.zeros(self._count, dtype=bool)
        mask[rows] = True
        return _Allowed(rows, np.flatnonzero(mask[self._store.sentence_finding]).astype(np.int64), mask)


def _ranges(starts: IntVector, ends: IntVector) -> IntVector:
    """The numbers of several ranges, one after the other: [2, 7], [4, 9] -> [2, 3, 7, 8]."""
    counts = ends - starts
    offsets = np.cumsum(counts) - counts
    return np.asarray(np.arange(counts.sum()) + np.repeat(starts - offsets, counts), dtype=np.int64)
