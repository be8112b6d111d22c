"""Checks: what is demanded of an index, on a small one where the outcome is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from indexer.checks import (
    DIRECTIONS,
    Invariant,
    LabelledSentence,
    OppositePair,
    check_directions,
    check_invariants,
    check_pairs,
    check_unanswerable,
    read_directions,
    read_invariants,
    read_pairs,
    read_unanswerable,
)
from indexer.config import Settings
from indexer.errors import ReadError
from indexer.models import Direction
from indexer.ranking import Fusion, Signal
from indexer.search import Engine
from tests.small_index import WordEncoder, document, finding, write_index

WEAK, GOOD, MIXED = Direction.WEAKNESS, Direction.STRENGTH, Direction.MIXED
BURY = document(
    "bury.txt",
    "Bury",
    date(2011, 4, 7),
    [
        finding("Minutes of strategy meetings are sent out late to partners. Staff say so.", direction=WEAK),
        finding("Minutes of panel’s meetings are sent out at once to all partners.", direction=GOOD),
        finding("Foster carers value their training.", direction=GOOD),
    ],
)
YORK = document("york.txt", "York", None, [finding("Minutes of strategy meetings are sent out late.", direction=WEAK)])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine over the two reports above, ranking by vectors alone, whatever the product's weights are."""
    settings = Settings(index_dir=tmp_path_factory.mktemp("checks") / "index")
    write_index(settings.index_dir, (BURY, YORK), WordEncoder())
    weights = tuple(4.0 if signal in (Signal.SENTENCE, Signal.WHOLE) else 0.0 for signal in Signal)
    found = Engine.open(settings, WordEncoder(), {"hybrid": Fusion(weights, -3.0)}, {"hybrid": 0.3})
    yield found
    found.close()


# ---------------------------------------------------------------------------------------------- directions


def test_directions_are_compared_sentence_by_sentence(engine: Engine) -> None:
    """Each labelled sentence counts where its label and its stored direction meet; those not there are left out."""
    late, prompt, carers = BURY.findings
    second = late.sentences[1].start
    labelled = (
        LabelledSentence(late.id, "bury.txt", 0, WEAK),  # as stored
        LabelledSentence(late.id, "bury.txt", second, MIXED),  # otherwise
        LabelledSentence(prompt.id, "bury.txt", 0, GOOD),  # as stored
        LabelledSentence(carers.id, "bury.txt", 0, WEAK),  # turned round
        LabelledSentence(carers.id, "bury.txt", 5, WEAK),  # no sentence starts there
        LabelledSentence("0" * 16, "gone.txt", 0, WEAK),  # no such finding
    )
    found = check_directions(engine, labelled)
    assert found.accuracy is not None
    assert (found.accuracy.value, found.accuracy.count, found.missing, found.turned_round) == (0.5, 4, 2, 1)
    assert sum(map(sum, found.table)) == 4
    assert found.table[DIRECTIONS.index(MIXED)][DIRECTIONS.index(WEAK)] == 1
    assert [(each.text, each.label, each.stored) for each in found.wrong] == [
        ("Staff say so.", MIXED, WEAK),
        ("Foster carers value their training.", WEAK, GOOD),
    ]


# ---------------------------------------------------------------------------------------------- pairs and silence


def test_the_right_text_of_a_pair_must_score_higher(engine: Engine) -> None:
    """A pair is right where the right text scores higher; the same score is wrong."""
    good = OppositePair("minutes sent out late", "Minutes are sent out late.", "Training is valued.")
    bad = OppositePair("minutes sent out late", "Training is valued.", "Minutes are sent out late.")
    same = OppositePair("minutes", "Minutes.", "Minutes.")
    found = check_pairs(engine, [good, bad, same])
    assert found.accuracy is not None
    assert (found.accuracy.value, found.accuracy.count) == pytest.approx((1 / 3, 3))
    assert [each.pair for each in found.wrong] == [bad, same]
    assert found.wrong[0].right < found.wrong[0].wrong


def test_queries_that_must_get_no_result_are_asked(engine: Engine) -> None:
    """A query that gets a result is named with the first of them."""
    found = check_unanswerable(engine, ["strategy meetings sent out late", "tuning a piano"], "hybrid")
    assert found.silent is not None
    assert (found.silent.value, found.silent.count) == (0.5, 2)
    (answered,) = found.answered
    assert answered.query == "strategy meetings sent out late"
    assert answered.results >= 1
    assert answered.text.startswith("Minutes of strategy meetings")
    assert answered.score > 0.3


# ---------------------------------------------------------------------------------------------- invariants


def demand(words: str, k: int = 1, absent: tuple[str, ...] = (), source: str = "york.txt") -> Invariant:
    """A demand on the query that every test here asks."""
    return Invariant(7, "minutes of strategy meetings sent out late", source, words, k, absent)


