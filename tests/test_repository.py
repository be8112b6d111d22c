"""Rules on the repository itself: which way modules import, what is installed, and that what is written is true."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app import cli
from app.main import create_app
from indexer import errors
from indexer.config import Settings, load_settings, setting_names

ROOT = Path(__file__).resolve().parent.parent

# The modules of the indexer from left to right: each imports from its left alone. Modules of one row do not know
# each other.
STEPS = (
    ("models", "errors"),
    ("checksum", "config"),
    # a file to lines, and lines to running text
    ("readers",),
    ("furniture",),
    ("blocks",),
    ("clean",),
    # running text to findings
    ("vectors",),
    ("head_file",),
    ("direction_head", "subject_head"),
    ("direction", "sections", "sentences"),
    ("chunker",),
    # lines to what the report says of itself
    ("authorities", "dates", "judgements", "people"),
    ("comparators", "titles"),
    ("metadata",),
    ("document",),
    # documents to an index
    ("english", "stems"),
    ("acronyms",),
    ("lexicon",),
    ("batching",),
    ("runtimes",),
    ("conversion",),
    ("probe",),
    ("choice",),
    ("embedder", "near_identical", "schema"),
    ("store",),
    ("generations",),
    ("unfinished",),
    ("known_texts",),
    ("discover", "pool", "writer"),
    ("planning",),
    ("build",),
    # a file, read again
    ("apart", "placement"),
    ("verification",),
    ("sources",),
    # a query to an answer
    ("spelling",),
    ("citation", "feedback", "highlight", "lexical", "ranking"),
    ("retrieval", "suggestions"),
    ("milvus",),
    ("search",),
    # many answers to one
    ("inspections", "themes"),
    ("recurrence",),
    # answers to figures
    ("estimates", "records"),
    ("evaluate",),
    ("checks",),
    ("runs",),
)

OWN = {"app", "benchmarks", "indexer", "evaluation", "tests", "training"}

# Packages that are installed for what they bring and imported by nobody here.
NOT_IMPORTED = {
    "python-multipart": "starlette reads forms with it",
    "symspellpy": "its list of words is read as a file",
}


# ---------------------------------------------------------------------------------------------- imports


def modules(package: str) -> Iterator[Path]:
    """The Python files of a package, in order."""
    yield from sorted((ROOT / package).rglob("*.py"))


@cache
def imported(file: Path) -> frozenset[str]:
    """Full names of the modules a file imports, wherever in the file; names imported from a module are joined to it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are written in full"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def step(name: str) -> str | None:
    """The step of the indexer that a module's full name belongs to: "indexer.readers.pdf" -> "readers"."""
    parts = name.split(".")
    return parts[1] if parts[0] == "indexer" and len(parts) > 1 else None


def test_the_indexer_knows_nothing_of_the_app() -> None:
    """The app imports the indexer, never the reverse, and neither imports the tests."""
    for file in modules("indexer"):
        assert not {name for name in imported(file) if name.split(".")[0] in OWN - {"indexer"}}, file
    for file in modules("app"):
        assert not {name for name in imported(file) if name.split(".")[0] in OWN - {"indexer", "app"}}, file


def test_the_indexer_needs_no_web_framework() -> None:
    """Only the app speaks HTTP."""
    web = {"fastapi", "starlette", "uvicorn", "jinja2"}
    for file in modules("indexer"):
        assert not {name for name in imported(file) if name.split(".")[0] in web}, file


def test_data_moves_one_way_through_the_indexer() -> None:
    """A module of the indexer imports only from the steps to its left."""
    place = {name: row for row, names in enumerate(STEPS) for name in names}
    for file in modules("indexer"):
        own = step(".".join(file.relative_to(ROOT).with_suffix("").parts))
        if own is None or own == "__init__":
            continue
        assert own in place, f"{file}: give this module its place in STEPS"
        for name in imported(file):
            other = step(name)
            if other is None or other == own:
                continue
            assert other in place, f"{file} imports {name}"
            assert place[other] < place[own], f"{file} imports {name}, which stands to its right"


# ---------------------------------------------------------------------------------------------- packages


