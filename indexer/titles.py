"""The title of a report: what inspection it is of, by which programme, and of which place.

Each programme of inspections has words of its own for its title, and the words are what is looked for, wherever lines
break and whatever sits between them:

    Inspection of Bury local authority children's services                      the place in the title
    Bury Borough Council / Inspection of services for children in need of …     the place on a line of its own
    Monitoring visit to Bury children's services                                the subject line of a letter

A title of none of the programmes known here is taken as it stands, so that later ones are still named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexer.authorities import known_name
from indexer.models import Line

ILACS = "Inspection of local authority children's services"
SIF = "Inspection of services for children in need of help and protection, children looked after and care leavers"
CONTACT = "Annual unannounced inspection of contact, referral and assessment arrangements"

# A place begins with a capital and ends before the words given; no place has a figure or a colon in it.
_PLACE = r"(?P<place>(?:the )?[A-Z][^:;\d]{1,90}?)"
_SERVICES = r"(?i:(?:'s?)?(?: local authority)?(?:'s?)? children'?s'? (?:social care )?services)"
_END = rf"(?:{_SERVICES}|\s*$)"


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme of inspections: how its titles read, what it is called here, and the framework it belongs to.

    `framework` is None where the document has to say more (ILACS visits and inspections) or no short name is in use.
    """

    title: re.Pattern[str]
    inspection_type: str
    framework: str | None = None


def _titles(*rows: tuple[str, str, str | None]) -> tuple[Programme, ...]:
    return tuple(Programme(re.compile(pattern), name, framework) for pattern, name, framework in rows)


# Titles that end in words of their own, so that they can be told from what follows them on the page.
_CLOSED = _titles(
    (
        rf"(?i:(?:annual )?unannounced inspection of contact, referral and assessment arrangements)"
        rf"(?i: within| in| of) {_PLACE}{_SERVICES}",
        CONTACT,
        None,
    ),
    (
        r"(?i:(?:re-? ?)?inspection of services for children in need of help and protection, children looked after and "
        r"care leavers(?:,? and review of the effectiveness of the (?:local )?safeguarding children'?s? board)?)",
        SIF,
        "SIF",
    ),
    (rf"(?i:(?:\w+ )?monitoring visit (?:to|of|in)) {_PLACE}{_SERVICES}", "Monitoring visit", None),
    (rf"(?i:(?:ILACS )?focused visit (?:to|of|in)) {_PLACE}{_SERVICES}", "Focused visit", None),
    (r"(?i:inspection of safeguarding and (?:looked after children'?s?|services for looked after children)'?"
     r"(?: services)?)", "Inspection of safeguarding and looked after children services", None),
    (r"(?i:inspection of (?:services for )?looked after children'?s?'?(?: services)?)",
     "Inspection of looked after children services", None),
    (r"(?i:inspection of (?:the )?local authority arrangements for the protection of children)",
     "Inspection of local authority arrangements for the protection of children", None),
    (r"(?i:inspection of (?:local authority children's services|children's social care services))", ILACS, "ILACS"),
    (rf"(?i:inspection of) {_PLACE}{_SERVICES}", ILACS, "ILACS"),
)  # fmt: skip
# Titles that end with the place, so that only the layout tells where.
_OPEN = _titles(
    (rf"(?i:(?:annual )?unannounced inspection of contact, referral and assessment arrangements)"
     rf"(?:(?i: within| in| of) {_PLACE}{_END})?", CONTACT, None),
    (rf"(?i:(?:\w+ )?monitoring visit)(?:(?i: to| of| in|:) {_PLACE}{_END})?", "Monitoring visit", None),
    (rf"(?i:(?:ILACS )?focused visit)(?:(?i: to| of| in|:) {_PLACE}{_END})?", "Focused visit", None),
    (r"(?i:joint targeted area inspection(?: \(JTAI\))?)\b.*", "Joint targeted area inspection", "JTAI"),
    (r"(?i:area SEND monitoring (?:inspection|visit))\b.*", "Area SEND monitoring inspection", "Area SEND"),
    (r"(?i:area SEND (?:full )?inspection)\b.*", "Area SEND inspection", "Area SEND"),
    (r"(?i:(?:joint )?(?:local )?area (?:SEND|special educational needs.*?) re-?visit)\b.*",
     "Local area SEND revisit", "Local area SEND"),
    (r"(?i:joint (?:local )?area (?:SEND|special educational needs.*?) inspection)\b.*",
     "Local area SEND inspection", "Local area SEND"),
    (r"(?i:local area (?:SEND|special educational needs.*?) inspection)\b.*",
     "Local area SEND inspection", "Local area SEND"),
)  # fmt: skip

