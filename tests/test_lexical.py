"""Words: how queries are cleaned, parsed and corrected, and how findings are scored by words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.errors import QueryError
from indexer.lexical import MAX_LENGTH, Words, parse_query, telling_words
from indexer.lexicon import SECTION_WEIGHT, bm25_of
from indexer.schema import StoreWriter
from indexer.stems import WORD
from indexer.store import Store
from tests.small_index import document, finding

TEXTS = (
    "Minutes of strategy meetings are late.",
    "The multi-agency safeguarding hub (MASH) works well. Staff in the MASH are experienced.",
    "Partners in the multi-agency safeguarding hub share information.",
    "MASH decisions are prompt.",
    "A café for care leavers opens twice a week.",
    "The meeting room is a minute's walk away.",
    "Plans are clear, and planning is regular.",
    "The team around the child (TAC) meets at a children’s centre. Follow-up is “good enough”.",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An index file of the texts above, the first of them under a heading that names children."""
    path: Path = tmp_path_factory.mktemp("words") / "findings.sqlite"
    findings = [finding(text, section=("Children",) if place == 0 else ()) for place, text in enumerate(TEXTS)]
    with StoreWriter(path) as writer:
        writer.add_document(document("a.txt", "Bury", date(2020, 1, 1), findings), "root")
        writer.finish({}, [])
    with Store(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def words(store: Store) -> Words:
    """The words of that index, with the acronyms its texts introduce."""
    return Words(store, len(TEXTS))


# ---------------------------------------------------------------------------------------------- queries


@pytest.mark.parametrize(
    ("text", "clean", "words"),
    [
        ("  Delay in\tminutes \n", "Delay in minutes", "delay in minutes"),  # white space folded, capitals lowered
        ("ﬁle recording", "file recording", "file recording"),  # a ligature is its letters
        ("who is it", "who is it", "who is it"),  # small words are words
        ("children's plans", "children's plans", "children s plans"),  # words are what the index takes for words
        ("section 47 & 17", "section 47 & 17", "section 47 17"),  # numbers are words
        ("follow-up_notes", "follow-up_notes", "follow up notes"),  # marks part words
        ("co\u00adordinated", "coordinated", "coordinated"),  # a soft hyphen is no part of a word
        ("late\u0000\u200bminutes\ud800", "late minutes", "late minutes"),  # unseen characters part words
    ],
)
def test_queries_are_cleaned_and_taken_apart(text: str, clean: str, words: str) -> None:
    """A query is repeated clean, and its words are told apart as the index tells them."""
    parsed = parse_query(text)
    assert parsed.text == clean
    assert parsed.words == tuple(words.split())


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ('late "care plan" notes', ("care plan",)),  # a phrase
        ('"care plan" and "strategy meeting"', ("care plan", "strategy meeting")),  # several
        ("“MASH” delay", ("MASH",)),  # curly ones
        ("„MASH“ and «LADO»", ("MASH", "LADO")),  # those of other keyboards
        ("＂care plan＂", ("care plan",)),  # wide ones
        ('"children\'s" plans', ("children's",)),  # an apostrophe is no quotation mark
        ("children's plans' 'care'", ()),  # nor are two
        ('the "minutes', ()),  # one mark alone is only a mark
        ('"" minutes "!"', ()),  # nothing between the marks
        ('He says "soon". Plans are late.', ()),  # a pasted text quotes for itself
        ('"Plans are late. Reviews are not held."', ("Plans are late. Reviews are not held.",)),  # nothing but quoted
    ],
)
def test_quoted_words_are_required(text: str, required: tuple[str, ...]) -> None:
    """What stands in double quotation marks of any kind is required, but in a text of several sentences."""
    assert parse_query(text).required == required


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Who is late with the minutes?", ("late", "minutes")),  # small words left out
        ("Who is it?", ("who", "is", "it")),  # where nothing else is said, small words count
    ],
)
def test_small_words_do_not_tell(text: str, words: tuple[str, ...]) -> None:
    """The telling words of a text are those that say what it is about."""
    assert telling_words(text) == words


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the query is empty"),  # nothing
        (" \n\u200b ", "the query is empty"),  # nothing to see
        ("?!… --", "has no words to search for"),  # marks alone
        ("___", "has no words to search for"),  # lines alone
        ("a" * (MAX_LENGTH + 1), "the longest that can be searched has 2,000"),  # too long
    ],
)
def test_queries_without_words_are_refused(text: str, message: str) -> None:
    """A query that cannot be answered is refused in one sentence."""
    with pytest.raises(QueryError, match=message):
        parse_query(text)


def test_length_is_counted_as_typed() -> None:
    """A query is not too long because normalising makes it longer."""
    assert len(parse_query("late " + "…" * (MAX_LENGTH - 5)).text) > MAX_LENGTH


