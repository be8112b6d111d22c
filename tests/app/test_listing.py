"""What stands around a list of results: filters, filters in force, pages."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import listing
from indexer.models import FacetCount, Sought


def query(href: str) -> list[tuple[str, str]]:
    """The parameters of an address."""
    return parse_qsl(urlsplit(href).query)


def test_a_filter_is_taken_off_alone() -> None:
    """The link of a filter in force keeps the search and the other filters, and goes back to the first page."""
    params = (("q", "minutes"), ("authority", "Bury"), ("authority", "Torbay"), ("page", "3"))
    found = listing.chosen("/", params, {})
    assert [(each.field, each.label) for each in found] == [("Authority", "Bury"), ("Authority", "Torbay")]
    assert query(found[0].href) == [("q", "minutes"), ("authority", "Torbay")]


def test_filters_in_force_are_put_in_words() -> None:
    """Kinds, grades, years and documents are shown as a person knows them."""
    params = (
        ("kind", "area_for_development"),
        ("judgement", "requires improvement"),
        ("published_from", "2011-01-01"),
        ("published_to", "2011-04-07"),
        ("document", "9cb2"),
    )
    shown = [each.label for each in listing.chosen("/", params, {"9cb2": "A letter"})]
    assert shown == ["Area for development", "Requires improvement", "2011", "7 April 2011", "A letter"]


def test_a_ticked_value_always_has_its_box() -> None:
    """A filter that leaves nothing can still be unticked."""
    groups = listing.filter_groups((("authority", "Nowhere"),), {"authority": (FacetCount("Bury", 3),)})
    assert [(each.value, each.count, each.chosen) for each in groups[0].choices] == [
        ("Bury", 3, False),
        ("Nowhere", 0, True),
    ]
    assert groups[0].chosen == 1


def test_values_stand_in_an_order_of_their_own() -> None:
    """Grades go from best to worst and names by the alphabet, whatever their counts."""
    counts = {
        "judgement": (FacetCount("inadequate", 9), FacetCount("good", 1), FacetCount("outstanding", 4)),
        "authority": (FacetCount("York", 9), FacetCount("barnet", 1), FacetCount("Bury", 4)),
    }
    shown = {group.name: [choice.value for choice in group.choices] for group in listing.filter_groups((), counts)}
    assert shown == {
        "judgement": ["outstanding", "good", "inadequate"],
        "authority": ["barnet", "Bury", "York"],
    }


def test_limits_keep_a_value_that_the_address_names() -> None:
    """A link with a limit of its own is not changed into another one by the form; the choices stand in order."""
    found = listing.limits((("min_relevance", "0.55"), ("per_document", "2")))
    assert [(each.name, each.legend, each.no_limit) for each in found] == [
        ("min_relevance", "Minimum relevance", "Usual"),
        ("per_document", "Most results per report", "All"),
    ]
    assert [(each.label, each.chosen) for each in found[0].choices] == [
        ("0.3 or more", False),
        ("0.5 or more", False),
        ("0.55 or more", True),
        ("0.7 or more", False),
        ("0.9 or more", False),
    ]
    assert [(each.value, each.chosen) for each in found[1].choices] == [("1", False), ("2", True), ("3", False)]


@pytest.mark.parametrize(
    ("sought", "ways"),
    [
        ("weakness", [("Show good practice instead", "strength"), ("Show both", "any")]),
        ("strength", [("Show weaknesses instead", "weakness"), ("Show both", "any")]),
        ("any", [("Only weaknesses", "weakness"), ("Only good practice", "strength")]),
    ],
)
def test_a_search_is_turned_round(sought: Sought, ways: list[tuple[str, str]]) -> None:
    """Each other direction has a link that keeps the search and its filters, from its first page on."""
    params = (("q", "x"), ("query_direction", "any"), ("weak", "true"), ("authority", "Bury"), ("page", "2"))
    found = listing.other_directions("/", params, sought)
    assert [(each.label, dict(query(each.href))["query_direction"]) for each in found] == ways
    for each in found:
        assert [pair for pair in query(each.href) if pair[0] != "query_direction"] == [
            ("q", "x"),
            ("authority", "Bury"),
        ]


def test_weak_findings_are_shown_and_hidden_on_the_same_page() -> None:
    """Asking for weak findings leads to them, on the page where one is; hiding them leads back."""
    params = (("q", "x"), ("page", "2"))
    href = listing.with_weak("/", params)
    assert query(href) == [*params, ("weak", "true")]
    assert urlsplit(href).fragment == "weak"
    assert listing.without_weak("/", (*params, ("weak", "true"))) == listing.address("/", params)


def test_another_search_begins_anew() -> None:
    """Filters outlast the words searched for; what was said of these words does not."""
    kept = (("authority", "Bury"), ("min_relevance", "0.5"), ("mode", "keyword"), ("per_document", "1"))
    params = (("q", "x"), *kept, ("query_direction", "strength"), ("weak", "true"), ("page", "2"))
    assert listing.for_another_search(params) == kept


def test_years_keep_a_day_that_the_address_names() -> None:
    """A link with an exact day is not changed into a year by the form."""
    counts = (FacetCount("2011", 2), FacetCount("2010", 5))
    found = listing.years("published_from", (("published_from", "2010-06-30"),), counts)
    assert [(each.value, each.label, each.chosen) for each in found] == [
        ("2010-01-01", "2010", False),
        ("2010-06-30", "30 June 2010", True),
        ("2011-01-01", "2011", False),
    ]


def test_the_last_year_means_its_last_day() -> None:
    """Reports of the year chosen as the last are included."""
    found = listing.years("published_to", (("published_to", "2011-12-31"),), (FacetCount("2011", 2),))
    assert [(each.value, each.label, each.count, each.chosen) for each in found] == [("2011-12-31", "2011", 2, True)]


@pytest.mark.parametrize(
    ("current", "last", "shown"),
    [
        (1, 2, [1, 2]),
        (1, 9, [1, 2, None, 9]),
        (5, 9, [1, None, 4, 5, 6, None, 9]),
        (3, 9, [1, 2, 3, 4, None, 9]),
        (4, 9, [1, 2, 3, 4, 5, None, 9]),  # a gap of one page shows the page
        (9, 9, [1, None, 8, 9]),
        (99, 3, [1, 2, 3]),  # past the end
    ],
)
def test_pages_shown(current: int, last: int, shown: list[int | None]) -> None:
    """The first, the last and the neighbours have links, the rest stand behind a gap."""
    found = listing.pagination("/", (("q", "x"),), current, last)
    assert found is not None
    assert [link.number for link in found.links] == shown
    assert [link.number for link in found.links if link.current] == ([current] if current <= last else [])


def test_one_page_needs_no_links() -> None:
    """A list that fits on one page has no pagination."""
    assert listing.pagination("/", (), 1, 1) is None
    assert listing.pagination("/", (), 1, 0) is None


@given(st.integers(1, 60), st.integers(2, 50))
def test_pages_can_be_walked(current: int, last: int) -> None:
    """From every page the next and the previous one can be reached, and no link leads past the ends."""
    found = listing.pagination("/", (("q", "a b"), ("page", str(current))), current, last)
    assert found is not None
    numbers = [link.number for link in found.links if link.number is not None]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
    assert numbers[-1] == last

    def page(href: str) -> int:
        return int(dict(query(href)).get("page", "1"))

    assert (found.next is None) == (current >= last)
    assert (found.previous is None) == (current == 1)
    if found.next:
        assert page(found.next) == current + 1
    if found.previous:
        assert page(found.previous) == min(current - 1, last)
    assert all(dict(query(link.href))["q"] == "a b" for link in found.links if link.number)
