"""Building an index: what is read, copied, left out and recorded, and that nothing met on the way does harm."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indexer.build import BuildReport, build
from indexer.config import Settings
from indexer.embedder import passage_text, sentence_text
from indexer.errors import ConfigError, IndexMismatch, IndexUnavailable
from indexer.generations import GENERATIONS, build_lock, open_generation
from indexer.models import Document, FileReport, Kind
from indexer.pool import Read
from indexer.vectors.base import as_kept
from tests.conftest import HashingEncoder
from tests.plain_reader import read_plain, read_plain_louder

ROOT = Path(__file__).parent.parent


class Counting:
    """An encoder and a reader that remember what they were given."""

    def __init__(self, name: str = "hashing") -> None:
        self.encoder = HashingEncoder(name)
        self.name, self.dimension, self.precision = self.encoder.name, self.encoder.dimension, self.encoder.precision
        self.sha256, self.head, self.subject = self.encoder.sha256, self.encoder.head, self.encoder.subject
        self.runtime, self.texts_per_second = self.encoder.runtime, self.encoder.texts_per_second
        self.embedded: list[str] = []
        self.read_sources: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of passages."""
        self.embedded += texts
        return self.encoder.encode(texts)

    encode_query = encode

    def read(self, path: Path, source: str) -> Document:
        """Read a file in this process."""
        self.read_sources.append(source)
        return read_plain(path, source)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two reports, one of them further down."""
    folder = tmp_path / "my reports"
    write(folder / "bury.txt", "Minutes are late. Plans are not.\nContext of the town.\nVisits are rare.\n")
    write(folder / "2016" / "hull.txt", "Planning is late.\nVisits are rare.\n")
    return folder


def write(path: Path, text: str) -> Path:
    """A file with this text, in a folder that is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def run(
    settings: Settings, *paths: Path, replace: bool = False, read: Read = read_plain, pipeline: str = "1"
) -> BuildReport:
    """Build in this process with the quick encoder."""
    return build(settings, paths, read=read, pipeline=pipeline, encoder=HashingEncoder(), replace_roots=replace)


def files(report: BuildReport) -> dict[str, str]:
    """What became of every file: its status, and the reason where there is one."""
    return {file.source: ": ".join(part for part in (file.status, file.reason) if part) for file in report.files}


def contents(settings: Settings) -> dict[str, Document]:
    """Every document of the index by source, after seeing that every row has its own vectors."""
    with open_generation(settings.index_dir) as generation:
        store = generation.store
        documents = [store.document(row) for row in store.document_rows()]
        findings = [item for document in documents for item in document.findings]
        sentences = [sentence_text(item, sentence) for item in findings for sentence in item.sentences]
        encoder = HashingEncoder()
        if generation.manifest.model_sha256 == encoder.sha256:
            for index, texts in (
                (generation.finding_vectors, [passage_text(item) for item in findings]),
                (generation.sentence_vectors, sentences),
            ):
                assert len(index) == len(texts)
                kept = as_kept(encoder.encode(texts))
                np.testing.assert_array_equal(index.reconstruct(np.arange(len(texts))), kept)
        assert store.facts().findings == len(findings)
        assert store.facts().documents == len(documents)
        return {document.source: document for document in documents}


# ---------------------------------------------------------------------------------------------- what is indexed


def test_a_folder_is_indexed(settings: Settings, folder: Path) -> None:
    """Every file below a folder becomes a document, in the order of its path, under its path within the folder."""
    report = run(settings, folder)
    assert report.files == (
        FileReport("2016/hull.txt", "indexed", "", 2, 1),
        FileReport("bury.txt", "indexed", "", 3, 1),
    )
    assert (report.changed, report.documents, report.findings) == (True, 2, 5)
    assert report.kinds == ((Kind.FINDING, 4), (Kind.CONTEXT, 1))
    found = contents(settings)
    assert list(found) == ["2016/hull.txt", "bury.txt"]
    assert found["bury.txt"] == read_plain(folder / "bury.txt", "bury.txt")


