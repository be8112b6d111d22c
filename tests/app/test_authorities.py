"""Authorities over the pages and the API: the list, one authority's inspections, the time line, what comes back."""

from __future__ import annotations

from datetime import date

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app import schemas
from app.timeline import timeline
from indexer.models import DocumentSummary, Grade, Judgement, Metadata
from tests.app.conftest import get
from tests.app.histories import AGAIN
from tests.app.test_pages import follow, one, page, plain

# ---------------------------------------------------------------------------------------------- over the API


def test_every_authority_is_listed_with_its_latest_grades(histories: TestClient) -> None:
    """The list says how many reports there are, from when to when, and the newest grades that were given."""
    found = get(histories, "/api/v1/authorities")
    assert found["total"] == len(found["authorities"]) == 3
    alder, birch, cedar = found["authorities"]
    assert (alder["name"], alder["reports"], alder["first"], alder["last"]) == ("Alder", 4, "2015-03-02", "2022-09-09")
    assert alder["latest_judgements"]["document"]["source"] == "alder-2022.pdf"
    assert [each["grade"] for each in alder["latest_judgements"]["judgements"]] == ["requires improvement", "good"]
    assert birch["url"] == "/authorities/Birch"
    assert (cedar["url"], cedar["latest_judgements"]) == ("/authorities/Cedar%2FElm", None)


def test_an_authority_has_its_inspections(histories: TestClient) -> None:
    """Each inspection has its report with grades, and what it raised, quoted, cited and with its place."""
    found = get(histories, "/api/v1/authorities/alder")
    assert found["authority"]["name"] == "Alder"
    assert [each["document"]["published"] for each in found["inspections"]] == [
        *("2022-09-09", "2018-06-01", "2015-03-02", None)
    ]
    newest = found["inspections"][0]
    assert newest["document"]["judgements"][0] == {"area": "Overall effectiveness.", "grade": "requires improvement"}
    assert [each["finding"]["kind"] for each in newest["raised"]] == ["priority_action", "recommendation"]
    for each in newest["raised"]:
        again = get(histories, f"/api/v1/findings/{each['finding']['id']}")
        assert (again["finding"], again["citation"], again["url"]) == (each["finding"], each["citation"], each["url"])


def test_what_comes_back_is_given_with_both_sides(histories: TestClient) -> None:
    """A point has its own words and those of the earlier report, dated and scored."""
    found = get(histories, "/api/v1/authorities/Alder/recurring")
    assert found["total"] == len(found["points"]) > 0
    assert (found["compared"], found["not_compared"]) == (3, 0)
    point = next(each for each in found["points"] if each["finding"]["text"] == AGAIN)
    (before,) = point["before"]
    assert before["finding"]["text"] == AGAIN
    assert before["document"]["published"] < point["document"]["published"]
    assert before["score"] >= 0.55
    assert before["highlights"]


def test_a_name_may_hold_a_stroke(histories: TestClient) -> None:
    """The address of the list leads to the authority whatever characters its name has."""
    url = get(histories, "/api/v1/authorities")["authorities"][2]["url"]
    assert get(histories, f"/api/v1{url}")["authority"]["name"] == "Cedar/Elm"
    assert get(histories, f"/api/v1{url}/recurring")["total"] == 0
    assert plain(one(page(histories, url), "h1")) == "Cedar/Elm"


@pytest.mark.parametrize("address", ["/api/v1/authorities/Atlantis", "/api/v1/authorities/Atlantis/recurring"])
def test_an_unknown_authority_is_404(histories: TestClient, address: str) -> None:
    """A name that no report has is named in the answer."""
    answer = histories.get(address)
    assert answer.status_code == 404
    assert "Atlantis" in schemas.Problem.model_validate(answer.json()).detail
    assert histories.get(f"{address}?limit=1").status_code == 422


# ---------------------------------------------------------------------------------------------- on the pages


def test_the_list_leads_to_each_authority(histories: TestClient) -> None:
    """Every authority is a link with its reports and grades; the navigation leads to the list."""
    found = page(histories, "/authorities")
    assert follow(one(found, "header nav"), "Authorities") == "/authorities"
    links = found.select("ul.authorities > li > a")
    assert [plain(each) for each in links] == ["Alder", "Birch", "Cedar/Elm"]
    for each in links:
        assert plain(one(page(histories, str(each["href"])), "h1")) == plain(each)
    assert "4 reports, March 2015 to September 2022" in plain(found.select("ul.authorities > li")[0])


def test_the_chart_and_the_table_say_the_same(histories: TestClient) -> None:
    """Each grade of the table has its mark in the chart, in the same place; what was not graded is said so."""
    found = page(histories, "/authorities/Alder")
    rows = [[plain(cell) for cell in row.select("th, td")] for row in found.select("section table tbody tr")]
    assert rows == [
        ["Overall effectiveness.", "Inadequate", "Not graded", "Requires improvement"],
        ["The experiences and progress of care leavers", "Not graded", "Not graded", "Good"],
        ["Children who need help and protection", "Inadequate", "Not graded", "Not graded"],
    ]
    assert [plain(each) for each in found.select(".lanes p.area") if plain(each)] == [row[0] for row in rows]
    letters = {"Inadequate": "I", "Requires improvement": "RI", "Good": "G", "Not graded": ""}
    for lane, row in zip(found.select(".lanes svg.lane:not(.years)"), rows, strict=True):
        assert [plain(mark) for mark in lane.select("svg.mark")] == [letters[cell] for cell in row[1:]]
    assert "2015 to 2022" in str(one(found, ".lanes")["aria-label"])


