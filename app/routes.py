"""The HTTP API, version 1: search, findings, documents, health.

Each operation takes checked parameters, asks the engine of the generation in use, and gives back a model of `schemas`.
Handlers are plain functions, so they run in worker threads and a long search holds up nobody's health check.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ClassVar, Final, NoReturn

from fastapi import APIRouter, Depends, Path, Query, Request, Response, params
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app import schemas
from app.params import DocumentsParams, FilterParams, PageOfResults, SearchBody, SearchParams
from app.problems import NotModified, UnsupportedBody
from indexer.search import Engine

MAX_BODY: Final = 256 * 1024
"""Bytes of a request's body: a query of 2,000 characters with every filter full is some 150 KiB."""

FindingId = Annotated[str, Path(alias="id", description="A finding's `id`.", examples=[schemas.EXAMPLE_FINDING["id"]])]
DocumentId = Annotated[
    str, Path(alias="id", description="A document's `id`.", examples=[schemas.EXAMPLE_DOCUMENT["id"]])
]

SEARCH, FINDINGS, DOCUMENTS, SERVICE = "Search", "Findings", "Documents", "Service"


# ---------------------------------------------------------------------------------------------- what requests share


class JsonRequest(Request):
    """A request whose JSON body is read strictly: no key twice, no NaN, nothing that only Python takes for JSON."""

    most: ClassVar[int] = MAX_BODY
    """Bytes of its body."""

    async def body(self) -> bytes:
        """The body.

        Raises:
            HTTPException: it is larger than this service takes (413); no more of it is read than that.
        """
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async for chunk in self.stream():
                size += len(chunk)
                if size > self.most:
                    raise HTTPException(413)
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body

    async def json(self) -> object:
        """The body as JSON.

        Raises:
            json.JSONDecodeError: it is not JSON in the strict sense.
        """
        body = await self.body()
        try:
            return json.loads(body.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_constant)
        except json.JSONDecodeError:
            raise
        except UnicodeDecodeError as error:
            raise json.JSONDecodeError("it is not UTF-8", "", error.start) from None
        except RecursionError:
            raise json.JSONDecodeError("it is nested too deeply", "", 0) from None
        except ValueError as error:
            raise json.JSONDecodeError(str(error), "", 0) from None