def test_pasted_paragraph_has_its_sentences() -> None:
    """The sentences of a query are told apart, so that each can be matched."""
    parsed = parse_query("Minutes are late. Are plans clear? No (Recommendation).")
    assert parsed.sentences == ("Minutes are late.", "Are plans clear?", "No (Recommendation).")


@given(st.text(max_size=300))
@example('"')
@example("' OR 1=1 --")
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """Whatever is typed gives a query or a `QueryError`; cleaning twice changes nothing more."""
    try:
        parsed = parse_query(text)
    except QueryError:
        return
    assert parsed.words
    assert parse_query(parsed.text).text == parsed.text


# ---------------------------------------------------------------------------------------------- corrections


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("strategey meetngs", "strategy meetings"),  # words that are nearly those of the texts
        ("strategy minuts", "strategy minutes"),  # another form of a word, misspelt
        ("Strategey Meetngs", "Strategy Meetings"),  # capitals kept
        ("STRATEGEY MEETNGS", "STRATEGY MEETINGS"),  # capitals throughout mean nothing
        ("late STRATEGEY", "late STRATEGY?"),  # a word in capitals among others is an acronym
        ('"strategey" meetngs', '"strategey" meetings'),  # what is quoted stays
        ("“strategey meetngs”", "“strategey meetngs”?"),  # and between curly marks too
        ("multi-agancy hubs", "multi-agency hubs"),  # a part of a hyphenated word
        ("Chldren? Plans are late: meetngs.", "Children? Plans are late: meetings."),  # in every sentence
        ("late Meetng", "late Meetng?"),  # a capital where none is due makes a name, and the texts have no such name
        ("legionella biscuits", "legionella biscuits?"),  # words that the texts lack are no errors
    ],
)
def test_misspelt_words_are_corrected_in_place(words: Words, text: str, corrected: str) -> None:
    """A corrected query is the query with its misspelt words replaced; "?" marks here what must stay as typed."""
    parsed = parse_query(text)
    changed, pairs = words.corrected(parsed)
    wanted = text if corrected.endswith("?") else corrected
    assert changed.text == wanted
    assert changed.words == parse_query(wanted).words
    assert changed.sentences == parse_query(wanted).sentences
    assert changed.required == parsed.required
    assert bool(pairs) == (text != wanted)


def test_corrections_name_what_was_typed(words: Words) -> None:
    """Each word that was replaced is given once with the word it was taken for."""
    _, pairs = words.corrected(parse_query("Strategey minuts, late minuts"))
    assert pairs == (("Strategey", "Strategy"), ("minuts", "minutes"))


def test_a_misspelt_query_finds_what_the_right_one_finds(words: Words) -> None:
    """After correction nothing is left of the errors: words, scores and marks are those of the right query."""
    changed, _ = words.corrected(parse_query("strategey meetng minuts"))
    right = parse_query("strategy meeting minutes")
    assert changed == right
    assert np.array_equal(words.score(changed.words).bm25, words.score(right.words).bm25)


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["strategey", "meetng", "“late”", "PLANS", "planz", "'s", "Chldren", "."])).map(" ".join)
)
def test_corrected_queries_are_queries(words: Words, text: str) -> None:
    """Correcting keeps a query whole: parsed afresh it is the same, what is required stays, and twice is as once."""
    try:
        parsed = parse_query(text)
    except QueryError:
        return
    changed, pairs = words.corrected(parsed)
    assert changed == parse_query(changed.text)
    assert changed.required == parsed.required
    assert len(changed.words) == len(parsed.words)
    assert words.corrected(changed) == (changed, ())
    assert all(typed in parsed.text and other in changed.text for typed, other in pairs)


# ---------------------------------------------------------------------------------------------- scores


def ranked(words: Words, query: str) -> list[int]:
    """Rows that hold any of the words, best first."""
    scores = words.score(parse_query(query).words)
    return [int(row) for row in np.argsort(-scores.bm25, kind="stable") if scores.bm25[row] > 0]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("minutes", {0, 5}),  # a word in any form of its stem
        ("planning", {6}),  # "plans" and "planning" are one stem
        ("cafe", {4}),  # without its accent
        ("mash", {1, 2, 3}),  # an acronym finds its long form
        ("multi-agency safeguarding hub", {1, 2, 3}),  # and the long form its acronym
        ("a team around the child", {7}),  # a long form with small words
        ("MASHs", {1, 2, 3}),  # an acronym in the plural
        ("children", {0, 7}),  # a word of the headings
        ("legionella", set()),  # a word of no finding
        ("text:plans", {6}),  # the words of FTS5's own language are words
        ('NEAR("plans" 2) *', {6}),
    ],
)
def test_words_find_the_findings_that_hold_them(words: Words, query: str, rows: set[int]) -> None:
    """Words are found by their stem, in text and headings, acronyms and long forms alike."""
    assert set(ranked(words, query)) == rows


