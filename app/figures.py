"""The figures of an evaluation as lines of text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from app.words import count
from indexer.estimates import Estimate
from indexer.evaluate import DEPTH, FIGURES, NDCG, QueryScore, by_type, estimate
from indexer.runs import Comparison, Run

_NAME = 22


def figures_text(run: Run, comparison: Comparison | None = None, per_query: bool = False) -> str:
    """What a run has measured: each figure with its 95% interval, and what does not hold."""
    lines: list[str] = []
    if per_query:
        lines += [*map(_query_line, run.queries), ""]
    if run.queries:
        lines += _judged_lines(run.queries)
    lines += _check_lines(run)
    if run.unindexed:
        more = " ..." if len(run.unindexed) > 1 else ""
        lines.append(f"{count(len(run.unindexed), 'judged report')} not in this index: {run.unindexed[0]}{more}")
    if comparison is not None:
        lines += ["", *_comparison_lines(comparison)]
    return "\n".join(lines)


def _query_line(query: QueryScore) -> str:
    grades = " ".join("-" if grade is None else str(grade) for grade in query.grades)
    ndcg = NDCG.of(query)
    shown = "     " if ndcg is None else f"{ndcg:.3f}"
    return f"{query.qid:8} {shown}  {grades:{2 * DEPTH}} {query.query[:70]}"


def _judged_lines(queries: tuple[QueryScore, ...]) -> Iterator[str]:
    for figure in FIGURES:
        yield _line(figure.label, estimate(figure, queries), figure.note)
        if figure is NDCG:
            for name, mine in by_type(queries).items():
                if (found := estimate(NDCG, mine)) is not None:
                    yield _line(f"  {name}", found, count(found.count, "query", "queries"))


def _check_lines(run: Run) -> Iterator[str]:
    if run.directions:
        missing = f", {run.directions.missing:,} more are not in this index" if run.directions.missing else ""
        accuracy = run.directions.accuracy
        of = f"of {count(accuracy.count if accuracy else 0, 'labelled sentence')}{missing}"
        yield _line("directions", accuracy, of)
    if run.pairs:
        yield _line("opposite pairs", run.pairs.accuracy, "the right one of two sentences scores higher")
    if run.unanswerable:
        answered = len(run.unanswerable.answered)
        yield _line("no answer, no result", run.unanswerable.silent, f"{count(answered, 'query', 'queries')} answered")
    if run.invariants:
        held = run.invariants.count - len(run.invariants.broken)
        yield f"{'invariants':{_NAME}} {held} of {run.invariants.count} hold"
        for broken in run.invariants.broken:
            yield f"  line {broken.line}, {broken.query[:60]!r}: {broken.reason}"


def _line(name: str, found: Estimate | None, note: str) -> str:
    if found is None:
        return f"{name:{_NAME}} {'none to measure':>24}  {note}".rstrip()
    return f"{name:{_NAME}} {found.value:.4f}  {found.low:.3f} to {found.high:.3f}  {note}".rstrip()


def _comparison_lines(comparison: Comparison) -> Iterator[str]:
    left_out = f", {comparison.left_out} of one run alone left out" if comparison.left_out else ""
    yield f"Against the baseline, over {count(comparison.common, 'query', 'queries')}{left_out}:"
    for change in comparison.changes:
        difference = change.difference
        interval = f"{difference.low:+.3f} to {difference.high:+.3f}"
        tally = f"{difference.wins} higher, {difference.losses} lower, {difference.ties} the same"
        yield f"{change.figure.label:{_NAME}} {difference.value:+.4f}  {interval}  p {difference.p:.4f}  {tally}"
