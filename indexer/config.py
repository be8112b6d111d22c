"""Settings: the environment over config.yaml over the defaults, as one frozen value.

`config.yaml` documents every setting and gives its default. Each can be set by an environment variable whose name is
FINDINGS_ and the setting's name, with `__` between the levels: FINDINGS_PORT, FINDINGS_MODEL__PATH. An unknown
name or a wrong type stops the program with a `ConfigError` that names the setting, the value and what is allowed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from indexer.errors import ConfigError

PREFIX = "FINDINGS_"
LEVELS = "__"
CONFIG_VARIABLE = "FINDINGS_CONFIG"
"""Names the settings file itself, so it is not a setting."""
DEFAULT_FILE = Path("config.yaml")

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelSettings(_Section):
    """Which sentence-transformers model makes the vectors, and how it is run."""

    path: Path | None = None
    """Folder of the model; None for the model that comes with the product."""
    hub: str | None = None
    """Name on the Hugging Face hub, such as "sentence-transformers/all-mpnet-base-v2", instead of a folder."""
    revision: str | None = None
    """Commit of the hub model: a branch name would let the model change under an index."""
    sha256: Sha256 | None = None
    """Checksum that the weights must have; the model that comes with the product is always checked."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    runtime: Literal["auto", "torch", "openvino"] = "auto"
    """What runs the model; auto for whichever is measured to be the fastest."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    batch_size: int = Field(default=32, ge=1, le=4096)
    query_cache: int = Field(default=4096, ge=0, le=1_000_000)
    """Queries whose vectors are kept in memory."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.path is not None and self.hub is not None:
            raise ValueError("give either path or hub, not both")
        if (self.hub is None) != (self.revision is None):
            raise ValueError("hub and revision go together: a hub model needs its commit")
        return self


class IndexingSettings(_Section):
    """How an index is built and kept."""

    keep_generations: int = Field(default=2, ge=1, le=100)
    workers: int = Field(default=0, ge=0, le=256)
    """Processes that read documents; 0 for as many as there are CPU cores."""
    exact_up_to: int = Field(default=200_000, ge=0)
    """Vectors (of findings, of sentences) up to which a query is compared with every one."""


class SearchSettings(_Section):
    """The numbers of the ranking."""

    candidates: int = Field(default=1000, ge=10, le=100_000)
    """How many findings each way of searching puts forward before they are fused."""


class AuthoritiesSettings(_Section):
    """What is known of the authorities beside what reports say of them."""

    file: Path | None = None
    """CSV of code, name, region, type and statistical neighbours (docs/authorities.md)."""


