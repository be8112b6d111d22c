"""Search: what answers promise, checked against brute force on a small index."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indexer import ranking
from indexer.config import Settings
from indexer.embedder import load_encoder
from indexer.errors import IndexMismatch, IndexUnavailable, NotFoundError, QueryError
from indexer.models import Answer, Direction, Document, Filters, Finding, Grade, Hit, Kind, Leg, Mode, Query
from indexer.search import Engine, EngineHolder
from indexer.subject_head import ON_SUBJECT, SubjectHead
from tests.small_index import WordEncoder, document, finding, write_index

MODES: tuple[Mode, ...] = ("hybrid", "semantic", "keyword")
QUERY = "delay in strategy meeting minutes"
STOCK = "Minutes of strategy meetings are sent out late to all of the partner agencies that were there on the day."

WEAK, GOOD = Direction.WEAKNESS, Direction.STRENGTH
REPORTS = (
    document(
        "bury.txt",
        "Bury",
        date(2011, 4, 7),
        [
            finding("The inspection took place over two days in March.", Kind.CONTEXT),
            finding("There is delay in distributing the minutes of strategy meetings.", direction=WEAK, number="2"),
            finding("Minutes of strategy meetings are sent without delay.", direction=GOOD),
            finding("Staff have good access to training. It is of high quality.", Kind.STRENGTH, GOOD, ("Strengths",)),
            finding(STOCK, Kind.AREA_FOR_DEVELOPMENT, WEAK, ("Areas for development",)),
        ],
    ),
    document(
        "leeds.txt",
        "Leeds",
        date(2018, 1, 5),
        [
            finding(STOCK, Kind.RECOMMENDATION, WEAK, ("Recommendations",), judgement=Grade.GOOD),
            finding("Foster carers value training. Minutes of their meetings are kept.", judgement=Grade.GOOD),
            finding("Visits to children are regular and purposeful.", direction=GOOD, judgement=Grade.GOOD),
        ],
    ),
    document(
        "york.txt",
        "York",
        date(2021, 9, 30),
        [
            finding(f"{STOCK[:-1]} itself.", Kind.RECOMMENDATION, WEAK, ("What needs to improve",)),
            finding("Delay in holding strategy meetings leaves children at risk. Plans drift.", direction=WEAK),
            finding("Delay in holding strategy meetings leaves some children at risk for weeks.", direction=WEAK),
            finding("A city museum opened. It was inspected in March.", Kind.CONTEXT),
        ],
    ),
    document(
        "undated.txt",
        None,
        None,
        [
            finding("Strategy meetings are prompt. Minutes are clear. There is delay in sending them.", direction=WEAK),
            finding("Care leavers live in suitable homes and have help to find work.", direction=GOOD),
        ],
    ),
)


@pytest.fixture(scope="module")
def index_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the reports above."""
    folder = tmp_path_factory.mktemp("search") / "index"
    write_index(folder, REPORTS, WordEncoder())
    return folder


@pytest.fixture(scope="module")
def engine(index_dir: Path) -> Iterator[Engine]:
    """The engine over that index."""
    opened = Engine.open(Settings(index_dir=index_dir), WordEncoder())
    yield opened
    opened.close()


NO_FILTERS = Filters()


def everything(engine: Engine, query: str = QUERY, mode: Mode = "hybrid", filters: Filters = NO_FILTERS) -> Answer:
    """The answer with all its results on one page."""
    return engine.search(Query(query, limit=1000, mode=mode, filters=filters))


def texts(answer: Answer) -> list[str]:
    """The texts of the results, in order."""
    return [hit.finding.text for hit in answer.hits]


# ---------------------------------------------------------------------------------------------- what may be asked for


@pytest.mark.parametrize(
    ("asked", "sought", "first"),
    [
        # The way is read from the query, or said; the finding that points that way leads.
        ("auto", "weakness", "There is delay in distributing the minutes of strategy meetings."),
        ("weakness", "weakness", "There is delay in distributing the minutes of strategy meetings."),
        ("strength", "strength", "Minutes of strategy meetings are sent without delay."),
    ],
)
def test_a_search_can_be_turned_round(
    engine: Engine, asked: Literal["auto", "strength", "weakness"], sought: str, first: str
) -> None:
    """The answer says which way was sought, and findings that point that way come first."""
    answer = engine.search(Query(QUERY, direction=asked))
    assert (answer.direction, answer.hits[0].finding.text) == (sought, first)


