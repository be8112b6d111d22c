"""Finding the files to index: real folders, links, loops and names."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.discover import Found, Problem, discover, shown

ROOT = Path(__file__).parent.parent


def make(folder: Path, *names: str) -> None:
    """Files of these names, with the folders around them."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def found(*paths: Path) -> list[str]:
    """The sources of the files found; anything else fails."""
    items = list(discover(paths))
    assert not [item for item in items if isinstance(item, Problem)]
    return [item.source for item in items]


def problems(*paths: Path) -> list[tuple[str, str]]:
    """What could not be read: source and reason."""
    return [(item.source, item.reason) for item in discover(paths) if isinstance(item, Problem)]


def test_a_folder_is_walked_in_order(tmp_path: Path) -> None:
    """Files come by folder and name, the same on every walk, called by their path from the folder given."""
    make(tmp_path, "b.pdf", "a/z.txt", "a/b/c.docx", "C.pdf", "a.txt", "empty/.keep")
    assert found(tmp_path) == ["C.pdf", "a/b/c.docx", "a/z.txt", "a.txt", "b.pdf"]
    items = [item for item in discover([tmp_path]) if isinstance(item, Found)]
    assert {item.root for item in items} == {str(tmp_path)}
    assert [item.path.read_text() for item in items] == found(tmp_path)


def test_a_file_given_is_called_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file given is its own root, absolute however it was given; a hidden one is read when given."""
    make(tmp_path, "x/report.pdf", "x/.hidden.pdf")
    monkeypatch.chdir(tmp_path)
    items = list(discover([Path("x/../x/report.pdf"), Path("x/.hidden.pdf")]))
    assert items == [
        Found(tmp_path / "x" / "report.pdf", "report.pdf", f"{tmp_path}/x/report.pdf"),
        Found(tmp_path / "x" / ".hidden.pdf", ".hidden.pdf", f"{tmp_path}/x/.hidden.pdf"),
    ]


def test_files_nobody_made_are_left_out(tmp_path: Path) -> None:
    """Hidden files and folders, locks of editors and the files of operating systems go without a word."""
    make(tmp_path, ".DS_Store", "~$report.docx", "Thumbs.db", "desktop.ini", ".git/config", "__MACOSX/._report.pdf")
    make(tmp_path, ".~lock.report.odt#", "a/.hidden.txt", "Icon\r", "report~1.pdf", "$report.pdf")
    assert found(tmp_path) == ["$report.pdf", "report~1.pdf"]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """A path that leads nowhere is reported and the rest is walked."""
    make(tmp_path, "report.pdf")
    items = list(discover([tmp_path / "mising", tmp_path]))
    reason = "there is no file or folder of this name; check the path"
    assert items[0] == Problem(tmp_path / "mising", "mising", f"{tmp_path}/mising", reason)
    assert isinstance(items[1], Found)


def test_a_path_no_file_can_have_is_said() -> None:
    """A path with a zero byte in it is reported, not raised."""
    ((source, reason),) = problems(Path("a\0b"))
    assert source == "a\\x00b"
    assert reason.startswith(("it cannot be opened", "there is no file"))


# ---------------------------------------------------------------------------------------------- links


def test_links_are_followed(tmp_path: Path) -> None:
    """Files and folders behind links are found under the link's name, wherever they lie."""
    make(tmp_path, "store/a.pdf", "store/sub/b.pdf", "elsewhere.pdf")
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "linked").symlink_to(tmp_path / "store")
    (folder / "c.pdf").symlink_to(tmp_path / "elsewhere.pdf")
    assert found(folder) == ["c.pdf", "linked/a.pdf", "linked/sub/b.pdf"]
    assert found(folder / "c.pdf") == ["c.pdf"]


def test_the_same_file_is_found_once(tmp_path: Path) -> None:
    """A file that several paths or links lead to is found once, by its real place where that is walked."""
    make(tmp_path, "b/report.pdf", "b/sub/other.pdf")
    (tmp_path / "a.pdf").symlink_to("b/report.pdf")
    (tmp_path / "a").symlink_to("b/sub")
    (tmp_path / "c").symlink_to("b")
    assert found(tmp_path) == ["b/report.pdf", "b/sub/other.pdf"]
    assert found(tmp_path / "b", tmp_path, tmp_path / "b" / "report.pdf") == ["report.pdf", "sub/other.pdf"]


def test_loops_are_said_once(tmp_path: Path) -> None:
    """A link back to a folder above it, to itself or around in a circle is named once and the rest is walked."""
    make(tmp_path, "x/a.pdf", "y/b.pdf", "z/deep/c.pdf")
    (tmp_path / "x" / "to_y").symlink_to(tmp_path / "y")  # x and y lead to each other
    (tmp_path / "y" / "to_x").symlink_to(tmp_path / "x")
    (tmp_path / "z" / "deep" / "up").symlink_to(tmp_path / "z")  # back to a folder above
    (tmp_path / "z" / "out").symlink_to(tmp_path.parent)  # above the folder given
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "ping").symlink_to("pong")
    (tmp_path / "pong").symlink_to("ping")
    items = list(discover([tmp_path]))
    assert [item.source for item in items if isinstance(item, Found)] == ["x/a.pdf", "x/to_y/b.pdf", "z/deep/c.pdf"]
    back = "it is a symbolic link back to a folder above it, a loop; remove it"
    itself = "it is a symbolic link that leads back to itself, a loop; remove the link"
    assert problems(tmp_path) == [
        ("x/to_y/to_x", back),
        ("z/deep/up", back),
        ("z/out", back),
        ("ping", itself),
        ("pong", itself),
        ("self", itself),
    ]


