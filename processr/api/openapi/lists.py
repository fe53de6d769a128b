"""The OpenAPI description of lists, suppression and their files."""

from typing import Any

from config.core.api.hydra import openapi
from config.core.api.hydra.openapi import ID, MOMENT, TEXT
from config.core.models import Run
from processr.api.list_files import IMPORTS
from processr.api.list_values import VALUES
from processr.api.lists import LISTS
from processr.api.suppressed import EMAILS, NAMES, TELEPHONES, Suppressed
from processr.lists.folding import LONGEST
from processr.lists.layout import CHOICES
from processr.lists.services import AT_ONCE, LONGEST_NAME
from processr.models import ValueImport

_COUNT = {"type": "integer", "minimum": 0}
_FLAG = {"type": "boolean"}
_REFERENCE = {"type": ["integer", "string", "object"], "description": "An id, an address, or an object with one of them."}
_OR_NULL = {"type": ["object", "null"]}
_NAME = {**TEXT, "minLength": 1, "maxLength": LONGEST_NAME}
_VALUE = {**TEXT, "minLength": 1, "maxLength": LONGEST}
_VALUES = {"type": "array", "minItems": 1, "items": {"type": ["string", "object"]}}
_DELIMITER = {"type": "string", "enum": [name for name, _ in CHOICES]}
_NEW_LIST = {"name": _NAME, "advertiser": {"type": ["integer", "string", "object", "null"]}, "private": _FLAG}
_NOT_MODIFIED = {"304": {"description": "It has not changed since the ETag in If-None-Match."}}

SCHEMAS: dict[str, Any] = {
    "SuppressionList": openapi.member(
        id=ID, name=TEXT, advertiser=_OR_NULL, private=_FLAG, valueCount=_COUNT, version=_COUNT, updatedTs=MOMENT
    ),
    "SuppressionListValue": openapi.member(id=ID, value=TEXT, suppressionList=TEXT),
    "AddedValues": {
        "type": "object",
        "required": ["@type", "suppressionList", "added", "repeated"],
        "properties": {"@type": TEXT, "suppressionList": TEXT, "added": _COUNT, "repeated": _COUNT},
    },
    "ValueImport": openapi.member(
        id=ID,
        target={"type": "string", "enum": list(ValueImport.Target.values)},
        suppressionList={"type": ["string", "null"]},
        state={"type": "string", "enum": list(Run.State.values)},
        total={"type": ["integer", "null"], "minimum": 0, "description": "The number of lines of the file."},
        done={**_COUNT, "description": "The number of lines that have been read."},
        added=_COUNT,
        repeated={**_COUNT, "description": "The number of entries that existed already."},
        refused=_COUNT,
        error={**TEXT, "description": "The reason why the import ended early, and the first refused lines."},
    ),
    **{
        one.collection.type: openapi.member(id=ID, **dict.fromkeys(one.kind.cells, TEXT), createdTs=MOMENT)
        for one in (EMAILS, NAMES, TELEPHONES)
    },
}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _upload(name: str, summary: str, **beside: Any) -> dict[str, Any]:
    """Describe an upload, as a file or as values in JSON."""
    body = _object({**beside, "values": _VALUES}, *beside, "values")
    good = openapi.created("ValueImport")
    described = openapi.operation(
        name,
        summary,
        {"202": {**good["201"], "description": "The import has begun; the address in Location shows its progress."}},
        body=body,
    )
    file = {"type": "string", "contentMediaType": "text/csv", "description": "A CSV file in UTF-8, with one entry on each line."}
    form = _object({**beside, "file": file, "delimiter": _DELIMITER}, *beside, "file")
    described["requestBody"]["content"]["multipart/form-data"] = {"schema": form}
    return described


def _item(collection: str, what: str, schema: str, *, changes: dict[str, Any] | None = None, etag: bool = False) -> dict[str, Any]:
    name, at = collection.replace("-", "_"), [openapi.in_path("id", f"The id of the {what}")]
    shown = {**openapi.found(schema), **(_NOT_MODIFIED if etag else {})}
    operations = {
        "get": openapi.operation(f"{name}_show", f"Show a {what}", shown, parameters=at),
        "delete": openapi.operation(
            f"{name}_remove", f"Remove a {what}", openapi.gone(), parameters=at, refusals={"409": "It is used by jobs, which are named."}
        ),
    }
    for method in ("put", "patch") if changes else ():
        body = _object(changes or {})
        operations[method] = openapi.operation(f"{name}_{method}", f"Change a {what}", openapi.found(schema), parameters=at, body=body)
    return operations


