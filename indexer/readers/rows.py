"""The rows of a text file: what each is by its own marks, and how a document breaks its lines.

Most converters give each paragraph one row; others break rows at a width. Which it is shows in the document as a whole
and is measured, not asked of each row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from indexer.readers.lines import BULLET_CHARACTERS

NARROWEST, WIDEST = 35, 140
"""Characters at which lines are broken in text that is wrapped; outside these a line is a paragraph or a list entry."""

LAST_LINES = 15
"""Percentage of short lines among those that end a sentence, from which on some are last lines of paragraphs."""

HEADING = re.compile(r" {0,3}(#{1,6})\s+(\S.*)$")
RULE = re.compile(r"\s*(?:[-_=*·.–—|:+]\s?){3,}\s*$")
BULLET = re.compile(rf"(\s*)([{BULLET_CHARACTERS}\-–—*]|o(?= +[A-Za-z]))(?:\s+(\S.*)|\s*)$", re.DOTALL)
STRONG_BULLET = re.compile(rf"\s*[{BULLET_CHARACTERS}](?:\s|$)")
NUMBER = re.compile(r"\s*(\d{1,3}(?:\.\d{1,2})*[.)]|\([a-z\d]{1,3}\))(?:\s+|$)")
BAR_ROW = re.compile(r"\s*\|(.*)\|\s*$")
FOOTNOTE_DEFINITION = re.compile(r"\s*\[\^(\w{1,3})\]:\s*(.*)$")
ENDS_SENTENCE = (".", "!", "?", ":", ";", ".”", ".’", ".'", '."')
_ADDRESS = re.compile(r"@|://|^www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How a document breaks its lines: at `width` characters, more or less, as far as words and letters allow.

    A line is full when the first word of the next would not have fitted: len(line) + 1 + len(word) >= share * width.
    A line much longer than the width was not wrapped at all.
    """

    width: int
    within: float
    """The least share of the width that a full line fills."""
    closing: float
    """The same for a line that ends a sentence, after which a paragraph may end as well."""

    def full(self, text: str, following: str) -> bool:
        """Whether a line was broken because the next word did not fit."""
        share = self.closing if _may_end(text, following) else self.within
        return _fill(text, following) >= share * self.width and len(text.rstrip()) <= 1.2 * self.width


def wrapping(pages: Sequence[Sequence[str]]) -> Wrapping | None:
    """How the lines of a document are wrapped; None where each line is a paragraph or an entry of its own.

    Wrapped prose goes on in lower case, after no full stop, in most of its line breaks; addresses, lists and
    paragraphs of one line hardly ever do. Those breaks also show how full a full line is.

    Args:
        pages: rows of each page as they stand in the file.
    """
    pairs = [
        (upper, lower)
        for page in pages
        for upper, lower in pairwise(page)
        if upper.strip() and lower.strip() and not stands_alone(upper) and not opens(lower)
    ]
    soft = [pair for pair in pairs if runs_on(*pair)]
    lengths = sorted(len(upper.expandtabs().rstrip()) for upper, _ in soft)
    if len(soft) < 2 or len(soft) * 10 < len(pairs) * 3 or not NARROWEST <= median(lengths) <= WIDEST:
        return None
    width = lengths[len(lengths) * 95 // 100]
    fills = sorted(_fill(*pair) / width for pair in soft)
    # The lowest twentieth are cells of tables and other oddities.
    usual = min(1.0, fills[len(fills) // 20])
    within = min(usual, max(0.6, 0.85 * usual, fills[len(fills) // 50]))
    # Where blank rows part the paragraphs, a line that ends a sentence is as full as any other; where nothing parts
    # them, many such lines are short, being the last of theirs.
    ends = [_fill(*pair) / width for pair in pairs if _may_end(*pair)]
    short = sum(fill < usual for fill in ends)
    return Wrapping(width, within, usual if short * 100 > len(ends) * LAST_LINES else within)


def _fill(text: str, following: str) -> int:
    """Characters a line would have with the first word of the next."""
    return len(text.expandtabs().rstrip()) + 1 + len(following.split(maxsplit=1)[0])


def _may_end(upper: str, lower: str) -> bool:
    """Whether a paragraph may end with one row and another begin with the next."""
    return upper.rstrip().endswith(ENDS_SENTENCE) and not lower.lstrip()[:1].islower()


def runs_on(upper: str, lower: str) -> bool:
    """Whether one row plainly goes on in the next: no full stop, then lower case."""
    first = lower.split(maxsplit=1)[0]
    return first[0].islower() and not _ADDRESS.search(first) and not upper.rstrip().endswith(ENDS_SENTENCE)


def stands_alone(text: str) -> bool:
    """Whether a row is never part of a paragraph of several: a heading, a table row, a rule."""
    return bool(HEADING.match(text) or "\t" in text.strip() or BAR_ROW.match(text) or RULE.match(text))


def opens(text: str) -> bool:
    """Whether a row opens something by its own marks."""
    return bool(stands_alone(text) or BULLET.match(text) or NUMBER.match(text) or FOOTNOTE_DEFINITION.match(text))
