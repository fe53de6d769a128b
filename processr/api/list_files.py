"""List files in API v4: imports, which are accepted at once and run in the background, and downloads."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import hydra
from config.core.api.hydra.body import KINDS, read_body
from config.core.background import runs
from config.core.errors import DomainError
from config.core.models import Run
from config.core.tabular.csv_writer import CONTENT_TYPE, CsvFormat, format_rows
from processr.api.lists import READERS, list_named, list_to_change, readable_list
from processr.lists import exporting, importing, refused
from processr.lists.importing import ValueImportRun
from processr.lists.kinds import EMAIL, NAME, PHONE, VALUE, ListKind
from processr.lists.reader import DELIMITER_CHOICES
from processr.lists.selectors import CHANGES_SYSTEM_LISTS, SEES_LISTS, imports_for
from processr.lists.storing import ListTarget
from processr.models import ValidationList, ValueImport

MULTIPART = "multipart/form-data"
LIST = "suppressionList"


class ImportFilterSet(hydra.HydraFilterSet):
    list = hydra.IdFilter("list_id", name="suppressionList.id")
    state = hydra.ChoiceFilter("state", choices={state: state for state in ValueImport.State.values})


class ImportSerializer(hydra.HydraSerializer):
    """The progress of an import of a file into a list."""

    class Meta:
        type = "ValueImport"
        address = "value-imports"

    id = hydra.IdField()
    target = serializers.ChoiceField(ValueImport.ValueTarget.values, read_only=True)
    suppressionList = hydra.JsonField(
        schema={"type": ["string", "null"]},
        read_only=True,
        show=lambda run: f"/api/v4/suppression-lists/{run.list_id}" if run.list_id else None,
    )
    state = serializers.ChoiceField(Run.State.values, read_only=True)
    total = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="The number of entries in the file; at first, of lines below its heading."
    )
    done = serializers.IntegerField(source="dealt_with", read_only=True, help_text="The number of entries that have been read.")
    added = serializers.IntegerField(read_only=True)
    repeated = serializers.IntegerField(read_only=True, help_text="The number of entries that were on the list already.")
    refused = serializers.IntegerField(source="failed", read_only=True)
    error = serializers.CharField(read_only=True, help_text="The reason why it ended early, and the first refused lines.")


class UploadSerializer(hydra.HydraSerializer):
    """The values of an import: as a CSV, text or XLSX file with an entry on each line, or as JSON."""

    class Meta:
        type = "UploadedValues"
        address = ""

    values = hydra.JsonField(schema={"type": "array", "minItems": 1, "items": {"type": ["string", "object"]}})


class FileSerializer(serializers.Serializer):
    file = serializers.FileField()
    delimiter = serializers.ChoiceField([name for name, _ in DELIMITER_CHOICES], required=False)
    password = serializers.CharField(required=False, help_text="Of a ZIP file or a workbook that is protected by one.")


class ListUploadSerializer(UploadSerializer):
    class Meta:
        type = "UploadedListValues"
        address = ""

    suppressionList = hydra.ReferenceField("suppression-lists")


class ListFileSerializer(FileSerializer):
    suppressionList = serializers.CharField()


class ListReferenceSerializer(hydra.HydraSerializer):
    class Meta:
        type = "SuppressionListReference"
        address = ""

    suppressionList = hydra.ReferenceField("suppression-lists")


def _describe(json_body: Any, file: Any) -> Any:
    """Return the decorator that describes an upload."""
    return extend_schema(request={**dict.fromkeys(KINDS, json_body), MULTIPART: file}, responses={202: ImportSerializer})


class ImportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The imports of files into lists."""

    serializer_class = ImportSerializer
    filterset_class = ImportFilterSet
    ordering = "-id"
    roles: ClassVar[Mapping[str, Any]] = dict.fromkeys(("list", "retrieve", "refused", "stop"), SEES_LISTS)
    noun = ("import", "imports")
    refusals: ClassVar[Mapping[str, Any]] = {"stop": {"409": "The import is over already."}}

    def get_queryset(self) -> QuerySet[ValueImport]:
        return imports_for(self.request.user).select_related("list")

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=True, methods=["get"])
    def refused(self, request: Request, pk: str) -> StreamingHttpResponse:
        """Return the refused lines of an import as CSV, each with its reason, to correct and import."""
        run = self.get_object()
        try:
            pieces = refused.read(run)
        except FileNotFoundError as error:
            raise DomainError(refused.GONE, status=404) from error
        headers = {"Content-Disposition": f'attachment; filename="{refused.name_of(run)}"'}
        return StreamingHttpResponse(pieces, content_type=CONTENT_TYPE, headers=headers)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """Stop an import after the lines that are being stored."""
        run = self.get_object()
        if run.list is not None:
            list_to_change(request.user, run.list.pk)
        elif request.user.role not in CHANGES_SYSTEM_LISTS:
            raise DomainError("Suppression lists are changed by Admin.", status=403)
        runs.stop(ValueImportRun(run), actor=self.actor)
        return self.item(run)


