"""From lines to findings: furniture, blocks across line and page ends, sections, kinds and directions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.chunker import chunk
from indexer.clean import clean, join_lines, vocabulary
from indexer.models import Direction, Finding, Grade, Judgement, Kind, Line, Page, SourceDocument
from indexer.sections import area_grade, kind_of, section_kind, verdict
from indexer.sentences import sentence_spans

A4 = (595.0, 842.0)
PITCH = 14.0


class Sheet:
    """Writes the lines of one page from top to bottom, as a PDF page would give them."""

    def __init__(self, top: float = 100.0) -> None:
        self.lines: list[Line] = []
        self.y = top

    def put(self, text: str, x: float = 72.0, size: float = 12.0, bold: bool = False, gap: float = PITCH) -> Sheet:
        """One line, a tab between the cells of a table row."""
        self.y += gap
        cells = tuple(text.split("\t")) if "\t" in text else ()
        self.lines.append(
            Line(
                text.replace("\t", " "),
                x0=x,
                top=self.y - size,
                x1=x + 5.5 * len(text),
                bottom=self.y,
                size=size,
                bold=bold,
                cells=cells,
            )
        )
        return self

    def heading(self, text: str, size: float = 14.0) -> Sheet:
        """A bold line after a gap."""
        return self.put(text, size=size, bold=True, gap=30)

    def paragraph(self, *texts: str, x: float = 72.0) -> Sheet:
        """Lines after a gap."""
        for i, text in enumerate(texts):
            self.put(text, x=x, gap=26 if i == 0 else PITCH)
        return self

    def point(self, *texts: str, left: float = 72.0, indent: float = 100.0) -> Sheet:
        """A numbered point or bullet with a hanging indent."""
        for i, text in enumerate(texts):
            self.put(text, x=left if i == 0 else indent, gap=26 if i == 0 else PITCH)
        return self

    def at(self, y: float, text: str, x: float = 72.0, size: float = 8.0) -> Sheet:
        """A line at a place of its own."""
        self.y = y - PITCH
        return self.put(text, x=x, size=size)


def document(*sheets: Sheet) -> SourceDocument:
    """A document of these pages."""
    pages = tuple(Page(i, tuple(sheet.lines), *A4) for i, sheet in enumerate(sheets, 1))
    return SourceDocument("report.pdf", "0" * 64, "pdf", pages)


def findings(*sheets: Sheet, judgements: tuple[Judgement, ...] = ()) -> tuple[Finding, ...]:
    """The findings of these pages."""
    return chunk(clean(document(*sheets)), judgements)


def texts(found: Sequence[Finding]) -> list[str]:
    """The texts of findings."""
    return [finding.text for finding in found]


# ------------------------------------------------------------------------------------------------ blocks


def test_a_paragraph_runs_on_over_a_page_end_past_foot_footnote_and_head() -> None:
    """A sentence cut by a page end is one finding, and nothing of the page's furniture stands in it."""

    def foot(sheet: Sheet, page: int) -> Sheet:
        return sheet.at(800, "Inspection of Anytown children’s services").at(812, f"9 to 20 May 2022 {page}")

    first = Sheet().heading("Findings").paragraph("Reviews of plans are late, and managers do not always")
    first.at(700, "Plans are reviewed every six months.", size=10)
    second = Sheet(60).paragraph("challenge drift. Children wait too long.").paragraph("Visits are regular.")
    third = Sheet(60).paragraph("Records are clear.")
    found = findings(foot(first, 1), foot(second, 2), foot(third, 3))
    assert texts(found) == [
        "Reviews of plans are late, and managers do not always challenge drift. Children wait too long.",
        "Visits are regular.",
        "Records are clear.",
    ]
    assert (found[0].page_start, found[0].page_end) == (1, 2)


def test_a_numbered_point_runs_on_at_its_own_indent_after_a_full_stop() -> None:
    """Where a page end falls between two sentences of one point, its indent shows that it goes on."""
    first = Sheet().heading("Findings").point("1. Visits are timely and purposeful.", "Children are seen alone.")
    second = Sheet().put("Their views are recorded.", x=100).point("2. Plans are clear.")
    found = findings(first, second)
    assert [(finding.number, finding.text) for finding in found] == [
        ("1", "Visits are timely and purposeful. Children are seen alone. Their views are recorded."),
        ("2", "Plans are clear."),
    ]


@pytest.mark.parametrize(
    ("line", "inside"),
    [
        ("16. More children do well at this age.", True),  # the age that ends a sentence, not point 16
        ("2018. Reviews are late.", True),  # a year: no paragraph has four digits
        ("3. Reviews are late.", True),  # counts on by chance, but far from where numbers stand
    ],
)
def test_a_number_that_ends_a_sentence_is_not_a_point(line: str, inside: bool) -> None:
    """A number opens a point only where it counts on and stands where numbers stand."""
    sheet = Sheet().heading("Findings").point("1. One.").point("2. Children leave school at", line)
    assert (len(findings(sheet)) == 2) is inside


