"""Errors in a person's words: RFC 9457 `application/problem+json` for programs, a page in plain English for people.

Every error leaves through here, so that a client meets one form, and one table says which error has which status.
"""

from __future__ import annotations

import difflib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from app.params import SearchBody
from app.schemas import ParameterError, Problem
from indexer.errors import (
    BusyError,
    FindingsError,
    IndexMismatch,
    IndexUnavailable,
    NotFoundError,
    QueryError,
    SourceError,
)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 10
"""What a client is told to wait while no index is loaded; an index that appears is picked up within seconds."""

STATUS_OF: Final[Mapping[type[FindingsError], HTTPStatus]] = {
    QueryError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFoundError: HTTPStatus.NOT_FOUND,
    IndexUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    IndexMismatch: HTTPStatus.SERVICE_UNAVAILABLE,
    SourceError: HTTPStatus.GONE,
    BusyError: HTTPStatus.TOO_MANY_REQUESTS,
}

_PASSING: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
"""What may be over when a client asks again."""

UNEXPECTED: Final = "Something went wrong in the service. It has been noted in its log; trying again may help."
"""What is said of a fault that nobody foresaw."""

_DETAIL: Final[Mapping[int, str]] = {
    404: "There is nothing at this address. The addresses of the API are listed at /docs.",
    405: "This address does not take the method {method}. It takes {allow}.",
    413: "The body is larger than this service takes: a search is at most a few thousand characters.",
    500: UNEXPECTED,
}

_PLAIN_API = ("/api/", "/healthz", "/readyz", "/openapi.json")
_PAGE_NAMES: Final[Mapping[str, str]] = {
    "q": "The search",
    "page": "The page",
    "published_from": "The first year",
    "published_to": "The last year",
    "min_relevance": "The minimum relevance",
    "per_document": "The number of results per report",
}
"""What the web pages call the parameters of their addresses; the others go by their own names."""
_ECHO = 60
"""Characters of a client's own value that are quoted back."""

ErrorPage = Callable[[Request, int, str, Sequence[ParameterError]], Response]

log = logging.getLogger(__name__)


class NotModified(Exception):
    """What the client holds is still right: answered by 304 with the same ETag."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("not modified")
        self.headers = dict(headers)


class UnsupportedBody(HTTPException):
    """A body that does not say it is JSON."""

    def __init__(self) -> None:
        detail = "The body must be JSON, and its Content-Type header must say application/json."
        super().__init__(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, {"Accept": "application/json"})


def install(app: FastAPI, error_page: ErrorPage, routes: Sequence[BaseRoute]) -> None:
    """Send every error of the app through this module.

    Args:
        app: the app.
        error_page: writes the errors that a person meets in a browser.
        routes: everything the app answers, so that a wrong method can be told the right ones.
    """

    def respond(
        request: Request,
        status: int,
        detail: str,
        *,
        errors: Sequence[ParameterError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        if is_api(request):
            return problem_response(request, status, detail, errors, headers)
        response = error_page(request, status, detail, errors)
        response.headers.update(headers or {})
        return response

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = explain(error.errors(), {} if is_api(request) else _PAGE_NAMES, _body_model(request))
        return respond(request, 422, " ".join(each.detail for each in found), errors=found)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = _allowed(request, routes)
        detail = _DETAIL.get(error.status_code, "") if _is_stock(error) else str(error.detail)
        detail = detail.format(
            method=_shown(request.method), allow=" and ".join(headers.get("Allow", "").rsplit(", ", 1))
        )
        return respond(request, error.status_code, detail or phrase(error.status_code), headers=headers)

    async def on_findings_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, FindingsError)
        status = next((code for kind, code in STATUS_OF.items() if isinstance(error, kind)), None)
        if status is None:
            return await on_unexpected(request, error)
        headers = {"Retry-After": str(RETRY_SECONDS)} if status in _PASSING else {}
        return respond(request, status, sentence(error), headers=headers)

    async def on_unexpected(request: Request, error: Exception) -> Response:
        # The path without its query: what people search for stays out of the log.
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return respond(request, 500, UNEXPECTED)

    async def on_not_modified(request: Request, error: Exception) -> Response:
        assert isinstance(error, NotModified)
        return Response(status_code=304, headers=error.headers)

    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        RequestValidationError: on_invalid,
        HTTPException: on_http,
        FindingsError: on_findings_error,
        NotModified: on_not_modified,
        Exception: on_unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def is_api(request: Request) -> bool:
    """Whether a program asked, not a person in a browser: told by the path alone, so that caches cannot mix them up."""
    return request.url.path.startswith(_PLAIN_API) or request.url.path == "/api"


def problem_response(
    request: Request,
    status: int,
    detail: str,
    errors: Sequence[ParameterError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error as RFC 9457 JSON."""
    problem = Problem(
        type="about:blank",
        title=phrase(status),
        status=status,
        detail=detail,
        instance=quote(request.url.path, safe="/:@!$&'()*+,;=~-._", errors="replace"),
        errors=list(errors) or None,
    )
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status, {**(headers or {}), "Cache-Control": "no-store"}, MEDIA_TYPE)


