"""OpenAPI descriptions of API v4 endpoints. The part of an app:

    PATHS = {"/api/v4/campaign-processr-jobs": {
        "get": openapi.listing(JOBS, "Jobs on campaigns", "CampaignProcessrJob"),
        "post": openapi.operation("campaign_processr_jobs_add", "Add a job", openapi.created("CampaignProcessrJob"), body=…, example={…}),
    }}
    SCHEMAS = {"CampaignProcessrJob": openapi.member(label={"type": "string"}, …)}

AppConfig.ready appends it: openapi_parts.append(OpenApiPart(part.PATHS, part.SCHEMAS)). Every address also takes
.jsonld behind it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from config.core.api.hydra.body import KINDS
from config.core.api.hydra.collection import Collection
from config.core.api.hydra.filters import LARGEST_ID
from config.core.api.hydra.query import LARGEST_SIZE, SIZE
from config.core.api.hydra.responses import LD_JSON
from config.core.api.openapi import JSON, json_body, refers_to

Schema = Mapping[str, Any]
Described = dict[str, Any]

ID: Schema = {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST_ID}
TEXT: Schema = {"type": "string"}
MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
_ANY_TOKEN: list[dict[str, list[str]]] = [{"bearer": []}, {"accessToken": []}]
_VIOLATION = {
    "type": "object",
    "required": ["propertyPath", "message"],
    "properties": {"propertyPath": {**TEXT, "description": "The property, setting or filter it is about."}, "message": TEXT},
}
SCHEMAS: dict[str, Any] = {
    "HydraError": {
        "type": "object",
        "required": ["@context", "@type", "hydra:title", "hydra:description", "violations"],
        "properties": {
            "@context": TEXT,
            "@type": {"const": "hydra:Error"},
            "hydra:title": TEXT,
            "hydra:description": TEXT,
            "violations": {"type": "array", "items": _VIOLATION},
        },
    },
    "HydraView": {
        "type": "object",
        "required": ["@id", "@type", "hydra:first"],
        "properties": {name: TEXT for name in ("@id", "@type", *(f"hydra:{to}" for to in ("first", "last", "previous", "next")))},
    },
    "HydraTokenRefused": {
        "type": "object",
        "required": ["error", "error_description"],
        "properties": {"error": {**TEXT, "examples": ["invalid_grant"]}, "error_description": TEXT},
    },
}
PATHS: dict[str, Any] = {
    "/api/v4/contexts/{context}": {
        "get": {
            "operationId": "contexts_show",
            "tags": ["API v4"],
            "summary": "What linked JSON means by its names",
            "security": [],
            "parameters": [{"name": "context", "in": "path", "required": True, "schema": {**TEXT, "examples": ["Error"]}}],
            "responses": {
                "200": {"description": "A JSON-LD context", "content": json_body({"type": "object", "required": ["@context"]})},
                "404": {"description": "There is no such type.", "content": json_body(refers_to("HydraError"))},
            },
        }
    }
}

_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
_CHALLENGE = {"WWW-Authenticate": {"description": "Bearer, and what is wrong with the token.", "schema": TEXT}}
_HEADERS = {"401": _CHALLENGE, "429": _RETRY, "503": _RETRY}
_SHAPES = {"401": ("HydraTokenRefused",), "500": ("Refusal",), "503": ("Refusal",)}
_SEVERAL_SHAPES = {"400": ("HydraError", "HydraTokenRefused", "Refusal"), "403": ("HydraError", "HydraTokenRefused")}
_REFUSALS = {
    "400": "Not to be understood, or not possible: `violations` names what it is about.",
    "401": "No token, or one that is unknown, expired or withdrawn.",
    "403": "Not for this role, or the password has expired.",
    "404": "It does not exist, or not for the holder of this token.",
    "405": "Another method: `Allow` names the right ones.",
    "429": "More calls than this user may make in five minutes.",
    "500": "An error of ours; the message is empty.",
    "503": "The database cannot be reached; nothing was done.",
}
_BODY_REFUSALS = {
    "409": "In conflict with what is there, or the Idempotency-Key was used for something else, or its first request is still under way.",
    "411": "A body without a Content-Length.",
    "413": "A body of more than 512 kB.",
    "415": "A body of another kind, or not in UTF-8.",
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "1 to 255 printable characters: within 24 hours the same request is done once.",
    "schema": TEXT,
}


def member(**properties: Schema) -> Described:
    """Return the schema of a collection's members, which all have @id and @type."""
    return {"type": "object", "required": ["@id", "@type", *properties], "properties": {"@id": TEXT, "@type": TEXT, **properties}}


