"""How texts go through a model: those of like length together, those asked for at once together, none twice."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.vectors.base import FloatMatrix, IntVector

FloatVector = NDArray[np.float32]


def batches(lengths: Sequence[int], most: int, tokens: int) -> list[IntVector]:
    """Places of texts, cut into batches of texts of like length, the longest first.

    A batch is as wide as its longest text, and what the others lack is padding that the model works on all the same.
    The longest come first, so that the memory a run needs is needed from its start.

    Args:
        lengths: tokens of each text.
        most: texts in a batch.
        tokens: tokens in a batch, padding and all; a text that is longer than that has one of its own.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    found, start = [], 0
    while start < len(order):
        count = min(most, max(1, tokens // max(1, lengths[order[start]])))
        found.append(order[start : start + count])
        start += count
    return found


@dataclass(slots=True)
class _Asked:
    """What one caller has asked for, and what came of it."""

    texts: Sequence[str]
    vectors: FloatMatrix | None = None
    error: BaseException | None = None


class Gathered:
    """Encodes together what several threads ask for at the same time.

    Whoever comes while nobody is at work encodes at once. Those who come meanwhile wait, and the first of them to go on
    encodes for all that wait. A caller who is alone loses nothing, and there is no thread to start or to end.

    Args:
        encode: gives vectors (n, dimension) of texts; never called by two threads at once.
        most: texts that are gathered for one call; a single caller may bring more.
    """

    def __init__(self, encode: Callable[[Sequence[str]], FloatMatrix], most: int) -> None:
        self._encode = encode
        self._most = most
        self._waiting: deque[_Asked] = deque()
        self._at_work = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of texts, (n, dimension); raises what encoding them raises."""
        own = _Asked(texts)
        self._waiting.append(own)
        with self._at_work:
            while own.vectors is None and own.error is None:
                self._encode_next()
        if own.error is not None:
            raise own.error
        assert own.vectors is not None
        return own.vectors

    def _encode_next(self) -> None:
        """Encode for those who have waited longest. Needs the lock: nobody else takes from the queue."""
        group = [self._waiting.popleft()]
        count = len(group[0].texts)
        while self._waiting and count + len(self._waiting[0].texts) <= self._most:
            group.append(self._waiting.popleft())
            count += len(group[-1].texts)
        place = {text: row for row, text in enumerate(dict.fromkeys(text for each in group for text in each.texts))}
        try:
            vectors = self._encode(list(place))
            for each in group:
                each.vectors = vectors[[place[text] for text in each.texts]]
        except BaseException as error:
            for each in group:
                each.error = error
            if not isinstance(error, Exception):  # an interrupt is this thread's own
                raise


class VectorCache:
    """The vectors of the texts that were asked for last. Safe to use from several threads.

    Args:
        size: how many are kept; with 0 nothing is.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._vectors: OrderedDict[str, FloatVector] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, texts: Iterable[str]) -> dict[str, FloatVector]:
        """The vectors (dimension,) of those texts that have one here."""
        found: dict[str, FloatVector] = {}
        with self._lock:
            for text in texts:
                if (vector := self._vectors.get(text)) is not None:
                    self._vectors.move_to_end(text)
                    found[text] = vector
        return found

    def put(self, vectors: dict[str, FloatVector]) -> None:
        """Keep vectors; those that nobody has asked for longest go."""
        with self._lock:
            for text, vector in vectors.items():
                self._vectors[text] = vector
                self._vectors.move_to_end(text)
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)
