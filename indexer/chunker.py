"""Blocks to findings: one paragraph, bullet or numbered point each, under its headings.

A finding is never half a statement. A lead-in that ends in a colon takes the fragments under it along ("The proportion
of children with English as an additional language: • in primary schools is 17.5% ..."), and where whole statements
follow, it becomes the innermost heading of theirs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from indexer.blocks import BlockKind, reads_as_heading
from indexer.clean import CleanBlock, CleanDocument
from indexer.direction import LEANS, finding_direction, sentence_direction
from indexer.models import Direction, Finding, Grade, Judgement, Kind, Sentence
from indexer.sections import area_grade, closes_context, is_part_of, kind_of, section_kind, verdict
from indexer.sentences import sentence_spans

UNMARKED_LEVEL = 50
"""Level of a heading known only by how it reads: inside every marked one."""
LEAD_IN_LEVEL = 90
"""Level of a lead-in to a list: innermost of all, and gone when the list ends."""
PART_STEP = 0.5
"""How far inside a section its "Summary" or "Inspection findings" stands where both are set at one level."""
LEAD_IN_LENGTH = 160
"""A longer lead-in is a statement of its own, not a heading."""
LISTS = (Kind.STRENGTH, Kind.MEETS_REQUIREMENTS, Kind.AREA_FOR_DEVELOPMENT, Kind.PRIORITY_ACTION, Kind.RECOMMENDATION)
"""Kinds whose bullets are statements of their own even where they open in lower case."""

_OVERALL = "overall effectiveness"
# Sentences that open a letter's or report's account of how it came about, not of what was found.
_STOCK = re.compile(
    r"(?:This (?:letter|report) (?:summarises|outlines|contains)|The inspection (?:sampled|was carried out"
    r"|identified (?:an? )?(?:areas?|aspects?))"
    r"|(?:This|The) (?:focused |monitoring )?visit (?:was carried out|looked at|took place)"
    r"|Inspectors (?:considered|looked at|evaluated|reviewed the progress made in) (?:a range"
    r"|the following|the local authority.s arrangements|closely)"
    r"|A range of evidence|I would like to thank|From the evidence gathered|On behalf of|(?:The|Any"
    r"|These) areas? for (?:development|improvement|priority action)[^.]{0,40} (?:will|above)"
    r"|(?:The )?(?:evidence evaluated|purpose of the inspection)|All inspection judgements are made"
    r"|It is Ofsted.s expectation|The judgements on areas of the service that contribute"
    r"|The local authority leads (?:in)?effective services|Ofsted (?:produces|will)|(?:You|We) (?:may|will) )",
    re.IGNORECASE,
)  # fmt: skip
_EARLIER = r"(?:previous|last|earlier|prior|first|second|third|20\d\d|that)"
_REPEATED = re.compile(
    rf"\b(?:areas?|weakness(?:es)?|shortfalls?|shortcomings?|issues?|concerns?|recommendations?|points?"
    rf"|problems?|deficits?|priority actions?|requirements?)\b[^.;]{{0,80}}"
    rf"\b(?:at|in|from|during|since|by) (?:the |its |their |our "
    rf"|an? )?(?:[\w’'-]+ ){{0,5}}?{_EARLIER}\b[^.;]{{0,60}}\b(?:inspections?|visits?|reviews?)\b"
    rf"|\b(?:identified|raised|highlighted|noted|found|reported|recommended|criticised|judged|seen"
    rf"|recognised)\b[^.;]{{0,40}}\b(?:at|in|during|by|from) (?:the |its |their "
    rf"|an? )?(?:[\w’'-]+ ){{0,5}}?{_EARLIER}\b[^.;]{{0,60}}\b(?:inspections?|visits?|reviews?)\b"
    rf"|\b(?:remains?|still|continues? to be|(?:has|have) not (?:yet )?been (?:fully "
    rf"|sufficiently )?(?:addressed|resolved|implemented|met"
    rf"|achieved))\b[^.;]{{0,80}}\b{_EARLIER} (?:\w+ ){{0,2}}?(?:inspection|visit)"
    rf"|\b{_EARLIER} (?:Ofsted )?(?:inspections?|visits?)\b[^.;]{{0,120}}\b(?:remains?|still|(?:has"
    rf"|have) not (?:all )?(?:yet )?(?:been )?(?:fully |sufficiently )?(?:addressed|improved|resolved"
    rf"|implemented|met|achieved)|not (?:all )?(?:fully )?(?:been )?addressed)\b"
    r"|\bwas (?:also )?(?:an? )?(?:area|priority|recommendation|requirement|weakness)\b[^.;]{0,60}\b(?:at"
    r"|of|from|in) the (?:previous|last)\b",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(slots=True)
class _Draft:
    """A finding in the making: its blocks under the section path it was met in."""

    blocks: list[CleanBlock]
    section: tuple[str, ...]
    number: str | None
    bullet: bool


@dataclass(slots=True)
class _Outline:
    """The headings in force, outermost first, and the count of bullets under the innermost."""

    stack: list[tuple[float, str]] = field(default_factory=list)
    bullets: int = 0

    def open(self, level: float, heading: str) -> None:
        while self.stack and self.stack[-1][0] > level:
            self.stack.pop()
        if self.stack and self.stack[-1][0] == level:
            if is_part_of(heading, self.stack[-1][1]):
                level += PART_STEP
            else:
                self.stack.pop()
        if closes_context(heading):
            context = (i for i, (_, above) in enumerate(self.stack) if kind_of(above) is Kind.CONTEXT)
            del self.stack[next(context, len(self.stack)) :]
        self.stack.append((level, heading))
        self.bullets = 0

    def close_lead_in(self) -> None:
        if self.stack and self.stack[-1][0] == LEAD_IN_LEVEL:
            self.stack.pop()
            self.bullets = 0

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(heading for _, heading in self.stack)


def chunk(document: CleanDocument, judgements: tuple[Judgement, ...] = ()) -> tuple[Finding, ...]:
    """The findings of a document, in its order.

    Args:
        document: the cleaned document; spans of findings refer to its text.
        judgements: the report's grades, for the grade in force in each section.
    """
    following = (*document.blocks, None)[1:]
    blocks = [_as_heading(block, after) for block, after in zip(document.blocks, following, strict=True)]
    drafts = _with_lost_numbers(list(_drafts(blocks)))
    return tuple(_finding(draft, document, judgements) for draft in drafts)


def _with_lost_numbers(drafts: list[_Draft]) -> list[_Draft]:
    """Give back the number of a point that conversion to text left as a bullet: the only one between n and n + 2."""
    for before, draft, after in zip(drafts, drafts[1:], drafts[2:], strict=False):
        if not draft.bullet or before.bullet or after.bullet or not before.number or not after.number:
            continue
        if int(after.number) - int(before.number) == 2:
            draft.number, draft.bullet = str(int(before.number) + 1), False
    return drafts


def _as_heading(block: CleanBlock, after: CleanBlock | None) -> CleanBlock:
    """Headings that nothing marks are known by how they read and by what follows."""
    if block.kind is not BlockKind.PARAGRAPH or after is None or block.page_start != block.page_end:
        return block
    if not reads_as_heading(replace(block.line, text=block.text)) or block.text.endswith(":"):
        return block
    follows = after.kind in (BlockKind.ITEM, BlockKind.NUMBER, BlockKind.HEADING) or len(after.text) > len(block.text)
    return replace(block, kind=BlockKind.HEADING, level=UNMARKED_LEVEL) if follows else block


def _drafts(blocks: Sequence[CleanBlock]) -> Iterator[_Draft]:
    outline = _Outline()
    pending: _Draft | None = None
    for i, block in enumerate(blocks):
        after = blocks[i + 1] if i + 1 < len(blocks) else None
        if block.kind is BlockKind.HEADING:
            if pending:
                yield pending
            pending = None
            outline.open(block.level, block.text)
            continue
        if pending and _belongs(pending, block, outline):
            pending.blocks.append(block)
            continue
        if pending:
            yield pending
        pending = None
        if block.kind is not BlockKind.ITEM:
            outline.close_lead_in()
        if _is_lead_in(block, after, outline):
            outline.open(LEAD_IN_LEVEL, block.text.rstrip(":").rstrip())
            continue
        if block.kind is BlockKind.ITEM:
            outline.bullets += 1
        pending = _Draft([block], outline.path, _number(block, outline), block.kind is BlockKind.ITEM)
    if pending:
        yield pending


def _number(block: CleanBlock, outline: _Outline) -> str | None:
    if block.kind is BlockKind.ITEM:
        return str(outline.bullets)
    return block.marker if block.kind is BlockKind.NUMBER else None


def _is_lead_in(block: CleanBlock, after: CleanBlock | None, outline: _Outline) -> bool:
    """A short paragraph that ends in a colon before a list of statements stands over them like a heading."""
    if not block.text.endswith(":") or after is None or block.kind is not BlockKind.PARAGRAPH:
        return False
    if len(block.text) > LEAD_IN_LENGTH:
        return False
    return after.kind is BlockKind.HEADING or (
        after.kind is not BlockKind.PARAGRAPH and not _takes_along(after, outline)
    )


def _takes_along(item: CleanBlock, outline: _Outline) -> bool:
    """Whether an item is a fragment that its lead-in completes, rather than a statement of its own."""
    return item.text[0].islower() and section_kind(outline.path) not in LISTS


def _belongs(pending: _Draft, block: CleanBlock, outline: _Outline) -> bool:
    """Whether an item completes the statement before it."""
    if block.kind is not BlockKind.ITEM or not pending.blocks[0].text.endswith(":"):
        return False
    first = pending.blocks[0]
    if first.kind is BlockKind.ITEM:
        return block.level > first.level
    return block.text[0].islower() if first.kind is BlockKind.NUMBER else _takes_along(block, outline)


def _finding(draft: _Draft, document: CleanDocument, judgements: tuple[Judgement, ...]) -> Finding:
    first, last = draft.blocks[0], draft.blocks[-1]
    span = (first.span[0], last.span[1])
    text = document.text[span[0] : span[1]]
    kind = _kind(draft, text)
    spans = sentence_spans(text)
    directions = [_direction_in(kind, text[start:end]) for start, end in spans]
    sentences = tuple(
        Sentence(*place, direction, LEANS[direction]) for place, direction in zip(spans, directions, strict=True)
    )
    digest = hashlib.sha256(f"{document.source.sha256} {span[0]} {span[1]} {text}".encode())
    return Finding(
        id=digest.hexdigest()[:16],
        text=text,
        kind=kind,
        direction=finding_direction(kind, directions),
        section=draft.section,
        number=draft.number,
        page_start=first.page_start if document.paged else None,
        page_end=last.page_end if document.paged else None,
        span=span,
        judgement=_judgement(draft.section, kind, judgements),
        repeated=kind is not Kind.CONTEXT and bool(_REPEATED.search(text)),
        sentences=sentences,
        bullet=draft.bullet,
    )


def _kind(draft: _Draft, text: str) -> Kind:
    kind = section_kind(draft.section)
    if draft.bullet or draft.number:
        return kind
    if _STOCK.match(text) or (kind is Kind.FINDING and text.endswith(":")):
        return Kind.CONTEXT
    return kind


def _direction_in(kind: Kind, sentence: str) -> Direction:
    """A sentence's direction: structure settles it for bullets that only name the thing to improve, words elsewhere."""
    if kind is Kind.FINDING:
        return sentence_direction(sentence)
    return finding_direction(kind, ())


def _judgement(section: Sequence[str], kind: Kind, judgements: tuple[Judgement, ...]) -> Grade | None:
    """The grade in force for a section: as its heading states it, else as the report's table does."""
    if kind is Kind.CONTEXT:
        return None
    for heading in reversed(section):
        grade = verdict(heading) or area_grade(heading, judgements)
        if grade:
            return grade
    if kind is Kind.FINDING and (not section or section[-1].casefold().startswith(("executive summary", "summary of"))):
        return area_grade(_OVERALL, judgements)
    return None