class JsonRoute(APIRoute):
    """A route that takes JSON only, and reads it strictly."""

    request_class: ClassVar[type[JsonRequest]] = JsonRequest

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the framework, which then meets strict JSON only."""
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            if request.method == "POST":
                media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                if media_type != "application/json":
                    raise UnsupportedBody
            return await handle(self.request_class(request.scope, request.receive))

        return handle_json


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key “{key[:60]}” stands in it twice")
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def current_engine(request: Request) -> Engine:
    """The engine of the generation in use; the same one for the whole request.

    Raises:
        IndexUnavailable: no index is loaded.
        IndexMismatch: an index is there but cannot be used.
    """
    engine: Engine = request.app.state.index.engine()
    return engine


CurrentEngine = Annotated[Engine, Depends(current_engine)]


def entity_tag(request: Request, engine: Engine, *more: str) -> str:
    """The ETag of the answer to this request: the same program, settings, generation and address give the same answer.

    Weak, because the time taken and the compression may differ.

    Args:
        more: what else decides the answer.
    """
    address = f"{request.url.path}?{request.url.query}"
    seed = "\n".join((request.app.state.version, engine.facts.generation, address, *more))
    return f'W/"{hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:24]}"'


def cache_headers(request: Request, engine: CurrentEngine) -> dict[str, str]:
    """ETag and Cache-Control of an answer from the index.

    Raises:
        NotModified: the client holds this very answer already.
    """
    return cached(request, engine)


def cached(request: Request, engine: Engine, *more: str) -> dict[str, str]:
    """The same for an answer that something else decides too.

    Raises:
        NotModified: the client holds this very answer already.
    """
    tag = entity_tag(request, engine, *more)
    # no-cache: keep it, but ask whether it still holds. Asking costs no search.
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    held = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if tag in held or "*" in held:
        raise NotModified(headers)
    return headers


CacheHeaders = Annotated[dict[str, str], Depends(cache_headers)]


def revalidate(response: Response, headers: CacheHeaders) -> None:
    """Give the answer its ETag, or answer 304 where the client holds this very answer already."""
    response.headers.update(headers)


def only(model: type[BaseModel] | None = None) -> params.Depends:
    """A dependency that refuses parameters which are not of `model`, and one that stands twice where once is meant."""
    known = sorted(model.model_fields) if model else []
    once = model.once if model and issubclass(model, FilterParams) else FilterParams.once

    def check(request: Request) -> None:
        errors: list[dict[str, Any]] = []
        names = [name for name, _ in request.query_params.multi_items()]
        for name in dict.fromkeys(names):
            problem = {"loc": ("query", name), "msg": name}
            if name not in known:
                errors.append({**problem, "type": "unknown_parameter", "ctx": {"known": known}})
            elif name in once and names.count(name) > 1:
                errors.append({**problem, "type": "given_twice"})
        if errors:
            raise RequestValidationError(errors)

    return params.Depends(check)


router = APIRouter(prefix="/api/v1", route_class=JsonRoute)
service = APIRouter()


# ---------------------------------------------------------------------------------------------- search


@router.get(
    "/search",
    tags=[SEARCH],
    summary="Search for comparable findings",
    operation_id="search",
    dependencies=[only(SearchParams), Depends(revalidate)],
)
def search(asked: Annotated[SearchParams, Query()], engine: CurrentEngine) -> schemas.SearchResponse:
    """Findings comparable to a few words or a whole paragraph: the same issue, in the same direction, best first.

    Each is quoted whole and cited. Where nothing is comparable the answer is an empty list, not the least bad ones;
    `weak=true` adds the nearest few, marked as such. Which way the findings sought point is read from the query, and
    `query_direction` turns it round. Words that no report holds are taken for the nearest ones that some do
    (`corrections`), and acronyms and their long forms find each other (`expansions`).

    A filter may be given several times; its values are alternatives, and different filters are joined by "and".
    """
    return schemas.search_response(engine.search(asked.as_query()))


@router.post(
    "/search",
    tags=[SEARCH],
    summary="Search, with the parameters as JSON",
    operation_id="searchByPost",
    dependencies=[only()],
)
def search_by_post(body: SearchBody, engine: CurrentEngine, response: Response) -> schemas.SearchResponse:
    """The same search, for queries too long or too private for an address. Filters are lists of values."""
    response.headers["Cache-Control"] = "no-store"
    return schemas.search_response(engine.search(body.as_query()))


# ---------------------------------------------------------------------------------------------- findings


@router.get(
    "/findings/{id}",
    tags=[FINDINGS],
    summary="One finding",
    operation_id="finding",
    dependencies=[only(), Depends(revalidate)],
)
def finding(finding_id: FindingId, engine: CurrentEngine) -> schemas.FindingResponse:
    """One finding, whole, with its document and citation."""
    return schemas.finding_response(*engine.finding(finding_id))


@router.get(
    "/findings/{id}/similar",
    tags=[FINDINGS],
    summary="Findings comparable to one finding",
    operation_id="similar",
    dependencies=[only(PageOfResults), Depends(revalidate)],
)
def similar(
    finding_id: FindingId, asked: Annotated[PageOfResults, Query()], engine: CurrentEngine
) -> schemas.SearchResponse:
    """Findings comparable to this one, as a search gives them; the finding itself is left out."""
    return schemas.search_response(engine.similar(finding_id, asked.query()))


@router.get(
    "/findings/{id}/near-identical",
    tags=[FINDINGS],
    summary="Findings in nearly the same words",
    operation_id="nearIdentical",
    dependencies=[only(), Depends(revalidate)],
)
def near_identical(finding_id: FindingId, engine: CurrentEngine) -> schemas.NearIdenticalResponse:
    """Findings of other places in nearly the same words: those that a search folds behind this one."""
    found = [schemas.cited_finding(*each) for each in engine.near_identical(finding_id)]
    return schemas.NearIdenticalResponse(total=len(found), findings=found)


# ---------------------------------------------------------------------------------------------- documents


@router.get(
    "/documents",
    tags=[DOCUMENTS],
    summary="The documents of the index",
    operation_id="documents",
    dependencies=[only(DocumentsParams), Depends(revalidate)],
)
def documents(asked: Annotated[DocumentsParams, Query()], engine: CurrentEngine) -> schemas.DocumentsResponse:
    """The documents that fit the filters, with their grades. The filters are those of search."""
    total, found = engine.documents(asked.filters(), asked.limit, asked.offset)
    return schemas.DocumentsResponse(total=total, documents=[schemas.document_record(each) for each in found])


@router.get(
    "/documents/{id}",
    tags=[DOCUMENTS],
    summary="One document with all its findings",
    operation_id="document",
    dependencies=[only(), Depends(revalidate)],
)
def document(document_id: DocumentId, engine: CurrentEngine) -> schemas.DocumentResponse:
    """One document, and all its findings of every kind in the order of the document."""
    record, found = engine.document(document_id)
    return schemas.DocumentResponse(
        document=schemas.document_record(record), findings=[schemas.finding_out(each) for each in found]
    )


# ---------------------------------------------------------------------------------------------- the service itself


@service.get("/healthz", tags=[SERVICE], summary="Is the service alive?", operation_id="health")
def health(response: Response) -> schemas.Health:
    """Answers as soon as the service runs, with or without an index."""
    response.headers["Cache-Control"] = "no-store"
    return schemas.Health(status="alive")


@service.get("/readyz", tags=[SERVICE], summary="Is an index loaded?", operation_id="ready")
def ready(engine: CurrentEngine, response: Response) -> schemas.Ready:
    """What is loaded: time of the build, documents, findings, model. 503 while no index is loaded."""
    response.headers["Cache-Control"] = "no-store"
    facts = engine.facts
    return schemas.Ready(
        status="ready",
        generation=facts.generation,
        built=facts.built,
        documents=facts.documents,
        findings=facts.findings,
        model=facts.model,
        model_sha256=facts.model_sha256,
        pipeline=facts.pipeline,
    )
