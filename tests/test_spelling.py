"""Spelling: which words are taken for others, and which are left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from indexer.english import is_english, is_everyday
from indexer.spelling import Spelling
from indexer.stems import Stemmer

# How often the texts write each word.
WRITTEN = {
    **dict.fromkeys(("their", "before", "child", "children"), 900),
    **dict.fromkeys(("assessment", "meeting", "plan", "review", "staff", "state", "visits"), 400),
    **dict.fromkeys(("accommodation", "inspection", "meetings", "plans", "reviews", "strategy"), 100),
    **dict.fromkeys(("minutes", "committee", "triage", "Rotherham", "Wigan", "CAMHS"), 30),
    **dict.fromkeys(("minute", "genogram", "genograms", "café", "YOTs", "Bullying"), 9),
    **dict.fromkeys(("ordinator", "Whitby"), 2),
}
LOWER = {word.lower() for word in WRITTEN}


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    """The words above, all of them held by findings."""
    stemmer = Stemmer()
    held = {stem for parts in stemmer.stems(list(WRITTEN)) for stem in parts}
    return Spelling(WRITTEN, lambda word: not held.isdisjoint(stemmer.stems([word])[0]), stemmer)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("strategey", "strategy"),  # a letter too many
        ("stratgy", "strategy"),  # one left out
        ("strotegy", "strategy"),  # a wrong one
        ("startegy", "strategy"),  # two that have changed places
        ("hcildren", "children"),  # at the beginning, too
        ("acomodation", "accommodation"),  # two errors in a long word
        ("minuts", "minutes"),  # a form of a word that is held, misspelt
        ("thier", "their"),  # a small word
        ("paln", "plan"),  # four letters that have changed places
        ("chld", "child"),  # or are one short
        ("Strategey", "Strategy"),  # a capital kept
        ("STRATEGEY", "STRATEGY"),
        ("rotheram", "rotherham"),  # a name
        ("genogran", "genogram"),  # a word that is not in the list of English words, but often in the texts
        ("bulying", "bullying"),  # a word that only ever begins sentences
    ],
)
def test_misspelt_words_are_taken_for_words_of_the_texts(spelling: Spelling, typed: str, meant: str) -> None:
    """A word that is nearly one of the texts is taken for it."""
    assert spelling.meant(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "strategy",  # right
        "Strategy",
        "cafe",  # right but for an accent
        "legionella",  # far from any word of the texts
        "biscuit",  # an English word
        "stage",  # one that is near a word of the texts
        "organisation",  # British
        "organization",  # American
        "genograms",  # no English word of the list, but in the texts
        "meetingss",  # ends like a plural of a word that is right
        "rotherhams",
        "retriaged",  # made of a known word, by a prefix
        "triaging",  # or an ending
        "planstate",  # or of two
        "doesnt",  # an apostrophe left out
        "aaa",  # too short to tell
        "pkan",  # four letters with a wrong one: most such words are acronyms
        "s47enquiry",  # a code
        "strätegey",  # letters of other languages
        "StrateGey",  # capitals inside
        "camh",  # acronyms are never meant
        "ordinater",  # nor are words that the texts have once or twice and the language has not
        "wigton",  # nor names that are two letters off
        "whitbey",
        "gennogrem",  # nor is a rare word two letters off
        "",
    ],
)
def test_other_words_are_left_alone(spelling: Spelling, typed: str) -> None:
    """A word that is right, or no certain match for another, is taken for nothing."""
    assert spelling.meant(typed) == ""


def test_of_two_words_as_near_the_much_commoner_is_meant() -> None:
    """Where two words are as near, the one meant is clearly the commoner, or there is none."""
    for count, meant in ((100, "heating"), (150, "")):
        spelling = Spelling({"heating": 200, "heaving": count}, lambda word: False, Stemmer())
        assert spelling.meant("heasing") == meant


def test_only_names_are_meant_by_names(spelling: Spelling) -> None:
    """Where a name is typed, the only words meant are names."""
    assert spelling.meant("Strategey", name=True) == ""
    assert spelling.meant("Rotheram", name=True) == "Rotherham"


@given(st.sampled_from(sorted(WRITTEN)), st.data())
def test_what_is_meant_is_a_word_of_the_texts_and_near(spelling: Spelling, word: str, data: st.DataObject) -> None:
    """Whatever two letters of a word are changed, it is taken for a word of the texts at most two edits away."""
    typed = list(word)
    for _ in range(2):
        place = data.draw(st.integers(0, len(typed) - 1))
        typed[place] = data.draw(st.sampled_from(["", *"abcdefghijklmnopqrstuvwxyz", typed[place] * 2]))
    meant = spelling.meant("".join(typed))
    if meant:
        assert meant.lower() in LOWER
        assert 1 <= OSA.distance("".join(typed).lower(), meant.lower()) <= 2


@given(st.text(max_size=30))
def test_any_text_can_be_looked_up(spelling: Spelling, text: str) -> None:
    """Whatever is typed is taken for a word of the texts or for nothing."""
    assert spelling.meant(text).lower() in {"", *LOWER}


def test_unknown_words_cost_little() -> None:
    """Looking up a word among fifteen thousand that begin with its letter takes no more than a few milliseconds."""
    letters = "abcdefghijklmnopqrstuvwxy"
    written = {f"s{first}{second}{third}tion": 30 for first in letters for second in letters for third in letters}
    spelling = Spelling(written, lambda word: False, Stemmer())
    unknown = [f"strategey{letter}" for letter in letters]
    started = time.perf_counter()
    assert not any(spelling.meant(word) for word in unknown)
    assert (time.perf_counter() - started) / len(unknown) < 0.02


@pytest.mark.parametrize(
    ("word", "english", "everyday"),
    [
        ("children", True, True),
        ("organisation", True, True),  # British spelling
        ("obfuscate", True, False),  # a word, but no everyday one
        ("recieve", False, False),  # a common error
        ("mash", True, False),
    ],
)
def test_english_words_are_known(word: str, english: bool, everyday: bool) -> None:
    """The list of English words has those of both spellings and none that is misspelt."""
    assert is_english(word) == english
    assert is_everyday(word) == everyday
