"""How texts go through a model: batches of like length, callers together, the last vectors kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.batching import Gathered, VectorCache, batches
from indexer.vectors.base import FloatMatrix


@given(st.lists(st.integers(1, 300)), st.integers(1, 9), st.integers(1, 600))
def test_batches_hold_every_text_once_by_length(lengths: list[int], most: int, tokens: int) -> None:
    """Every text is in one batch, the longest first, and a batch holds no more texts and tokens than it may."""
    found = [[lengths[place] for place in batch] for batch in batches(lengths, most, tokens)]
    places = [int(place) for batch in batches(lengths, most, tokens) for place in batch]
    assert sorted(places) == list(range(len(lengths)))
    assert [length for batch in found for length in batch] == sorted(lengths, reverse=True)
    for number, batch in enumerate(found):
        assert len(batch) == 1 or (len(batch) <= most and len(batch) * batch[0] <= tokens)
        if number < len(found) - 1:  # it is as full as it may be
            assert len(batch) == most or (len(batch) + 1) * batch[0] > tokens


# ---------------------------------------------------------------------------------------------- gathering


def vectors_of(texts: Sequence[str]) -> FloatMatrix:
    """A vector of each text that no other text has."""
    return np.array([[len(text), *map(float, text.encode()[:3].ljust(3))] for text in texts], dtype=np.float32)


class Held:
    """Encodes as `vectors_of`, but holds the first call until it is let go; keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.started = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of texts; an error for one that is not a word."""
        self.calls.append(list(texts))
        self.started.set()
        assert self.let_go.wait(10)
        if "?" in texts:
            raise ValueError("no word")
        return vectors_of(texts)


def ask_while_held(asked: Sequence[Sequence[str]], most: int) -> tuple[list[list[str]], list[Future[FloatMatrix]]]:
    """What is encoded together where callers come one by one while the first is at work, and what each gets."""
    held = Held()
    gathered = Gathered(held, most)
    with ThreadPoolExecutor(len(asked)) as pool:
        results = [pool.submit(gathered, asked[0])]
        assert held.started.wait(10)
        for count, texts in enumerate(asked[1:], 1):
            results.append(pool.submit(gathered, texts))
            while len(gathered._waiting) < count:
                time.sleep(0.001)
        held.let_go.set()
    return held.calls, results


def test_a_caller_alone_is_encoded_at_once() -> None:
    """Without others each call is encoded by itself, whatever its size."""
    held = Held()
    held.let_go.set()
    gathered = Gathered(held, most=2)
    for texts in (["a"], ["a", "b", "c", "a"]):
        np.testing.assert_array_equal(gathered(texts), vectors_of(texts))
    assert held.calls == [["a"], ["a", "b", "c"]]


def test_callers_who_come_meanwhile_are_encoded_together() -> None:
    """All who wait are encoded in one call, each text once, and each caller gets the vectors of its own texts."""
    asked = [["first"], ["a", "b"], ["b"], ["c", "a"]]
    calls, results = ask_while_held(asked, most=10)
    assert calls == [["first"], ["a", "b", "c"]]
    for texts, result in zip(asked, results, strict=True):
        np.testing.assert_array_equal(result.result(), vectors_of(texts))


def test_no_more_are_gathered_than_allowed() -> None:
    """Callers beyond the limit wait for the next call, in the order they came."""
    calls, results = ask_while_held([["first"], ["a", "b"], ["c"], ["d"], ["e", "f", "g", "h"], ["i"]], most=3)
    assert calls == [["first"], ["a", "b", "c"], ["d"], ["e", "f", "g", "h"], ["i"]]
    np.testing.assert_array_equal(results[-1].result(), vectors_of(["i"]))


def test_a_failure_is_told_to_those_it_concerns() -> None:
    """Everybody whose texts were encoded in a call that fails is told why, and the others get their vectors."""
    calls, results = ask_while_held([["first"], ["a"], ["?"], ["b", "c"]], most=2)
    assert calls == [["first"], ["a", "?"], ["b", "c"]]
    for failed in results[1:3]:
        with pytest.raises(ValueError, match="no word"):
            failed.result()
    for place, texts in ((0, ["first"]), (3, ["b", "c"])):
        np.testing.assert_array_equal(results[place].result(), vectors_of(texts))


# ---------------------------------------------------------------------------------------------- keeping


def test_the_vectors_asked_for_last_are_kept() -> None:
    """A full cache forgets what nobody has asked for longest; asking counts, and so does putting anew."""
    cache = VectorCache(3)
    cache.put({text: vectors_of([text])[0] for text in ("a", "b", "c")})
    assert set(cache.get(["a", "none"])) == {"a"}
    cache.put({"d": vectors_of(["d"])[0], "b": vectors_of(["b"])[0]})
    found = cache.get(["a", "b", "c", "d"])
    assert set(found) == {"a", "b", "d"}
    np.testing.assert_array_equal(found["a"], vectors_of(["a"])[0])


def test_a_cache_of_no_size_keeps_nothing() -> None:
    """With 0 nothing is kept."""
    cache = VectorCache(0)
    cache.put({"a": vectors_of(["a"])[0]})
    assert cache.get(["a"]) == {}


def test_threads_may_share_a_cache() -> None:
    """Threads that read and write at once find the right vectors, and the bound holds."""
    cache = VectorCache(5)

    def work(seed: int) -> None:
        for number in range(300):
            text = str((seed * 7 + number) % 12)
            for name, vector in cache.get([text]).items():
                np.testing.assert_array_equal(vector, vectors_of([name])[0])
            cache.put({text: vectors_of([text])[0]})

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(work, seed) for seed in range(4)]:
            each.result()
    assert len(cache.get(str(number) for number in range(12))) == 5