def test_with_direction_off_it_adds_nothing(engine: Engine) -> None:
    """Where either way will do, no score owes anything to direction."""
    answer = engine.search(Query(QUERY, direction="any", explain=True, min_relevance=0))
    assert answer.direction == "any"
    assert all(leg.share == 0 for hit in answer.hits for leg in legs(hit) if leg.name == "direction")


def legs(hit: Hit) -> tuple[Leg, ...]:
    """The legs of a hit that was explained."""
    assert hit.explanation is not None
    return hit.explanation.legs


@pytest.mark.parametrize("mode", MODES)
def test_shares_add_up_to_the_score(engine: Engine, mode: Mode) -> None:
    """The base and the shares of the legs are the log odds of the score."""
    hits = engine.search(Query(QUERY, limit=100, mode=mode, explain=True, min_relevance=0)).hits
    assert hits
    for hit in hits:
        assert hit.explanation is not None
        log_odds = hit.explanation.base + sum(leg.share for leg in legs(hit))
        assert 1 / (1 + math.exp(-log_odds)) == pytest.approx(hit.score, abs=2e-4)
    assert all(hit.explanation is None for hit in engine.search(Query(QUERY, mode=mode)).hits)


def test_a_leg_ranks_a_finding_among_all_that_were_looked_at(engine: Engine) -> None:
    """Of each leg that orders findings some result is the first, and no rank is given where it says nothing."""
    hits = engine.search(Query(QUERY, limit=100, explain=True, min_relevance=0)).hits
    for name in ("sentence", "finding", "words", "coverage"):
        found = [leg for hit in hits for leg in legs(hit) if leg.name == name]
        if found:
            assert min(leg.rank for leg in found if leg.rank is not None) == 1
            assert all(leg.rank is None for leg in found if leg.value < 0)


