"""What each part of the ranking is worth: the figures with that part taken out, against the whole.

    python -m evaluation.ablation --train FOLDER --data FOLDER --index DIR [--untuned-index DIR]

Both folders hold queries.json and qrels.json as `findings evaluate` reads them, DIR is an index of the reports they
judge. Without a part the weights of the ranking are fitted anew, so that the others may take its place, and every query
of --data is answered with weights that were fitted without it: on the other four fifths of those queries and on the
queries of --train that the encoder has not learnt from. Taken out in turn are

- each signal (`ranking.Signal`): it weighs nothing. What it puts forward stays among the candidates, so that the figure
  is what the signal says of a finding;
- acronyms: words are looked for as they stand;
- the tuned encoder: --untuned-index is an index of the same reports built with --untuned-model (`model.path`), which is
  all-MiniLM-L6-v2 if not given;
- the bar: whatever scores highest is a result.

The table is Markdown. A difference is that of nDCG@10 to the whole over the same queries, with its 95% interval by
paired bootstrap: where the interval holds zero, these queries do not show that the part is worth anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.model_selection import KFold  # type: ignore[import-untyped]

from evaluation import fit_fusion
from evaluation.fit_fusion import FOLDS, HEARD, OFF_TOPIC, Examples
from evaluation.untuned import untuned
from indexer.checks import UnanswerableCheck, check_unanswerable, read_unanswerable
from indexer.config import ModelSettings, Settings, load_settings
from indexer.embedder import Encoder, load_encoder
from indexer.estimates import paired
from indexer.evaluate import (
    FIGURES,
    NDCG,
    Figure,
    JudgedQuery,
    QueryScore,
    by_type,
    estimate,
    evaluate,
    read_judged,
)
from indexer.generations import Generation, check_encoder, open_generation
from indexer.lexical import Words
from indexer.models import Mode
from indexer.ranking import BARS, FUSIONS, Signal
from indexer.search import Engine
from training.examples import JUDGED_KEPT_BACK, kept_back

MODE: Final[Mode] = "hybrid"
NO_ANSWER: Final = Path(__file__).with_name("no_answer.txt")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of one configuration."""

    part: str
    queries: tuple[QueryScore, ...]
    unanswerable: UnanswerableCheck


class Bench:
    """One engine whose weights and bar can be set, with what weights are fitted on."""

    def __init__(self, generation: Generation, settings: Settings, encoder: Encoder, acronyms: bool = True) -> None:
        self._engine = Engine(generation, settings, encoder)
        if not acronyms:
            count = self._engine.facts.findings
            self._engine.retrieval.words = Words(generation.store, count, {})

    def learn(self, train: Sequence[JudgedQuery], data: Sequence[JudgedQuery]) -> None:
        """Take note of the signals of all judged findings; queries are numbered with those of `data` first."""
        self._data = tuple(data)
        findings = fit_fusion.Findings(self._engine)
        graded = [(query.query, findings.graded(query)) for query in (*data, *train)]
        graded += fit_fusion.graded_queries(findings)
        queries = fit_fusion.examples_of(self._engine, findings, graded)
        off_topic = OFF_TOPIC.read_text(encoding="utf-8").splitlines()
        self._examples = (*queries, fit_fusion.off_topic_examples(self._engine, off_topic))

    def outcome(self, part: str, heard: Sequence[Signal], unanswerable: Sequence[str], bar: float) -> Outcome:
        """Answer every query with weights fitted without it; queries without an answer with weights fitted on all."""
        self._engine.bars = {**BARS, MODE: bar}
        scored: dict[str, QueryScore] = {}
        for _, left_out in KFold(FOLDS, shuffle=True, random_state=0).split(self._data):
            self._fit(heard, left_out)
            asked = [self._data[place] for place in left_out]
            scored |= {score.qid: score for score in evaluate(self._engine, asked, MODE)}
        self._fit(heard, np.array([], dtype=np.int64))
        silent = check_unanswerable(self._engine, unanswerable, MODE)
        return Outcome(part, tuple(scored[query.qid] for query in self._data), silent)

    def _fit(self, heard: Sequence[Signal], left_out: np.ndarray) -> None:
        judged, unjudged, off_topic = self._examples
        fusion = fit_fusion.fit(_without(judged, left_out), _without(unjudged, left_out), off_topic, heard)
        self._engine.fusions = {**FUSIONS, MODE: fusion}