def test_scores_are_shares(words: Words) -> None:
    """BM25 and coverage are in [0, 1]; a finding with all the words covers 1, and one with half of their worth less."""
    scores = words.score(("minutes", "strategy", "late"))
    assert scores.bm25.max() <= 1
    assert scores.coverage.max() == pytest.approx(1)
    assert scores.coverage[0] == pytest.approx(1)
    assert 0 < scores.coverage[5] < 0.5
    assert scores.coverage[6] == 0


def test_bm25_is_that_of_fts5(store: Store) -> None:
    """Adding up the contributions of the words gives what FTS5 computes for all of them together."""
    plain = Words(store, len(TEXTS), {})
    bm25 = plain.score(("minutes", "strategy", "children")).bm25
    expected = np.zeros(len(TEXTS))
    query = "SELECT rowid, -bm25(words, 1.0, ?) FROM words WHERE words MATCH 'minutes OR strategy OR children'"
    for row, score in store.connection().execute(query, (SECTION_WEIGHT,)):
        expected[row] = score
    assert bm25 / bm25.max() == pytest.approx(expected / expected.max(), rel=1e-5)


def test_postings_of_an_index_are_those_that_a_search_of_its_words_finds(store: Store) -> None:
    """Every word finds the same rows with the same BM25 in the table of postings as in the full-text index."""
    words, connection = Words(store, len(TEXTS), {}), store.connection()
    held = {word for text in TEXTS for word in WORD.findall(text.lower())}
    terms = {row[0] for row in connection.execute("SELECT term FROM postings")}
    for word in held:
        rows, scores = bm25_of(connection, word)
        assert words.stems([word])[0][0] in terms
        assert words.postings(word).rows.tolist() == rows.tolist()
        assert words.postings(word).scores.tolist() == scores.tolist()


def test_words_of_one_stem_count_once(words: Words) -> None:
    """Saying a word in two forms changes nothing."""
    once, twice = words.score(("minutes", "late")), words.score(("minutes", "late", "minute"))
    assert twice.bm25 == pytest.approx(once.bm25)
    assert twice.coverage == pytest.approx(once.coverage)


def test_headings_count_less_than_text(words: Words) -> None:
    """A word in the headings counts the share it was given."""
    in_text = words.postings("strategy").scores[0]
    in_heading = words.postings("children").scores[0]
    assert 0 < in_heading < in_text


@pytest.mark.parametrize(
    ("phrase", "rows"),
    [
        ("minutes", [0]),  # the very word: not "minute's"
        ("MINUTES", [0]),  # whatever its case
        ("strategy meetings", [0]),  # side by side
        ("meetings strategy", []),  # in this order
        ("cafe", [4]),  # without its accent
        ("multi agency", [1, 2]),  # marks between words do not count
        ("multi-agency", [1, 2]),
        ("follow up", [7]),
        ("children's centre", [7]),  # an apostrophe is one, straight or curly
        ("children’s centre", [7]),
        ("childrens centre", []),  # but not none
        ("minute's", [5]),
        ("good enough follow", []),  # side by side, in this order
        ("Follow-up is good enough.", [7]),  # marks around words do not count
        ("child", [7]),  # the very word: not "children’s"; and a heading is not the finding's text
        ("mash", [1, 3]),  # an acronym is itself here
    ],
)
def test_quoted_words_stand_in_the_text(words: Words, phrase: str, rows: list[int]) -> None:
    """What is quoted is looked for as it stands."""
    assert words.holding(phrase).tolist() == rows


@given(st.text(min_size=1, max_size=80))
def test_nothing_typed_upsets_the_word_search(words: Words, text: str) -> None:
    """Every query that parses gets scores in [0, 1] and marks in any language and with any punctuation."""
    try:
        parsed = parse_query(text)
    except QueryError:
        return
    scores = words.score(parsed.words)
    assert ((scores.bm25 >= 0) & (scores.bm25 <= 1) & (scores.coverage >= 0) & (scores.coverage <= 1.0001)).all()
    assert all(weight > 0 for weight in words.weights(parsed.words).values())
    for phrase in parsed.required:
        words.holding(phrase)


def test_marks_share_the_worth_of_a_long_form(words: Words) -> None:
    """The words of a long form are worth their acronym together, and an acronym what its long form is."""
    weights = words.weights(("mash",))
    assert weights["mash"] == pytest.approx(sum(weights[stem] for stem in ("multi", "agenc", "safeguard", "hub")))
    assert set(words.weights(("minutes", "minute"))) == {"minut"}