def test_bullets_under_a_heading_are_findings_of_their_own_and_numbered() -> None:
    """Each bullet under a heading is one finding, counted from 1 under each heading, its mark left out."""
    sheet = Sheet().heading("What needs to improve?")
    sheet.point("◼ The timeliness of", "strategy meetings.", indent=90).point("◼ The quality of plans.", indent=90)
    sheet.heading("Recommendations").point("◼ Ensure that visits are regular.", indent=90)
    found = findings(sheet)
    assert [(f.number, f.bullet, f.text, f.section) for f in found] == [
        ("1", True, "The timeliness of strategy meetings.", ("What needs to improve?",)),
        ("2", True, "The quality of plans.", ("What needs to improve?",)),
        ("1", True, "Ensure that visits are regular.", ("Recommendations",)),
    ]
    assert {f.kind for f in found} == {Kind.RECOMMENDATION}
    assert {f.direction for f in found} == {Direction.WEAKNESS}


def test_fragments_go_with_their_lead_in_and_statements_do_not() -> None:
    """A lead-in takes fragments in lower case along as one finding; whole statements under it stay their own."""
    sheet = Sheet().heading("Findings")
    sheet.point("1. Improve planning by:").point("▪ setting dates", left=110, indent=120)
    sheet.point("▪ reviewing them.", left=110, indent=120).point("2. Visits are regular.")
    sheet.heading("Quality").paragraph("Services are good because:").point("■ Visits are prompt.").point(
        "■ Plans work."
    )
    found = findings(sheet)
    assert texts(found) == [
        "Improve planning by: ▪ setting dates ▪ reviewing them.",
        "Visits are regular.",
        "Visits are prompt.",
        "Plans work.",
    ]
    assert found[2].section == ("Quality", "Services are good because")


def test_front_page_contents_and_closing_notes_are_not_findings() -> None:
    """Title page, judgement table, contents and the publisher's notes leave nothing behind."""
    front = Sheet().put("Anytown Council", size=26).heading("Inspection of children’s services", 16)
    front.put("Inspection dates: 9 to 20 May 2022", bold=True, gap=30).put(
        "Lead inspector: Jo Bloggs", bold=True, gap=30
    )
    front.put("Judgement\tGrade", bold=True, gap=30).put("The impact of leaders on social work", gap=26)
    front.put("practice\tGood").put("The experiences of care", gap=26).put("leavers\tRequires improvement")
    front.put("Overall effectiveness\tGood", gap=26).paragraph("Services for children in Anytown are good.")
    contents = Sheet().put("Contents", size=26).put("The local authority\t3", gap=30).put("Recommendations\t8")
    body = Sheet().heading("Recommendations").paragraph("Improve plans.")
    last = Sheet().paragraph("The Office for Standards in Education, Children’s Services and Skills (Ofsted) regulates")
    last.put("and inspects to achieve excellence.")
    assert texts(findings(front, contents, body, last)) == [
        "Services for children in Anytown are good.",
        "Improve plans.",
    ]


def test_a_judgement_table_inside_a_report_heads_its_section() -> None:
    """The area in a table over a section is its heading, and the grade its judgement."""
    judged = (Judgement("Leadership, management and governance", Grade.INADEQUATE),)
    sheet = Sheet().heading("Inspection judgements about the local authority", 16)
    sheet.put("Key judgement\tJudgement grade", bold=True, gap=30).put("Leadership, management and", gap=28)
    sheet.put("governance").at(sheet.y - 7, "Inadequate", x=304, size=12).put("Summary", bold=True, gap=40)
    sheet.paragraph("Leaders have been too slow to improve services for children in the area.")
    front = [Sheet().heading("Summary").paragraph("Services are good.") for _ in range(2)]
    finding = findings(*front, sheet, judgements=judged)[-1]
    assert finding.section[-2:] == ("Leadership, management and governance", "Summary")
    assert finding.judgement is Grade.INADEQUATE


def test_a_summary_set_as_large_as_its_section_stays_inside_it() -> None:
    """The parts of a judged section carry its heading and its grade, at whatever size they are set."""
    judged = (Judgement("Children who need help and protection", Grade.INADEQUATE),)
    sheet = Sheet().heading("The experiences and progress of children who need help and protection")
    sheet.heading("Summary", 12).paragraph("Thresholds are not understood by all partners, and managers do not see it.")
    sheet.heading("Inspection findings").paragraph("Referrals are late in many cases, and children wait for help.")
    sheet.heading("Recommendations").paragraph("Ensure that children are seen when they need to be.")
    found = findings(sheet, judgements=judged)
    assert [finding.section[1:] for finding in found] == [("Summary",), ("Inspection findings",), ()]
    assert [finding.judgement for finding in found] == [Grade.INADEQUATE, Grade.INADEQUATE, None]


