"""Plain text, above all text converted from PDF, with the marks that leaves.

Converters leave Markdown ("## **Bury**"), HTML tags in the midst of text ("<ul> ▪ one ▪ two"), entities, table rows
with tabs or bars, and page breaks as form feeds or as runs of blank lines, often inside a sentence. Most give each
paragraph one line; others break lines at a width. Which it is shows in the document as a whole and is measured, not
asked of each line (`wrapping`).

A line of the result is one line of the file, except where one line holds several bullets or `<br>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median

from markdown_it import MarkdownIt
from markdown_it.token import Token

from indexer.models import Line, Page, SourceDocument
from indexer.readers.lines import BULLET_CHARACTERS, SYMBOL_FONTS, Words, document, is_marker, row
from indexer.readers.rows import (
    BAR_ROW,
    BULLET,
    ENDS_SENTENCE,
    FOOTNOTE_DEFINITION,
    HEADING,
    NUMBER,
    RULE,
    STRONG_BULLET,
    Wrapping,
    opens,
    runs_on,
    stands_alone,
    wrapping,
)
from indexer.readers.sniff import decode

BLANK_LINES_OF_A_PAGE_BREAK = 3

WORDS_OF_A_POINT = 4
"""Words on average in the parts of a row between bullets where they are points; parts of an address have fewer."""

WORDS_OF_A_PARAGRAPH = 8
"""Words behind a bare number and a tab from which on they are a numbered paragraph and not the cells of a table."""

PARTINGS = 5
"""Runs of blank rows from which on they show how a document parts its paragraphs."""

_LINE_END = re.compile(r"\r{0,2}\n|\r|\x0b|\x85|\u2028|\u2029")
_MARKDOWN = re.compile(
    r"^ {0,3}#{1,6} +\S|\*\*[^\s*](?:[^*\n]{0,300}[^\s*])?\*\*|^ *\|[^\n]*\|[ \t]*\n *\|? *:?-{3}", re.MULTILINE
)
_RAISED = re.compile(r"(?:(?<=[a-z]{3})|(?<=[.,;:)’'\"])|^)[⁰¹²³⁴-⁹]+")
_RAISED_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

_INLINE_TAGS = "a|abbr|b|big|center|cite|code|em|font|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|tt|u|var|wbr|img"
# An escaped bracket whose tag goes on unescaped, "&lt;sup>2</sup>", is one a converter escaped by mistake; it may
# even have raised the ampersand, taking it for the footnote's marker.
_HALF_ESCAPED = re.compile(rf"(?:<sup>&</sup>|&)lt;(?=/?(?:{_INLINE_TAGS})\b[^<>&]*>)", re.IGNORECASE)
_STRUCTURE = (
    (re.compile(r"</t[dh]>\s*<t[dh]\b[^<>]*>", re.IGNORECASE), "\t"),
    (re.compile(r"<li\b[^<>]*>", re.IGNORECASE), "\n• "),
    (re.compile(r"</?(?:ul|ol|li|p|div|table|thead|tbody|tr|td|th|h[1-6]|hr)\b[^<>]*>", re.IGNORECASE), "\n"),
)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(rf"<(/?)({_INLINE_TAGS})\b|<!--", re.IGNORECASE)


def read_text(path: Path, source: str, sha256: str, data: bytes) -> SourceDocument:
    """Read text as in the five documents this product began with, and of other converters.

    Pages are real (`paged`) where form feeds mark them. Runs of blank lines are page breaks too, but where the pages
    between lie, and so their numbers, nobody can tell.

    Raises:
        ReadError: if the bytes are not text or hold no words.
    """
    text = _LINE_END.sub("\n", decode(data)).translate(SYMBOL_FONTS)
    paged = "\f" in text.strip("\f\n ")
    pages = [page.split("\n") for page in text.split("\f")] if paged else _pages(text.replace("\f", "\n").split("\n"))
    if paged and not any(map(str.strip, pages[-1])):
        pages.pop()
    markdown = _MARKDOWN.search(text) is not None
    rows = [_mended(page, markdown) for page in pages]
    reader = _Reader(_inline(markdown), markdown, wrapping(rows))
    read = [Page(number, tuple(reader.lines(page))) for number, page in enumerate(rows, start=1)]
    return document(source, sha256, "text", read, paged, "fetch the document again")


# ---------------------------------------------------------------------------------------------- pages and lines


def _pages(rows: list[str]) -> list[list[str]]:
    """Cut rows at runs of blank ones, three or more, or two more than the document usually sets between paragraphs."""
    runs: list[tuple[int, int]] = []  # first row of each run of blank rows, and its length
    for index, text in enumerate(rows):
        if text.strip():
            continue
        if runs and sum(runs[-1]) == index:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((index, 1))
    between = [length for start, length in runs if start > 0 and start + length < len(rows)]
    usual = median(between) if len(between) >= PARTINGS else 1
    least = max(BLANK_LINES_OF_A_PAGE_BREAK, usual + 2)
    cuts = [0, *(start for start, length in runs if length >= least), len(rows)]
    pages = [rows[start:end] for start, end in pairwise(cuts)]
    return [page for page in pages if any(map(str.strip, page))]


def _mended(rows: list[str], markdown: bool) -> list[str]:
    """Rows with structural tags turned into line breaks and bullets, and each bullet on a row of its own."""
    result: list[str] = []
    for text in rows:
        if "<" in text or "&" in text:
            text = _HALF_ESCAPED.sub("<", text)
            for pattern, replacement in _STRUCTURE:
                text = pattern.sub(replacement, text)
            text = _BREAK.sub(" " if "\t" in text or (markdown and BAR_ROW.match(text)) else "\n", text)
        parts = [part for part in text.split("\n") if part.strip()] if "\n" in text else [text]
        result.extend(bullet for part in parts for bullet in _bullets(part))
    return _with_markers_joined(result)


def _bullets(text: str) -> list[str]:
    """A row cut before each of its bullets, where it holds several; words before the first are a row too.

    "Freshford House • Redcliffe Way • Bristol" is no list: a row that does not open with the bullet is cut only after
    a lead-in ("including:") or where the parts are as long as points are.
    """
    start = STRONG_BULLET.match(text)
    found = start[0].strip() if start else next((c for c in text if c in BULLET_CHARACTERS), "")
    if not found:
        return [text]
    parts = [part for part in re.split(rf"(?:^|(?<=\s)){re.escape(found)}(?=\s|$)", text) if part.strip()]
    if start is None:
        lead, points = parts[0], parts[1:]
        introduced = bool(points) and lead.rstrip().endswith((":", ".", ";"))
        if not introduced and (len(points) < 2 or _mean_words(points) < WORDS_OF_A_POINT):
            return [text]
        return [lead, *(f"{found} {point.strip()}" for point in points)]
    indent = text[: len(text) - len(text.lstrip())]
    return [f"{indent}{found} {part.strip()}" for part in parts] or [text]


def _mean_words(parts: Sequence[str]) -> float:
    """Words in a part on average."""
    return sum(len(part.split()) for part in parts) / len(parts)


def _with_markers_joined(rows: list[str]) -> list[str]:
    """Rows with a bullet or number that stands alone put before the words that follow it."""
    result: list[str] = []
    waiting = ""
    for text in rows:
        if not waiting and (STRONG_BULLET.fullmatch(text) or (NUMBER.fullmatch(text) and not text[:1].isspace())):
            waiting = text.rstrip()
        elif waiting and not text.strip():
            continue
        else:
            joined = f"{waiting} {text.strip()}" if waiting and not opens(text) else text
            result.extend([waiting] if waiting and joined is text else [])
            result.append(joined)
            waiting = ""
    return [*result, waiting] if waiting else result


# ---------------------------------------------------------------------------------------------- words of a line


@cache
def _inline(markdown: bool) -> MarkdownIt:
    """The parser for the marks inside a line: tags and entities in any text, Markdown in Markdown."""
    if markdown:
        return MarkdownIt("commonmark", {"html": True}).disable(["autolink", "newline"])
    return MarkdownIt("zero", {"html": True}).enable(["html_inline", "entity"])


@dataclass(slots=True)
class _Inline:
    """Gathers the words of one row from the tokens of the inline parser."""

    words: Words = field(default_factory=Words)
    bold: int = 0
    raised: list[str] | None = None

    def take(self, token: Token) -> None:
        """Take the next token: words, the start or end of bold or raised ones, or a mark without words."""
        if token.type in ("text", "code_inline", "text_special"):
            self._text(token.content)
        elif token.type == "strong_open":
            self.bold += 1
        elif token.type == "strong_close":
            self.bold -= 1
        elif token.type == "html_inline":
            self._tag(token.content)

    def end(self) -> Words:
        """The words gathered; a raised part left open ends here."""
        self._raise(None)
        return self.words

    def _text(self, text: str) -> None:
        if self.raised is not None:
            self.raised.append(text)
            return
        position = 0
        for match in _RAISED.finditer(text):
            if match.start() == 0 and self.words.total:
                continue
            self.words.add(text[position : match.start()], self.bold > 0)
            self.words.superscript(match[0].translate(_RAISED_DIGITS), self.bold > 0)
            position = match.end()
        self.words.add(text[position:], self.bold > 0)

    def _tag(self, tag: str) -> None:
        known = _TAG.match(tag)
        if known is None:
            self._text(tag)
        elif known[2] and known[2].lower() == "sup":
            self._raise(None if known[1] else [])
        elif known[2] and known[2].lower() in ("b", "strong"):
            self.bold = max(0, self.bold + (-1 if known[1] else 1))

    def _raise(self, state: list[str] | None) -> None:
        if self.raised is not None:
            self.words.superscript("".join(self.raised), self.bold > 0)
        self.raised = state


# ---------------------------------------------------------------------------------------------- blocks and lists


@dataclass(slots=True)
class _Reader:
    """Turns the rows of one page after another into lines, counting paragraphs through the document."""

    inline: MarkdownIt
    markdown: bool
    wrapped: Wrapping | None
    block: int = -1
    lists: list[tuple[int, str]] = field(default_factory=list)
    """The open lists, outermost first: indent and marker of their items."""
    last: Line | None = None
    number: int = 0
    """The number of the last numbered paragraph."""

    def lines(self, rows: Sequence[str]) -> Iterator[Line]:
        """The lines of a page. A new page always opens a new paragraph; joining the halves is not a reader's work."""
        above = ""
        for text in rows:
            if not text.strip() or RULE.match(text):
                above = ""
                continue
            joined = bool(above) and self._continues(above, text)
            line = self._line(text, joined)
            above = text
            if line is None:
                continue
            if not joined:
                self.block += 1
                number = NUMBER.match(line.text)
                self.number = int(number[1][:-1]) if number and number[1][:-1].isdecimal() else self.number
            self.last = replace(line, block=self.block)
            yield self.last

    def _continues(self, above: str, text: str) -> bool:
        """Whether a row is more of the paragraph in the row above it."""
        if self.wrapped is None or stands_alone(above) or stands_alone(text) or STRONG_BULLET.match(text):
            return False
        if self.last is not None and self.last.bold and not self.lists and not text.lstrip().startswith("**"):
            return False
        full = self.wrapped.full(above, text)
        if not opens(text):
            return full or runs_on(above, text)
        # A dash or "21." that the width happened to bring to the start of a row, in the midst of a sentence.
        number, bullet = NUMBER.match(text), BULLET.match(text)
        next_in_list = (number and number[1] == f"{self.number + 1}.") or (
            bullet and any(bullet[2] == marker for _, marker in self.lists)
        )
        return full and not above.rstrip().endswith(ENDS_SENTENCE) and not next_in_list

    def _line(self, text: str, joined: bool) -> Line | None:
        """One row as a line, its block not yet set."""
        if joined:
            line = self._words(text).line()
            return line and replace(line, footnote=bool(self.last and self.last.footnote))
        heading = HEADING.match(text) if self.markdown else None
        if heading and not STRONG_BULLET.match(heading[2]):
            self.lists.clear()
            line = self._words(heading[2].rstrip("# ")).line()
            return line and replace(line, heading=len(heading[1]))
        text = heading[2] if heading else text
        cells = self._cells(text)
        if cells:
            return row([self._words(cell).line() for cell in cells], self.block)
        definition = FOOTNOTE_DEFINITION.match(text)
        if definition:
            line = self._words(definition[2]).line()
            return line and replace(line, notes=(definition[1],), footnote=True)
        return self._item(text) or self._paragraph(text)

    def _cells(self, text: str) -> list[str]:
        """The cells of a table row; none where a tab only sets a list marker off from its point."""
        bars = BAR_ROW.match(text) if self.markdown else None
        if bars:
            return re.split(r"(?<!\\)\|", bars[1])
        if "\t" not in text.strip(" "):
            return []
        cells = text.strip(" ").split("\t")
        filled = [cell.strip() for cell in cells if cell.strip()]
        if len(filled) == 2:
            numbered = filled[0].isdecimal() and len(filled[1].split()) >= WORDS_OF_A_PARAGRAPH
            return [] if is_marker(filled[0]) or numbered else cells
        return cells if filled[1:] or text.endswith("\t") else []

    def _item(self, text: str) -> Line | None:
        """A list item as a line that keeps the marker printed: the number in "- 12. The ...", else the bullet."""
        match = BULLET.match(text)
        if match is None or not match[3]:
            return None
        level = self._level(len(match[1].expandtabs()), match[2])
        marker = "◦" if match[2] == "o" else match[2]
        numbered = NUMBER.match(match[3]) if self.markdown and marker in "-*" else None
        line = self._words(match[3]).line("" if numbered else marker)
        return line and replace(line, item=level)

    def _paragraph(self, text: str) -> Line | None:
        """Any other row as a line. It ends the open lists, unless it is indented as more of their last point."""
        line = self._words(text.removeprefix("> ") if self.markdown else text).line()
        if line is None:
            return None
        if len(text) - len(text.lstrip()) <= (self.lists[0][0] if self.lists else 0):
            self.lists.clear()
        return line

    def _level(self, indent: int, marker: str) -> int:
        """How deep a list item is nested: by its indent, or by another bullet under a point that ends in a colon."""
        while self.lists and self.lists[-1][0] > indent + 1:
            self.lists.pop()
        same = [
            place for place, (column, used) in enumerate(self.lists) if used == marker and abs(column - indent) <= 1
        ]
        deeper = not self.lists or indent > self.lists[-1][0] + 1
        opened = self.last is not None and self.last.text.endswith(":")
        if deeper or (not same and opened):
            self.lists.append((indent, marker))
        elif same:
            del self.lists[same[-1] + 1 :]
        else:
            self.lists[-1] = (indent, marker)
        return len(self.lists) - 1

    def _words(self, text: str) -> Words:
        """The words of a row without its tags and Markdown marks."""
        inline = _Inline()
        for token in self.inline.parseInline(text.strip())[0].children or []:
            inline.take(token)
        words = inline.end()
        if self.markdown:
            # Emphasis that begins in one row and ends in another leaves its marks on both.
            words.pieces = [piece.replace("**", "") for piece in words.pieces]
        return words