@pytest.mark.parametrize("least", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_a_least_score_is_kept(engine: Engine, least: float) -> None:
    """`min_relevance` takes the place of the bar, on the number that is shown."""
    every = engine.search(Query(QUERY, limit=100, min_relevance=0)).hits
    found = engine.search(Query(QUERY, limit=100, min_relevance=least))
    assert found.hits == tuple(hit for hit in every if hit.score >= least)
    assert found.total == len(found.hits)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_weak_findings_follow_the_last_result_and_count_nowhere(engine: Engine, limit: int) -> None:
    """A few findings below the bar come after the last result, marked, and leave everything else as it was."""
    plain = everything(engine)
    for offset in range(0, plain.total, limit):
        query = Query(QUERY, limit=limit, offset=offset)
        without, found = engine.search(query), engine.search(replace(query, weak=True))
        assert (found.total, found.facets) == (without.total, without.facets)
        assert found.hits[: len(without.hits)] == without.hits
        added = found.hits[len(without.hits) :]
        assert found.weak == len(added)
        assert bool(added) == (offset + limit >= plain.total)
        assert all(hit.relevance == "weak" and hit.score < ranking.BARS["hybrid"] for hit in added)


def test_where_nothing_is_comparable_the_nearest_are_shown_only_if_asked_for(engine: Engine) -> None:
    """A query about something else has no result, and at most five weak ones."""
    query = Query("refurbishment of swimming pools")
    assert engine.search(query).hits == ()
    found = engine.search(replace(query, weak=True))
    assert (found.total, found.weak) == (0, len(found.hits))
    assert 0 < found.weak <= 5


@pytest.mark.parametrize("most", [1, 2, 3])
def test_few_results_of_each_report(engine: Engine, most: int) -> None:
    """`per_document` leaves the best of each report, in the same order, and the total and facets say so."""
    every = everything(engine, filters=NO_FILTERS).hits
    found = engine.search(Query(QUERY, limit=100, per_document=most))
    counts: Counter[str] = Counter()
    kept = []
    for hit in every:
        counts[hit.document.id] += 1
        if counts[hit.document.id] <= most:
            kept.append(hit.finding.id)
    assert [hit.finding.id for hit in found.hits] == kept
    assert found.total == sum(each.count for each in found.facets["document"]) == len(kept)


def test_a_slip_of_the_keyboard_is_put_right_and_said(engine: Engine) -> None:
    """A misspelt query finds what the query finds, and the answer says what it was taken for."""
    found = engine.search(Query("delay in strategey meeting minuts"))
    assert dict(found.corrections) == {"strategey": "strategy", "minuts": "minutes"}
    assert texts(found) == texts(engine.search(Query(QUERY)))
    assert found.query == "delay in strategey meeting minuts"


def test_words_that_one_finding_holds_are_on_the_subject(index_dir: Path) -> None:
    """Whatever the classifier of subjects says, a query all of whose words stand in one finding is not turned away."""
    nothing = np.zeros((1, WordEncoder.dimension), dtype=np.float32)
    off = SubjectHead(nothing, np.zeros(1, np.float32), np.full(1, -5, np.float32), np.ones(1, np.float32))
    engine = Engine.open(Settings(index_dir=index_dir), WordEncoder(subject=off))
    assert engine.ask("strategy meeting minutes").subject == ON_SUBJECT
    assert engine.ask("strategy meeting biscuits").subject == -5
    engine.close()


def test_texts_of_no_report_are_scored(engine: Engine) -> None:
    """Sentences that stand in no index are scored as if they were findings, each by itself."""
    right, wrong, other = engine.score_texts(
        QUERY,
        ["The minutes of strategy meetings are delayed.", "Strategy meeting minutes are prompt.", "Homes are safe."],
    )
    assert right > wrong > other


# ---------------------------------------------------------------------------------------------- order and paging


def test_the_comparable_finding_comes_first(engine: Engine) -> None:
    """The finding of the same issue in the same direction leads; one on the topic the wrong way stands below it."""
    found = texts(everything(engine))
    assert found[0] == "There is delay in distributing the minutes of strategy meetings."
    assert found.index("Minutes of strategy meetings are sent without delay.") > 0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_are_slices_of_one_ranking(engine: Engine, mode: Mode, size: int) -> None:
    """Whatever the page size: the same results, scores, ranks, total and facets."""
    whole = everything(engine, mode=mode)
    hits: list[Hit] = []
    for offset in range(0, whole.total + size, size):
        page = engine.search(Query(QUERY, limit=size, offset=offset, mode=mode))
        assert (page.total, page.facets) == (whole.total, whole.facets)
        hits += page.hits
    assert tuple(hits) == whole.hits


@pytest.mark.parametrize("mode", MODES)
def test_scores_fall_with_the_rank(engine: Engine, mode: Mode) -> None:
    """Ranks count from 1, scores are in [0, 1] and never rise, and `strong` and `possible` follow from them."""
    hits = everything(engine, mode=mode).hits
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert all(0 <= hit.score <= 1 for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.relevance == ranking.relevance(hit.score, ranking.BARS[mode]) for hit in hits)


def test_the_same_query_gives_the_same_answer(index_dir: Path, engine: Engine) -> None:
    """Two engines over one index, asked at once from many threads, give the same answer."""
    other = Engine.open(Settings(index_dir=index_dir), WordEncoder())
    answers: list[tuple[Hit, ...]] = []
    threads = [
        threading.Thread(target=lambda each=each: answers.append(everything(each).hits)) for each in [engine, other] * 8
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert len(answers) == 16
    assert set(answers) == {everything(engine).hits}


def test_queries_are_repeated_clean(engine: Engine) -> None:
    """The answer repeats the query as it was understood."""
    assert engine.search(Query("  delay\tin minutes ")).query == "delay in minutes"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query(""), "the query is empty"),  # nothing typed
        (Query("?!"), "no words to search for"),  # marks alone
        (Query("x" * 2001), "2,001 characters"),  # too long
        (Query("x", limit=0), "limit is 0"),  # no results wanted
        (Query("x", offset=-1), "offset is -1"),  # before the first
        (Query("x", mode="fuzzy"), "mode is 'fuzzy'"),  # type: ignore[arg-type]  # no such mode
    ],
)
def test_queries_that_cannot_be_answered_say_why(engine: Engine, query: Query, message: str) -> None:
    """A query that makes no sense is refused in one sentence."""
    with pytest.raises(QueryError, match=message.replace("?", r"\?")):
        engine.search(query)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=120), mode=st.sampled_from(MODES))
