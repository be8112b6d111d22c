"""Fit the weights of the ranking on judged queries, and measure them on queries and reports left out.

    python -m evaluation.fit_fusion --train FOLDER --data FOLDER --index DIR

Both folders hold queries.json and qrels.json as `findings evaluate` reads them, DIR is an index of the reports they
judge. Of the first only the queries that the encoder has not learnt from are used (`training.examples.kept_back`):
those it knows look nearer to their findings than a new query ever will. So are those of training/data/graded.jsonl that
it has not learnt from. The result is printed as it stands in
`indexer/ranking.py`, for each mode, in two steps:

1. Weights: a logistic regression on pairs of findings of one query, one comparable (grade 2 or 3) and one not, learns
   from the difference of their signals which is which. Pairs of one query leave out what makes queries differ. Judged
   findings were all put forward by some search; a few candidates nobody judged stand for the many that are just near.
2. Scale: a logistic regression of two variables turns the weighted sum and what is known of the query's subject, which
   is the same for all its findings, into the probability that a finding is comparable, learning from all judged
   findings and from the nearest findings of queries about something else (off_topic.txt, and those of
   training/data/off_subject.txt that the classifier of subjects has not learnt from), none of which is comparable.

Figures are of queries, or reports, that a fit has not seen. nDCG@10 is that of the judged findings alone in the order
of their scores; "strong" and "bar" are the shares of comparable findings among the judged ones above each threshold. At
the end stand the figures of the queries of `--data` as the service answers them, each with weights fitted on the other
four fifths of all queries.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.metrics import log_loss, roc_auc_score  # type: ignore[import-untyped]
from sklearn.model_selection import GroupKFold, KFold  # type: ignore[import-untyped]

from indexer.config import load_settings
from indexer.evaluate import (
    FIGURES,
    JudgedQuery,
    QueryScore,
    Shingles,
    by_type,
    estimate,
    evaluate,
    ndcg,
    overlaps,
    read_judged,
    shingles,
)
from indexer.models import Filters, Mode
from indexer.ranking import BARS, FUSIONS, STRONG, Fusion, Signal, fused
from indexer.retrieval import Asked
from indexer.search import Engine
from training.examples import (
    GRADED_KEPT_BACK,
    JUDGED_KEPT_BACK,
    OFF_SUBJECT_KEPT_BACK,
    kept_back,
    off_subject,
    read_lines,
)

OFF_TOPIC: Final = Path(__file__).with_name("off_topic.txt")
OFF_TOPIC_NEAREST: Final = 20
"""Findings of each query about something else that are learnt from: the ones that come nearest."""

UNJUDGED: Final = 4
UNJUDGED_DEPTH: Final = 150
"""Candidates of each judged query that nobody judged and that are learnt from as not comparable: so many for each
leg, evenly spaced over the first so many that it puts forward."""

LEGS: Final = (Signal.SENTENCE, Signal.WHOLE, Signal.BM25)
"""The signals that put findings forward."""

FLOORS: Final = {Signal.BM25: 0.2, Signal.COVERAGE: 0.33}
"""Least weight of the words, as a share of that of both vectors together, where they are heard with them. Every judged
finding was put forward by some search and holds words of its query, so pairs of them say little of what words are worth
against all the findings that hold none; a query that only names a thing ("NEET care leavers") needs them. Chosen by
nDCG@10 as served on the same queries: a search over all weights came to these shares in four folds of five."""

FOLDS: Final = 5
COMPARABLE: Final = 2
"""Grade from which on a finding is comparable."""

HEARD: Final[dict[Mode, tuple[Signal, ...]]] = {
    "hybrid": tuple(Signal),
    "semantic": (Signal.SENTENCE, Signal.WHOLE, Signal.DIRECTION, Signal.SUBJECT),
    "keyword": (Signal.BM25,),
}


@dataclass(frozen=True)
class Examples:
    """Findings with their signals (n, 6) and grades (n,), and for each the number of its query and its report (n,)."""

    signals: NDArray[np.float64]
    grades: NDArray[np.int64]
    queries: NDArray[np.int64]
    reports: NDArray[np.int64]

    def part(self, chosen: NDArray[np.bool_]) -> Examples:
        """Those of the examples that are chosen."""
        return Examples(self.signals[chosen], self.grades[chosen], self.queries[chosen], self.reports[chosen])


class Findings:
    """The findings of an index as judged passages are matched to them."""

    def __init__(self, engine: Engine) -> None:
        _, documents = engine.documents(Filters(), limit=1_000_000, offset=0)
        self.report = np.repeat(np.arange(len(documents)), [document.findings for document in documents])
        """The number of the report of each finding, by row."""
        self.ids: list[str] = []
        """The id of each finding, by row."""
        self.of_source: dict[str, list[tuple[int, Shingles]]] = {}
        row = 0
        for document in documents:
            _, findings = engine.document(document.id)
            self.of_source[document.source] = [
                (row + place, shingles(finding.text)) for place, finding in enumerate(findings)
            ]
            self.ids += [finding.id for finding in findings]
            row += len(findings)

    def graded(self, query: JudgedQuery) -> dict[int, int]:
        """The findings that overlap a passage judged for a query, by row, with the best grade of each."""
        graded: dict[int, int] = {}
        for source, passages in query.passages.items():
            for row, words in self.of_source.get(source, ()):
                if met := [grade for passage, grade in passages if overlaps(words, passage)]:
                    graded[row] = max(met)
        return graded

    def examples(
        self, engine: Engine, asked: Asked, rows: NDArray[np.int64], grades: Sequence[int], number: int
    ) -> Examples:
        """Findings with their signals for one query."""
        signals = engine.retrieval.signals(asked, rows).astype(np.float64)
        return Examples(signals, np.array(grades, dtype=np.int64), np.full(len(rows), number), self.report[rows])


def examples_of(
    engine: Engine, findings: Findings, judged: Sequence[tuple[str, dict[int, int]]]
) -> tuple[Examples, Examples]:
    """The judged findings of every query, and some of its candidates that nobody judged, as grade 0.

    Args:
        judged: queries, each with the grades of the findings judged for it, by row.
    """
    known, unknown = [], []
    for number, (query, grades) in enumerate(judged):
        asked = engine.ask(query)
        rows = np.array(sorted(grades), dtype=np.int64)
        known.append(findings.examples(engine, asked, rows, [grades[row] for row in rows], number))
        unknown.append(
            findings.examples(engine, asked, some := unjudged_rows(engine, asked, rows), [0] * len(some), number)
        )
    return joined(known), joined(unknown)


def graded_queries(findings: Findings) -> list[tuple[str, dict[int, int]]]:
    """The queries whose results were graded and that the encoder does not know, with the grades of what is indexed."""
    row_of = {name: row for row, name in enumerate(findings.ids)}
    graded = []
    for query in read_lines("graded.jsonl"):
        if kept_back(query["finding"], GRADED_KEPT_BACK):
            named = [(ref.partition("/")[0], int(grade)) for grade, refs in query["grades"].items() for ref in refs]
            if grades := {row_of[name]: grade for name, grade in named if name in row_of}:
                graded.append((query["query"], grades))
    return graded


def unjudged_rows(engine: Engine, asked: Asked, judged: NDArray[np.int64]) -> NDArray[np.int64]:
    """Candidates that nobody judged: for each signal some of those it puts highest, so that none is favoured."""
    candidates = engine.retrieval.candidates(asked, Filters(), "hybrid")
    unjudged = ~np.isin(candidates.rows, judged)
    rows, signals = candidates.rows[unjudged], candidates.signals[unjudged]
    places = np.linspace(0, min(UNJUDGED_DEPTH, len(rows)) - 1, UNJUDGED).astype(np.int64)
    chosen = [rows[np.argsort(-signals[:, signal], kind="stable")[places]] for signal in LEGS]
    return np.unique(np.concatenate(chosen))


def off_topic_queries() -> list[str]:
    """Queries about something else that the encoder does not know."""
    listed = OFF_TOPIC.read_text(encoding="utf-8").splitlines()
    return listed + [query for query in off_subject() if kept_back(query, OFF_SUBJECT_KEPT_BACK)]


def off_topic_examples(engine: Engine, queries: Sequence[str]) -> Examples:
    """The findings nearest to queries about something else, all of grade 0; query and report are -1."""
    parts = []
    for query in queries:
        candidates = engine.retrieval.candidates(engine.ask(query), Filters(), "hybrid")
        nearest = np.argsort(-candidates.signals[:, :4].sum(axis=1), kind="stable")[:OFF_TOPIC_NEAREST]
        none = np.full(len(nearest), -1)
        parts.append(Examples(candidates.signals[nearest].astype(np.float64), np.zeros_like(none), none, none))
    return joined(parts)


def joined(parts: Sequence[Examples]) -> Examples:
    """Several examples as one."""
    return Examples(
        np.concatenate([part.signals for part in parts]),
        np.concatenate([part.grades for part in parts]),
        np.concatenate([part.queries for part in parts]),
        np.concatenate([part.reports for part in parts]),
    )


def fit(judged: Examples, unjudged: Examples, off_topic: Examples, heard: Sequence[Signal]) -> Fusion:
    """The weights and scale of one mode; signals that are not heard weigh nothing."""
    weights = pair_weights(joined([judged, unjudged]), [signal for signal in heard if signal is not Signal.SUBJECT])
    known = joined([judged, off_topic])
    vectors = weights[Signal.SENTENCE] + weights[Signal.WHOLE]
    for signal, share in FLOORS.items():
        if signal in heard:
            weights[signal] = max(weights[signal], share * vectors)
    columns = np.stack([known.signals @ weights, known.signals[:, Signal.SUBJECT]], axis=1)
    if Signal.SUBJECT not in heard:
        columns[:, 1] = 0
    scale = LogisticRegression(C=1e3).fit(columns, known.grades >= COMPARABLE)
    weights = weights * float(scale.coef_[0, 0])
    weights[Signal.SUBJECT] = max(0.0, float(scale.coef_[0, 1])) if Signal.SUBJECT in heard else 0.0
    return Fusion(tuple(round(float(weight), 3) for weight in weights), round(float(scale.intercept_[0]), 3))


def pair_weights(examples: Examples, heard: Sequence[Signal]) -> NDArray[np.float64]:
    """The weights that best tell which of two findings of one query is comparable, (5,); every query counts the same.

    A signal that would speak against a finding is not heard: it does so only by chance of the sample.
    """
    differences, counts = [], []
    for query in np.unique(examples.queries):
        mine = examples.part(examples.queries == query)
        comparable = mine.grades >= COMPARABLE
        pairs = mine.signals[comparable][:, None] - mine.signals[~comparable][None]
        if pairs.size:
            differences.append(pairs.reshape(-1, len(Signal)))
            counts.append(np.full(len(differences[-1]), 1 / len(differences[-1])))
    rows, counted = np.concatenate(differences), np.concatenate(counts)
    counted *= len(rows) / counted.sum()
    columns = list(heard)
    while True:
        seen = rows[:, columns]
        spread = seen.std(axis=0) + 1e-9
        model = LogisticRegression(fit_intercept=False, max_iter=1000).fit(
            np.concatenate([seen, -seen]) / spread,
            np.repeat([1, 0], len(seen)),
            sample_weight=np.concatenate([counted, counted]),
        )
        found = model.coef_[0] / spread
        if (found >= 0).all():
            weights = np.zeros(len(Signal))
            weights[columns] = found
            return weights
        columns = [column for column, weight in zip(columns, found, strict=True) if weight >= 0]


def held_out(
    judged: Examples, unjudged: Examples, off_topic: Examples, heard: Sequence[Signal], by: str
) -> NDArray[np.float64]:
    """The score of each judged finding by a fit on the other folds, (n,); `by` is "queries" or "reports"."""
    groups = getattr(judged, by)
    scored = np.zeros(len(groups))
    for _, test in GroupKFold(FOLDS, shuffle=True, random_state=0).split(judged.signals, groups=groups):
        left_out = np.isin(groups, groups[test])
        others = unjudged.part(~np.isin(getattr(unjudged, by), groups[test]))
        scored[left_out] = fused(judged.signals[left_out], fit(judged.part(~left_out), others, off_topic, heard))
    return scored


def figures(examples: Examples, scored: NDArray[np.float64], bar: float) -> str:
    """What scores are worth, in one line."""
    comparable = examples.grades >= COMPARABLE
    gains = []
    for query in np.unique(examples.queries):
        mine = np.flatnonzero(examples.queries == query)
        grades = examples.grades[mine]
        if grades.max() >= COMPARABLE:
            best = np.argsort(-scored[mine], kind="stable")
            gains.append(ndcg([int(g) for g in grades[best]], sorted((int(g) for g in grades), reverse=True), 10))
    parts = [
        f"nDCG@10 {np.mean(gains):.4f}",
        f"AUC {roc_auc_score(comparable, scored):.4f}",
        f"log loss {log_loss(comparable, scored):.4f}",
    ]
    for name, least in (("strong", STRONG), ("bar", bar)):
        above = scored >= least
        share = comparable[above].mean() if above.any() else 0.0
        parts.append(
            f"{name} {share:.3f} of {above.mean():.0%}, holding {comparable[above].sum() / comparable.sum():.0%}"
        )
    return "  ".join(parts)


def served(
    engine: Engine,
    queries: Sequence[JudgedQuery],
    first: int,
    examples: tuple[Examples, Examples, Examples],
) -> list[QueryScore]:
    """What the service answers to queries with weights fitted on the others, fold by fold.

    Args:
        first: the number of the first of the queries among those of the examples, which count on from it.
        examples: judged, unjudged and off topic, as `fit` takes them.
    """
    judged, unjudged, off_topic = examples
    answers: list[QueryScore] = []
    numbers = np.arange(first, first + len(queries))
    for _, test in KFold(FOLDS, shuffle=True, random_state=0).split(numbers):
        left_out = numbers[test]
        fusion = fit(
            judged.part(~np.isin(judged.queries, left_out)),
            unjudged.part(~np.isin(unjudged.queries, left_out)),
            off_topic,
            HEARD["hybrid"],
        )
        engine.fusions = {**FUSIONS, "hybrid": fusion}
        answers += evaluate(engine, [queries[place] for place in test])
    return answers


def main() -> None:
    """Fit and measure every mode."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train", type=Path, required=True, help="judged queries, some of which the encoder knows")
    parser.add_argument("--data", type=Path, required=True, help="judged queries that the encoder does not know")
    parser.add_argument("--index", type=Path, required=True, help="index of the reports they judge")
    options = parser.parse_args()
    settings = load_settings().model_copy(update={"index_dir": options.index})
    engine = Engine.open(settings)
    off_topic = off_topic_examples(engine, off_topic_queries())
    unknown = [query for query in read_judged(options.train) if kept_back(query.qid, JUDGED_KEPT_BACK)]
    queries = [*unknown, *read_judged(options.data)]
    findings = Findings(engine)
    graded = [(query.query, findings.graded(query)) for query in queries]
    judged, unjudged = examples_of(engine, findings, [*graded, *graded_queries(findings)])
    print(f"{len(judged.grades)} judged findings of {len(np.unique(judged.queries))} queries")
    for mode, heard in HEARD.items():
        fusion = fit(judged, unjudged, off_topic, heard)
        print(f'\n"{mode}": Fusion({fusion.weights}, {fusion.intercept}),')
        for by in ("queries", "reports"):
            print(f"  {by} left out: {figures(judged, held_out(judged, unjudged, off_topic, heard, by), BARS[mode])}")
        highest = fused(off_topic.signals, fusion).reshape(-1, OFF_TOPIC_NEAREST).max(axis=1)
        silent, calm = np.mean(highest < BARS[mode]), np.mean(highest < STRONG)
        print(f"  about something else: {silent:.0%} without a result, {calm:.0%} without a strong one")
    answers = served(engine, queries[len(unknown) :], len(unknown), (judged, unjudged, off_topic))
    print("\nAs served, weights fitted on other queries:")
    for name, part in {"all": answers, **by_type(answers)}.items():
        shown = [f"{figure.label} {found.value:.3f}" for figure in FIGURES if (found := estimate(figure, part))]
        print(f"  {name} ({len(part)}): {'  '.join(shown)}")


if __name__ == "__main__":
    main()