def _listing(*args: Any) -> dict[str, Any]:
    """Describe a collection whose responses have an ETag."""
    described = openapi.listing(*args)
    described["responses"] |= _NOT_MODIFIED
    return described


def _suppressed(one: Suppressed, noun: str, plural: str, upload: str, example: dict[str, str]) -> dict[str, Any]:
    address, schema = one.collection.name, one.collection.type
    name = address.replace("-", "_")
    body = _object(dict.fromkeys(one.kind.cells, TEXT), *one.kind.cells)
    return {
        f"/api/v4/{address}": {
            "get": openapi.listing(one.collection, f"List the suppressed {plural}", schema),
            "post": openapi.operation(
                f"{name}_add", f"Add a suppressed {noun}", openapi.created(schema), body=body, example=example, once=True
            ),
        },
        f"/api/v4/{address}/{{id}}": _item(address, f"suppressed {noun}", schema),
        f"/api/v4/{upload}": {"post": _upload(f"{upload.replace('-', '_')}", f"Suppress the {plural} of a file")},
    }


PATHS: dict[str, Any] = {
    "/api/v4/suppression-lists": {
        "get": openapi.listing(LISTS, "List the validation lists", "SuppressionList"),
        "post": openapi.operation(
            "suppression_lists_add",
            "Add a validation list",
            openapi.created("SuppressionList"),
            body=_object(_NEW_LIST, "name"),
            example={"name": "Key accounts"},
            once=True,
        ),
    },
    "/api/v4/suppression-lists/{id}": _item(
        LISTS.name, "validation list", "SuppressionList", changes={"name": _NAME, "private": _FLAG}, etag=True
    ),
    "/api/v4/suppression-list-values": {
        "get": _listing(VALUES, "List the values of a validation list", "SuppressionListValue"),
        "post": openapi.operation(
            "suppression_list_values_add",
            f"Add a value, or up to {AT_ONCE:,} values, to a list",
            {**openapi.created("SuppressionListValue"), **openapi.found("AddedValues", "Several values were added")},
            body=_object({"suppressionList": _REFERENCE, "value": _VALUE, "values": {"type": "array", "items": _VALUE}}, "suppressionList"),
            example={"suppressionList": 1, "value": "Acme"},
            once=True,
        ),
    },
    "/api/v4/suppression-list-values/{id}": _item(VALUES.name, "value of a list", "SuppressionListValue", changes={"value": _VALUE}),
    "/api/v4/suppression-list-values/import": {
        "post": _upload("suppression_list_values_import", "Add the values of a file to a list", suppressionList=_REFERENCE)
    },
    "/api/v4/suppression-list-download": {
        "post": openapi.operation(
            "suppression_list_download",
            "Download a list as CSV",
            {"200": {"description": "The file", "content": {"text/csv": {"schema": TEXT}}}},
            body=_object({"suppressionList": _REFERENCE}, "suppressionList"),
            example={"suppressionList": 1},
        )
    },
    "/api/v4/value-imports": {"get": openapi.listing(IMPORTS, "List the imports of files into lists", "ValueImport")},
    "/api/v4/value-imports/{id}": {
        "get": openapi.operation(
            "value_imports_show",
            "Show the progress of an import",
            openapi.found("ValueImport"),
            parameters=[openapi.in_path("id", "The id of the import")],
        )
    },
    "/api/v4/value-imports/{id}/stop": {
        "post": openapi.operation(
            "value_imports_stop",
            "Stop an import after the lines that it is processing",
            openapi.found("ValueImport"),
            parameters=[openapi.in_path("id", "The id of the import")],
        )
    },
    **_suppressed(EMAILS, "e-mail address", "e-mail addresses", "invalid-emails-import", {"email": "somebody@example.com"}),
    **_suppressed(NAMES, "name", "names", "invalid-names-import", {"firstName": "Mickey", "lastName": "Mouse"}),
    **_suppressed(TELEPHONES, "telephone number", "telephone numbers", "invalid-telephone-import", {"telephone": "+44 20 7946 0000"}),
}
