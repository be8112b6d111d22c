"""One run of an evaluation: everything that was measured, with what it was measured on; and two runs compared.

A run can be kept as a JSON file, from which a later one tells what has changed. It holds the queries and the beginnings
of their results, and so belongs where the judged queries are, not where the program is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from indexer import checks, estimates
from indexer.checks import Checked, DirectionCheck, InvariantCheck, PairCheck, UnanswerableCheck
from indexer.errors import ConfigError, ReadError
from indexer.estimates import Difference
from indexer.evaluate import (
    FIGURES,
    NDCG,
    Figure,
    JudgedQuery,
    QueryScore,
    evaluate,
    overlaps,
    read_judged,
    shingles,
)
from indexer.models import Filters, IndexFacts, Mode, Query
from indexer.records import read_text

FORMAT: Final = 1
LOWEST: Final = 15
"""Queries with the lowest nDCG that are looked at closely."""
LOOKED_THROUGH: Final = 200
"""How many results of those are looked through for the passages they missed."""


@dataclass(frozen=True, slots=True)
class Material:
    """The files to measure with; None for what is not measured."""

    data: Path | None = None
    directions: Path | None = None
    pairs: Path | None = None
    unanswerable: Path | None = None
    invariants: Path | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured; parts that were not are None, or empty."""

    format: Literal[1]
    made: str
    """When, ISO 8601, UTC."""
    command: str
    mode: Mode
    index: IndexFacts
    queries: tuple[QueryScore, ...] = ()
    unindexed: tuple[str, ...] = ()
    """Judged reports that the index does not hold: what is comparable in them cannot be found."""
    directions: DirectionCheck | None = None
    pairs: PairCheck | None = None
    unanswerable: UnanswerableCheck | None = None
    invariants: InvariantCheck | None = None


_RUN: Final = TypeAdapter(Run)


def measure(checked: Checked, facts: IndexFacts, material: Material, mode: Mode, command: str) -> Run:
    """Measure an index with the files given.

    Args:
        command: how the run was started, for whoever wants to repeat it.
    Raises:
        ReadError: a file is missing or ill-formed; all are read before anything is measured.
    """
    judged = read_judged(material.data) if material.data else ()
    labelled = checks.read_directions(material.directions) if material.directions else None
    pairs = checks.read_pairs(material.pairs) if material.pairs else None
    unanswerable = checks.read_unanswerable(material.unanswerable) if material.unanswerable else None
    invariants = checks.read_invariants(material.invariants) if material.invariants else None
    return Run(
        format=FORMAT,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        mode=mode,
        index=facts,
        queries=traced(checked, judged, evaluate(checked, judged, mode), mode),
        unindexed=unindexed(checked, judged),
        directions=None if labelled is None else checks.check_directions(checked, labelled),
        pairs=None if pairs is None else checks.check_pairs(checked, pairs),
        unanswerable=None if unanswerable is None else checks.check_unanswerable(checked, unanswerable, mode),
        invariants=None if invariants is None else checks.check_invariants(checked, invariants, mode),
    )


def lowest(queries: Iterable[QueryScore]) -> tuple[QueryScore, ...]:
    """The queries with the lowest nDCG, the lowest first."""
    ranked = [(score.scores.ndcg, score) for score in queries if score.scores is not None]
    return tuple(score for _, score in sorted(ranked, key=lambda pair: pair[0])[:LOWEST])


def traced(
    checked: Checked, judged: Iterable[JudgedQuery], scored: tuple[QueryScore, ...], mode: Mode
) -> tuple[QueryScore, ...]:
    """The queries, those with the lowest nDCG with the places where the passages they missed stand further down."""
    low = {score.qid for score in lowest(scored)}
    return tuple(
        _traced(checked, query, score, mode) if score.qid in low else score
        for query, score in zip(judged, scored, strict=True)
    )


def _traced(checked: Checked, judged: JudgedQuery, score: QueryScore, mode: Mode) -> QueryScore:
    hits = checked.search(Query(judged.query, limit=LOOKED_THROUGH, mode=mode, min_relevance=0.0)).hits
    words = [(hit, shingles(hit.finding.text)) for hit in hits]
    missed = []
    for passage in score.missed:
        whole, _ = judged.passages[passage.source][passage.place]
        found = (hit for hit, own in words if hit.document.source == passage.source and overlaps(own, whole))
        hit = next(found, None)
        missed.append(passage if hit is None else replace(passage, rank=hit.rank, score=hit.score))
    return replace(score, missed=tuple(missed))


def unindexed(checked: Checked, judged: Iterable[JudgedQuery]) -> tuple[str, ...]:
    """The sources of judged passages that the index does not hold, in order."""
    _, documents = checked.documents(Filters(), limit=1_000_000, offset=0)
    known = {document.source for document in documents}
    return tuple(sorted({source for query in judged for source in query.passages} - known))


# ---------------------------------------------------------------------------------------------- two runs


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after, over the queries that both runs have it for."""

    figure: Figure
    before: float
    after: float
    difference: Difference


@dataclass(frozen=True, slots=True)
class Moved:
    """One query that both runs scored, and its nDCG before and after."""

    qid: str
    query: str
    type: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one run to another."""

    changes: tuple[Change, ...]
    moved: tuple[Moved, ...]
    """Queries whose nDCG changed, the greatest loss first."""
    common: int
    left_out: int
    """Queries that only one of the runs asked."""


def compare(before: Run, after: Run) -> Comparison:
    """What changed between two runs, by the queries that both asked.

    Raises:
        ReadError: they have no query in common.
    """
    old = {(query.qid, query.query, query.type): query for query in before.queries}
    both = [(old[key], query) for query in after.queries if (key := (query.qid, query.query, query.type)) in old]
    if not both:
        raise ReadError("the two runs have no query in common; compare runs over the same judged queries")
    changes = []
    for figure in FIGURES:
        values = [(one, other) for _, one, other in _values(figure, both)]
        difference = estimates.paired([one for one, _ in values], [other for _, other in values])
        if difference is not None:
            one, other = (sum(side) / len(values) for side in zip(*values, strict=True))
            changes.append(Change(figure, one, other, difference))
    moved = [Moved(now.qid, now.query, now.type, one, other) for now, one, other in _values(NDCG, both) if one != other]
    moved.sort(key=lambda each: each.after - each.before)
    left_out = len(before.queries) + len(after.queries) - 2 * len(both)
    return Comparison(tuple(changes), tuple(moved), len(both), left_out)


def _values(figure: Figure, both: Iterable[tuple[QueryScore, QueryScore]]) -> Iterator[tuple[QueryScore, float, float]]:
    """The queries for which both runs have a figure, with its value before and after."""
    for was, now in both:
        one, other = figure.of(was), figure.of(now)
        if one is not None and other is not None:
            yield now, one, other


# ---------------------------------------------------------------------------------------------- files


def save_run(run: Run, path: Path) -> None:
    """Keep a run.

    Raises:
        ConfigError: the file cannot be written.
    """
    write_text(path, _RUN.dump_json(run, indent=1).decode() + "\n")


def read_run(path: Path) -> Run:
    """A run that was kept.

    Raises:
        ReadError: the file cannot be read, or holds no run of this version.
    """
    text = read_text(path, "give a file that --save has written")
    try:
        return _RUN.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        reason = f"{where}: {first['msg']}"
        raise ReadError(f"{path} holds no run of this version ({reason}); save it again") from error


def write_text(path: Path, text: str) -> None:
    """Write a file anew.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}); name a file in a folder of yours") from error
