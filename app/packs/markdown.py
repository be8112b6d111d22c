"""A pack as Markdown (CommonMark), in which every word reads as it stands in its report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app import words
from app.licence import LICENCE_NAME, LICENCE_STATEMENT, LICENCE_URL
from app.packs import wording
from app.packs.pack import Entry, Pack, Section

_MARKS: Final = re.compile(r"[\\`*_{}\[\]<>&#~|$^]")
_LIST: Final = re.compile(r"([-+=:])|(\d{1,9})([.)])")
"""What makes a list, a heading or a rule of a line that begins with it."""


def escaped(text: str) -> str:
    """Text on one line that Markdown shows as it is wherever it stands in one."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def block(text: str) -> str:
    """The same, where it begins a line."""
    marked = escaped(text)
    found = _LIST.match(marked)
    if found is None:
        return marked
    return f"\\{marked}" if found[1] else f"{found[2]}\\{marked[found.end(2) :]}"


def as_markdown(pack: Pack) -> bytes:
    """The pack as Markdown in UTF-8: a heading for each line, a quotation for each finding."""
    return "\n\n".join(_blocks(pack)).encode() + b"\n"


def _blocks(pack: Pack) -> Iterator[str]:
    yield f"# {escaped(pack.title)}"
    yield f"{words.day(pack.made)}. {wording.summary(pack)}."
    for notice in wording.notices(pack):
        yield f"**{escaped(notice)}**"
    for section in pack.sections:
        yield from _section(pack, section)
    yield "## How this was made"
    yield "\n".join(f"- {escaped(label)}: {escaped(value)}" for label, value in wording.about(pack))
    yield escaped(wording.NOTE)
    yield LICENCE_STATEMENT.replace(LICENCE_NAME, f"[{LICENCE_NAME}]({LICENCE_URL})")


def _section(pack: Pack, section: Section) -> Iterator[str]:
    if section.answer:
        yield f"## {section.number}. {escaped(section.line)}"
        yield block(" ".join((wording.found(section), *wording.taken(section))))
    level = "###" if section.answer else "##"
    for place, entry in enumerate(section.entries, start=1):
        yield f"{level} {escaped(wording.heading(section, place, entry))}"
        yield from _entry(pack, section, entry)


def _entry(pack: Pack, section: Section, entry: Entry) -> Iterator[str]:
    yield f"> {block(entry.finding.text)}"
    yield f"— {escaped(entry.citation)}. [Read it in the report](<{wording.link(pack, entry)}>)"
    yield block(" · ".join(wording.facts(entry, section)))
