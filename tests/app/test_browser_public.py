"""In a real Chromium: every kind of page asks nothing of another host, and the statements can be read by everyone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.app.conftest import watched
from tests.app.test_browser import QUERY, check_by_axe, page

__all__ = ["page"]

pytestmark = pytest.mark.browser

KNOWN = {
    *("/", "/documents", "/documents/{id}", "/findings/{id}/comparable", "/about", "/docs"),
    *("/accessibility", "/privacy", "/authorities", "/themes", "/packs", "/shortlist"),
}
"""Kinds of pages that must be among those that are visited, so that the way to them is not lost unseen."""
MOST = 80


def kind(path: str) -> str:
    """What sort of page a path leads to: the path without what names one finding, document, authority or page."""
    path = re.sub(r"/[0-9a-f]{16}(?=/|$)", "/{id}", path)
    path = re.sub(r"^/authorities/[^/]+", "/authorities/{name}", path)
    return re.sub(r"/\d+(?=/|$)", "/{number}", path)


@pytest.fixture
def visitor(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """A browser that notes what its pages are refused."""
    with browser.new_context(base_url=server) as context:
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', each => console.error("
            "`Content Security: ${each.violatedDirective} ${each.blockedURI}`))"
        )
        yield context


def test_no_page_calls_another_host(visitor: BrowserContext, server: str) -> None:
    """Every kind of page that links lead to loads from this service alone, and breaks no rule of its policy."""
    waiting = ["/", f"/?q={QUERY}", f"/?q={QUERY}&weak=true", "/nothing"]
    seen: set[str] = set()
    with watched(visitor) as found:
        while waiting and len(seen) < MOST:
            address = waiting.pop(0)
            answer = found.request.get(address)
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            found.goto(address)
            seen.add(kind(urlsplit(address).path))
            links = found.eval_on_selector_all("a[href]", "all => all.map(each => each.href)")
            kinds = seen | {kind(urlsplit(each).path) for each in waiting}
            for link in links:
                path = urlsplit(link).path
                if link.startswith(server) and kind(path) not in kinds:
                    kinds.add(kind(path))
                    waiting.append(link.removeprefix(server))
    assert seen >= KNOWN
    assert not waiting


@pytest.mark.parametrize("address", ["/accessibility", "/privacy"])
def test_the_statements_are_accessible(page: Page, address: str) -> None:
    """The two statements keep to what they say: axe-core finds nothing, and nothing runs off the side."""
    check_by_axe(page, address)
    for width in (320, 640):
        page.set_viewport_size({"width": width, "height": 640})
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
