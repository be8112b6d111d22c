"""The pages of packs and of the shortlist: a form, what it found to choose from, and the files to take away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse
from pydantic import ConfigDict, ValidationError
from starlette.datastructures import FormData, UploadFile

from app import listing, problems
from app.packs import wording
from app.packs.formats import FORMATS, Format
from app.packs.lines import MAX_FILE, file_lines, typed_lines
from app.packs.pack import Kept, Pack, keep, make_pack, shortlist_pack
from app.packs.params import PackParams
from app.packs.routes import file_answer
from app.pages import gathered
from app.params import Day, Value
from app.rendering import base_url, from_index, render
from app.routes import CacheHeaders, CurrentEngine
from indexer.comparators import GROUPS
from indexer.errors import QueryError, ReadError
from indexer.generations import NAME
from indexer.search import Engine

MAX_BODY: Final = 4 * 1024 * 1024
"""Bytes of a form: a file of the largest size, or the fullest list with all its findings ticked, and room to spare."""
MAX_FIELDS: Final = 10_000
MAX_KEPT: Final = 200
"""Findings of a shortlist: their ids are an address of some 5 KB."""
MAX_ADDRESS: Final = 4000
"""Characters of an address that can be sent to a colleague."""

PageFormat = Literal["docx", "csv", "markdown"]
_FORMATS: Final[Mapping[str, Format]] = {name: form for name, form in FORMATS.items() if name != "json"}
_NAMES: Final = {"lines": "The list", "title": "The title", "published_from": "The first year"}
_NOT_FIELDS: Final = frozenset({"lines", "line", "file", "keep", "format", "generation"})
"""What a form holds beside the limits that all lines have in common."""

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


class _FormRequest(Request):
    """A request whose body is read no further than a form of this service can be long."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes.

        Raises:
            HTTPException: it is larger than any form of this service (413).
        """
        size = 0
        async for chunk in super().stream():
            size += len(chunk)
            if size > MAX_BODY:
                raise HTTPException(413, _TOO_LARGE)
            yield chunk


_TOO_LARGE: Final = (
    f"What was sent is larger than this page takes. A file of lines may have {MAX_FILE // 1_000_000} MB. Go back and "
    "choose a smaller one: what you have typed is still there."
)


async def sent_form(request: Request) -> AsyncIterator[FormData]:
    """The fields and the file of a form that was sent."""
    limited = _FormRequest(request.scope, request.receive)
    async with limited.form(max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_BODY) as form:
        yield form


SentForm = Annotated[FormData, Depends(sent_form)]


class _Form(PackParams):
    """What the form asks for. Names that it does not know are left aside."""

    model_config = ConfigDict(extra="ignore")


@dataclass(frozen=True, slots=True)
class _Filled:
    """A form as it was filled in: the lines, the other fields, and what is wrong with them."""

    lines: tuple[str, ...] = ()
    fields: listing.Params = ()
    errors: tuple[str, ...] = ()

    def value(self, name: str) -> str:
        """What a field holds; empty where it holds nothing."""
        return next((value for field, value in self.fields if field == name), "")

    @property
    def address(self) -> str:
        """The address of the form filled in like this; empty where it would be too long to be sent."""
        found = listing.address("/packs", [("lines", "\n".join(self.lines)), *self.fields])
        return found if len(found) <= MAX_ADDRESS else ""


# ---------------------------------------------------------------------------------------------- packs


@router.get("/packs")
def packs(request: Request, engine: CurrentEngine, headers: CacheHeaders) -> Response:
    """The form for lines of enquiry and their common filters, filled in as the address says."""
    pairs = request.query_params.multi_items()
    filled = _Filled(typed_lines(request.query_params.get("lines", "")), _fields(pairs))
    return from_index("packs.html", request, headers, **_form_context(engine, filled))


@router.post("/packs")
def run(request: Request, engine: CurrentEngine, form: SentForm) -> Response:
    """What is comparable to each line, to choose from; the form again, as it was, where it cannot be used."""
    filled, pack = _made(request, engine, form)
    return _results_page(request, engine, filled, pack) if pack else _form_page(request, engine, filled)


@router.post("/packs/download")
def download(request: Request, engine: CurrentEngine, form: SentForm) -> Response:
    """The findings that were ticked, as a file; the page again, where none was."""
    filled, pack = _made(request, engine, form)
    if pack is None:
        return _form_page(request, engine, filled)
    chosen = _texts(form, "keep")
    if not chosen:
        filled = replace(filled, errors=("Nothing is ticked: tick at least one finding to take away.",))
        return _results_page(request, engine, filled, pack, chosen)
    generation = next(iter(_texts(form, "generation")), "")
    kept = keep(engine, pack, _kept(chosen), generation if NAME.fullmatch(generation) else pack.facts.generation)
    return file_answer(kept, _FORMATS.get(next(iter(_texts(form, "format")), ""), FORMATS["docx"]))


def _made(request: Request, engine: Engine, form: FormData) -> tuple[_Filled, Pack | None]:
    """The form as it was filled in, and its pack; none where it cannot be used, and the form then says why."""
    lines, errors = _lines(form)
    filled = _Filled(lines, _fields((name, value) for name, value in form.multi_items() if isinstance(value, str)))
    if errors:
        return replace(filled, errors=errors), None
    try:
        asked = _Form.model_validate({**gathered(_pairs(form)), "lines": list(lines)})
        return filled, make_pack(engine, asked, base_url(request))
    except ValidationError as error:
        located = [{**each, "loc": ("form", *(each["loc"] or ("published_from",)))} for each in error.errors()]
        found = problems.explain(located, _NAMES)
        return replace(filled, errors=tuple(each.detail for each in found)), None
    except QueryError as error:
        return replace(filled, errors=(_sentence(error),)), None


def _lines(form: FormData) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of a form, those typed before those of its file, and why the file cannot be read."""
    if kept := _texts(form, "line"):
        return kept, ()
    lines = typed_lines("\n".join(_texts(form, "lines")))
    for file in form.getlist("file"):
        if isinstance(file, UploadFile) and file.filename:
            try:
                lines += file_lines(file.file.read(MAX_FILE + 1), PurePath(file.filename).name)
            except ReadError as error:
                return lines, (_sentence(error),)
    return lines, ()