def _body_model(request: Request) -> type[BaseModel]:
    """What the body of a request must be."""
    field = getattr(request.scope.get("route"), "body_field", None)
    return field.field_info.annotation if field else SearchBody


def explain(
    errors: Sequence[Mapping[str, Any]], names: Mapping[str, str], body: type[BaseModel] = SearchBody
) -> list[ParameterError]:
    """pydantic's complaints as sentences a person understands, each naming the parameter, and each once.

    Args:
        errors: as pydantic gives them.
        names: what to call a parameter, where that is not its own name.
        body: what the body must be, where the parameters came in one.
    """
    found: dict[tuple[str, str], None] = {}
    for error in errors:
        name = _name(error)
        called = "The body" if name == "body" else names.get(name, name)
        found[name, _sentence(_complaint(error, called, body))] = None
    return [ParameterError(parameter=name, detail=detail) for name, detail in found]


def _complaint(error: Mapping[str, Any], name: str, body: type[BaseModel]) -> str:
    kind, context = str(error["type"]), error.get("ctx") or {}
    sent = f"; you sent “{_shown(error['input'])}”" if isinstance(error.get("input"), str | int | float) else ""
    match kind:
        case "missing":
            return f"{name} is missing"
        case "unknown_parameter":
            return _unknown(name, context["known"])
        case "given_twice":
            return f"{name} may be given only once"
        case "greater_than_equal":
            return f"{name} must be at least {context['ge']:,.7g}{sent}"
        case "less_than_equal":
            return f"{name} must be at most {context['le']:,.7g}{sent}"
        case _ if kind.startswith("int_"):
            return f"{name} must be a whole number{sent}"
        case "finite_number" | "float_type" | "float_parsing":
            return f"{name} must be a number, such as 0.5{sent}"
        case "bool_type" | "bool_parsing":
            return f"{name} must be true or false{sent}"
        case "enum" | "literal_error":
            return f"{name} must be one of {_choices(str(context['expected']))}{sent}"
        case "string_too_long":
            return f"{name} must be at most {context['max_length']:,} characters long"
        case "string_too_short":
            return f"{name} is empty"
        case "string_type":
            return f"{name} must be text"
        case "string_unicode":
            return f"{name} holds text that is not valid Unicode"
        case "list_type":
            return f"{name} must be a list of texts"
        case "too_long":
            return f"{name} has too many values: at most {context['max_length']}"
        case "json_invalid":
            return f"The body is not valid JSON: {context['error']}"
        case "model_attributes_type" | "model_type" | "dict_type":
            return f"The body must be a JSON object, such as {_example(body)}"
        case "extra_forbidden":
            return _unknown(name, sorted(body.model_fields))
        case "days_crossed":
            return f"{name} ({context['start']}) is later than {context['end']}, so nothing lies between: swap the two"
        case "value_error":
            return f"{name} cannot be used: {context['error']}{sent}"
        case _:
            return f"{name} cannot be used: {error['msg']}"


def _example(body: type[BaseModel]) -> str:
    """The least that a body may be: the fields that it must have, as their examples have them."""
    needed = {name: (field.examples or [None])[0] for name, field in body.model_fields.items() if field.is_required()}
    return json.dumps(needed, ensure_ascii=False)


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    there_are = f"The parameters here are {', '.join(known)}." if known else "This address takes no parameters."
    return f"There is no parameter “{name}”.{meant} {there_are}"


def _name(error: Mapping[str, Any]) -> str:
    """The parameter a complaint is about: "limit", or "body" for the whole."""
    names = [str(part) for part in error["loc"] if isinstance(part, str)]
    if error["type"] == "json_invalid":
        return "body"
    if error["type"] == "days_crossed":
        return "published_from"
    return _shown(names[1] if len(names) > 1 else names[0])


def _choices(expected: str) -> str:
    return expected.replace("'", "")


def _shown(value: object) -> str:
    """A client's own value, short and fit to be printed."""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    text = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return text if len(text) <= _ECHO else f"{text[:_ECHO]}…"


def sentence(error: FindingsError) -> str:
    """What an error says, as a sentence."""
    said = str(error)
    return _sentence(said[:1].upper() + said[1:])


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "?", "!")) else f"{text}."


def phrase(status: int) -> str:
    """A status in the words of HTTP: "Not Found"."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _is_stock(error: HTTPException) -> bool:
    """Whether the framework raised this without words of ours."""
    return error.detail in {"", None, phrase(error.status_code), "Content Too Large", "Not Found", "Method Not Allowed"}


def _allowed(request: Request, routes: Sequence[BaseRoute]) -> str:
    """The methods that this path takes, over all routes; one that takes GET takes HEAD too."""
    methods: set[str] = set()
    for route in routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or {"GET"}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))