def test_any_text_is_answered_or_refused(engine: Engine, text: str, mode: Mode) -> None:
    """Whatever is typed: an answer, or a `QueryError`."""
    try:
        answer = engine.search(Query(text, mode=mode))
    except QueryError:
        return
    assert len(answer.hits) == min(answer.total, 10)


# ---------------------------------------------------------------------------------------------- honesty


@pytest.mark.parametrize("mode", MODES)
def test_queries_about_something_else_have_no_results(engine: Engine, mode: Mode) -> None:
    """Where nothing comes near, the answer is empty: no results, no facets."""
    answer = everything(engine, "legionella growth inside hospital cooling towers", mode)
    assert (answer.total, answer.hits) == (0, ())
    assert not any(answer.facets.values())


# ---------------------------------------------------------------------------------------------- filters

FILTERS: list[tuple[Filters, Callable[[Document, Finding], bool]]] = [
    (Filters(), lambda d, f: True),  # none
    (Filters(authority=("Bury",)), lambda d, f: d.metadata.authority == "Bury"),
    (Filters(authority=("Bury", "York")), lambda d, f: d.metadata.authority in ("Bury", "York")),  # alternatives
    (Filters(exclude_authority=("Bury",)), lambda d, f: d.metadata.authority != "Bury"),  # those without a name stay
    (Filters(kind=("recommendation",)), lambda d, f: f.kind is Kind.RECOMMENDATION),
    (Filters(kind=("context",)), lambda d, f: f.kind is Kind.CONTEXT),  # only where asked for
    (Filters(direction=("weakness",)), lambda d, f: f.direction is WEAK),
    (Filters(judgement=("good",)), lambda d, f: f.judgement is Grade.GOOD),
    (Filters(document=(REPORTS[1].id,)), lambda d, f: d is REPORTS[1]),
    (Filters(published_from=date(2018, 1, 5)), lambda d, f: d.metadata.authority in ("Leeds", "York")),  # that day on
    (Filters(published_to=date(2018, 1, 4)), lambda d, f: d.metadata.published == date(2011, 4, 7)),
    (Filters(authority=("Bury",), kind=("strength",)), lambda d, f: f.kind is Kind.STRENGTH),  # joined by "and"
    (Filters(authority=("Atlantis",)), lambda d, f: False),  # nobody
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("filters", "passes"), FILTERS)
def test_filters_hold_inside_the_search(
    engine: Engine, mode: Mode, filters: Filters, passes: Callable[[Document, Finding], bool]
) -> None:
    """Under filters the results are those, and all those, that pass; their scores are what they are without filters."""
    quoted = '"strategy" "meetings"'  # every finding that holds both is a result, however far off
    found = everything(engine, quoted, mode, filters)
    members = {hit.finding.id for hit in found.hits} | {
        other.id for hit in found.hits for other, _ in engine.near_identical(hit.finding.id)
    }
    passing = {
        each.id
        for report in REPORTS
        for each in report.findings
        if passes(report, each) and "strategy meetings" in each.text.lower() and each.kind is not Kind.CONTEXT
    }
    assert passing <= members
    assert {hit.finding.id for hit in found.hits} <= passing
    assert sum(1 + hit.similar for hit in found.hits) == len(passing)


@pytest.mark.parametrize("mode", MODES)
def test_filters_never_move_the_bar(engine: Engine, mode: Mode) -> None:
    """Under a filter those findings are results that are results without it, with the same scores."""
    whole = everything(engine, mode=mode)
    scores = {hit.finding.id: hit.score for hit in whole.hits}
    for authority in ("Bury", "Leeds", "York"):
        part = everything(engine, mode=mode, filters=Filters(authority=(authority,)))
        for hit in part.hits:
            known = [hit.finding.id, *(other.id for other, _ in engine.near_identical(hit.finding.id))]
            assert any(each in scores for each in known)
            assert scores.get(hit.finding.id, hit.score) == hit.score


def test_context_is_searched_only_when_asked_for(engine: Engine) -> None:
    """Facts about the inspection are no results unless the filter on kind names them."""
    query = "the inspection took place over two days in March"
    assert Kind.CONTEXT not in {hit.finding.kind for hit in everything(engine, query).hits}
    asked = everything(engine, query, filters=Filters(kind=("context", "finding")))
    assert asked.hits[0].finding.kind is Kind.CONTEXT


