"""The folder of an index: complete, immutable generations, and one file that names the current one.

    INDEX/CURRENT                 name of the generation in use, replaced by one atomic rename
    INDEX/build.lock              held while a build is at work
    INDEX/generations/NAME/       manifest.json, findings.sqlite, findings.faiss, sentences.faiss; in large indexes also
                                  findings.ivf.faiss, sentences.ivf.faiss
    INDEX/generations/.building-* what a build has not finished, or one that was interrupted has left

A build writes beside the generation in use and switches when all is on disk, so that a killed build changes nothing.
Opening checks what it finds against the manifest and says what to do where it does not fit.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from indexer import vectors
from indexer.checksum import file_sha256
from indexer.embedder import Encoder
from indexer.errors import FindingsError, IndexMismatch, IndexUnavailable
from indexer.models import IndexFacts
from indexer.store import Store
from indexer.vectors.base import VectorFacts, VectorIndex

FORMAT = 3
"""Version of the files' layout. Raised by whoever changes the schema or the meaning of a file."""

CURRENT = "CURRENT"
CURRENT_NEW = "CURRENT.new"
GENERATIONS = "generations"
LOCK = "build.lock"
BUILDING = ".building-"
MANIFEST = "manifest.json"
STORE = "findings.sqlite"
FINDING_VECTORS = "findings.faiss"
SENTENCE_VECTORS = "sentences.faiss"
FILES = (STORE, FINDING_VECTORS, SENTENCE_VECTORS)
"""What every generation has. Whatever else it has its manifest names."""

NAME = re.compile(r"\d{8}T\d{12}Z")
"""Generations are named by the time of their build, to the microsecond, so that names sort by age."""


class FileCheck(BaseModel):
    """What a file of a generation must be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """What a generation says of itself; written last, so that where it stands the rest is complete."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    generation: str
    built: str
    """ISO 8601, UTC."""
    model: str
    model_sha256: str
    dimension: int
    precision: str
    pipeline: str
    roots: tuple[str, ...]
    """The folders and files the index was built from, in order."""
    documents: int
    findings: int
    sentences: int
    finding_vectors: VectorFacts
    sentence_vectors: VectorFacts
    files: dict[str, FileCheck]


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation, opened for reading. `finding_vectors` and `sentence_vectors` count as the store's rows do."""

    folder: Path
    manifest: Manifest
    store: Store
    finding_vectors: VectorIndex
    sentence_vectors: VectorIndex

    @property
    def facts(self) -> IndexFacts:
        """What the index says of itself."""
        return self.store.facts()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store. The vectors' memory is given back with the last reference to them."""
        self.store.close()


# ---------------------------------------------------------------------------------------------- opening


def current_name(index_dir: Path) -> str:
    """The name of the generation in use.

    Raises:
        IndexUnavailable: there is no index.
        IndexMismatch: the file that names the generation holds something else.
    """
    try:
        name = (index_dir / CURRENT).read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexUnavailable(_missing(index_dir)) from error
    except OSError as error:
        raise IndexUnavailable(f"cannot read the index in {index_dir}: {error.strerror or error}") from error
    except UnicodeDecodeError:
        name = ""
    if not NAME.fullmatch(name):
        raise IndexMismatch(f"{index_dir / CURRENT} does not name a generation: {_build_again(index_dir)}")
    return name


def open_generation(index_dir: Path, pipeline: str | None = None) -> Generation:
    """Open the generation in use, after checking that it is whole.

    Args:
        pipeline: the version of reading and chunking that this program has; None to take any.
    Raises:
        IndexUnavailable: there is no index.
        IndexMismatch: it is damaged, has another format, or was built by another pipeline.
    """
    name = current_name(index_dir)
    try:
        return _open(index_dir, name, pipeline)
    except FindingsError:
        # A build may have switched and cleared this generation away between the two steps above.
        if (now := current_name(index_dir)) == name:
            raise
        return _open(index_dir, now, pipeline)


def open_store(
    index_dir: Path, name: str, vectors_of: Callable[[Manifest], tuple[VectorIndex, VectorIndex]]
) -> Generation:
    """Open a generation by its name whose vectors are kept elsewhere: of its files the store alone is needed.

    Args:
        vectors_of: opens the vectors of its findings and of its sentences.
    Raises:
        IndexMismatch: the store is damaged, or has another format.
    """
    folder = index_dir / GENERATIONS / name
    manifest = _read_manifest(index_dir, folder)
    _check_file(index_dir, folder / STORE, manifest)
    return Generation(folder, manifest, Store(folder / STORE), *vectors_of(manifest))