def listing(collection: Collection, summary: str, schema: str) -> Described:
    """Describe GET on a collection, with its filters and orders."""
    body = {
        "type": "object",
        "required": ["@context", "@id", "@type", "hydra:member", "hydra:view"],
        "properties": {
            **{"@context": TEXT, "@id": TEXT, "@type": {"const": "hydra:Collection"}},
            "hydra:member": {"type": "array", "items": refers_to(schema)},
            "hydra:totalItems": {"type": "integer", "minimum": 0, "description": "Left out where there are very many."},
            "hydra:view": refers_to("HydraView"),
        },
    }
    parameters = [*_filter_parameters(collection), *_paging_parameters(collection)]
    name = collection.name.replace("-", "_").replace("/", "_")
    return operation(f"{name}_list", summary, _success("200", "A page", body), parameters=parameters)


def operation(
    name: str,
    summary: str,
    good: Described,
    *,
    parameters: Iterable[Described] = (),
    body: Schema | None = None,
    example: Any = None,
    once: bool = False,
    refusals: Mapping[str, str] | None = None,
) -> Described:
    """Describe any other operation.

    `body` is the schema of the request body, `example` a body that works but for its ids. `once`: the operation takes
    an Idempotency-Key.
    """
    descriptions = {**_REFUSALS, **(_BODY_REFUSALS if body else {}), **(refusals or {})}
    described: Described = {
        "operationId": name,
        "tags": ["API v4"],
        "summary": summary,
        "security": _ANY_TOKEN,
        "parameters": [*parameters, *([_IDEMPOTENCY_KEY] if once else [])],
        "responses": {**good, **{status: _refusal(status, text) for status, text in descriptions.items()}},
    }
    if body:
        content = {"schema": body} | ({} if example is None else {"example": example})
        described["requestBody"] = {"required": True, "content": dict.fromkeys(KINDS, content)}
    return described


def found(schema: str | Schema, description: str = "As it is now") -> Described:
    return _success("200", description, schema)


def created(schema: str | Schema) -> Described:
    good = _success("201", "Made; Location is its address.", schema)
    good["201"]["headers"] = {"Location": {"schema": TEXT}}
    return good


def gone() -> Described:
    return {"204": {"description": "Removed."}}


def in_path(name: str, description: str, schema: Schema = ID) -> Described:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def _success(status: str, description: str, schema: str | Schema) -> Described:
    described = {"schema": refers_to(schema) if isinstance(schema, str) else schema}
    return {status: {"description": description, "content": {JSON: described, LD_JSON: described}}}


def _refusal(status: str, description: str) -> Described:
    shapes = [refers_to(shape) for shape in _SEVERAL_SHAPES.get(status, _SHAPES.get(status, ("HydraError",)))]
    schema: Described = dict(shapes[0]) if len(shapes) == 1 else {"anyOf": shapes}
    headers = {"headers": _HEADERS[status]} if status in _HEADERS else {}
    return {"description": description, "content": json_body(schema), **headers}


def _filter_parameters(collection: Collection) -> Iterable[Described]:
    for name, declared in collection.filters.items():
        for suffix in declared.suffixes:
            many = suffix.endswith("[]")
            schema = {"type": "array", "items": declared.schema} if many else declared.schema
            required = {"required": True} if name in collection.required and not suffix else {}
            yield {"name": name + suffix, "in": "query", "description": declared.description, "schema": schema, **required}


def _paging_parameters(collection: Collection) -> Iterable[Described]:
    yield _query_parameter("page", "From 1; beyond the thousandth only with `after`.", {"type": "integer", "minimum": 1, "default": 1})
    yield _query_parameter(
        "itemsPerPage", "Members of a page.", {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": SIZE}
    )
    yield _query_parameter("after", "The place of a member, as hydra:next names it: the page goes on from there.", {**TEXT, "minLength": 1})
    for name in collection.orders:
        yield _query_parameter(f"order[{name}]", "Sorted by this.", {"type": "string", "enum": ["asc", "desc"]})


def _query_parameter(name: str, description: str, schema: Schema) -> Described:
    return {"name": name, "in": "query", "description": description, "schema": schema}