# ---------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("phrase", ["minutes", "strategy meetings", "museum", "Foster carers"])
def test_quoted_words_stand_in_every_result(engine: Engine, mode: Mode, phrase: str) -> None:
    """Every result holds the quoted words side by side, and every finding that holds them is a result."""
    found = everything(engine, f'delay "{phrase}"', mode)
    holding = [
        each
        for report in REPORTS
        for each in report.findings
        if phrase.lower() in each.text.lower() and each.kind is not Kind.CONTEXT
    ]
    assert all(phrase.lower() in text.lower() for text in texts(found))
    assert sum(1 + hit.similar for hit in found.hits) == len(holding)


# ---------------------------------------------------------------------------------------------- facets and groups


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("filters", [case[0] for case in FILTERS])
def test_facets_count_all_results(engine: Engine, mode: Mode, filters: Filters) -> None:
    """A facet counts every result once, by brute force: most first, then by value; no value, no count."""
    answer = everything(engine, mode=mode, filters=filters)
    assert set(answer.facets) == {
        *("authority", "inspection_type", "kind", "direction", "judgement", "published_year", "document"),
    }
    expected: dict[str, Counter[str | None]] = {
        "authority": Counter(hit.document.metadata.authority for hit in answer.hits),
        "kind": Counter(hit.finding.kind.value for hit in answer.hits),
        "direction": Counter(hit.finding.direction.value for hit in answer.hits),
        "judgement": Counter(hit.finding.judgement and hit.finding.judgement.value for hit in answer.hits),
        "document": Counter(hit.document.id for hit in answer.hits),
        "published_year": Counter(
            str(hit.document.metadata.published.year) if hit.document.metadata.published else None
            for hit in answer.hits
        ),
    }
    for facet, counts in expected.items():
        known = {str(value): count for value, count in counts.items() if value is not None}
        found = answer.facets[facet]
        assert {each.value: each.count for each in found} == known
        assert list(found) == sorted(found, key=lambda each: (-each.count, each.value))
    assert sum(each.count for each in answer.facets["kind"]) == answer.total


@pytest.mark.parametrize("candidates", [1, 2, 3])
def test_all_results_are_counted_however_few_are_put_forward(index_dir: Path, engine: Engine, candidates: int) -> None:
    """Total, counts and order are those of a comparison with every finding, however many each way puts forward."""
    settings = Settings(index_dir=index_dir)
    few = settings.model_copy(update={"search": settings.search.model_copy(update={"candidates": candidates})})
    with closing(Engine.open(few, WordEncoder())) as narrow:
        for query in (
            Query(QUERY, 50),
            Query(QUERY, 50, min_relevance=0.05),
            Query("training", 50, min_relevance=0.05),
        ):
            found, expected = narrow.search(query), engine.search(query)
            assert (found.total, found.facets) == (expected.total, expected.facets)
            assert [hit.finding.id for hit in found.hits] == [hit.finding.id for hit in expected.hits]


def test_near_identical_findings_stand_as_one(engine: Engine) -> None:
    """Of findings of the same words one is shown; it counts the others, which are there to be looked at."""
    answer = everything(engine, STOCK)
    (hit,) = [hit for hit in answer.hits if "partner agencies" in hit.finding.text]
    others = engine.near_identical(hit.finding.id)
    assert hit.similar == len(others) == 2
    assert hit.finding.id not in {other.id for other, _ in others}
    days = [summary.metadata.published for _, summary in others]
    assert days == sorted(days, key=lambda day: day or date.min, reverse=True)


def test_of_equals_the_newest_is_shown(engine: Engine) -> None:
    """Of findings that match as well as each other the one of the newest report stands for the rest."""
    (hit,) = everything(engine, '"partner agencies"', "keyword", Filters(authority=("Bury", "Leeds"))).hits
    assert hit.finding.text == STOCK
    assert (hit.document.metadata.authority, hit.similar) == ("Leeds", 1)


def test_similar_counts_only_what_passes_the_filters(engine: Engine) -> None:
    """The folded findings that a filter leaves out are not counted."""
    answer = everything(engine, STOCK, filters=Filters(authority=("Bury", "Leeds")))
    (hit,) = [hit for hit in answer.hits if "partner agencies" in hit.finding.text]
    assert hit.similar == 1


# ---------------------------------------------------------------------------------------------- display


