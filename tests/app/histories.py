"""A small index with histories: authorities that were inspected several times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from indexer.models import Direction, Document, Finding, Grade, Judgement, Kind
from tests.small_index import WordEncoder, document, finding, write_index

AGAIN = "Supervision of social workers is irregular and poorly recorded."
"""Raised at Alder in the very same words in 2015 and 2022, and at Birch."""
FORMULA = "=cmd: minutes of strategy meetings are late"


def recommendation(text: str) -> Finding:
    """A point that an inspection raises."""
    return finding(text, Kind.RECOMMENDATION, Direction.WEAKNESS, ("What needs to improve",), "1")


def weakness(text: str) -> Finding:
    """A weakness of the narrative."""
    return finding(text, Kind.FINDING, Direction.WEAKNESS)


def strength(text: str) -> Finding:
    """A strength of the narrative."""
    return finding(text, Kind.FINDING, Direction.STRENGTH)


def report(
    source: str,
    authority: str | None,
    published: date | None,
    findings: Sequence[Finding],
    grades: Sequence[tuple[str, Grade]] = (),
) -> Document:
    """A report that gives grades."""
    made = document(source, authority, published, findings)
    judgements = tuple(Judgement(area, grade) for area, grade in grades)
    return replace(made, metadata=replace(made.metadata, judgements=judgements))


DOCUMENTS = (
    report(
        "alder-2015.pdf",
        "Alder",
        date(2015, 3, 2),
        [
            recommendation(AGAIN),
            weakness("Return home interviews of missing children are often not offered."),
            strength("Foster carers are well supported and trained."),
        ],
        [("Overall effectiveness", Grade.INADEQUATE), ("Children who need help and protection", Grade.INADEQUATE)],
    ),
    report(
        "alder-2018.pdf",
        "Alder",
        date(2018, 6, 1),
        [
            weakness("Return home interviews of missing children are often not offered in time."),
            strength("Supervision of social workers is regular and well recorded."),
        ],
    ),
    report(
        "alder-2022.pdf",
        "Alder",
        date(2022, 9, 9),
        [
            recommendation(AGAIN),
            finding(
                "Foster carers need more support.", Kind.PRIORITY_ACTION, Direction.WEAKNESS, ("Priority actions",)
            ),
        ],
        [
            ("Overall effectiveness.", Grade.REQUIRES_IMPROVEMENT),
            ("The experiences and progress of care leavers", Grade.GOOD),
        ],
    ),
    report("alder-undated.pdf", "Alder", None, [recommendation("Supervision of social workers is irregular.")]),
    report(
        "birch-2021.pdf",
        "Birch",
        date(2021, 1, 5),
        [recommendation(AGAIN), recommendation(FORMULA.removeprefix("=cmd: ").capitalize() + ".")],
        [("Overall effectiveness", Grade.OUTSTANDING)],
    ),
    report("cedar/elm-2021.pdf", "Cedar/Elm", date(2021, 5, 6), [strength("Social workers know children well.")]),
    report("unnamed.pdf", None, date(2020, 1, 1), [weakness("Plans drift.")]),
)


def write_histories(index_dir: Path) -> None:
    """Put the index in use."""
    write_index(index_dir, DOCUMENTS, WordEncoder())
