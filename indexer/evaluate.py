"""How well a ranking finds comparable findings: judged queries in, nDCG@10 and its companions out.

A folder of judged queries holds two files, each a JSON array of objects:

    queries.json    {"qid": "D01", "query": "...", "type": "topic"}             type may be left out
    qrels.json      {"qid": "D01", "source": "...", "text": "...", "grade": 3}  grade 0 to 3

Judged passages were cut from the documents without regard to how this product cuts findings, so a result takes the
best grade among the judged passages of its document that it overlaps, and each passage is credited once: a second
result that overlaps it gains nothing. Queries of type "none" have no comparable finding; no result is right there.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from indexer.errors import ReadError
from indexer.models import Answer, Mode, Query

Shingles = frozenset[tuple[str, ...]]

_WORD = re.compile(r"[a-z0-9']+")
_NO_COMPARABLE = "none"
_RELEVANT = 2
"""From this grade on a passage is comparable: 2 is clearly part of it, 3 the same issue in the same direction."""


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

    @property
    def ideal(self) -> tuple[int, ...]:
        """All grades, best first."""
        return tuple(sorted((grade for judged in self.passages.values() for _, grade in judged), reverse=True))


@dataclass(frozen=True, slots=True)
class QueryScore:
    """One query's figures. `grades` are those of its results in order; None where nothing judged overlaps."""

    qid: str
    query: str
    type: str
    grades: tuple[int | None, ...]
    ndcg: float
    precision5: float
    reciprocal3: float
    wrong: float
    judged: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Means over the queries that have a comparable passage, and how the others were answered. All in [0, 1]."""

    queries: tuple[QueryScore, ...]
    ndcg: float
    """nDCG at the depth of the evaluation."""
    precision5: float
    """Share of the first five results that are comparable."""
    reciprocal3: float
    """Mean of 1 / rank of the first directly comparable result."""
    wrong: float
    """Share of the results that are on the same topic in the wrong direction, or another issue of it (grade 1)."""
    judged: float
    """Share of the results that overlap any judged passage; where this is low, nDCG is a lower bound."""
    answered: float
    """Share of the queries with something comparable that got a result."""
    none: float | None
    """Share of the queries without anything comparable that got no result; None where there are none."""
    by_type: Mapping[str, float]
    """nDCG by type of query."""
    depth: int


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


def grades_of(results: Iterable[tuple[str, str]], query: JudgedQuery) -> tuple[int | None, ...]:
    """The grade of each result, given as (source, text) in order; None where nothing judged overlaps it."""
    credited: set[tuple[str, int]] = set()
    grades: list[int | None] = []
    for source, text in results:
        words = shingles(text)
        best: int | None = None
        for place, (passage, grade) in enumerate(query.passages.get(source, ())):
            if overlaps(words, passage):
                best = max(best or 0, 0 if (source, place) in credited else grade)
                credited.add((source, place))
        grades.append(best)
    return tuple(grades)


def evaluate(searcher: Searcher, folder: Path, depth: int = 10, mode: Mode = "hybrid") -> Evaluation:
    """Ask every judged query of a folder and grade the first `depth` results of each.

    Raises:
        ReadError: a file of the folder is missing or ill-formed; the message names file and line.
    """
    scores: list[QueryScore] = []
    answered: list[bool] = []
    silent: list[bool] = []
    for judged in read_judged(folder):
        answer = searcher.search(Query(judged.query, limit=depth, mode=mode))
        if judged.type == _NO_COMPARABLE:
            silent.append(not answer.hits)
            continue
        answered.append(bool(answer.hits))
        if judged.ideal and judged.ideal[0] >= _RELEVANT:
            results = [(hit.document.source, hit.finding.text) for hit in answer.hits]
            scores.append(score_query(judged, results, depth))
    by_type: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        by_type[score.type].append(score.ndcg)
    return Evaluation(
        queries=tuple(scores),
        ndcg=_mean([score.ndcg for score in scores]),
        precision5=_mean([score.precision5 for score in scores]),
        reciprocal3=_mean([score.reciprocal3 for score in scores]),
        wrong=_mean([score.wrong for score in scores]),
        judged=_mean([score.judged for score in scores]),
        answered=_mean(answered),
        none=_mean(silent) if silent else None,
        by_type={name: _mean(values) for name, values in by_type.items()},
        depth=depth,
    )


def score_query(judged: JudgedQuery, results: Sequence[tuple[str, str]], depth: int) -> QueryScore:
    """The figures of one query, from its results as (source, text), best first."""
    grades = grades_of(results[:depth], judged)
    shown = max(1, len(grades))
    return QueryScore(
        qid=judged.qid,
        query=judged.query,
        type=judged.type,
        grades=grades,
        ndcg=ndcg(grades, judged.ideal, depth),
        precision5=sum((grade or 0) >= _RELEVANT for grade in grades[:5]) / 5,
        reciprocal3=next((1 / rank for rank, grade in enumerate(grades, start=1) if grade == 3), 0.0),
        wrong=sum(grade == 1 for grade in grades) / shown,
        judged=sum(grade is not None for grade in grades) / shown,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def format_table(evaluation: Evaluation, per_query: bool = False) -> str:
    """The figures as lines of text, with a line for each query first where asked for."""
    depth = evaluation.depth
    lines = []
    if per_query:
        for score in evaluation.queries:
            grades = " ".join("-" if grade is None else str(grade) for grade in score.grades)
            lines.append(f"{score.qid:8} {score.ndcg:.3f}  {grades:{2 * depth}} {score.query[:70]}")
        lines.append("")
    none = "no such query" if evaluation.none is None else f"{evaluation.none:.4f}"
    figures = [
        (f"nDCG@{depth}", f"{evaluation.ndcg:.4f}", f"mean of {len(evaluation.queries)} queries"),
        *((f"  {name}", f"{value:.4f}", "") for name, value in evaluation.by_type.items()),
        ("comparable in first 5", f"{evaluation.precision5:.4f}", "grade 2 or 3"),
        ("first direct match", f"{evaluation.reciprocal3:.4f}", "1 / rank of the first grade 3"),
        (f"wrong in first {depth}", f"{evaluation.wrong:.4f}", "grade 1: same topic, wrong way or other issue"),
        (f"judged in first {depth}", f"{evaluation.judged:.4f}", "where low, nDCG is a lower bound"),
        ("answered", f"{evaluation.answered:.4f}", "queries with something comparable that got a result"),
        ("rightly unanswered", none, "queries with nothing comparable that got no result"),
    ]
    lines += [f"{name:22} {value:>13}  {note}".rstrip() for name, value, note in figures]
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------- files


def read_judged(folder: Path) -> tuple[JudgedQuery, ...]:
    """The judged queries of a folder, in the order of queries.json.

    Raises:
        ReadError: a file is missing or ill-formed; the message names file and line.
    """
    passages: dict[str, dict[str, list[tuple[Shingles, int]]]] = defaultdict(lambda: defaultdict(list))
    queries: dict[str, tuple[str, str]] = {}
    for record in _records(folder / "queries.json"):
        qid = record.text("qid")
        if qid in queries:
            raise record.error(f"the query {qid!r} stands in the file twice; give each its own qid")
        queries[qid] = (record.text("query"), record.text("type") if "type" in record.fields else "query")
    for record in _records(folder / "qrels.json"):
        qid, grade = record.text("qid"), record.fields.get("grade")
        if qid not in queries:
            raise record.error(f"the query {qid!r} is not in queries.json")
        if type(grade) is not int or not 0 <= grade <= 3:
            raise record.error(f"'grade' must be a whole number from 0 to 3, not {grade!r}")
        passages[qid][record.text("source")].append((shingles(record.text("text")), grade))
    return tuple(
        JudgedQuery(qid, text, kind, {source: tuple(judged) for source, judged in passages[qid].items()})
        for qid, (text, kind) in queries.items()
    )


@dataclass(frozen=True, slots=True)
class _Record:
    """One object of a JSON array, and where it stands."""

    fields: Mapping[str, Any]
    path: Path
    file: str
    place: int

    def text(self, name: str) -> str:
        """A field that must be a text."""
        value = self.fields.get(name)
        if not isinstance(value, str) or not value:
            raise self.error(
                f"{name!r} must be a text that is not empty" if name in self.fields else f"{name!r} is missing"
            )
        return value

    def error(self, reason: str) -> ReadError:
        """An error that names file and line."""
        return _error(self.path, self.file, self.place, reason)


def _records(path: Path) -> Iterator[_Record]:
    """Each object of a JSON array; decoded one by one, since the line of an ill-formed one is known only on the way."""
    try:
        file = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = f"{path} cannot be read ({error.strerror}); give a folder that holds queries.json and qrels.json"
        raise ReadError(reason) from error
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is not UTF-8 text; save it as UTF-8") from error
    decoder = json.JSONDecoder()
    place = _skip(file, 0)
    if file[place : place + 1] != "[":
        raise _error(path, file, place, "a JSON array of objects must begin here")
    place = _skip(file, place + 1)
    while file[place : place + 1] != "]":
        start = place
        try:
            fields, place = decoder.raw_decode(file, place)
        except json.JSONDecodeError as error:
            raise ReadError(f"{path}, line {error.lineno}: not JSON ({error.msg})") from error
        if not isinstance(fields, dict):
            raise _error(path, file, start, "an object must stand here")
        yield _Record(fields, path, file, start)
        place = _skip(file, place)
        if file[place : place + 1] == ",":
            place = _skip(file, place + 1)
        elif file[place : place + 1] != "]":
            raise _error(path, file, place, "a comma or the closing bracket of the array is missing")


def _skip(file: str, place: int) -> int:
    """The first place from here on that is not white space."""
    while place < len(file) and file[place].isspace():
        place += 1
    return place


def _error(path: Path, file: str, place: int, reason: str) -> ReadError:
    return ReadError(f"{path}, line {file.count(chr(10), 0, place) + 1}: {reason}")
