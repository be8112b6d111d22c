"""The folder of an index: generations are switched as a whole, and what does not fit is refused with the way out."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.build import build
from indexer.config import Settings
from indexer.errors import IndexMismatch, IndexUnavailable
from indexer.generations import (
    CURRENT,
    FILES,
    FORMAT,
    GENERATIONS,
    LOCK,
    MANIFEST,
    Generation,
    build_lock,
    built_time,
    check_encoder,
    current_name,
    open_generation,
)
from tests.conftest import HashingEncoder
from tests.plain_reader import read_plain


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of one generation, in a folder with spaces and marks in its name."""
    make(tmp_path / "my index, #1?%20", tmp_path / "reports")
    return tmp_path / "my index, #1?%20"


def make(index: Path, reports: Path, text: str = "Minutes are late.\nVisits are rare.\n", keep: int = 2) -> Path:
    """Build an index of one report; returns the folder of its generation."""
    reports.mkdir(exist_ok=True)
    (reports / "bury.txt").write_text(text)
    settings = Settings.model_validate({"index_dir": index, "indexing": {"keep_generations": keep}})
    assert build(settings, [reports], read=read_plain, pipeline="1", encoder=HashingEncoder()).changed
    return generation_folder(index)


def generation_folder(index: Path) -> Path:
    """The folder of the generation in use."""
    return index / GENERATIONS / current_name(index)


def sources(generation: Generation) -> list[str]:
    """What a generation says its documents hold."""
    with generation:
        return [generation.store.document(row).text for row in generation.store.document_rows()]


def refused(index: Path, pipeline: str | None = None) -> str:
    """The message with which an index is refused: one line that names the index and the way out."""
    with pytest.raises((IndexMismatch, IndexUnavailable)) as caught:
        open_generation(index, pipeline)
    message = str(caught.value)
    assert str(index) in message
    assert "findings index" in message
    assert "\n" not in message
    return message


def test_a_generation_is_complete(index: Path) -> None:
    """A generation holds its files and a manifest with what they are; beside it stand only the pointer and the lock."""
    folder = generation_folder(index)
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, MANIFEST])
    assert sorted(path.name for path in index.iterdir()) == sorted([CURRENT, GENERATIONS, LOCK])
    with open_generation(index, pipeline="1") as generation:
        manifest = generation.manifest
        assert (manifest.documents, manifest.findings, manifest.sentences) == (1, 2, 2)
        assert (manifest.model, manifest.dimension, manifest.precision, manifest.pipeline) == (
            *("hashing", 256, "float32"),
            "1",
        )
        assert manifest.built == built_time(folder.name)
        assert manifest.model_dump(include={"generation", "built", "model_sha256"}) == {
            "generation": generation.facts.generation,
            "built": generation.facts.built,
            "model_sha256": generation.facts.model_sha256,
        }


def test_the_time_of_a_generation_is_in_its_name() -> None:
    """Names sort by age and say it."""
    assert built_time("20260102T030405678901Z") == "2026-01-02T03:04:05Z"


def test_an_index_may_be_moved(index: Path, tmp_path: Path) -> None:
    """An index holds no path of its own: a copy and a moved one answer as before, and can be brought up to date."""
    copy, moved = tmp_path / "copy", tmp_path / "elsewhere" / "moved"
    shutil.copytree(index, copy)
    moved.parent.mkdir()
    index.rename(moved)
    for place in (copy, moved):
        assert sources(open_generation(place)) == ["Minutes are late.\nVisits are rare.\n"]
    make(moved, tmp_path / "reports", "Plans are late.\n")
    assert sources(open_generation(moved)) == ["Plans are late.\n"]


def test_an_index_may_be_read_only(index: Path) -> None:
    """Reading needs no right to write, and leaves nothing behind."""
    for path in sorted(index.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    index.chmod(0o555)
    before = sorted(index.rglob("*"))
    try:
        assert len(sources(open_generation(index))) == 1
        assert sorted(index.rglob("*")) == before
    finally:
        for path in (index, *index.rglob("*")):
            path.chmod(0o755)


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_last_generations_are_kept(keep: int, tmp_path: Path) -> None:
    """As many generations are kept as the settings say, the youngest, with the one in use among them."""
    index, made = tmp_path / "index", []
    for number in range(5):
        made.append(make(index, tmp_path / "reports", f"Visit {number}.\n", keep))
        assert sorted((index / GENERATIONS).iterdir()) == made[-keep:]


def test_going_back_is_not_undone(tmp_path: Path) -> None:
    """Where somebody has gone back to an older generation, that one is kept beside the next."""
    index = tmp_path / "index"
    old, young = (make(index, tmp_path / "reports", text) for text in ("Visit 1.\n", "Visit 2.\n"))
    (index / CURRENT).write_text(old.name + "\n")
    newest = make(index, tmp_path / "reports", "Visit 3.\n")
    assert sorted((index / GENERATIONS).iterdir()) == [old, newest]
    assert not young.exists()


# ---------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("state", ["missing", "empty", "file"])
def test_where_there_is_no_index(state: str, tmp_path: Path) -> None:
    """A missing folder, an empty one and a file say that there is no index, and how to build one."""
    index = tmp_path / "index"
    if state == "empty":
        index.mkdir()
    elif state == "file":
        index.touch()
    message = refused(index)
    assert ("is a file" if state == "file" else "there is no index") in message
    assert not index.is_dir() or not list(index.iterdir())


def test_a_folder_of_other_things_is_no_index(tmp_path: Path) -> None:
    """A folder that holds other things is said to be no index, by what it holds."""
    for name in ("a.docx", "b.docx", "c.docx", "d.docx"):
        (tmp_path / name).touch()
    assert "a.docx, b.docx, c.docx and 1 more" in refused(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"../../etc", b"2026", b"20260102T030405678901Z/..", b"\xff", b"x" * 10_000]
)
def test_a_pointer_that_names_no_generation(content: bytes, index: Path) -> None:
    """What does not look like a generation's name is never followed."""
    (index / CURRENT).write_bytes(content)
    assert "does not name a generation" in refused(index)


