"""The description of the APIs as a page to read, at /api/docs/. It is the OpenAPI schema laid out, without a script."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from config.core.api.hydra.responses import BASE
from config.core.api.openapi import description

METHODS = ("get", "post", "put", "patch", "delete")
OpenApiNode = Mapping[str, Any]


@dataclass(frozen=True)
class FieldDoc:
    """A parameter, or a property of a body."""

    name: str
    type: str
    required: bool
    description: str
    place: str = ""


@dataclass(frozen=True)
class BodyDoc:
    media_types: tuple[str, ...]
    fields: list[FieldDoc]
    example: str


@dataclass(frozen=True)
class OperationDoc:
    id: str
    method: str
    path: str
    summary: str
    description: str
    is_public: bool
    parameters: list[FieldDoc]
    body: BodyDoc | None
    responses: list[tuple[str, str]]
    answer: list[FieldDoc]


@dataclass(frozen=True)
class SectionDoc:
    id: str
    title: str
    operations: list[OperationDoc]


@login_not_required
@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    return render(request, "core/api_docs.html", {"sections": _sections()})


@cache
def _sections() -> list[SectionDoc]:
    """Lay out the description once per process: the URLs do not change while it runs."""
    operations: dict[str, list[OperationDoc]] = {}
    for path, item in sorted(description()["paths"].items(), key=lambda entry: (entry[1][next(iter(entry[1]))]["tags"], entry[0])):
        for method in METHODS:
            if method in item:
                tag, address = item[method]["tags"][0], path.removeprefix(f"{BASE}/")
                title = f"{tag}: {address.partition('/')[0]}" if address != path else tag
                operations.setdefault(title, []).append(_operation(path, method, item[method]))
    return [SectionDoc(slugify(title), title, found) for title, found in operations.items()]


def _operation(path: str, method: str, operation: OpenApiNode) -> OperationDoc:
    parameters = []
    for parameter in map(_resolved, operation.get("parameters", [])):
        words = parameter.get("description", "")
        parameters.append(
            FieldDoc(parameter["name"], _type_of(parameter["schema"]), parameter.get("required", False), words, parameter["in"])
        )
    responses = sorted(operation["responses"].items())
    good: OpenApiNode = next((_resolved(response) for status, response in responses if status.startswith("2")), {})
    media: OpenApiNode = next(iter(good.get("content", {}).values()), {})
    return OperationDoc(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        is_public=operation.get("security") == [],
        parameters=parameters,
        body=_body(_resolved(operation["requestBody"])) if "requestBody" in operation else None,
        responses=[(status, _resolved(response).get("description", "")) for status, response in responses],
        answer=list(_fields(media.get("schema", {}))),
    )


def _body(body: OpenApiNode) -> BodyDoc:
    content = body["content"]
    fields = {field.name: field for media in content.values() for field in _fields(media.get("schema", {}))}
    examples = [media["example"] for media in content.values() if "example" in media]
    return BodyDoc(tuple(content), list(fields.values()), json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else "")


def _fields(schema: OpenApiNode) -> Iterator[FieldDoc]:
    resolved = _resolved(schema)
    required = resolved.get("required", ())
    for name, inner in resolved.get("properties", {}).items():
        yield FieldDoc(name, _type_of(inner), name in required, _resolved(inner).get("description", ""))


def _type_of(schema: OpenApiNode) -> str:
    """Return the type in words: “integer”, “list of text”, “one of: asc, desc”."""
    resolved = _resolved(schema)
    if "enum" in resolved:
        return f"one of: {', '.join(str(value) for value in resolved['enum'] if value != '')}"
    if "const" in resolved:
        return json.dumps(resolved["const"])
    alternatives = resolved.get("anyOf") or resolved.get("oneOf") or resolved.get("allOf")
    if alternatives:
        return " or ".join(dict.fromkeys(_type_of(alternative) for alternative in alternatives))
    names = resolved.get("type", "any")
    words = [_WORDS.get(name, name) for name in ([names] if isinstance(names, str) else names)]
    if words == ["list"] and "items" in resolved:
        return f"list of {_type_of(resolved['items'])}"
    return " or ".join(words)


_WORDS = {"string": "text", "array": "list", "boolean": "true or false"}


def _resolved(schema: OpenApiNode) -> OpenApiNode:
    while "$ref" in schema:
        part: Any = description()
        for name in schema["$ref"].removeprefix("#/").split("/"):
            part = part[name]
        schema = part
    return schema
