"""Pending batches: the list, the leads of a job's next file, taking leads out of it, and Batch now."""

from collections.abc import Sequence
from functools import cached_property
from time import monotonic
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from batches import building, services, texts
from batches.models import SentBatch
from batches.pending import file_counts, pending_deliveries
from batches.schedules import CUMULATIVE, describe, is_paused, setting
from batches.selectors import SEES_BATCHES, batch_jobs_for, batches_for
from batches.views.filters import FileLeadFilters, PendingFilters
from batches.views.forms import RemoveForm
from batches.views.reading import FileCells, columns_of, pending_cells
from batches.views.rights import CHANGES_BATCHES, may_change
from batches.views.tables import FORM_ID, PendingLeadsTable, PendingTable
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.ids import ids_in
from config.core.lists.page import ListPage
from integrations.models import Delivery
from processr.models import Job

SECONDS = 20
"""As long as one request takes leads out. What is left then still waits, and the page says so."""


class PendingBatchesList(ListPage):
    request: UserRequest
    roles = SEES_BATCHES
    table_class, filterset_class = PendingTable, PendingFilters
    title, noun, icon = "Pending batches", ("pending batch", "pending batches"), "file-earmark-arrow-up"
    empty_text = "A Batch CSV on a campaign's Processr page gathers its leads here, and sends them in files."
    template_name = "batches/pending_list.html"

    def rows(self) -> QuerySet[Job]:
        return batch_jobs_for(self.request.user)

    def table_options(self) -> dict[str, Any]:
        return {"may_change": may_change(self.request.user)}


class PendingBatchList(ListPage):
    """The leads of the next file, in its own columns."""

    request: UserRequest
    roles = SEES_BATCHES
    table_class, filterset_class = PendingLeadsTable, FileLeadFilters
    noun, icon = ("lead", "leads"), "file-earmark-arrow-up"
    empty_text = "A lead that becomes Valid while the job is switched on waits here for the next file."
    template_name, bar_template = "batches/pending.html", "batches/_choose.html"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Next file of {self.job.label}"

    @cached_property
    def job(self) -> Job:
        return get_object_or_404(batch_jobs_for(self.request.user), pk=self.kwargs["job_id"])

    def rows(self) -> QuerySet[Delivery]:
        return pending_deliveries(self.job)

    def table_options(self) -> dict[str, Any]:
        headers = [column.header for column in columns_of(self.job.config)]
        hidden = () if may_change(self.request.user) else ("tick",)
        return {"headers": headers, "read": self._read, "exclude": hidden}

    def extra_context(self) -> dict[str, Any]:
        if self.request.htmx:
            return {"job": self.job, "form_id": FORM_ID, "may_change": may_change(self.request.user)}
        rows = file_counts([self.job.pk]).get(self.job.pk, 0)
        return {
            "job": self.job,
            "campaign": self.job.campaign,
            "form_id": FORM_ID,
            "may_change": may_change(self.request.user),
            "count": rows,
            "repeated": rows - pending_deliveries(self.job).count() if setting(self.job.config, "file_type") == CUMULATIVE else 0,
            "schedule": describe(self.job, getattr(self.job, "batch_schedule", None)),
            "destination": building.described(self.job.config),
            "refusal": _refusal(self.job),
        }

    def _read(self, rows: list[Delivery]) -> FileCells:
        return pending_cells(self.job, [row.pk for row in rows], self.request.user)


@require_http_methods(["GET", "POST"])
@role_required(CHANGES_BATCHES)
def batch_now(request: UserRequest, job_id: int) -> HttpResponse:
    """Build and send the next file at once, after a page that says how many leads go where."""
    job = get_object_or_404(batch_jobs_for(request.user), pk=job_id)
    if request.method == "GET":
        context = {
            "job": job, "campaign": job.campaign, "count": file_counts([job.pk]).get(job.pk, 0), "refusal": _refusal(job),
            "destination": building.described(job.config), "sends_empty": setting(job.config, "send_empty"),
        }  # fmt: skip
        return render(request, "batches/batch_now.html", context)
    try:
        batch = services.batch_now(job, actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, refusal.message)
        building_one = batches_for(request.user).filter(job=job, phase=SentBatch.FileState.COLLECTING).first()
        return redirect("sent_batch", pk=building_one.pk) if building_one else redirect("pending_batch", job_id=job.pk)
    return redirect("sent_batch", pk=batch.pk)


@require_http_methods(["GET", "POST"])
@role_required(CHANGES_BATCHES)
def remove_leads(request: UserRequest, job_id: int) -> HttpResponse:
    """Take leads out of the next file, after a page that says how many they are and asks for the reason.

    The list sends ticked rows by POST too, without a reason. `all` names all that wait, or that match the filters of the list.
    """
    job = get_object_or_404(batch_jobs_for(request.user), pk=job_id)
    parameters = request.POST if request.method == "POST" else request.GET
    is_all, ids = parameters.get("all") == "1", sorted(ids_in(parameters.getlist("id")))[: services.AT_MOST]
    rows = pending_deliveries(job)
    if is_all:
        filters = FileLeadFilters(QueryDict(parameters.get("query", "")[:2_000]), rows, request=request)
        if filters.problems(besides=("sort", "per_page", "after", "before", "view", "add")):
            messages.error(request, "Nothing was done: part of what was asked for was not understood.")
            return redirect("pending_batch", job_id=job.pk)
        rows = filters.qs
    elif not ids:
        messages.error(request, "Nothing was done: choose at least one lead first.")
        return redirect("pending_batch", job_id=job.pk)
    else:
        rows = rows.filter(lead__in=ids)
    is_sent = request.method == "POST" and "reason" in request.POST
    form = RemoveForm(request.POST if is_sent else None)
    if not is_sent or not form.is_valid():
        fields = [("all", "1"), ("query", parameters.get("query", "")[:2_000])] if is_all else [("id", pk) for pk in ids]
        context = {"job": job, "campaign": job.campaign, "form": form, "fields": fields, "count": rows.order_by().count()}
        return render(request, "batches/remove.html", context, status=422 if is_sent else 200)
    _remove(request, job, rows, () if is_all else ids, form.cleaned_data["reason"])
    return redirect("pending_batch", job_id=job.pk)


def _remove(request: UserRequest, job: Job, rows: QuerySet[Delivery], ids: Sequence[int], reason: str) -> None:
    actor, until, removed, skipped = actor_of(request), monotonic() + SECONDS, 0, 0
    if ids:
        refused = services.remove_leads(job, ids, actor=actor, reason=reason)
        removed, skipped = len(ids) - len(refused), len(refused)
    else:
        last = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
        chosen = rows.filter(pk__lte=last)  # those that come meanwhile were not meant
        while monotonic() < until and (portion := list(chosen.values_list("lead", flat=True)[: services.AT_MOST])):
            taken = len(portion) - len(services.remove_leads(job, portion, actor=actor, reason=reason))
            removed += taken
            if not taken:
                break
        skipped = chosen.order_by().count()
    parts = [f"{removed:,} lead{'' if removed == 1 else 's'} taken out of the file"]
    if skipped:
        parts.append(f"{skipped:,} skipped: {texts.NOT_PENDING}" if ids else f"{skipped:,} still wait: take them out once more")
    messages.add_message(request, messages.SUCCESS if removed else messages.WARNING, f"{'; '.join(parts)}.")


def _refusal(job: Job) -> str:
    return texts.PAUSED if is_paused(job) else building.refusal_to_build(job.config)
