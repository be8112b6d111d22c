"""Authorities and themes in a real Chromium: the journeys, the keyboard, a phone, and axe on every state."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.main import create_app
from indexer.config import Settings
from tests.app.conftest import serving, watched
from tests.app.histories import AGAIN, write_histories
from tests.app.test_browser import DOCS, check_by_axe, check_cited
from tests.small_index import WordEncoder

pytestmark = pytest.mark.browser

ISSUES = "supervision of social workers%0AReturn home interviews&query_direction=any&min_relevance=0.3"
STATES = {
    "authorities": "/authorities",
    "an authority with a history": "/authorities/Alder",
    "an authority without one": "/authorities/Cedar%2FElm",
    "an unknown authority": "/authorities/Atlantis",
    "themes, nothing asked": "/themes",
    "themes by year": f"/themes?q={ISSUES}",
    "themes by authority, filtered": f"/themes?q={ISSUES}&by=authority&direction=weakness&utm=x",
    "themes, nothing comparable": "/themes?q=legionella+in+cooling+towers",
    "themes, long text": f"/themes?q={'a-very-long-issue-' * 40}",
    "themes, an error": "/themes?q=...&by=colour",
}


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server over authorities that were inspected several times."""
    folder = tmp_path_factory.mktemp("histories")
    write_histories(folder)
    with serving(create_app(Settings(index_dir=folder), WordEncoder())) as address:
        yield address


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def either(request: pytest.FixtureRequest, browser: Browser, histories: str) -> Iterator[Page]:
    """A page of a browser with JavaScript, and one of a browser without."""
    with (
        browser.new_context(base_url=histories, java_script_enabled=request.param) as context,
        watched(context) as found,
    ):
        yield found


@pytest.fixture
def sheet(browser: Browser, histories: str) -> Iterator[Page]:
    """A page of an ordinary browser."""
    size: ViewportSize = {"width": 1280, "height": 900}
    with browser.new_context(base_url=histories, viewport=size) as context, watched(context) as found:
        yield found


def test_from_an_authority_to_what_came_back(either: Page) -> None:
    """From the list to an authority, to the point that came back, to its place in the earlier report."""
    either.goto("/")
    either.get_by_role("link", name="Authorities").first.click()
    either.get_by_role("link", name="Alder", exact=True).click()
    expect(either.get_by_role("heading", level=1)).to_have_text("Alder")
    either.get_by_role("link", name="Points that come back").click()
    expect(either.locator("#recurring")).to_be_in_viewport()
    point = either.locator("ol.points > li", has_text=AGAIN).first
    earlier = point.locator(".before li").first
    expect(earlier.locator("blockquote")).to_have_text(AGAIN)
    expect(earlier.locator("mark").first).to_be_visible()
    address = earlier.locator(".source a").get_attribute("href")
    earlier.locator(".source a").click()
    either.wait_for_url("**/documents/*#f-*")
    assert address
    check_cited(either, address.partition("#f-")[2])


def test_the_narrative_opens_on_demand(either: Page) -> None:
    """Weaknesses of the narrative stand folded, and open with or without script."""
    either.goto("/authorities/Alder")
    folded = either.locator("section.inspection details").first
    expect(folded.locator("blockquote").first).to_be_hidden()
    folded.locator("summary").click()
    expect(folded.locator("blockquote").first).to_be_visible()


def test_issues_are_counted_and_followed(either: Page) -> None:
    """Issues typed one a line are counted, a figure leads to its findings, and back again is one step."""
    either.goto("/themes")
    either.get_by_label("The issues, one a line").fill("supervision of social workers\nReturn home interviews")
    either.get_by_label("Looking for").select_option("any")
    either.get_by_role("button", name="Count").click()
    expect(either.get_by_role("status").first).to_contain_text("2 issues counted")
    figure = either.locator("section.theme td.figure a").first
    count = figure.inner_text()
    figure.click()
    expect(either.get_by_role("status").first).to_contain_text(f"{count} comparable finding")
    either.go_back()
    expect(either.get_by_label("The issues, one a line")).to_have_value(
        "supervision of social workers\nReturn home interviews"
    )


def test_themes_by_keyboard(sheet: Page) -> None:
    """The form is filled, sent and read with the keyboard alone; the wide table can be scrolled with it."""
    sheet.goto("/themes")
    sheet.get_by_label("The issues, one a line").focus()
    sheet.keyboard.type("supervision of social workers")
    for field in ("by", "query_direction", "min_relevance"):
        sheet.keyboard.press("Tab")
        assert sheet.evaluate("document.activeElement.name") == field
    sheet.keyboard.press("Tab")
    assert sheet.evaluate("document.activeElement.tagName") == "SUMMARY"
    sheet.keyboard.press("Tab")
    sheet.keyboard.press("Enter")
    sheet.wait_for_url("**/themes?q=*")
    table = sheet.locator("div[role=region]").first
    table.focus()
    expect(table).to_be_focused()


def test_the_file_is_downloaded(sheet: Page) -> None:
    """The link gives a file to keep."""
    sheet.goto(f"/themes?q={ISSUES}")
    with sheet.expect_download() as download:
        sheet.get_by_role("link", name="Download the tables as CSV").click()
    assert download.value.suggested_filename == "themes.csv"


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(sheet: Page, state: str) -> None:
    """axe-core finds no violation in any state, in light, in dark and on a phone, what is folded included."""
    check_by_axe(sheet, STATES[state])
    sheet.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    results = Axe().run(sheet)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_runs_over_the_side(sheet: Page, width: int) -> None:
    """At 320 px, and at 1280 px zoomed to 200%, no page must be pushed sideways to be read."""
    sheet.set_viewport_size({"width": width, "height": 640})
    for state, address in STATES.items():
        sheet.goto(address)
        sheet.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert sheet.evaluate("document.documentElement.scrollWidth") <= width, state


def test_targets_are_large_enough(sheet: Page) -> None:
    """Every link and button of the new pages that stands by itself can be hit: 24 px at least."""
    sheet.set_viewport_size({"width": 1280, "height": 1280})
    for name, state in (("authority", "an authority with a history"), ("themes", "themes by year")):
        address = STATES[state]
        sheet.goto(address)
        if os.environ.get("SCREENSHOTS"):
            sheet.screenshot(path=DOCS / f"{name}.png")
        sheet.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        for found in sheet.locator("main .source a, main .jump a, main td.figure a, main .actions a").all():
            box = found.bounding_box()
            assert box
            assert box["height"] >= 24, (address, found.inner_text(), box)


def test_marks_differ_without_colour(sheet: Page) -> None:
    """Each mark of the chart has its letters, and stands inside the chart on a phone too."""
    sheet.set_viewport_size({"width": 320, "height": 640})
    sheet.goto("/authorities/Alder")
    lanes = sheet.locator(".lanes").bounding_box()
    assert lanes
    marks = sheet.locator(".lane .mark rect").all()
    assert len(marks) == 4
    for mark in marks:
        box = mark.bounding_box()
        assert box
        assert lanes["x"] - 1 <= box["x"]
        assert box["x"] + box["width"] <= lanes["x"] + lanes["width"] + 1
    assert sheet.locator(".lane .mark text").all_text_contents() == ["I", "RI", "G", "I"]
