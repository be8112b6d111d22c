"""How well a ranking finds comparable findings: judged queries in, nDCG@10 and its companions out.

A folder of judged queries holds two files, each a JSON array of objects:

    queries.json    {"qid": "D01", "query": "...", "type": "topic"}             type may be left out
    qrels.json      {"qid": "D01", "source": "...", "text": "...", "grade": 3}  grade 0 to 3

Judged passages were cut from the documents without regard to how this product cuts findings, so a result takes the
best grade among the judged passages of its document that it overlaps, and each passage is credited once: a second
result that overlaps it gains nothing. Queries of type "none" have no comparable finding; no result is right there.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from indexer import estimates
from indexer.estimates import Calibration, Estimate
from indexer.models import Answer, Hit, Mode, Query
from indexer.records import json_array

Shingles = frozenset[tuple[str, ...]]

DEPTH: Final = 10
"""Results of each query that are graded."""
EXCERPT: Final = 200
"""Characters of a result or a passage that are kept, so that a person can see what it was."""

_WORD = re.compile(r"[a-z0-9']+")
_NO_COMPARABLE = "none"
_RELEVANT = 2
"""From this grade on a passage is comparable: 2 is clearly part of it, 3 the same issue in the same direction."""
_WAY_OUT = "give a folder that holds queries.json and qrels.json"


class Searcher(Protocol):
    """What is evaluated."""

    def search(self, query: Query) -> Answer:
        """Answer one query."""
        ...


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """One query with the passages judged for it, by source document."""

    qid: str
    query: str
    type: str
    passages: Mapping[str, tuple[tuple[Shingles, int], ...]]
    excerpts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The beginning of each passage, in the same order."""

    @property
    def ideal(self) -> tuple[int, ...]:
        """All grades, best first."""
        return tuple(sorted((grade for judged in self.passages.values() for _, grade in judged), reverse=True))

    @property
    def comparable(self) -> bool:
        """Whether there is something to find."""
        return self.type != _NO_COMPARABLE


@dataclass(frozen=True, slots=True)
class Result:
    """One result as it was graded."""

    rank: int
    score: float
    grade: int | None
    """None where nothing judged overlaps it; 0 where an earlier result has the credit for what it overlaps."""
    judged: int | None
    """The grade whoever has the credit."""
    direction: str
    finding: str
    citation: str
    text: str
    """Its first `EXCERPT` characters."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A comparable passage that no result overlaps."""

    source: str
    place: int
    """Its number among the passages of its source that were judged for the query, from 0."""
    grade: int
    text: str
    """Its first `EXCERPT` characters."""
    rank: int | None = None
    """Where a finding that overlaps it stands further down, where that was looked for and one does."""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one query that has a comparable passage. All in [0, 1]."""

    ndcg: float
    precision5: float
    reciprocal3: float
    wrong: float
    judged: float


@dataclass(frozen=True, slots=True)
class QueryScore:
    """One query with what it was answered; `scores` is None where no judged passage is comparable."""

    qid: str
    query: str
    type: str
    results: tuple[Result, ...]
    missed: tuple[Missed, ...] = ()
    scores: Scores | None = None

    @property
    def grades(self) -> tuple[int | None, ...]:
        """The grades of the results, best result first."""
        return tuple(result.grade for result in self.results)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of an evaluation: the mean of a value over the queries that have it."""

    name: str
    label: str
    note: str
    of: Callable[[QueryScore], float | None]
    better: int = 1
    """1 where more is better, -1 where less is, 0 where it only says how far to trust the others."""
    yes_or_no: bool = False


def _score(name: str) -> Callable[[QueryScore], float | None]:
    return lambda query: None if query.scores is None else getattr(query.scores, name)


def _answered(query: QueryScore) -> float | None:
    return None if query.type == _NO_COMPARABLE else float(bool(query.results))


def _unanswered(query: QueryScore) -> float | None:
    return float(not query.results) if query.type == _NO_COMPARABLE else None