def check_encoder(generation: Generation, encoder: Encoder) -> None:
    """See that an encoder's vectors compare with those of the index.

    Raises:
        IndexMismatch: the index was built with another model, or with vectors of another length.
    """
    manifest = generation.manifest
    index_dir = generation.folder.parent.parent
    if manifest.model_sha256 != encoder.sha256 or manifest.dimension != encoder.dimension:
        raise IndexMismatch(
            f"the index in {index_dir} was built with the model {manifest.model} ({manifest.dimension} dimensions,"
            f" sha256 {manifest.model_sha256[:12]}), and the settings name {encoder.name} ({encoder.dimension}"
            f" dimensions, sha256 {encoder.sha256[:12]}): set the model back, or"
            f" {_build_again(index_dir, manifest.roots)}"
        )


def _open(index_dir: Path, name: str, pipeline: str | None) -> Generation:
    folder = index_dir / GENERATIONS / name
    manifest = _read_manifest(index_dir, folder)
    if pipeline is not None and manifest.pipeline != pipeline:
        raise IndexMismatch(
            f"the index in {index_dir} was built by another version of this program (pipeline {manifest.pipeline},"
            f" not {pipeline}): {_build_again(index_dir, manifest.roots)}"
        )
    # The sum over a large file takes seconds, and leaves the other cores to the other files.
    with ThreadPoolExecutor() as pool:
        names = dict.fromkeys([*FILES, *manifest.files])
        list(pool.map(lambda name: _check_file(index_dir, folder / name, manifest), names))
    store = Store(folder / STORE)
    try:
        found = vectors.load(folder / FINDING_VECTORS), vectors.load(folder / SENTENCE_VECTORS)
        for index, rows in zip(found, (manifest.findings, manifest.sentences), strict=True):
            if (len(index), index.dimension) != (rows, manifest.dimension):
                raise _damaged(index_dir, folder, "its vectors are not those its manifest counts", manifest)
        return Generation(folder, manifest, store, *found)
    except BaseException:
        store.close()
        raise


def _read_manifest(index_dir: Path, folder: Path) -> Manifest:
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        stated = re.search(r'"format":\s*(\d+)', text)
        if stated and int(stated[1]) != FORMAT:
            raise IndexMismatch(
                f"the index in {index_dir} has format {stated[1]}, and this program reads format {FORMAT}:"
                f" {_build_again(index_dir)}"
            )
        return Manifest.model_validate_json(text)
    except FileNotFoundError as error:
        missing = MANIFEST if folder.is_dir() else folder.name
        raise _damaged(index_dir, folder, f"{missing} is missing") from error
    except OSError as error:
        raise IndexUnavailable(f"cannot read {folder / MANIFEST}: {error.strerror or error}") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise _damaged(index_dir, folder, f"{MANIFEST} is not whole") from error


def _check_file(index_dir: Path, path: Path, manifest: Manifest) -> None:
    expected = manifest.files.get(path.name)
    if expected is None:
        raise _damaged(index_dir, path.parent, f"{MANIFEST} does not list {path.name}", manifest)
    try:
        if (size := path.stat().st_size) != expected.size:
            reason = f"{path.name} has {size} bytes and should have {expected.size}"
            raise _damaged(index_dir, path.parent, reason, manifest)
        if file_sha256(path) != expected.sha256:
            raise _damaged(index_dir, path.parent, f"{path.name} has another checksum than when it was built", manifest)
    except FileNotFoundError as error:
        raise _damaged(index_dir, path.parent, f"{path.name} is missing", manifest) from error
    except OSError as error:
        raise IndexUnavailable(f"cannot read {path}: {error.strerror or error}") from error


def _damaged(index_dir: Path, folder: Path, reason: str, manifest: Manifest | None = None) -> IndexMismatch:
    roots = manifest.roots if manifest else ()
    return IndexMismatch(
        f"the index in {index_dir} is damaged (generation {folder.name}: {reason}): {_build_again(index_dir, roots)}"
    )


def _missing(index_dir: Path) -> str:
    way_out = "name the index with --index, or build one with `findings index FOLDER --index NEW-FOLDER`"
    if index_dir.exists() and not index_dir.is_dir():
        return f"{index_dir} is a file and not the folder of an index; {way_out}"
    if index_dir.exists() and (others := _foreign(index_dir)):
        return f"{index_dir} is not an index: it holds {_some(others)}; {way_out}"
    return f"there is no index in {index_dir}: {_build_again(index_dir).replace('again ', '')}"


def _build_again(index_dir: Path, roots: Sequence[str] = ()) -> str:
    sources = shlex.join(roots) if roots else "FOLDER"
    return f"build it again with `findings index {sources} --index {shlex.quote(str(index_dir))}`"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


# ---------------------------------------------------------------------------------------------- building


