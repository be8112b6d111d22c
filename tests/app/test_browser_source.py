"""From a result to its report and the very page, in a real Chromium: with and without script, by keyboard, by axe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.main import create_app
from indexer.build import build
from indexer.config import Settings
from tests.app.conftest import SEEDS, serving, watched
from tests.app.test_browser import check_by_axe, check_cited, focus, in_view
from tests.printed import LONG, report_bytes
from tests.small_index import WordEncoder

pytestmark = pytest.mark.browser

QUERY = '"strategy meetings"'
STATES = {
    "report": "/documents/{document}",
    "cited": "/documents/{document}#f-{finding}",
    "words found": "/documents/{document}?find=supervision",
    "words not found": "/documents/{document}?find=ferries",
    "page": "/documents/{document}/pages/1",
    "page with a finding": "/documents/{document}/pages/1?finding={finding}",
    "another page": "/documents/{document}/pages/2?finding={first}",
    "verified": "/findings/{finding}/verify",
    "no such page": "/documents/{document}/pages/9",
    "gone": "/documents/{gone}/source",
    "not verified": "/findings/{lost}/verify",
    "one report searched": f"/?q={QUERY}&document={{document}}",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that shows files: a printed report, and a letter whose file has gone since."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "report.pdf").write_bytes(report_bytes())
    letter = folder / "letter.txt"
    letter.write_bytes(next(SEEDS.glob("000*.txt")).read_bytes())
    settings = Settings(index_dir=Path(tmp_path_factory.mktemp("index")), serve_documents=True)
    build(settings, [folder], encoder=WordEncoder())
    letter.unlink()
    with serving(create_app(settings, WordEncoder())) as found:
        yield found


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def either(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """A page of a browser with JavaScript, and one of a browser without."""
    with browser.new_context(base_url=address, java_script_enabled=request.param) as context, watched(context) as found:
        yield found


@pytest.fixture
def desk(browser: Browser, address: str) -> Iterator[Page]:
    """A page of an ordinary browser."""
    size: ViewportSize = {"width": 1280, "height": 900}
    with browser.new_context(base_url=address, viewport=size) as context, watched(context) as found:
        yield found


@pytest.fixture
def states(desk: Page) -> dict[str, str]:
    """Every page in every state, by its address."""
    ids: dict[str, str] = {}
    for record in desk.request.get("/api/v1/documents").json()["documents"]:
        found = desk.request.get(f"/api/v1/documents/{record['id']}").json()["findings"]
        if record["source"] == "report.pdf":
            ids |= {"document": record["id"], "first": found[0]["id"]}
            ids["finding"] = next(each["id"] for each in found if each["text"].startswith(LONG))
        else:
            ids |= {"gone": record["id"], "lost": found[0]["id"]}
    return {name: each.format(**ids) for name, each in STATES.items()}


def drawn(found: Page) -> int:
    """How many pixels wide the image of the page stands there."""
    image = found.locator(".image img")
    image.scroll_into_view_if_needed()
    expect(image).to_be_visible()
    box = image.bounding_box()
    assert box
    assert box["height"] > box["width"], "a page stands upright"
    assert found.request.get(str(image.get_attribute("src"))).body().startswith(b"\x89PNG")
    return int(box["width"])


def test_from_a_result_to_the_very_page(either: Page) -> None:
    """A result leads to its report, the report to the page with the finding marked, over the page end, and back."""
    either.goto(f"/?q={QUERY}")
    article = either.get_by_role("article").filter(has_text=LONG)
    article.get_by_role("link", name="Read it in the report").click()
    either.wait_for_url("**/documents/*#f-*")
    item = either.locator(".finding:target")
    identity = str(item.get_attribute("id")).removeprefix("f-")
    item.get_by_role("link", name="See it on the page").click()
    either.wait_for_url("**/pages/1?finding=*")
    expect(either.get_by_role("status").first).to_contain_text("The finding is marked on this page")
    assert drawn(either) > 300
    expect(either.locator(".subject blockquote")).to_contain_text(LONG)
    either.get_by_role("link", name="It goes on on page 2").click()
    either.wait_for_url("**/pages/2?finding=*")
    assert drawn(either) > 300
    either.get_by_role("link", name="Back to the report").click()
    either.wait_for_url("**/documents/*#f-*")
    check_cited(either, identity)


def test_the_words_are_checked_against_the_source(either: Page, states: dict[str, str]) -> None:
    """One link says whether the words stand in the file, and leads on to the page."""
    either.goto(states["cited"])
    either.locator(".finding:target").get_by_role("link", name="Check against the source").click()
    expect(either.get_by_role("heading", level=1)).to_have_text("The words stand in the source")
    either.get_by_role("link", name="See it on the page").click()
    assert drawn(either) > 300


def test_words_are_found_and_walked(either: Page, states: dict[str, str]) -> None:
    """Words typed into a report's page are marked in place, and links lead from one to the next."""
    either.goto(states["report"])
    box = either.get_by_label("Find words in this report")
    box.fill("supervision")
    box.press("Enter")
    either.wait_for_url("**find=supervision**")
    expect(either.get_by_role("status").first).to_have_text("2 findings hold “supervision”.")
    either.get_by_role("link", name="Go to the first").click()
    first = either.locator(".finding:target")
    expect(first.locator("mark")).to_have_text("Supervision")
    first.get_by_role("link", name="Next with these words").click()
    expect(either.locator(".finding:target .words-on")).to_have_count(0)
    assert in_view(either.locator(".finding:target mark"))
    either.get_by_role("link", name="Show the report without marks").click()
    expect(either.locator("mark")).to_have_count(0)


def test_back_to_the_results(either: Page) -> None:
    """Who comes from results finds the way back to these very results, also after finding words."""
    either.goto(f"/?q={QUERY}&direction=weakness")
    before = either.url
    either.get_by_role("article").filter(has_text=LONG).get_by_role("link", name="Read it in the report").click()
    box = either.get_by_label("Find words in this report")
    box.fill("late")
    box.press("Enter")
    either.wait_for_url("**find=late**")
    either.get_by_role("link", name="Back to results").click()
    assert either.url == before


def test_by_keyboard_alone(desk: Page, states: dict[str, str]) -> None:
    """From a report to the page of a finding, to the page after it and back, with the Tab key and Enter."""
    desk.goto(states["cited"])
    focus(desk, desk.locator(".finding:target").get_by_role("link", name="See it on the page"))
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/pages/1?finding=*")
    focus(desk, desk.get_by_role("link", name="Page 2", exact=True))
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/pages/2")
    focus(desk, desk.get_by_role("link", name="Read it in the report").first)
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/documents/*#f-*")


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(desk: Page, states: dict[str, str], state: str) -> None:
    """axe-core finds no violation on any page or state, in light, in dark and on a phone."""
    check_by_axe(desk, states[state])


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_runs_over_the_side(desk: Page, states: dict[str, str], width: int) -> None:
    """At 320 px, and at 1280 px zoomed to 200%, no page must be pushed sideways, and targets keep their size."""
    desk.set_viewport_size({"width": width, "height": 640})
    for state, each in states.items():
        desk.goto(each)
        assert desk.evaluate("document.documentElement.scrollWidth") <= width, state
    desk.goto(states["words found"])
    for link in desk.locator(".steps a").all():
        size = link.bounding_box()
        assert size
        assert min(size["width"], size["height"]) >= 24
