"""Sent batches: the list, one file with its leads and attempts, its bytes, and sending it again, retrying and giving it up."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batches import services, texts
from batches.files.storage import StoredBatch, open_file
from batches.models import BatchAttempt, SentBatch, SentLead
from batches.selectors import SEES_BATCHES, batches_for
from batches.views.filters import FileLeadFilters, SentFilters
from batches.views.forms import GiveUpBatchForm
from batches.views.reading import FileCells, columns_of, sent_cells
from batches.views.rights import CHANGES_BATCHES, may_change
from batches.views.tables import DOWNLOADS, SentLeadsTable, SentTable, phase_badge
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import Actor, actor_of
from config.core.errors import DomainError
from config.core.lists.page import ListPage

FileState = SentBatch.FileState
UNDER_WAY = frozenset({FileState.COLLECTING, FileState.READY, FileState.SENDING})
MOST_ATTEMPTS = 100


class SentBatchesList(ListPage):
    request: UserRequest
    roles = SEES_BATCHES
    table_class, filterset_class = SentTable, SentFilters
    title, noun, icon = "Sent batches", ("sent batch", "sent batches"), "file-earmark-check"
    empty_text = "Each file that is made of leads stays here, with its leads and the answers of the server."
    template_name = "batches/sent_list.html"

    def rows(self) -> QuerySet[SentBatch]:
        return batches_for(self.request.user)

    def table_options(self) -> dict[str, Any]:
        return {"may_change": may_change(self.request.user)}

    def extra_context(self) -> dict[str, Any]:
        return {"downloads": DOWNLOADS}


class SentBatchPage(ListPage):
    """One file: what became of it, and its leads."""

    request: UserRequest
    roles = SEES_BATCHES
    table_class, filterset_class = SentLeadsTable, FileLeadFilters
    noun, icon = ("lead", "leads"), "file-earmark-check"
    empty_text = "This file has no leads."
    template_name, bar_template = "batches/sent.html", "batches/_values.html"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Batch {self.batch.pk}"

    @cached_property
    def batch(self) -> SentBatch:
        return get_object_or_404(batches_for(self.request.user), pk=self.kwargs["pk"])

    def rows(self) -> QuerySet[SentLead]:
        return self.batch.leads.select_related("lead__campaign__advertiser")

    def table_options(self) -> dict[str, Any]:
        headers = self.batch.header or [column.header for column in columns_of(self.batch.settings)]
        return {"headers": headers, "read": self._read}

    def extra_context(self) -> dict[str, Any]:
        context = {"batch": self.batch, "job": self.batch.job}
        return context if self.request.htmx else context | _batch_context(self.request, self.batch)

    def _read(self, rows: list[SentLead]) -> FileCells:
        return sent_cells(self.batch, rows, self.request.user)


@require_GET
@role_required(SEES_BATCHES)
def sent_batch_progress(request: UserRequest, pk: int) -> HttpResponse:
    """Show what became of the file so far. The page polls it until nothing is under way."""
    batch = get_object_or_404(batches_for(request.user), pk=pk)
    return render(request, "batches/_batch.html", _batch_context(request, batch))


@require_POST
@role_required(CHANGES_BATCHES)
def sent_batch_download(request: UserRequest, pk: int) -> HttpResponseBase:
    """Answer with the bytes that were sent, and record that they were taken."""
    batch = get_object_or_404(batches_for(request.user), pk=pk)
    try:
        return file_response(batch, actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("sent_batch", pk=pk)


@require_POST
@role_required(CHANGES_BATCHES)
def sent_batch_resend(request: UserRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(batches_for(request.user), pk=pk)
    try:
        services.resend(batch, actor=actor_of(request))
        messages.success(request, f"{batch.file_name} is sent once more. Its leads stay as they are.")
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return redirect("sent_batch", pk=pk)


@require_POST
@role_required(CHANGES_BATCHES)
def sent_batch_retry(request: UserRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(batches_for(request.user), pk=pk)
    refused = services.retry([batch.pk], actor=actor_of(request))
    if reason := refused.get(batch.pk):
        messages.error(request, reason)
    else:
        messages.success(request, f"{batch.file_name} is sent again as soon as possible.")
    return redirect("sent_batch", pk=pk)


@require_http_methods(["GET", "POST"])
@role_required(CHANGES_BATCHES)
def sent_batch_give_up(request: UserRequest, pk: int) -> HttpResponse:
    """Give the file up, after a page that says how many leads go into the next one and asks for the reason."""
    batch = get_object_or_404(batches_for(request.user), pk=pk)
    form = GiveUpBatchForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        context = {"batch": batch, "form": form}
        return render(request, "batches/give_up.html", context, status=422 if request.method == "POST" else 200)
    refused = services.give_up([batch.pk], actor=actor_of(request), reason=form.cleaned_data["reason"])
    if reason := refused.get(batch.pk):
        messages.error(request, reason)
    else:
        messages.success(request, f"Batch {batch.pk} is given up. Its leads go into the next file.")
    return redirect("sent_batch", pk=pk)


def file_response(batch: SentBatch, *, actor: Actor) -> FileResponse:
    """Return the bytes of the file, unpacked from the storage as they are read. Raise DomainError where there is none."""
    if not batch.storage_key:
        raise DomainError(texts.FILE_GONE if batch.sha256 else "Its file is not built yet.", status=410 if batch.sha256 else 409)
    try:
        plain = open_file(StoredBatch(batch.storage_key, bytes(batch.sealed_key)))
    except OSError as error:
        raise DomainError("The stored file cannot be read.", status=410) from error
    services.record_download(batch, actor=actor)
    response = FileResponse(plain, as_attachment=True, filename=batch.file_name, content_type="application/octet-stream")
    response["Content-Length"] = str(batch.size)
    return response


def _batch_context(request: UserRequest, batch: SentBatch) -> dict[str, Any]:
    attempts = list(batch.tries.select_related("actor").order_by("-pk")[:MOST_ATTEMPTS])
    is_resent = any(attempt.kind == BatchAttempt.Kind.RESEND and attempt.ended_at is None for attempt in attempts)
    return {
        "batch": batch,
        "job": batch.job,
        "campaign": batch.job.campaign,
        "badge": phase_badge(batch),
        "attempts": attempts,
        "polls": batch.phase in UNDER_WAY or is_resent,
        "may_change": may_change(request.user),
        "may_retry": batch.phase in (FileState.NEEDS_PERSON, FileState.READY),
        "is_resent": is_resent,
        "address": reverse("sent_batch_progress", args=[batch.pk]),
    }
