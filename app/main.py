"""The web application: `create_app(settings)` puts the API, the pages and the errors together.

Nothing is loaded at import, and nothing heavy while the app is made; the index is opened when the server starts, in the
lifespan.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

import indexer
from app import (
    authorities,
    compare,
    document_pages,
    pages,
    problems,
    public,
    reference,
    rendering,
    routes,
    source_pages,
    source_routes,
    suggestions,
    themes,
)
from app.licence import LICENCE_NAME, LICENCE_URL
from app.middleware import CommonHeaders, HeadAsGet, keep_queries_out_of_the_log
from app.packs import pages as pack_pages
from app.packs import routes as pack_routes
from indexer.comparators import Comparators, read_comparators
from indexer.config import Settings
from indexer.embedder import Encoder
from indexer.search import EngineHolder
from indexer.sources import Sources

API_VERSION: Final = "1.0"
DESCRIPTION: Final = """\
Search the findings of published inspection reports for those that are comparable to an issue: the same issue, in the \
same direction, each quoted word for word with its citation.

Answers are JSON in UTF-8, days are ISO 8601, text is plain text. Errors are RFC 9457 `application/problem+json`. The \
text quoted is public sector information under the Open Government Licence v3.0."""


class FindingsApp(FastAPI):
    """FastAPI, with this service's errors in its description."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = reference.with_problems(super().openapi())
        return self.openapi_schema


def create_app(settings: Settings, encoder: Encoder | None = None) -> FastAPI:
    """The application over the index that the settings name.

    It starts without an index too, says so, and takes one up when it appears.

    Args:
        settings: every setting of the product.
        encoder: makes the vectors of queries; the one that the settings name if none is given.
    Raises:
        ConfigError: the table of authorities that the settings name cannot be read.
    """
    comparators = read_comparators(settings.authorities.file)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        holder = EngineHolder(settings, encoder, comparators)
        # In a thread: opening loads the model and checks the index's files, which takes seconds.
        await run_in_threadpool(holder.start)
        app.state.index = holder
        try:
            yield
        finally:
            await run_in_threadpool(app.state.sources.close)
            await run_in_threadpool(holder.close)

    app = FindingsApp(
        title="Findings search",
        version=API_VERSION,
        description=DESCRIPTION,
        license_info={"name": f"{LICENCE_NAME} (the text quoted)", "url": LICENCE_URL},
        openapi_tags=reference.TAGS,
        docs_url=None,
        redoc_url=None,
        # Spans would carry the address of a request, and with it what was searched for.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.sources = Sources()
    app.state.version = _version(settings, comparators)
    app.mount("/static", StaticFiles(directory=rendering.STATIC), name="static")
    # A router that is included becomes one route of the app, so each router's own routes are gathered here.
    answered = [*app.router.routes]
    for router in (
        routes.router,
        source_routes.router,
        pack_routes.router,
        suggestions.router,
        routes.service,
        pages.router,
        public.router,
        pack_pages.router,
        compare.router,
        document_pages.router,
        source_pages.router,
        authorities.api,
        authorities.pages,
        themes.api,
        themes.pages,
    ):
        app.include_router(router)
        answered += router.routes
    problems.install(app, pages.error_page, answered)
    # The last one added is the first to see a request.
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(HeadAsGet)
    app.add_middleware(CommonHeaders)
    keep_queries_out_of_the_log()
    return app


def _version(settings: Settings, comparators: Comparators) -> str:
    """What decides an answer beside the index and the address, as a hash.

    That is the settings, the table of authorities that they name, and the program's own files.
    """
    digest = hashlib.sha256(settings.model_dump_json().encode())
    digest.update(repr(comparators.authorities).encode())
    for package in (Path(__file__).parent, Path(indexer.__file__).parent):
        for file in sorted(package.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.read_bytes())
    return digest.hexdigest()
