"""The page to paste a paragraph into: what is comparable to it, with one's own authority left out if wanted."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ValidationError

from app import listing
from app.params import MAX_QUERY, Text
from app.problems import explain
from app.rendering import from_index, render
from app.routes import CacheHeaders, CurrentEngine, JsonRequest
from indexer.search import Engine

PATH: Final = "/compare"
_CALLED: Final = {"text": "The text"}

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


class Pasted(BaseModel):
    """What is pasted, its white space folded, as a search takes it."""

    text: Text


async def sent(request: Request) -> dict[str, str]:
    """The fields of a form that was sent.

    Raises:
        HTTPException: it is larger than this service takes.
    """
    body = await JsonRequest(request.scope, request.receive).body()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


@router.get(PATH)
def compare(request: Request, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """The empty form, or with what its address names."""
    asked = request.query_params
    context = _form(engine, asked.get("q", ""), asked.get("exclude_authority", ""), "")
    return from_index("compare.html", request, headers, **context)


@router.post(PATH)
def compare_text(request: Request, engine: CurrentEngine, fields: Annotated[dict[str, str], Depends(sent)]) -> Response:
    """On to the findings comparable to a text, whose address holds it; or back to the form with what is wrong with it.

    The form is sent by POST so that a text which is far too long for an address comes back too.
    """
    typed, left_out = fields.get("q", ""), fields.get("exclude_authority", "").strip()
    try:
        text = Pasted(text=" ".join(typed.split())).text
    except ValidationError as error:
        complaint = _complaint(typed, error)
        response = render("compare.html", request, _form(engine, typed, left_out, complaint), 422)
        response.headers["Cache-Control"] = "no-store"
        return response
    filters = (("exclude_authority", left_out),) if left_out else ()
    return RedirectResponse(listing.address("/", (("q", text), *filters)), 303)


def _complaint(typed: str, error: ValidationError) -> str:
    length = len(" ".join(typed.split()))
    if not length:
        return "There is no text yet. Paste or type the paragraph to compare."
    if length > MAX_QUERY:
        return (
            f"The text has {length:,} characters, and at most {MAX_QUERY:,} can be compared. "
            "Leave out what does not belong to the issue."
        )
    return explain(error.errors(), _CALLED)[0].detail


def _form(engine: Engine, text: str, left_out: str, complaint: str) -> dict[str, Any]:
    names = {each.value for each in engine.values("authority")}
    return {
        "q": text,
        "left_out": left_out,
        "complaint": complaint,
        "most": MAX_QUERY,
        "authorities": sorted({*names, left_out} - {""}, key=str.casefold),
    }