def test_context_does_not_swallow_what_follows_it() -> None:
    """Findings under a recommendation heading set smaller than the context above it are not context."""
    sheet = Sheet().heading("Information about this local authority area", 16).point("■ 43,000 children live here.")
    sheet.heading("Recommendations", 12).point("1. Improve plans.")
    context, recommendation = findings(sheet)
    assert (context.kind, context.direction) == (Kind.CONTEXT, Direction.NEUTRAL)
    assert (recommendation.kind, recommendation.section) == (Kind.RECOMMENDATION, ("Recommendations",))


# ------------------------------------------------------------------------------------------------ hyphens


@pytest.mark.parametrize(
    ("lines", "seen", "joined"),
    [
        (("multi\ufffe", "agency work"), "multi-agency", "multi-agency work"),  # the word's own hyphen
        (("well\ufffe", "coordinated help"), "", "well-coordinated help"),  # never seen whole: kept
        (("infor\ufffe", "mation"), "information", "information"),  # the typesetter's: the document writes it whole
        (("up-to\ufffe", "date plans"), "upto date", "up-to-date plans"),  # one more of a word's own
        (("16-", "and 17-year-olds"), "", "16- and 17-year-olds"),  # a hanging hyphen before "and"
        (("child-", "focused work"), "", "child-focused work"),  # a plain hyphen at the line end
        (("inspec\u00adtion", "was held"), "", "inspection was held"),  # a soft hyphen inside a word
        (("the plan –", "and its review"), "", "the plan – and its review"),  # a dash is no hyphen
    ],
)
def test_line_end_hyphens_are_mended_by_the_document_s_own_words(
    lines: tuple[str, ...], seen: str, joined: str
) -> None:
    """Real hyphens stay; those of the typesetter go, where the document writes the word without one."""
    words = vocabulary(document(Sheet().put(seen or "nothing")))
    assert join_lines(lines, words) == joined


@given(st.lists(st.text(alphabet="abc -.\u00a0", min_size=1), min_size=1))
def test_joining_lines_keeps_every_letter_in_order(lines: list[str]) -> None:
    """Nothing but white space is lost or added between lines that end in no hyphen."""
    lines = [line.rstrip("-") for line in lines]
    joined = join_lines(lines, vocabulary(document(Sheet())))
    assert "".join(joined.split()) == "".join("".join(lines).split())


# ------------------------------------------------------------------------------------------------ sections


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Strengths", Kind.STRENGTH),  # letters of 2010 to 2012
        ("The local authority’s strengths", Kind.STRENGTH),  # reports of 2014 and 2015
        ("Key strengths and weaknesses of the LSCB", None),  # both: the words decide
        ("The service meets the requirements of statutory guidance in the following areas", Kind.MEETS_REQUIREMENTS),
        ("Satisfactory practice", Kind.MEETS_REQUIREMENTS),
        ("Areas for development", Kind.AREA_FOR_DEVELOPMENT),
        ("Areas for priority action", Kind.PRIORITY_ACTION),
        ("Priority and immediate action", Kind.PRIORITY_ACTION),
        ("What needs to improve?", Kind.RECOMMENDATION),
        ("What does the LSCB need to improve?", Kind.RECOMMENDATION),
        ("Areas for improvement", Kind.RECOMMENDATION),
        ("Recommendations", Kind.RECOMMENDATION),
        ("Information about this local authority area", Kind.CONTEXT),
        ("What the inspection judgments mean", Kind.CONTEXT),
        ("The inspection team", Kind.CONTEXT),
        ("Areas covered by the visit", Kind.CONTEXT),
        ("The experiences and progress of children in care: good", None),
        ("Headline findings", None),
        ("What needs to improve in this area of social work practice", Kind.RECOMMENDATION),  # focused visits
        ("What is the area partnership doing that is effective?", Kind.STRENGTH),  # area SEND inspections
        ("What does the area partnership need to do better?", Kind.AREA_FOR_DEVELOPMENT),
        ("What is it like to be a child or young person with SEND in this area?", None),
        ("Practice study: highly effective practice", Kind.STRENGTH),  # joint targeted area inspections
        ("Next steps", Kind.CONTEXT),
    ],
)
def test_headings_tell_the_kind(heading: str, kind: Kind | None) -> None:
    """Each generation's headings for strengths, shortfalls and context are known; others say nothing."""
    assert kind_of(heading) is kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (("Areas for improvement", "Leadership, management and governance"), Kind.RECOMMENDATION),  # a subheading
        (("Information about the local authority area", "Leadership, management and governance"), Kind.FINDING),
        (("Recommendations", "Inspection findings"), Kind.FINDING),  # a new part, whatever its level
        (("The local authority", "Child protection in this area"), Kind.CONTEXT),
        ((), Kind.FINDING),
    ],
)
def test_the_innermost_telling_heading_decides(path: tuple[str, ...], kind: Kind) -> None:
    """A finding takes its kind from the nearest heading that says something."""
    assert section_kind(path) is kind


