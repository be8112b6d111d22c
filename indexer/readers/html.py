"""Web pages: the report on the page, without the site around it.

Nothing on a page is trusted or fetched: it is parsed as HTML, in which no entity can be declared, and walked with a
stack of its own, so that no depth of nesting ends the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString, PreformattedString

from indexer.errors import ReadError
from indexer.models import Line, Page, SourceDocument
from indexer.readers.lines import LONGEST_CELL, Words, document, has_marker, one_line, row, tidy
from indexer.readers.sniff import decode

# Left out wherever they stand: what steers the page, asks for input or is not shown, and struck-out words.
# fmt: off
_SKIPPED_TAGS = frozenset((
    "audio", "button", "canvas", "del", "dialog", "embed", "head", "iframe", "input", "label", "map", "menu", "nav",
    "noscript", "object", "option", "s", "script", "select", "strike", "style", "svg", "template", "textarea", "video",
))
_SKIPPED_ROLES = frozenset((
    "navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menu", "menubar", "toolbar",
    "doc-backlink",
))
# fmt: on
_SITE_TAGS = frozenset(("header", "footer", "aside"))
"""Parts of the site, unless they stand inside the article."""
# Whole class names with their prefixes and suffixes. Ids are asked less: those of headings are made from their words.
_SKIPPED_CLASS = re.compile(
    r"(?:\S*[-_])?(?:cookies?(?:[-_]\S*)?|breadcrumbs?|skip-?link|visually-?hidden|sr-only|nonvisual|screen-reader-text|"
    r"reversefootnote|footnote-back(?:ref|link)?|pagination|share-links?|contextual-sidebar|print-link|no-?print|"
    r"related-(?:links|navigation))(?:__\S*)?",
    re.IGNORECASE,
)
_SKIPPED_ID = re.compile(
    r"(?:global-)?cookie-?(?:banner|bar|message|notice|consent)|onetrust-\S+|breadcrumbs?", re.IGNORECASE
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_FOOTNOTES = re.compile(r"(?:^|\s)(?:foot|end)notes?(?:$|\s)", re.IGNORECASE)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset(("ul", "ol"))
# fmt: off
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html", "legend", "li", "main",
    "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", *_HEADINGS, *_LISTS,
))
# fmt: on
_BOLD = frozenset(("b", "strong", "th"))
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*>", re.IGNORECASE)
_WINDOWS = frozenset(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii", "windows-1252"))
_AS_PDF = "open it in a browser, save it as PDF and index that"
_NUMBER = re.compile(r"-?[0-9]{1,6}")


MOST_TAGS = 500_000
"""Tags of a page; guards memory, about a gigabyte at this count. A report of 100 pages has a tenth."""
DEEPEST = 1_000
"""Elements around a word; guards time, since some questions on an element climb out of it. Pages have some 30."""


def read_html(path: Path, source: str, sha256: str, data: bytes) -> SourceDocument:
    """Read the main content of a web page: headings, paragraphs, list items, table rows and footnotes.

    Raises:
        ReadError: if the page holds no words outside menus, forms and other furniture, or is larger than any report.
    """
    text = _XML_DECLARATION.sub("", _decoded(data), count=1)
    if text.count("<") > MOST_TAGS:
        raise ReadError(f"it has more than {MOST_TAGS:,} tags, as no report has; {_AS_PDF}")
    soup = BeautifulSoup(text, "lxml")
    content = _main(soup)
    lines = list(_Walk().lines(content))
    if not any(line.heading == 1 for line in lines):
        lines = [*_title(soup), *lines]
    return document(source, sha256, "html", [Page(1, tuple(lines))], False, f"a script may fill it in; {_AS_PDF}")


def _decoded(data: bytes) -> str:
    """The page's characters: by its byte order mark, UTF-8 where they are that, else as the page says.

    Pages that say they are Latin-1 are Windows text, as browsers read them (encoding.spec.whatwg.org).
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    if declared and declared.lower() not in _WINDOWS and not declared.lower().startswith(("utf-8", "utf-16")):
        try:
            return data.decode(declared)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


# ---------------------------------------------------------------------------------------------- what is content