def test_near_identical_findings_are_grouped(settings: Settings, folder: Path) -> None:
    """A finding that two reports share is one group, named by the first row."""
    run(settings, folder)
    with open_generation(settings.index_dir) as generation:
        assert generation.store.clusters.tolist() == [0, 1, 2, 3, 1]


def test_the_record_of_the_build_is_in_the_index(settings: Settings, folder: Path) -> None:
    """What became of each file can be asked of the index."""
    write(folder / "scan.pdf", "!unreadable\n")
    report = run(settings, folder)
    with open_generation(settings.index_dir) as generation:
        assert generation.store.files() == report.files


def test_one_file_is_indexed_under_its_name(settings: Settings, folder: Path) -> None:
    """A file given by itself is called by its name."""
    assert files(run(settings, folder / "2016" / "hull.txt")) == {"hull.txt": "indexed"}


def test_files_that_cannot_be_read_do_not_end_the_build(settings: Settings, folder: Path) -> None:
    """Each failure is one file's, with its reason; the rest is indexed."""
    write(folder / "a.pdf", "!unreadable\n")
    write(folder / "b.pdf", "!fault\n")
    write(folder / "c.pdf", "!memory\n")
    write(folder / "d.txt", "\n\n")
    write(folder / "e.txt", (folder / "bury.txt").read_text())
    (folder / "f").symlink_to(folder)
    (folder / "g.txt").symlink_to(folder / "nowhere")
    report = run(settings, folder)
    outcomes = files(report)
    for link in ("f", "g.txt"):
        assert outcomes.pop(link).startswith("skipped: it is a symbolic link")
    assert outcomes == {
        "2016/hull.txt": "indexed",
        "a.pdf": "skipped: it is a picture without words; scan it with text recognition",
        "b.pdf": "skipped: could not be read: KeyError: 'a fault\\nof the reader'",
        "bury.txt": "indexed",
        "c.pdf": "skipped: could not be read: it needs more memory than there is",
        "d.txt": "skipped: no findings: it holds no paragraph, bullet or numbered point that states one",
        "e.txt": "skipped: same content as bury.txt",
    }
    assert list(contents(settings)) == ["2016/hull.txt", "bury.txt"]
    assert all("\n" not in file.reason for file in report.files)


def test_what_may_not_be_opened_is_named(settings: Settings, folder: Path) -> None:
    """A file without permission is skipped with the reason, and read once it may be."""
    secret = write(folder / "secret.txt", "Secret.\n")
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        pytest.skip("this user may open everything")
    assert "Permission denied" in files(run(settings, folder))["secret.txt"]
    secret.chmod(0o600)
    assert files(run(settings, folder))["secret.txt"] == "indexed"


def test_where_nothing_can_be_indexed_nothing_is_written(settings: Settings, tmp_path: Path) -> None:
    """A build that comes to no document makes no index, and leaves one that is there as it was."""
    empty = tmp_path / "empty"
    empty.mkdir()
    report = run(settings, empty)
    assert (report.changed, report.documents, report.files) == (False, 0, ())
    with pytest.raises(IndexUnavailable, match="there is no index"):
        open_generation(settings.index_dir)
    only = write(tmp_path / "reports" / "only.txt", "Visits are rare.\n")
    run(settings, only.parent)
    only.unlink()
    report = run(settings, only.parent)
    assert (report.changed, report.documents) == (False, 0)
    assert files(report) == {"only.txt": "removed: the file is no longer there"}
    assert list(contents(settings)) == ["only.txt"]


def test_the_index_itself_is_not_indexed(folder: Path) -> None:
    """An index that lies in the folder indexed is left out."""
    settings = Settings(index_dir=folder / "index")
    run(settings, folder)
    write(folder / "new.txt", "Plans are late.\n")
    assert files(run(settings, folder)) == {"2016/hull.txt": "unchanged", "bury.txt": "unchanged", "new.txt": "indexed"}


# ---------------------------------------------------------------------------------------------- only what changed


