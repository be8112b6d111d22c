"""An index above the size at which every vector is compared: what it holds, what it says of itself, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from indexer.build import BuildReport, build
from indexer.config import Settings
from indexer.errors import IndexMismatch
from indexer.generations import FILES, FORMAT, GENERATIONS, MANIFEST, current_name, open_generation
from indexer.vectors.base import RECALL, VectorFacts
from indexer.vectors.ivf import IvfIndex
from tests.conftest import HashingEncoder
from tests.plain_reader import read_plain

LISTS = ("findings.ivf.faiss", "sentences.ivf.faiss")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings under which every index counts as large."""
    return Settings.model_validate({"index_dir": tmp_path / "index", "indexing": {"exact_up_to": 0}})


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A folder with one report."""
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "bury.txt").write_text("Minutes are late. Plans are not.\nVisits are rare.\n")
    return folder


def run(settings: Settings, folder: Path) -> BuildReport:
    """Build in this process with the quick encoder."""
    return build(settings, [folder], read=read_plain, pipeline="1", encoder=HashingEncoder())


def generation_folder(settings: Settings) -> Path:
    """The folder of the generation in use."""
    return settings.index_dir / GENERATIONS / current_name(settings.index_dir)


def test_a_large_index_has_lists_beside_its_vectors(settings: Settings, report: Path) -> None:
    """Above the size in the settings there are lists, named in the manifest with what they came to, and searched."""
    assert run(settings, report).note == ""
    assert {path.name for path in generation_folder(settings).iterdir()} == {*FILES, *LISTS, MANIFEST}
    with open_generation(settings.index_dir) as generation:
        manifest = generation.manifest
        assert set(manifest.files) == {*FILES, *LISTS}
        assert manifest.finding_vectors == manifest.sentence_vectors == VectorFacts("ivf", 1, 1, 1.0)
        for index, count in ((generation.finding_vectors, 2), (generation.sentence_vectors, 3)):
            assert isinstance(index, IvfIndex)
            assert len(index) == count
            rows = index.reconstruct(np.arange(count))
            assert index.search(rows, 1)[0][:, 0].tolist() == list(range(count))


def test_the_size_in_the_settings_is_still_exact(settings: Settings, report: Path) -> None:
    """With as many vectors as the settings name there are no lists; one more, and there are."""
    exact = settings.model_copy(update={"indexing": settings.indexing.model_copy(update={"exact_up_to": 2})})
    run(exact, report)
    with open_generation(settings.index_dir) as generation:
        assert generation.manifest.finding_vectors == VectorFacts("exact", 0, 0, 1.0)
        assert generation.manifest.sentence_vectors.kind == "ivf"
        assert set(generation.manifest.files) == {*FILES, LISTS[1]}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "is missing"),
        (b"", "has 0 bytes and should have"),
        (b"same length", "has another checksum than when it was built"),
    ],
)
def test_damaged_lists_are_found_at_opening(
    name: str, content: bytes | None, reason: str, settings: Settings, report: Path
) -> None:
    """Lists that are missing, cut short or changed are named, with the way out."""
    run(settings, report)
    path = generation_folder(settings) / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content and path.read_bytes()[:-1] + b"\x99")
    with pytest.raises(IndexMismatch, match=f"{name} {reason}.*findings index"):
        open_generation(settings.index_dir)


def test_a_build_over_an_older_format_embeds_everything_anew(settings: Settings, report: Path) -> None:
    """An index of an earlier format is refused with the way out, and the build that it names leaves one that works."""
    run(settings, report)
    manifest = generation_folder(settings) / MANIFEST
    manifest.write_text(json.dumps({"format": FORMAT - 1, "generation": manifest.parent.name, "files": {}}))
    with pytest.raises(IndexMismatch, match=f"has format {FORMAT - 1}, .* build it again with `findings index"):
        open_generation(settings.index_dir)
    again = run(settings, report)
    assert again.changed
    assert f"has format {FORMAT - 1}" in again.note
    assert [file.status for file in again.files] == ["indexed"]
    with open_generation(settings.index_dir) as generation:
        assert len(generation.sentence_vectors) == 3


def test_a_build_whose_search_falls_short_says_so(settings: Settings, report: Path) -> None:
    """Where lists are of little use, the report of the build says what they find and what to set instead."""
    words = np.random.default_rng(0).integers(0, 10**6, (1500, 20))
    (report / "noise.txt").write_text("".join(" ".join(f"w{word}" for word in row) + "\n" for row in words))
    note = run(settings, report).note
    with open_generation(settings.index_dir) as generation:
        facts = generation.manifest.finding_vectors
    assert facts.recall < RECALL
    assert f"finds {facts.recall:.1%} of the ten nearest findings, and should find 98%" in note
    assert "indexing.exact_up_to at 1502 or more" in note
    assert "\n" not in note
