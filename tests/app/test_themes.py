"""Themes over the pages and the API: figures that lead to their searches, the form, the file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient

from app import schemas, words
from app.main import create_app
from app.theme_schemas import COLUMNS
from indexer.config import AuthoritiesSettings, Settings
from tests.app.conftest import get
from tests.app.histories import FORMULA, write_histories
from tests.app.test_pages import one, page, plain
from tests.small_index import WordEncoder

ISSUE = "supervision of social workers"
ASKED = f"?q={ISSUE}&q=Return home interviews&query_direction=any&min_relevance=0.3"


def figures(theme: dict[str, Any]) -> list[dict[str, Any]]:
    """All figures of an issue."""
    found: list[dict[str, Any]] = [theme["total"], *theme["groups"]]
    return found


@pytest.mark.parametrize(
    "limits",
    ["", "&by=authority", "&by=direction&direction=weakness", "&published_from=2015-02-01&published_to=2021-03-01"],
)
def test_every_figure_leads_to_the_search_that_lists_it(histories: TestClient, limits: str) -> None:
    """The search at the address of a figure finds as many, over the API and on the page."""
    answer = get(histories, f"/api/v1/themes{ASKED}{limits}")
    assert [each["query"] for each in answer["themes"]] == [ISSUE, "Return home interviews"]
    followed = 0
    for each in (each for theme in answer["themes"] for each in figures(theme)):
        assert each["share"] == round(each["reports"] / each["of_reports"], 4)
        assert (each["url"] is None) == (each["findings"] == 0 or each.get("value", "") is None)
        if each["url"]:
            followed += 1
            assert get(histories, f"/api/v1/search?{urlsplit(each['url']).query}")["total"] == each["findings"]
            assert page(histories, each["url"]).select("article")
    assert followed > 2


def test_regions_are_groups_where_there_is_a_table(tmp_path: Path) -> None:
    """With a table of authorities the page offers its regions, and their figures lead to the search of the region."""
    write_histories(tmp_path)
    table = tmp_path / "authorities.csv"
    table.write_text("name,region\nAlder,North\nBirch,South\n", encoding="utf-8")
    settings = Settings(index_dir=tmp_path, authorities=AuthoritiesSettings(file=table))
    with TestClient(create_app(settings, WordEncoder())) as client:
        assert page(client, f"/themes{ASKED}").select('select[name=by] option[value="region"]')
        answer = get(client, f"/api/v1/themes{ASKED}&by=region")
        groups = {each["value"]: each for each in answer["themes"][0]["groups"]}
        assert set(groups) == {"North", "South", None}
        for value in ("North", "South"):
            assert dict(parse_qsl(urlsplit(groups[value]["url"]).query))["region"] == value
            found = get(client, f"/api/v1/search?{urlsplit(groups[value]['url']).query}")
            assert found["total"] == groups[value]["findings"] > 0


def test_a_year_is_limited_by_the_days_asked_for(histories: TestClient) -> None:
    """A link to a year takes no day that the whole search leaves out."""
    found = get(histories, f"/api/v1/themes{ASKED}&published_from=2015-02-01")["themes"][0]["groups"]
    days = dict(parse_qsl(urlsplit(next(each["url"] for each in found if each["value"] == "2015")).query))
    assert (days["published_from"], days["published_to"]) == ("2015-02-01", "2015-12-31")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ("", "q is missing"),
        ("?q=", "q is empty"),
        ("?q=...", "q cannot be used: it must hold at least one letter or digit"),
        ("?" + "&".join(f"q=issue+{number}" for number in range(26)), "q has too many values: at most 25"),
        ("?q=x&by=colour", "by must be one of published_year"),
        ("?q=x&by=kind&by=kind", "by may be given only once"),
        ("?q=x&by=region", "nothing can be grouped by region"),
        ("?q=x&limit=5", "There is no parameter “limit”"),
    ],
)
def test_what_cannot_be_counted_is_explained(histories: TestClient, params: str, said: str) -> None:
    """Each mistake is named in a sentence."""
    answer = histories.get(f"/api/v1/themes{params}")
    assert answer.status_code == 422
    assert said in schemas.Problem.model_validate(answer.json()).detail


# ---------------------------------------------------------------------------------------------- the page


def test_the_page_begins_with_an_empty_form(histories: TestClient) -> None:
    """Nothing is counted before something is asked, and every field has its label."""
    found = page(histories, "/themes")
    form = one(found, "form.issues")
    assert (form["method"], form["action"]) == ("get", "/themes")
    for field in form.select("textarea, select"):
        assert form.select_one(f'label[for="{field["id"]}"]'), field
    assert not found.select("section.theme")
    assert "region" not in [option["value"] for option in form.select("select[name=by] option")]


def test_chart_table_and_api_agree(histories: TestClient) -> None:
    """Lines of one field are issues; each has a chart and a table with the figures of the API."""
    answer = get(histories, f"/api/v1/themes{ASKED}&by=authority")
    lines = f"{ISSUE}%0D%0A%0D%0A  Return home interviews %0D%0A{ISSUE}"
    asked = f"?q={lines}&query_direction=any&min_relevance=0.3&by=authority"
    found = page(histories, f"/themes{asked}")
    sections = found.select("section.theme")
    assert [plain(one(each, "h2")) for each in sections] == [each["query"] for each in answer["themes"]]
    for section, theme in zip(sections, answer["themes"], strict=True):
        rows = section.select("tbody tr")
        for row, group in zip(rows, theme["groups"], strict=True):
            cells = [plain(cell) for cell in row.select("th, td")]
            figure = [str(group[name]) for name in ("findings", "reports", "of_reports")]
            assert cells[:4] == [group["value"] or "Not given", *figure]
            assert [str(link["href"]) for link in row.select("a")] == ([group["url"]] if group["url"] else [])
        widths = [float(str(each["width"]).rstrip("%")) for each in section.select(".bars rect:not(.track)")]
        assert widths == [round(group["share"] * 100, 1) for group in theme["groups"]]
        assert theme["query"] in str(one(section, "[role=img]")["aria-label"])
    assert one(found, "textarea").text == f"{ISSUE}\nReturn home interviews"
    assert one(found, "select[name=by] option[selected]")["value"] == "authority"


def test_a_search_leads_to_its_figures(histories: TestClient) -> None:
    """From the results one comes to how often the issue comes up, under the same filters, and the totals agree."""
    limits = "query_direction=any&min_relevance=0.3&exclude_authority=Birch"
    asked = f"/?q={ISSUE}&{limits}&sort=oldest&per_document=2"
    address = str(one(page(histories, asked), ".to-themes a")["href"])
    total = get(histories, f"/api/v1/search?q={ISSUE}&{limits}")["total"]
    assert f"{total} comparable findings" in plain(one(page(histories, address), "section.theme"))
    assert not page(histories, address).select(".warning")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"/themes?q={ISSUE}%0A...", "The list of issues cannot be used: it must hold at least one letter or digit"),
        (
            "/themes?q=" + "%0A".join(f"issue {number}" for number in range(26)),
            "The list of issues has too many values",
        ),
        (f"/themes?q={ISSUE}&published_from=soon", "published_from cannot be used"),
        (f"/themes?q={ISSUE}&min_relevance=high", "min_relevance must be a number"),
        (f"/themes?q={ISSUE}&by=region", "There is no table of authorities here"),
    ],
)
def test_a_form_that_cannot_be_counted_comes_back_filled_in(histories: TestClient, address: str, said: str) -> None:
    """What is wrong is said above the form, and every line is still there."""
    found = page(histories, address, 422)
    assert said in plain(one(found, "[role=alert]"))
    typed = dict(parse_qsl(urlsplit(address).query))["q"]
    assert one(found, "textarea").text.split("\n") == typed.split("\n")


def test_filters_hold_and_are_taken_off(histories: TestClient) -> None:
    """A filter in force is ticked in the form, named above the figures, and its link removes it alone."""
    found = page(histories, f"/themes{ASKED}&authority=Birch&utm=x")
    assert one(found, "input[name=authority][checked]")["value"] == "Birch"
    assert "Authority: Birch" in plain(one(found, "section.chosen"))
    off = next(str(each["href"]) for each in found.select("section.chosen a") if "Birch" in plain(each))
    assert off.startswith("/themes?")
    assert "authority" not in dict(parse_qsl(urlsplit(off).query))
    assert "utm" in plain(one(found, ".warning"))


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0%"), (0.001, "under 1%"), (0.005, "under 1%"), (0.45, "45%"), (0.999, "over 99%"), (1.0, "100%")],
)
def test_a_share_is_said_in_per_cent(share: float, said: str) -> None:
    """A share is rounded, and what is neither nothing nor all is not said to be."""
    assert words.percent(share) == said


# ---------------------------------------------------------------------------------------------- the file


def test_the_file_has_the_figures_and_no_formula(histories: TestClient) -> None:
    """The table as CSV: one line for all, one for each group, and nothing in it that a spreadsheet would run."""
    asked = {"q": FORMULA, "by": "kind", "min_relevance": "0.3"}
    answer = histories.get("/themes.csv", params=asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert tuple(head) == COLUMNS
    assert {row[0] for row in rows} == {f"'{FORMULA}"}
    (theme,) = histories.get("/api/v1/themes", params=asked).json()["themes"]
    assert [(row[3], int(row[4]), float(row[7])) for row in rows] == [
        (each.get("value", "all"), each["findings"], each["share"]) for each in figures(theme)
    ]
    assert all("Open Government Licence" in row[-1] for row in rows)
    assert histories.get("/themes.csv").status_code == 422
