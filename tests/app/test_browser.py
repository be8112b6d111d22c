"""The pages in a real Chromium, over a real server: with and without script, by keyboard, on a phone, on paper, by axe.

Run with SCREENSHOTS=1 to write the pictures of the documentation anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.app.conftest import watched
from tests.app.prepared import ALIKE, NOTHING, TYPED

pytestmark = pytest.mark.browser

DOCS = Path(__file__).resolve().parents[2] / "docs"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUERY = '"assessments"'
STATES = {
    "home": "/",
    "results": f"/?q={QUERY}",
    "filtered": f"/?q={QUERY}&direction=weakness&published_from=2010-01-01",
    "second page": f"/?q={QUERY}&page=2",
    "past the end": f"/?q={QUERY}&page=99",
    "no results": f"/?q={QUERY}&authority=Atlantis",
    "left aside": f"/?q={QUERY}&authorty=Bury",
    "comparable": "/findings/{finding}/comparable",
    "near-identical": "/findings/{finding}/near-identical",
    "documents": "/documents",
    "document": "/documents/{document}",
    "cited": "/documents/{document}#f-{finding}",
    "about": "/about",
    "api": "/docs",
    "bad search": "/?q=...&direction=up",
    "not found": "/nothing",
}
TOLD_STATES = {
    "direction and corrections": f"/?q={TYPED}",
    "turned round, limited": f"/?q={TYPED}&query_direction=strength&min_relevance=0.5&per_document=2",
    "without direction": f"/?q={ALIKE}&page=2",
    "nothing comparable": f"/?q={NOTHING}",
    "weak ones alone": f"/?q={NOTHING}&weak=true",
    "weak ones after results": f"/?q={TYPED}&page=2&weak=true&query_direction=any",
}
"""Pages of the server whose answers are prepared."""


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A page of an ordinary browser that lets this service use the clipboard."""
    with browser.new_context(base_url=server, viewport={"width": 1280, "height": 900}) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        with watched(context) as found:
            yield found


@pytest.fixture
def told(browser: Browser, telling_server: str) -> Iterator[Page]:
    """A page of an ordinary browser, of the server whose answers are prepared."""
    size: ViewportSize = {"width": 1280, "height": 900}
    with browser.new_context(base_url=telling_server, viewport=size) as context, watched(context) as found:
        yield found


@pytest.fixture
def states(page: Page) -> dict[str, str]:
    """Every page in every state, by its address."""
    result = page.request.get("/api/v1/search", params={"q": QUERY}).json()["results"][0]
    ids = {"finding": result["finding"]["id"], "document": result["document"]["id"]}
    return {name: address.format(**ids) for name, address in STATES.items()}


def in_view(found: Locator) -> bool:
    """Whether an element's beginning stands in the visible part of the page."""
    box = found.bounding_box()
    size = found.page.viewport_size
    assert box
    assert size
    return 0 <= box["y"] < size["height"] and box["x"] >= 0


def check_cited(found: Page, finding: str) -> None:
    """The page has arrived at a cited finding: in view, marked, and said to be the cited one."""
    cited = found.locator(f"#f-{finding}")
    expect(cited).to_be_visible()
    assert in_view(cited)
    assert found.evaluate("id => document.getElementById(id).matches(':target')", f"f-{finding}")
    assert "Cited finding" in found.evaluate(
        "id => getComputedStyle(document.getElementById(id), '::before').content", f"f-{finding}"
    )


# ---------------------------------------------------------------------------------------------- journeys


def test_from_a_question_to_its_place_in_the_report(either: Page) -> None:
    """Typing an issue leads to results, a result to its marked place in the report, with or without script."""
    either.goto("/")
    box = either.locator("#q")
    box.fill(QUERY)
    box.press("Enter")
    either.wait_for_url("**/?q=*")
    expect(either.get_by_role("status").first).to_contain_text("comparable findings")
    article = either.get_by_role("article").first
    words = article.locator("blockquote").inner_text()
    expect(article.locator("mark").first).to_be_visible()
    expect(article.locator(".cite p")).to_be_visible()
    article.get_by_role("link", name="Read it in the report").click()
    either.wait_for_url("**/documents/*#f-*")
    finding = urlsplit(either.url).fragment.removeprefix("f-")
    check_cited(either, finding)
    assert either.locator(f"#f-{finding} .words").inner_text().strip() == words.strip()