class MilvusSettings(_Section):
    """Where the index is searched with `store: milvus`, and how."""

    uri: str = "http://127.0.0.1:19530"
    """Address of Milvus, or a file of Milvus Lite whose name ends in .db."""
    token: str | None = Field(default=None, repr=False)
    """API key, or "user:password"."""
    database: str | None = None
    name: str = "findings"
    """What the index is called in Milvus; two indexes need two names."""
    index_type: Literal["auto", "FLAT", "IVF_SQ8", "HNSW", "DISKANN"] = "auto"
    timeout_seconds: float = Field(default=10.0, gt=0, le=3600)

    @field_validator("uri")
    @classmethod
    def _an_address(cls, uri: str) -> str:
        if not re.fullmatch(r"(?:https?|tcp)://.+|unix:.+|.+\.db", uri):
            raise ValueError("an address begins with http:// or https://, and a file of Milvus Lite ends in .db")
        if "@" in uri.partition("://")[2]:
            raise ValueError("user and password are given as milvus.token: addresses are shown in messages")
        return uri

    @field_validator("name")
    @classmethod
    def _a_name(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", name):
            raise ValueError("a name has up to 64 letters, digits and underscores, and does not begin with a digit")
        return name


class Settings(_Section):
    """Every setting of the product. Passed to what needs it, never imported as a value."""

    index_dir: Path = Path("index")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    processes: int = Field(default=1, ge=1, le=256)
    """Processes that answer requests."""
    reload_seconds: float = Field(default=2.0, gt=0, le=3600)
    """How often the running service looks for a new generation of its index."""
    results_per_page: int = Field(default=10, ge=1, le=100)
    serve_documents: bool = False
    """Whether the source files of documents, and images of their pages, are handed out."""
    public_url: str | None = None
    """Where people reach the service; links in what leaves it begin with this."""
    contact: str | None = None
    """Whom to tell of what does not work or is not accessible, as the pages say it."""
    model: ModelSettings = ModelSettings()
    indexing: IndexingSettings = IndexingSettings()
    search: SearchSettings = SearchSettings()
    authorities: AuthoritiesSettings = AuthoritiesSettings()
    store: Literal["embedded", "milvus"] = "embedded"
    """Where the index is searched: in its folder, or in Milvus."""
    milvus: MilvusSettings = MilvusSettings()

    @field_validator("public_url")
    @classmethod
    def _a_web_address(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", url):
            raise ValueError("an address begins with http:// or https://, such as https://findings.example.org")
        return url.rstrip("/") if url else None


class _Environment(Settings, BaseSettings):
    """`Settings` as pydantic-settings reads them from the environment; an empty variable counts as not set."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter=LEVELS, env_ignore_empty=True)


def load_settings(path: Path | None = None) -> Settings:
    """The settings in force.

    Args:
        path: the settings file; without it the file that FINDINGS_CONFIG names, else `config.yaml` in the working
            directory if there is one, else the defaults.
    Raises:
        ConfigError: the file is missing or is not YAML, or a setting is unknown or cannot be used.
    """
    file = _settings_file(path)
    from_file = _read_file(file) if file is not None else {}
    if file is not None:
        _validate(from_file, file)
    return _validate(_merged(from_file, _read_environment()))


def setting_names(section: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """The full name of every setting, levels joined by a dot: "port", "model.path"."""
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from setting_names(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _settings_file(path: Path | None) -> Path | None:
    if path is not None:
        return path
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def _read_file(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the settings file {file}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"the settings file {file} is not YAML: {reason}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"the settings file {file} must hold `name: value` lines, not {type(content).__name__}")
    return {str(key): value for key, value in content.items()}


def _read_environment() -> dict[str, Any]:
    names = [_variable(name) for name in setting_names()]
    # A whole section may be given as JSON too, as pydantic-settings has it: FINDINGS_MODEL='{"device": "cpu"}'.
    sections = {_variable(name) for name in Settings.model_fields}
    for variable in os.environ:
        name = variable.upper()
        if name.startswith(PREFIX) and name not in {CONFIG_VARIABLE, *names, *sections}:
            allowed = ", ".join(sorted([CONFIG_VARIABLE, *names]))
            raise ConfigError(f"the environment variable {variable} names no setting; the settings are {allowed}")
    try:
        return dict(EnvSettingsSource(_Environment)())
    except SettingsError as error:
        raise ConfigError(f"the environment holds a setting that cannot be used: {error}") from error


def _variable(name: str) -> str:
    return PREFIX + name.replace(".", LEVELS).upper()


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _merged(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return merged


def _validate(values: Mapping[str, Any], file: Path | None = None) -> Settings:
    """The values as settings; those of a file are taken strictly.

    YAML knows types, and `port: yes` must not become 1. By way of JSON, so that a path may be text all the same.
    """
    try:
        if file is not None:
            return Settings.model_validate_json(json.dumps(values, default=str), strict=True)
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError("; ".join(_complaint(item, file) for item in error.errors())) from error


def _complaint(item: ErrorDetails, file: Path | None) -> str:
    name = ".".join(str(level) for level in item["loc"])
    where = f"{file}: " if file is not None else ""
    if item["type"] == "extra_forbidden":
        section = name.rpartition(".")[0]
        siblings = [n for n in setting_names() if n.rpartition(".")[0] == section] if section else Settings.model_fields
        return f"{where}unknown setting {name!r}; the settings here are {', '.join(siblings)}"
    reason = item["msg"].removeprefix("Value error, ")
    return f"{where}{name if file is not None else _variable(name)}: {item['input']!r} cannot be used: {reason}"
