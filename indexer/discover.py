"""The files to index: everything under the folders and files given, each once, in an order that never changes.

Symbolic links are followed, since collections of reports are often put together from links. What cannot be followed
or opened is said by name with the reason and the rest goes on. What belongs to the operating system or to an editor
is left out without a word.
"""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SYSTEM_FILES = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "$recycle.bin"))
_LOCK_PREFIX = "~$"  # what Word keeps beside an open document

ScanFolder = Callable[[Path], list[str]]
"""A folder -> the names in it; raises OSError where it cannot be opened."""


@dataclass(frozen=True, slots=True)
class Found:
    """One file to read."""

    path: Path
    """Where it is, as the file system spells it; fit for opening, not for showing or storing."""
    source: str
    """Its path relative to `root`, with forward slashes; its name where it was itself given. Always valid UTF-8."""
    root: str
    """The folder or file given, as an absolute path. Always valid UTF-8."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was given or met and cannot be read."""

    path: Path
    source: str
    """What it is called, in the manner of `Found.source`; the folder's own name for a folder given."""
    root: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """A path met on the way, and the folder it was met in, which knows where it really lies."""

    path: Path
    folder: _Folder | None = None


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder on the way to an entry, without the links that led to it, and the folder it was met in."""

    real: Path
    outer: _Folder | None

    def holds(self, real: Path) -> bool:
        """Whether a real folder is this one or one of those it was reached through."""
        folder: _Folder | None = self
        while folder is not None:
            if folder.real == real:
                return True
            folder = folder.outer
        return False


def discover(paths: Sequence[Path], scan: ScanFolder = os.listdir) -> Iterator[Found | Problem]:
    """Walk folders and files in the order given.

    Within a folder names come in order of their characters, links after the rest, so that a file reached both ways is
    called by its real place. The same real file or folder is met once, however many ways lead to it.

    Args:
        paths: folders and files. A hidden one is read where it is itself given.
        scan: lists a folder.
    Yields:
        a `Found` for each file whatever its format, and a `Problem` for each thing that cannot be read.
    """
    seen: set[Path] = set()
    for path in paths:
        try:
            top = path.resolve() if path.is_dir() else path.parent.resolve() / path.name
        except (OSError, ValueError, RuntimeError) as error:
            yield Problem(path, shown(path.name), shown(path), _reason(path, error))
        else:
            yield from _walk(top, seen, scan)


def shown(path: Path | str) -> str:
    r"""A path as one line of text that can be stored: bytes that are no characters as "\xe9", line ends as "\n".

    Two names that differ stay different, which they would not with one replacement character for all.
    """
    text = os.fsencode(path).decode("utf-8", errors="backslashreplace").replace(os.sep, "/")
    return "".join(c.encode("unicode_escape").decode("ascii") if _breaks_lines(c) else c for c in text)


def _breaks_lines(character: str) -> bool:
    """Whether a character of a name is a control or ends a line."""
    return unicodedata.category(character) in ("Cc", "Zl", "Zp")


def _walk(top: Path, seen: set[Path], scan: ScanFolder) -> Iterator[Found | Problem]:
    """Everything under one path given; `seen` holds the real paths met so far and grows."""
    root = shown(top)
    waiting = [_Entry(top)]
    while waiting:
        entry = waiting.pop()
        path = entry.path
        source = shown(path.name if path == top else path.relative_to(top))
        try:
            mode = path.stat().st_mode
            # Resolving looks at every folder above; only what a link leads to needs it.
            if entry.folder is None or path.is_symlink():
                real = path.resolve(strict=True)
            else:
                real = entry.folder.real / path.name
            if stat.S_ISDIR(mode) and _leads_back(entry, real):
                yield Problem(path, source, root, "it is a symbolic link back to a folder above it, a loop; remove it")
            elif real in seen:
                continue
            elif stat.S_ISDIR(mode):
                seen.add(real)
                waiting.extend(_inside(entry, real, scan))
            elif stat.S_ISREG(mode):
                seen.add(real)
                yield Found(path, source, root)
            else:
                yield Problem(path, source, root, "it is a device or pipe and not a file; leave it out")
        except (OSError, ValueError, RuntimeError) as error:
            yield Problem(path, source, root, _reason(path, error))


def _leads_back(entry: _Entry, real: Path) -> bool:
    """Whether a folder is a link to one that holds it, be it reached through it or above all that was given."""
    if entry.folder is None or not entry.path.is_symlink():
        return False
    return entry.folder.real.is_relative_to(real) or entry.folder.holds(real)


def _inside(entry: _Entry, real: Path, scan: ScanFolder) -> list[_Entry]:
    """What a folder holds, last first, as a stack wants it."""
    paths = [entry.path / name for name in sorted(scan(entry.path)) if not _is_hidden(name)]
    paths.sort(key=Path.is_symlink)
    folder = _Folder(real, entry.folder)
    return [_Entry(path, folder) for path in reversed(paths)]


def _is_hidden(name: str) -> bool:
    """Whether a name is one that people do not see or did not make."""
    return name.startswith((".", _LOCK_PREFIX)) or name.lower() in _SYSTEM_FILES


def _reason(path: Path, error: Exception) -> str:
    """Why something cannot be read, with the way out."""
    if isinstance(error, FileNotFoundError):
        if path.is_symlink():
            return "it is a symbolic link to something that is not there; mend or remove the link"
        return "there is no file or folder of this name; check the path"
    if isinstance(error, RuntimeError) or (isinstance(error, OSError) and error.errno == errno.ELOOP):
        return "it is a symbolic link that leads back to itself, a loop; remove the link"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"it cannot be opened ({reason}); check that you may read it"
