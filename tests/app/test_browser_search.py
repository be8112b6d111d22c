"""An inspector's search in a real Chromium: order, marks, paragraphs, suggestions and a hundred filters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from app.main import create_app
from indexer.config import Settings
from indexer.models import Direction
from tests.app.conftest import serving, watched
from tests.app.test_browser import QUERY, check_by_axe, focus
from tests.small_index import WordEncoder, document, finding, write_index

pytestmark = pytest.mark.browser

SIZE: ViewportSize = {"width": 1280, "height": 900}
PARAGRAPH = "Assessments of children in need are not timely, and case files are not kept up to date. " * 3
AUTHORITIES = 120
MANY = '"minutes"'
WEAK = Direction.WEAKNESS
STATES = {
    "newest first": f"/?q={QUERY}&sort=newest",
    "left out": f"/?q={QUERY}&exclude_authority=Bury",
    "marked": f"/?q={QUERY}&like={{0}}&unlike={{1}}",
    "a mark that is gone": f"/?q={QUERY}&like=gone",
    "nothing left": f"/?q={QUERY}&authority=Atlantis&like={{0}}",
    "long text": f"/?q={quote(PARAGRAPH)}",
    "text too long": "/?q=" + "a" * 2001,
    "comparable, marked": "/findings/{0}/comparable?unlike={1}",
    "compare": "/compare",
}


@pytest.fixture
def states(page: Page) -> dict[str, str]:
    """The pages of this module, by their addresses."""
    results = page.request.get("/api/v1/search", params={"q": QUERY}).json()["results"]
    return {name: address.format(*(each["finding"]["id"] for each in results)) for name, address in STATES.items()}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose findings come from more authorities than a page can show at once."""
    folder: Path = tmp_path_factory.mktemp("crowded")
    reports = [
        document(
            f"{number}.txt",
            f"Authority {number:03}",
            date(2010 + number % 12, 1, 1),
            # Words of its own keep each finding from being folded behind another.
            [
                finding(
                    f"Minutes of {' '.join(f'group{number}{part}' for part in 'abcdefgh')} are late.", direction=WEAK
                )
            ],
        )
        for number in range(AUTHORITIES)
    ]
    write_index(folder, reports, WordEncoder())
    with serving(create_app(Settings(index_dir=folder), WordEncoder())) as address:
        yield address


def parameters(found: Page) -> list[tuple[str, str]]:
    """What the address of a page holds."""
    return parse_qsl(urlsplit(found.url).query)


def headings(found: Page) -> list[str]:
    """The results of a page, by what they are called, without their places."""
    return [each.partition(". ")[2] for each in found.locator("article h2").all_inner_texts()]


# ---------------------------------------------------------------------------------------------- journeys


def test_results_are_put_in_order(either: Page) -> None:
    """The order is chosen by a link, said, kept on the next page, and in the title."""
    either.goto(f"/?q={QUERY}")
    either.get_by_role("link", name="Newest first").click()
    either.wait_for_url("**sort=newest")
    expect(either.locator(".order strong")).to_have_text("Newest first")
    assert "newest first" in either.title()
    years = [int(each[-4:]) for each in headings(either)]
    either.get_by_role("link", name="Next page").click()
    either.wait_for_url("**page=2**")
    years += [int(each[-4:]) for each in headings(either)]
    assert years == sorted(years, reverse=True)


def test_an_authority_is_left_out_and_brought_back(either: Page) -> None:
    """A result's link leaves its authority out, the page says so, and its link brings it back."""
    either.goto(f"/?q={QUERY}")
    before = either.get_by_role("status").first.inner_text()
    link = either.get_by_role("article").first.get_by_role("link", name="Leave out")
    authority = link.inner_text().split(":")[0].removeprefix("Leave out ").strip()
    link.click()
    either.wait_for_url("**exclude_authority=**")
    assert not [each for each in headings(either) if each.startswith(authority)]
    expect(either.get_by_role("region", name="Filters in force")).to_contain_text(f"Not from: {authority}")
    either.get_by_role("link", name="Remove the filter Not from").click()
    expect(either.get_by_role("status").first).to_have_text(before)


