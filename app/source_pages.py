"""The pages on source files: the file itself, images of its pages with a finding marked, and the check of a quotation.

Files and images are shown only where the settings say so (`serve_documents`), and while a file is what was indexed.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse

from app.rendering import from_index
from app.routes import CacheHeaders, CurrentEngine, DocumentId, FindingId
from app.source_routes import CurrentSources
from indexer.errors import NotFoundError
from indexer.models import DocumentSummary, Finding
from indexer.search import Engine

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_MEDIA_TYPE: Final = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""HTML and text are given as plain text: a report's markup is not run on the address of this service."""
_SANDBOX: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
_PDF_POLICY: Final = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""Browsers show a PDF in a viewer of their own, which counts as an object on the page and brings its styles."""
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_NOT_SHOWN: Final = (
    "This service does not show the files it was made from. Whoever runs it can have it do so: the setting is "
    "serve_documents."
)


@router.get("/documents/{id}/source")
def source(
    request: Request, document_id: DocumentId, engine: CurrentEngine, sources: CurrentSources, headers: CacheHeaders
) -> Response:
    """The file that a document was read from."""
    _require_shown(request)
    document, _ = engine.document(document_id)
    data = sources.content(engine.source_file(document))
    media_type = _MEDIA_TYPE.get(document.format, "text/plain; charset=utf-8" if _is_utf8(data) else "text/plain")
    disposition = "attachment" if document.format == "docx" else "inline"
    name = quote(document.source.rpartition("/")[2], safe="")
    return Response(
        data,
        headers={
            **headers,
            "Content-Type": media_type,
            "Content-Disposition": f"{disposition}; filename*=UTF-8''{name}",
            "Content-Security-Policy": _PDF_POLICY if document.format == "pdf" else _SANDBOX,
        },
    )


@router.get("/documents/{id}/pages/{page}.png")
def page_image(
    request: Request,
    document_id: DocumentId,
    page: str,
    engine: CurrentEngine,
    sources: CurrentSources,
    headers: CacheHeaders,
) -> Response:
    """A page of a PDF as an image, with the place of a finding marked that the address names."""
    document, _, number, finding = _page_of(request, engine, document_id, page)
    file = engine.source_file(document)
    places = sources.verify(file, finding).places if finding else ()
    boxes = next((each.boxes for each in places if each.page == number), ())
    return Response(sources.image(file, number, boxes), headers={**headers, "Content-Type": "image/png"})


@router.get("/documents/{id}/pages/{page}")
def page_view(
    request: Request,
    document_id: DocumentId,
    page: str,
    engine: CurrentEngine,
    sources: CurrentSources,
    headers: CacheHeaders,
) -> Response:
    """A page of a PDF as an image, beside the findings that were read from it."""
    document, findings, number, finding = _page_of(request, engine, document_id, page)
    file = engine.source_file(document)
    sources.image(file, number)  # what cannot be drawn is explained on this page and not left a broken image on it
    places = sources.verify(file, finding).places if finding else ()
    return from_index(
        "page.html",
        request,
        headers,
        document=document,
        number=number,
        finding=finding,
        marked=next((each for each in places if each.page == number), None),
        places=places,
        findings=[each for each in findings if number in _pages(each)],
    )


@router.get("/findings/{id}/verify")
def verification(request: Request, finding_id: FindingId, engine: CurrentEngine, sources: CurrentSources) -> Response:
    """Whether the words of a finding still stand in its source file."""
    finding, document = engine.finding(finding_id)
    return from_index(
        "verification.html",
        request,
        {"Cache-Control": "no-store"},
        finding=finding,
        document=document,
        checked=sources.verify(engine.source_file(document), finding),
    )


def _require_shown(request: Request) -> None:
    if not request.app.state.settings.serve_documents:
        raise HTTPException(403, _NOT_SHOWN)


def _page_of(
    request: Request, engine: Engine, document_id: str, page: str
) -> tuple[DocumentSummary, tuple[Finding, ...], int, Finding | None]:
    """What the address of a page names: the document, its findings, the page's number, and the finding to mark."""
    _require_shown(request)
    document, findings = engine.document(document_id)
    number = int(page) if _NUMBER.fullmatch(page) else 0
    if document.format != "pdf" or not 1 <= number <= document.pages:
        raise NotFoundError(f"{document.source} has no page {page[:20]!r}")
    asked = request.query_params.get("finding")
    finding = next((each for each in findings if each.id == asked), None)
    if asked and finding is None:
        raise NotFoundError(f"{document.source} has no finding with the id {asked[:60]!r}")
    return document, findings, number, finding


def _pages(finding: Finding) -> range:
    first = finding.page_start or 0
    return range(first, (finding.page_end or first) + 1)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