def test_from_a_finding_to_comparable_ones(either: Page) -> None:
    """From a finding in its report one comes to those comparable with it, and the finding is quoted above them."""
    either.goto(f"/?q={QUERY}")
    words = either.locator("blockquote").first.inner_text()
    either.get_by_role("article").first.get_by_role("link", name="Find comparable").click()
    either.wait_for_url("**/comparable")
    expect(either.get_by_role("heading", level=1)).to_have_text("Findings comparable to this one")
    assert either.locator(".subject blockquote").inner_text() == words


def test_filters_narrow_and_are_taken_off(either: Page) -> None:
    """Ticking a box gives at least as many results as the box promised; the filter's link brings all back."""
    either.goto(f"/?q={QUERY}")
    everything = either.get_by_role("status").first.inner_text()
    label = either.locator("aside li", has=either.locator("input[name=direction][value=weakness]"))
    promised = int(label.locator(".count").inner_text().strip("()"))
    label.get_by_role("checkbox").check()
    either.get_by_role("button", name="Apply filters").click()
    either.wait_for_url("**direction=weakness**")
    given = int(either.get_by_role("status").first.inner_text().split()[0])
    assert promised <= given < int(everything.split()[0])
    expect(either.locator("aside input[name=direction][value=weakness]")).to_be_checked()
    either.get_by_role("link", name="Remove the filter Direction").click()
    expect(either.get_by_role("status").first).to_have_text(everything)


def test_pages_are_walked(either: Page) -> None:
    """The second page follows the first, and one can go back."""
    either.goto(f"/?q={QUERY}")
    last = either.locator("ol.cards article h2").last.inner_text()
    rank = int(last.partition(".")[0])
    either.get_by_role("link", name="Next page").click()
    expect(either.locator('nav[aria-label="Pagination"] [aria-current="page"]')).to_have_text("2")
    assert either.locator("ol.cards article h2").first.inner_text().startswith(f"{rank + 1}.")
    either.get_by_role("link", name="Previous page").click()
    expect(either.locator('nav[aria-label="Pagination"] [aria-current="page"]')).to_have_text("1")