def _without(examples: Examples, queries: np.ndarray) -> Examples:
    return examples.part(~np.isin(examples.queries, queries))


def outcomes(options: argparse.Namespace) -> Iterator[Outcome]:
    """The whole first, then each part taken out."""
    settings = load_settings().model_copy(update={"index_dir": options.index})
    data = read_judged(options.data)
    train = [query for query in read_judged(options.train) if kept_back(query.qid, JUDGED_KEPT_BACK)]
    unanswerable = read_unanswerable(options.unanswerable)
    every, bar = HEARD[MODE], BARS[MODE]

    generation, encoder = open_generation(options.index), load_encoder(settings)
    check_encoder(generation, encoder)
    bench = Bench(generation, settings, encoder)
    bench.learn(train, data)
    yield bench.outcome("nothing", every, unanswerable, bar)
    for signal in every:
        name = f"`{signal.name}`"
        yield bench.outcome(name, [other for other in every if other is not signal], unanswerable, bar)
    yield bench.outcome("the bar", every, unanswerable, 0.0)

    bench = Bench(generation, settings, encoder, acronyms=False)
    bench.learn(train, data)
    yield bench.outcome("acronyms", every, unanswerable, bar)

    if options.untuned_index:
        model = ModelSettings(path=options.untuned_model) if options.untuned_model else untuned()
        settings = settings.model_copy(update={"index_dir": options.untuned_index, "model": model})
        generation, encoder = open_generation(options.untuned_index), load_encoder(settings)
        check_encoder(generation, encoder)
        bench = Bench(generation, settings, encoder)
        bench.learn(train, data)
        yield bench.outcome("the tuned encoder", every, unanswerable, bar)


def heading(kind: str) -> str:
    """The first two lines of the table; `kind` is the type of query that has a column of its own."""
    columns = ["Taken out", "nDCG@10", "difference (95%)", "p", kind, "wrong", "answered", "none", "rightly unanswered"]
    return f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def row(outcome: Outcome, whole: Outcome, kind: str) -> str:
    """One line of the table."""
    change = paired(_values(NDCG, whole.queries), _values(NDCG, outcome.queries))
    difference, p = "", ""
    if change is not None and outcome is not whole:
        difference = f"{change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f})"
        p = f"{change.p:.4f}"
    figures = {figure.name: figure for figure in FIGURES}
    of_kind = by_type(outcome.queries).get(kind, ())
    silent = outcome.unanswerable.silent
    cells = [
        outcome.part,
        _shown(NDCG, outcome.queries),
        difference,
        p,
        _shown(NDCG, of_kind),
        *(_shown(figures[name], outcome.queries) for name in ("wrong", "answered", "none")),
        "" if silent is None else f"{silent.count - len(outcome.unanswerable.answered)} of {silent.count}",
    ]
    return f"| {' | '.join(cells)} |"


def _values(figure: Figure, queries: Sequence[QueryScore]) -> list[float]:
    return [value for query in queries if (value := figure.of(query)) is not None]


def _shown(figure: Figure, queries: Sequence[QueryScore]) -> str:
    found = estimate(figure, queries)
    return "" if found is None else f"{found.value:.3f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--train", type=Path, required=True, help="folder with queries.json and qrels.json to fit on")
    parser.add_argument("--data", type=Path, required=True, help="folder with queries.json and qrels.json to measure")
    parser.add_argument("--index", type=Path, required=True, help="index of the reports they judge")
    parser.add_argument("--untuned-index", type=Path, help="index of the same reports built with another model")
    parser.add_argument("--untuned-model", type=Path, help="folder of that model; all-MiniLM-L6-v2 if not given")
    parser.add_argument("--unanswerable", type=Path, default=NO_ANSWER, help="queries that must get no result")
    parser.add_argument("--type", default="gap", help="type of query that has a column of its own")
    return parser.parse_args()


def main() -> None:
    """Measure every configuration and print the table, line by line as they are done."""
    options = _options()
    print(heading(options.type))
    whole = None
    for outcome in outcomes(options):
        whole = whole or outcome
        print(row(outcome, whole, options.type))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
