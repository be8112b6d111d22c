"""What a build has to do: which files there are, and for each whether to copy it, read it or leave it out.

The folders and files that an index was built from are its roots. Roots never overlap: a path inside a root stands for
that root, and a path around a root takes its place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.checksum import file_sha256
from indexer.discover import Problem, discover
from indexer.errors import ConfigError, IndexMismatch
from indexer.generations import Generation
from indexer.schema import FileRecord

SAME = "same content as "


@dataclass(frozen=True, slots=True)
class Roots:
    """The roots of the new index in order, and those of them whose files are to be looked at again."""

    all: tuple[str, ...]
    looked_at: frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may become a document. `sha256` is empty where the file cannot be read, for the `problem` given."""

    root: str
    source: str
    path: Path
    sha256: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one candidate: the document in row `copy` of the old index, a document to read, or neither."""

    candidate: Candidate
    copy: int | None = None
    skip: str = ""

    @property
    def read(self) -> bool:
        """Whether the file must be read."""
        return self.copy is None and not self.skip


def choose_roots(paths: Sequence[Path], old: Sequence[str]) -> Roots:
    """The roots of the new index: those of the old one with the given paths among them.

    Raises:
        ConfigError: a path is not there, or its name cannot be stored.
    """
    given = [_root(path) for path in paths]
    kept = [Path(root) for root in old]
    for path in given:
        if not any(path.is_relative_to(root) for root in kept):
            inside = [number for number, root in enumerate(kept) if root.is_relative_to(path)]
            place = inside[0] if inside else len(kept)
            kept = [root for root in kept if not root.is_relative_to(path)]
            kept.insert(place, path)
    # What is gone comes last, so that a folder that was moved gives its documents to the place it is at now.
    kept.sort(key=lambda root: not _is_there(root))
    looked_at = {str(root) for root in kept if any(path.is_relative_to(root) for path in given)}
    return Roots(tuple(map(str, kept)), frozenset(looked_at))


def _absolute(path: Path) -> Path:
    # Not resolved: a link such as "reports/current" stands for what it leads to today.
    return Path(os.path.abspath(path))  # noqa: PTH100


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True


def _root(path: Path) -> Path:
    absolute = _absolute(path)
    if not str(absolute).isprintable():
        raise ConfigError(f"the name of {str(absolute)!a} holds bytes that are no characters; rename it")
    try:
        absolute.stat()
    except FileNotFoundError as error:
        message = f"there is no file or folder {path}; name a folder that holds documents, or a document"
        raise ConfigError(message) from error
    except OSError as error:
        raise ConfigError(f"cannot open {path}: {error.strerror or error}") from error
    return absolute


def require_all(roots: Roots, reason: str) -> Roots:
    """The same roots, all to be looked at again.

    Raises:
        IndexMismatch: one of them is gone, so that its documents could be neither kept nor read.
    """
    if gone := [root for root in roots.all if not _is_there(Path(root))]:
        raise IndexMismatch(
            f"every document must be read again, since {reason}, and {gone[0]} is no longer there:"
            " put it back, or leave it out by naming all folders with --replace"
        )
    return Roots(roots.all, frozenset(roots.all))


def candidates(roots: Roots, old: Iterable[FileRecord], index_dir: Path) -> Iterator[Candidate]:
    """Every file of the roots, in order; those of roots that are not looked at as the old index recorded them.

    Of a root that is gone there is only what is nowhere else: its folder may have been moved.
    """
    index = _absolute(index_dir)
    records = [record for record in old if record.status != "removed"]
    seen: set[str] = set()
    for root in roots.all:
        for candidate in _looked_at(root, index) if root in roots.looked_at else _kept(root, records, seen):
            seen.add(candidate.sha256)
            yield candidate


def remaining(roots: Roots, steps: Sequence[Step]) -> tuple[str, ...]:
    """The roots without those that are gone and have no document of their own left."""
    used = {step.candidate.root for step in steps}
    return tuple(root for root in roots.all if root in used or _is_there(Path(root)))


def _looked_at(root: str, index: Path) -> Iterator[Candidate]:
    for item in discover([Path(root)]):
        if isinstance(item, Problem):
            yield Candidate(root, item.source, Path(root, item.source), "", item.reason)
        elif not item.path.is_relative_to(index):
            yield _found(root, item.source, item.path)


def _kept(root: str, records: Sequence[FileRecord], seen: set[str]) -> list[Candidate]:
    own = [record for record in records if record.root == root]
    if not _is_there(Path(root)):
        own = [record for record in own if record.sha256 not in seen]
        if all(record.status == "skipped" for record in own):
            return []
    return [_remembered(record) for record in own]


def _remembered(record: FileRecord) -> Candidate:
    """A file as the old index recorded it, not looked at."""
    root = Path(record.root)
    path = root if root.is_file() else root / record.source
    return Candidate(record.root, record.source, path, record.sha256, "" if record.sha256 else record.reason)


def _found(root: str, source: str, path: Path) -> Candidate:
    try:
        return Candidate(root, source, path, file_sha256(path))
    except OSError as error:
        reason = f"it cannot be opened ({error.strerror or error}); check that you may read it"
        return Candidate(root, source, path, "", reason)


def plan(found: Iterable[Candidate], old: Generation | None, same_pipeline: bool) -> list[Step]:
    """What to do with each candidate. A document of the old index is copied where its bytes and its name are the same.

    Args:
        same_pipeline: whether the old index was read as documents are read now; if not, nothing of it is copied.
    """
    rows: dict[tuple[str, str], int] = {}
    failed: dict[tuple[str, str], str] = {}
    if old is not None and same_pipeline:
        for row, document in old.store.summaries(old.store.document_rows()).items():
            rows[document.sha256, document.source] = row
        for record in old.store.file_records():
            # "Same content as" is no failure: it is said anew each time, of the files as they are.
            if record.status == "skipped" and record.sha256 and not record.reason.startswith(SAME):
                failed[record.sha256, record.source] = record.reason
    first: dict[str, Candidate] = {}
    steps = []
    for candidate in found:
        key = (candidate.sha256, candidate.source)
        if not candidate.sha256:
            steps.append(Step(candidate, skip=candidate.problem))
        elif candidate.sha256 in first:
            steps.append(Step(candidate, skip=_same(candidate, first[candidate.sha256])))
        else:
            first[candidate.sha256] = candidate
            steps.append(Step(candidate, rows.get(key), failed.get(key, "")))
    return steps


def _same(candidate: Candidate, first: Candidate) -> str:
    place = "" if first.root == candidate.root else f" in {first.root}"
    return f"{SAME}{first.source}{place}"
