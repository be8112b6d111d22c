"""How many quotations stand in their source files, and how many have their place on the page:
`python -m evaluation.placement --index DIR` reads every file of an index again and prints the figures below.

- verified: share of all findings whose words are read in their file again, at the place where they were;
- placed: share of the findings of PDFs whose place on the page is told, the characters inside its rectangles spelling
  its letters and digits in order. The others have no mark at all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.errors import FindingsError, ReadError
from indexer.generations import GENERATIONS, STORE, current_name
from indexer.models import Finding
from indexer.placement import Place
from indexer.store import Store
from indexer.verification import opened, stamp, standing


@dataclass
class Placement:
    """What was measured; counts, and each fault on a line."""

    files: int = 0
    findings: int = 0
    verified: int = 0
    in_pdfs: int = 0
    placed: int = 0
    over_pages: int = 0
    faults: list[str] = field(default_factory=list)

    def add_file(self, path: Path, source: str, sha256: str, findings: Sequence[Finding]) -> None:
        """Count the findings of one file."""
        self.files += 1
        self.findings += len(findings)
        try:
            found = opened(path, source, stamp(path))
        except ReadError as error:
            self.faults.append(f"{source}: {error}")
            return
        for finding in findings:
            checked = standing(found, sha256, finding.span, finding.text)
            same = checked.verified and checked.unchanged and checked.span == finding.span
            self.verified += same
            if not same:
                self.faults.append(f"{source}: not verified: {finding.text[:80]}")
            if found.pages is not None:
                self._add_place(source, finding, checked.places)

    def _add_place(self, source: str, finding: Finding, places: Sequence[Place]) -> None:
        self.in_pdfs += 1
        if places and (places[0].page, places[-1].page) == (finding.page_start, finding.page_end):
            self.placed += 1
            self.over_pages += len(places) > 1
        else:
            self.faults.append(f"{source}: not placed: {finding.text[:80]}")


def measure(index: Path) -> Placement:
    """Read every file of an index again.

    Raises:
        IndexUnavailable: there is no index.
    """
    measured = Placement()
    with Store(index / GENERATIONS / current_name(index) / STORE) as store:
        for row, document in store.summaries(store.document_rows()).items():
            stored = store.findings(store.finding_rows_of(row))
            findings = [each.finding for each in stored]
            measured.add_file(store.location(document.id), document.source, document.sha256, findings)
    return measured


def report(measured: Placement) -> str:
    """The figures, then each fault on a line of its own."""

    def share(count: int, of: int) -> str:
        return f"{count} of {of} ({count / max(1, of):.2%})"

    return "\n".join(
        [
            f"files {measured.files}",
            f"verified: {share(measured.verified, measured.findings)}",
            f"placed: {share(measured.placed, measured.in_pdfs)} in PDFs; {measured.over_pages} go over a page end",
            *(f"  {fault}" for fault in measured.faults),
        ]
    )


def main() -> int:
    """Measure and print; 1 where there is no index."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=Path("index"))
    try:
        print(report(measure(parser.parse_args().index)))
    except FindingsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