def test_more_like_this_less_like_that(either: Page) -> None:
    """Boxes of results are ticked, the search is sent again with them, and each mark is taken off by its link."""
    either.goto(f"/?q={QUERY}")
    first, second = either.get_by_role("article").nth(0), either.get_by_role("article").nth(1)
    first.get_by_label("More like this").check()
    second.get_by_label("Less like this").check()
    either.get_by_role("button", name="Search again with these marks").click()
    either.wait_for_url("**like=**")
    asked = dict(parameters(either))
    assert set(asked) == {"q", "like", "unlike"}
    marked = either.get_by_role("region", name="Marked by you")
    expect(marked.get_by_role("listitem")).to_have_count(2)
    for mark in ("like", "unlike"):
        expect(either.locator(f"#h-{asked[mark]}")).to_have_count(0)
    marked.get_by_role("link", name="Take the mark off").first.click()
    expect(marked.get_by_role("listitem")).to_have_count(1)
    assert "like" not in dict(parameters(either))


def test_a_paragraph_is_pasted(either: Page) -> None:
    """From the first page one comes to a box for a paragraph; what is too long comes back with a sentence."""
    either.goto("/")
    either.get_by_role("link", name="Compare a whole paragraph").click()
    box = either.get_by_label("The paragraph")
    box.fill(PARAGRAPH * 10)
    either.get_by_label("Leave out an authority").select_option("Bury")
    either.get_by_role("button", name="Find comparable findings").click()
    expect(either.get_by_role("alert")).to_contain_text("at most 2,000 can be compared")
    assert box.input_value() == PARAGRAPH * 10
    expect(either.get_by_label("Leave out an authority")).to_have_value("Bury")
    either.get_by_role("alert").get_by_role("link").click()
    box.fill(PARAGRAPH)
    either.get_by_role("button", name="Find comparable findings").click()
    either.wait_for_url("**exclude_authority=Bury")
    assert either.locator("#q").input_value() == PARAGRAPH.strip()
    assert not [each for each in headings(either) if each.startswith("Bury")]


def test_a_finding_s_own_authority_is_left_out(either: Page) -> None:
    """From a result to what is comparable to it, and on to what is so elsewhere, in two clicks."""
    either.goto(f"/?q={QUERY}")
    either.get_by_role("article").first.get_by_role("link", name="Find comparable").click()
    either.wait_for_url("**/comparable")
    either.locator(".subject").get_by_role("link", name="Leave out").click()
    either.wait_for_url("**exclude_authority=**")
    authority = dict(parameters(either))["exclude_authority"]
    assert not [each for each in headings(either) if each.startswith(authority)]


def test_related_words_are_searched_for(either: Page) -> None:
    """A phrase that results share leads to its own search."""
    either.goto("/?q=assessments of children")
    link = either.get_by_role("region", name="Related words in these reports").get_by_role("link").first
    words = link.inner_text()
    link.click()
    either.wait_for_url(lambda address: "assessments" not in address.partition("q=")[2] or words in address)
    assert either.locator("#q").input_value() == words


# ---------------------------------------------------------------------------------------------- suggestions


@pytest.fixture
def box(page: Page) -> Locator:
    """The search box, with something typed that can be completed."""
    page.goto("/")
    found = page.get_by_role("combobox", name="The issue, in your own words")
    found.press_sequentially("Case files of child")
    expect(found).to_have_attribute("aria-expanded", "true")
    return found


def test_suggestions_by_keyboard(page: Page, box: Locator) -> None:
    """Arrows walk through the list and out of it again, Enter takes a suggestion, and only the next Enter searches."""
    options = page.get_by_role("option")
    count = options.count()
    assert count
    expect(page.get_by_role("status").last).to_have_text(f"{count} suggestion{'s' if count > 1 else ''}")
    expect(box).not_to_have_attribute("aria-activedescendant", "")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", str(options.first.get_attribute("id")))
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.input_value() == "Case files of child", "what is typed stays until a suggestion is taken"
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    words = options.last.inner_text()
    page.keyboard.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert words.startswith(box.input_value())
    assert box.input_value().startswith("Case files of ")
    assert urlsplit(page.url).query == ""
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=Case+files+of+**")


def test_suggestions_are_left_alone(page: Page, box: Locator) -> None:
    """Escape closes the list and keeps what is typed; Enter without a choice searches for exactly that."""
    height = page.evaluate("document.querySelector('.example').getBoundingClientRect().top")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    assert page.evaluate("document.querySelector('.example').getBoundingClientRect().top") == height, "nothing jumps"
    assert box.input_value() == "Case files of child"
    box.press_sequentially("r")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=Case+files+of+childr")


