"""What every answer has in common: headers that protect the reader, HEAD wherever GET is, the licence.

Plain ASGI, so that an answer passes through once and nothing is buffered.
"""

from __future__ import annotations

import logging
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.licence import LICENCE_URL

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
"""Nothing from elsewhere and nothing inline: markup that slipped into a page could neither run nor send anything."""

_ALL: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not even the address of a search is told to a site that a link leads to.
    "Referrer-Policy": "same-origin",
}
_API: Final = {
    "Link": f'<{LICENCE_URL}>; rel="license", </openapi.json>; rel="service-desc", </docs>; rel="service-doc"'
}


class CommonHeaders:
    """Adds the headers that every answer carries."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with its headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALL.items():
                    headers.setdefault(name, value)
                if path.startswith("/api/"):
                    headers.update(_API)
                elif path.startswith("/static/") and message["status"] == 200:
                    headers["Cache-Control"] = _static_cache(scope)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _static_cache(scope: Scope) -> str:
    # Pages name static files with their content's hash, so those never change; without it, ask again.
    return "public, max-age=31536000, immutable" if scope["query_string"].startswith(b"v=") else "no-cache"


class HeadAsGet:
    """Answers HEAD as GET, without the body. The frameworks do so for some routes only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as GET where it is HEAD, and the answer back without its body."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, send_without_body)


class _WithoutQuery(logging.Filter):
    """Cuts the query off the addresses in uvicorn's access log: what people search for is theirs."""

    def filter(self, record: logging.LogRecord) -> bool:
        # uvicorn's arguments: client, method, path with query, HTTP version, status.
        if isinstance(record.args, tuple) and len(record.args) == 5 and isinstance(record.args[2], str):
            client, method, path, version, status = record.args
            record.args = (client, method, str(path).partition("?")[0], version, status)
        return True


_WITHOUT_QUERY: Final = _WithoutQuery()


def keep_queries_out_of_the_log() -> None:
    """Leave what people search for out of uvicorn's access log, however uvicorn was started."""
    # A filter on the logger stays when uvicorn configures the logger's handlers, before or after this.
    logging.getLogger("uvicorn.access").addFilter(_WITHOUT_QUERY)
