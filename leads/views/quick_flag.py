"""Quick flag: one small form that marks a lead, or a few, as Valid or Invalid, and goes on to the next lead of the list.

It is the same bulk action as every other flag (`leads.bulk`). The revisions that the form has shown travel with it, so
that a lead which somebody else has changed meanwhile is shown again and not overwritten.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.ids import ids_in
from config.core.lists import badges
from leads import bulk, display, privacy
from leads.intake.normalize import FIRST_NAME, LAST_NAME
from leads.models import BulkAction, Lead
from leads.selectors import bulk_actions_for, leads_for
from leads.statuses import Refusal
from leads.views.flag_form import TYPES, FlagForm, FlagMemory
from leads.views.lead_list import LeadsList, list_for, refreshed_rows
from leads.views.selection import QUERY, selection_of

COMPANY = "company"
SHOWN, NEXT, SEPARATOR = "shown", "next", ":"


@dataclass(frozen=True)
class FlaggedLead:
    """A lead in the form, as the user may see it."""

    lead: Lead
    who: Who

    @property
    def shown(self) -> str:
        """The lead with the revision that the form shows."""
        return f"{self.lead.pk}{SEPARATOR}{self.lead.revision}"

    @property
    def values(self) -> dict[str, str]:
        return privacy.values_for(self.who, self.lead)

    @property
    def name(self) -> str:
        values = self.values
        return " ".join(value for name in (FIRST_NAME, LAST_NAME) if (value := values.get(name))) or f"Lead {self.lead.pk}"

    @property
    def company(self) -> str:
        return self.values.get(COMPANY, "")

    @property
    def status(self) -> SafeString:
        return badges.badge(self.lead.current_status, self.lead.get_current_status_display())

    @property
    def reasons(self) -> list[str]:
        return display.reasons_of(self.lead)

    @property
    def flagging(self) -> list[str]:
        """The present flag in words."""
        flagging = display.flagging_for(self.who, self.lead)
        return flagging.in_words(with_comment=privacy.sees_values_of(self.who, self.lead)) if flagging else []


@dataclass(frozen=True)
class FlagResult:
    """The outcome of a form that was sent, in words, and whether leads were changed: by which action, if its user can undo it."""

    text: str
    done: bool = False
    undoes: BulkAction | None = None


class QuickFlag:
    """The form for leads of a list, as a fragment for the dialog or as a page of its own."""

    def __init__(self, request: UserRequest, campaign_id: int | None) -> None:
        self.request, self.campaign_id, self.query = request, campaign_id, request.POST.get(QUERY, "")
        self.page: LeadsList = list_for(request, campaign_id, self.query)
        self.url = next((action.url for action in self.page.selection_actions if action.for_row), "")
        if not self.url:
            raise PermissionDenied
        self.memory = FlagMemory(request.session)

    def leads(self, ids: Iterable[int]) -> list[FlaggedLead]:
        leads = leads_for(self.request.user).filter(pk__in=list(ids)).select_related("campaign__advertiser").order_by("pk")
        leads = leads.filter(campaign=self.page.campaign) if self.page.campaign else leads
        return [FlaggedLead(lead, self.request.user) for lead in leads]

    def form_for(self, leads: list[FlaggedLead], data: Any = None) -> FlagForm:
        campaign_ids = {flagged.lead.campaign_id for flagged in leads}
        # What was delivered is sent again if its integration is ticked (decision 8): then everybody ticks anew.
        is_new = all(flagged.lead.first_delivered_at is None for flagged in leads)
        return FlagForm(data, initial=self.memory.initial(campaign_ids, with_choices=is_new), campaign_ids=campaign_ids)

    def show(
        self,
        leads: list[FlaggedLead],
        form: FlagForm | None = None,
        *,
        result: FlagResult | None = None,
        changed: Collection[int] = (),
        status: int = 200,
    ) -> HttpResponse:
        """Show the form of these leads, or that the walk through the page is over, with the rows that have changed."""
        rows, gone = refreshed_rows(self.page, changed) if changed else ("", [])
        context = {
            "flagged": leads,
            "form": form or (self.form_for(leads) if leads else None),
            "campaigns": sorted({flagged.lead.campaign.name for flagged in leads}),
            "delivered": [flagged for flagged in leads if flagged.lead.first_delivered_at],
            "result": result,
            "rows": rows,
            "gone": gone,
            "url": self.url,
            "query": self.query,
            "list": self.page,
            "list_url": self.list_url,
        }
        template = "leads/_flag_answer.html" if self.request.htmx else "leads/quick_flag.html"
        response = render(self.request, template, context, status=status)
        if self.request.htmx:
            response["X-Sluice-Fragment"] = "1"
        return response

    def refuse(self, text: str) -> HttpResponse:
        """Say why there is no form, where the user is."""
        if self.request.htmx:
            return self.show([], result=FlagResult(text))
        messages.error(self.request, f"Nothing was flagged. {text}")
        return redirect(self.list_url)

    @property
    def list_url(self) -> str:
        path = self.page.request.path
        return f"{path}?{self.page.request.GET.urlencode()}" if self.query else path


@require_POST
@role_required(roles.FLAGS_LEADS)
def leads_flag(request: UserRequest, campaign_id: int | None = None) -> HttpResponse:
    """Show the form for the selected leads. Sent with the leads that it has shown, flag them."""
    quick = QuickFlag(request, campaign_id)
    if SHOWN in request.POST:
        return _save(quick)
    try:
        ids = selection_of(request, quick.page).few_ids()
    except DomainError as refusal:
        return quick.refuse(refusal.message)
    leads = quick.leads(ids)
    return quick.show(leads) if leads else quick.refuse("The lead is no longer there, or no longer yours to see.")


def _save(quick: QuickFlag) -> HttpResponse:
    request, shown = quick.request, _read_shown(quick.request.POST.getlist(SHOWN))
    leads = quick.leads(shown)
    if not leads or len(shown) > bulk.AT_ONCE:
        return quick.refuse("The lead is no longer there, or no longer yours to see.")
    revisions = {flagged.lead.pk: shown[flagged.lead.pk] for flagged in leads}
    form = quick.form_for(leads, request.POST)
    if not form.is_valid():
        return quick.show(leads, form, status=422)
    settings = {**form.settings, "revisions": {str(pk): revision for pk, revision in revisions.items()}}
    action = bulk.run_or_queue(form.bulk_type.key, revisions, actor=actor_of(request), settings=settings)
    skipped = bulk.skipped_leads(action, at_most=bulk.AT_ONCE)
    if len(leads) == 1 and skipped:
        return _show_again(quick, leads[0], next(iter(skipped.values())))
    quick.memory.remember(form)
    text = _result_text(form, leads, action)
    if gone := len(shown) - len(leads):
        text = f"{text} {gone:,} not flagged: no longer there, or no longer yours to see."
    result = FlagResult(text, done=action.done > 0, undoes=_undoable(request.user, action))
    if request.htmx:
        return quick.show(quick.leads(ids_in(request.POST.getlist(NEXT)[:1])), result=result, changed=shown)
    messages.success(request, result.text)
    return redirect(quick.list_url)


def _show_again(quick: QuickFlag, flagged: FlaggedLead, why: str) -> HttpResponse:
    """Show a lead that was left as it is, as it stands now."""
    text = f"{flagged.name} was left as it is: {why}."
    if why == Refusal.CHANGED_SINCE:
        text = f"{flagged.name} has changed since you opened this, and was left as it is. Check it once more."
    leads = quick.leads([flagged.lead.pk])
    return quick.show(leads, result=FlagResult(text), changed=[flagged.lead.pk], status=409)


def _result_text(form: FlagForm, leads: list[FlaggedLead], action: BulkAction) -> str:
    label = form.bulk_type.flag.label
    if len(leads) == 1:
        return f"{leads[0].name} is {label}: {form.summary}."
    text = f"{action.done:,} leads {form.bulk_type.done}: {form.summary}"
    return f"{text}. {_skipped_text(action)}." if action.failed else f"{text}."


def _skipped_text(action: BulkAction) -> str:
    reasons = bulk.skip_reasons(action)
    by_reason = [reason if len(reasons) == 1 else f"{n:,} {reason}" for reason, n in reasons]
    return f"{action.failed:,} skipped: {', '.join(by_reason)}"


def _undoable(who: Who, action: BulkAction) -> BulkAction | None:
    return action if who.role in roles.MANAGES_CAMPAIGNS and not bulk.reason_not_to_undo(action) else None


def _read_shown(texts: list[str]) -> dict[int, int]:
    """Return the revisions by lead. Text that is none of ours is left out."""
    revisions = {}
    for text in texts:
        lead, _, revision = text.partition(SEPARATOR)
        for pk in ids_in([lead]):
            revisions[pk] = next(iter(ids_in([revision])), 0)
    return revisions


@require_POST
@role_required(roles.MANAGES_CAMPAIGNS)
def leads_flag_undo(request: UserRequest, pk: int, campaign_id: int | None = None) -> HttpResponse:
    """Put the leads of a flag back, as far as nothing has changed them since."""
    quick = QuickFlag(request, campaign_id)
    action = get_object_or_404(bulk_actions_for(request.user), pk=pk, type__in=[bulk_type.key for bulk_type in TYPES.values()])
    try:
        undo = bulk.run_if_few(bulk.begin_undo(action, actor=actor_of(request)))
    except DomainError as refusal:
        before = _put_back_before(action)
        return _show_put_back(quick, before, "already") if before else quick.refuse(refusal.message)
    if not undo.is_over:
        return redirect("bulk_action", pk=undo.pk)
    put_back = bulk.moved_leads(undo)
    if not put_back and (before := _put_back_before(action)):  # of two that began at once the second skips all
        return _show_put_back(quick, before, "already")
    return _show_put_back(quick, put_back, skipped=f" {_skipped_text(undo)}." if undo.failed else "")


def _put_back_before(action: BulkAction) -> list[int]:
    """Return the leads of the action that an undo has put back, as of one that is asked for twice."""
    return [pk for undo in action.undone_by.order_by("pk") for pk in bulk.moved_leads(undo)]


def _show_put_back(quick: QuickFlag, put_back: list[int], already: str = "", *, skipped: str = "") -> HttpResponse:
    text = f"{len(put_back):,} lead{'' if len(put_back) == 1 else 's'} put back {already}".rstrip()
    result = FlagResult(f"{text}.{skipped}", done=bool(put_back))
    if quick.request.htmx:
        return quick.show(quick.leads(put_back), result=result, changed=put_back)
    messages.success(quick.request, result.text)
    return redirect(quick.list_url)
