"""An engine that answers with what a test prepares, where an index of a few letters cannot show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from fastapi import FastAPI
from fastapi.testclient import TestClient

from indexer.models import Answer, Explanation, Hit, Leg, Query
from indexer.search import Engine

LEGS = (
    Leg("sentence", 2, 0.71, 1.83),
    Leg("finding", 1, 0.55, 0.46),
    Leg("words", None, 0.0, -0.0),
    Leg("coverage", 12, 0.25, 0.25),
    Leg("direction", None, 1.0, 0.83),
)
BASE = -2.47


class PreparedEngine:
    """The engine of an index whose searches are answered as prepared; it is its own holder.

    Args:
        engine: answers everything but searches.
        answer: gives the answer to each search.
    """

    def __init__(self, engine: Engine, answer: Callable[[Query], Answer]) -> None:
        self._engine = engine
        self.answer = answer
        self.asked: list[Query] = []

    def engine(self) -> PreparedEngine:
        """The engine in use."""
        return self

    def search(self, query: Query) -> Answer:
        """The prepared answer."""
        self.asked.append(query)
        return self.answer(query)

    def similar(self, _finding_id: str, query: Query) -> Answer:
        """The prepared answer."""
        return self.search(query)

    def close(self) -> None:
        """Nothing of its own is open."""

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


@contextmanager
def prepared(
    service: FastAPI | TestClient, engine: Engine, answer: Callable[[Query], Answer]
) -> Iterator[PreparedEngine]:
    """Have a running service answer searches as prepared."""
    app = service.app if isinstance(service, TestClient) else service
    assert isinstance(app, FastAPI)
    before, stand_in = app.state.index, PreparedEngine(engine, answer)
    app.state.index = stand_in
    try:
        yield stand_in
    finally:
        app.state.index = before


SCORE = 0.7109
"""What the base and the legs add up to."""
TYPED = "strategey meetings of the MASH"
NOTHING = "legionella in cooling towers"
ALIKE = "foster carers"
"""Queries whose answers have something to tell: another spelling and an acronym; nothing comparable; no direction."""
RESULTS = 5


def telling(engine: Engine) -> Callable[[Query], Answer]:
    """Answers that tell of everything an answer may tell of, in the engine's way, made of the findings of an index."""
    found = engine.search(Query('"assessments"', limit=RESULTS + 5))
    assert len(found.hits) == RESULTS + 5
    explained = Explanation(BASE, LEGS)
    results = [replace(hit, score=SCORE, relevance="strong") for hit in found.hits[:RESULTS]]
    below = [replace(hit, score=0.1234, relevance="weak") for hit in found.hits[RESULTS:]]

    def answer(query: Query) -> Answer:
        own = [] if query.text == NOTHING else results
        weak = below if query.weak and query.offset + query.limit >= len(own) else []
        shown: list[Hit] = [*own[query.offset : query.offset + query.limit], *weak]
        ranked = [replace(hit, rank=query.offset + place) for place, hit in enumerate(shown, start=1)]
        return replace(
            found,
            query=query.text,
            total=len(own),
            hits=tuple(replace(hit, explanation=explained if query.explain else None) for hit in ranked),
            facets=found.facets if own else dict.fromkeys(found.facets, ()),
            direction=query.direction if query.direction != "auto" else "any" if query.text == ALIKE else "weakness",
            corrections=(("strategey", "strategy"),) if query.text == TYPED else (),
            expansions=(("MASH", ("multi-agency safeguarding hub",)),) if query.text == TYPED else (),
            weak=len(weak),
        )

    return answer
