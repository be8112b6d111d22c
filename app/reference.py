"""The API's description: the OpenAPI document for programs, and the same as a page that a person can read.

The page is made from the OpenAPI document, so the two cannot differ; it needs no script and nothing from elsewhere.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from app.problems import MEDIA_TYPE, phrase
from app.schemas import Problem

Schema = Mapping[str, Any]
"""A part of an OpenAPI document; it is JSON, so it has no narrower type."""

TAGS: Final = [
    {"name": "Search", "description": "Findings comparable to an issue in words."},
    {"name": "Findings", "description": "One finding, and those like it."},
    {"name": "Documents", "description": "The reports that findings stand in."},
    {"name": "Authorities", "description": "The authorities that reports are about, and what comes back at each."},
    {"name": "Themes", "description": "How often an issue comes up."},
    {"name": "Service", "description": "Whether the service is alive and what it has loaded."},
]

_PROBLEMS: Final[Mapping[str, str]] = {
    "404": "Nothing has this id or name.",
    "413": "The body is too large.",
    "415": "The body does not say that it is JSON.",
    "422": "A parameter cannot be used; `detail` says which, and what it may be.",
    "429": "Too many source files are being read. `Retry-After` says when to ask again.",
    "503": "No index is loaded. `Retry-After` says when to ask again.",
}
_DETAILS: Final[Mapping[str, str]] = {
    "404": "no finding has the id 0000000000000000.",
    "413": "The body is larger than this service takes: a search is at most a few thousand characters.",
    "415": "The body must be JSON, and its Content-Type header must say application/json.",
    "422": "limit must be at most 100; you sent “500”.",
    "429": "Too many source files are being read just now; try again in a few seconds.",
    "503": "No index is loaded.",
}
_ARGUMENTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "search": (("q", "case files not kept up to date"), ("direction", "weakness"), ("limit", "5")),
    "similar": (("limit", "5"),),
    "suggestions": (("q", "not kept up to d"),),
    "documents": (("limit", "10"),),
    "themes": (("q", "case files not kept up to date"), ("q", "late assessments")),
}
"""What the worked example of an operation asks; the others ask for nothing but their address."""


# ---------------------------------------------------------------------------------------------- for programs


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document with this service's errors, in place of the framework's, on each operation that has them."""
    document = deepcopy(document)
    schemas = document["components"]["schemas"]
    for framework in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework, None)
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schemas.update(own.pop("$defs", {}))
    schemas["Problem"] = own
    for path, method, operation in _operations(document):
        responses = operation["responses"]
        responses.pop("422", None)
        for status in _errors(path, method, operation):
            responses[status] = _problem(path, status)
        if method == "get" and path.startswith("/api/") and not path.endswith("/verify"):
            responses["304"] = {"description": "What the client holds (`If-None-Match`) is still right."}
    return document


def _errors(path: str, method: str, operation: Schema) -> Iterator[str]:
    if "{" in path:
        yield "404"
    if method == "post":
        yield "413"
        yield "415"
    if path.startswith("/api/"):
        yield "422"
    if path.endswith("/verify"):
        yield "429"
    if path != "/healthz":
        yield "503"


def _problem(path: str, status: str) -> dict[str, Any]:
    example = _problem_example(path, status)
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _PROBLEMS[status], "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}


def _problem_example(path: str, status: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": phrase(int(status)),
        "status": int(status),
        "detail": _DETAILS[status],
        "instance": path.replace("{id}", "0" * 16).replace("{name}", "Atlantis"),
    }


PROBLEM_EXAMPLE: Final = _problem_example("/api/v1/search", "422")


def _operations(document: Schema) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


# ---------------------------------------------------------------------------------------------- for people


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of an operation, or a field of a JSON object."""

    name: str
    type: str
    required: bool
    description: str
    default: str = ""
    refers: str = ""
    """The schema that describes its value further, where there is one."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page shows it."""

    anchor: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    curl: str
    try_url: str
    """The worked example as an address to open; empty where a browser cannot open it."""
    answer: str
    """A sample answer, as JSON."""
    answer_schema: str
    problems: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A JSON object as the page shows it."""

    name: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole API."""

    operations: tuple[Operation, ...]
    models: tuple[Model, ...]


def reference(document: Schema, base: str, ids: Mapping[str, str]) -> Reference:
    """The API as the page shows it.

    Args:
        document: the OpenAPI document.
        base: where this service is, such as "http://127.0.0.1:8000".
        ids: what the loaded index has of `documents`, `findings` and `authorities`, for the examples; the schemas' own
            without them.
    """
    return Reference(
        operations=tuple(_operation(document, *each, base, ids) for each in _operations(document)),
        models=tuple(
            Model(name, schema.get("description", ""), _fields(document, schema))
            for name, schema in document["components"]["schemas"].items()
            if schema.get("type") == "object" and name != "SearchRequest"
        ),
    )