def test_the_best_sentence_is_marked(engine: Engine) -> None:
    """The sentence that matches is marked, and the marks lie in the text."""
    for mode in MODES:
        answer = everything(engine, "training of foster carers", mode)
        (hit,) = [hit for hit in answer.hits if hit.finding.text.startswith("Foster carers")]
        assert [hit.finding.text[a:b] for a, b in hit.highlights] == ["Foster carers value training."]


def test_a_hit_holds_all_that_is_shown(engine: Engine) -> None:
    """A hit has the finding as it was indexed, its document and its citation."""
    hit = everything(engine).hits[0]
    assert hit.finding == REPORTS[0].findings[1]
    assert (hit.document.id, hit.document.sha256) == (REPORTS[0].id, REPORTS[0].sha256)
    assert hit.citation == "Ofsted, Focused visit, Bury, 7 April 2011, paragraph 2, page 1"


# ---------------------------------------------------------------------------------------------- more like this


@pytest.mark.parametrize("mode", MODES)
def test_similar_leaves_out_the_finding_and_its_group(engine: Engine, mode: Mode) -> None:
    """Findings comparable to a finding are other findings: neither it nor those near-identical to it."""
    own = REPORTS[1].findings[0]
    answer = engine.similar(own.id, Query("", limit=100, mode=mode, min_relevance=0.1))
    found = {hit.finding.id for hit in answer.hits}
    assert found
    assert not found & {own.id, *(other.id for other, _ in engine.near_identical(own.id))}
    assert answer.query == own.text


def test_similar_obeys_filters_and_paging(engine: Engine) -> None:
    """Filters and paging hold as in a search; findings of the same document may be found."""
    own = REPORTS[2].findings[1]
    whole = engine.similar(own.id, Query("", limit=100))
    assert whole.hits[0].finding == REPORTS[2].findings[2]
    assert engine.similar(own.id, Query("", limit=1, offset=1)).hits == whole.hits[1:2]
    part = engine.similar(own.id, Query("", limit=100, filters=Filters(authority=("York",))))
    assert {hit.document.metadata.authority for hit in part.hits} == {"York"}


# ---------------------------------------------------------------------------------------------- lookups


def test_findings_and_documents_come_back_whole(engine: Engine) -> None:
    """What was indexed comes back as it was, findings of every kind in the order of the document."""
    for report in REPORTS:
        summary, findings = engine.document(report.id)
        assert findings == report.findings
        assert summary.metadata == report.metadata
        for each in findings:
            assert engine.finding(each.id) == (each, summary)


def test_documents_are_listed_under_filters(engine: Engine) -> None:
    """The list of documents pages and obeys the filters of search."""
    total, found = engine.documents(Filters(), limit=2, offset=1)
    assert (total, [each.id for each in found]) == (4, [REPORTS[1].id, REPORTS[2].id])
    total, found = engine.documents(Filters(kind=("strength",)), limit=10, offset=0)
    assert (total, [each.id for each in found]) == (1, [REPORTS[0].id])


@pytest.mark.parametrize("lookup", ["finding", "near_identical", "document"])
def test_unknown_ids_are_named(engine: Engine, lookup: str) -> None:
    """An id that is not there is an error that names it."""
    with pytest.raises(NotFoundError, match="'nothing'"):
        getattr(engine, lookup)("nothing")
    with pytest.raises(NotFoundError, match="'nothing'"):
        engine.similar("nothing", Query(""))


def test_values_of_a_facet_are_those_of_the_index(engine: Engine) -> None:
    """The values of a facet are counted over the index, most first; an unknown facet is refused."""
    assert [(each.value, each.count) for each in engine.values("authority")] == [("Bury", 4), ("Leeds", 3), ("York", 3)]
    assert ("context", 2) in [(each.value, each.count) for each in engine.values("kind")]
    with pytest.raises(QueryError, match="no facet 'colour'"):
        engine.values("colour")


# ---------------------------------------------------------------------------------------------- opening and renewing


def test_opening_says_what_is_wrong(tmp_path: Path, index_dir: Path) -> None:
    """No index, or one of another model, is an error with the way out."""
    with pytest.raises(IndexUnavailable, match="findings index"):
        Engine.open(Settings(index_dir=tmp_path / "none"), WordEncoder())
    with pytest.raises(IndexMismatch, match="another"):
        Engine.open(Settings(index_dir=index_dir), WordEncoder(name="another", sha256="1" * 64))


