"""The `findings` command: what it takes, what it prints, and the status it exits with."""

from __future__ import annotations

import errno
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app import console
from app.cli import app
from app.schemas import search_response
from indexer.build import BuildReport
from indexer.config import Settings
from indexer.models import Answer, Direction, DocumentSummary, FileReport, Finding, Hit, Kind, Metadata, Query
from indexer.search import Engine

ROOT = Path(__file__).parent.parent
COMMANDS = ("index", "serve", "search", "pack", "evaluate")
LETTERS = ("000_9cb22fb2d7aea2eb.txt", "001_7ba3343497c12fbc.txt")
"""Two of the seeds: a small index that has something to find."""


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs in a folder of its own, without settings."""
    monkeypatch.chdir(tmp_path)


def run(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="findings")


def failed(result: Result, *parts: object) -> None:
    """See that a failure is said in one line that holds these parts, with exit status 1."""
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("findings: ")
    for part in parts:
        assert str(part) in result.stderr


# ---------------------------------------------------------------------------------------------- usage


def test_the_version_is_printed() -> None:
    """The version is that of the installed package."""
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, "findings 0.1.0\n")


def test_everything_is_explained() -> None:
    """Each command and each of its options and arguments has a sentence of help."""
    assert all(command in run("--help").stdout for command in COMMANDS)
    for command in COMMANDS:
        result = run(command, "--help")
        assert result.exit_code == 0
        listed = (
            result.stdout.partition("Options:")[2] + result.stdout.partition("Arguments:")[2].partition("Options:")[0]
        )
        entries = re.split(r"\n(?=  \S)", "\n" + listed.replace("Arguments:", ""))[1:]
        assert len(entries) > 1
        for entry in entries:
            # The explanation stands two spaces or a line after the name.
            assert re.search(r"( {2,}|\n *)[A-Z].{10,}", entry.strip()), f"{command}: {entry}"


def test_help_is_instant() -> None:
    """Nothing heavy is imported before it is needed."""
    code = "import sys, app.cli; print(sorted({'torch', 'faiss', 'fastapi', 'numpy', 'rich'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["index"], "PATH"),
        (["index", "x", "--strong"], "--strong"),
        (["search"], "QUERY"),
        (["search", "x", "--limit", "0"], "--limit"),
        (["search", "x", "--limit", "101"], "--limit"),
        (["search", "x", "--limit", "many"], "--limit"),
        (["search", "x", "--offset", "-1"], "--offset"),
        (["search", "x", "--mode", "magic"], "--mode"),
        (["search", "x", "--kind", "praise"], "--kind"),
        (["search", "x", "--judgement", "fine"], "--judgement"),
        (["search", "x", "--direction", "up"], "--direction"),
        (["search", "x", "--published-from", "2011"], "--published-from"),
        (["search", "x", "--published-to", "2011-02-30"], "--published-to"),
        (["search", "x", "--published-from", "2012-01-01", "--published-to", "2011-01-01"], "published_from"),
        (["search", "  "], "QUERY"),
        (["search", "?!"], "QUERY"),
        (["search", "x" * 2001], "QUERY"),
        (["search", "two", "words"], "words"),
        (["serve", "--port", "70000"], "--port"),
        (["pack"], "LINES"),
        (["pack", "x"], "--out"),
        (["pack", "x", "--out", "x.pdf"], ".docx, .csv"),
        (["pack", "x", "--out", "x.csv", "--per-line", "26"], "--per-line"),
        (["evaluate"], "--data"),
        (["dance"], "dance"),
    ],
)
def test_wrong_usage(arguments: list[str], part: str) -> None:
    """What makes no sense ends with status 2 and a message that names it."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert part in result.stderr
    assert result.stdout == ""