def project() -> dict[str, object]:
    """The project table of pyproject.toml."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert isinstance(table, dict)
    return table


def requirements(extra: str | None = None) -> dict[str, Requirement]:
    """The required packages of the product, or of one of its extras, by canonical name."""
    if extra is None:
        listed = project()["dependencies"]
    else:
        extras = project()["optional-dependencies"]
        assert isinstance(extras, dict)
        listed = extras[extra]
    assert isinstance(listed, list)
    return {canonicalize_name(item.name): item for item in map(Requirement, listed)}


def locked() -> dict[str, str]:
    """constraints.txt as canonical name -> version."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def test_every_package_is_pinned_with_its_reason() -> None:
    """Every required package has one exact version and a comment that says what it is for."""
    every = [
        requirement
        for extra in (None, "dev", "training", "milvus", "bench", "assistants")
        for requirement in requirements(extra).values()
    ]
    for requirement in every:
        assert re.fullmatch(r"==[0-9][0-9a-z.]*", str(requirement.specifier)), requirement
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lists = re.findall(
        r"^(?:dependencies|dev|training|milvus|bench|assistants) = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE
    )
    lines = [line for block in lists for line in block.splitlines()]
    assert len(lines) == len(every)
    for line in lines:
        assert re.fullmatch(r' {4}"[^"]+", +# \S.{8,}', line), line


def test_the_lock_names_versions_alone() -> None:
    """constraints.txt is `name==version` lines that hold on any machine: no address, no local build, no GPU package."""
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line), line
        assert not re.match(r"nvidia|cuda|triton", line), line


def test_what_is_installed_is_what_is_locked() -> None:
    """Every package that is needed, however far down, is locked and installed in that version; no other is locked."""
    lock = locked()
    waiting = [*requirements().values(), *requirements("dev").values()]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, frozenset(requirement.extras)) in seen:
            continue
        seen.add((name, frozenset(requirement.extras)))
        assert name in lock, f"{name} is not in constraints.txt: run `make lock`"
        distribution = importlib.metadata.distribution(name)
        assert distribution.version.split("+")[0] == lock[name], name
        extras = {*requirement.extras, ""}
        for text in distribution.requires or ():
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    assert {name for name, _ in seen} == set(lock)


@pytest.mark.parametrize(
    ("packages", "extras"),
    [
        (("app", "indexer"), ("assistants", "milvus")),
        (("evaluation", "tests"), ("dev",)),
        (("benchmarks",), ("bench",)),
        (("training",), ("dev", "training")),
    ],
)
def test_what_is_imported_is_required(packages: tuple[str, ...], extras: tuple[str, ...]) -> None:
    """Every import has its package in pyproject.toml, and every package there is imported."""
    required = set(requirements())
    allowed = required.union(*(requirements(extra) for extra in extras))
    providers = importlib.metadata.packages_distributions()
    used: set[str] = set()
    for file in (file for package in packages for file in modules(package)):
        for top in {name.split(".")[0] for name in imported(file)} - set(sys.stdlib_module_names):
            if top in OWN:
                continue
            # What is installed only to train is known by its own name.
            found = {canonicalize_name(name) for name in providers.get(top, (top,))} & allowed
            assert found, f"{file} imports {top}, which pyproject.toml does not require"
            used |= found
    if "app" in packages:
        assert required - used == set(NOT_IMPORTED)


# ---------------------------------------------------------------------------------------------- what is written


def read(name: str) -> str:
    """A text file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def documentation() -> list[Path]:
    """The Markdown files a reader is pointed to."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def tracked() -> list[Path]:
    """The files under version control."""
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip("this copy of the sources is not a Git clone")
    return [ROOT / name for name in answer.stdout.split("\0") if name and (ROOT / name).is_file()]


