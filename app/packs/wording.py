"""What a pack says in its own words: counts, dates and fixed labels. Everything else in it is quoted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app import answers, listing, words
from app.packs.pack import Entry, Pack, Section
from app.pages import state
from app.schemas import finding_url

NOTE: Final = (
    "The quotations were retrieved from published reports and are given word for word. Nothing here was summarised or "
    "written by a program but headings, counts and dates. Read a finding in its report before you rely on it."
)
NOT_FOUND: Final = "No comparable findings."
NOT_KEPT: Final = "No finding was kept for this line."
NOT_A_RESULT: Final = "Kept by hand: not among the results of this line"


def summary(pack: Pack) -> str:
    """What a pack holds: "18 findings for 4 lines of enquiry, from 9 reports"."""
    reports = words.count(len({entry.document.id for entry in pack.entries}), "report")
    found = words.count(len({entry.finding.id for entry in pack.entries}), "finding")
    if pack.asked is None:
        return f"{found} from {reports}"
    return f"{found} for {words.count(len(pack.sections), 'line')} of enquiry, from {reports}"


def found(section: Section) -> str:
    """What a line found: "12 comparable findings, 5 of them here"; empty for a shortlist."""
    answer, here = section.answer, len(section.entries)
    if answer is None:
        return ""
    if not here:
        return NOT_KEPT if answer.hits else NOT_FOUND
    if not answer.total:
        return f"No comparable findings; {words.count(here, 'other')} here."
    return f"{answers.counted(answer)}, {'all' if here == answer.total else here} of them here."


def taken(section: Section) -> tuple[str, ...]:
    """How a line was understood: which way was sought, what words were taken for, what was searched for too."""
    answer = section.answer
    if answer is None:
        return ()
    way = f"{answers.SOUGHT[answer.direction]}." if answer.direction != "any" else ""
    return tuple(filter(None, (way, answers.corrected(answer), answers.expanded(answer))))


def heading(section: Section, place: int, entry: Entry) -> str:
    """What stands above a finding: its line and its place there, whose report and when: "2.1 Bury, 7 April 2011"."""
    number = f"{section.number}.{place}" if section.answer else f"{place}."
    return f"{number} {words.headline(entry.document.metadata)}"


def facts(entry: Entry, section: Section) -> tuple[str, ...]:
    """What is known of a finding, in a few words each: match, direction, kind, judgement, other lines."""
    repeated = "Raised before" if entry.finding.repeated else ""
    parts = (_match(entry, section), words.nature(entry.finding), repeated, _judgement(entry), also(entry))
    return tuple(filter(None, parts))


def notes(entry: Entry, section: Section) -> tuple[str, ...]:
    """Of these facts those that a page does not show anyway."""
    return tuple(filter(None, (_match(entry, section), _judgement(entry), also(entry))))


def _match(entry: Entry, section: Section) -> str:
    return words.match(entry.hit) if entry.hit else NOT_A_RESULT if section.answer else ""


def _judgement(entry: Entry) -> str:
    return f"Judgement: {words.grade(entry.finding.judgement)}" if entry.finding.judgement else ""


def also(entry: Entry) -> str:
    """The other lines that have a finding: "Also under lines 2 and 5"; empty where there are none."""
    numbers = [str(number) for number in entry.also]
    return f"Also under {'line' if len(numbers) == 1 else 'lines'} {words.listed(numbers)}" if numbers else ""


def link(pack: Pack, entry: Entry) -> str:
    """The whole address of a finding's place in its report."""
    return f"{pack.base}{finding_url(entry.document.id, entry.finding.id)}"


def limits(pack: Pack) -> tuple[tuple[str, str], ...]:
    """The filters and other limits that all lines have in common, each by its name and value in words."""
    if pack.asked is None:
        return ()
    asked, titles = (
        pack.asked,
        {entry.document.id: words.report_name(entry.document.metadata) for entry in pack.entries},
    )
    found = [(each.field, each.label) for each in listing.chosen("", state(asked), titles)]
    if asked.query_direction != "auto":
        found.append(("Search", answers.SOUGHT[asked.query_direction]))
    if asked.mode != "hybrid":
        found.append((words.FIELD["mode"], words.MODE[asked.mode]))
    if asked.sort != "relevance":
        found.append(("Order", words.SORT[asked.sort]))
    if asked.weak:
        found.append(("Below the bar", "the nearest findings too"))
    found += [("More like", each) for each in asked.like]
    found += [("Less like", each) for each in asked.unlike]
    return tuple(found)


def notices(pack: Pack) -> Iterator[str]:
    """What a reader must be told: that the index has changed since the findings were chosen, and what is gone."""
    if pack.earlier:
        yield (
            f"The index has changed since these findings were chosen (index {pack.earlier} then, "
            f"{pack.facts.generation} now)."
        )
    if pack.gone:
        are = "is" if len(pack.gone) == 1 else "are"
        ids = words.listed(pack.gone)
        yield f"{words.count(len(pack.gone), 'finding')} that had been kept {are} not in the index any more: {ids}."


def about(pack: Pack) -> Iterator[tuple[str, str]]:
    """How a pack was made, so that it can be made again: labels and values."""
    facts = pack.facts
    yield "Date", words.day(pack.made)
    if pack.asked:
        yield "Lines of enquiry", str(len(pack.sections))
        yield "Findings for each line", f"at most {pack.asked.per_line}"
        yield from limits(pack) or [("Filters", "none")]
    yield "Searched", words.covered(pack.coverage)
    yield "Index", f"{facts.generation}, built {words.moment(facts.built)}"
    yield "Held by the index", f"{words.count(facts.findings, 'finding')} of {words.count(facts.documents, 'report')}"
    yield "Language model", f"{facts.model} ({facts.model_sha256[:12]})"