# ---------------------------------------------------------------------------------------------- failures


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    """A misspelt folder is named, and no index is begun."""
    failed(run("index", "missing", "--index", "index"), "missing")
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("command", [["search", "late minutes"], ["evaluate", "--data", "."]])
def test_without_an_index(command: list[str]) -> None:
    """Where there is no index, the message says how to build one, wherever the option stands."""
    failed(run(*command, "--index", "nowhere"), "there is no index in nowhere", "findings index FOLDER --index nowhere")
    failed(run(command[0], "--index", "nowhere", *command[1:]), "there is no index in nowhere")


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    """Wrong settings stop every command before it begins."""
    (tmp_path / "config.yaml").write_text("prot: 1\n")
    for command in (["search", "x"], ["index", "."], ["serve"], ["evaluate", "--data", "."]):
        failed(run(*command), "unknown setting 'prot'")


def test_a_folder_of_other_things_is_not_written_to(tmp_path: Path) -> None:
    """An index is not put among other files."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("mine")
    failed(run("index", ROOT / "seeds", "--index", "thesis"), "thesis is not an index", "chapter.txt")
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.txt"]


def test_where_nothing_can_be_indexed(tmp_path: Path) -> None:
    """Every file is listed with the reason, and the failure is said; no index is made."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "empty.pdf").touch()
    (tmp_path / "reports" / "[bold]odd.docx").write_bytes(b"PK\x03\x04")
    result = run("index", "reports", "--index", "index")
    failed(result, "nothing could be indexed in reports")
    assert "empty.pdf" in result.stdout
    assert "[bold]odd.docx" in result.stdout
    assert "2 files: 2 skipped" in result.stdout
    failed(run("search", "x", "--index", "index"), "there is no index")


def test_a_port_that_is_taken() -> None:
    """Where another program listens, the message says so before anything is loaded."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        failed(run("serve", "--port", port), f"port {port}", os.strerror(errno.EADDRINUSE), "--port")


def test_an_address_that_is_not_ours() -> None:
    """An address that this machine does not have is named."""
    failed(run("serve", "--host", "no such host"), "no such host", "--host")


def test_what_should_not_happen_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program is said in one line; --verbose traces it."""

    def fault(*_: object, **__: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("indexer.build.build", fault)
    failed(run("index", "."), "RuntimeError: two lines", "--verbose")
    result = run("--verbose", "index", ".")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr


# ---------------------------------------------------------------------------------------------- what is printed


def test_the_table_of_a_build(capsys: pytest.CaptureFixture[str]) -> None:
    """What was read, skipped and why, and removed, is listed; what is unchanged is counted; totals come last."""
    long = "a long reason " * 20
    report = BuildReport(
        changed=True,
        files=(
            FileReport("2011/bury [1].pdf", "indexed", "", 1204, 45),
            FileReport("hull.pdf", "unchanged", "", 7, 2),
            FileReport("scan.pdf", "skipped", long.strip()),
            FileReport("gone.txt", "removed", "the file is no longer there"),
        ),
        documents=2,
        findings=1211,
        kinds=((Kind.FINDING, 1210), (Kind.PRIORITY_ACTION, 1)),
        seconds=192.3,
        note="the index was damaged; everything was read anew.",
    )
    console.show_build(report)
    shown = capsys.readouterr().out
    assert re.search(r"2011/bury \[1\]\.pdf +read +1,204", shown)
    assert re.search(r"scan\.pdf +skipped +a long reason", shown)
    assert " ".join(shown.split()).count("a long reason") == 20
    assert re.search(r"gone\.txt +removed +the file is no longer there", shown)
    assert "hull.pdf" not in shown
    assert "4 files: 1 read, 1 unchanged, 1 skipped, 1 removed, in 3 min 12 s." in shown
    assert "The index holds 2 documents and 1,211 findings:" in shown
    assert re.search(r"1,210 +Finding\b", shown)
    assert re.search(r" 1 +Priority action", shown)
    assert "The index was damaged" in shown


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 seconds"), (59.94, "59.9 seconds"), (60, "1 min 0 s"), (3601, "60 min 1 s")]
)
def test_times_in_words(seconds: float, words: str) -> None:
    """A time is said in seconds or minutes."""
    assert console.duration(seconds) == words


