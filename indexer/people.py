"""The inspector who led an inspection: named behind a label, in a table of the team, or by signing a letter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, takewhile

from indexer.models import Line

_LABEL = re.compile(
    r"(?:ofsted\s+)?(?:lead|reporting)\s+inspector(?P<several>s?)\s*(?:\(ofsted\)\s*)?[:–-]?\s*(?P<names>.*)",
    re.IGNORECASE,
)
# "Jane Smith, Ofsted HMI Lead inspector": the table of a joint inspection's team.
_IN_TEAM = re.compile(
    r"(?P<name>[^,\t]+?),?\s+(?:Ofsted\s+)?(?:S?HMI|Ofsted Inspector),?\s+Lead(?:\s+inspector)?\b", re.IGNORECASE
)
_YOURS = re.compile(r"yours\s+(?:sincerely|faithfully),?\s*", re.IGNORECASE)
_ROLE = re.compile(
    r"[\s,(–-]*\b(?:(?:senior\s+)?h(?:er|is)\s+majesty.s\s+(?:senior\s+)?inspectors?\b|s?hmi\b|senior\b|ofsted\b|lead\s+inspector\b|"
    r"(?:social\s+care\s+|additional\s+|regulatory\s+)*inspectors?\b).*",
    re.IGNORECASE,
)
_INSPECTOR = re.compile(r"\b(?:inspector|s?hmi)\b", re.IGNORECASE)
_DIRECTOR = re.compile(r"\bdirector\b|\bchief\b", re.IGNORECASE)
_COPY = re.compile(r"(?:copy|copies|copied|cc)\b", re.IGNORECASE)
_INSPECTORS_WERE = re.compile(
    r"inspectors?\s+for\s+this\s+(?:visit|inspection)\s+(?:was|were)\s+(?P<names>[^.]*)", re.IGNORECASE
)
_TITLE = re.compile(r"(?:mr|mrs|ms|miss|dr|professor)\.?\s+", re.IGNORECASE)
_PARTICLES = frozenset(("de", "da", "di", "du", "der", "van", "von", "la", "le", "al", "el", "bin", "ap"))
_SIGNATURE_LINES = 10
"""Lines after "Yours sincerely" among which a letter is signed; copies and addresses follow."""


def lead_inspector(lines: Sequence[Line]) -> str | None:
    """The name without role, or two names joined by "and" where two led; None where the text names nobody."""
    return next(chain(_labelled(lines), _in_team(lines), _signed(lines), _named(lines)), None)


def _labelled(lines: Sequence[Line]) -> Iterator[str]:
    for index, line in enumerate(lines):
        match = _LABEL.match(line.text)
        if not match:
            continue
        following = lines[index + 1].text if index + 1 < len(lines) else ""
        text = match["names"] or following
        names = [name for part in re.split(r"[,;\t&]|\band\b", text) if (name := _name(part))]
        if names:
            yield " and ".join(names if match["several"] else names[:1])


def _in_team(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        for cell in line.cells or (line.text,):
            if (match := _IN_TEAM.match(cell)) and (name := _name(match["name"])):
                yield name


def _signed(lines: Sequence[Line]) -> Iterator[str]:
    """Who signs as an inspector, first who signs as the lead of several; a director's signature does not count."""
    starts = [index for index, line in enumerate(lines) if _YOURS.match(line.text)]
    if not starts:
        return
    rows = [line.cells or (line.text,) for line in lines[starts[-1] :][: _SIGNATURE_LINES + 1]]
    rows[0] = (_YOURS.sub("", rows[0][0]), *rows[0][1:])
    rows = list(takewhile(lambda row: not _COPY.match(row[0]), rows))
    signed: list[tuple[str, str]] = []
    for row, below in zip(rows, [*rows[1:], ()], strict=True):
        for column, cell in enumerate(row):
            under = below[column] if len(below) == len(row) else ""
            role = f"{cell[len(_ROLE.sub('', cell)) :]} {under if _ROLE.match(under) else ''}"
            director = _DIRECTOR.search(f"{cell} {under}")
            if _INSPECTOR.search(role) and not director and (name := _name(cell)):
                signed.append((name, role))
    yield from (name for name, role in signed if "lead" in role.lower())
    yield from (name for name, _ in signed)


def _named(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        if (match := _INSPECTORS_WERE.search(line.text)) and (name := _name(re.split(r",|\band\b", match["names"])[0])):
            yield name


def _name(text: str) -> str | None:
    """The person's name in a text, its role taken off; None where what is left is not two to five capitalised words."""
    text = _ROLE.sub("", " ".join(text.split()))
    words = _TITLE.sub("", text, count=1).strip(" ,.;:()–-").split() if text else []
    if not 2 <= len(words) <= 5 or not (words[0][0].isupper() and words[-1][0].isupper()):
        return None
    if any(not (word[0].isupper() or word in _PARTICLES) or re.search(r"[\d@/]", word) for word in words):
        return None
    return " ".join(words)
