"""Files imported into lists and exported from them: upload, progress, export, sample."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.core.accounts.permissions import role_required
from config.core.actor import of
from config.core.errors import DomainError
from processr.lists import exporting, importing
from processr.lists.selectors import SEES_LISTS, UNDER_WAY, imports_for
from processr.models import ValueImport
from processr.views.lists.context import ListContext, list_context, list_context_of_run, open_list
from processr.views.lists.forms import ImportForm
from processr.views.lists.list_pages import tabs_for

CSV = "text/csv; charset=utf-8"


@require_http_methods(["GET", "POST"])
def import_file(request: HttpRequest, **where: Any) -> HttpResponse:
    """Start an import. Errors of the file as a whole are shown here; those of single lines are reported by the import."""
    shelf = open_list(request, **where)
    form = (
        ImportForm(request.POST or None, request.FILES or None, kind=shelf.kind)
        if request.method == "POST"
        else ImportForm(kind=shelf.kind)
    )
    if request.method == "POST" and form.is_valid():
        try:
            run = _begun(request, shelf, form)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return redirect("value_import", pk=run.pk)
    context = {"shelf": shelf, "form": form, "tabs": tabs_for(request)}
    return render(request, "processr/lists/import.html", context, status=422 if form.errors else 200)


@require_GET
@role_required(SEES_LISTS)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far an import is. The page polls this view every second until the import is over."""
    run = _seen(request, pk)
    context: dict[str, Any] = {
        "run": run,
        "over": run.state not in UNDER_WAY,
        "shelf": list_context_of_run(request, run),
        "tabs": tabs_for(request),
    }
    return render(request, "processr/lists/_progress.html" if request.htmx else "processr/lists/progress.html", context)


@require_POST
@role_required(SEES_LISTS)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    run = _seen(request, pk)
    importing.stop(run, actor=of(request))
    messages.success(request, "The import stops after the lines it is at. What was added so far stays.")
    return redirect("value_import", pk=run.pk)


@require_GET
def export(request: HttpRequest, **where: Any) -> HttpResponse:
    shelf = open_list(request, **where)
    return StreamingHttpResponse(
        exporting.lines(shelf.rows, shelf.kind), content_type=CSV, headers=_as_file(f"{slugify(shelf.title)[:80] or 'list'}.csv")
    )


@require_GET
def sample(request: HttpRequest, **where: Any) -> HttpResponse:
    shelf = list_context(request, **where)
    return HttpResponse(exporting.sample(shelf.kind), content_type=CSV, headers=_as_file(f"sample-{'-'.join(shelf.kind.cells)}.csv"))


def _begun(request: HttpRequest, shelf: ListContext, form: ImportForm) -> ValueImport:
    upload = form.cleaned_data["file"]
    return importing.start_import(
        shelf.place, upload.chunks(), name=upload.name, delimiter=form.cleaned_data["delimiter"], actor=of(request), listed=shelf.listed
    )


def _seen(request: HttpRequest, pk: int) -> ValueImport:
    return get_object_or_404(imports_for(request.user).select_related("list__advertiser", "started_by"), pk=pk)


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
