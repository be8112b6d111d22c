"""Packs over HTTP: `POST /api/v1/packs`."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response

from app.packs.formats import FORMATS, Format, file_name
from app.packs.pack import Pack, make_pack
from app.packs.params import PackBody
from app.packs.schemas import PackResponse
from app.rendering import base_url
from app.routes import SEARCH, CurrentEngine, JsonRequest, JsonRoute, only

MAX_BODY: Final = 2 * 1024 * 1024
"""Bytes of a request's body: a hundred lines of 2,000 characters, each escaped, are some 1.2 MB."""


class _Request(JsonRequest):
    most: ClassVar[int] = MAX_BODY


class _Route(JsonRoute):
    request_class: ClassVar[type[JsonRequest]] = _Request


router = APIRouter(prefix="/api/v1", route_class=_Route)

_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The pack, in the form asked for.",
        "content": {form.media_type.partition(";")[0]: {} for name, form in FORMATS.items() if name != "json"},
    }
}


@router.post(
    "/packs",
    tags=[SEARCH],
    summary="An evidence pack from lines of enquiry",
    operation_id="pack",
    response_model=PackResponse,
    responses=_ANSWERS,
    dependencies=[only()],
)
def pack(body: PackBody, engine: CurrentEngine, request: Request) -> Response:
    """What is comparable to each of up to 100 lines of enquiry, under common filters, from one build of the index.

    The answer is JSON or, as `format` says, a Word document, a CSV table or Markdown to keep: every finding quoted and
    cited, with all that is needed to find it again. The same lines, limits and `date` give the same bytes as long as
    the index is the same. `Content-Disposition` names the file. Links in it lead to the address that was asked.
    """
    return file_answer(make_pack(engine, body, base_url(request)), FORMATS[body.format])


def file_answer(pack: Pack, form: Format) -> Response:
    """A pack as a file to save."""
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(pack, form)}"',
        # Made for one reader, and dated.
        "Cache-Control": "no-store",
    }
    return Response(form.write(pack), headers=headers, media_type=form.media_type)