NDCG: Final = Figure("ndcg10", f"nDCG@{DEPTH}", "order of the results", _score("ndcg"))
FIGURES: Final = (
    NDCG,
    Figure("p5", "comparable in first 5", "grade 2 or 3", _score("precision5")),
    Figure("mrr3", "first direct match", "1 / rank of the first grade 3", _score("reciprocal3")),
    Figure("wrong", f"wrong in first {DEPTH}", "grade 1: same topic, wrong way or other issue", _score("wrong"), -1),
    Figure(
        "judged10", f"judged in first {DEPTH}", "where low, the figures above are lower bounds", _score("judged"), 0
    ),
    Figure("answered", "answered", "queries with something comparable that got a result", _answered, yes_or_no=True),
    Figure(
        "none", "rightly unanswered", "queries with nothing comparable that got no result", _unanswered, yes_or_no=True
    ),
)


def estimate(figure: Figure, queries: Iterable[QueryScore]) -> Estimate | None:
    """A figure over some queries with its interval; None where none of them has it."""
    values = [value for query in queries if (value := figure.of(query)) is not None]
    return estimates.share([value > 0 for value in values]) if figure.yes_or_no else estimates.mean(values)


def by_type(queries: Iterable[QueryScore]) -> dict[str, tuple[QueryScore, ...]]:
    """The queries of each type, types in the order they come in."""
    types: dict[str, list[QueryScore]] = defaultdict(list)
    for query in queries:
        types[query.type].append(query)
    return {name: tuple(mine) for name, mine in types.items()}


def calibration_of(queries: Iterable[QueryScore]) -> Calibration:
    """What the scores of judged results promise against how many of them are comparable.

    A result counts by its own grade, whoever has the credit. Queries with nothing comparable are left out: how many of
    them a set holds says nothing of how many people ask.
    """
    shown = [result for query in queries if query.type != _NO_COMPARABLE for result in query.results]
    judged = [(result.score, result.judged) for result in shown if result.judged is not None]
    return estimates.calibration([score for score, _ in judged], [grade >= _RELEVANT for _, grade in judged])


# ---------------------------------------------------------------------------------------------- grading


def shingles(text: str, length: int = 5) -> Shingles:
    """All runs of `length` words in a text, in lower case; one shorter run where the text is shorter."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    return frozenset(tuple(words[start : start + length]) for start in range(max(1, len(words) - length + 1)))


def overlaps(one: Shingles, other: Shingles) -> bool:
    """Whether two texts are the same passage: at least half of the shorter one's runs stand in both."""
    return len(one & other) * 2 >= min(len(one), len(other))


def ndcg(grades: Sequence[int | None], ideal: Sequence[int], depth: int) -> float:
    """Normalised discounted cumulative gain at `depth`: gain 2^grade - 1, discount log2(rank + 1), rank from 1.

    Args:
        grades: grades of the results, best result first; None counts as 0.
        ideal: grades of all judged passages, highest first.
        depth: cutoff, in results; at least 1.
    Returns:
        A number in [0, 1]; 0.0 where nothing is relevant.
    Source: Burges et al. 2005, "Learning to rank using gradient descent".
    """
    best = _discounted(ideal[:depth])
    return _discounted(grades[:depth]) / best if best else 0.0


def _discounted(grades: Iterable[int | None]) -> float:
    return float(sum((2 ** (grade or 0) - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1)))


@dataclass(frozen=True, slots=True)
class Grading:
    """The grades of results: as credited, whoever has the credit, and which passages any of them overlaps."""

    credited: tuple[int | None, ...]
    own: tuple[int | None, ...]
    met: frozenset[tuple[str, int]]
    """Source and place of each passage."""


def graded(results: Iterable[tuple[str, str]], query: JudgedQuery) -> Grading:
    """Grade results, given as (source, text), best first."""
    met: set[tuple[str, int]] = set()
    credited: list[int | None] = []
    own: list[int | None] = []
    for source, text in results:
        words = shingles(text)
        passages = enumerate(query.passages.get(source, ()))
        mine = {place: grade for place, (passage, grade) in passages if overlaps(words, passage)}
        own.append(max(mine.values()) if mine else None)
        new = [0 if (source, place) in met else grade for place, grade in mine.items()]
        credited.append(max(new) if new else None)
        met |= {(source, place) for place in mine}
    return Grading(tuple(credited), tuple(own), frozenset(met))


