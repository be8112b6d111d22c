"""Lines of enquiry, packs and the shortlist in a real Chromium: the journeys, by keyboard, on a phone, and by axe."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import docx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.app.conftest import watched
from tests.app.test_browser import DOCS, TAGS, check_by_axe

pytestmark = pytest.mark.browser

LINES = '"assessments"\n"children"\nlegionella in cooling towers'
FIND = "Find what is comparable"
LARGE: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture
def ids(page: Page) -> list[str]:
    """Three findings."""
    results = page.request.get("/api/v1/search", params={"q": '"assessments"'}).json()["results"]
    return [str(each["finding"]["id"]) for each in results[:3]]


def ask(page: Page, lines: str = LINES) -> None:
    """Fill in the form and send it."""
    page.goto("/packs")
    page.get_by_label("Lines of enquiry", exact=True).fill(lines)
    page.get_by_role("button", name=FIND).click()


def saved(page: Page, button: str, place: int = 0) -> Path:
    """The file that a button has the browser save."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).nth(place).click()
    return Path(download.value.path())


# ---------------------------------------------------------------------------------------------- packs


def test_from_lines_to_a_word_document(either: Page) -> None:
    """Lines go in, findings are looked through, some are left out, and the rest is a Word document."""
    ask(either)
    expect(either.get_by_role("status").first).to_contain_text("for 3 lines of enquiry")
    boxes = either.get_by_role("checkbox", name="Take away")
    total = boxes.count()
    assert total > 4
    for box in boxes.all():
        expect(box).to_be_checked()
    left_out = either.locator("article blockquote").first.inner_text()
    boxes.first.uncheck()
    document = docx.Document(str(saved(either, "Download as Word")))
    quoted = [each.text for each in document.paragraphs if each.style is not None and each.style.name == "Quote"]
    assert len(quoted) == total - 1
    assert quoted[0].split() == either.locator("article blockquote").nth(1).inner_text().split()
    assert left_out.split() != quoted[0].split()


def test_a_file_of_lines_is_sent(either: Page, tmp_path: Path) -> None:
    """A CSV file in another encoding is taken, its lines follow the typed ones, and a table comes back."""
    file = tmp_path / "lines.csv"
    file.write_bytes('No;Line of enquiry\r\n1;"children"\r\n2;plans – and “drift”\r\n'.encode("cp1252"))
    either.goto("/packs")
    either.get_by_label("Lines of enquiry", exact=True).fill('"assessments"')
    either.get_by_label("Or a file with them").set_input_files(file)
    either.get_by_label("Findings for each line").fill("2")
    either.get_by_role("button", name=FIND).click()
    headings = either.locator("section.line h2")
    expect(headings).to_have_text(['1. "assessments"', "2. children", "3. plans – and “drift”"])
    text = saved(either, "Download as CSV").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["Line of enquiry"] for row in rows} == {'"assessments"', "children", "plans – and “drift”"}
    assert max(int(row["Place"] or 0) for row in rows) <= 2


def test_a_list_that_cannot_be_used_comes_back(either: Page) -> None:
    """The lines at fault are named, the form is as it was filled in, and once put right it works."""
    either.goto("/packs")
    either.get_by_label("Lines of enquiry", exact=True).fill('"children"\n\n?!\n"assessments"\n...')
    either.get_by_label("Title of the pack").fill("Visit to Bury")
    either.get_by_text("Filters for all lines").click()
    either.get_by_role("checkbox", name="Weakness").check()
    either.get_by_role("button", name=FIND).click()
    expect(either.get_by_role("alert")).to_contain_text("lines 2 and 4 have no words to search for")
    assert either.title().startswith("Problem: ")
    field = either.get_by_label("Lines of enquiry", exact=True)
    assert field.input_value() == '"children"\n?!\n"assessments"\n...'
    expect(either.get_by_label("Title of the pack")).to_have_value("Visit to Bury")
    expect(either.get_by_role("checkbox", name="Weakness")).to_be_checked()
    either.get_by_role("link", name="lines 2 and 4").click()
    field.fill('"children"')
    either.get_by_role("button", name=FIND).click()
    expect(either.get_by_role("heading", level=1)).to_have_text("Visit to Bury")
    expect(either.get_by_text("Direction: Weakness")).to_be_visible()


def test_an_empty_list_is_said(either: Page) -> None:
    """A form without lines is refused in a sentence."""
    ask(either, "")
    expect(either.get_by_role("alert")).to_contain_text("there is no line of enquiry")


