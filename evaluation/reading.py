"""How well documents are read: `python -m evaluation.reading FOLDER...` prints the figures below over all reports.

Each figure is measured against PDFium's own plain text of the file, or the text file itself, not against the readers:

- numbers: share of the numbered reports whose paragraph numbers come out complete, once each and in order;
- verbatim: share of findings whose words stand in the source in that order, nothing in between but page furniture;
- furniture: findings that hold a running head or foot, or a replacement character (U+FFFD, U+FFFE);
- lower, unended: share of narrative findings that start in lower case, or end without closing punctuation.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import pypdfium2

from indexer.document import read_document
from indexer.errors import ReadError
from indexer.models import Document, Kind

NUMBERED = 10
"""A report with at least this many numbered points is a numbered report."""
LONGEST_GAP = 160
"""Words of furniture that may stand inside a finding: a foot, footnotes and a head where it runs over a page end."""

_WORD = re.compile(r"[a-z0-9]+")
_CLOSED = re.compile(r"[.?!:;)][’”\"')\]]*$")
_NOTE = re.compile(r"(?<=[a-z])\d{1,2}$")


@dataclass
class Reading:
    """What was measured on one or more documents; counts, so that they add up."""

    documents: int = 0
    findings: int = 0
    narrative: int = 0
    numbered: int = 0
    wrong_numbers: list[str] = field(default_factory=list)
    not_verbatim: list[str] = field(default_factory=list)
    furniture: list[str] = field(default_factory=list)
    lower: list[str] = field(default_factory=list)
    unended: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def add(self, other: Reading) -> None:
        """Count another document in."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def measure(path: Path, source: str) -> Reading:
    """All figures for one file."""
    try:
        document = read_document(path, source)
    except ReadError as error:
        return Reading(unreadable=[f"{source}: {error}"])
    pages = plain_pages(path)
    reading = Reading(documents=1, findings=len(document.findings))
    numbers = [int(f.number) for f in document.findings if f.number and not f.bullet]
    if len(numbers) >= NUMBERED:
        reading.numbered = 1
        if fault := number_fault(numbers):
            reading.wrong_numbers.append(f"{source}: {fault}")
    reading.not_verbatim = [f"{source}: {text}" for text in not_verbatim(document, pages)]
    heads = running_lines(pages)
    for finding in document.findings:
        words = " ".join(finding.text.split())
        if "\ufffd" in words or "\ufffe" in words or any(head in words for head in heads):
            reading.furniture.append(f"{source}: {words[:80]}")
        if finding.kind is not Kind.FINDING:
            continue
        reading.narrative += 1
        if words[0].islower():
            reading.lower.append(f"{source}: {words[:80]}")
        if not _CLOSED.search(words):
            reading.unended.append(f"{source}: ...{words[-80:]}")
    return reading


def plain_pages(path: Path) -> list[str]:
    """The text of each page as PDFium gives it, or the whole of a text file."""
    data = path.read_bytes()
    if not data.startswith(b"%PDF"):
        return [re.sub(r"<[^>]+>", " ", data.decode("utf-8", "replace"))]
    document = pypdfium2.PdfDocument(data)
    return [page.get_textpage().get_text_range() for page in document]


def number_fault(numbers: Sequence[int]) -> str:
    """What is wrong with a report's paragraph numbers; "" where they count up by one. A report may hold two parts,
    each counted from 1."""
    last = 0
    for number in numbers:
        if number != last + 1 and not (number == 1 and last >= NUMBERED):
            return f"{number} follows {last}"
        last = number
    return ""


def not_verbatim(document: Document, pages: Sequence[str]) -> Iterable[str]:
    """Findings whose words do not stand in the source in that order."""
    source = [word for page in pages for word in _WORD.findall(page.replace("\ufffe", " ").lower())]
    places = defaultdict(list)
    for i, word in enumerate(source):
        for form in {word, _NOTE.sub("", word)}:
            places[form].append(i)
    letters = "".join(source)
    for finding in document.findings:
        words = _WORD.findall(finding.text.lower())
        if "".join(words) in letters:
            continue
        if not any(_runs_from(source, start, words) for start in places[words[0]]):
            yield finding.text[:100]


def _runs_from(source: Sequence[str], start: int, words: Sequence[str]) -> bool:
    """Whether words follow one another in the source from a place on; a word split by a hyphen may stand whole."""
    at = start
    for position, word in enumerate(words):
        for i in range(at, min(at + LONGEST_GAP, len(source))):
            here = source[i]
            if word in (here, _NOTE.sub("", here)):
                at = i + 1
                break
            if i + 1 < len(source) and here + source[i + 1] == word:
                at = i + 2
                break
        else:
            return False
        if position == 0 and at != start + 1:
            return False
    return True


def running_lines(pages: Sequence[str]) -> set[str]:
    """Lines that stand first or last on three pages or more, and nowhere else: running heads and feet."""
    edges: Counter[str] = Counter()
    inside: set[str] = set()
    for page in pages:
        lines = [" ".join(line.split()) for line in page.splitlines() if line.strip()]
        edges.update(set(lines[:1] + lines[-1:]))
        inside.update(lines[2:-2])
    return {line for line, count in edges.items() if count >= 3 and len(line) > 15} - inside


def files_in(folders: Iterable[Path]) -> Iterable[tuple[Path, str]]:
    """Every file of some folders with its path inside its folder."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path, path.relative_to(folder).as_posix()


def measure_all(folders: Sequence[Path]) -> Reading:
    """All figures over all files of some folders, on two processes."""
    total = Reading()
    # Spawned: a fork would copy the locks of threads that other libraries run here, and might wait for them for ever.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for reading in pool.map(measure, *zip(*files_in(folders), strict=True), chunksize=4):
            total.add(reading)
    return total


def report(reading: Reading) -> str:
    """The figures, then each fault on a line of its own."""

    def share(faults: list[str], of: int) -> str:
        return f"{len(faults)} of {of} ({len(faults) / max(1, of):.2%})"

    numbered = reading.numbered - len(reading.wrong_numbers)
    lines = [
        f"documents {reading.documents}, unreadable {len(reading.unreadable)}, findings {reading.findings}, "
        f"narrative {reading.narrative}",
        f"numbers complete, once each, in order: {numbered} of {reading.numbered} numbered reports "
        f"({numbered / max(1, reading.numbered):.2%})",
        f"not verbatim in the source: {share(reading.not_verbatim, reading.findings)}",
        f"with a running head or foot or a replacement character: {share(reading.furniture, reading.findings)}",
        f"narrative that starts in lower case: {share(reading.lower, reading.narrative)}",
        f"narrative that ends without closing punctuation: {share(reading.unended, reading.narrative)}",
    ]
    faults = ("unreadable", "wrong_numbers", "not_verbatim", "furniture", "lower", "unended")
    lines += [f"  {name}: {fault}" for name in faults for fault in getattr(reading, name)]
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    print(report(measure_all(parser.parse_args().folders)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
