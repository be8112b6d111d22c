"""How the pages put things: dates, counts, places, highlights, headings."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import words
from indexer.models import Direction, Finding, Kind, Metadata, Relevance


def finding(**fields: object) -> Finding:
    """A finding with the fields that a test is about."""
    values: dict[str, object] = {
        "id": "0123456789abcdef",
        "text": "Minutes are late.",
        "kind": Kind.FINDING,
        "direction": Direction.WEAKNESS,
        "section": (),
        "number": None,
        "page_start": None,
        "page_end": None,
        "span": (0, 17),
        "judgement": None,
        "repeated": False,
    }
    return Finding(**(values | fields))  # type: ignore[arg-type]


def test_every_term_has_its_words() -> None:
    """Each kind and direction is shown in words, never as its name in the data."""
    assert set(words.KIND) == set(Kind)
    assert set(words.DIRECTION) == set(Direction)
    assert set(words.RELEVANCE) == set(get_args(Relevance))
    for text in (*words.KIND.values(), *words.DIRECTION.values(), *words.RELEVANCE.values()):
        assert text[0].isupper()
        assert "_" not in text


@pytest.mark.parametrize(
    ("direction", "kind", "shown"),
    [
        (Direction.WEAKNESS, Kind.AREA_FOR_DEVELOPMENT, "Weakness · Area for development"),
        (Direction.STRENGTH, Kind.STRENGTH, "Strength"),  # the same word is said once
        (Direction.MIXED, Kind.FINDING, "Mixed · Finding"),
    ],
)
def test_nature(direction: Direction, kind: Kind, shown: str) -> None:
    """Direction and kind stand together in words."""
    assert words.nature(finding(direction=direction, kind=kind)) == shown


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (date(2011, 3, 9), date(2011, 3, 10), "9 to 10 March 2011"),
        (date(2022, 2, 28), date(2022, 3, 2), "28 February to 2 March 2022"),
        (date(2019, 12, 30), date(2020, 1, 3), "30 December 2019 to 3 January 2020"),
        (date(2011, 3, 9), date(2011, 3, 9), "9 March 2011"),  # one day
        (date(2011, 3, 9), None, "9 March 2011"),  # only the first day is known
        (None, date(2011, 3, 9), "9 March 2011"),  # only the last
        (None, None, ""),
    ],
)
def test_inspected(start: date | None, end: date | None, shown: str) -> None:
    """The days of an inspection are put as a person would put them."""
    assert words.inspected(Metadata("T", inspection_start=start, inspection_end=end)) == shown


@pytest.mark.parametrize(
    ("about", "shown"),
    [
        (Metadata("T", authority="Bury", published=date(2011, 4, 7)), "Bury, 7 April 2011"),
        (Metadata("T", authority="Bury", inspection_end=date(2011, 3, 10)), "Bury, 10 March 2011"),
        (Metadata("T", authority="Bury"), "Bury"),
        (Metadata("T", published=date(2011, 4, 7)), "7 April 2011"),
        (Metadata("A title"), "A title"),  # never empty: it is the text of a link
    ],
)
def test_headline(about: Metadata, shown: str) -> None:
    """A report is named by what is known of it."""
    assert words.headline(about) == shown


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [(3, 3, "page 3"), (3, 4, "pages 3 to 4"), (3, None, "page 3"), (None, None, "")],
)
def test_pages(first: int | None, last: int | None, shown: str) -> None:
    """Pages are named where the format has them."""
    assert words.pages(finding(page_start=first, page_end=last)) == shown


def test_place_tells_printed_numbers_from_counted_bullets() -> None:
    """A number that the report prints and one that counts its bullets are not mixed up."""
    assert words.place(finding(number="48")) == "Paragraph 48"
    assert words.place(finding(number="2", bullet=True)) == "Bullet 2"
    assert words.place(finding()) == ""


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0 findings"), (1, "1 finding"), (1204, "1,204 findings")],
)
def test_count(number: int, shown: str) -> None:
    """One is singular, thousands have their comma."""
    assert words.count(number, "finding") == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (23, "23rd"), (1203, "1,203rd")],
)
def test_ordinal(number: int, shown: str) -> None:
    """A place is put as one says it."""
    assert words.ordinal(number) == shown


@pytest.mark.parametrize(
    ("items", "shown"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listed(items: list[str], shown: str) -> None:
    """Items stand as in a sentence."""
    assert words.listed(items) == shown


def test_moment_of_a_build() -> None:
    """The time of a build is put in words; what is not a time is shown as it is."""
    assert words.moment("2026-01-05T09:30:00+00:00") == "5 January 2026, 09:30 UTC"
    assert words.moment("2026-01-05T09:30:00Z") == "5 January 2026, 09:30 UTC"
    assert words.moment("yesterday") == "yesterday"


@given(st.text(), st.integers(min_value=2, max_value=100))
def test_shortened_text_is_a_beginning(text: str, length: int) -> None:
    """Shortened text is never longer than asked and begins as the text does."""
    short = words.shortened(text, length)
    assert len(short) <= length
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


spans = st.lists(st.tuples(st.integers(-5, 80), st.integers(-5, 80)), max_size=6)


@given(st.text(max_size=60), spans)
def test_pieces_give_back_the_text(text: str, marks: list[tuple[int, int]]) -> None:
    """Whatever is marked, no character of the text is lost, doubled or moved."""
    assert "".join(piece.text for piece in words.pieces(text, marks)) == text


@given(st.text(min_size=1, max_size=60), st.data())
def test_pieces_mark_what_the_spans_say(text: str, data: st.DataObject) -> None:
    """The marked characters are those inside a span."""
    marks = data.draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))), max_size=4))
    marked = [piece.marked for piece in words.pieces(text, marks) for _ in piece.text]
    assert marked == [any(start <= at < end for start, end in marks) for at in range(len(text))]


def test_sections_repeat_no_heading() -> None:
    """A heading is printed where it changes, one level below the one above it, and each has its own anchor."""
    found = words.sections(
        [
            finding(section=("A", "B")),
            finding(section=("A", "B")),
            finding(section=("A", "C")),
            finding(section=("D",)),
            finding(section=("A", "B")),
        ]
    )
    shape = [[(heading.level, heading.text) for heading in section.headings] for section in found]
    assert shape == [[(2, "A"), (3, "B")], [(3, "C")], [(2, "D")], [(2, "A"), (3, "B")]]
    assert [len(section.findings) for section in found] == [2, 1, 1, 1]
    anchors = [heading.anchor for section in found for heading in section.headings]
    assert len(set(anchors)) == len(anchors)


@given(st.lists(st.lists(st.sampled_from("ABC"), max_size=7).map(tuple), max_size=12))
def test_sections_keep_every_finding_and_skip_no_level(paths: list[tuple[str, ...]]) -> None:
    """Every finding is shown once, in order; no heading is more than one level below the one before it."""
    given_ones = [finding(section=path, id=str(at)) for at, path in enumerate(paths)]
    found = words.sections(given_ones)
    assert [each for section in found for each in section.findings] == given_ones
    levels = [1, *(heading.level for section in found for heading in section.headings)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(level <= words.DEEPEST for level in levels)
