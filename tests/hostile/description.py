"""The operations of the APIs, read from their own OpenAPI description."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from jsonschema import Draft202012Validator

METHODS = ("get", "post", "put", "patch", "delete")


@cache
def document() -> dict[str, Any]:
    """Return the description as it is served."""
    described: dict[str, Any] = json.loads(OpenApiJsonRenderer().render(SchemaGenerator().get_schema(request=None, public=True)))
    return described


def found(part: dict[str, Any]) -> dict[str, Any]:
    """Return the part that a reference names, or the part itself."""
    while "$ref" in part:
        names = part["$ref"].removeprefix("#/").split("/")
        part = document()
        for name in names:
            part = part[name]
    return part


@dataclass(frozen=True)
class Operation:
    path: str
    method: str

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def details(self) -> dict[str, Any]:
        said: dict[str, Any] = document()["paths"][self.path][self.method]
        return said

    def parameters(self, place: str) -> list[dict[str, Any]]:
        listed = [*document()["paths"][self.path].get("parameters", []), *self.details.get("parameters", [])]
        return [parameter for parameter in map(found, listed) if parameter["in"] == place]

    @property
    def security(self) -> list[dict[str, Any]]:
        """Return the alternatives of authentication."""
        schemes = document()["components"]["securitySchemes"]
        asked = self.details.get("security", document().get("security", []))
        return [schemes[name] for way in asked for name in way]

    @property
    def bodies(self) -> list[str]:
        return list(found(self.details.get("requestBody", {})).get("content", {}))

    def target(self, **ids: Any) -> str:
        """Its path with these in the places of parameters; an enumerated one takes its first value where none is given."""
        for parameter in self.parameters("path"):
            ids.setdefault(parameter["name"], found(parameter["schema"]).get("enum", [1])[0])
        return re.sub(r"{(\w+)}", lambda match: str(ids[match[1]]), self.path)

    def complaint(self, answer: Any) -> str:
        """Return how the answer differs from its description; empty if it does not."""
        described = self.details["responses"].get(str(answer.status))
        if described is None:
            return f"status {answer.status} is not described"
        content = found(described).get("content", {})
        if not answer.body and not content:
            return ""
        if answer.kind not in content:
            return f"{answer.kind!r} is not described for {answer.status}"
        schema = {**content[answer.kind].get("schema", {}), "components": document()["components"]}
        value = json.loads(answer.body) if answer.kind in ("application/json", "application/ld+json") else answer.body.decode()
        return "; ".join(error.message for error in Draft202012Validator(schema).iter_errors(value))


def operations() -> Iterator[Operation]:
    for path, item in document()["paths"].items():
        yield from (Operation(path, method) for method in METHODS if method in item)