def _operation(
    document: Schema, path: str, method: str, operation: Schema, base: str, ids: Mapping[str, str]
) -> Operation:
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    sample = _sample(document, body) if body else None
    url = _example_url(operation, path, base, ids)
    return Operation(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        tag=operation["tags"][0],
        summary=operation["summary"],
        description=operation["description"],
        parameters=_required_first(_parameter(document, each) for each in operation.get("parameters", ())),
        body=_required_first(_fields(document, _resolved(document, body))) if body else (),
        curl=_curl(url, sample),
        try_url="" if body else url.removeprefix(base),
        answer=json.dumps(_sample(document, answer), indent=2, ensure_ascii=False),
        answer_schema=_reference_name(answer),
        problems=tuple(
            (status, response["description"])
            for status, response in sorted(operation["responses"].items())
            if status != "200"
        ),
    )


def _required_first(fields: Iterable[Field]) -> tuple[Field, ...]:
    return tuple(sorted(fields, key=lambda field: not field.required))


def _example_url(operation: Schema, path: str, base: str, ids: Mapping[str, str]) -> str:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            kind = path.removeprefix("/api/v1/").split("/")[0]
            example = ids.get(kind) or str(parameter["schema"]["examples"][0])
            path = path.replace(f"{{{parameter['name']}}}", quote(example, safe=""))
    query = urlencode(_ARGUMENTS.get(operation["operationId"], ()), quote_via=quote)
    return f"{base}{path}?{query}" if query else f"{base}{path}"


def _curl(url: str, body: object) -> str:
    if body is None:
        return f"curl {shlex.quote(url)}"
    data = json.dumps(body, ensure_ascii=False)
    return f"curl {shlex.quote(url)} \\\n  -H 'Content-Type: application/json' \\\n  -d {shlex.quote(data)}"


def _parameter(document: Schema, parameter: Schema) -> Field:
    schema = parameter["schema"]
    description = parameter.get("description") or schema.get("description", "")
    return _field(document, parameter["name"], schema, parameter.get("required", False), description)


def _fields(document: Schema, schema: Schema) -> tuple[Field, ...]:
    required = schema.get("required", ())
    return tuple(
        _field(document, name, value, name in required, value.get("description", ""))
        for name, value in schema.get("properties", {}).items()
    )


def _field(document: Schema, name: str, schema: Schema, required: bool, description: str) -> Field:
    default = schema.get("default")
    shown = "" if default in (None, []) else str(default).lower() if isinstance(default, bool) else str(default)
    refers = _reference_name(schema)
    target = document["components"]["schemas"].get(refers, {})
    return Field(
        name=name,
        type=_type(document, schema),
        required=required,
        description=description or target.get("description", ""),
        default=shown,
        refers=refers if target.get("type") == "object" else "",
    )


_TYPES: Final[Mapping[str, str]] = {"integer": "whole number", "boolean": "true or false"}


def _type(document: Schema, schema: Schema) -> str:
    """A schema's type in words: "whole number, 1 to 100", "list of text", "one of strong, possible"."""
    schema = _resolved(document, schema)
    options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if options:
        nullable = len(options) < len(schema["anyOf"])
        return _type(document, options[0]) + (" or null" if nullable else "")
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    kind = str(schema.get("type", ""))
    if kind == "array":
        return _list_type(_resolved(document, schema["items"]), document)
    if kind == "object":
        return schema.get("title", "object") if "properties" in schema else "object"
    if kind == "string":
        return "date, such as 2011-04-07" if schema.get("format") == "date" else "text"
    bounds = (
        f", {schema['minimum']:,.7g} to {schema['maximum']:,.7g}" if "minimum" in schema and "maximum" in schema else ""
    )
    return _TYPES.get(kind, kind) + bounds


def _list_type(item: Schema, document: Schema) -> str:
    if "enum" in item:
        return f"any of {', '.join(map(str, item['enum']))}"
    return "texts" if item.get("type") == "string" else f"list of {_type(document, item)}"


def _sample(document: Schema, schema: Schema) -> object:
    """A value that fits a schema, made of the schema's own examples."""
    schema = _resolved(document, schema)
    if schema.get("examples"):
        return schema["examples"][0]
    if "anyOf" in schema:
        return _sample(document, schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: _sample(document, each) for name, each in schema.get("properties", {}).items()}
        case "array":
            return [_sample(document, schema["items"])]
        case "string":
            return "…"
        case "boolean":
            return False
        case _:
            return 0


def _resolved(document: Schema, schema: Schema) -> Schema:
    """A schema with its reference followed; what stands beside the reference, such as an example, comes first."""
    if "$ref" not in schema:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    target: Schema = document["components"]["schemas"][_reference_name(schema)]
    return {**target, **beside}


def _reference_name(schema: Schema) -> str:
    """The name of the schema that this one refers to, itself or by its items; empty where it refers to none."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "items" in schema:
        return _reference_name(schema["items"])
    for option in schema.get("anyOf", ()):
        if name := _reference_name(option):
            return name
    return ""