def test_by_keyboard_alone(page: Page) -> None:
    """Everything on the way from the first page to a finding can be reached and seen with the keyboard."""
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    assert in_view(skip)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(QUERY)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    target = page.get_by_role("article").first.get_by_role("link").first
    focus(page, target)
    expect(target).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/*#f-*")
    check_cited(page, urlsplit(page.url).fragment.removeprefix("f-"))


def focus(found: Page, target: Locator) -> None:
    """Come to an element with the Tab key alone; where the keyboard is must be seen all the way."""
    for _ in range(60):
        found.keyboard.press("Tab")
        focused = found.locator(":focus")
        style = focused.evaluate("each => getComputedStyle(each).outlineStyle + getComputedStyle(each).outlineWidth")
        assert style == "solid3px", "where the keyboard is must be seen"
        if focused.evaluate("(each, other) => each === other", target.element_handle()):
            return
    raise AssertionError("the Tab key does not lead there")


def test_a_search_is_turned_round_by_keyboard(told: Page) -> None:
    """The direction is turned, and the reasons of a result are opened and closed, with the keyboard alone."""
    told.goto(TOLD_STATES["direction and corrections"])
    expect(told.locator(".sought")).to_contain_text("Looking for weaknesses")
    focus(told, told.get_by_role("link", name="Show good practice instead"))
    told.keyboard.press("Enter")
    told.wait_for_url("**query_direction=strength")
    expect(told.locator(".sought")).to_contain_text("Looking for good practice")
    assert "looking for good practice" in told.title()
    reasons = told.locator("details.why").first
    expect(reasons.locator("li").last).to_be_hidden()
    focus(told, reasons.locator("summary"))
    told.keyboard.press("Enter")
    expect(reasons.locator("li").last).to_have_text("Points the way sought: raises it to 0.71")
    told.keyboard.press("Enter")
    expect(reasons.locator("li").last).to_be_hidden()


def test_weak_findings_come_into_view(told: Page) -> None:
    """The link to the nearest findings leads to them, and the Tab key goes on from there."""
    told.goto(TOLD_STATES["nothing comparable"])
    told.get_by_role("link", name="Show the nearest findings anyway").click()
    told.wait_for_url("**weak=true#weak")
    assert in_view(told.get_by_role("heading", name="The nearest findings"))
    expect(told.get_by_role("status").first).to_contain_text("5 weak ones below")
    told.keyboard.press("Tab")
    expect(told.get_by_role("link", name="Hide them")).to_be_focused()
    told.keyboard.press("Enter")
    told.wait_for_url(lambda address: "weak" not in address)
    expect(told.get_by_role("article")).to_have_count(0)


def test_limits_are_chosen_from_lists(told: Page) -> None:
    """Choosing the most results per report and the least score puts both into the address and above the results."""
    told.goto(TOLD_STATES["turned round, limited"].partition("&")[0])
    told.get_by_label("Most results per report").select_option("1")
    told.get_by_label("Minimum relevance").select_option("0.7 or more")
    told.get_by_role("button", name="Apply filters").click()
    told.wait_for_url("**min_relevance=0.7&per_document=1**")
    chosen = told.get_by_role("region", name="Filters in force")
    expect(chosen).to_contain_text("Most results per report: 1")
    expect(chosen).to_contain_text("Minimum relevance: 0.7 or more")


# ---------------------------------------------------------------------------------------------- copying


def test_the_citation_is_copied(page: Page) -> None:
    """The buttons put the citation, or the quotation with it, on the clipboard, and say so."""
    page.goto(f"/?q={QUERY}")
    article = page.get_by_role("article").first
    citation = article.locator(".cite p").inner_text()
    button = article.get_by_role("button", name="Copy citation")
    button.click()
    expect(page.locator("#copied")).to_have_text("Citation copied")
    expect(article.get_by_role("button", name="Copied")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == citation
    article.get_by_role("button", name="Copy with quotation").click()
    expect(page.locator("#copied")).to_have_text("Quotation and citation copied")
    quoted = " ".join(article.locator("blockquote").inner_text().split())
    assert page.evaluate("navigator.clipboard.readText()") == f"“{quoted}” ({citation})"


def test_copying_where_the_browser_has_no_clipboard(page: Page) -> None:
    """Over plain HTTP from another machine browsers offer no clipboard; the citation is copied all the same."""
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(f"/?q={QUERY}")
    article = page.get_by_role("article").first
    article.get_by_role("button", name="Copy citation").click()
    expect(page.locator("#copied")).to_have_text("Citation copied")
    box = page.locator("#q")
    box.fill("")
    box.press("Control+V")
    assert box.input_value() == article.locator(".cite p").inner_text()


def test_without_script_the_citation_is_there_and_the_button_is_not(browser: Browser, server: str) -> None:
    """A reader without JavaScript sees every citation and no button that does nothing."""
    with browser.new_context(base_url=server, java_script_enabled=False) as context, watched(context) as found:
        found.goto(f"/?q={QUERY}")
        for article in found.get_by_role("article").all():
            expect(article.locator(".cite p")).to_be_visible()
            expect(article.get_by_role("button")).to_have_count(0)


def test_the_cited_finding_shows_its_citation(page: Page, states: dict[str, str]) -> None:
    """Arriving from a citation, its words stand open beside the finding, and only there."""
    page.goto(states["cited"])
    finding = urlsplit(states["cited"]).fragment
    expect(page.locator(f"#{finding} .cite p")).to_be_visible()
    assert page.locator("details[open]").count() == 1


# ---------------------------------------------------------------------------------------------- for everyone


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(page: Page, states: dict[str, str], state: str) -> None:
    """axe-core finds no violation of WCAG 2.2 AA or of its best practices, in light, in dark and on a phone."""
    check_by_axe(page, states[state])


@pytest.mark.parametrize("state", TOLD_STATES)
def test_axe_finds_nothing_in_what_is_told(told: Page, state: str) -> None:
    """The same holds for all that a page of results may tell, with what stands folded open."""
    check_by_axe(told, TOLD_STATES[state])
    told.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    results = Axe().run(told)
    assert results.violations_count == 0, results.generate_report()


def check_by_axe(page: Page, address: str) -> None:
    """See that axe-core finds nothing on a page."""
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 320)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        only = {"type": "rule", "values": ["color-contrast"]} if scheme == "dark" else {"type": "tag", "values": TAGS}
        results = Axe().run(page, options={"runOnly": only})
        assert results.violations_count == 0, f"{scheme}, {width} px: {results.generate_report()}"
        assert results.response["passes"]


def test_axe_finds_nothing_where_all_is_open(page: Page, states: dict[str, str]) -> None:
    """What stands folded passes too."""
    for state in ("results", "document", "api"):
        page.goto(states[state])
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        results = Axe().run(page)
        assert results.violations_count == 0, f"{state}: {results.generate_report()}"


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_runs_over_the_side(page: Page, told: Page, states: dict[str, str], width: int) -> None:
    """At 320 px, and at 1280 px zoomed to 200%, no page must be pushed sideways to be read."""
    for found, addresses in ((page, states), (told, TOLD_STATES)):
        found.set_viewport_size({"width": width, "height": 640})
        for state, address in addresses.items():
            found.goto(address)
            found.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert found.evaluate("document.documentElement.scrollWidth") <= width, state


def test_on_paper(page: Page, states: dict[str, str]) -> None:
    """Printed pages hold the words, the citations and the addresses, and none of the controls."""
    page.emulate_media(media="print")
    for state in ("results", "comparable", "cited"):
        page.goto(states[state])
        for control in ("nav", "form", "aside", "button", ".actions"):
            for found in page.locator(control).all():
                expect(found).to_be_hidden()
        assert page.locator(".cite p").count()
        for citation in page.locator(".cite p").all():
            expect(citation).to_be_visible()
            assert (citation.bounding_box() or {"height": 0})["height"] > 5, state
        expect(page.locator("footer")).to_contain_text("Open Government Licence v3.0")
    page.goto(states["results"])
    shown = page.locator("article h2 a").first.evaluate("each => getComputedStyle(each, '::after').content")
    assert urlsplit(page.url).netloc in shown, "an address on paper must be whole"
    expect(page.locator("h1")).to_contain_text(QUERY)
    assert (page.locator("h1").bounding_box() or {"height": 0})["height"] > 5


def test_what_is_told_on_paper(told: Page) -> None:
    """Printed pages say which way was sought and how sure each match is, without links that paper cannot follow."""
    told.emulate_media(media="print")
    told.goto(TOLD_STATES["weak ones after results"])
    expect(told.locator(".sought strong")).to_be_visible()
    for gone in (".sought a", "details.why", ".weak-link"):
        for found in told.locator(gone).all():
            expect(found).to_be_hidden()
    for match in told.locator(".match").all():
        expect(match).to_be_visible()


@pytest.mark.slow
def test_the_first_question_of_a_new_user(browser: Browser, real_server: str) -> None:
    """With the real model, the example of the documentation finds the letter to Bury first, and leads into it."""
    size: ViewportSize = {"width": 1280, "height": 960}
    with browser.new_context(base_url=real_server, viewport=size) as context, watched(context) as found:
        found.goto("/")
        found.locator("#q").fill("delay in strategy meeting minutes")
        found.keyboard.press("Enter")
        article = found.get_by_role("article").first
        expect(article).to_contain_text("Bury, 7 April 2011")
        expect(article.locator("mark").first).to_contain_text("strategy meetings")
        if os.environ.get("SCREENSHOTS"):
            found.screenshot(path=DOCS / "search.png")
        article.get_by_role("link", name="Read it in the report").click()
        found.wait_for_url("**/documents/*#f-*")
        check_cited(found, urlsplit(found.url).fragment.removeprefix("f-"))
        if os.environ.get("SCREENSHOTS"):
            found.screenshot(path=DOCS / "document.png")
