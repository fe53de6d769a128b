"""Files imported into lists and exported from them: upload, progress, export, sample."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.background import runs
from config.core.errors import DomainError
from config.core.tabular.csv_writer import CONTENT_TYPE
from processr.lists import exporting, importing, refused
from processr.lists.importing import ValueImportRun
from processr.lists.selectors import SEES_LISTS, imports_for
from processr.models import ValueImport
from processr.views.lists.context import list_context, list_context_of_run, list_to_change, open_list
from processr.views.lists.forms import ImportForm
from processr.views.lists.list_pages import tabs_for


@require_http_methods(["GET", "POST"])
def list_import(request: UserRequest, **where: Any) -> HttpResponse:
    """Start an import. Errors of the file as a whole are shown here; those of single lines are reported by the import."""
    current_list = list_to_change(request, **where)
    form = ImportForm(kind=current_list.kind)
    if request.method == "POST":
        form = ImportForm(request.POST or None, request.FILES or None, kind=current_list.kind)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            run = importing.start_import(
                current_list.target,
                upload.chunks(),
                name=upload.name,
                delimiter=form.cleaned_data["delimiter"],
                password=form.cleaned_data["password"],
                actor=actor_of(request),
                validation_list=current_list.validation_list,
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return redirect("value_import", pk=run.pk)
    context = {"current_list": current_list, "form": form, "tabs": tabs_for(request)}
    return render(request, "processr/lists/import.html", context, status=422 if form.errors else 200)


@require_GET
@role_required(SEES_LISTS)
def import_progress(request: UserRequest, pk: int) -> HttpResponse:
    """Show how far an import is. The page polls this view every second until the import is over."""
    run = _find_import(request, pk)
    context: dict[str, Any] = {
        "run": run,
        "current_list": list_context_of_run(request, run),
        "tabs": tabs_for(request),
        "has_refused_file": run.is_over and refused.is_kept(run),
    }
    return render(request, "processr/lists/_progress.html" if request.htmx else "processr/lists/progress.html", context)


@require_GET
@role_required(SEES_LISTS)
def import_refused(request: UserRequest, pk: int) -> StreamingHttpResponse:
    """Return the refused lines as CSV, to correct and import."""
    run = _find_import(request, pk)
    try:
        pieces = refused.read(run)
    except FileNotFoundError as error:
        raise Http404(refused.GONE) from error
    return StreamingHttpResponse(pieces, content_type=CONTENT_TYPE, headers=_attachment(refused.name_of(run)))


@require_POST
@role_required(SEES_LISTS)
def import_stop(request: UserRequest, pk: int) -> HttpResponse:
    run = _find_import(request, pk)
    if refusal := list_context_of_run(request, run).refusal:
        raise PermissionDenied(refusal)
    try:
        runs.stop(ValueImportRun(run), actor=actor_of(request))
        messages.success(request, "The import stops after its current lines. What was added so far stays.")
    except DomainError as fault:
        messages.error(request, fault.message)
    return redirect("value_import", pk=run.pk)


@require_GET
def list_export(request: UserRequest, **where: Any) -> StreamingHttpResponse:
    current_list = open_list(request, **where)
    lines = exporting.lines(current_list.rows, current_list.kind)
    name = slugify(current_list.title)[:80] or "list"
    return StreamingHttpResponse(lines, content_type=CONTENT_TYPE, headers=_attachment(f"{name}.csv"))


@require_GET
def list_sample(request: UserRequest, **where: Any) -> HttpResponse:
    current_list = list_context(request, **where)
    name = f"sample-{'-'.join(current_list.kind.cells)}.csv"
    return HttpResponse(exporting.sample(current_list.kind), content_type=CONTENT_TYPE, headers=_attachment(name))


def _find_import(request: UserRequest, pk: int) -> ValueImport:
    return get_object_or_404(imports_for(request.user).select_related("list__advertiser", "started_by"), pk=pk)


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
