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
from processr.lists.spreadsheet import as_shown
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
    sent = _sent(request, VALUE, LIST)
    listed = list_named(hydra.caller(request), sent.named.get(LIST))
    return _begun(request, sent, ListTarget(VALUE, listed.pk), listed)


def suppression_import_create(kind: ListKind) -> Callable[..., HttpResponse]:
    @hydra.allowed(SUPPRESSES, once=False)
    def into_suppressed(request: HttpRequest) -> HttpResponse:
        return _begun(request, _sent(request, kind), ListTarget(kind), None)

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
    listed = list_named(hydra.caller(request), body[LIST])
    head = {"Content-Disposition": f'attachment; filename="suppression-list-{listed.pk}.csv"'}
    lines = exporting.lines(listed.values.all(), VALUE)
    return cast(HttpResponse, StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=head))


@hydra.allowed(SEES_LISTS)
def imports_list(request: HttpRequest) -> HttpResponse:
    return IMPORTS.answer(request, imports_for(hydra.caller(request)), lambda runs: [_record(run) for run in runs])


@hydra.allowed(SEES_LISTS)
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return IMPORTS.item(request, _record(_seen(request, pk)))


@hydra.allowed(SEES_LISTS)
def import_stop(request: HttpRequest, pk: int) -> HttpResponse:
    run = _seen(request, pk)
    importing.stop(run, actor=hydra.actor(request))
    return IMPORTS.item(request, _record(run))


class UploadedValues:
    """The content of an upload: the chunks of the file, its name, and the fields beside it."""

    def __init__(self, chunks: Iterator[bytes], name: str, named: dict[str, Any]) -> None:
        self.chunks, self.name, self.named = chunks, name, named


def _sent(request: HttpRequest, kind: ListKind, *beside: str) -> UploadedValues:
    return _as_file(request, beside) if request.content_type == MULTIPART else _as_json(request, kind, beside)


def _as_file(request: HttpRequest, beside: Sequence[str]) -> UploadedValues:
    try:
        texts, files = request.POST.dict(), request.FILES
    except (MultiPartParserError, SuspiciousOperation, TypeError, OSError) as error:  # TypeError: `name*=a; name*0=b`, as in bodies
        raise DomainError("The body is not valid multipart/form-data.") from error
    if unknown := sorted({*texts, *files} - {"file", "delimiter", *beside}):
        raise hydra.HydraError((name[:80], "There is no such property.") for name in unknown)
    file = files.get("file")
    if not isinstance(file, UploadedFile):
        raise DomainError("Send the file as `file`.", field="file")
    return UploadedValues(iter(file.chunks()), file.name or "", dict(texts))


def _as_json(request: HttpRequest, kind: ListKind, beside: Sequence[str]) -> UploadedValues:
    """Turn JSON values into the CSV file that could have been sent instead."""
    body = hydra.read_body(request)
    body.only("values", *beside)
    values = body.get("values")
    if not isinstance(values, list) or not values:
        raise DomainError("Must be a list of values.", field="values")
    rows = [_cells(kind, value, number) for number, value in enumerate(values)]
    named = {name: body[name] for name in beside if name in body}
    return UploadedValues(iter([_csv([kind.cells, *rows])]), "values of a request", {**named, "delimiter": "comma"})


def _cells(kind: ListKind, value: Any, number: int) -> Sequence[str]:
    """Return the cells of a value: a text, or an object where an entry has several parts."""
    cells = [value] if isinstance(value, str) else [value.get(cell) for cell in kind.cells] if isinstance(value, dict) else []
    if len(cells) != len(kind.cells) or not all(isinstance(cell, str) for cell in cells):
        raise DomainError(f"Must be a text, or an object with {' and '.join(kind.cells)}.", field=f"values[{number}]")
    return [as_shown(" ".join(str(cell).splitlines())) for cell in cells]


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    paper = StringIO()
    csv.writer(paper, lineterminator="\n").writerows(rows)
    return paper.getvalue().encode()


def _begun(request: HttpRequest, sent: UploadedValues, place: ListTarget, listed: ValidationList | None) -> HttpResponse:
    """Start the import and answer 202 with the address of its progress, `value-imports/<id>`."""
    delimiter = str(sent.named.get("delimiter", ""))
    run = importing.start_import(place, sent.chunks, name=sent.name, delimiter=delimiter, actor=hydra.actor(request), listed=listed)
    response = IMPORTS.created(_record(run))
    response.status_code = 202
    return response


def _seen(request: HttpRequest, pk: int) -> ValueImport:
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
