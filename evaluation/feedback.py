"""What marks on results are worth: nDCG@10 of the findings that are left, before and after some are marked.

    python -m evaluation.feedback --data FOLDER --index DIR

A reader is simulated on judged queries (FOLDER holds queries.json and qrels.json as `findings evaluate` reads them; DIR
is an index of the reports they judge): of the first ten results one of grade 3 is marked as wanted, one of grade 0 or 1
as not wanted, or both. What is marked, and every passage it overlaps, is taken out of the results and of the judgements
before and after alike, so that finding again what was marked counts for nothing. Each query is asked with each of its
first four such results in turn (with both marks, the first two of each) and counts once, with the mean.

The table is Markdown. It has the weights of `indexer.feedback`, in bold, and others around them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from indexer.config import load_settings
from indexer.estimates import calibration, paired
from indexer.evaluate import DEPTH, Grading, JudgedQuery, graded, ndcg, read_judged
from indexer.feedback import WEIGHTS, Weights
from indexer.models import Hit, Query
from indexer.search import Engine

TRIED: Final = (0.2, 0.4, 0.7)
TRIED_AGAINST: Final = (0.05, 0.1, 0.2)
COMPARABLE: Final = 2
"""Grade from which on a finding is comparable."""
ALONE, TOGETHER = 4, 2
"""Results of a query that are marked in turn, by themselves and with one of the other sort."""
NOTHING: Final = Weights(0.0, 0.0)
"""Weights by which what is marked is left out and nothing moves."""

Marks = tuple[tuple[Hit, ...], tuple[Hit, ...]]
"""What is marked as wanted and as not wanted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A query with one set of marks: nDCG@10, number of results, and the judged ones as (score, comparable)."""

    ndcg: float
    total: int
    judged: tuple[tuple[float, bool], ...]


def marks_of(hits: Sequence[Hit], query: JudgedQuery) -> dict[str, list[Marks]]:
    """The sets of marks that are tried on the first results of a query, by what is marked."""
    grades = _grading(hits, query).own
    wanted = [hit for hit, grade in zip(hits, grades, strict=True) if grade == 3]
    others = [hit for hit, grade in zip(hits, grades, strict=True) if grade in (0, 1)]
    return {
        "one wanted": [((hit,), ()) for hit in wanted[:ALONE]],
        "one not wanted": [((), (hit,)) for hit in others[:ALONE]],
        "one of each": [((one,), (other,)) for one in wanted[:TOGETHER] for other in others[:TOGETHER]],
    }


def outcome(engine: Engine, query: JudgedQuery, marks: Marks, weights: Weights) -> Outcome | None:
    """A query with its marks, over what is not marked; None where nothing comparable is left."""
    met = _grading((*marks[0], *marks[1]), query).met
    passages = {
        source: tuple(each for place, each in enumerate(judged) if (source, place) not in met)
        for source, judged in query.passages.items()
    }
    rest = replace(query, passages=passages, excerpts={})
    if max(rest.ideal, default=0) < COMPARABLE:
        return None
    like, unlike = (tuple(hit.finding.id for hit in some) for some in marks)
    engine.mark_weights = weights
    answer = engine.search(Query(query.query, limit=DEPTH, like=like, unlike=unlike))
    grading = _grading(answer.hits, rest)
    judged = [
        (hit.score, grade >= COMPARABLE)
        for hit, grade in zip(answer.hits, grading.own, strict=True)
        if grade is not None
    ]
    return Outcome(ndcg(grading.credited, rest.ideal, DEPTH), answer.total, tuple(judged))


def _grading(hits: Sequence[Hit], query: JudgedQuery) -> Grading:
    return graded([(hit.document.source, hit.finding.text) for hit in hits], query)


def row(engine: Engine, tried: Sequence[tuple[JudgedQuery, list[Marks]]], marked: str, weights: Weights) -> str:
    """One line of the table: the queries that have such results, before and after."""
    ndcgs, totals = [], []
    scored: tuple[list[tuple[float, bool]], list[tuple[float, bool]]] = [], []
    for query, sets in tried:
        both = [(outcome(engine, query, marks, NOTHING), outcome(engine, query, marks, weights)) for marks in sets]
        pairs = [(before, after) for before, after in both if before is not None and after is not None]
        if pairs:
            ndcgs.append(np.mean([[each.ndcg for each in pair] for pair in pairs], axis=0))
            totals.append(np.mean([[each.total for each in pair] for pair in pairs], axis=0))
            for pair in pairs:
                for known, each in zip(scored, pair, strict=True):
                    known += each.judged
    if not ndcgs:
        return f"| {marked} | no query has such results |"
    before, after = np.array(ndcgs).T
    change = paired(before.tolist(), after.tolist())
    assert change is not None
    errors = [calibration([score for score, _ in known], [right for _, right in known]).error for known in scored]
    number = f"{weights.wanted:g} / {weights.not_wanted:g}"
    cells = [
        *(marked, f"**{number}**" if weights == WEIGHTS else number, str(len(ndcgs))),
        *(f"{before.mean():.3f}", f"{after.mean():.3f}"),
        *(f"{change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f})", f"{change.p:.4f}"),
        " → ".join(f"{total:.0f}" for total in np.median(totals, axis=0)),
        " → ".join(f"{error:.3f}" for error in errors),
    ]
    return f"| {' | '.join(cells)} |"


HEADING: Final = (
    *("Marked", "weights", "queries", "nDCG@10 before", "after", "difference (95%)", "p", "results (median)"),
    "calibration error",
)


def main() -> None:
    """Measure the weights and print the table, line by line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with queries.json and qrels.json")
    parser.add_argument("--index", type=Path, required=True, help="index of the reports they judge")
    options = parser.parse_args()
    engine = Engine.open(load_settings().model_copy(update={"index_dir": options.index}))
    tried: dict[str, list[tuple[JudgedQuery, list[Marks]]]] = {}
    for query in read_judged(options.data):
        for marked, sets in marks_of(engine.search(Query(query.query, limit=DEPTH)).hits, query).items():
            tried.setdefault(marked, []).append((query, sets))
    print(f"| {' | '.join(HEADING)} |\n|{'---|' * len(HEADING)}")
    for marked, own in tried.items():
        wanted = TRIED if marked != "one not wanted" else (WEIGHTS.wanted,)
        not_wanted = TRIED_AGAINST if marked != "one wanted" else (WEIGHTS.not_wanted,)
        for weights in (Weights(one, other) for one in wanted for other in not_wanted):
            print(row(engine, own, marked, weights))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