@pytest.mark.parametrize(
    ("invariant", "reason"),
    [
        (demand("MINUTES of strategy  meetings"), ""),  # case and white space do not count
        (demand("sent out late to partners", 2, source="bury.txt"), ""),  # among the first two
        (demand("sent out late to partners", 1, source="bury.txt"), "stands at 2, not among the first 1"),
        (demand("panel's meetings", 9, source="bury.txt"), ""),  # nor does the form of an apostrophe
        (demand("strategy", 1, ("panel’s meetings",)), ""),  # absent from the first one
        (demand("strategy", 3, ("carers", "panel's meetings")), '"panel\'s meetings" stands at 3'),  # present
        (demand("carers", 9, source="bury.txt"), "'carers' is not among the"),  # below the bar
        (demand("cooling towers"), "no finding of york.txt holds 'cooling towers'"),  # a demand without a finding
        (demand("strategy", 1, ("cooling towers",)), "no finding holds 'cooling towers'"),  # says nothing
    ],
)
def test_a_demand_that_does_not_hold_says_why(engine: Engine, invariant: Invariant, reason: str) -> None:
    """A demand holds where a finding with its words is among the first k and none with the absent ones is."""
    others = [demand("strategy", 9), demand("strategy", 9, source="bury.txt")]
    found = check_invariants(engine, [invariant, *others], "hybrid")
    assert found.count == 3
    if reason:
        (broken,) = found.broken
        assert (broken.line, reason in broken.reason) == (7, True), broken.reason
    else:
        assert not found.broken


def test_demands_are_made_of_their_own_documents_alone(engine: Engine) -> None:
    """What else the index holds does not stand in the way; a document that is not there is named."""
    alone = check_invariants(engine, [demand("sent out late to partners", 1, source="bury.txt")], "hybrid")
    assert not alone.broken, "york.txt is named by no demand, so its finding does not come first"
    with pytest.raises(ReadError, match=r"leeds\.txt, which is not in the index"):
        check_invariants(engine, [demand("x", source="leeds.txt")], "hybrid")


# ---------------------------------------------------------------------------------------------- files

ROW = "query,source,words,k,absent\n"
FINDING = '{"finding": "f", "source": "s", "start": 0, "label": '


@pytest.mark.parametrize(
    ("read", "content", "message"),
    [
        (read_directions, FINDING + '"good"}', "line 1: 'label' must be one of strength, weakness"),  # no direction
        (read_directions, '\n{"finding": "f", "label": "mixed"}', "line 2: 'start' must be a whole number"),  # no place
        (read_directions, "[]", "line 1: a JSON object must stand on each line"),  # another JSON
        (read_pairs, '{"query": "q", "right": "r"}', "line 1: 'wrong' is missing"),  # half a pair
        (read_pairs, '{"query": "q"', "line 1: not JSON"),  # cut off
        (read_invariants, "query,source\nq,s\n", "line 1: no column 'words'"),  # no such column
        (read_invariants, ROW + "q,s,w,0,\n", "line 2: 'k' must be a whole number from 1 to 100"),  # no first 0
        (read_invariants, ROW + "q,s,w,1,\nq,s,w\n", "line 3: the row must have 5 fields"),  # too few
        (read_invariants, ROW + "q,s,w,1,a,b\n", "line 2: the row must have 5 fields"),  # a comma not quoted
        (read_invariants, ROW + 'q,s,"w"x,1,\n', "line 2: not CSV"),  # a quotation mark inside a field
        (read_invariants, ROW + "q,s, ,1,\n", "line 2: 'words' must be a text that is not empty"),  # nothing demanded
    ],
)
def test_an_ill_formed_file_is_named_with_its_line(
    tmp_path: Path, read: Callable[[Path], object], content: str, message: str
) -> None:
    """A file that cannot be used is said in one line, with the file and the line in it."""
    path = tmp_path / "demands"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReadError) as caught:
        read(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_files_are_read_as_they_stand(tmp_path: Path) -> None:
    """Fields come as they were written; blank lines are passed over."""
    path = tmp_path / "demands"
    path.write_text(ROW + '"late, again",s.txt,"some, words",3,one | two\n', encoding="utf-8")
    assert read_invariants(path) == (Invariant(2, "late, again", "s.txt", "some, words", 3, ("one", "two")),)
    path.write_text(f'{FINDING}"mixed"}}\n\n', encoding="utf-8")
    assert read_directions(path) == (LabelledSentence("f", "s", 0, MIXED),)
    path.write_text("one\n\n  two \n", encoding="utf-8")
    assert read_unanswerable(path) == ("one", "two")
    path.write_text('{"query": "q", "right": "r", "wrong": "w"}\n', encoding="utf-8")
    assert read_pairs(path) == (OppositePair("q", "r", "w"),)
    with pytest.raises(ReadError, match="cannot be read"):
        read_pairs(tmp_path / "none")