def defaults() -> dict[str, object]:
    """Every setting of config.yaml with its value, levels joined by a dot."""

    def flat(table: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
        for name, value in table.items():
            if isinstance(value, dict):
                yield from flat(value, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", value

    return dict(flat(yaml.safe_load(read("config.yaml"))))


def test_every_setting_is_documented() -> None:
    """config.yaml names every setting with its default, and README.md lists each by its environment variable."""
    assert set(defaults()) == set(setting_names())
    assert load_settings(ROOT / "config.yaml") == Settings()
    listed = re.findall(r"^\| `(FINDINGS_[A-Z0-9_]+)` \|", read("README.md"), re.MULTILINE)
    assert listed == ["FINDINGS_" + name.replace(".", "__").upper() for name in setting_names()]


def test_every_error_is_documented() -> None:
    """docs/architecture.md names every error the product raises on purpose."""
    table = read("docs/architecture.md")
    raised = [error for _, error in inspect.getmembers(errors, inspect.isclass) if error.__module__ == errors.__name__]
    assert len(raised) > 1
    for error in raised:
        assert f"`{error.__name__}`" in table, error
        assert error.__name__ in (errors.__doc__ or ""), error


@pytest.mark.parametrize("file", documentation(), ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    """Every relative link and picture of a document is there, and every anchor is a heading."""
    for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = file.parent / path if path else file
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}, target


def test_commands_of_the_documents_exist() -> None:
    """Every `make` command that a document names is one of the Makefile's, and the help of the Makefile lists them."""
    phony = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)
    assert phony
    known = set(phony[1].split())
    for file in [*documentation(), ROOT / ".ci" / "run"]:
        for name in re.findall(r"(?:^|`|\$ )make ([a-z]+)", file.read_text(encoding="utf-8"), re.MULTILINE):
            assert name in known, f"{file.name}: make {name}"
    listed = set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.MULTILINE))
    assert listed == known


def test_the_command_line_is_as_documented() -> None:
    """README.md lists every command of `findings`, and every option it gives one is taken by it."""
    group = typer.main.get_command(cli.app)
    assert isinstance(group, typer.core.TyperGroup)
    text = read("README.md")
    assert re.findall(r"^\| `findings ([a-z]+)\b", text, re.MULTILINE) == list(group.commands)
    for name, rest in re.findall(r"findings (index|serve|search|evaluate)\b([^`|\n]*)", text):
        taken = {option for parameter in group.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= taken, f"findings {name}{rest}"


@pytest.mark.parametrize("file", ["README.md", "docs/api.md"])
def test_the_http_interface_is_as_documented(file: str) -> None:
    """Every address and parameter that a document names is one of the API's description."""
    described = create_app(Settings()).openapi()["paths"]
    text = read(file)
    addresses = re.findall(r"(?:127\.0\.0\.1:8000|`(?:GET |POST )?)(/(?:api/|healthz|readyz)[^\s`'?]*)", text)
    assert addresses
    for address in addresses:
        assert address in described, address
    for command in re.findall(r"curl --get http://127\.0\.0\.1:8000(\S+)((?:[^\n]*\\\n)*[^\n]*)", text):
        known = {parameter["name"] for parameter in described[command[0]]["get"]["parameters"]}
        assert set(re.findall(r"--data(?:-urlencode)? '([a-z_]+)=", command[1])) <= known, command


def test_the_changelog_begins_with_this_version() -> None:
    """The newest version of the changelog is the one that pyproject.toml gives."""
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == project()["version"]


def test_seeds_hold_documents_alone() -> None:
    """seeds/ holds the documents that NOTICE attributes, and nothing else."""
    attributed = re.findall(r"^ {4}(\d{3}_[0-9a-f]{16}\.txt) ", read("NOTICE"), re.MULTILINE)
    assert len(attributed) == 5
    assert sorted(path.name for path in (ROOT / "seeds").iterdir()) == attributed


def test_nothing_tells_of_the_machine_it_was_made_on() -> None:
    """No file under version control holds the path of a home folder or of this clone."""
    places = [r"/(?:home|root|Users)/\w", r"[A-Z]:\\Users\\"]
    # A clone two folders deep or more has a path that nothing would hold by chance.
    places += [re.escape(str(ROOT)) + r"\b"] * (len(ROOT.parts) > 2)
    pattern = re.compile("|".join(places).encode())
    for file in tracked():
        found = pattern.search(file.read_bytes())
        assert found is None, f"{file}: {found[0]!r}" if found else ""


def test_the_check_of_a_clone_runs_the_tests() -> None:
    """.ci/run can be started and ends with the one command that checks everything."""
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert read(".ci/run").rstrip().splitlines()[-1] == "make test"
    subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, check=True)


def test_the_container_image_is_made_of_what_is_here() -> None:
    """Every file the Dockerfile copies is there and let through by .dockerignore, on the Python of pyproject.toml."""
    dockerfile = read("Dockerfile").replace("${DOCUMENTS}", "seeds")
    passed = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--)(.+)$", dockerfile, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), line
            assert name in passed, line
    bases = set(re.findall(r"^FROM python:(\d+\.\d+)-", dockerfile, re.MULTILINE))
    assert len(bases) == 1
    assert f">={bases.pop()}," in f"{project()['requires-python']},"
