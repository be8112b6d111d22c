"""The page of one report: what it is, its grades, and all its findings in order, each at its own address."""

from __future__ import annotations

import re
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from app import words
from app.find import find
from app.pages import read_params
from app.rendering import from_index
from app.routes import CurrentEngine, DocumentId, cached

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_RESULTS: Final = re.compile(r"/\?(?:.*&)?(?:q|like)=|/findings/[^/?]+/comparable\b")
"""Addresses of pages that list results."""


class DocumentPageParams(BaseModel):
    """What the address of a report's page may hold."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    find: str = ""
    """Words to mark in the report."""
    back: str = ""
    """The results that the reader came from."""


@router.get("/documents/{id}")
def document(request: Request, document_id: DocumentId, engine: CurrentEngine) -> Response:
    """One report, with the words that were looked for in it marked."""
    params = read_params(request, DocumentPageParams)
    back = results_before(request, params.back)
    headers = {**cached(request, engine, back), "Vary": "Referer"}
    summary, found = engine.document(document_id)
    typed = " ".join(params.find.split())
    return from_index(
        "document.html",
        request,
        headers,
        document=summary,
        sections=words.sections(found),
        findings=len(found),
        order=[each.id for each in found],
        typed=typed,
        found=find(found, typed) if typed else None,
        back=back,
    )


def results_before(request: Request, back: str) -> str:
    """The address of the results that a reader came from, as the page's own address or the browser says; or nothing.

    The browser says it to this service alone (the policy of all pages), and nothing of it is kept.
    """
    if not back:
        here = str(request.base_url)
        came = request.headers.get("referer", "")
        back = came.removeprefix(here.rstrip("/")) if came.startswith(here) else ""
    return back if _RESULTS.match(back) else ""
