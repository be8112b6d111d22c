"""Blocks to the cleaned text of a document: line ends mended, spaces folded, nothing else changed.

The cleaned text is the one text that spans refer to: each block of the document in order, a blank line between.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.blocks import Block, BlockKind, build_blocks
from indexer.furniture import Placed, running_text
from indexer.models import Line, SourceDocument, Span

LINE_HYPHEN = "\ufffe"
_WORD = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*")
_HARD_HYPHENS = re.compile("[\u2010\u2011]")
_SPACES = re.compile(r"\s+")
_SEPARATOR = "\n\n"
_FRAGMENT = " "


@dataclass(frozen=True, slots=True)
class CleanBlock:
    """One block with its text, its span in the document's cleaned text, and the lines it is made of."""

    kind: BlockKind
    text: str
    span: Span
    marker: str
    level: int
    placed: tuple[Placed, ...]

    @property
    def line(self) -> Line:
        """The first line, for what its format knows of it."""
        return self.placed[0].line

    @property
    def page_start(self) -> int:
        """The page of the first line."""
        return self.placed[0].page

    @property
    def page_end(self) -> int:
        """The page of the last line."""
        return self.placed[-1].page


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """A document's running text and its blocks. `paged` is False where pages carry no numbers a reader could use."""

    source: SourceDocument
    text: str
    blocks: tuple[CleanBlock, ...]
    paged: bool


def clean(document: SourceDocument) -> CleanDocument:
    """The running text of a document, furniture removed, in blocks.

    Numbers and bullets stand in the text as printed, before the span of their block. A list of fragments stays on the
    line of its lead-in, so that both can be quoted as the one statement they are.
    """
    placed, style = running_text(document)
    words = vocabulary(document)
    text = ""
    cleaned: list[CleanBlock] = []
    for block in build_blocks(placed, style):
        words_of_block = block_text(block, words)
        if not words_of_block:
            continue
        if cleaned:
            text += _FRAGMENT if _is_fragment(block, words_of_block, cleaned) else _SEPARATOR
        text += _printed_marker(block)
        start = len(text)
        text += words_of_block
        cleaned.append(
            CleanBlock(
                kind=block.kind,
                text=words_of_block,
                span=(start, len(text)),
                marker=block.marker,
                level=block.level,
                placed=tuple(block.placed),
            )
        )
    return CleanDocument(document, text, tuple(cleaned), document.paged)


def _printed_marker(block: Block) -> str:
    if block.kind is BlockKind.NUMBER:
        return f"{block.marker}. "
    return f"{block.marker or '•'} " if block.kind is BlockKind.ITEM else ""


def _is_fragment(block: Block, text: str, before: Sequence[CleanBlock]) -> bool:
    """Whether an item goes on with a lead-in that ends in a colon: in lower case, or nested deeper than an item."""
    if block.kind is not BlockKind.ITEM:
        return False
    for earlier in reversed(before):
        if earlier.text.endswith(":") and earlier.kind is not BlockKind.HEADING:
            return text[0].islower() or (earlier.kind is BlockKind.ITEM and block.level > earlier.level)
        if earlier.kind is not BlockKind.ITEM:
            return False
    return False


def vocabulary(document: SourceDocument) -> Counter[str]:
    """How often each word stands whole inside a line of the document, hyphens and case folded."""
    words: Counter[str] = Counter()
    for page in document.pages:
        for line in page.lines:
            words.update(word.casefold() for word in _WORD.findall(line.text.rstrip(LINE_HYPHEN)))
    return words


def block_text(block: Block, words: Counter[str]) -> str:
    """A block's words without its marker, as one line."""
    lines = [placed.line.text for placed in block.placed]
    lines[0] = lines[0][block.skip :]
    return join_lines(lines, words)


def join_lines(lines: Sequence[str], words: Counter[str]) -> str:
    """Lines as running text: hyphens at line ends mended, white space folded.

    A hyphen at a line end is dropped only where the document itself writes the word without one elsewhere and never
    with one: the reports' own hyphens ("well-coordinated", "16- and 17-year-olds") outnumber the typesetter's.
    """
    text = ""
    for line in lines:
        line = _SPACES.sub(" ", _HARD_HYPHENS.sub("-", line.replace("\u00ad", ""))).strip()
        if text.endswith(LINE_HYPHEN):
            text = text[:-1] + _hyphen(text[:-1], line, words) + line
        elif text.endswith("-") and not text.endswith(" -") and line[:1].isalnum():
            text += line if not re.match(r"(?:and|or|to)\b", line) else f" {line}"
        else:
            text = f"{text} {line}" if text and line else text + line
    # A line hyphen inside a line, or at a block's end, is an ordinary one.
    return text.replace(LINE_HYPHEN, "-").strip()


def _hyphen(before: str, after: str, words: Counter[str]) -> str:
    head, tail = re.search(r"[^\W_]+$", before), re.match(r"[^\W_]+", after)
    if not head or not tail:
        return "-"
    joined, hyphened = (head[0] + tail[0]).casefold(), f"{head[0]}-{tail[0]}".casefold()
    prefix = re.search(r"(?:[^\W_]+-)+$", before[: head.start()])
    if prefix:  # the word has a hyphen already ("up-to-"): this is one more of its own
        return "-"
    return "" if words[joined] and not words[hyphened] else "-"
