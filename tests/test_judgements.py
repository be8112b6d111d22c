"""Grades: every layout of the reports gives its areas and grades as printed, and prose gives none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.judgements import BOARD, OVERALL, grade_of, read_judgements
from indexer.models import Grade, Line

LEADERS = "The impact of leaders on social work practice with children and families"
HELP = "The experiences and progress of children who need help and protection"
CARE = "The experiences and progress of children in care"
LEAVERS = "The experiences and progress of care leavers"

Rows = list[tuple[str, str]]


def lines(text: str) -> list[Line]:
    """A line for each line of the text; a bar stands between cells."""
    return [
        Line(row.replace("|", "\t"), cells=tuple(row.split("|")) if "|" in row else ())
        for row in text.strip().split("\n")
    ]


def read(front: str, rest: str = "", board: bool = False) -> Rows:
    """Areas and grades read from a first page and what follows it."""
    first = lines(front)
    found = read_judgements(first, [*first, *lines(rest)] if rest else first, board)
    return [(judgement.area, judgement.grade.value) for judgement in found]


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        (  # cells drawn one after another, each wrapped
            """Judgement|Grade
The impact of leaders on social work
practice with children and families
Good
The experiences and progress of
children who need help and protection
Requires improvement to be good
The experiences and progress of
children in care
Outstanding
The experiences and progress of care
leavers
Inadequate
Overall effectiveness|Good
Services for children in Bury are of a good quality and have improved.""",
            [(LEADERS, "good"), (HELP, "requires improvement"), (CARE, "outstanding"), (LEAVERS, "inadequate"),
             (OVERALL, "good")],
        ),
        (  # the grade on the last line of the area, or wrapped itself
            """Judgement Grade
The impact of leaders on social work practice with
children and families.
Requires improvement
to be good
The experiences and progress of children who need help and
protection|Requires improvement
Overall effectiveness|Requires improvement
to be good
Since the last inspection, services for children have become
good""",
            [(LEADERS, "requires improvement"), (HELP, "requires improvement"), (OVERALL, "requires improvement")],
        ),
        (  # one row a line, and no grade for the whole, as since April 2026
            f"Judgement|Grade\n{LEADERS}|Good\n{HELP}|Outstanding\nLeaders are ambitious.",
            [(LEADERS, "good"), (HELP, "outstanding")],
        ),
        (  # cells without a heading known here
            f"Area|Outcome\n1. {HELP}|Good\n2. {CARE}|Requires Improvement",
            [(HELP, "good"), (CARE, "requires improvement")],
        ),
    ],
)  # fmt: skip
def test_table_since_2018(front: str, expected: Rows) -> None:
    """The table of the first page gives its rows in order, however its cells are broken over lines."""
    assert read(front) == expected


NUMBERED = """1. Children who need help and protection|Requires improvement
2. Children looked after and achieving
permanence
Good
2.1 Adoption performance|Outstanding
2.2 Experiences and progress of care leavers|s Requires improvement
3. Leadership, management and governance|Requires
Improvement"""
NUMBERED_ROWS = [
    ("Children who need help and protection", "requires improvement"),
    ("Children looked after and achieving permanence", "good"),
    ("Adoption performance", "outstanding"),
    ("Experiences and progress of care leavers", "requires improvement"),  # a letter strayed into the cell
    ("Leadership, management and governance", "requires improvement"),
]


@pytest.mark.parametrize(
    ("sentence", "grade"),
    [
        ("Children’s services in Bury require improvement to be good", "requires improvement"),
        ("Children's services in Brighton and Hove require improvement\nto be good", "requires improvement"),
        ("Children’s services in Norfolk requires improvement to be good", "requires improvement"),
        ("Children’s services require improvement to be good", "requires improvement"),
        ("Children’s services in Stockton-on-Tees are good.", "good"),
        ("Children’s services in Dudley Metropolitan Borough Council are\ninadequate", "inadequate"),
        ("The overall judgement is good", "good"),
        ("The overall judgement is requires improvement", "requires improvement"),
        ("The overall judgement is that children’s services are inadequate", "inadequate"),
        ("The overall judgement is that children’s service requires\nimprovement.", "requires improvement"),
    ],
)
def test_sentence_of_2013_to_2018(sentence: str, grade: str) -> None:
    """The sentence over the numbered rows is the grade for overall effectiveness; the rows lose their numbers."""
    assert read(f"{sentence}\nIt is Ofsted’s expectation that services are good.\n{NUMBERED}") == [
        (OVERALL, grade),
        *NUMBERED_ROWS,
    ]


def test_a_footnote_among_the_rows() -> None:
    """Text that a page draws in the midst of the rows takes nothing away from those after it."""
    head, _, tail = NUMBERED.partition("2.1")
    note = "Ofsted produces this report under its power to combine reports in accordance with section 152 of\nthe Act."
    assert read(f"{head}{note}\n2.1{tail}") == NUMBERED_ROWS


@pytest.mark.parametrize(
    ("sentence", "grade"),
    [
        ("The Local Safeguarding Children Board is good", "good"),
        ("The Local Safeguarding Children Board requires improvement to\nbe good", "requires improvement"),
        ("The effectiveness of the LSCB requires improvement", "requires improvement"),
        ("The effectiveness of the Local Safeguarding Children Board (LSCB) is\nrequires improvement",
         "requires improvement"),
        ("The effectiveness of the Swindon Safeguarding Children Board (SSCB) is\ngood.", "good"),
        ("The Local Safeguarding Children is inadequate", "inadequate"),  # as printed once
    ],
)  # fmt: skip
def test_safeguarding_board(sentence: str, grade: str) -> None:
    """The board's grade stands in a sentence of its own, on the first page or over the board's section."""
    assert read(f"{NUMBERED}\n{sentence}", board=True)[-1] == (BOARD, grade)
    assert read(NUMBERED, f"Some finding.\n{sentence}\nExecutive summary", board=True)[-1] == (BOARD, grade)
    assert read(NUMBERED, f"Some finding.\n{sentence}", board=False) == NUMBERED_ROWS


@pytest.mark.parametrize(
    "sentence",
    [
        "An LSCB requires improvement if it does not yet demonstrate the characteristics of good.",
        "The LSCB requires improvement because:",
        "The Parenting Advisory Board requires improvement",
        "Bury Safeguarding Children Board is judged to be good at this, and leads others.",
    ],
)
def test_prose_about_the_board(sentence: str) -> None:
    """A sentence that says more than the grade is prose, not the judgement."""
    assert read(NUMBERED, sentence, board=True) == NUMBERED_ROWS


def test_record_of_main_findings() -> None:
    """The table at the end of reports of 2009 to 2013; two services with areas of one name are told apart."""
    contents = "Contents\nRecord of main findings|31\nAbout this inspection"
    table = """Record of main findings