def test_suggestions_by_mouse_and_on_leaving(page: Page, box: Locator) -> None:
    """A click takes a suggestion and leaves the keyboard in the box; leaving the box closes the list."""
    page.get_by_role("option").first.click()
    expect(box).to_be_focused()
    assert box.input_value().startswith("Case files of ")
    box.press_sequentially(" x")
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_without_suggestions_the_search_works(page: Page) -> None:
    """Where the service gives no suggestions nothing is shown, and the search goes on."""
    page.route("**/api/v1/suggestions*", lambda route: route.fulfill(status=503))
    page.goto("/")
    page.locator("#q").press_sequentially("assess")
    page.wait_for_timeout(400)
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=assess")


# ---------------------------------------------------------------------------------------------- many filters


def test_a_long_list_is_narrowed(browser: Browser, crowded: str) -> None:
    """With a script a box narrows a list of 120 values; what is ticked stays in sight and is sent."""
    with browser.new_context(base_url=crowded, viewport=SIZE) as context, watched(context) as found:
        found.goto(f"/?q={MANY}")
        found.locator("summary", has_text="Leave out authorities").click()
        items = found.locator("#filters li", has=found.locator("[name=exclude_authority]"))
        assert items.count() == AUTHORITIES
        found.get_by_label("Authority 007").last.check()
        narrow = found.get_by_label("Narrow the list: leave out authorities")
        narrow.fill("11")
        expect(items.filter(visible=True)).to_have_count(12)  # 011, 110 to 119, and the one ticked
        expect(found.locator(".narrow [role=status]").last).to_have_text(f"12 of {AUTHORITIES} shown")
        narrow.press("Enter")
        assert "exclude" not in found.url, "Enter ends the typing and sends nothing"
        found.get_by_role("button", name="Apply filters").click()
        found.wait_for_url("**exclude_authority=Authority+007**")
        expect(found.get_by_role("status").first).to_contain_text(f"{AUTHORITIES - 1} comparable findings")


def test_a_long_list_without_script(browser: Browser, crowded: str) -> None:
    """Without a script the whole list is there, in a box of its own that scrolls."""
    with browser.new_context(base_url=crowded, java_script_enabled=False) as context, watched(context) as found:
        found.goto(f"/?q={MANY}")
        found.locator("summary", has_text="Leave out authorities").click()
        items = found.locator("#filters li", has=found.locator("[name=exclude_authority]"))
        assert items.filter(visible=True).count() == AUTHORITIES
        assert (items.first.locator("xpath=..").bounding_box() or {"height": 999})["height"] < 320
        items.last.get_by_role("checkbox").check()
        found.get_by_role("button", name="Apply filters").click()
        found.wait_for_url(f"**exclude_authority=Authority+{AUTHORITIES - 1}**")


# ---------------------------------------------------------------------------------------------- for everyone


def test_marks_by_keyboard_alone(page: Page) -> None:
    """A result is marked, and the search sent again, with the keyboard alone."""
    page.goto(f"/?q={QUERY}")
    mark = page.get_by_role("article").last.get_by_label("More like this")
    focus(page, mark)
    page.keyboard.press("Space")
    expect(mark).to_be_checked()
    focus(page, page.get_by_role("button", name="Search again with these marks"))
    page.keyboard.press("Enter")
    page.wait_for_url("**like=**")
    expect(page.get_by_role("region", name="Marked by you")).to_be_visible()


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(page: Page, states: dict[str, str], state: str) -> None:
    """axe-core finds no violation on the pages of a search, in light, in dark and on a phone."""
    check_by_axe(page, states[state])


def test_axe_finds_nothing_where_something_is_open(page: Page, box: Locator, browser: Browser, crowded: str) -> None:
    """An open list of suggestions, a refused paragraph and a hundred filters pass too."""
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.goto("/compare")
    page.get_by_label("The paragraph").fill(PARAGRAPH * 10)
    page.get_by_role("button", name="Find comparable findings").click()
    expect(page.get_by_role("alert")).to_be_visible()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    with browser.new_context(base_url=crowded, viewport=SIZE) as context, watched(context) as found:
        found.goto(f"/?q={MANY}")
        found.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        results = Axe().run(found)
        assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_runs_over_the_side(page: Page, states: dict[str, str], width: int) -> None:
    """At 320 px, and at 1280 px zoomed to 200%, no page must be pushed sideways, nor the list of suggestions."""
    page.set_viewport_size({"width": width, "height": 640})
    for state, address in states.items():
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
    page.goto("/")
    page.locator("#q").press_sequentially("case files of child")
    expect(page.get_by_role("option").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in page.get_by_role("option").all():
        assert (control.bounding_box() or {"height": 0})["height"] >= 24
