"""How a page is made of its template.

The text of documents comes from outside and is never trusted: Jinja2 escapes everything, and nothing is marked safe.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from app import answers, words
from app.licence import LICENCE_URL
from app.schemas import authority_url, finding_url
from app.templating import environment
from indexer.citation import citation
from indexer.inspections import day_of

STATIC: Final = Path(__file__).parent / "static"


@cache
def static_url(name: str) -> str:
    """The address of a static file, with its content's hash, so that a browser may keep it for good."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


TEMPLATES: Final = environment(
    words=words,
    answers=answers,
    static_url=static_url,
    finding_url=finding_url,
    authority_url=authority_url,
    citation=citation,
    licence_url=LICENCE_URL,
    day_of=day_of,
)


def base_url(request: Request) -> str:
    """Where this service is, as its client calls it: "http://127.0.0.1:8000"."""
    return str(request.base_url).rstrip("/")


def render(template: str, request: Request, context: Mapping[str, object], status: int = 200) -> HTMLResponse:
    """A page from its template."""
    common = {
        "path": request.url.path,
        "base": base_url(request),
        "serves": request.app.state.settings.serve_documents,
    }
    return HTMLResponse(TEMPLATES.get_template(template).render({**common, **context}), status)


def from_index(template: str, request: Request, headers: Mapping[str, str], **context: object) -> Response:
    """A page that shows the index: it may be kept, and is asked for again with the index's own ETag."""
    response = render(template, request, context)
    response.headers.update(headers)
    return response