def _main(soup: BeautifulSoup) -> Tag:
    """The element that holds the report: <main>, or the only <article>, else the body."""
    mains = soup.find_all("main", limit=5) or soup.find_all(True, attrs={"role": "main"}, limit=5)
    articles = soup.find_all("article", limit=2)
    for tag in [*mains, *(articles if len(articles) == 1 else [])]:
        if tag.get_text(strip=True):
            return tag
    return soup.body or soup


def _title(soup: BeautifulSoup) -> Iterator[Line]:
    """The page's first heading of level 1, where it stands in the head of the site."""
    for heading in soup.find_all("h1", limit=5):
        if not any(_skipped(tag) for tag in (heading, *heading.parents) if tag.name != "header"):
            # Its own paragraph, before the first of the content.
            yield from (replace(line, block=-1) for line in _Walk().lines(heading))
            return


def _skipped(tag: Tag) -> bool:
    """Whether an element is furniture of the site, asks for input, or is not shown."""
    if tag.name in _SKIPPED_TAGS or tag.has_attr("hidden") or _attribute(tag, "aria-hidden") == "true":
        return True
    if _attribute(tag, "role") in _SKIPPED_ROLES or _HIDDEN_STYLE.search(_attribute(tag, "style")):
        return True
    if tag.name not in ("html", "body", "main", "article") and any(
        _SKIPPED_CLASS.fullmatch(name) for name in _attribute(tag, "class").split()
    ):
        return True
    if tag.name not in _HEADINGS and _SKIPPED_ID.fullmatch(_attribute(tag, "id")):
        return True
    if tag.name == "form":
        # Some servers wrap the whole page in one form.
        return tag.find(["h1", "main", "article"]) is None
    return tag.name in _SITE_TAGS and not any(parent.name in ("main", "article") for parent in tag.parents)


def _attribute(tag: Tag, name: str) -> str:
    """An attribute's value as text, "" where it is not set."""
    value = tag.get(name)
    return " ".join(value) if isinstance(value, list) else (value or "")


def _is_data_table(table: Tag) -> bool:
    """Whether a table has rows of short cells; others only lay out prose."""
    if _attribute(table, "role") in ("presentation", "none"):
        return False
    if table.find(["table", "ul", "ol", *_HEADINGS]) is not None:
        return False
    rows = [tr.find_all(["td", "th"]) for tr in table.find_all("tr")]
    if max(map(len, rows), default=0) < 2:
        return False
    return all(len(tidy(cell.get_text())) <= LONGEST_CELL for cells in rows for cell in cells)


# ---------------------------------------------------------------------------------------------- the walk


@dataclass(slots=True)
class _List:
    """An open list: whether its items are numbered, and the number of the next."""

    numbered: bool
    next: int = 1