def hit(rank: int, similar: int) -> Hit:
    """A result."""
    text = "Strategy meeting minutes are late. " * 5
    finding = Finding(
        "f", text.strip(), Kind.AREA_FOR_DEVELOPMENT, Direction.WEAKNESS, ("Areas",), "2", 1, 1, (0, 9), None, False
    )
    document = DocumentSummary("d", "s", "0" * 64, "text", 1, 1, Metadata("T", "Bury", published=date(2011, 4, 7)))
    return Hit(rank, 0.914, "strong", finding, document, "Ofsted, Bury, 7 April 2011", ((0, 5),), similar)


def test_results_as_text(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A result has its rank, how sure it is, direction and kind, all its words in lines that fit, and its citation."""
    monkeypatch.setenv("COLUMNS", "60")
    console.show_answer(Answer("q", 1204, (hit(9, 0), hit(10, 3)), {}, 1.0), offset=8)
    shown = capsys.readouterr().out
    assert shown.startswith("1,204 comparable findings; 9 to 10 shown.\n\n9.  Strong match (0.91) · Weakness · Area")
    assert max(map(len, shown.splitlines())) <= 60
    assert " ".join(shown.split()).count("Strategy meeting minutes are late.") == 10
    assert shown.count("— Ofsted, Bury, 7 April 2011\n") == 2
    assert shown.count("3 near-identical findings elsewhere\n") == 1


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (Answer("q", 0, (), {}, 1.0), "No comparable findings.\n"),
        (Answer("q", 3, (), {}, 1.0), "3 comparable findings, all before --offset 5.\n"),
    ],
)
def test_no_results_as_text(answer: Answer, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is comparable, or nothing is left, a sentence says so."""
    console.show_answer(answer, offset=5)
    assert capsys.readouterr().out == shown


def test_progress_without_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody watches, progress is a plain line now and then, and nothing on standard output."""
    monkeypatch.setattr(console, "SECONDS_BETWEEN_LINES", 0)
    with console.BuildProgress() as progress:
        progress("files", 3, 1720)
        progress("findings", 40, 50)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "reading documents: 3 of 1,720",
        "reading documents: 3 of 1,720; embedding findings: 40 of 50",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_progress_on_a_terminal() -> None:
    """On a terminal progress is a bar, which is gone at the end."""
    code = (
        "from app.console import BuildProgress\nimport time\n"
        "with BuildProgress() as p:\n    p('files', 3, 17); time.sleep(0.3)\nprint('done')"
    )
    shown = on_terminal([sys.executable, "-c", code])
    assert "Reading documents" in shown
    assert "3/17" in shown
    assert "━" in shown


def on_terminal(command: list[str]) -> str:
    """What a command shows on a terminal."""
    main, other = pty.openpty()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=other, stderr=other, stdin=other, env={**os.environ, "TERM": "xterm"}
    )
    os.close(other)
    shown = b""
    while True:
        try:
            part = os.read(main, 10_000)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(main)
    process.wait(timeout=30)
    return shown.decode(errors="replace")


# ---------------------------------------------------------------------------------------------- the whole of it


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two letters, built by the command with the real model."""
    base = tmp_path_factory.mktemp("whole")
    (base / "letters").mkdir()
    for name in LETTERS:
        shutil.copy(ROOT / "seeds" / name, base / "letters")
    result = run("index", base / "letters", "--index", base / "index")
    assert result.exit_code == 0, result.output
    assert "2 files: 2 read" in result.stdout
    assert "The index holds 2 documents" in result.stdout
    return base / "index"


@pytest.mark.slow
def test_an_index_brought_up_to_date(index: Path) -> None:
    """The same folder again changes nothing, and says so at once."""
    started = time.monotonic()
    result = run("index", index.parent / "letters", "--index", index)
    assert result.exit_code == 0
    assert "Nothing has changed: 2 unchanged." in result.stdout
    assert time.monotonic() - started < 5


@pytest.mark.slow
def test_strict_fails_where_a_file_is_skipped(index: Path, tmp_path: Path) -> None:
    """With --strict a skipped file fails the command, though the rest is indexed; without, it does not."""
    copy = tmp_path / "letters"
    shutil.copytree(index.parent / "letters", copy)
    (copy / "empty.pdf").touch()
    shutil.copytree(index, tmp_path / "index")
    result = run("index", "--strict", "letters", "--index", "index", "--replace")
    failed(result, "1 file of 3 skipped", "--strict")
    assert "empty.pdf" in result.stdout
    assert run("index", "letters", "--index", "index").exit_code == 0
    assert run("index", "letters", "--index", "index", "--strict").exit_code == 1


@pytest.mark.slow
def test_searching(index: Path) -> None:
    """A search prints results a person can read, or as JSON what the API answers."""
    asked = "delay in strategy meeting minutes"
    result = run("search", asked, "--limit", 1, "--index", index)
    assert result.exit_code == 0
    assert "minutes of strategy meetings" in " ".join(result.stdout.split())
    assert "Ofsted, Annual unannounced inspection" in " ".join(result.stdout.split())
    printed = json.loads(
        run("search", "--json", "--index", index, asked, "--limit", 3, "--direction", "weakness").stdout
    )
    with closing(Engine.open(Settings(index_dir=index))) as engine:
        answer = engine.search(Query(asked, limit=3))
    expected = json.loads(search_response(answer).model_dump_json())
    assert printed.keys() == expected.keys()
    assert printed["results"][0] == expected["results"][0]
    result = run("search", asked, "--index", index, "--exclude-authority", "Bury", "--published-from", "2200-01-01")
    assert result.stdout == "No comparable findings.\n"


@pytest.mark.slow
def test_evaluating(index: Path, tmp_path: Path) -> None:
    """Judged queries are measured; a folder without them is named."""
    failed(run("evaluate", "--data", tmp_path, "--index", index), "queries.json")
    query = {"qid": "1", "query": "delay in strategy meeting minutes"}
    judged = {
        "qid": "1",
        "source": LETTERS[0],
        "text": "There is significant delay in recording the minutes",
        "grade": 3,
    }
    (tmp_path / "queries.json").write_text(json.dumps([query]))
    (tmp_path / "qrels.json").write_text(json.dumps([judged]))
    result = run("evaluate", "--data", tmp_path, "--index", index, "--per-query")
    assert result.exit_code == 0
    assert re.search(r"nDCG@10 +\d\.\d+", result.stdout)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="pipes end by a signal there")