def test_a_list_that_is_too_long_is_kept(either: Page, tmp_path: Path) -> None:
    """Ten thousand lines are refused with the number that a pack takes, and not one of them is lost."""
    file = tmp_path / "lines.txt"
    file.write_text("late plans\n" * 10_000)
    either.goto("/packs")
    either.get_by_label("Or a file with them").set_input_files(file)
    either.get_by_role("button", name=FIND).click()
    expect(either.get_by_role("alert")).to_contain_text("10,000 lines of enquiry, and a pack takes at most 100")
    assert either.get_by_label("Lines of enquiry", exact=True).input_value().count("late plans") == 10_000


def test_nothing_ticked_is_said(page: Page) -> None:
    """Downloading nothing brings the page back with what to do."""
    ask(page)
    page.get_by_role("button", name="Tick none").click()
    page.get_by_role("button", name="Download as Word").first.click()
    expect(page.get_by_role("alert")).to_contain_text("tick at least one finding")
    assert page.get_by_role("checkbox", name="Take away", checked=False).count() > 4


def test_ticking_many_at_once(page: Page) -> None:
    """The buttons tick all, none, or the strong matches, and the number ticked is announced."""
    ask(page)
    boxes = page.get_by_role("checkbox", name="Take away")
    status = page.locator("#ticking").get_by_role("status")
    total = boxes.count()
    expect(status).to_have_text(f"{total} of {total} ticked")
    page.get_by_role("button", name="Only strong matches").click()
    strong = page.locator("input[data-relevance=strong]").count()
    expect(status).to_have_text(f"{strong} of {total} ticked")
    page.get_by_role("button", name="Tick none").click()
    boxes.first.check()
    expect(status).to_have_text(f"1 of {total} ticked")
    page.get_by_role("button", name="Tick all").click()
    expect(status).to_have_text(f"{total} of {total} ticked")


def test_the_list_has_an_address(page: Page) -> None:
    """The address that the results give leads a colleague to the form, filled in alike."""
    ask(page)
    page.get_by_text("Change the lines or their filters").click()
    page.get_by_role("link", name="An address for this list").click()
    page.wait_for_url("**/packs?lines=**")
    assert page.get_by_label("Lines of enquiry", exact=True).input_value() == LINES


def test_a_pack_by_keyboard_alone(page: Page) -> None:
    """From the skip link on, everything is reached with the Tab key and worked with Space and Enter."""
    page.goto("/packs")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Lines of enquiry", exact=True)).to_be_focused()
    page.keyboard.type('"assessments"')
    for _ in range(6):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=FIND)).to_be_focused()
    page.keyboard.press("Enter")
    box = page.get_by_role("checkbox", name="Take away").first
    for _ in range(40):
        if box.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    expect(box).not_to_be_checked()


# ---------------------------------------------------------------------------------------------- the shortlist