def test_nothing_changed_is_nothing_done(settings: Settings, folder: Path) -> None:
    """The same folder again reads nothing, embeds nothing and makes no generation, and says so; skips stay known."""
    write(folder / "scan.pdf", "!unreadable\n")
    write(folder / "same.txt", (folder / "bury.txt").read_text())
    before = run(settings, folder)
    generation = (settings.index_dir / "CURRENT").read_text()
    seen = Counting()
    report = build(settings, [folder], read=seen.read, pipeline="1", encoder=seen)
    assert (report.changed, seen.read_sources, seen.embedded) == (False, [], [])
    assert [file.source for file in report.files] == [file.source for file in before.files]
    assert files(report)["bury.txt"] == "unchanged"
    assert files(report)["scan.pdf"].startswith("skipped: it is a picture")
    assert (report.documents, report.findings, report.kinds) == (before.documents, before.findings, before.kinds)
    assert (settings.index_dir / "CURRENT").read_text() == generation


def test_only_what_changed_is_read_and_embedded(settings: Settings, folder: Path) -> None:
    """A new file is read and its new texts embedded; the rest is copied, whatever its place; a lost file is gone."""
    write(folder / "lost.txt", "Plans are late.\n")
    run(settings, folder)
    write(folder / "2012" / "leeds.txt", "Visits are rare.\nLadders are short.\n")
    (folder / "lost.txt").unlink()
    seen = Counting()
    report = build(settings, [folder], read=seen.read, pipeline="1", encoder=seen)
    assert files(report) == {
        "2012/leeds.txt": "indexed",
        "2016/hull.txt": "unchanged",
        "bury.txt": "unchanged",
        "lost.txt": "removed: the file is no longer there",
    }
    assert seen.read_sources == ["2012/leeds.txt"]
    # "Visits are rare." has had its vector since the build before.
    assert sorted(seen.embedded) == ["Findings: Ladders are short.", "Ladders are short."]
    assert list(contents(settings)) == ["2012/leeds.txt", "2016/hull.txt", "bury.txt"]


def test_a_changed_file_takes_the_place_of_the_old_one(settings: Settings, folder: Path) -> None:
    """The index holds what the file holds now, and only that."""
    run(settings, folder)
    write(folder / "bury.txt", "Ladders are short.\n")
    assert files(run(settings, folder)) == {"2016/hull.txt": "unchanged", "bury.txt": "indexed"}
    assert contents(settings)["bury.txt"].text == "Ladders are short.\n"
    # What was removed in one build is no news in the next.
    assert not run(settings, folder).changed


def test_a_renamed_file_keeps_its_vectors(settings: Settings, folder: Path) -> None:
    """Under another name a file is read again, since the name may matter to the reader, but not embedded again."""
    run(settings, folder)
    (folder / "bury.txt").rename(folder / "renamed.txt")
    seen = Counting()
    report = build(settings, [folder], read=seen.read, pipeline="1", encoder=seen)
    assert files(report) == {"2016/hull.txt": "unchanged", "renamed.txt": "indexed"}
    assert seen.embedded == []
    assert contents(settings)["renamed.txt"].metadata.title == "renamed"


def test_the_second_of_two_same_files_takes_over(settings: Settings, folder: Path) -> None:
    """When the file that stood for two of the same content goes, the other one stands for itself."""
    write(folder / "copy.txt", (folder / "bury.txt").read_text())
    assert files(run(settings, folder))["copy.txt"] == "skipped: same content as bury.txt"
    (folder / "bury.txt").unlink()
    assert files(run(settings, folder)) == {"2016/hull.txt": "unchanged", "copy.txt": "indexed"}
    assert list(contents(settings)) == ["2016/hull.txt", "copy.txt"]