def test_what_was_raised_is_quoted_and_linked(histories: TestClient) -> None:
    """Newest first, each point in the report's words with a link to its place; the narrative stands folded below."""
    asked = get(histories, "/api/v1/authorities/Alder")["inspections"]
    sections = page(histories, "/authorities/Alder").select("section.inspection")
    assert len(sections) == len(asked)
    for section, inspection in zip(sections, asked, strict=True):
        quotes = section.select(":scope > ul.quotes > li")
        assert [(plain(one(each, "blockquote")), one(each, "a")["href"]) for each in quotes] == [
            (each["finding"]["text"], each["url"]) for each in inspection["raised"]
        ]
        narrative = [plain(each) for each in section.select("details blockquote")]
        assert narrative == [each["finding"]["text"] for each in inspection["weaknesses"]]
    assert "No priority action, recommendation or area for development" in plain(sections[1])


def test_points_that_come_back_are_dated_and_quoted(histories: TestClient) -> None:
    """Each point stands with what was said before, and leads to comparable findings here and elsewhere."""
    asked = get(histories, "/api/v1/authorities/Alder/recurring")
    points = page(histories, "/authorities/Alder").select("ol.points > li")
    assert len(points) == asked["total"]
    for shown, point in zip(points, asked["points"], strict=True):
        quotes = [plain(each) for each in shown.select("blockquote")]
        assert quotes == [point["finding"]["text"], *(each["finding"]["text"] for each in point["before"])]
        links = [str(each["href"]) for each in shown.select(".source a")]
        assert links == [point["url"], *(each["url"] for each in point["before"])]
        for label, limit in (("All comparable findings", "authority"), ("Comparable", "exclude_authority")):
            address = follow(one(shown, "ul.actions"), label)
            assert address.endswith(f"?{limit}=Alder")
            page(histories, address)


def test_an_authority_without_a_history_says_so(histories: TestClient) -> None:
    """One report cannot repeat another, and a report without grades has no chart."""
    found = plain(one(page(histories, "/authorities/Cedar%2FElm"), "main"))
    assert "There is one report on Cedar/Elm here, so nothing can have come back." in found
    assert "No report on Cedar/Elm here gives grades." in found
    page(histories, "/authorities/Atlantis", 404)


def test_reports_and_results_lead_to_their_authority(histories: TestClient) -> None:
    """From a result, a report and the list of reports one comes to the authority they are about."""
    document = get(histories, "/api/v1/documents")["documents"][0]
    for address in ("/documents", f"/documents/{document['id']}", '/?q="supervision"'):
        links = [str(each["href"]) for each in page(histories, address).select("main a[href]")]
        assert "/authorities/Alder" in links, address


# ---------------------------------------------------------------------------------------------- the time line

days = st.lists(st.dates(date(2000, 1, 1), date(2060, 12, 31)), min_size=1, max_size=40)


def reports(found: list[date]) -> list[DocumentSummary]:
    """Reports of these days, newest first."""
    grades = (Judgement("Overall effectiveness", Grade.GOOD),)
    return [
        DocumentSummary(str(place), "", "", "pdf", 1, 0, Metadata("", published=day, judgements=grades))
        for place, day in enumerate(sorted(found, reverse=True))
    ]


@given(days)
def test_no_mark_hides_another_or_leaves_the_chart(found: list[date]) -> None:
    """However close or many the inspections are, their marks keep their order, their distance and the chart."""
    line = timeline(reports(found))
    apart = min(10.0, 86 / max(1, len(found) - 1))
    assert len(line.places) == len(found)
    assert all(7 - 0.01 <= place <= 93.01 for place in line.places)
    assert all(after - before >= apart - 0.02 for before, after in zip(line.places, line.places[1:], strict=False))
    assert 1 <= len(line.ticks) <= 6
    assert [each.at for each in line.ticks] == sorted({each.at for each in line.ticks})


def test_far_apart_is_far_apart() -> None:
    """Where there is room, marks stand in proportion to the time between them."""
    line = timeline(reports([date(2010, 1, 1), date(2015, 1, 1), date(2019, 12, 31)]))
    first, middle, last = line.places
    assert (first, last) == (7.0, 93.0)
    assert middle == pytest.approx(50, abs=0.2)


def test_areas_are_one_where_case_and_punctuation_alone_differ() -> None:
    """Frameworks name areas differently: nothing but spelling makes one of two."""

    def graded(area: str, year: int) -> DocumentSummary:
        about = Metadata("", published=date(year, 1, 1), judgements=(Judgement(area, Grade.GOOD),))
        return DocumentSummary(str(year), "", "", "pdf", 1, 0, about)

    line = timeline([graded("Children in care.", 2024), graded("Children In Care", 2020), graded("Care leavers", 2016)])
    assert [(row.area, row.grades) for row in line.rows] == [
        ("Children in care.", (None, Grade.GOOD, Grade.GOOD)),
        ("Care leavers", (Grade.GOOD, None, None)),
    ]