_LABEL = re.compile(
    r"(?:inspection dates?|dates? of|report published|published|publication|lead inspectors?|reporting inspector|"
    r"age group|judgements?\b|contents\b|dear\b|this letter\b|between \d|previous inspection|reference|"
    r"executive summary|children.s services (?:in|require|are)|the overall judgement|inspection outcome|copy:|©)",
    re.IGNORECASE,
)
_BEFORE_PLACE = re.compile(r"(?:\b(?:in|of|to|for|within|at)|[:–])\s+(?=(?:the )?[A-Z])")
_OTHER_TITLE = re.compile(r"[A-Z].{0,120}?\b(?:inspection|visit|revisit|review)\b.{0,120}", re.IGNORECASE)
_COUNCIL = re.compile(r"\b(?:council|borough|county|city|authority|children.s services)\b", re.IGNORECASE)
_STRAIGHT = str.maketrans("’‘“”", "''\"\"")
_TITLE_LINES = 60
"""Lines of the first pages among which a title is looked for; a letterhead and an address take up to thirty."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of the first pages that belong together: same type, one below the other, or one paragraph."""

    text: str
    size: float
    """Size of the type in points; 0 where the format does not know it."""
    heading: bool
    first: int
    """Index of its first line."""


@dataclass(frozen=True, slots=True)
class Title:
    """The title of a report. `place` is as printed; `first` is the index of the title's first line."""

    text: str
    place: str | None
    inspection_type: str | None
    framework: str | None
    first: int


def find_title(front: Sequence[Line]) -> Title | None:
    """The title on the first pages; None where nothing there reads like one.

    Where several lines do, such as a running head and the title, the largest type decides, then the first.
    """
    blocks = list(_blocks(front[:_TITLE_LINES]))
    titles = [(index, title) for index in range(len(blocks)) if (title := _known_title(blocks, index))]
    if not titles:
        titles = [(index, title) for index in range(len(blocks)) if (title := _other_title(blocks[index]))]
    if not titles:
        return None
    index, title = max(titles, key=lambda item: (blocks[item[0]].size, blocks[item[0]].heading, -item[0]))
    if title.place:
        return title
    name = _name_beside(blocks, index)
    text = f"{name}: {title.text}" if name else title.text
    return Title(text, name, title.inspection_type, title.framework, title.first)


# ---------------------------------------------------------------------------------------------- the words of a title


def _known_title(blocks: Sequence[Block], index: int) -> Title | None:
    """The title of one of the programmes, if it starts with this block."""
    block = blocks[index]
    ahead = joined([block.text, *(later.text for later in _run(blocks[index + 1 :]))])
    for programme in _CLOSED:
        if match := programme.title.match(_straight(ahead)):
            return _title(ahead, match, programme, block.first)
    for programme in _OPEN:
        if match := programme.title.match(_straight(block.text)):
            return _title(block.text, match, programme, block.first)
    return None


def _run(blocks: Sequence[Block]) -> Iterator[Block]:
    """The next few blocks that a title may go on in: up to the first label, date or paragraph."""
    for block in blocks[:4]:
        if _LABEL.match(block.text) or len(block.text) > 120:
            return
        yield block


