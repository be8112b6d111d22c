"""An evidence pack: what is comparable to each of several lines of enquiry, asked once of one generation of an index.

The same lines under the same limits give the same pack as long as the index is the same. A shortlist is a pack as well,
of findings that someone kept, with no line of enquiry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.packs.params import PackParams
from indexer.citation import citation
from indexer.errors import NotFoundError
from indexer.models import Answer, Coverage, DocumentSummary, Filters, Finding, Hit, IndexFacts
from indexer.search import Engine

Kept = Mapping[int, Sequence[str]]
"""The ids of the findings to be kept, by the number of their line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding of a pack."""

    finding: Finding
    document: DocumentSummary
    hit: Hit | None
    """How it was found; None where it was kept and the search does not give it (any more)."""
    also: tuple[int, ...] = ()
    """The numbers of the other lines that have it too."""

    @property
    def citation(self) -> str:
        """The finding's citation."""
        return citation(self.document, self.finding)


@dataclass(frozen=True, slots=True)
class Section:
    """The findings of one line of enquiry."""

    number: int
    """From 1."""
    line: str
    answer: Answer | None
    """What the search for it gave; None for a shortlist, which has no line."""
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """Findings to take away, and all that is needed to find them again."""

    title: str
    made: date
    base: str
    """Where the service is that links lead to, such as "http://127.0.0.1:8000"."""
    sections: tuple[Section, ...]
    facts: IndexFacts
    coverage: Coverage
    """The reports that were searched."""
    asked: PackParams | None
    """The lines and their limits; None for a shortlist."""
    gone: tuple[str, ...] = ()
    """Ids of findings that were kept and are not in the index any more."""
    earlier: str = ""
    """The generation of the index that the findings were chosen from, where it was another one."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The findings of all lines."""
        return tuple(entry for section in self.sections for entry in section.entries)


def make_pack(engine: Engine, asked: PackParams, base: str) -> Pack:
    """Search for every line.

    Args:
        base: where the service is that links lead to.
    """
    sections = []
    for number, line in enumerate(asked.lines, start=1):
        answer = engine.search(asked.query_for(line, limit=asked.per_line, offset=0, mode=asked.mode))
        entries = tuple(Entry(hit.finding, hit.document, hit) for hit in answer.hits)
        sections.append(Section(number, line, answer, entries))
    coverage = engine.coverage(asked.filters())
    return Pack(asked.title, asked.made(), base, _related(sections), engine.facts, coverage, asked)


def keep(engine: Engine, pack: Pack, kept: Kept, generation: str) -> Pack:
    """A pack with those findings alone that were chosen from it.

    A finding that was chosen and is no result any more, since the index has changed, stays in the pack as long as the
    index has it; one that has left the index is named in `gone`.

    Args:
        generation: the generation of the index that they were chosen from.
    """
    gone: list[str] = []
    sections = []
    for section in pack.sections:
        chosen = dict.fromkeys(kept.get(section.number, ()))
        entries = [entry for entry in section.entries if entry.finding.id in chosen]
        found = {entry.finding.id for entry in entries}
        others, missing = _looked_up(engine, [each for each in chosen if each not in found])
        gone += missing
        sections.append(replace(section, entries=(*entries, *others)))
    earlier = generation if generation != pack.facts.generation else ""
    return replace(pack, sections=_related(sections), gone=tuple(dict.fromkeys(gone)), earlier=earlier)


def shortlist_pack(engine: Engine, ids: Iterable[str], made: date, base: str) -> Pack:
    """A pack of findings by their ids, in that order."""
    entries, gone = _looked_up(engine, dict.fromkeys(ids))
    coverage = engine.coverage(Filters())
    return Pack("Shortlist", made, base, (Section(1, "", None, entries),), engine.facts, coverage, None, gone)


def _looked_up(engine: Engine, ids: Iterable[str]) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """The findings that the index has, and the ids of those it has not."""
    found, gone = [], []
    for each in ids:
        try:
            found.append(Entry(*engine.finding(each), None))
        except NotFoundError:
            gone.append(each)
    return tuple(found), tuple(gone)


def _related(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections with each finding told which other lines have it."""
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for section in sections:
        for entry in section.entries:
            numbers[entry.finding.id].append(section.number)
    return tuple(
        replace(
            section,
            entries=tuple(
                replace(entry, also=tuple(each for each in numbers[entry.finding.id] if each != section.number))
                for entry in section.entries
            ),
        )
        for section in sections
    )
