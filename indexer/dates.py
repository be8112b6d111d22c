"""Dates and ranges of dates as reports print them.

One inspection is dated in many spellings: "9 and 10 March 2011", "15-19 July 2013", "22 February 2016 – 17 March 2016",
"28 November to 9 December 2022", "1/06/2015 – 25/06/2015". All are the same thing: days in a row, joined by words or
dashes, where a day without a month or a year takes it from the day after it.
"""

from __future__ import annotations

import re
from datetime import date

DateRange = tuple[date, date]
"""First and last day, both included, in order."""

_MONTHS = {
    name[:3]: number
    for number, name in enumerate(
        ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
         "december"), start=1)
}  # fmt: skip
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
)
_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?(?<![\d/.])\d{1,2}(?:\s?(?:st|nd|rd|th)\b)?(?![\d/])"
_NAMED = rf"{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+(?:19|20)\d{{2}}(?!\d))?"
_NUMERIC = r"(?<![\d/.-])(?:\d{1,2}[/.]\d{1,2}[/.](?:20|19)?\d{2}|(?:20|19)\d{2}-\d{2}-\d{2})(?![\d/-]|\.\d)"
_DATE = rf"(?:{_NAMED}|{_NUMERIC})"
_JOIN = r"\s*(?:[–—‒‑‐−-]+|,?\s*\b(?:to|and|until|till|through)\b|[,&])\s*(?:(?:from|between|the)\s+)?"
_RUN = re.compile(rf"(?:(?:{_DATE}|{_DAY}){_JOIN}){{0,9}}{_DATE}", re.IGNORECASE)
_TOKEN = re.compile(
    rf"(?P<iso>(?:19|20)\d{{2}}-\d{{2}}-\d{{2}})|(?P<numeric>\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}})"
    rf"|(?P<day>\d{{1,2}})(?:\s?(?:st|nd|rd|th)\b)?(?:\s+(?:of\s+)?(?P<month>{_MONTH})(?:,?\s+(?P<year>\d{{4}}))?)?",
    re.IGNORECASE,
)
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))


def date_ranges(text: str) -> tuple[DateRange, ...]:
    """Every date or run of dates in a text, in order; a single date is a range of one day.

    Days joined by words or dashes only are one run, from the first to the last: an inspection in two phases ("2 to 6
    March and 14 to 18 September 2020") runs from the start of the first to the end of the second. Days without a year
    anywhere in their run, days that do not exist (31 June) and runs that go backwards are left out.
    """
    found = (_resolved(match.group()) for match in _RUN.finditer(_plain(text)))
    return tuple(span for span in found if span is not None)


def whole_date(text: str) -> date | None:
    """The date a text consists of, such as the date line of a letter; None where it holds anything else."""
    text = _plain(text).rstrip(".")
    match = _RUN.fullmatch(text)
    span = _resolved(text) if match else None
    return span[0] if span and span[0] == span[1] else None


def _plain(text: str) -> str:
    return " ".join(text.translate(_INVISIBLE).split())


def _resolved(text: str) -> DateRange | None:
    """First and last day of a run: each day takes a missing month and year from the one after it."""
    following: date | None = None
    last: date | None = None
    tokens = [_parts(match) for match in _TOKEN.finditer(text)]
    # "9 July 2018 to 20 July": a run that ends without a year takes the nearest year before.
    fallback = next((year for _, _, year in reversed(tokens) if year), None)
    for day, month, year in reversed(tokens):
        month = month or (following.month if following else None)
        if month is None or fallback is None:
            return None
        inherited = year is None
        year = year or (following.year if following else fallback)
        try:
            current = date(year, month, day)
            if following and inherited and current > following:
                current = date(year - 1, month, day)  # "28 November to 10 January 2022" begins the year before
        except ValueError:
            return None
        if following and current > following:
            return None
        following = current
        last = last or current
    return (following, last) if following and last else None


def _parts(match: re.Match[str]) -> tuple[int, int | None, int | None]:
    if match["iso"]:
        year, month, day = (int(part) for part in match["iso"].split("-"))
        return day, month, year
    if match["numeric"]:
        day, month, year = (int(part) for part in re.split(r"[/.]", match["numeric"]))
        return day, month, year if year > 99 else 2000 + year
    month_name = match["month"]
    return (
        int(match["day"]),
        _MONTHS[month_name[:3].lower()] if month_name else None,
        int(match["year"]) if match["year"] else None,
    )
