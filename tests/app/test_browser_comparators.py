"""Filters by region, type and neighbours in a real Chromium: by keyboard, without script, narrow, by axe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.main import create_app
from indexer.config import AuthoritiesSettings, Settings
from tests.app.conftest import serving, watched
from tests.app.test_browser import QUERY, check_by_axe, focus
from tests.small_index import WordEncoder

pytestmark = pytest.mark.browser

TABLE = """\
code,name,region,type,neighbours
E08000002,Bury,North West,Metropolitan district,Barnsley; E08000003
E08000003,Manchester,North West,Metropolitan district,
E08000016,Barnsley,Yorkshire and The Humber,Metropolitan district,Bury
"""
STATES = {
    "offered": f"/?q={QUERY}",
    "chosen": f"/?q={QUERY}&region=North+West&neighbours_of=Barnsley",
    "several": f"/?q={QUERY}&neighbours_of=Barnsley&neighbours_of=Bury",
    "nothing": f"/?q={QUERY}&region=North+West&authority=Barnsley",
    "refused": f"/?q={QUERY}&region=Atlantis",
    "documents": "/documents?region=North+West",
}


@pytest.fixture(scope="module")
def address(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a table of the authorities of its index."""
    file = tmp_path_factory.mktemp("table") / "authorities.csv"
    file.write_text(TABLE, encoding="utf-8")
    with_table = settings.model_copy(update={"authorities": AuthoritiesSettings(file=file)})
    with serving(create_app(with_table, WordEncoder())) as found:
        yield found


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def either(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """A page with JavaScript, and one without."""
    with browser.new_context(base_url=address, java_script_enabled=request.param) as context, watched(context) as found:
        yield found


def test_neighbours_are_chosen_from_a_list(either: Page) -> None:
    """Choosing an authority and a region leaves its neighbours there; each is said above and taken off by its link."""
    either.goto(STATES["offered"])
    either.get_by_label("Statistical neighbours of").select_option("Bury")
    either.get_by_role("checkbox", name="North West").check()
    either.get_by_role("button", name="Apply filters").click()
    either.wait_for_url("**region=North+West**")
    for heading in either.locator("ol.cards article h2").all():
        expect(heading).to_contain_text("Manchester")
    chosen = either.get_by_role("region", name="Filters in force")
    expect(chosen).to_contain_text("Statistical neighbours of: Bury")
    expect(chosen).to_contain_text("Region: North West")
    either.get_by_role("link", name="Remove the filter Statistical neighbours of").click()
    expect(either.get_by_label("Statistical neighbours of")).to_have_value("")


def test_neighbours_by_keyboard(browser: Browser, address: str) -> None:
    """The list is reached, chosen from and sent with the keyboard alone."""
    with browser.new_context(base_url=address) as context, watched(context) as found:
        found.goto(STATES["documents"])
        focus(found, found.get_by_label("Statistical neighbours of"))
        found.keyboard.type("Bu")
        expect(found.get_by_label("Statistical neighbours of")).to_have_value("Bury")
        focus(found, found.get_by_role("button", name="Apply filters"))
        found.keyboard.press("Enter")
        found.wait_for_url("**neighbours_of=Bury**")


@pytest.mark.parametrize("state", STATES)
def test_it_is_accessible(browser: Browser, address: str, state: str) -> None:
    """axe-core finds nothing in any state, and nothing runs off the side at 320 pixels and at 200% zoom."""
    with browser.new_context(base_url=address) as context, watched(context) as found:
        check_by_axe(found, STATES[state])
        for width in (320, 640):
            found.set_viewport_size({"width": width, "height": 640})
            found.goto(STATES[state])
            found.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert found.evaluate("document.documentElement.scrollWidth") <= width
