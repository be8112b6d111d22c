"""What `findings pack` does: read the lines, search for each, write the file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import typer

from app.packs.formats import FORMATS
from app.packs.lines import MAX_FILE, check, file_lines
from app.packs.pack import Pack, make_pack
from app.packs.params import FormatName, PackParams
from app.packs.wording import summary
from indexer.config import Settings
from indexer.errors import ConfigError, ReadError
from indexer.search import Engine

_ENDINGS: Final[dict[str, FormatName]] = {form.suffix: name for name, form in FORMATS.items()}


def format_for(out: Path) -> FormatName:
    """The form that a file's ending asks for.

    Raises:
        typer.BadParameter: none has this ending.
    """
    form = _ENDINGS.get(out.suffix.lower())
    if form is None:
        raise typer.BadParameter(f"--out: {out} must end in {', '.join(_ENDINGS)}, which says what is written")
    return form


def read_lines(source: str) -> list[str]:
    """The lines of enquiry in a file, or on standard input for "-".

    Raises:
        ReadError: it cannot be read.
        QueryError: a line cannot be searched for, or there are none or too many.
    """
    try:
        if source == "-":
            data, name = sys.stdin.buffer.read(MAX_FILE + 1), "standard input"
        else:
            with Path(source).open("rb") as file:
                data, name = file.read(MAX_FILE + 1), Path(source).name
    except OSError as error:
        raise ReadError(f"{source} cannot be read: {error.strerror or error}") from error
    lines = file_lines(data, name)
    check(lines)
    return list(lines)


def run_pack(settings: Settings, source: str, out: Path, given: Mapping[str, object], base: str) -> None:
    """Make the pack and write its file.

    Args:
        given: what was given beside the lines, by the names of `PackParams`.
        base: where links lead to; the address that the settings give the service where it is empty.
    Raises:
        ValidationError: what was given cannot be used.
        ConfigError, ReadError, QueryError, IndexUnavailable, IndexMismatch: the file cannot be written, the lines
            cannot be used, or the index cannot be opened.
    """
    form = FORMATS[format_for(out)]
    if not out.absolute().parent.is_dir():
        # Said before the searching and not after it.
        raise ConfigError(f"{out} cannot be written: there is no folder {out.absolute().parent}; make it first")
    asked = PackParams.model_validate({**given, "lines": read_lines(source)})
    with closing(Engine.open(settings)) as engine:
        pack = make_pack(engine, asked, (base or _address(settings)).rstrip("/"))
    _write(out, form.write(pack))
    print(f"{out}: {summary(pack)}.")
    _tell_of_empty(pack)


def _address(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _tell_of_empty(pack: Pack) -> None:
    for section in pack.sections:
        if not section.entries:
            print(f"Line {section.number} has no comparable findings: {section.line}")


def _write(out: Path, data: bytes) -> None:
    try:
        out.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written ({error.strerror}); name a file in a folder of yours") from error