def test_a_loop_given_is_said(tmp_path: Path) -> None:
    """A link to itself given as the path, or on the way to it, is reported, not raised."""
    (tmp_path / "self").symlink_to(tmp_path / "self")
    for path in (tmp_path / "self", tmp_path / "self" / "report.pdf"):
        ((_, reason),) = problems(path)
        assert "loop" in reason


def test_broken_links_and_devices_are_said(tmp_path: Path) -> None:
    """A link to nothing and a thing that is no file are named with their reason."""
    (tmp_path / "gone.pdf").symlink_to(tmp_path / "nothing.pdf")
    os.mkfifo(tmp_path / "pipe.pdf")
    assert problems(tmp_path) == [
        ("pipe.pdf", "it is a device or pipe and not a file; leave it out"),
        ("gone.pdf", "it is a symbolic link to something that is not there; mend or remove the link"),
    ]


# ---------------------------------------------------------------------------------------------- faults


def test_a_folder_that_fails_is_said(tmp_path: Path) -> None:
    """Whatever the file system says of one folder is its reason, and the others are walked."""
    make(tmp_path, "a/1.pdf", "b/2.pdf", "c/3.pdf")

    def scan(folder: Path) -> list[str]:
        if folder.name == "b":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return [path.name for path in folder.iterdir()]

    items = list(discover([tmp_path], scan))
    assert [item.source for item in items] == ["a/1.pdf", "b", "c/3.pdf"]
    assert isinstance(items[1], Problem)
    assert items[1].reason == "it cannot be opened (Input/output error); check that you may read it"


UNREADABLE = """
import os, tempfile
from pathlib import Path
from indexer.discover import discover
if os.geteuid() == 0:
    os.setuid(65534)
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    for path in ("a/1.pdf", "closed/2.pdf", "unsearchable/3.pdf", "z/4.pdf"):
        (folder / path).parent.mkdir()
        (folder / path).touch()
    (folder / "closed").chmod(0)
    (folder / "unsearchable").chmod(0o400)
    for item in discover([folder]):
        print(item.source, getattr(item, "reason", "found"), sep=": ")
    (folder / "closed").chmod(0o700)
    (folder / "unsearchable").chmod(0o700)
"""


def test_folders_one_may_not_open_are_said() -> None:
    """A folder without permission is named and the rest walked. The superuser may open all, so another user asks."""
    result = subprocess.run([sys.executable, "-c", UNREADABLE], cwd=ROOT, capture_output=True, text=True, check=True)
    denied = "it cannot be opened (Permission denied); check that you may read it"
    assert result.stdout.splitlines() == [
        "a/1.pdf: found",
        f"closed: {denied}",
        f"unsearchable: {denied}",
        "z/4.pdf: found",
    ]


# ---------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "source"),
    [
        (b"caf\xe9.pdf", r"caf\xe9.pdf"),  # Latin-1 from an old disk
        (b"caf\xc3\xa9 \xe2\x80\x93 1.pdf", "café – 1.pdf"),
        (b"a\nb\x1b[31m.pdf", r"a\nb\x1b[31m.pdf"),  # would break a table, or colour it
        (b"children's services, 2012 & more.pdf", "children's services, 2012 & more.pdf"),
        ("a\u2028b.pdf".encode(), r"a\u2028b.pdf"),
        (b" report .pdf ", " report .pdf "),
        (b"-rf", "-rf"),
    ],
)
def test_names_are_shown_as_text_that_can_be_stored(tmp_path: Path, name: bytes, source: str) -> None:
    """Whatever bytes a name is made of, the file is found and its source is one line of valid text."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    path.write_text("Visits are late.")
    (item,) = discover([tmp_path])
    assert isinstance(item, Found)
    assert item.source == source
    assert item.path.read_text() == "Visits are late."
    (item,) = discover([path])
    assert (item.source, item.root) == (source, f"{tmp_path}/{source}")


NAME = st.binary(min_size=1, max_size=20).filter(lambda name: b"/" not in name and b"\0" not in name)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.sets(NAME, max_size=6))
def test_any_names_are_shown_apart(tmp_path: Path, names: set[bytes]) -> None:
    """Names that differ stay different, valid UTF-8 and one line, whatever bytes they hold."""
    sources = [shown(os.fsdecode(name)) for name in names if b"\\" not in name]
    assert len(set(sources)) == len(sources)
    assert all(source.encode() and len(source.splitlines()) == 1 for source in sources)


def test_a_deep_tree_is_walked(tmp_path: Path) -> None:
    """Folders nested deeper than Python calls functions are walked to the end."""
    folder = tmp_path
    for _ in range(1_050):
        folder = folder / "d"
        folder.mkdir()
    (folder / "report.pdf").touch()
    assert found(tmp_path) == ["d/" * 1_050 + "report.pdf"]
    (folder / "report.pdf").unlink()
    while folder != tmp_path:  # what clears up after tests does call a function for each
        folder.rmdir()
        folder = folder.parent