def score_query(judged: JudgedQuery, hits: Sequence[Hit], depth: int = DEPTH) -> QueryScore:
    """One query as it was answered, from its results, best first."""
    grading = graded([(hit.document.source, hit.finding.text) for hit in hits[:depth]], judged)
    results = tuple(
        Result(
            rank=rank,
            score=hit.score,
            grade=grade,
            judged=own,
            direction=hit.finding.direction,
            finding=hit.finding.id,
            citation=hit.citation,
            text=hit.finding.text[:EXCERPT],
        )
        for rank, (hit, grade, own) in enumerate(zip(hits, grading.credited, grading.own, strict=False), start=1)
    )
    scores = None
    if judged.comparable and judged.ideal and judged.ideal[0] >= _RELEVANT:
        scores = _scores(grading.credited, judged.ideal, depth)
    return QueryScore(judged.qid, judged.query, judged.type, results, _missed(judged, grading), scores)


def _scores(grades: Sequence[int | None], ideal: Sequence[int], depth: int) -> Scores:
    shown = max(1, len(grades))
    return Scores(
        ndcg=ndcg(grades, ideal, depth),
        precision5=sum((grade or 0) >= _RELEVANT for grade in grades[:5]) / 5,
        reciprocal3=next((1 / rank for rank, grade in enumerate(grades, start=1) if grade == 3), 0.0),
        wrong=sum(grade == 1 for grade in grades) / shown,
        judged=sum(grade is not None for grade in grades) / shown,
    )


def _missed(judged: JudgedQuery, grading: Grading) -> tuple[Missed, ...]:
    """The comparable passages that no result overlaps, the best first."""
    missed = [
        Missed(source, place, grade, excerpt)
        for source, passages in judged.passages.items()
        for place, ((_, grade), excerpt) in enumerate(zip(passages, judged.excerpts.get(source, ()), strict=False))
        if grade >= _RELEVANT and (source, place) not in grading.met
    ]
    return tuple(sorted(missed, key=lambda passage: -passage.grade))


def evaluate(searcher: Searcher, judged: Sequence[JudgedQuery], mode: Mode = "hybrid") -> tuple[QueryScore, ...]:
    """Ask every judged query and grade the first results of each."""
    return tuple(
        score_query(query, searcher.search(Query(query.query, limit=DEPTH, mode=mode)).hits) for query in judged
    )


# ---------------------------------------------------------------------------------------------- files


def read_judged(folder: Path) -> tuple[JudgedQuery, ...]:
    """The judged queries of a folder, in the order of queries.json.

    Raises:
        ReadError: a file is missing or ill-formed; the message names file and line.
    """
    passages: dict[str, dict[str, list[tuple[Shingles, int]]]] = defaultdict(lambda: defaultdict(list))
    excerpts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    queries: dict[str, tuple[str, str]] = {}
    for record in json_array(folder / "queries.json", _WAY_OUT):
        qid = record.text("qid")
        if qid in queries:
            raise record.error(f"the query {qid!r} stands in the file twice; give each its own qid")
        queries[qid] = (record.text("query"), record.text("type") if "type" in record.fields else "query")
    for record in json_array(folder / "qrels.json", _WAY_OUT):
        qid = record.text("qid")
        if qid not in queries:
            raise record.error(f"the query {qid!r} is not in queries.json")
        source, text = record.text("source"), record.text("text")
        passages[qid][source].append((shingles(text), record.number("grade", 0, 3)))
        excerpts[qid][source].append(" ".join(text[: 2 * EXCERPT].split())[:EXCERPT])
    return tuple(
        JudgedQuery(
            *(qid, text, kind),
            {source: tuple(judged) for source, judged in passages[qid].items()},
            {source: tuple(texts) for source, texts in excerpts[qid].items()},
        )
        for qid, (text, kind) in queries.items()
    )
