"""The candidates of a query from Milvus: the same findings with the same signals as from an embedded index."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial, reduce
from typing import Final

import numpy as np

from indexer.errors import ConfigError
from indexer.generations import Generation
from indexer.milvus.layout import FINDING, Codes
from indexer.milvus.server import MOST, ROW, Found, among, both
from indexer.milvus.vectors import MilvusIndex
from indexer.milvus.words import MilvusWords
from indexer.models import Filters, Mode
from indexer.retrieval import _KEPT_FILTERS, Asked, Candidates, Retrieval
from indexer.retrieval import _SENTENCES_PER_FINDING as _PER_FINDING
from indexer.vectors.base import FloatMatrix, IntVector

_NO_ROWS: Final = np.empty(0, dtype=np.int64)


class MilvusRetrieval(Retrieval):
    """The three ways of searching one generation, in its collections. Safe to use from several threads.

    Where words alone decide (mode `keyword`) the best `MOST` findings are ranked, and not all that hold a word.

    Args:
        generation: opened by `opening.open_in_milvus`.
    Raises:
        ConfigError: more candidates are wanted than Milvus gives in one answer.
    """

    words: MilvusWords

    def __init__(self, generation: Generation, candidates: int) -> None:
        if candidates * _PER_FINDING > MOST:
            raise ConfigError(
                f"search.candidates is {candidates:,}, and with Milvus it can be at most"
                f" {MOST // _PER_FINDING:,}: set it so"
            )
        super().__init__(generation, candidates)
        assert isinstance(generation.finding_vectors, MilvusIndex)
        assert isinstance(generation.sentence_vectors, MilvusIndex)
        self._in_findings, self._in_sentences = generation.finding_vectors, generation.sentence_vectors
        self.words = MilvusWords(generation.store, self._count, self._in_findings.collection)
        self._where = lru_cache(maxsize=_KEPT_FILTERS)(Codes(generation.store).where)
        # Each way of searching waits for its own answer; the threads end with this object.
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="milvus")

    def candidates(self, asked: Asked, filters: Filters, mode: Mode) -> Candidates:
        """The findings to rank for a query, with their signals; in the order of their rows."""
        where = self._where(filters)
        if where is None:
            rows = _NO_ROWS
        elif asked.required:
            rows = self._passing(reduce(np.intersect1d, map(self.words.holding, asked.required)), asked, where)
        else:
            found = self._found(asked, where, mode)
            rows = np.union1d(found, self._passing(np.setdiff1d(self.group(found), found), asked, where))
        return Candidates(rows, self.signals(asked, rows))

    def everything(self, asked: Asked, filters: Filters, mode: Mode) -> Candidates:
        """The candidates: what Milvus holds is too much to be fetched whole."""
        return self.candidates(asked, filters, mode)

    def signals(self, asked: Asked, rows: IntVector) -> FloatMatrix:
        """What each way of searching says of the given findings, (n, 6), whether or not they are candidates."""
        return self._signals(asked, self.words.score_of(asked.words, rows), rows)

    def _found(self, asked: Asked, where: str, mode: Mode) -> IntVector:
        """The findings that the ways of searching put forward, sorted."""
        of_findings = of_sentences = where
        if asked.left_out is not None:
            of_findings = both(where, f"not ({among(ROW, asked.left_out)})")
            of_sentences = both(where, f"not ({among(FINDING, asked.left_out)})")
        ways: list[Callable[[], IntVector]] = []
        if asked.vectors is not None:
            query, most = asked.vectors[:1], self._candidates
            ways.append(lambda: self._in_findings.nearest(query, most, of_findings)[0][0])
            ways.append(lambda: self._findings_of(self._in_sentences.nearest(query, most * _PER_FINDING, of_sentences)))
        if mode != "semantic":
            ways.append(partial(self.words.best, asked.words, self._candidates if ways else MOST, of_findings))
        return np.unique(np.concatenate([running.result() for running in map(self._pool.submit, ways)]))

    def _findings_of(self, found: list[Found]) -> IntVector:
        """The findings that sentences belong to."""
        return self._store.sentence_finding[found[0][0]]

    def _passing(self, rows: IntVector, asked: Asked, where: str) -> IntVector:
        """Those of the findings that pass the filter and are not left out, sorted."""
        left = rows if asked.left_out is None else np.setdiff1d(rows, asked.left_out)
        return self._in_findings.collection.passing(left, where)
