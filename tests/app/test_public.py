"""What a public body says of its service: the accessibility statement, the privacy page, and the ways to them."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.public import NOBODY_NAMED
from indexer.config import Settings, load_settings
from indexer.errors import ConfigError
from tests.app.test_pages import follow, one, page, plain
from tests.small_index import WordEncoder


def test_every_page_leads_to_both(client: TestClient) -> None:
    """The foot of every page, errors among them, has the accessibility statement and the privacy page."""
    for address, status in (("/", 200), ("/documents", 200), ("/accessibility", 200), ("/nothing", 404)):
        foot = one(page(client, address, status), "footer")
        assert follow(foot, "Accessibility") == "/accessibility"
        assert follow(foot, "Privacy") == "/privacy"


@pytest.mark.parametrize("address", ["/accessibility", "/privacy"])
@pytest.mark.parametrize(
    ("contact", "href"),
    [
        (None, None),
        ("access@example.org", "mailto:access@example.org"),
        ("https://example.org/contact", "https://example.org/contact"),
        ("the data team, 0300 000 0000", None),
        ("<b>x</b>@y", None),
    ],
)
def test_the_contact_of_the_settings_is_named(
    settings: Settings, address: str, contact: str | None, href: str | None
) -> None:
    """Whom to turn to is what the settings say, as a link where a browser can open it, without an index too."""
    with TestClient(create_app(settings.model_copy(update={"contact": contact}), WordEncoder())) as client:
        main = one(page(client, address), "main")
    assert (contact or NOBODY_NAMED) in plain(main)
    assert [each["href"] for each in main.select("a")][:1] == ([href] if href else [])


def test_the_statement_says_what_the_regulations_ask_for(client: TestClient) -> None:
    """The statement has the parts of the model statement: status, limits, feedback, enforcement, tests, its date."""
    found = one(page(client, "/accessibility"), "main")
    headings = {plain(each) for each in found.select("h2, h3")}
    assert {"Feedback and contact", "Enforcement", "Compliance status", "Non-accessible content"} <= headings
    assert "partially compliant with the Web Content Accessibility Guidelines (WCAG) version 2.2" in plain(found)
    assert "prepared on 23 November 2026" in plain(found)


def test_where_searches_go_is_said(settings: Settings) -> None:
    """The privacy page tells of the database that searches go to, where there is one."""
    for store in ("embedded", "milvus"):
        app = create_app(settings.model_copy(update={"store": store}), WordEncoder())
        # Not as a context: nothing is opened, and these pages need nothing that is.
        assert ("Milvus" in TestClient(app).get("/privacy").text) == (store == "milvus")


def test_the_address_of_the_service_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """`public_url` is a web address without a query; a slash at its end does no harm."""
    monkeypatch.setenv("FINDINGS_PUBLIC_URL", "https://findings.example.org/desk/")
    assert load_settings().public_url == "https://findings.example.org/desk"
    for wrong in (
        "findings.example.org",
        "ftp://findings.example.org",
        "https://findings.example.org/?q=x",
        "https://",
    ):
        monkeypatch.setenv("FINDINGS_PUBLIC_URL", wrong)
        with pytest.raises(ConfigError, match="begins with http://"):
            load_settings()
