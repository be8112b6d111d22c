"""The HTTP API to source files: whether the words of a finding still stand where they were quoted from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app import source_schemas
from app.routes import FINDINGS, CurrentEngine, FindingId, JsonRoute, only
from indexer.sources import Sources

router = APIRouter(prefix="/api/v1", route_class=JsonRoute)


def current_sources(request: Request) -> Sources:
    """What reads the source files of this service."""
    sources: Sources = request.app.state.sources
    return sources


CurrentSources = Annotated[Sources, Depends(current_sources)]


@router.get(
    "/findings/{id}/verify",
    tags=[FINDINGS],
    summary="Check a finding against its source file",
    operation_id="verify",
    dependencies=[only()],
)
def verify(
    finding_id: FindingId, engine: CurrentEngine, sources: CurrentSources, response: Response
) -> source_schemas.VerificationResponse:
    """Reads the source file again and says whether the finding's words stand in it, with page and place.

    Where the file has changed since it was indexed, its new content is searched for the same words. A file that is
    gone or cannot be read is no error of the request: `verified` is false and `reason` says why. Files are read one at
    a time; where too many are asked for at once, the answer is 429.
    """
    finding, document = engine.finding(finding_id)
    response.headers["Cache-Control"] = "no-store"
    found = sources.verify(engine.source_file(document), finding)
    return source_schemas.verification_response(finding, document, found)
