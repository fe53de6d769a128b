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
from processr.lists.reader import DELIMITER_CHOICES
from processr.lists.services import AT_ONCE, LONGEST_NAME
from processr.models import ValueImport

_COUNT = {"type": "integer", "minimum": 0}
_FLAG = {"type": "boolean"}
_REFERENCE = {"type": ["integer", "string", "object"], "description": "An id, an address, or an object with one of them."}
_OR_NULL = {"type": ["object", "null"]}
_NAME = {**TEXT, "minLength": 1, "maxLength": LONGEST_NAME}
_VALUE = {**TEXT, "minLength": 1, "maxLength": LONGEST}
_VALUES = {"type": "array", "minItems": 1, "items": {"type": ["string", "object"]}}
_DELIMITER = {"type": "string", "enum": [name for name, _ in DELIMITER_CHOICES]}
_NEW_LIST = {"name": _NAME, "advertiser": {"type": ["integer", "string", "object", "null"]}, "private": _FLAG}
_NOT_MODIFIED = {"304": {"description": "Not changed since the ETag in If-None-Match."}}

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
        total={"type": ["integer", "null"], "minimum": 0, "description": "Lines of the file."},
        done={**_COUNT, "description": "Lines read so far."},
        added=_COUNT,
        repeated={**_COUNT, "description": "Entries that were there already."},
        refused=_COUNT,
        error={**TEXT, "description": "Why it ended early, and the first refused lines."},
    ),
    **{
        one.collection.type: openapi.member(id=ID, **dict.fromkeys(one.kind.cells, TEXT), createdTs=MOMENT)
        for one in (EMAILS, NAMES, TELEPHONES)
    },
}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _upload(name: str, summary: str, **extra_fields: Any) -> dict[str, Any]:
    """Describe an upload, as a file or as values in JSON."""
    body = _object({**extra_fields, "values": _VALUES}, *extra_fields, "values")
    good = openapi.created("ValueImport")
    operation = openapi.operation(name, summary, {"202": {**good["201"], "description": "Begun; Location says how far it is."}}, body=body)
    file = {"type": "string", "contentMediaType": "text/csv", "description": "CSV in UTF-8, an entry on each line."}
    form = _object({**extra_fields, "file": file, "delimiter": _DELIMITER}, *extra_fields, "file")
    operation["requestBody"]["content"]["multipart/form-data"] = {"schema": form}
    return operation


def _item(collection: str, noun: str, schema: str, *, changes: dict[str, Any] | None = None, etag: bool = False) -> dict[str, Any]:
    name, parameters = collection.replace("-", "_"), [openapi.in_path("id", f"Of the {noun}")]
    responses = {**openapi.found(schema), **(_NOT_MODIFIED if etag else {})}
    operations = {
        "get": openapi.operation(f"{name}_show", f"A {noun}", responses, parameters=parameters),
        "delete": openapi.operation(
            f"{name}_remove",
            f"Remove a {noun}",
            openapi.gone(),
            parameters=parameters,
            refusals={"409": "In use by jobs, which are named."},
        ),
    }
    for method in ("put", "patch") if changes else ():
        body = _object(changes or {})
        operations[method] = openapi.operation(
            f"{name}_{method}", f"Change a {noun}", openapi.found(schema), parameters=parameters, body=body
        )
    return operations


def _listing(*args: Any) -> dict[str, Any]:
    """Describe a collection whose responses have an ETag."""
    operation = openapi.listing(*args)
    operation["responses"] |= _NOT_MODIFIED
    return operation


def _suppressed(entries: Suppressed, noun: str, upload: str, example: dict[str, str]) -> dict[str, Any]:
    address, schema = entries.collection.name, entries.collection.type
    name = address.replace("-", "_")
    body = _object(dict.fromkeys(entries.kind.cells, TEXT), *entries.kind.cells)
    return {
        f"/api/v4/{address}": {
            "get": openapi.listing(entries.collection, f"Suppressed {noun}s", schema),
            "post": openapi.operation(f"{name}_add", f"Suppress a {noun}", openapi.created(schema), body=body, example=example, once=True),
        },
        f"/api/v4/{address}/{{id}}": _item(address, f"suppressed {noun}", schema),
        f"/api/v4/{upload}": {"post": _upload(f"{upload.replace('-', '_')}", f"Suppress the {noun}s of a file")},
    }


PATHS: dict[str, Any] = {
    "/api/v4/suppression-lists": {
        "get": openapi.listing(LISTS, "Validation lists", "SuppressionList"),
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
        "get": _listing(VALUES, "What is on a validation list", "SuppressionListValue"),
        "post": openapi.operation(
            "suppression_list_values_add",
            f"Add a value, or up to {AT_ONCE:,}",
            {**openapi.created("SuppressionListValue"), **openapi.found("AddedValues", "Several were added")},
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
            "A whole list as CSV",
            {"200": {"description": "The file", "content": {"text/csv": {"schema": TEXT}}}},
            body=_object({"suppressionList": _REFERENCE}, "suppressionList"),
            example={"suppressionList": 1},
        )
    },
    "/api/v4/value-imports": {"get": openapi.listing(IMPORTS, "Imports of files into lists", "ValueImport")},
    "/api/v4/value-imports/{id}": {
        "get": openapi.operation(
            "value_imports_show", "How far an import is", openapi.found("ValueImport"), parameters=[openapi.in_path("id", "Of the import")]
        )
    },
    "/api/v4/value-imports/{id}/stop": {
        "post": openapi.operation(
            "value_imports_stop",
            "Stop an import after the lines it is at",
            openapi.found("ValueImport"),
            parameters=[openapi.in_path("id", "Of the import")],
        )
    },
    **_suppressed(EMAILS, "e-mail address", "invalid-emails-import", {"email": "somebody@example.com"}),
    **_suppressed(NAMES, "name", "invalid-names-import", {"firstName": "Mickey", "lastName": "Mouse"}),
    **_suppressed(TELEPHONES, "telephone number", "invalid-telephone-import", {"telephone": "+44 20 7946 0000"}),
}
