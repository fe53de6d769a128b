"""List files in API v4: imports, which are accepted at once and run in the background, and downloads."""

import csv
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from typing import Any, cast

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError

from config.core.api import hydra
from config.core.errors import DomainError
from processr.api.lists import READERS, list_named
from processr.lists import exporting, importing
from processr.lists.kinds import EMAIL, NAME, PHONE, VALUE, ListKind
from processr.lists.selectors import SEES_LISTS, SUPPRESSES, imports_for
from processr.lists.spreadsheet import escape_formula
from processr.lists.storing import ListTarget
from processr.models import ValidationList, ValueImport

STATES = {state: state for state in ValueImport.State.values}
MULTIPART = "multipart/form-data"
LIST = "suppressionList"
IMPORTS = hydra.Collection(
    "value-imports",
    "ValueImport",
    filters={"suppressionList.id": hydra.by_id("list_id"), "state": hydra.one_of(STATES, "state")},
    order="-id",
)


@hydra.allowed(SEES_LISTS, once=False)
def list_import_create(request: HttpRequest) -> HttpResponse:
    """Start an import from a file or from `values` as JSON, into the `suppressionList` named beside it."""
    upload = _read_upload(request, VALUE, LIST)
    validation_list = list_named(hydra.caller(request), upload.fields.get(LIST))
    return _start_import(request, upload, ListTarget(VALUE, validation_list.pk), validation_list)


def suppression_import_create(kind: ListKind) -> Callable[..., HttpResponse]:
    @hydra.allowed(SUPPRESSES, once=False)
    def into_suppressed(request: HttpRequest) -> HttpResponse:
        return _start_import(request, _read_upload(request, kind), ListTarget(kind), None)

    return into_suppressed


into_emails, into_names, into_telephones = (
    suppression_import_create(EMAIL),
    suppression_import_create(NAME),
    suppression_import_create(PHONE),
)


@hydra.allowed(READERS, once=False)
def list_download(request: HttpRequest) -> HttpResponse:
    """Return the whole list as CSV, from `{"suppressionList": …}`."""
    body = hydra.read_body(request)
    body.only(LIST)
    body.required(LIST)
    validation_list = list_named(hydra.caller(request), body[LIST])
    headers = {"Content-Disposition": f'attachment; filename="suppression-list-{validation_list.pk}.csv"'}
    lines = exporting.lines(validation_list.values.all(), VALUE)
    # Views of API v4 are typed as returning HttpResponse; what wraps them asks for no more than a streamed response has.
    return cast(HttpResponse, StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers))


@hydra.allowed(SEES_LISTS)
def imports_list(request: HttpRequest) -> HttpResponse:
    return IMPORTS.answer(request, imports_for(hydra.caller(request)), lambda runs: [_record(run) for run in runs])


@hydra.allowed(SEES_LISTS)
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return IMPORTS.item(request, _record(_find_import(request, pk)))


@hydra.allowed(SEES_LISTS)
def import_stop(request: HttpRequest, pk: int) -> HttpResponse:
    run = _find_import(request, pk)
    importing.stop(run, actor=hydra.actor(request))
    return IMPORTS.item(request, _record(run))


class UploadedValues:
    """The content of an upload: the chunks of the file, its name, and the fields beside it."""

    def __init__(self, chunks: Iterator[bytes], name: str, fields: dict[str, Any]) -> None:
        self.chunks, self.name, self.fields = chunks, name, fields


def _read_upload(request: HttpRequest, kind: ListKind, *extra_fields: str) -> UploadedValues:
    return _read_multipart(request, extra_fields) if request.content_type == MULTIPART else _read_json(request, kind, extra_fields)


def _read_multipart(request: HttpRequest, extra_fields: Sequence[str]) -> UploadedValues:
    try:
        texts, files = request.POST.dict(), request.FILES
    except (MultiPartParserError, SuspiciousOperation, TypeError, OSError) as error:  # TypeError: `name*=a; name*0=b`, as in bodies
        raise DomainError("The body is not valid multipart/form-data.") from error
    if unknown := sorted({*texts, *files} - {"file", "delimiter", *extra_fields}):
        raise hydra.HydraError((name[:80], "There is no such property.") for name in unknown)
    file = files.get("file")
    if not isinstance(file, UploadedFile):
        raise DomainError("Send the file as `file`.", field="file")
    return UploadedValues(iter(file.chunks()), file.name or "", dict(texts))


def _read_json(request: HttpRequest, kind: ListKind, extra_fields: Sequence[str]) -> UploadedValues:
    """Turn JSON values into the CSV file that could have been sent instead."""
    body = hydra.read_body(request)
    body.only("values", *extra_fields)
    values = body.get("values")
    if not isinstance(values, list) or not values:
        raise DomainError("Must be a list of values.", field="values")
    rows = [_csv_row(kind, value, number) for number, value in enumerate(values)]
    fields = {name: body[name] for name in extra_fields if name in body}
    file = StringIO()
    csv.writer(file, lineterminator="\n").writerows([kind.cells, *rows])
    return UploadedValues(iter([file.getvalue().encode()]), "values of a request", {**fields, "delimiter": "comma"})


def _csv_row(kind: ListKind, value: Any, number: int) -> Sequence[str]:
    """Return the cells of a value: a text, or an object where an entry has several parts."""
    cells: list[Any] = []
    if isinstance(value, str):
        cells = [value]
    elif isinstance(value, dict):
        cells = [value.get(cell) for cell in kind.cells]
    if len(cells) != len(kind.cells) or not all(isinstance(cell, str) for cell in cells):
        raise DomainError(f"Must be a text, or an object with {' and '.join(kind.cells)}.", field=f"values[{number}]")
    return [escape_formula(" ".join(cell.splitlines())) for cell in cells]


def _start_import(request: HttpRequest, upload: UploadedValues, target: ListTarget, validation_list: ValidationList | None) -> HttpResponse:
    """Start the import and answer 202 with the address of its progress, `value-imports/<id>`."""
    run = importing.start_import(
        target,
        upload.chunks,
        name=upload.name,
        delimiter=str(upload.fields.get("delimiter", "")),
        actor=hydra.actor(request),
        validation_list=validation_list,
    )
    response = IMPORTS.created(_record(run))
    response.status_code = 202
    return response


def _find_import(request: HttpRequest, pk: int) -> ValueImport:
    run = imports_for(hydra.caller(request)).select_related("list").filter(pk=pk).first()
    if run is None:
        raise Http404
    return run


def _record(run: ValueImport) -> dict[str, Any]:
    return {
        "id": run.pk,
        "target": run.target,
        "suppressionList": f"/api/v4/suppression-lists/{run.list_id}" if run.list_id else None,
        "state": run.state,
        "total": run.total,
        "done": run.dealt_with,
        "added": run.added,
        "repeated": run.repeated,
        "refused": run.failed,
        "error": run.error,
    }
