"""The ablation: a part taken out is not heard, every query is answered once, and the table shows the difference."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evaluation.ablation import MODE, Bench, heading, row
from indexer.config import Settings
from indexer.evaluate import JudgedQuery, shingles
from indexer.generations import open_generation
from indexer.ranking import Signal
from tests.small_index import WordEncoder, document, finding, write_index

TOPICS = ("minutes", "caseloads", "visits", "supervision", "chronologies", "placements", "training", "referrals")
PRAISE = "The {0} are timely and clear, and the {0} help children in every case that inspectors saw."
FAULT = "Too many {0} are late and unclear, and the {0} do not help children in some of the cases seen."
QUERY = "late and unclear {0}"


def judged(topic: str) -> JudgedQuery:
    """A query about what is wrong with a topic: the fault is comparable, the praise is not."""
    passages = tuple((shingles(text.format(topic)), grade) for text, grade in ((FAULT, 3), (PRAISE, 1)))
    return JudgedQuery(topic, QUERY.format(topic), "topic", {f"{topic}.txt": passages})


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A bench over one report for each topic, fitted on all of them."""
    settings = Settings(index_dir=tmp_path_factory.mktemp("ablation") / "index")
    texts = {topic: [finding(FAULT.format(topic)), finding(PRAISE.format(topic))] for topic in TOPICS}
    reports = [document(f"{topic}.txt", None, None, findings) for topic, findings in texts.items()]
    write_index(settings.index_dir, reports, WordEncoder())
    generation = open_generation(settings.index_dir)
    found = Bench(generation, settings, WordEncoder())
    found.learn([judged(topic) for topic in TOPICS[5:]], [judged(topic) for topic in TOPICS[:5]])
    yield found
    generation.close()


def test_every_query_is_answered_once_and_in_order(bench: Bench) -> None:
    """Whatever fold a query is in, it comes out where it stood; those that must get no result are asked too."""
    whole = bench.outcome("nothing", tuple(Signal), ["tuning a piano"], 0.05)
    assert [query.qid for query in whole.queries] == list(TOPICS[:5])
    assert all(query.scores is not None for query in whole.queries)
    assert whole.unanswerable.silent is not None
    assert whole.unanswerable.silent.count == 1


def test_the_bar_decides_what_is_answered(bench: Bench) -> None:
    """Without a bar every query is answered, with one that nothing reaches none is."""
    assert all(query.results for query in bench.outcome("bar", tuple(Signal), [], 0.0).queries)
    assert not any(query.results for query in bench.outcome("bar", tuple(Signal), [], 1.1).queries)


def test_a_signal_taken_out_is_not_heard(bench: Bench) -> None:
    """The scores are those of other weights, and the table shows the difference to the whole."""
    whole = bench.outcome("nothing", tuple(Signal), [], 0.0)
    heard = [signal for signal in Signal if signal not in (Signal.SENTENCE, Signal.WHOLE)]
    without = bench.outcome("vectors", heard, [], 0.0)
    assert [result.score for result in whole.queries[0].results] != [
        result.score for result in without.queries[0].results
    ]
    columns = heading("topic").split("\n")[0].count("|")
    first, second = row(whole, whole, "topic"), row(without, whole, "topic")
    assert first.count("|") == second.count("|") == columns
    assert first.startswith("| nothing |")
    assert " to " not in first
    assert " to " in second
    assert MODE == "hybrid"