class StartImportViewSet(hydra.HydraViewSet):
    """Starts an import; its Location shows the progress."""

    serializer_class = ImportSerializer
    repeatable = ("create",)
    kind: ListKind

    def start(self, upload: "UploadedValues", target: ListTarget, row: ValidationList | None) -> Response:
        delimiter = str(upload.fields.get("delimiter", ""))
        password = str(upload.fields.get("password", ""))
        run = importing.start_import(
            target, upload.chunks, name=upload.name, delimiter=delimiter, password=password, actor=self.actor, validation_list=row
        )
        return self.created(run, status=202)


class ListImportViewSet(StartImportViewSet):
    roles = {"create": SEES_LISTS}

    @_describe(ListUploadSerializer, ListFileSerializer)
    def create(self, request: Request) -> Response:
        """Add the values of a file to the list named beside it."""
        upload = read_upload(request, VALUE, LIST)
        pk = hydra.reference(upload.fields.get(LIST), "suppression-lists", field=LIST)
        row = list_named(request.user, pk, find=list_to_change)
        return self.start(upload, ListTarget(VALUE, row.pk), row)


class SuppressionImportViewSet(StartImportViewSet):
    roles = {"create": CHANGES_SYSTEM_LISTS}

    @_describe(UploadSerializer, FileSerializer)
    def create(self, request: Request) -> Response:
        """Suppress the entries of a file on every campaign."""
        return self.start(read_upload(request, self.kind), ListTarget(self.kind), None)


class EmailImportViewSet(SuppressionImportViewSet):
    kind = EMAIL


class NameImportViewSet(SuppressionImportViewSet):
    kind = NAME


class TelephoneImportViewSet(SuppressionImportViewSet):
    kind = PHONE


class ListDownloadViewSet(hydra.HydraViewSet):
    serializer_class = ListReferenceSerializer
    roles = {"create": READERS}
    repeatable = ("create",)
    examples = {"create": {"suppressionList": 1}}

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def create(self, request: Request) -> HttpResponseBase:
        """Return a whole list as CSV."""
        row = list_named(request.user, self.validated()[LIST], find=readable_list)
        headers = {"Content-Disposition": f'attachment; filename="suppression-list-{row.pk}.csv"'}
        lines = exporting.lines(row.values.all(), VALUE)
        return StreamingHttpResponse(lines, content_type=CONTENT_TYPE, headers=headers)


class UploadedValues:
    """The content of an upload: the chunks of the file, its name, and the fields beside it."""

    def __init__(self, chunks: Iterator[bytes], name: str, fields: dict[str, Any]) -> None:
        self.chunks, self.name, self.fields = chunks, name, fields


def read_upload(request: Request, kind: ListKind, *beside: str) -> UploadedValues:
    """Return the uploaded file, or the JSON values as the file that could have been sent instead. `beside` are further properties."""
    if request.content_type.partition(";")[0].strip().lower() == MULTIPART:
        return _uploaded_file(request, beside)
    body = read_body(request._request)
    body.only("values", *beside)
    values = body.get("values")
    if not isinstance(values, list) or not values:
        raise DomainError("Must be a list of values.", field="values")
    rows = [_cells(kind, value, number) for number, value in enumerate(values)]
    text = format_rows([kind.cells, *rows], CsvFormat(line_end="\n"))
    fields = {name: body[name] for name in beside if name in body}
    return UploadedValues(iter([text.encode()]), "values of a request", {**fields, "delimiter": "comma"})


def _uploaded_file(request: Request, beside: Sequence[str]) -> UploadedValues:
    plain = request._request
    try:
        texts, files = plain.POST.dict(), plain.FILES
    except (MultiPartParserError, SuspiciousOperation, TypeError, OSError) as error:  # TypeError: `name*=a; name*0=b`, as in bodies
        raise DomainError("The body is not valid multipart/form-data.") from error
    if unknown := sorted({*texts, *files} - {"file", "delimiter", "password", *beside}):
        raise hydra.HydraError((name[:80], "There is no such property.") for name in unknown)
    file = files.get("file")
    if not isinstance(file, UploadedFile):
        raise DomainError("Send the file as `file`.", field="file")
    return UploadedValues(iter(file.chunks()), file.name or "", dict(texts))


def _cells(kind: ListKind, value: Any, number: int) -> Sequence[str]:
    """Return the cells of a value: a text, or an object where an entry has several parts."""
    cells = [value] if isinstance(value, str) else [value.get(cell) for cell in kind.cells] if isinstance(value, dict) else []
    if len(cells) != len(kind.cells) or not all(isinstance(cell, str) for cell in cells):
        raise DomainError(f"Must be a text, or an object with {' and '.join(kind.cells)}.", field=f"values[{number}]")
    return [" ".join(str(cell).splitlines()) for cell in cells]