def _texts(form: FormData, name: str) -> tuple[str, ...]:
    return tuple(value for value in form.getlist(name) if isinstance(value, str) and value)


def _pairs(form: FormData) -> listing.Params:
    return tuple(
        (name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in _NOT_FIELDS
    )


def _fields(pairs: Iterable[tuple[str, str]]) -> listing.Params:
    """The limits that a form holds, blank ones left out, and those that no list of the form could show."""
    found = tuple((name, value) for name, value in pairs if value.strip() and name in _Form.model_fields)
    found = tuple(pair for pair in found if pair[0] not in _NOT_FIELDS)
    try:
        _Form.model_validate({**gathered(found), "lines": ["any line"]})
    except ValidationError as error:
        wrong = {each["loc"][0] for each in error.errors() if each["loc"]}
        return tuple(pair for pair in found if pair[0] not in wrong)
    return found


def _kept(chosen: Iterable[str]) -> Kept:
    """The ids that were ticked, by their line: "2:ID" is one of the second."""
    kept: defaultdict[int, list[str]] = defaultdict(list)
    for each in chosen:
        number, _, finding = each.partition(":")
        if number.isdecimal() and len(number) < 4 and finding:
            kept[int(number)].append(finding)
    return kept


def _sentence(error: Exception) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


# ---------------------------------------------------------------------------------------------- how they are shown


def _form_page(request: Request, engine: Engine, filled: _Filled) -> Response:
    """The form with what is wrong with it above."""
    return _unkept(render("packs.html", request, _form_context(engine, filled), 422))


def _results_page(
    request: Request, engine: Engine, filled: _Filled, pack: Pack, ticked: Collection[str] | None = None
) -> Response:
    """What was found, with a box for each finding.

    Args:
        ticked: the boxes that are ticked; None for all.
    """
    context = {**_form_context(engine, filled), "pack": pack, "ticked": ticked}
    return _unkept(render("packs_results.html", request, context, 422 if filled.errors else 200))


def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _form_context(engine: Engine, filled: _Filled) -> dict[str, Any]:
    pairs = filled.fields
    fields = ("kind", "direction", "judgement", "inspection_type", *GROUPS, "authority", "published_year")
    values = {name: engine.values(name) for name in fields}
    values["exclude_authority"] = values["authority"]
    return {
        "filled": filled,
        "wording": wording,
        "groups": listing.filter_groups(pairs, values, counted=False),
        "years": {name: listing.years(name, pairs, values["published_year"], counted=False) for name in listing.DATES},
        "limits": listing.limits(pairs),
        "neighbours": listing.neighbours(pairs, engine.comparators.with_neighbours()),
        "filtered": any(name in listing.FILTERS for name, _ in pairs),
    }


# ---------------------------------------------------------------------------------------------- the shortlist


@router.get("/shortlist")
def shortlist(
    request: Request,
    engine: CurrentEngine,
    headers: CacheHeaders,
    finding: Annotated[list[Value], Query(max_length=MAX_KEPT)] = [],  # noqa: B006
) -> Response:
    """The findings that an address names, to look through and to take away. What is not in the index is said."""
    ids = tuple(dict.fromkeys(finding))
    pack = shortlist_pack(engine, ids, date.today(), base_url(request))
    without = {each: listing.address("/shortlist", [("finding", id_) for id_ in ids if id_ != each]) for each in ids}
    return from_index("shortlist.html", request, headers, pack=pack, wording=wording, without=without)


@router.get("/shortlist/download")
def shortlist_file(
    request: Request,
    engine: CurrentEngine,
    form: Annotated[PageFormat, Query(alias="format")],
    finding: Annotated[list[Value], Query(min_length=1, max_length=MAX_KEPT)],
    made: Annotated[Day, Query(alias="date")] = None,
) -> Response:
    """The findings that an address names, as a file."""
    return file_answer(shortlist_pack(engine, finding, made or date.today(), base_url(request)), FORMATS[form])