def _title(text: str, match: re.Match[str], programme: Programme, first: int) -> Title | None:
    printed = text[: match.end()].strip(" .:,")
    if "place" in programme.title.groupindex:
        place = text[slice(*match.span("place"))] if match["place"] else None
    else:
        cut = _place_at_end(printed) if programme in _OPEN else None
        place = printed[cut.end() :] if cut else None
    if len(printed) > 250 or (place is None and programme in _OPEN and len(text) > 150):
        return None  # a sentence that begins with the words of a title
    return Title(re.sub(r"\bAnd\b", "and", printed), place, programme.inspection_type, programme.framework, first)


def _other_title(block: Block) -> Title | None:
    """A title of no programme known here: a short line that says inspection, visit or review of a place."""
    match = _OTHER_TITLE.fullmatch(block.text.strip(" ."))
    if not match or len(block.text) > 160 or _LABEL.match(block.text) or block.text.rstrip().endswith((",", ";")):
        return None
    title = match[0]
    cut = _place_at_end(title)
    if not cut:
        return None
    kind = _straight(re.sub(r"^(?:an?|the)\s+", "", title[: cut.start()].strip(), flags=re.IGNORECASE))
    return Title(title, title[cut.end() :], f"{kind[:1].upper()}{kind[1:]}", None, block.first)


def _place_at_end(title: str) -> re.Match[str] | None:
    """Where the place at the end of a title begins: "in the Isle of Wight" is one place and not "Wight"."""
    cuts = list(_BEFORE_PLACE.finditer(title))
    return next((cut for cut in cuts if known_name(title[cut.end() :])), cuts[-1] if cuts else None)


def _name_beside(blocks: Sequence[Block], index: int) -> str | None:
    """The name of the council on the line above a title that names none, or else below it."""
    above = next((block for block in reversed(blocks[:index]) if not block.text.isdigit()), None)
    below = next((block for block in blocks[index + 1 :][:1]), None)
    for block in (above, below):
        if block and len(block.text) <= 90 and not _LABEL.match(block.text) and "@" not in block.text:
            known = known_name(block.text) is not None
            if known or _COUNCIL.search(block.text) or (block is above and block.size > blocks[index].size > 0):
                return block.text.strip(" .:,")
    return None


# ---------------------------------------------------------------------------------------------- lines to blocks


def joined(texts: Sequence[str]) -> str:
    """Lines as one text: a hyphen at the end of a line stays, as place names have theirs there ("Stockton-on-")."""
    return re.sub(r"(?<=\ufffe) |(?<=\w-) ", "", " ".join(" ".join(texts).split())).replace("\ufffe", "-")


def _blocks(front: Sequence[Line]) -> Iterator[Block]:
    group: list[Line] = []
    start = 0
    for index, line in enumerate(front):
        if group and not _together(group[-1], line):
            yield _block(group, start)
            group = []
        if not group:
            start = index
        group.append(line)
    if group:
        yield _block(group, start)


def _together(line: Line, following: Line) -> bool:
    if _LABEL.match(following.text) or _LABEL.match(line.text) or line.text.isdigit():
        return False
    if line.block is not None or following.block is not None:
        return line.block == following.block
    if line.size is None or following.size is None or line.bottom is None or following.top is None:
        return False
    same_type = abs(line.size - following.size) < 0.6 and line.bold == following.bold
    return same_type and -0.5 * line.size < following.top - line.bottom < 0.9 * line.size


def _block(lines: Sequence[Line], first: int) -> Block:
    text = joined([line.text for line in lines])
    text = re.sub(r"(?<=[a-z])\d{1,2}$", "", text)  # a footnote marker not set as one: "Board1"
    return Block(text, lines[0].size or 0.0, any(line.heading for line in lines), first)


def _straight(text: str) -> str:
    """The text with straight quotation marks, of the same length."""
    return text.translate(_STRAIGHT)
