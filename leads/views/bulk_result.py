"""The leads of a bulk action by what became of them, its file of skipped leads, and its undo."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.tabular.csv_writer import csv_download
from leads import bulk
from leads.bulk import drafts, forecast, results
from leads.models import BulkAction
from leads.selectors import bulk_actions_for
from leads.statuses import CurrentStatus
from leads.views.action_leads import LISTED, rows_of

SKIPPED, CHANGED, UNREACHED = "skipped", "changed", "unreached"
STATUS_WORDS = {**dict(CurrentStatus.choices), results.NOT_JUDGED: "not judged yet"}


@require_GET
@role_required(roles.FLAGS_LEADS)
def bulk_action_leads(request: UserRequest, pk: int) -> HttpResponse:
    """List the leads that were skipped, for a reason or for any, those that were changed, or those of a cell of the matrix."""
    action = get_object_or_404(bulk_actions_for(request.user), pk=pk)
    outcome, reason = request.GET.get("outcome", ""), request.GET.get("reason", "")
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    context: dict[str, Any]
    if outcome == SKIPPED:
        skipped = dict(islice(results.skipped(action, reason), LISTED))
        context = {"heading": f"Skipped: {reason}" if reason else "Skipped", "rows": rows_of(request.user, list(skipped), skipped)}
    elif outcome == CHANGED:
        context = {"heading": "Changed", "rows": rows_of(request.user, results.first(results.moved(action), LISTED))}
    elif outcome == UNREACHED and action.is_over:
        context = {"heading": "Not reached", "rows": rows_of(request.user, results.first(results.unreached(action), LISTED))}
    elif before in STATUS_WORDS and after in STATUS_WORDS:
        ids = results.leads_of_cell(action, before, after, at_most=LISTED)
        context = {"heading": f"{STATUS_WORDS[before]} before, {STATUS_WORDS[after]} now", "rows": rows_of(request.user, ids)}
    else:
        raise Http404
    context |= {"run": action, "type": bulk.type_of(action), "listed": LISTED}
    context |= {"with_reason": outcome == SKIPPED, "is_unreached": outcome == UNREACHED}
    return render(request, "leads/bulk_leads.html", context)


@require_GET
@role_required(roles.FLAGS_LEADS)
def bulk_action_skipped(request: UserRequest, pk: int) -> StreamingHttpResponse:
    """Download the leads that were skipped, with what they are now where the user sees them."""
    action = get_object_or_404(bulk_actions_for(request.user), pk=pk)
    return csv_download(f"skipped-{action.pk}.csv", _rows(action))


@require_GET
@role_required(roles.FLAGS_LEADS)
def bulk_action_unreached(request: UserRequest, pk: int) -> StreamingHttpResponse:
    """Download the leads that the action has not come to: of a stopped one, those that it left as they were."""
    action = get_object_or_404(bulk_actions_for(request.user), pk=pk)
    return csv_download(f"not-reached-{action.pk}.csv", chain([["Lead ID"]], ([str(pk)] for pk in results.unreached(action))))


@require_POST
@role_required(roles.FLAGS_LEADS)
def bulk_action_rest(request: UserRequest, pk: int) -> HttpResponse:
    """Begin the same action with the leads that this one did not come to, and show its preview."""
    action = get_object_or_404(bulk_actions_for(request.user), pk=pk)
    try:
        rest = drafts.draft_rest(action, request.user, actor=actor_of(request))
        forecast.make_forecast(rest)
    except DomainError as refusal:
        messages.error(request, f"Nothing was begun. {refusal.message}")
        return redirect("bulk_action", pk=action.pk)
    return redirect("flag_manage_preview", pk=rest.pk)


def _rows(action: BulkAction) -> Iterator[list[str]]:
    yield ["Lead ID", "Why"]
    yield from ([str(pk), why] for pk, why in results.skipped(action))
    if action.error:
        yield ["", action.error]


@require_POST
@role_required(roles.MANAGES_CAMPAIGNS)
def bulk_action_undo(request: UserRequest, pk: int) -> HttpResponse:
    """Prepare the undo of an action, and show what it would put back."""
    action = get_object_or_404(bulk_actions_for(request.user), pk=pk)
    try:
        undo = bulk.draft_undo(action, actor=actor_of(request))
        forecast.make_forecast(undo)
    except DomainError as refusal:
        messages.error(request, f"Nothing was put back. {refusal.message}")
        return redirect("bulk_action", pk=action.pk)
    return redirect("flag_manage_preview", pk=undo.pk)