def test_a_closed_pipe_is_no_failure(index: Path) -> None:
    """Whoever reads the first line alone leaves no complaint behind."""
    command = f"{sys.executable} -m app.cli search children --limit 100 --json --index '{index}' | head -n 1"
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "{\n", "")


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, which is ended afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is another thing there")
def test_ctrl_c_leaves_the_index_as_it_was(index: Path, tmp_path: Path) -> None:
    """A build that is stopped says so in one line, exits with 130, and leaves the index in use."""
    shutil.copytree(index, tmp_path / "index")
    before = (tmp_path / "index" / "CURRENT").read_text()
    with started("index", ROOT / "seeds", "--index", tmp_path / "index", "--replace") as process:
        generations = tmp_path / "index" / "generations"
        end = time.monotonic() + 30
        while not list(generations.glob(".building-*")) and time.monotonic() < end:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, stderr) == (130, "", "findings: stopped; the index is as it was\n")
    assert (tmp_path / "index" / "CURRENT").read_text() == before


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is another thing there")
@pytest.mark.parametrize("processes", [1, 2])
def test_serving(index: Path, processes: int) -> None:
    """The service says where it listens, answers there, and ends with Ctrl-C, with one process and with several."""
    with started("serve", "--index", index, "--port", 0, "--processes", processes) as process:
        assert process.stderr is not None
        address = ""
        for line in process.stderr:
            if found := re.search(r"Serving on (http://127\.0\.0\.1:\d+) ", line):
                address = found[1]
                break
        assert address
        with urllib.request.urlopen(f"{address}/readyz", timeout=20) as answer:
            assert json.load(answer)["documents"] == 2
        with urllib.request.urlopen(f"{address}/api/v1/search?q=minutes&limit=1", timeout=20) as answer:
            assert len(json.load(answer)["results"]) == 1
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
        assert process.returncode == 130
        assert stderr.endswith("findings: stopped\n")
        assert "Traceback" not in stderr
