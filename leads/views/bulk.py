"""The pages of bulk actions: the confirmation, the progress and the result."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.background import runs
from config.core.errors import DomainError
from leads import bulk
from leads.bulk import drafts, effects, results
from leads.bulk.actions import Reprocess
from leads.bulk.undo import Undo
from leads.models import BulkAction
from leads.selectors import bulk_actions_for, errored_leads, leads_for
from leads.views.action_leads import LISTED
from leads.views.bulk_result import STATUS_WORDS
from leads.views.history import settings_in_words
from leads.views.lead.walk import LeadWalk
from leads.views.lead_list import get_campaign, list_for
from leads.views.selection import QUERY, LeadSelection, selection_of

SECONDS_SHOWN = 90
POLLED_AT_MOST = 10_000
"""The largest number of reprocessed leads that are counted anew by themselves while some are not judged: it reads them all."""


@require_http_methods(["GET", "POST"])
@role_required(roles.MANAGES_CAMPAIGNS)
def lead_reprocess(request: UserRequest, pk: int) -> HttpResponse:
    lead = get_object_or_404(leads_for(request.user).select_related("campaign"), pk=pk)
    walk = LeadWalk(request, lead)
    if request.method == "GET":
        return render(request, "leads/reprocess.html", {"lead": lead, "campaign": lead.campaign, "count": 1, "walk": walk})
    action = bulk.run_or_queue(Reprocess.key, [lead.pk], actor=actor_of(request))
    if why := bulk.skipped_leads(action, at_most=1).get(lead.pk):
        messages.error(request, f"Lead {lead.pk} was left as it is: {why}.")
    else:
        messages.success(request, f"Lead {lead.pk} is queued for another run. Its status stands until the run is over.")
    return redirect(f"{reverse('lead', args=[lead.pk])}{walk.carried}")


@require_http_methods(["GET", "POST"])
@role_required(roles.MANAGES_CAMPAIGNS)
def errored_leads_reprocess(request: UserRequest, campaign_id: int) -> HttpResponse:
    """Reprocess all leads of one campaign with a job that could not check them."""
    campaign = get_campaign(request, campaign_id)
    errored = errored_leads(request.user, campaign)
    if request.method == "POST":
        try:
            action = bulk.begin_for_query(
                Reprocess.key, errored, actor=actor_of(request), source={"errored leads of campaign": campaign.pk}
            )
        except DomainError as refusal:
            messages.error(request, f"Nothing was queued. {refusal.message}")
            return redirect("campaign_leads", campaign_id=campaign.pk)
        return redirect("bulk_action", pk=action.pk)
    return render(request, "leads/reprocess.html", {"campaign": campaign, "count": errored.count()})


@require_POST
@role_required(roles.MANAGES_CAMPAIGNS)
def leads_reprocess(request: UserRequest, campaign_id: int | None = None) -> HttpResponse:
    """Ask whether to reprocess the selected leads of a list. Confirmed, freeze their ids and do so."""
    page = list_for(request, campaign_id, request.POST.get(QUERY, ""))
    list_url = f"{page.request.path}?{page.request.GET.urlencode()}".rstrip("?")
    try:
        selection = selection_of(request, page)
        if "confirm" not in request.POST:
            context = {"selection": selection, "list_url": list_url, **_preview_of(request, selection)}
            return render(request, "leads/reprocess_selected.html", context)
        action = _begin_reprocess(request, selection)
    except DomainError as refusal:
        messages.error(request, f"Nothing was queued. {refusal.message}")
        return redirect(list_url)
    return redirect("bulk_action", pk=action.pk)


def _preview_of(request: UserRequest, selection: LeadSelection) -> dict[str, Any]:
    """Return what becomes of ticked leads; of all that match it would be as long as the action itself."""
    if selection.all:
        return {}
    preview = bulk.preview(Reprocess.key, selection.ids, actor=actor_of(request))
    return {"preview": preview, "reasons": preview.skipped.most_common(), "lines": preview.lines.most_common()}


def _begin_reprocess(request: UserRequest, selection: LeadSelection) -> BulkAction:
    if selection.all:
        action = bulk.begin_for_query(Reprocess.key, selection.leads, actor=actor_of(request), source=selection.source)
        return bulk.run_if_few(action)
    return bulk.run_or_queue(Reprocess.key, selection.ids, actor=actor_of(request))


@dataclass(frozen=True)
class ActionPace:
    """How fast an action goes, and how long it will still take at that pace."""

    rate: int
    left: str


def pace_of(action: BulkAction) -> ActionPace | None:
    if action.started_at is None or not action.dealt_with:
        return None
    rate = action.dealt_with / max((timezone.now() - action.started_at).total_seconds(), 0.1)
    seconds = ((action.total or 0) - action.dealt_with) / rate
    left = f"{max(round(seconds), 1)} s" if seconds < SECONDS_SHOWN else f"about {round(seconds / 60)} minutes"
    return ActionPace(max(round(rate), 1), left)


@dataclass(frozen=True)
class MatrixCell:
    """A cell of the matrix of statuses before and after."""

    before: str
    after: str
    n: int

    @property
    def before_word(self) -> str:
        return STATUS_WORDS.get(self.before, self.before)

    @property
    def after_word(self) -> str:
        return STATUS_WORDS.get(self.after, self.after)


@require_GET
@role_required(roles.FLAGS_LEADS)
def bulk_action_detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show the progress. The page polls it every second until the action is over."""
    action = get_object_or_404(bulk_actions_for(request.user), pk=pk)
    context: dict[str, Any] = {"run": action, "type": bulk.type_of(action), "pace": pace_of(action)}
    if action.is_over:
        context |= _result_of(request, action)
    if request.htmx:
        return render(request, "leads/_bulk_progress.html", context)
    context |= {
        "chosen": settings_in_words(action, request.user),
        "sources": action.selection_source.get("sources", {}).items(),
        "omitted": action.omitted.count() if action.started_by_id == request.user.pk else 0,
        "undone_by": action.undone_by.exclude(state=BulkAction.State.DRAFT).order_by("saved_at", "pk"),
    }
    return render(request, "leads/bulk_action.html", context)


def _result_of(request: UserRequest, action: BulkAction) -> dict[str, Any]:
    may_undo = not Undo.refusal_for(request.user)
    matrix = [MatrixCell(*cell) for cell in results.status_matrix(action)] if action.type == Reprocess.key else []
    why_not = bulk.reason_not_to_undo(action)
    return {
        "skipped": bulk.skipped_leads(action, at_most=LISTED),
        "reasons": bulk.skip_reasons(action),
        "matrix": matrix,
        "remarks": effects.remarks(action, request.user),
        "not_judged": sum(cell.n for cell in matrix if cell.after == results.NOT_JUDGED),
        "polls": (action.total or 0) <= POLLED_AT_MOST,
        "unreached": (action.total or 0) - action.dealt_with,
        "may_go_on": not drafts.reason_not_to_go_on(action, request.user),
        "undo_open": may_undo and not why_not,
        "why_no_undo": why_not if may_undo and action.done else "",
    }


@require_POST
@role_required(roles.FLAGS_LEADS)
def bulk_action_stop(request: UserRequest, pk: int) -> HttpResponse:
    action = get_object_or_404(bulk_actions_for(request.user), pk=pk)
    try:
        runs.stop(bulk.BulkActionRun(action), actor=actor_of(request))  # the progress says how far it is
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return redirect("bulk_action", pk=action.pk)