def test_removing_needs_no_model(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nothing to embed, the encoder is not asked for anything."""
    run(settings, folder)
    (folder / "bury.txt").unlink()
    seen = Counting()
    build(settings, [folder], read=seen.read, pipeline="1", encoder=seen)
    assert (seen.read_sources, seen.embedded) == ([], [])
    assert list(contents(settings)) == ["2016/hull.txt"]


def test_another_model_embeds_everything_and_reads_nothing(settings: Settings, folder: Path) -> None:
    """With another model the documents are taken from the index, and all of their texts get new vectors."""
    run(settings, folder)
    seen = Counting("other")
    report = build(settings, [folder], read=seen.read, pipeline="1", encoder=seen)
    assert (report.changed, seen.read_sources) == (True, [])
    assert set(files(report).values()) == {"unchanged"}
    assert len(seen.embedded) == len(set(seen.embedded)) == 9
    assert len(contents(settings)) == 2
    with open_generation(settings.index_dir) as generation:
        assert (generation.manifest.model, generation.manifest.model_sha256) == ("other", seen.sha256)


def test_another_pipeline_reads_everything(settings: Settings, folder: Path) -> None:
    """With another version of the reader every document is read, even one that could not be read before."""
    write(folder / "scan.pdf", "!unreadable\n")
    run(settings, folder)
    seen = Counting()
    report = build(settings, [folder], read=seen.read, pipeline="2", encoder=seen)
    assert seen.read_sources == ["2016/hull.txt", "bury.txt", "scan.pdf"]
    assert seen.embedded == []  # the texts are the same
    assert report.changed
    run(settings, folder, read=read_plain_louder, pipeline="3")
    assert [document.metadata.title for document in contents(settings).values()] == ["HULL", "BURY"]


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    builds=st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["One.", "Two.\nThree. Four.", "!unreadable", ""])),
        min_size=2,
        max_size=4,
    )
)
def test_an_index_brought_up_to_date_is_as_one_built_afresh(
    builds: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever came and went between builds, the last one holds what a build of the same files from nothing holds."""
    base = tmp_path_factory.mktemp("builds")
    settings, fresh = Settings(index_dir=base / "index"), Settings(index_dir=base / "fresh")
    folder = base / "reports"
    for state in builds:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, text in state.items():
            write(folder / name, text)
        report = run(settings, folder)
    expected = run(fresh, folder)
    assert report.documents == expected.documents
    if expected.documents:
        assert list(contents(settings).items()) == list(contents(fresh).items())
        assert {
            name: status.replace("unchanged", "indexed")
            for name, status in files(report).items()
            if "removed" not in status
        } == files(expected)


# ---------------------------------------------------------------------------------------------- several folders


def test_folders_add_up(settings: Settings, folder: Path, tmp_path: Path) -> None:
    """Another folder comes beside those indexed before, which stay as they are even if their files have gone."""
    run(settings, folder)
    other = write(tmp_path / "others" / "leeds.txt", "Ladders are short.\n").parent
    shutil.rmtree(folder)
    report = run(settings, other)
    assert files(report) == {"2016/hull.txt": "unchanged", "bury.txt": "unchanged", "leeds.txt": "indexed"}
    assert sorted(contents(settings)) == ["2016/hull.txt", "bury.txt", "leeds.txt"]


def test_replace_leaves_out_the_other_folders(settings: Settings, folder: Path, tmp_path: Path) -> None:
    """With --replace the index holds what the given paths hold."""
    run(settings, folder)
    other = write(tmp_path / "others" / "leeds.txt", "Ladders are short.\n").parent
    report = run(settings, other, replace=True)
    assert files(report) == {
        "leeds.txt": "indexed",
        "2016/hull.txt": "removed: its folder was left out",
        "bury.txt": "removed: its folder was left out",
    }
    assert list(contents(settings)) == ["leeds.txt"]


def test_files_of_the_same_name_in_two_folders_are_two(settings: Settings, folder: Path, tmp_path: Path) -> None:
    """A name is one within its folder only."""
    other = write(tmp_path / "others" / "bury.txt", "Ladders are short.\n").parent
    run(settings, folder, other)
    with open_generation(settings.index_dir) as generation:
        assert [item.source for item in generation.store.summaries(range(3)).values()] == [
            "2016/hull.txt",
            "bury.txt",
            "bury.txt",
        ]
    write(other / "bury.txt", "Ladders are long.\n")
    report = run(settings, other)
    assert [file.status for file in report.files] == ["unchanged", "unchanged", "indexed"]


def test_the_same_content_in_two_folders_is_one_document(settings: Settings, folder: Path, tmp_path: Path) -> None:
    """A copy in another folder is skipped with the place of the first, and stands for itself when that is left out."""
    other = write(tmp_path / "others" / "bury.txt", (folder / "bury.txt").read_text()).parent
    report = run(settings, folder, other)
    assert report.files[-1] == FileReport("bury.txt", "skipped", f"same content as bury.txt in {folder}")
    assert files(run(settings, other, replace=True))["bury.txt"] == "unchanged"
    assert list(contents(settings)) == ["bury.txt"]


def test_a_moved_folder_gives_its_documents_to_the_new_place(settings: Settings, folder: Path, tmp_path: Path) -> None:
    """Indexed at its new place, a moved folder is copied there and not read; what is nowhere else stays."""
    lost = write(folder / "lost.txt", "Plans are late.\n")
    run(settings, folder)
    moved = folder.rename(tmp_path / "moved")
    (moved / lost.name).unlink()
    seen = Counting()
    report = build(settings, [moved], read=seen.read, pipeline="1", encoder=seen)
    assert files(report) == {"2016/hull.txt": "unchanged", "bury.txt": "unchanged", "lost.txt": "unchanged"}
    assert (seen.read_sources, seen.embedded) == ([], [])
    write(moved / lost.name, "Plans are late.\n")
    run(settings, moved)
    with open_generation(settings.index_dir) as generation:
        assert generation.manifest.roots == (str(moved),)
    write(moved / "bury.txt", "Ladders are short.\n")
    assert files(run(settings, moved))["bury.txt"] == "indexed"
    assert [document.text for document in contents(settings).values()].count("Ladders are short.\n") == 1
    assert len(contents(settings)) == 3


def test_a_folder_within_one_indexed_before_stands_for_it(settings: Settings, folder: Path) -> None:
    """Naming part of an indexed folder brings the whole of it up to date, and nothing is indexed twice."""
    run(settings, folder)
    write(folder / "2016" / "leeds.txt", "Ladders are short.\n")
    (folder / "bury.txt").unlink()
    assert files(run(settings, folder / "2016")) == {
        "2016/hull.txt": "unchanged",
        "2016/leeds.txt": "indexed",
        "bury.txt": "removed: the file is no longer there",
    }
    assert not run(settings, folder / "2016" / "leeds.txt").changed


def test_a_folder_around_one_indexed_before_takes_its_place(settings: Settings, folder: Path) -> None:
    """Naming a folder that holds an indexed one indexes all of it, under its own paths."""
    run(settings, folder / "2016")
    report = run(settings, folder)
    assert files(report) == {"2016/hull.txt": "indexed", "bury.txt": "indexed"}
    with open_generation(settings.index_dir) as generation:
        assert generation.manifest.roots == (str(folder),)


def test_a_path_that_is_not_there_changes_nothing(settings: Settings, folder: Path) -> None:
    """A misspelt path ends the build before it begins, and leaves no empty index behind."""
    with pytest.raises(ConfigError, match="there is no file or folder"):
        run(settings, folder, folder / "missing")
    assert not settings.index_dir.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")
def test_a_folder_whose_name_is_no_text_is_refused(settings: Settings, tmp_path: Path) -> None:
    """The name of a folder that is given must be storable; names below it are spelt out."""
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    write(odd / "bury.txt", "Visits are rare.\n")
    with pytest.raises(ConfigError, match="rename it"):
        run(settings, odd)
    assert files(run(settings, tmp_path)) == {"caf\\xe9/bury.txt": "indexed"}


def test_a_new_reader_needs_all_folders(settings: Settings, folder: Path, tmp_path: Path) -> None:
    """Where everything must be read again and a folder has gone, nothing is lost: the message says what to do."""
    run(settings, folder)
    other = write(tmp_path / "others" / "leeds.txt", "Ladders are short.\n").parent
    run(settings, other)
    shutil.rmtree(folder)
    with pytest.raises(IndexMismatch, match="--replace"):
        run(settings, other, pipeline="2")
    assert len(contents(settings)) == 3
    assert files(run(settings, other, pipeline="2", replace=True))["leeds.txt"] == "indexed"


# ---------------------------------------------------------------------------------------------- harm


def test_two_builds_at_once_are_refused(settings: Settings, folder: Path) -> None:
    """The second build of an index says that another holds it, and by which file."""
    with (
        build_lock(settings.index_dir),
        pytest.raises(IndexUnavailable, match=r"another build is at work.*build\.lock"),
    ):
        run(settings, folder)
    assert run(settings, folder).changed


@pytest.mark.parametrize("entry", ["thesis.docx", "generations/mine.txt", "generations"])
def test_a_folder_that_holds_something_else_is_refused(entry: str, settings: Settings, folder: Path) -> None:
    """Nothing is written to a folder that holds other things, and nothing in it is touched."""
    other = write(settings.index_dir / entry, "mine")
    before = sorted(settings.index_dir.rglob("*"))
    with pytest.raises(IndexUnavailable, match="nothing is written to it"):
        run(settings, folder)
    assert sorted(settings.index_dir.rglob("*")) == before
    assert other.read_text() == "mine"


def test_an_index_folder_that_is_a_file_is_refused(settings: Settings, folder: Path) -> None:
    """A file where the index should lie is named."""
    settings.index_dir.write_text("mine")
    with pytest.raises(IndexUnavailable, match=str(settings.index_dir)):
        run(settings, folder)


def test_other_things_beside_an_index_are_left_alone(settings: Settings, folder: Path) -> None:
    """Files that somebody has put into a folder with an index stay, and so do folders among its generations."""
    run(settings, folder)
    notes = write(settings.index_dir / "notes.txt", "mine")
    mine = write(settings.index_dir / GENERATIONS / "backup" / "x", "mine")
    for number in range(4):
        write(folder / "bury.txt", f"Visit {number}.\n")
        run(settings, folder)
    assert (notes.read_text(), mine.read_text()) == ("mine", "mine")
    assert len(list((settings.index_dir / GENERATIONS).iterdir())) == 3


def test_a_damaged_index_is_built_anew(settings: Settings, folder: Path) -> None:
    """Where the index in use cannot be read, a build makes a new one and says so."""
    run(settings, folder)
    for file in (settings.index_dir / GENERATIONS).glob("*/findings.faiss"):
        file.write_bytes(b"")
    report = run(settings, folder)
    assert report.changed
    assert "damaged" in report.note
    assert "\n" not in report.note
    assert set(files(report).values()) == {"indexed"}
    assert len(contents(settings)) == 2


def test_a_reader_keeps_what_it_has_open(settings: Settings, folder: Path) -> None:
    """While generations come and go, one that is open goes on answering from its own files."""
    run(settings, folder)
    with open_generation(settings.index_dir) as generation:
        before = generation.store.document(0)
        for number in range(4):
            write(folder / "bury.txt", f"Visit {number}.\n")
            run(settings, folder)
        assert not generation.folder.exists()
        assert generation.store.document(0) == before
        assert len(generation.finding_vectors.reconstruct(np.arange(5))) == 5
        assert generation.store.filter_rows().tolist() == [0, 1, 2, 4]


SCRIPT = """
import sys
from pathlib import Path
from indexer.build import build
from indexer.config import Settings
from tests.conftest import HashingEncoder
from tests.plain_reader import read_plain_slowly
if __name__ == "__main__":
    settings = Settings.model_validate({"index_dir": sys.argv[1], "indexing": {"workers": int(sys.argv[3])}})
    build(settings, [Path(sys.argv[2])], read=read_plain_slowly, pipeline="1", encoder=HashingEncoder())
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A program that builds an index slowly."""
    return write(tmp_path / "slow_build.py", SCRIPT)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_build_leaves_the_index_as_it_was(
    workers: int, settings: Settings, folder: Path, script: Path
) -> None:
    """A build killed half-way changes nothing; the next one is not kept from its work and tidies up after it."""
    run(settings, folder)
    before = contents(settings)
    for number in range(30):
        write(folder / f"{number}.txt", f"Report {number} says this.\n")
    command = [sys.executable, str(script), str(settings.index_dir), str(folder), str(workers)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True)
    generations = settings.index_dir / GENERATIONS
    try:
        wait_for(lambda: list(generations.glob(".building-*/findings.sqlite")))
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        # The processes that it read in end by themselves.
        wait_for(lambda: not alive(process.pid))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert len(list(generations.glob(".building-*"))) == 1
    assert contents(settings) == before
    assert len(contents(settings)) == 2
    run(settings, folder)
    assert len(contents(settings)) == 32
    assert not list(generations.glob(".building-*"))


class Tiring(HashingEncoder):
    """An encoder that is interrupted after some calls."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self._calls = calls

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Encode, as often as there is strength for it."""
        if not self._calls:
            raise KeyboardInterrupt
        self._calls -= 1
        return super().encode(texts)


def many_reports(folder: Path) -> None:
    """Reports enough for several batches of texts."""
    for number in range(60):
        write(folder / f"{number:02}.txt", "".join(f"Report {number} says {n} of this.\n" for n in range(20)))


def interrupted(settings: Settings, folder: Path, calls: int) -> None:
    """A build that ends after so many batches, and notes each of them."""
    with pytest.raises(KeyboardInterrupt):
        build(settings, [folder], read=read_plain, pipeline="1", encoder=Tiring(calls), note_seconds=0)


@pytest.fixture
def one_process(settings: Settings) -> Settings:
    """Settings with which files are read in this process."""
    return Settings.model_validate({"index_dir": settings.index_dir, "indexing": {"workers": 1}})


@pytest.mark.parametrize("calls", [(1,), (3,), (1, 1), (3, 1)])
def test_an_interrupted_build_is_gone_on_with(calls: tuple[int, ...], one_process: Settings, folder: Path) -> None:
    """What a build had read and embedded when it was interrupted is neither read nor embedded again."""
    settings = one_process
    many_reports(folder)
    for each in calls:
        interrupted(settings, folder, each)
    seen = Counting()
    report = build(settings, [folder], read=seen.read, pipeline="1", encoder=seen)
    left = 62 - len(seen.read_sources)
    assert len(calls) * 10 < left < 62
    assert report.note == f"{left} of the documents had been read and embedded by a build that was interrupted."
    assert not list((settings.index_dir / GENERATIONS).glob(".building-*"))
    alone = settings.model_copy(update={"index_dir": settings.index_dir.with_name("alone")})
    run(alone, folder)
    assert contents(settings) == contents(alone)
    assert run(settings, folder).changed is False


@pytest.mark.parametrize(("pipeline", "model"), [("2", "hashing"), ("1", "another")])
def test_what_was_read_or_embedded_in_another_way_is_not_gone_on_with(
    pipeline: str, model: str, one_process: Settings, folder: Path
) -> None:
    """What an interrupted build has left of another reader or of another model is removed."""
    many_reports(folder)
    interrupted(one_process, folder, 3)
    seen = Counting(model)
    report = build(one_process, [folder], read=seen.read, pipeline=pipeline, encoder=seen)
    assert (len(seen.read_sources), report.note) == (62, "")
    assert not list((one_process.index_dir / GENERATIONS).glob(".building-*"))


def test_a_file_that_changed_after_an_interruption_is_read_again(one_process: Settings, folder: Path) -> None:
    """An interrupted build is gone on with for the files that are as they were then."""
    many_reports(folder)
    interrupted(one_process, folder, 3)
    write(folder / "00.txt", "Another report says this.\n")
    seen = Counting()
    build(one_process, [folder], read=seen.read, pipeline="1", encoder=seen)
    assert "00.txt" in seen.read_sources
    assert "01.txt" not in seen.read_sources


def test_a_damaged_leftover_is_removed(one_process: Settings, folder: Path) -> None:
    """What an interrupted build has left is of no use with a file cut short, and does not stop the next build."""
    many_reports(folder)
    interrupted(one_process, folder, 3)
    (leftover,) = (one_process.index_dir / GENERATIONS).glob(".building-*")
    vectors = leftover / "sentences.faiss"
    vectors.write_bytes(vectors.read_bytes()[:1000])
    assert run(one_process, folder).note == ""
    assert len(contents(one_process)) == 62


def wait_for(condition: object, seconds: float = 20) -> None:
    """Wait until a condition holds."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def alive(group: int) -> bool:
    """Whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_failure_while_writing_leaves_the_index_as_it_was(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An encoder that fails half-way ends the build with its error, and nothing is left of it."""
    run(settings, folder)
    before = contents(settings)
    write(folder / "new.txt", "Ladders are short.\n")

    class Failing(HashingEncoder):
        """An encoder that runs out of something."""

        def encode(self, texts: Sequence[str]) -> np.ndarray:
            """Fail."""
            raise OSError(28, "No space left on device")

    with pytest.raises(IndexUnavailable, match="No space left on device"):
        build(settings, [folder], read=read_plain, pipeline="1", encoder=Failing())
    assert contents(settings) == before
    assert not list((settings.index_dir / GENERATIONS).glob(".building-*"))


# ---------------------------------------------------------------------------------------------- several processes


def test_reading_in_processes_comes_to_the_same(folder: Path, tmp_path: Path) -> None:
    """The number of processes makes no difference to the index, even where a file ends the process it is read in."""
    for number in range(30):
        write(folder / f"{number:02}.txt", f"Report {number} says this.\n" if number % 7 else "!unreadable\n" * number)
    write(folder / "11.txt", "!abrupt\n")
    report = build(
        Settings.model_validate({"index_dir": tmp_path / "index", "indexing": {"workers": 2}}),
        [folder],
        read=read_plain,
        pipeline="1",
        encoder=HashingEncoder(),
    )
    assert files(report)["11.txt"] == "skipped: could not be read: the reader ended abruptly on it"
    write(folder / "11.txt", "!unreadable\n")
    alone = Settings.model_validate({"index_dir": tmp_path / "alone", "indexing": {"workers": 1}})
    expected = build(alone, [folder], read=read_plain, pipeline="1", encoder=HashingEncoder())
    others = [file for file in report.files if file.source != "11.txt"]
    assert others == [file for file in expected.files if file.source != "11.txt"]
    assert contents(Settings(index_dir=tmp_path / "index")) == contents(alone)


def test_a_crash_is_tried_again_in_the_next_build(folder: Path, tmp_path: Path) -> None:
    """A file that ended its process may have had bad luck: it is read again, while other failures are remembered."""
    settings = Settings.model_validate({"index_dir": tmp_path / "index", "indexing": {"workers": 2}})
    for number in range(10):
        write(folder / f"{number}.txt", f"Report {number} says this.\n")
    write(folder / "abrupt.txt", "!abrupt\n")
    build(settings, [folder], read=read_plain, pipeline="1", encoder=HashingEncoder())
    seen = Counting()
    monkey = folder / "abrupt.txt"
    monkey.write_text("!unreadable\n")
    build(settings, [folder], read=seen.read, pipeline="1", encoder=seen)
    assert seen.read_sources == ["abrupt.txt"]


def test_progress_is_told(settings: Settings, folder: Path) -> None:
    """Whoever builds is told of files read and findings embedded, up to the last."""
    told: list[tuple[str, int, int]] = []
    build(
        settings,
        [folder],
        read=read_plain,
        pipeline="1",
        encoder=HashingEncoder(),
        progress=lambda *step: told.append(step),
    )
    assert [step for step in told if step[0] == "files"] == [("files", 1, 2), ("files", 2, 2)]
    assert told[-1] == ("findings", 5, 5)
