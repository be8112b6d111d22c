"""What a public body says of a service: how accessible it is, and what it keeps of those who use it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app import words
from app.rendering import render
from indexer.config import Settings

TESTED: Final = date(2026, 11, 23)
"""When what the accessibility statement says was last looked at by hand; the tests look at it with every change."""
NOBODY_NAMED: Final = "the people who run this service"

_MAIL = re.compile(r"[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+")

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to turn to, and the address to open for it; "" where it is none that a browser opens."""

    text: str
    href: str = ""


def contact(settings: Settings) -> Contact:
    """Whom the settings name, or the people who run the service."""
    text = (settings.contact or "").strip()
    if _MAIL.fullmatch(text):
        return Contact(text, f"mailto:{text}")
    if text.startswith(("https://", "http://")):
        return Contact(text, text)
    return Contact(text or NOBODY_NAMED)


@router.get("/accessibility")
def accessibility(request: Request) -> Response:
    """The accessibility statement."""
    return _page("accessibility.html", request)


@router.get("/privacy")
def privacy(request: Request) -> Response:
    """What is kept of a visit, and by whom."""
    return _page("privacy.html", request)


def _page(template: str, request: Request) -> Response:
    settings: Settings = request.app.state.settings
    context = {"contact": contact(settings), "settings": settings, "tested": words.day(TESTED)}
    response = render(template, request, context)
    response.headers["Cache-Control"] = "no-cache"
    return response