def test_findings_are_kept_and_taken_away(page: Page) -> None:
    """Keeping is said and shown, lasts, is listed under an address, and comes out as a file."""
    page.goto('/?q="assessments"')
    keeps = page.get_by_role("button", name="Keep for the shortlist")
    keeps.nth(0).click()
    expect(page.locator("#kept")).to_have_text("Kept. 1 finding on the shortlist.")
    keeps.nth(1).click()
    expect(keeps.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("link", name="Shortlist (2)")).to_be_visible()
    kept = [" ".join(page.locator("article blockquote").nth(place).inner_text().split()) for place in (0, 1)]
    page.goto("/shortlist")
    page.wait_for_url("**/shortlist?finding=*&finding=*")
    assert [" ".join(each.split()) for each in page.locator("article blockquote").all_inner_texts()] == kept
    text = saved(page, "Download as Markdown").read_text(encoding="utf-8")
    assert text.startswith("# Shortlist")
    assert text.count("\n> ") == 2
    page.get_by_role("link", name="Leave out").first.click()
    expect(page.get_by_role("link", name="Shortlist (1)")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("button", name="Empty the list").click()
    expect(page.get_by_text("Nothing is on this list.")).to_be_visible()


def test_a_finding_is_kept_from_its_report_and_taken_off(page: Page, ids: list[str]) -> None:
    """The button stands beside each finding of a report too; pressed again it takes the finding off."""
    document = page.request.get(f"/api/v1/findings/{ids[0]}").json()["document"]["id"]
    page.goto(f"/documents/{document}")
    button = page.locator(f'button[data-keep="{ids[0]}"]')
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#kept")).to_have_text("Taken off. 0 findings on the shortlist.")


def test_a_colleagues_list_can_be_kept(page: Page, ids: list[str]) -> None:
    """An address that was sent shows its findings, and one button keeps them all."""
    page.goto(f"/shortlist?finding={ids[0]}&finding={ids[1]}")
    expect(page.get_by_role("link", name="Shortlist", exact=True)).to_be_visible()
    page.get_by_role("button", name="Keep these in this browser").click()
    expect(page.get_by_role("link", name="Shortlist (2)")).to_be_visible()
    expect(page.get_by_role("button", name="Keep these in this browser")).to_be_hidden()


def test_what_is_gone_is_named_and_the_rest_is_there(either: Page) -> None:
    """A list that names a finding which has left the index says which, and shows and gives the others."""
    found = either.request.get("/api/v1/search", params={"q": '"assessments"'}).json()["results"][0]["finding"]["id"]
    either.goto(f"/shortlist?finding={'0' * 16}&finding={found}")
    expect(
        either.get_by_text("1 finding that had been kept is not in the index any more: 0000000000000000")
    ).to_be_visible()
    expect(either.get_by_role("article")).to_have_count(1)
    text = saved(either, "Download as Markdown").read_text(encoding="utf-8")
    assert "0000000000000000" in text
    assert text.count("\n> ") == 1


def test_without_script_no_button_does_nothing(browser: Browser, server: str) -> None:
    """Without JavaScript there is no button to keep, and the page of the list says what works instead."""
    with browser.new_context(base_url=server, java_script_enabled=False) as context, watched(context) as found:
        found.goto('/?q="assessments"')
        expect(found.get_by_role("button", name="Keep")).to_have_count(0)
        found.goto("/shortlist")
        expect(found.get_by_text("Without JavaScript, choose findings under")).to_be_visible()


def test_a_browser_that_keeps_nothing(page: Page) -> None:
    """Where the browser's storage is closed or holds something else, nothing breaks, and it is said."""
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('closed') }")
    page.goto('/?q="assessments"')
    page.get_by_role("button", name="Keep for the shortlist").first.click()
    expect(page.locator("#kept")).to_have_text("This browser does not let the page keep a list.")


# ---------------------------------------------------------------------------------------------- for everyone


def test_axe_finds_nothing_in_the_shortlist(page: Page, ids: list[str]) -> None:
    """axe-core finds nothing in an empty list, a full one and one with a finding that is gone."""
    for address in (
        "/packs",
        "/shortlist",
        f"/shortlist?finding={'&finding='.join(ids)}",
        f"/shortlist?finding={ids[0]}&finding=0",
    ):
        check_by_axe(page, address)


@pytest.mark.parametrize("lines", ["", LINES], ids=["problem", "results"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_in_a_pack(page: Page, lines: str, width: int) -> None:
    """Nor in the form with a problem and in what was found, all folded open; and nothing runs over the side."""
    page.set_viewport_size({"width": width, "height": 900})
    ask(page, lines)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_runs_over_the_side(page: Page, ids: list[str], width: int) -> None:
    """At 320 px, and at 1280 px zoomed to 200%, neither page must be pushed sideways to be read."""
    page.set_viewport_size({"width": width, "height": 640})
    for address in ("/packs", "/shortlist", f"/shortlist?finding={ids[0]}"):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_on_paper(page: Page) -> None:
    """A printed pack has the lines, the words and the citations, and none of the controls."""
    ask(page)
    page.emulate_media(media="print")
    for control in ("button", ".choose", ".again", "nav"):
        for found in page.locator(control).all():
            expect(found).to_be_hidden()
    for shown in page.locator("section.line h2, article blockquote, article .cite").all():
        expect(shown).to_be_visible()


@pytest.mark.slow
def test_a_visit_is_prepared(browser: Browser, real_server: str) -> None:
    """With the real model each line finds what is comparable, and the one outside the subject finds nothing."""
    size: ViewportSize = {"width": 1280, "height": 1100}
    with browser.new_context(base_url=real_server, viewport=size) as context, watched(context) as found:
        ask(found, "delay in strategy meeting minutes\ncase files not kept up to date\nlegionella in cooling towers")
        lines = found.locator("section.line")
        expect(lines.nth(0).get_by_role("article").first).to_contain_text("delay in recording the minutes of strategy")
        expect(lines.nth(1).get_by_role("article").first).to_contain_text("kept up to date")
        expect(lines.nth(2)).to_contain_text("No comparable findings.")
        if os.environ.get("SCREENSHOTS"):
            found.screenshot(path=DOCS / "packs.png")
