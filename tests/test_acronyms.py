"""Acronyms: which are learnt from the texts that introduce them, and which are found in a query."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from indexer.acronyms import Acronyms, learn_acronyms
from indexer.english import SMALL_WORDS, is_english
from indexer.stems import WORD, Stemmer

LEARNT: Mapping[str, tuple[str, ...]] = {
    "CIN": ("child in need", "children in need"),
    "DCS": ("director of children’s services",),
    "DfE": ("Department for Education",),
    "LADO": ("local authority designated officer",),
    "MASH": ("multi-agency safeguarding hub",),
    "PEP": ("personal education plan",),
    "RAG": ("red, amber, green", "red, amber and green"),
    "SPA": ("single point of access",),
    "TAC": ("team around the child",),
    "TAF": ("team around the family",),
}


# ---------------------------------------------------------------------------------------------- learning


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the multi-agency safeguarding hub (MASH) is", {"MASH": "multi-agency safeguarding hub"}),  # a hyphen
        ("a children and family well-being service (CFWS)", {"CFWS": "children and family well-being service"}),
        ("the director of children’s services (DCS)", {"DCS": "director of children’s services"}),  # a possessive
        ("the Board’s independent reviewing officers’ (IROs’)", {"IRO": "independent reviewing officers"}),
        ("All independent reviewing officers (IROs) are", {"IRO": "independent reviewing officers"}),  # a plural
        ("the ‘signs of safety’ (‘SoSa’)", {}),  # letters that are left over
        ("not in education, employment or training (NEET)", {"NEET": "not in education, employment or training"}),
        ("child and family mental health (CAFMH)", {"CAFMH": "child and family mental health"}),  # "and" counted
        ("an education, health and care plan (EHCP)", {"EHCP": "education, health and care plan"}),  # passed over
        ("the Department for Education (DfE)", {"DfE": "Department for Education"}),  # as it is written
        ("the inquiry into child sexual abuse (IICSA)", {"IICSA": "inquiry into child sexual abuse"}),
        # Of two readings the one with fewer small words among the letters.
        (
            "the independent inquiry into child sexual abuse (IICSA)",
            {"IICSA": "independent inquiry into child sexual abuse"},
        ),
        ("was published today (PDF)", {}),  # initials that do not fit
        ("a review. Child protection (RCP)", {}),  # a long form does not run over sentences
        ("staff and team services (STS)", {"STS": "staff and team services"}),  # small words inside
        ("a protection service (APS)", {}),  # a form does not begin with a small word
        ("the housing options made easier (HOME) scheme at home, in the home", {}),  # oftener a word than an acronym
        ("the young Ealing safeguarding (YES) group", {}),  # an everyday word, introduced once
        ("looked after (LA) children", {}),  # two letters, introduced once
        ("a general practitioner (GP), " * 3, {"GP": "general practitioner"}),  # two letters, introduced often
        ("information technology (IT), " * 9, {}),  # a stop word
    ],
)
def test_acronyms_are_learnt_where_initials_fit(text: str, expected: dict[str, str]) -> None:
    """A bracketed acronym is learnt with the words before it that spell it, both as they are written."""
    assert learn_acronyms([text]) == {acronym: (form,) for acronym, form in expected.items()}


def test_a_word_in_small_letters_now_and_then_is_an_acronym_all_the_same() -> None:
    """Writing an acronym in small letters once does not make a word of it."""
    texts = ["the multi-agency safeguarding hub (MASH)", "the MASH", "the mash/triage service"]
    assert list(learn_acronyms(texts)) == ["MASH"]


def test_an_everyday_word_is_an_acronym_where_it_is_often_introduced() -> None:
    """An everyday word is learnt where texts introduce it again and again."""
    assert learn_acronyms(["the single point of access (SPA)"] * 5) == {"SPA": ("single point of access",)}


def test_long_forms_stand_as_they_are_mostly_written() -> None:
    """Of the ways to write one long form the commonest is given, in the singular where the acronym is."""
    texts = ["Public Law Outline (PLO)", *["public law outline (PLO)"] * 2, *["public law outlines (PLOs)"] * 3]
    assert learn_acronyms(texts) == {"PLO": ("public law outline",)}


def test_rare_readings_of_an_acronym_are_dropped() -> None:
    """Of the long forms of one acronym those are kept that are not rare beside the commonest."""
    texts = ["public law outline (PLO)"] * 9 + ["public liaison (PLO) officer"] + ["public lawyers’ office (PLO)"] * 3
    texts += ["parents’ legal office (PLO)"] * 2
    assert learn_acronyms(texts) == {"PLO": ("public law outline", "public lawyers’ office")}


def test_other_brackets_decide_between_readings() -> None:
    """Where the words before one bracket can be read in two ways, those before others decide."""
    texts = ["open out of hours (OOH)", "an out of hours (OOH) team"]
    assert learn_acronyms(texts) == {"OOH": ("out of hours",)}


@given(st.lists(st.from_regex(r"[b-z][a-z]{2,7}", fullmatch=True), min_size=3, max_size=6))
def test_any_long_form_is_learnt_with_its_initials(words: list[str]) -> None:
    """Words followed by their initials in brackets are an acronym and its long form, whatever the words."""
    initials = "".join(word[0] for word in words)
    assume(not SMALL_WORDS & set(words) and not is_english(initials) and not initials.endswith("s"))
    assert learn_acronyms([f"{' '.join(words)} ({initials.upper()})"]) == {initials.upper(): (" ".join(words),)}


# ---------------------------------------------------------------------------------------------- finding


@pytest.fixture(scope="module")
def acronyms() -> Acronyms:
    """The acronyms above."""
    return Acronyms(LEARNT, Stemmer())


def words(text: str) -> list[str]:
    """The words of a query."""
    return [word.lower() for word in WORD.findall(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MASH", [("MASH", ("multi-agency safeguarding hub",))]),  # an acronym
        ("late mash decisions", [("MASH", ("multi-agency safeguarding hub",))]),  # in small letters
        ("PEPs", [("PEP", ("personal education plan",))]),  # in the plural
        ("local authority designated officers", [("local authority designated officer", ("LADO",))]),  # a long form
        ("multi agency safeguarding hubs", [("multi-agency safeguarding hub", ("MASH",))]),  # without its hyphen
        ("directors of childrens services", [("director of children’s services", ("DCS",))]),  # or its apostrophe
        ("the team around child", [("team around the child", ("TAC",))]),  # articles do not count
        ("child in need plans", [("child in need", ("CIN",))]),  # other small words do
        ("what a child needs", []),
        ("red amber green", [("red, amber, green", ("RAG",))]),  # of forms that differ in small words one is named
        ("RAG", [("RAG", ("red, amber, green",))]),
        ("CIN", [("CIN", ("child in need", "children in need"))]),  # forms with other words are all named
        ("dfe and DfE", [("DfE", ("Department for Education",))]),  # once, as it is written
        ("MASH, the multi-agency safeguarding hub", []),  # nothing is left to be told
        ("early help", []),  # nothing at all
    ],
)
def test_what_is_said_is_joined_to_other_ways_to_say_it(
    acronyms: Acronyms, text: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    """Acronyms are named with their long forms and long forms with their acronyms, as the texts write them."""
    assert list(acronyms.expansions(words(text))) == expected


@given(st.lists(st.sampled_from(["MASH", "pep", "teams", "around", "the", "child", "in", "need", "CIN"]), max_size=8))
def test_what_is_said_stands_where_it_says(acronyms: Acronyms, said: list[str]) -> None:
    """Finds are in order and apart from each other, and each has another way to say it."""
    end = 0
    for found in acronyms.said(said):
        assert end <= found.start < found.end <= len(said)
        assert found.others
        end = found.end