@dataclass(slots=True)
class _Walk:
    """Walks the elements of a page in order and gathers lines."""

    gathered: list[Line] = field(default_factory=list)
    words: Words = field(default_factory=Words)
    block: int = 0
    bold: int = 0
    preformatted: int = 0
    heading: int | None = None
    lists: list[_List] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    """The markers of the open items; "" once the item's first line has taken it."""
    footnotes: list[Tag] = field(default_factory=list)
    note: str = ""
    """The marker of the footnote whose body is being read."""

    def lines(self, content: Tag) -> list[Line]:
        """The lines of an element."""
        stack: list[tuple[Tag, Iterator[object]]] = []
        if self._enter(content):
            stack.append((content, iter(content.children)))
        while stack:
            tag, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                self._leave(tag)
            elif isinstance(child, Tag):
                if len(stack) > DEEPEST:
                    raise ReadError(f"its elements are nested more than {DEEPEST:,} deep; {_AS_PDF}")
                if self._enter(child):
                    stack.append((child, iter(child.children)))
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                self._text(str(child))
        self._end_block()
        return self.gathered

    def _text(self, text: str) -> None:
        rows = text.split("\n") if self.preformatted else [text]
        for index, part in enumerate(rows):
            if index:
                self._end_line()
            self.words.add(part, self.bold > 0)

    def _enter(self, tag: Tag) -> bool:
        """Begin an element; False where what is in it has been dealt with or is left out."""
        if _skipped(tag):
            return False
        name = tag.name
        if name == "br":
            self._end_line()
            return False
        if name == "sup":
            self.words.superscript(tag.get_text(), self.bold > 0)
            return False
        if name == "table" and _is_data_table(tag):
            self._table(tag)
            return False
        if name in _BLOCKS:
            self._end_block()
        self._open(tag)
        return True

    def _open(self, tag: Tag) -> None:
        """Note what an element says of the words in it."""
        name = tag.name
        self.bold += _is_bold(tag)
        self.preformatted += name == "pre"
        self.heading = _HEADINGS.get(name, self.heading)
        if _is_footnotes(tag):
            self.footnotes.append(tag)
        if name in _LISTS:
            start = _attribute(tag, "start")
            self.lists.append(_List(name == "ol", int(start) if _NUMBER.fullmatch(start) else 1))
        elif name == "li":
            self._open_item(tag)

    def _open_item(self, tag: Tag) -> None:
        """Begin a list item: its marker is the bullet or number that a browser would print."""
        if not self.lists or not self.lists[-1].numbered:
            self.items.append("•")
            return
        value = _attribute(tag, "value")
        number = int(value) if _NUMBER.fullmatch(value) else self.lists[-1].next
        self.lists[-1].next = number + 1
        self.items.append(f"{number}.")
        if self.footnotes:
            self.note = str(number)

    def _leave(self, tag: Tag) -> None:
        """End an element."""
        name = tag.name
        if name in _BLOCKS:
            self._end_block()
        self.bold -= _is_bold(tag)
        self.preformatted -= name == "pre"
        if name in _HEADINGS:
            self.heading = None
        if name in _LISTS:
            self.lists.pop()
        elif name == "li":
            self.items.pop()
        if self.footnotes and tag is self.footnotes[-1]:
            self.footnotes.pop()
            self.note = ""

    def _end_line(self) -> None:
        """End the line, within its paragraph."""
        line = self.words.line()
        self.words = Words()
        if line is None:
            return
        if self.footnotes:
            line = replace(line, footnote=True, notes=line.notes or ((self.note,) if self.note else ()))
        elif self.items and self.heading is None:
            marker, self.items[-1] = self.items[-1], ""
            text = f"{marker} {line.text}" if marker and not has_marker(line.text) else line.text
            goes_on = bool(self.gathered) and self.gathered[-1].block == self.block
            line = replace(line, text=text, item=None if goes_on else max(len(self.lists) - 1, 0))
        elif has_marker(line.text):
            self.block += 1  # a list typed with line breaks: each point is a paragraph
        self.gathered.append(replace(line, heading=self.heading, block=self.block))

    def _end_block(self) -> None:
        """End the paragraph, if one is open."""
        self._end_line()
        if self.gathered and self.gathered[-1].block == self.block:
            self.block += 1

    def _table(self, table: Tag) -> None:
        """Take a table of data as its caption and one line for each row."""
        self._end_block()
        caption = table.find("caption")
        if caption is not None:
            self._take(_cell(caption))
        for tr in table.find_all("tr"):
            if _skipped(tr) or (tr.parent is not None and tr.parent is not table and _skipped(tr.parent)):
                continue
            cells = [_cell(cell) for cell in tr.find_all(["td", "th"]) if not _skipped(cell)]
            self._take(row(cells, self.block))

    def _take(self, line: Line | None) -> None:
        """Take a line as a paragraph of its own."""
        if line is not None:
            self.gathered.append(replace(line, block=self.block))
            self.block += 1


def _cell(cell: Tag) -> Line | None:
    """The words of a table cell as one line."""
    return one_line(_Walk().lines(cell))


def _is_bold(tag: Tag) -> bool:
    """Whether an element sets its words bold."""
    return tag.name in _BOLD or bool(_BOLD_STYLE.search(_attribute(tag, "style")))


def _is_footnotes(tag: Tag) -> bool:
    """Whether an element holds footnotes' bodies."""
    return _attribute(tag, "role") in ("doc-endnotes", "doc-endnote", "doc-footnote") or (
        tag.name in ("div", "section", "ol", "ul", "li", "p", "aside")
        and _FOOTNOTES.search(_attribute(tag, "class")) is not None
    )