@contextmanager
def build_lock(index_dir: Path) -> Iterator[None]:
    """Hold the index folder for one build: made if missing, refused if it holds anything but an index.

    Raises:
        IndexUnavailable: another build holds it, it cannot be written to, or it is somebody else's folder.
    """
    path = index_dir / LOCK
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        _refuse_foreign(index_dir)
        # SQLite's own lock on a file: it works on every system, and ends with the process that holds it, so that
        # a killed build leaves no lock behind.
        connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    except (OSError, sqlite3.Error) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise IndexUnavailable(f"cannot write to the index folder {index_dir}: {reason}") from error
    try:
        try:
            connection.execute("PRAGMA journal_mode = OFF")  # there is nothing to roll back, and it would be a file
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                reason = f"another build is at work on {index_dir}: it holds {path}; wait until it has ended"
            else:
                reason = f"cannot write to the index folder {index_dir}: {error}"
            raise IndexUnavailable(reason) from error
        except sqlite3.DatabaseError as error:
            raise IndexUnavailable(f"{path} is not a lock of this program ({error}); remove it") from error
        yield
    finally:
        connection.close()


@contextmanager
def new_generation(index_dir: Path) -> Iterator[Path]:
    """A folder to build a generation in. Needs `build_lock`.

    Whatever is left in it afterwards is removed, unless the build is interrupted: then the next one can go on from it.
    """
    generations = index_dir / GENERATIONS
    generations.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    folder = generations / f"{BUILDING}{now:%Y%m%dT%H%M%S%f}Z"
    folder.mkdir()
    try:
        yield folder
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def generation_name(folder: Path) -> str:
    """The name that the generation built in a folder of `new_generation` will have."""
    return folder.name.removeprefix(BUILDING)


def built_time(name: str) -> str:
    """The time in a generation's name, ISO 8601, UTC, to the second."""
    return f"{datetime.strptime(name, '%Y%m%dT%H%M%S%fZ').replace(tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}"


def measure(folder: Path) -> dict[str, FileCheck]:
    """Size and checksum of every file in the folder of a generation, for its manifest."""
    paths = sorted(folder.iterdir())
    return {path.name: FileCheck(size=path.stat().st_size, sha256=file_sha256(path)) for path in paths}


def publish(index_dir: Path, folder: Path, manifest: Manifest, keep: int) -> Path:
    """Put a finished generation in use, and remove all but the last `keep`. Needs `build_lock`.

    A reader that has an older one open keeps what it has: the files stay until it closes them.

    Returns:
        The generation's folder.
    """
    try:
        before = current_name(index_dir)
    except FindingsError:
        before = ""
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    for name in (*manifest.files, MANIFEST):
        _sync(folder / name)
    _sync(folder)
    final = folder.with_name(generation_name(folder))
    folder.rename(final)
    _sync(final.parent)

    pointer = index_dir / CURRENT_NEW
    pointer.write_text(final.name + "\n", encoding="ascii")
    _sync(pointer)
    pointer.replace(index_dir / CURRENT)
    _sync(index_dir)

    older = [other for other in final.parent.iterdir() if NAME.fullmatch(other.name) and other != final]
    # Youngest first, but before them the one that was in use: somebody may have gone back to it.
    older.sort(key=lambda other: (other.name == before, other.name), reverse=True)
    for other in older[keep - 1 :]:
        shutil.rmtree(other, ignore_errors=True)
    return final


def _refuse_foreign(index_dir: Path) -> None:
    """Raise IndexUnavailable where the folder holds anything that a build did not put there."""
    try:
        current_name(index_dir)
    except FindingsError:
        if others := _foreign(index_dir):
            raise IndexUnavailable(
                f"{index_dir} is not an index, and nothing is written to it: it holds {_some(others)};"
                " name a new or an empty folder with --index"
            ) from None


def _foreign(index_dir: Path) -> list[str]:
    """What in a folder is not part of an index. Hidden files and a disk's lost+found are nobody's."""
    ours = {CURRENT, CURRENT_NEW, GENERATIONS, LOCK, "lost+found"}
    others = [entry.name for entry in index_dir.iterdir() if entry.name not in ours and entry.name[0] != "."]
    generations = index_dir / GENERATIONS
    if generations.is_dir():
        for entry in generations.iterdir():
            if not NAME.fullmatch(entry.name) and entry.name[0] != ".":
                others.append(f"{GENERATIONS}/{entry.name}")
    elif generations.exists():
        others.append(GENERATIONS)
    return sorted(others)


def _sync(path: Path) -> None:
    """Have the system write a file's content, or a folder's list of names, to the disk itself."""
    if path.is_dir() and os.name != "posix":
        return  # Folders cannot be opened there, and their names are written with the files.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
