"""Dates: every spelling of the reports gives the days it means, and nothing else gives any."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.dates import date_ranges, whole_date

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("9 and 10 March 2011", (2011, 3, 9), (2011, 3, 10)),  # letters of 2009 to 2012
        ("15-19 July 2013", (2013, 7, 15), (2013, 7, 19)),  # hyphen without spaces
        ("9–24 November 2017", (2017, 11, 9), (2017, 11, 24)),  # en dash
        ("8 – 12 July 2013", (2013, 7, 8), (2013, 7, 12)),
        ("8 ‒ 12 July 2013", (2013, 7, 8), (2013, 7, 12)),  # figure dash
        ("22 February 2016 – 17 March 2016", (2016, 2, 22), (2016, 3, 17)),  # both in full
        ("14 April – 8 May 2015", (2015, 4, 14), (2015, 5, 8)),  # the year once
        ("4 June 2018–28 June 2018", (2018, 6, 4), (2018, 6, 28)),
        ("17 September to 28 September 2018", (2018, 9, 17), (2018, 9, 28)),
        ("19 to 23 February 2024", (2024, 2, 19), (2024, 2, 23)),
        ("28 November to 9 December 2022", (2022, 11, 28), (2022, 12, 9)),
        ("30 November 2021 to 10 January 2022", (2021, 11, 30), (2022, 1, 10)),  # over the new year, said
        ("30 November to 10 January 2022", (2021, 11, 30), (2022, 1, 10)),  # over the new year, to be worked out
        ("18 Feb 2014 – 12 March 2014", (2014, 2, 18), (2014, 3, 12)),  # short month
        ("3 to 7 Sept. 2018", (2018, 9, 3), (2018, 9, 7)),
        ("1/06/2015 – 25/06/2015", (2015, 6, 1), (2015, 6, 25)),  # day first, as in Britain
        ("02 March 2020 to 13 March 2020", (2020, 3, 2), (2020, 3, 13)),
        ("9th and 10th March 2011", (2011, 3, 9), (2011, 3, 10)),  # ordinals
        ("the 1st to the 3rd of May, 2012", (2012, 5, 1), (2012, 5, 3)),
        ("9\u00a0and\u00a010\u00a0March\u00a02011", (2011, 3, 9), (2011, 3, 10)),  # spaces that do not break
        ("12 \nto 16\nMay 2014", (2014, 5, 12), (2014, 5, 16)),  # lines broken within
        ("1\u200b2 to 16 May 2014", (2014, 5, 12), (2014, 5, 16)),  # a character that prints nothing
        ("Monday 3 to Friday 7 March 2025", (2025, 3, 3), (2025, 3, 7)),  # weekdays
        ("8, 9 and 10 March 2011", (2011, 3, 8), (2011, 3, 10)),  # a list of days
        ("2 to 6 March and 14 to 18 September 2020", (2020, 3, 2), (2020, 9, 18)),  # two phases, one inspection
        ("9 July 2018 to 20 July", (2018, 7, 9), (2018, 7, 20)),  # the year at the start only
        ("Between 5 June 2017 and 9 June 2017, Ofsted", (2017, 6, 5), (2017, 6, 9)),
        ("conducted on 5 May 2010.", (2010, 5, 5), (2010, 5, 5)),  # one day
        ("2024-05-15", (2024, 5, 15), (2024, 5, 15)),
    ],
)
def test_spellings(text: str, start: tuple[int, int, int], end: tuple[int, int, int]) -> None:
    """Days joined by words or dashes are one range, each taking a missing month and year from the one after it."""
    assert date_ranges(text) == ((date(*start), date(*end)),)


@pytest.mark.parametrize(
    "text",
    [
        "the previous inspection in May 2010",  # no day
        "1 April",  # no year
        "31 June 2014",  # no such day
        "29 to 31 February 2024",
        "20 March 2015 – 3 March 2015",  # runs backwards: which half is wrong, nobody can tell
        "25 of 27 cases in 2012",
        "between 3 and 8 months",
        "T 0300 123 1231",
        "paragraph 12.3.2014.5",
        "45/46/2015",
        "",
    ],
)
def test_what_is_no_date(text: str) -> None:
    """Numbers that are no days, days that do not exist, and days without a year give nothing."""
    assert date_ranges(text) == ()


def test_dates_apart_are_ranges_of_their_own() -> None:
    """Dates with other words between them do not run together."""
    text = "Inspection dates: 3 to 7 March 2025. Published 2 May 2025, last inspected 4 June 2019"
    assert date_ranges(text) == (
        (date(2025, 3, 3), date(2025, 3, 7)),
        (date(2025, 5, 2), date(2025, 5, 2)),
        (date(2019, 6, 4), date(2019, 6, 4)),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7 April 2011", date(2011, 4, 7)),
        (" 7th  April 2011. ", date(2011, 4, 7)),
        ("Thursday 7 April 2011", date(2011, 4, 7)),
        ("7 and 8 April 2011", None),  # two days
        ("Published: 7 April 2011", None),  # other words
        ("April 2011", None),
        ("", None),
    ],
)
def test_whole_date(text: str, expected: date | None) -> None:
    """Only a text that is one date and nothing else is a whole date."""
    assert whole_date(text) == expected


def _spelt(day: date, month: bool, year: bool, ordinal: bool) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10 if day.day not in (11, 12, 13) else 0, "th")
    words = [f"{day.day}{ending if ordinal else ''}"]
    if month:
        words.append(MONTHS[day.month - 1])
    if month and year:
        words.append(str(day.year))
    return " ".join(words)


@given(
    start=st.dates(min_value=date(2000, 1, 1), max_value=date(2098, 12, 31)),
    days=st.integers(0, 200),
    joint=st.sampled_from((" to ", " and ", " – ", "–", "-", " until ")),
    ordinal=st.booleans(),
    full=st.booleans(),
)
def test_a_range_printed_is_the_range_read(start: date, days: int, joint: str, ordinal: bool, full: bool) -> None:
    """Whatever is left out because the second day says it, both days come back."""
    end = start + timedelta(days=days)
    same_month = (start.year, start.month) == (end.year, end.month)
    first = _spelt(start, full or not same_month, full or start.year != end.year, ordinal)
    assert date_ranges(f"on {first}{joint}{_spelt(end, True, True, ordinal)}.") == ((start, end),)


@given(st.text(alphabet="0123456789 -–/.,ndthMarchjulyto&", max_size=80))
def test_any_text_gives_ranges_in_order(text: str) -> None:
    """Whatever the text, nothing is raised and no range runs backwards."""
    assert all(start <= end for start, end in date_ranges(text))
