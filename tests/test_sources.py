"""Source files for a service, and the process apart that reads them: what it survives, and what is never given away."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.apart import Apart
from indexer.document import read_document
from indexer.errors import BusyError, ReadError, SourceError
from indexer.models import Document
from indexer.sources import SourceFile, Sources
from tests.printed import report_bytes


@pytest.fixture
def apart() -> Iterator[Apart]:
    """A process apart that has two seconds for each task and lets two wait."""
    found = Apart(seconds=2.0, waiting=2)
    yield found
    found.close()


def test_tasks_are_done_in_another_process(apart: Apart) -> None:
    """Tasks run in one other process, which stays for the next."""
    first = apart.run(os.getpid)
    assert first != os.getpid()
    assert apart.run(os.getpid) == first
    assert apart.run(int, "10", base=16) == 16


def test_a_task_that_fails_is_explained(apart: Apart) -> None:
    """A fault of a library on one file is a reason, and the process goes on."""
    process = apart.run(os.getpid)
    with pytest.raises(ReadError, match="damaged, or made in a way that cannot be read"):
        apart.run(int, "x")
    with pytest.raises(ReadError, match="there is no file of this name"):
        apart.run(read_document, Path("nowhere.pdf"), "nowhere.pdf")
    assert apart.run(os.getpid) == process


def test_a_task_that_takes_too_long_is_ended(apart: Apart) -> None:
    """The process that works on it is ended, and the next task has another."""
    process = apart.run(os.getpid)
    with pytest.raises(ReadError, match="takes longer than 2 seconds"):
        apart.run(time.sleep, 60)
    assert apart.run(os.getpid) != process


def test_a_task_that_ends_its_process_does_no_harm(apart: Apart) -> None:
    """A file on which the reader ends abruptly costs that file alone."""
    with pytest.raises(ReadError, match="the file may be damaged"):
        apart.run(os._exit, 1)
    assert apart.run(os.getpid) != os.getpid()


def test_too_many_tasks_are_sent_away(apart: Apart) -> None:
    """Beyond those that may wait, a task is refused at once, so that files never hold up the whole service."""
    apart.run(os.getpid)
    threads = [threading.Thread(target=apart.run, args=(time.sleep, 0.7)) for _ in range(2)]
    for each in threads:
        each.start()
    time.sleep(0.3)
    with pytest.raises(BusyError, match="try again"):
        apart.run(os.getpid)
    for each in threads:
        each.join()
    assert apart.run(os.getpid)


def test_closing_ends_the_process() -> None:
    """Nothing is left behind, and closing twice does no harm."""
    found = Apart()
    process = found.run(os.getpid)
    found.close()
    found.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


# ---------------------------------------------------------------------------------------------- source files


@pytest.fixture
def sources() -> Iterator[Sources]:
    """What reads source files for a service."""
    found = Sources()
    yield found
    found.close()


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """A printed report as it was indexed."""
    path = tmp_path / "report.pdf"
    path.write_bytes(report_bytes())
    return read_document(path, path.name)


@pytest.fixture
def file(tmp_path: Path, document: Document) -> SourceFile:
    """Its file."""
    return SourceFile(tmp_path / document.source, document.source, document.sha256)


def test_a_file_is_given_as_it_was_indexed(sources: Sources, file: SourceFile) -> None:
    """Its bytes are those whose checksum the index has, however they are reached."""
    assert hashlib.sha256(sources.content(file)).hexdigest() == file.sha256
    real = file.path.rename(file.path.with_name("moved.pdf"))
    file.path.symlink_to(real)
    assert hashlib.sha256(sources.content(file)).hexdigest() == file.sha256


@pytest.mark.parametrize("instead", ["another file", "a link", "a folder", "nothing"])
def test_nothing_else_is_given_away(sources: Sources, file: SourceFile, tmp_path: Path, instead: str) -> None:
    """Whatever else stands under the name of a file that was indexed is refused, and no message tells its folder."""
    file.path.unlink()
    match instead:
        case "another file":
            file.path.write_bytes(b"%PDF-1.7 another")
        case "a link":
            secret = tmp_path / "secret.txt"
            secret.write_text("secret", encoding="utf-8")
            file.path.symlink_to(secret)
        case "a folder":
            file.path.mkdir()
    with pytest.raises(SourceError) as content:
        sources.content(file)
    with pytest.raises(SourceError) as image:
        sources.image(file, 1)
    assert str(tmp_path) not in f"{content.value} {image.value}"


def test_a_file_that_changes_is_checked_anew(sources: Sources, file: SourceFile, document: Document) -> None:
    """What was found of a file holds until the file changes."""
    finding = document.findings[0]
    assert sources.verify(file, finding).unchanged
    assert sources.verify(file, finding) is sources.verify(file, finding), "an answer is kept"
    content = file.path.read_bytes()
    file.path.write_bytes(content + b"\n")
    changed = sources.verify(file, finding)
    assert (changed.verified, changed.unchanged) == (True, False)
    file.path.unlink()
    assert not sources.verify(file, finding).verified


def test_an_image_is_drawn_once(sources: Sources, file: SourceFile, document: Document) -> None:
    """A page that was drawn is kept; with marks it is another image."""
    places = sources.verify(file, document.findings[0]).places
    image = sources.image(file, 1, places[0].boxes)
    assert image.startswith(b"\x89PNG")
    assert sources.image(file, 1, places[0].boxes) is image
    assert sources.image(file, 1) != image
    with pytest.raises(SourceError, match="no such page"):
        sources.image(file, 9)
