"""Settings: where they come from, which goes first, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from indexer.config import Settings, load_settings, setting_names
from indexer.errors import ConfigError

DOCUMENTED = Path(__file__).parent.parent / "config.yaml"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file of the test's own; the working directory holds none."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "settings.yaml"


def flat(values: dict[str, object], prefix: str = "") -> dict[str, object]:
    """Nested values by their full names."""
    found: dict[str, object] = {}
    for name, value in values.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def test_without_file_and_environment_the_defaults_hold(file: Path) -> None:
    """Nothing need be set."""
    assert load_settings() == Settings()


def test_config_yaml_gives_every_setting_with_its_default() -> None:
    """The settings file of the product documents all there is, and changes nothing."""
    values = flat(yaml.safe_load(DOCUMENTED.read_text(encoding="utf-8")))
    assert list(values) == list(setting_names())
    assert load_settings(DOCUMENTED) == Settings()


def test_config_yaml_explains_every_setting() -> None:
    """In the settings file of the product, a comment stands right above each setting and each section."""
    lines = DOCUMENTED.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith("#"):
            assert lines[number - 1].lstrip().startswith("#"), line


def test_the_environment_goes_before_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting in the environment wins, and leaves the others of its section as the file has them."""
    file.write_text("port: 1\nhost: example.org\nmodel: {device: cpu, batch_size: 7}\n")
    monkeypatch.setenv("FINDINGS_PORT", "2")
    monkeypatch.setenv("FINDINGS_MODEL__DEVICE", "cuda")
    settings = load_settings(file)
    assert (settings.port, settings.host) == (2, "example.org")
    assert (settings.model.device, settings.model.batch_size) == ("cuda", 7)


@pytest.mark.parametrize("name", list(setting_names()))
def test_every_setting_has_its_variable(name: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting can be given in the environment by the name that the documentation states."""
    others = {
        "host": "::1",
        "serve_documents": "true",
        "public_url": "https://findings.example.org",
        "model.device": "cpu",
        "model.runtime": "torch",
        "model.precision": "float32",
        "model.sha256": "ab" * 32,
        "store": "milvus",
        "milvus.uri": "https://milvus.example.org:19530",
        "milvus.name": "another",
        "milvus.index_type": "DISKANN",
    }
    value = others.get(name, "77")
    monkeypatch.setenv(f"FINDINGS_{name.replace('.', '__').upper()}", value)
    if name in ("model.hub", "model.revision"):  # neither is of use alone
        monkeypatch.setenv("FINDINGS_MODEL__HUB", value)
        monkeypatch.setenv("FINDINGS_MODEL__REVISION", value)
    found = flat(load_settings().model_dump(mode="json"))[name]
    assert found in (value, 77, True)


def test_an_empty_variable_is_not_a_setting(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable set to nothing, as container files do, leaves the setting as it was."""
    monkeypatch.setenv("FINDINGS_MODEL__PATH", "")
    assert load_settings().model.path is None


def test_where_the_file_is_looked_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file named by the caller goes before the one FINDINGS_CONFIG names, and that before config.yaml here."""
    Path("config.yaml").write_text("port: 1\n")
    assert load_settings().port == 1
    Path("named.yaml").write_text("port: 2\n")
    monkeypatch.setenv("FINDINGS_CONFIG", "named.yaml")
    assert load_settings().port == 2
    file.write_text("port: 3\n")
    assert load_settings(file).port == 3


@pytest.mark.parametrize("content", ["", "# nothing but a comment\n", "model: {}\n"])
def test_a_file_may_leave_out_settings(content: str, file: Path) -> None:
    """What a file does not say keeps its default."""
    file.write_text(content)
    assert load_settings(file) == Settings()


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("prot: 1", ["unknown setting 'prot'", "host", "port"]),  # misspelt: what would be right is listed
        ("model: {paht: x}", ["unknown setting 'model.paht'", "model.path"]),  # within a section
        ("port: eighty", ["port", "'eighty'", "integer"]),
        ("port: '80'", ["port", "'80'", "integer"]),  # text where a number belongs
        ("port: yes", ["port", "True", "integer"]),  # YAML takes "yes" for a truth value, which must not become 1
        ("port: 70000", ["port", "70000", "65535"]),  # out of range
        ("results_per_page: 0", ["results_per_page", "0", "1"]),
        ("model: {device: gpu}", ["model.device", "'gpu'", "'cuda'"]),  # not one of the choices, which are listed
        ("model: {sha256: abc}", ["model.sha256", "'abc'"]),
        ("model: fast", ["model", "'fast'"]),  # a value where a section belongs
        ("model:", ["model", "None"]),  # a section left empty by mistake
        ("model: {hub: a/b}", ["model", "revision"]),  # a hub model whose version could change
        ("model: {hub: a/b, revision: c, path: d}", ["model", "not both"]),
        ("index_dir: [a]", ["index_dir", "['a']"]),
        ("- port", ["must hold", "list"]),  # not names with values
        ("port: [", ["is not YAML"]),
        ("port: 1\nhost: 2", ["host", "2"]),  # a number where text belongs
        ("port: 2011-03-09", ["port", "2011-03-09"]),  # YAML makes a date of it
    ],
)
def test_a_file_that_cannot_be_used_is_explained(content: str, parts: list[str], file: Path) -> None:
    """One line names the file, the setting, the value and what is allowed."""
    file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    message = str(caught.value)
    assert "\n" not in message
    for part in [str(file), *parts]:
        assert part in message


@pytest.mark.parametrize(
    ("variable", "value", "parts"),
    [
        ("FINDINGS_PORT", "eighty", ["FINDINGS_PORT", "'eighty'", "integer"]),
        ("FINDINGS_MODEL__DEVICE", "gpu", ["FINDINGS_MODEL__DEVICE", "'gpu'", "'cuda'"]),
        ("FINDINGS_PROT", "1", ["FINDINGS_PROT", "FINDINGS_PORT"]),  # misspelt
        ("FINDINGS_MODEL_PATH", "x", ["FINDINGS_MODEL_PATH", "FINDINGS_MODEL__PATH"]),  # one underscore only
        ("FINDINGS_MODEL", "{", ["model"]),  # a section as JSON that is none
        ("FINDINGS_MODEL__HUB", "a/b", ["FINDINGS_MODEL", "revision"]),
    ],
)
def test_an_environment_that_cannot_be_used_is_explained(
    variable: str, value: str, parts: list[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line names the variable, the value and what is allowed."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_a_file_that_cannot_be_read_is_named(file: Path) -> None:
    """A missing file, a folder and a file that is not text are each refused by name."""
    folder, binary = file.parent / "folder", file.parent / "binary"
    folder.mkdir()
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (file, folder, binary):
        with pytest.raises(ConfigError, match=path.name):
            load_settings(path)


def test_settings_cannot_be_changed() -> None:
    """What was checked at start stays as it was checked."""
    with pytest.raises(ValidationError):
        Settings().port = 1