@pytest.fixture
def quick(tmp_path: Path) -> Settings:
    """Settings that look for a new generation all the time."""
    return Settings(index_dir=tmp_path / "index", reload_seconds=0.001)


def until(done: Callable[[], bool]) -> None:
    """Wait for what happens in the background."""
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "it did not happen in ten seconds"
        time.sleep(0.005)


def test_a_service_recovers_when_an_index_appears(quick: Settings) -> None:
    """Without an index every call says so; as soon as there is one it is served."""
    holder = EngineHolder(quick, WordEncoder())
    holder.start()
    for _ in range(2):
        with pytest.raises(IndexUnavailable, match="findings index"):
            holder.engine()
    name = write_index(quick.index_dir, REPORTS[:1], WordEncoder())
    time.sleep(0.01)
    assert holder.engine().facts.generation == name
    holder.close()
    with pytest.raises(IndexUnavailable, match="closing"):
        holder.engine()


def test_a_new_generation_drops_no_request(quick: Settings) -> None:
    """While generations are switched under load every request is answered, each by exactly one generation."""
    names = [write_index(quick.index_dir, REPORTS[:1], WordEncoder())]
    holder = EngineHolder(quick, WordEncoder())
    holder.start()
    stop = threading.Event()
    seen: set[str] = set()
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            while not stop.is_set():
                engine = holder.engine()
                engine.search(Query(QUERY))
                total, _ = engine.documents(Filters(), 10, 0)
                assert engine.facts.documents == total
                seen.add(engine.facts.generation)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for count in (2, 3, 4):
        names.append(write_index(quick.index_dir, REPORTS[:count], WordEncoder()))
        until(lambda: names[-1] in seen or bool(errors))
    stop.set()
    for thread in threads:
        thread.join()
    holder.close()
    assert not errors
    assert seen == set(names)


def test_a_generation_that_cannot_be_opened_leaves_the_old_one_serving(
    quick: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """A new generation that does not fit is logged once and changes nothing; a good one after it is taken."""
    first = write_index(quick.index_dir, REPORTS[:1], WordEncoder())
    holder = EngineHolder(quick, WordEncoder())
    holder.start()
    with caplog.at_level(logging.ERROR):
        damaged = write_index(quick.index_dir, REPORTS[:2], WordEncoder(name="other model", sha256="2" * 64))
        until(lambda: holder.engine().facts.generation == first and bool(caplog.records))
        for _ in range(20):
            assert holder.engine().facts.generation == first
            time.sleep(0.002)
    assert len(caplog.records) == 1
    assert damaged in caplog.records[0].getMessage()
    assert "other model" in caplog.records[0].getMessage()
    good = write_index(quick.index_dir, REPORTS[:2], WordEncoder())
    until(lambda: holder.engine().facts.generation == good)
    holder.close()


def test_an_engine_in_use_outlives_its_generation(quick: Settings) -> None:
    """A request that holds an engine is answered by it after the service has taken up a newer one."""
    write_index(quick.index_dir, REPORTS[:1], WordEncoder())
    holder = EngineHolder(quick, WordEncoder())
    holder.start()
    held = holder.engine()
    newer = write_index(quick.index_dir, REPORTS, WordEncoder())
    until(lambda: holder.engine().facts.generation == newer)
    assert held.documents(Filters(), 10, 0)[0] == 1
    assert everything(held).total > 0
    holder.close()


# ---------------------------------------------------------------------------------------------- the real model


@pytest.mark.slow
def test_the_real_model_finds_what_words_do_not(tmp_path: Path) -> None:
    """With the default model a query finds findings in other words, and an unrelated one finds nothing."""
    settings = Settings(index_dir=tmp_path / "index")
    encoder = load_encoder(settings)
    write_index(settings.index_dir, REPORTS, encoder)
    engine = Engine.open(settings, encoder)
    assert "distributing the minutes" in engine.search(Query(QUERY)).hits[0].finding.text
    assert engine.search(Query("staff are coached well by their managers")).hits[0].finding.section == ("Strengths",)
    assert engine.search(Query("legionella control in hospital cooling towers not monitored")).total == 0
    engine.close()
