"""Words to go on with: that all of them are the index's own, and which are offered when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.generations import open_generation
from indexer.models import Document
from indexer.stems import WORD
from indexer.suggestions import Suggestions
from tests.small_index import WordEncoder, document, finding, write_index

SHARED = (
    "Strategy meetings at the multi-agency safeguarding hub (MASH) are held late.",
    "Minutes of Strategy meetings are missing. The return home interviews wait.",
    "Staff attend strategy meetings, and return home interviews are done by the MASH.",
    "Some return home interviews are poor. Strategic planning is weak.",
)
ALONE = "Chronologies of Ofsted are in use. Chronologies of Ofsted help. Chronologies of Ofsted are long."


def report(name: str, *texts: str) -> Document:
    """A report that holds these findings under one heading."""
    section = ("Key findings", "Quality of practice")
    return document(name, "Bury", date(2020, 1, 1), [finding(text, section=section) for text in texts])


@pytest.fixture(scope="module")
def suggestions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suggestions]:
    """The suggestions of an index of two reports; what `ALONE` says stands in one of them only."""
    folder: Path = tmp_path_factory.mktemp("suggestions")
    one, other = report("one.txt", *SHARED[:2], ALONE, ALONE, ALONE), report("other.txt", *SHARED[2:])
    write_index(folder, (one, other), WordEncoder())
    generation = open_generation(folder)
    yield Suggestions(generation.store)
    generation.close()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("strat", [("strategy meetings", "phrase", "")]),
        ("delay in Strat", [("strategy meetings", "phrase", "")]),  # what stands before is kept
        ("return h", [("return home interviews", "phrase", "")]),
        ("mas", [("MASH", "acronym", "multi-agency safeguarding hub")]),
        ("multi-agency saf", [("multi-agency safeguarding hub", "acronym", "MASH")]),
        ("quality of p", [("Quality of practice", "heading", "")]),
        ("chron", []),  # in one report only
        ("strategic pl", []),  # too rare
        ("s", []),  # too short
        ("strategy meetings", []),  # there is nothing to add
        ("...", []),
        ("", []),
    ],
)
def test_what_is_typed_is_completed(suggestions: Suggestions, typed: str, offered: list[tuple[str, str, str]]) -> None:
    """Words, acronyms and headings that begin as the last words typed are offered, and nothing else."""
    found = suggestions.completions(typed, 8)
    assert [(each.words, each.kind, each.means) for each in found] == offered
    for each in found:
        before = each.text.removesuffix(each.words)
        assert typed.startswith(before)
        assert each.words.lower().startswith(typed.removeprefix(before).lower())


@given(st.text(max_size=40), st.integers(1, 5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_nothing_is_made_up(suggestions: Suggestions, typed: str, most: int) -> None:
    """Whatever is typed, every word offered stands in the index, and there are no more than asked for."""
    known = {
        word.lower() for text in (*SHARED, ALONE, "Key findings", "Quality of practice") for word in WORD.findall(text)
    }
    found = suggestions.completions(typed, most)
    assert len(found) <= most
    for each in found:
        assert {word.lower() for word in WORD.findall(each.words)} <= known


def test_related_words_are_those_that_findings_share(suggestions: Suggestions) -> None:
    """Of phrases that several findings on a page use, those are named that the query does not hold already."""
    texts = [*SHARED[:3], "Nothing else is said here."]
    assert suggestions.related(SHARED[1:3] * 4, "delay", 8) == ()  # every finding shares them: they are nobody's own
    assert suggestions.related([], "delay", 8) == ()
    assert "strategy meetings" not in suggestions.related(texts, "strategy meeting", 8)