@pytest.mark.parametrize(
    ("heading", "grade"),
    [
        ("The experiences and progress of care leavers: good", Grade.GOOD),
        (
            "The experiences and progress of children in care: Requires improvement to be good.",
            Grade.REQUIRES_IMPROVEMENT,
        ),
        ("The graded judgement for adoption performance is that it is inadequate", Grade.INADEQUATE),
        ("The graded judgement about care leavers is that it requires improvement", Grade.REQUIRES_IMPROVEMENT),
        ("Leadership, management and governance Outstanding", Grade.OUTSTANDING),
        ("The Local Safeguarding Children Board requires improvement", Grade.REQUIRES_IMPROVEMENT),
        ("Children’s services in Anytown are good because", Grade.GOOD),
        ("Grade 3 (Adequate)", Grade.ADEQUATE),
        ("Good practice in schools", None),
        ("How well leaders know that practice is not good enough", None),
    ],
)
def test_headings_that_state_a_grade(heading: str, grade: Grade | None) -> None:
    """A grade at the end of a heading is the grade of its section; the word elsewhere is not."""
    assert verdict(heading) is grade


def test_an_area_is_known_by_its_words() -> None:
    """A section takes the grade of the judged area it names, and no other."""
    judgements = (
        Judgement("The experiences and progress of children in care", Grade.GOOD),
        Judgement("The experiences and progress of care leavers", Grade.INADEQUATE),
    )
    assert area_grade("The experiences and progress of care leavers", judgements) is Grade.INADEQUATE
    assert area_grade("Experiences and progress of children in care", judgements) is Grade.GOOD
    assert area_grade("The local authority", judgements) is None


# ------------------------------------------------------------------------------------------------ earlier inspections


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        ("Plans lack detail. This was an area for development at the previous inspection.", True),
        ("The weaknesses in pathway planning identified at the last inspection remain.", True),
        ("Recommendations from the 2014 inspection have not been fully addressed.", True),
        ("At the previous inspection, caseloads were too high, and this has not improved.", True),
        ("Since the last inspection, services have improved.", False),  # says nothing of an earlier point
        ("Delays are identified at weekly meetings with the police.", False),  # no inspection meant
    ],
)
def test_points_raised_before_are_known(text: str, repeated: bool) -> None:
    """`repeated` is true where the words say that an earlier inspection raised the point."""
    (finding,) = findings(Sheet().heading("Findings").paragraph(text))
    assert finding.repeated is repeated


# ------------------------------------------------------------------------------------------------ properties


@given(
    st.lists(st.sampled_from(("Visits are late.", "Plans, e.g. for care, drift!", "Is it safe?", "(Recommendation)")))
)
def test_sentences_cover_a_finding(parts: list[str]) -> None:
    """Sentences stand in order, do not overlap and leave out only white space."""
    text = " ".join(parts)
    spans = sentence_spans(text)
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("", "1. ", "2. ", "3. ", "■ ", "– ")),
            st.text(alphabet="abcdeAB ,.:", min_size=1, max_size=60),
            st.sampled_from((72.0, 100.0)),
            st.booleans(),
            st.sampled_from((14.0, 26.0)),
        ),
        max_size=40,
    )
)
def test_findings_are_slices_of_the_text(rows: list[tuple[str, str, float, bool, float]]) -> None:
    """Whatever the page holds, each finding is its span of the text, spans do not overlap, and ids differ."""
    sheet = Sheet()
    for marker, text, x, bold, gap in rows:
        sheet.put(marker + text, x=x, bold=bold, gap=gap)
    cleaned = clean(document(sheet))
    found = chunk(cleaned)
    assert all(cleaned.text[slice(*finding.span)] == finding.text for finding in found)
    assert all(before.span[1] <= after.span[0] for before, after in pairwise(found))
    assert len({finding.id for finding in found}) == len(found)
    for finding in found:
        assert [s.end for s in finding.sentences] == sorted(s.end for s in finding.sentences)
