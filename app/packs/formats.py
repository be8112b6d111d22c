"""The forms that a pack can be had in, each with its media type and its files' ending."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app import cells
from app.packs.markdown import as_markdown
from app.packs.pack import Pack
from app.packs.params import FormatName
from app.packs.schemas import as_json
from app.packs.table import as_table
from app.packs.word import as_word


@dataclass(frozen=True, slots=True)
class Format:
    """One form of a pack."""

    media_type: str
    suffix: str
    write: Callable[[Pack], bytes]


FORMATS: Final[Mapping[FormatName, Format]] = {
    "json": Format("application/json", ".json", as_json),
    "docx": Format("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx", as_word),
    "csv": Format(cells.MEDIA_TYPE, ".csv", as_table),
    "markdown": Format("text/markdown; charset=utf-8", ".md", as_markdown),
}


def file_name(pack: Pack, form: Format) -> str:
    """What a pack's file is called: "visit-to-bury-2026-01-05.docx"."""
    title = re.sub(r"[^a-z0-9]+", "-", pack.title.lower()).strip("-")[:60] or "evidence-pack"
    return f"{title}-{pack.made.isoformat()}{form.suffix}"
