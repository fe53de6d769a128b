"""The OpenAPI 3.1 description of all APIs: the schema of the DRF views, joined with the parts that describe plain function views."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from config.core import extension_points
from config.core.api.api_view import api_view

JSON, YAML = "application/json", "application/yaml"


def json_body(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {JSON: {"schema": schema}}


def refers_to(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


PATHS = {
    "/api/schema/": {
        "get": {
            "operationId": "schema",
            "tags": ["Schema"],
            "summary": "This description",
            "security": [],
            "parameters": [
                {
                    "name": "format",
                    "in": "query",
                    "description": "JSON unless told.",
                    "schema": {"type": "string", "enum": ["json", "yaml"]},
                }
            ],
            "responses": {
                "200": {
                    "description": "OpenAPI 3.1",
                    "content": {JSON: {"schema": {"type": "object"}}, YAML: {"schema": {"type": "object"}}},
                },
                "400": {"description": "A query of more than a thousand parameters.", "content": json_body(refers_to("Refusal"))},
            },
        }
    }
}
SCHEMAS = {
    "Refusal": {
        "type": "object",
        "required": ["code", "message"],
        "properties": {"code": {"type": "integer", "description": "The status again."}, "message": {"type": "string"}},
    }
}


@api_view("GET", "HEAD")
def schema(request: HttpRequest) -> HttpResponse:
    """Return the description. It is public: it explains how to authenticate and holds no keys."""
    in_yaml = request.GET.get("format") == "yaml" or "yaml" in request.headers.get("Accept", "")
    return HttpResponse(_render(in_yaml), content_type=YAML if in_yaml else JSON, headers={"Vary": "Accept"})


@cache
def _render(in_yaml: bool) -> bytes:
    """Render the description once per process: the URLs do not change while it runs."""
    renderer = OpenApiYamlRenderer() if in_yaml else OpenApiJsonRenderer()
    text: bytes = renderer.render(description(), renderer_context={})
    return text


@cache
def description() -> dict[str, Any]:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema


def join_parts(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the apps' own parts to the description. drf-spectacular calls this hook when it has described the DRF views."""
    components = result.setdefault("components", {})
    for part in map(import_module, (__name__, *extension_points.openapi_parts)):
        _add(result["paths"], {path: _without_shared_parameters(item) for path, item in part.PATHS.items()})
        _add(components.setdefault("schemas", {}), part.SCHEMAS)
        _add(components.setdefault("securitySchemes", {}), getattr(part, "SECURITY_SCHEMES", {}))
    return result


def _without_shared_parameters(item: Mapping[str, Any]) -> dict[str, Any]:
    """Repeat the shared parameters in each operation, because drf-spectacular takes every entry of a path item for an operation."""
    shared = item.get("parameters", [])
    operations = {method: operation for method, operation in item.items() if method != "parameters"}
    return {method: {**operation, "parameters": [*shared, *operation.get("parameters", [])]} for method, operation in operations.items()}


def _add(known: dict[str, Any], new: Mapping[str, Any]) -> None:
    if twice := known.keys() & new.keys():
        raise ImproperlyConfigured(f"Described twice: {', '.join(sorted(twice))}")
    known.update(new)