Safeguarding services
Overall effectiveness|Adequate Grade 3
Capacity for improvement
Good
Services for looked after children
Overall effectiveness|Inadequate (Grade 4)
Outcomes for looked after children
and young people
Satisfactory"""
    assert read(contents, table) == [
        ("Safeguarding services: Overall effectiveness", "adequate"),
        ("Capacity for improvement", "good"),
        ("Services for looked after children: Overall effectiveness", "inadequate"),
        ("Outcomes for looked after children and young people", "satisfactory"),
    ]


def test_letters_grade_nothing() -> None:
    """Prose with grades in it gives no judgements."""
    assert (
        read("Supervision is good.\nThe quality of assessments is not\nGood\nChildren’s services are good at this.")
        == []
    )


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("Requires improvement to be good", Grade.REQUIRES_IMPROVEMENT),
        ("requires\nImprovement", Grade.REQUIRES_IMPROVEMENT),
        ("OUTSTANDING", Grade.OUTSTANDING),
        ("Inadequate Grade 4", Grade.INADEQUATE),
        ("Good.", Grade.GOOD),
        ("Good practice", None),
        ("", None),
    ],
)
def test_grade_of(text: str, grade: Grade | None) -> None:
    """A grade in any spelling is one of six words, and anything more is no grade."""
    assert grade_of(text) == grade


PRINTED = {
    "outstanding": "Outstanding",
    "good": "Good",
    "requires improvement": "Requires improvement to be good",
    "inadequate": "Inadequate",
}


@given(st.permutations([LEADERS, HELP, CARE, LEAVERS, OVERALL]), st.data())
def test_any_table_comes_back(areas: list[str], data: st.DataObject) -> None:
    """Whatever the order of the rows, their grades, and the places where their words are broken over two lines."""
    rows = [(area, data.draw(st.sampled_from(sorted(PRINTED)))) for area in areas]
    printed = ["Judgement|Grade"]
    for area, grade in rows:
        words = area.split()
        cut = data.draw(st.sampled_from([i for i, word in enumerate(words) if i and word[0].islower()]))
        printed += [
            " ".join(words[:cut]),
            *data.draw(st.sampled_from(([], ["1"]))),
            " ".join(words[cut:]),
            PRINTED[grade],
        ]
    assert read("\n".join([*printed, "Children in Bury receive good help."])) == rows


@given(st.lists(st.text(alphabet="Good Requires improvement.\t1The \n", max_size=60), max_size=12), st.booleans())
def test_any_lines_are_read(texts: list[str], board: bool) -> None:
    """Whatever the lines hold, nothing is raised and every grade is one of the six."""
    found = read_judgements([Line(text) for text in texts], [Line(text) for text in texts], board)
    assert all(isinstance(judgement.grade, Grade) and judgement.area for judgement in found)
