"""Which texts have a vector already, and where, so that no text is embedded twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indexer.embedder import passage_text, sentence_text
from indexer.generations import Generation
from indexer.models import Document
from indexer.unfinished import Unfinished
from indexer.vectors.base import FloatMatrix, IntVector, VectorRows

_RECENT: Final = 50_000
_SHARE: Final = 16
"""How many places are kept apart, at least, or what share of the others, before they are sorted in with them."""

_ROWS: Final = 1 << 40
"""Places are numbers: the rows of the first holder of vectors, from here on those of the second, and so on."""

Digest = tuple[int, int]


class KnownTexts:
    """The places of vectors by their texts.

    Reports repeat stock sentences, and a new version of the reader leaves most texts as they were. Of each text 24
    bytes are kept, in arrays: the two halves of a digest and the place.
    """

    def __init__(self) -> None:
        self._holders: list[VectorRows] = []
        self._first = np.empty(0, dtype=np.uint64)  # sorted
        self._second = np.empty(0, dtype=np.uint64)
        self._places = np.empty(0, dtype=np.int64)
        self._recent: dict[Digest, int] = {}

    def learn(self, texts: Sequence[str], holder: VectorRows, start: int) -> None:
        """Remember that the holder has the vectors of these texts from row `start` on."""
        if not any(known is holder for known in self._holders):
            self._holders.append(holder)
        place = next(n for n, known in enumerate(self._holders) if known is holder) * _ROWS + start
        for row, text in enumerate(texts):
            self._recent.setdefault(_digest(text), place + row)
        if len(self._recent) > max(_RECENT, len(self._places) // _SHARE):
            self._sort_in()

    def learn_all(self, generation: Generation | Unfinished) -> None:
        """Remember every text of a generation, whose vectors must be of the model in use."""
        store = generation.store
        for row in store.document_rows():
            rows = store.finding_rows_of(row)
            finding_texts, sentence_texts = texts_of(store.document(row))
            self.learn(finding_texts, generation.finding_vectors, rows.start)
            self.learn(sentence_texts, generation.sentence_vectors, store.sentence_rows_of(rows).start)

    def get(self, texts: Sequence[str]) -> dict[str, FloatMatrix]:
        """The vectors, (1, dimension) each, of those texts that have one."""
        digests = [_digest(text) for text in texts]
        places = self._sorted_places(digests)
        for number, digest in enumerate(digests):
            if places[number] < 0:
                places[number] = self._recent.get(digest, -1)
        found: dict[str, FloatMatrix] = {}
        for number, holder in enumerate(self._holders):
            own = np.flatnonzero(places // _ROWS == number)
            vectors = holder.reconstruct(places[own] % _ROWS)
            found |= {texts[one]: vectors[[row]] for row, one in enumerate(own.tolist())}
        return found

    def _sorted_places(self, digests: Sequence[Digest]) -> IntVector:
        """The places of digests among those sorted in, -1 where there is none."""
        places = np.full(len(digests), -1, dtype=np.int64)
        if digests and len(self._places):
            first, second = _halves(digests)
            at = np.minimum(np.searchsorted(self._first, first), len(self._first) - 1)
            # Of two texts with the same first half only one is found; the other is embedded again, which does no harm.
            same = (self._first[at] == first) & (self._second[at] == second)
            places[same] = self._places[at[same]]
        return places

    def _sort_in(self) -> None:
        known = self._sorted_places(list(self._recent))
        fresh = [digest for digest, place in zip(self._recent, known, strict=True) if place < 0]
        first, second = _halves(fresh)
        order = np.argsort(first, kind="stable")
        at = np.searchsorted(self._first, first[order])
        places = np.array([self._recent[digest] for digest in fresh], dtype=np.int64)
        self._first = np.insert(self._first, at, first[order])
        self._second = np.insert(self._second, at, second[order])
        self._places = np.insert(self._places, at, places[order])
        self._recent = {}


def texts_of(document: Document) -> tuple[Sequence[str], Sequence[str]]:
    """The texts whose vectors stand for a document's findings and for their sentences, in the order of the rows."""
    sentences = [sentence_text(item, sentence) for item in document.findings for sentence in item.sentences]
    return [passage_text(item) for item in document.findings], sentences


def _digest(text: str) -> Digest:
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8]), int.from_bytes(digest[8:16])


def _halves(digests: Sequence[Digest]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    halves = np.array(digests, dtype=np.uint64).reshape(-1, 2)
    return halves[:, 0], halves[:, 1]