def test_a_pointer_to_a_generation_that_is_gone(index: Path) -> None:
    """A generation that is not there is named."""
    shutil.rmtree(generation_folder(index))
    assert "is missing" in refused(index)


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_file_cut_short(name: str, share: float, index: Path) -> None:
    """A file of which anything is missing, wherever it breaks off, is named as damaged."""
    path = generation_folder(index) / name
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert "damaged" in (message := refused(index))
    assert name in message


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_missing_file(name: str, index: Path) -> None:
    """A file that is not there is named."""
    (generation_folder(index) / name).unlink()
    assert f"{name} is missing" in refused(index)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0, 0.3, 0.9])
def test_a_single_changed_byte(name: str, place: float, index: Path) -> None:
    """A file of the right length with another content is found out by its checksum."""
    path = generation_folder(index) / name
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 1
    path.write_bytes(data)
    assert f"{name} has another checksum" in refused(index)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"format": FORMAT + 1},
            f"has format {FORMAT + 1}, and this program reads format {FORMAT}",
        ),  # of a later program
        ({"format": 0, "added": 1}, "has format 0"),  # the format is looked at before the rest
        ({"findings": 3}, "not those its manifest counts"),
        ({"dimension": 3}, "not those its manifest counts"),
        ({"files": {}}, "does not list findings.sqlite"),
        ({"findings": "many"}, "not whole"),
        ({"added": 1}, "not whole"),
    ],
)
def test_a_manifest_that_does_not_fit(change: dict[str, object], reason: str, index: Path) -> None:
    """A manifest of another format, or one that contradicts the files, is refused."""
    path = generation_folder(index) / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | change, indent=2))
    assert reason in refused(index)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "\x00", f'{{"format": {FORMAT}'])
def test_a_manifest_that_is_none(text: str, index: Path) -> None:
    """A manifest that is something else is named as damaged."""
    (generation_folder(index) / MANIFEST).write_text(text)
    assert "damaged" in refused(index)


def test_another_pipeline_is_refused_where_it_matters(index: Path, tmp_path: Path) -> None:
    """An index of another version of the reader is refused by who asks for one, with the very command that helps."""
    message = refused(index, pipeline="2")
    assert f"findings index {tmp_path / 'reports'} --index '{index}'" in message
    open_generation(index).close()


@pytest.mark.parametrize("encoder", [HashingEncoder("other"), HashingEncoder(dimension=128)])
def test_another_model_is_refused(encoder: HashingEncoder, index: Path) -> None:
    """Vectors of another model or length are never compared: the message names both models and the way out."""
    with open_generation(index) as generation:
        check_encoder(generation, HashingEncoder())
        with pytest.raises(IndexMismatch) as caught:
            check_encoder(generation, encoder)
    message = str(caught.value)
    for part in (str(index), "hashing", "256", encoder.name, str(encoder.dimension), "findings index"):
        assert part in message
    assert "\n" not in message


def test_a_generation_cleared_away_while_opening(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a build switches and clears up between reading the pointer and opening, the new generation is opened."""
    from indexer import generations

    real, calls = generations.current_name, []

    def switch_after_reading(folder: Path) -> str:
        name = real(folder)
        calls.append(name)
        if len(calls) == 1:
            monkeypatch.setattr(generations, "current_name", real)
            make(index, tmp_path / "reports", "Plans are late.\n", keep=1)
            monkeypatch.setattr(generations, "current_name", switch_after_reading)
        return name

    monkeypatch.setattr(generations, "current_name", switch_after_reading)
    assert sources(open_generation(index)) == ["Plans are late.\n"]
    assert len(calls) == 2


# ---------------------------------------------------------------------------------------------- the lock


HOLD = """
import sys, time
from pathlib import Path
from indexer.generations import build_lock
with build_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_ends_with_its_process(index: Path) -> None:
    """Another process that builds shuts this one out; once it is killed, its lock is no more."""
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(index)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(IndexUnavailable, match=f"another build is at work.*{LOCK}"), build_lock(index):
            pass
        assert len(sources(open_generation(index))) == 1
        holder.kill()
        holder.wait()
        with build_lock(index):
            pass
    finally:
        holder.kill()
        holder.communicate()


def test_a_lock_file_of_another_sort_is_refused(index: Path) -> None:
    """A file in the lock's place that is none is named, and not overwritten."""
    (index / LOCK).write_text("mine " * 1000)
    with pytest.raises(IndexUnavailable, match=LOCK), build_lock(index):
        pass
    assert (index / LOCK).read_text() == "mine " * 1000


def test_an_index_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Where no folder can be made, the message says why."""
    (tmp_path / "file").touch()
    with pytest.raises(IndexUnavailable, match="cannot write to the index folder"), build_lock(tmp_path / "file" / "x"):
        pass
