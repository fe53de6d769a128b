"""The OpenAPI description of API v4, read from viewsets, serializers and filter sets."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_parameter_type, get_doc

from config.core.api.hydra.fields import JsonField, ReferenceField
from config.core.api.hydra.filters import ID
from config.core.api.hydra.query import LARGEST_PAGE_SIZE, PAGE_SIZE
from config.core.api.hydra.responses import LD_JSON, SUFFIX
from config.core.api.openapi import JSON, json_body, refers_to

OpenApiSchema = Mapping[str, Any]
TEXT: OpenApiSchema = {"type": "string"}
OPERATIONS = {"list": "list", "retrieve": "show", "create": "add", "update": "replace", "partial_update": "change", "destroy": "remove"}


def _public_document(name: str, summary: str, parameter: str = "", example: str = "") -> dict[str, Any]:
    in_path = {"name": parameter, "in": "path", "required": True, "schema": {**TEXT, "examples": [example]}}
    document = {LD_JSON: {"schema": {"type": "object", "required": ["@context"]}}}
    responses = {"200": {"description": summary, "content": document}}
    if parameter:
        responses["404"] = {"description": "There is no such type.", "content": json_body(refers_to("HydraError"))}
    described = {"operationId": name, "tags": ["API v4"], "summary": summary, "security": [], "responses": responses}
    return {"get": {**described, "parameters": [in_path] if parameter else []}}


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
    "/api/v4": _public_document("api_entry_point", "The collections of this API"),
    "/api/v4/docs.jsonld": _public_document("api_vocabulary", "The classes and operations of this API, for hydra clients"),
    "/api/v4/contexts/{type_name}": _public_document("contexts_show", "The JSON-LD context of a type", "type_name", "Error"),
}
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
_HEADERS: dict[str, Any] = {
    "401": {"WWW-Authenticate": {"description": "Bearer, and the fault of the token.", "schema": TEXT}},
    "429": _RETRY,
    "503": _RETRY,
}
_SHAPES: dict[str, tuple[str, ...]] = {
    "400": ("HydraError", "HydraTokenRefused", "Refusal"),
    "401": ("HydraTokenRefused",),
    "403": ("HydraError", "HydraTokenRefused"),
    "500": ("Refusal",),
    "503": ("Refusal",),
}
_OUTCOMES = {"200": "The present state.", "201": "Created.", "202": "Begun; its Location shows the progress."}
_REFUSALS = {
    "400": "The request is not understood or not possible; `violations` names each property or parameter.",
    "401": "The token is missing, unknown, expired or withdrawn.",
    "403": "The role may not do this, or the password has expired.",
    "404": "The object does not exist, or not for the holder of this token.",
    "405": "The address does not take this method; `Allow` names those it takes.",
    "429": "The user makes more calls than are allowed in five minutes.",
    "500": "An internal error; the message is empty.",
    "503": "The database cannot be reached; nothing was done.",
}
_REFUSALS_OF_BODIES = {
    "409": "The request conflicts with the present state, or its Idempotency-Key belongs to another request or one that is still running.",
    "411": "The body has neither a Content-Length nor chunks.",
    "413": "The body is too large.",
    "415": "The body is of another media type, or in a charset or packing that cannot be read.",
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "1 to 255 printable characters. Within 24 hours, a request with the same key is executed once.",
    "schema": TEXT,
}
_PRECONDITION = {"name": "If-Match", "in": "header", "description": "The ETag of the state that was read.", "schema": TEXT}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "config.core.api.hydra.viewsets.BearerAuthentication"
    name = ["bearer", "accessToken"]  # noqa: RUF012  (declared by the parent)

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        return [{"bearer": []}, {"accessToken": []}]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        return []  # described with the endpoints that issue tokens


class HydraSchema(AutoSchema):
    def get_operation_id(self) -> str:
        """Return address and verb, such as campaign_processr_jobs_add. Where an address does one thing, it is the whole name."""
        address = "/".join(self._tokenize_path())
        name = address.replace("-", "_").replace("/", "_")
        action = self.view.action
        is_resource = address == self.view.serializer_class.Meta.address
        return f"{name}_{OPERATIONS[action]}" if is_resource and action in OPERATIONS else name

    def get_tags(self) -> list[str]:
        return ["API v4"]

    def get_summary(self) -> str:
        return self.view.summary(self.view.action)

    def get_description(self) -> str:
        own = get_doc(getattr(type(self.view), self.view.action)).partition("\n")[2].strip()
        return own or (get_doc(type(self.view)) if self.view.action == "list" else "")

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        meta = getattr(serializer, "Meta", None)
        return getattr(meta, "component", "") or getattr(meta, "type", "") or type(serializer).__name__

    def map_parsers(self) -> list[str]:
        return list(self.view.media_types)

    def map_renderers(self, attribute: str) -> list[str]:
        return [JSON, LD_JSON] if attribute == "media_type" else []

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        if isinstance(field, JsonField | ReferenceField) and (field.read_only if direction == "request" else field.write_only):
            return None
        if isinstance(field, JsonField):
            return dict(field.json_schema)
        if isinstance(field, ReferenceField):
            if direction == "request":
                return field.written_schema
            return self.resolve_serializer(field.serializer, direction).ref if field.serializer else field.shown_schema
        return super()._map_serializer_field(field, direction, bypass_extensions)

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)
        if direction == "response" and getattr(getattr(serializer, "Meta", None), "type", ""):
            identity = dict.fromkeys(("@id", "@type") if serializer.Meta.address else ("@type",), TEXT)
            schema["properties"] = {**identity, **schema["properties"]}
            schema["required"] = sorted({*identity, *schema.get("required", ())})
        return schema

    def _resolve_path_parameters(self, variables: list[str]) -> list[Any]:
        return [build_parameter_type(name=name, location="path", schema=dict(ID)) for name in variables]

    def _get_filter_parameters(self) -> list[Any]:
        if self.view.action != "list":
            return []
        return [
            build_parameter_type(
                name=name,
                location="query",
                description=declared.description,
                schema={"type": "array", "items": dict(declared.schema)} if declared.repeatable else dict(declared.schema),
                required=declared.needed and name == declared.name,
                explode=declared.repeatable or None,
            )
            for name, declared in self.view.filterset_class.described()
        ]

    def _get_pagination_parameters(self) -> list[Any]:
        if self.view.action != "list":
            return []

        def described(name: str, description: str, schema: OpenApiSchema) -> Any:
            return build_parameter_type(name=name, location="query", description=description, schema=dict(schema))

        size = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE_SIZE, "default": PAGE_SIZE}
        return [
            described("page", "From 1; beyond the thousandth only with `after`.", {"type": "integer", "minimum": 1, "default": 1}),
            described("itemsPerPage", "The number of members on a page.", size),
            described("after", "The position after which the page begins, as hydra:next names it.", {**TEXT, "minLength": 1}),
            *(
                described(f"order[{name}]", "Sort the members by this property.", {"type": "string", "enum": ["asc", "desc"]})
                for name in self.view.orders
            ),
        ]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation: dict[str, Any] = super().get_operation(*args, **kwargs) or {}
        view = self.view
        parameters = operation.setdefault("parameters", [])
        if self.method == "POST" and view.action not in view.repeatable:
            parameters.append(_IDEMPOTENCY_KEY)
        if view.action in view.conditional:
            parameters.append(_PRECONDITION)
        if view.action in view.cached:
            operation["responses"]["304"] = {"description": "Not changed since the ETag in If-None-Match."}
        refusals = {**_REFUSALS, **(_REFUSALS_OF_BODIES if "requestBody" in operation else {}), **view.refusals.get(view.action, {})}
        operation["responses"] |= {status: _refusal(status, description) for status, description in refusals.items()}
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True
            if view.action in view.examples:
                for content in operation["requestBody"]["content"].values():
                    content["example"] = view.examples[view.action]
        return operation

    def _get_response_for_code(self, serializer: Any, status_code: str, media_types: Any = None, direction: Any = "response") -> Any:
        response = super()._get_response_for_code(serializer, status_code, media_types, direction)
        response["description"] = response.get("description") or _OUTCOMES.get(status_code, "Done.")
        if status_code in ("201", "202"):
            response["headers"] = {"Location": {"schema": TEXT}}
        return response


def paginated_schema(members: OpenApiSchema) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["@context", "@id", "@type", "hydra:member", "hydra:totalItems", "sluice:totalIsExact", "hydra:view"],
        "properties": {
            **{"@context": TEXT, "@id": TEXT, "@type": {"const": "hydra:Collection"}},
            "hydra:member": dict(members),
            "hydra:totalItems": {"type": "integer", "minimum": 0, "description": "At least so many; see sluice:totalIsExact."},
            "sluice:totalIsExact": {
                "type": "boolean",
                "description": "False where there are more, which are not counted.",
            },
            "hydra:view": refers_to("HydraView"),
        },
    }


def without_suffix(endpoints: list[tuple[str, str, str, Any]], **_: Any) -> list[tuple[str, str, str, Any]]:
    """Describe each address once: drf-spectacular reads the optional .jsonld as a part of it."""
    return [(path.removesuffix(SUFFIX), regex, method, callback) for path, regex, method, callback in endpoints]


def _refusal(status: str, description: str) -> dict[str, Any]:
    shapes = [refers_to(name) for name in _SHAPES.get(status, ("HydraError",))]
    schema: OpenApiSchema = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
    return {"description": description, "content": json_body(schema)} | ({"headers": _HEADERS[status]} if status in _HEADERS else {})
