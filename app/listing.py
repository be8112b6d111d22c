"""What stands around a list of results: filters as a form, filters in force, pages.

Everything is an address: each link and field carries the whole state, so that a page can be kept, sent and returned to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from app import words
from indexer.models import Direction, FacetCount, Grade, Kind, Sort, Sought

Params = tuple[tuple[str, str], ...]
"""The names and values of an address, in order."""

CHECKED: Final = (
    *("direction", "kind", "judgement", "inspection_type"),
    *("region", "authority_type", "authority", "exclude_authority"),
)
"""The filters shown as lists of boxes, in the order of the page."""
MARKS: Final = ("like", "unlike")
"""The findings marked as wanted and as not wanted."""
MANY: Final = (*CHECKED, "neighbours_of", "document", *MARKS)
"""The parameters that take several values."""
DATES: Final = ("published_from", "published_to")
LIMITS: Final[Mapping[str, tuple[str, ...]]] = {
    "min_relevance": ("0.3", "0.5", "0.7", "0.9"),
    "per_document": ("1", "2", "3"),
}
"""The limits on the results of a search, with the values to choose from."""
FILTERS: Final = (*CHECKED, "neighbours_of", "document", *DATES, *LIMITS)

_ENDING: Final[Mapping[str, str]] = {"published_from": "-01-01", "published_to": "-12-31"}
"""The day of a year that a list of years stands for."""

_ORDER: Final[Mapping[str, Sequence[str]]] = {
    "kind": [each.value for each in Kind],
    "direction": [each.value for each in Direction],
    "judgement": [each.value for each in Grade],
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One box of a filter, or one year of a list. `count` is None where it is not known."""

    value: str
    label: str
    count: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class FilterGroup:
    """One filter as a list of boxes."""

    name: str
    legend: str
    choices: tuple[Choice, ...]

    @property
    def chosen(self) -> int:
        """How many of its boxes are ticked."""
        return sum(choice.chosen for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit as a list to choose from. `no_limit` is the choice that sets none.

    Of several values in an address the list shows the last, and `kept` are those before it.
    """

    name: str
    legend: str
    no_limit: str
    choices: tuple[Choice, ...]
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """A way on from a page: what it is called and where it leads. `aside` completes the name for who only hears it."""

    label: str
    href: str
    aside: str = ""
    current: bool = False
    """Whether the page is there already."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter in force: what it says, and the address without it."""

    field: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class PageLink:
    """One entry of the pagination; `number` is None for a gap."""

    number: int | None
    href: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Pagination:
    """The pages of a list. `previous` and `next` are None at its ends."""

    links: tuple[PageLink, ...]
    previous: str | None
    next: str | None
    current: int
    last: int


def address(path: str, params: Iterable[tuple[str, str]]) -> str:
    """A path with its parameters, in their order."""
    query = urlencode(list(params))
    return f"{path}?{query}" if query else path


def without(params: Params, *dropped: tuple[str, str] | str) -> Params:
    """The parameters less those named, or those of that name and value; and less the page, which no longer fits."""
    return tuple(pair for pair in params if pair not in dropped and pair[0] not in (*dropped, "page"))


def for_another_search(params: Params) -> Params:
    """What stays when something else is searched for: the filters, and not what was answered to the words before."""
    return tuple(pair for pair in params if pair[0] in (*FILTERS, "mode", "sort"))


def for_themes(params: Params) -> Params:
    """The same search where it is counted: what limits its results, and nothing that orders them."""
    names = ("q", *MANY, *DATES, "mode", "query_direction", "min_relevance")
    return tuple(pair for pair in params if pair[0] in names)


def filter_groups(
    params: Params, counts: Mapping[str, Sequence[FacetCount]], *, counted: bool = True
) -> tuple[FilterGroup, ...]:
    """The filters as lists of boxes, those with something to choose from. A ticked value always has its box.

    Args:
        params: the address.
        counts: the values of each filter; a filter that is missing here is not offered.
        counted: whether the counts are of what the page lists, and so are shown.
    """
    groups = []
    for name in CHECKED:
        ticked = [value for field, value in params if field == name]
        found = {each.value: each.count for each in counts.get(name, ())}
        values = _sorted(name, dict.fromkeys([*found, *ticked]))
        choices = tuple(
            Choice(value, words.value_label(name, value), found.get(value, 0) if counted else None, value in ticked)
            for value in values
        )
        if choices:
            groups.append(FilterGroup(name, words.LEGEND.get(name, words.FIELD[name]), choices))
    return tuple(groups)


def _sorted(name: str, values: Iterable[str]) -> list[str]:
    """Values of a fixed list in its order, others by the alphabet."""
    order = _ORDER.get(name)
    if order is None:
        return sorted(values, key=str.casefold)
    return sorted(values, key=lambda value: order.index(value) if value in order else len(order))


def years(name: str, params: Params, counts: Sequence[FacetCount], *, counted: bool = True) -> tuple[Choice, ...]:
    """The years to choose from as the first or last day of publication; a day that an address names itself stays."""
    ending = _ENDING[name]
    chosen = next((value for field, value in params if field == name), None)
    found = {
        f"{each.value}{ending}": Choice(f"{each.value}{ending}", each.value, each.count if counted else None, False)
        for each in counts
    }
    if chosen is not None:
        known = found.get(chosen)
        found[chosen] = Choice(chosen, _date_label(name, chosen), known.count if known else None, True)
    return tuple(found[value] for value in sorted(found))


def limits(params: Params) -> tuple[Limit, ...]:
    """The limits on the results of a search; a value that an address names itself stays."""
    found = []
    for name, values in LIMITS.items():
        own = [value for field, value in params if field == name]
        choices = tuple(
            Choice(value, words.value_label(name, value), None, value in own)
            for value in sorted({*values, *own}, key=float)
        )
        found.append(Limit(name, words.FIELD[name], words.NO_LIMIT[name], choices))
    return tuple(found)


def neighbours(params: Params, names: Sequence[str]) -> Limit | None:
    """The authorities whose statistical neighbours can be asked for; None where there are none to choose.

    Args:
        names: those that a table of authorities gives the neighbours of.
    """
    own = tuple(value for field, value in params if field == "neighbours_of")
    values = sorted({*names, *own[-1:]}, key=str.casefold)
    choices = tuple(Choice(value, value, None, value in own[-1:]) for value in values)
    found = Limit("neighbours_of", words.FIELD["neighbours_of"], "Any authority", choices, own[:-1])
    return found if choices else None


_OTHER_DIRECTIONS: Final[Mapping[Sought, tuple[tuple[str, Sought, str], ...]]] = {
    "weakness": (
        ("Show good practice instead", "strength", ""),
        ("Show both", "any", ", weaknesses and good practice"),
    ),
    "strength": (
        ("Show weaknesses instead", "weakness", ""),
        ("Show both", "any", ", weaknesses and good practice"),
    ),
    "any": (("Only weaknesses", "weakness", ""), ("Only good practice", "strength", "")),
}


def other_directions(path: str, params: Params, sought: Sought) -> tuple[Way, ...]:
    """The same search in the other directions. Weak findings were asked for in this one only."""
    rest = without(params, "query_direction", "weak")
    return tuple(
        Way(label, address(path, (*rest, ("query_direction", value))), aside)
        for label, value, aside in _OTHER_DIRECTIONS[sought]
    )


def orders(path: str, params: Params, sort: Sort) -> tuple[Way, ...]:
    """The same search in each order, from its first page on."""
    rest = without(params, "sort")
    return tuple(
        Way(label, address(path, rest if value == "relevance" else (*rest, ("sort", value))), current=value == sort)
        for value, label in words.SORT.items()
    )


def leaving_out(path: str, params: Params, authorities: Iterable[str | None]) -> dict[str, str]:
    """For each authority the same search without it; none where only certain authorities are searched."""
    if any(field == "authority" for field, _ in params):
        return {}
    rest = without(params)
    return {name: address(path, (*rest, ("exclude_authority", name))) for name in authorities if name}


def marks(path: str, params: Params, names: Mapping[str, str]) -> tuple[Chosen, ...]:
    """The findings marked, each with the address without its mark. `names` has what to call those there are, by id."""
    return tuple(
        Chosen(words.MARK[field], names.get(value, value), address(path, without(params, (field, value))))
        for field, value in params
        if field in MARKS and value in names
    )


def with_weak(path: str, params: Params) -> str:
    """The same page with weak findings at its end; the address leads to these."""
    return f"{address(path, (*params, ('weak', 'true')))}#weak"


def without_weak(path: str, params: Params) -> str:
    """The same page without weak findings."""
    return address(path, [pair for pair in params if pair[0] != "weak"])


def chosen(path: str, params: Params, titles: Mapping[str, str]) -> tuple[Chosen, ...]:
    """The filters in force, each with the address that takes it off. `titles` names documents by their id."""
    found = []
    for field, value in params:
        if field not in FILTERS:
            continue
        href = address(path, without(params, (field, value)))
        found.append(Chosen(words.FIELD[field], _label(field, value, titles), href))
    return tuple(found)


def _label(field: str, value: str, titles: Mapping[str, str]) -> str:
    if field == "document":
        return titles.get(value, value)
    return _date_label(field, value) if field in DATES else words.value_label(field, value)


def _date_label(field: str, value: str) -> str:
    """A year where the day is the first or last of one, the day in words otherwise."""
    if value.endswith(_ENDING[field]):
        return value[:4]
    return words.day(date.fromisoformat(value))


def pagination(path: str, params: Params, current: int, last: int) -> Pagination | None:
    """Links to the pages of a list: first, last, those around the current one; None where one page holds all."""
    if last <= 1:
        return None
    shown = sorted({number for number in (1, current - 1, current, current + 1, last) if 1 <= number <= last})
    links: list[PageLink] = []
    for before, number in zip([0, *shown], shown, strict=False):
        if number - before == 2:
            links.append(_page_link(path, params, number - 1, current))
        elif number - before > 2:
            links.append(PageLink(None))
        links.append(_page_link(path, params, number, current))
    return Pagination(
        links=tuple(links),
        previous=_page_href(path, params, min(current - 1, last)) if current > 1 else None,
        next=_page_href(path, params, current + 1) if current < last else None,
        current=current,
        last=last,
    )


def _page_link(path: str, params: Params, number: int, current: int) -> PageLink:
    return PageLink(number, _page_href(path, params, number), number == current)


def _page_href(path: str, params: Params, number: int) -> str:
    pairs = without(params)
    return address(path, pairs if number == 1 else (*pairs, ("page", str(number))))
