"""The page of a destination's sending rules, with its signing secret and its state, and the resending of what failed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from campaigns.models import Campaign
from config.core import enterprise
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from integrations import actions
from integrations.base import Integration
from integrations.destinations import services
from integrations.destinations.hours import describe
from integrations.destinations.selectors import (
    DestinationOwner,
    cap_uses,
    destination_of,
    local_now,
    waiting_for,
)
from integrations.destinations.services import SendingRules
from integrations.models import Destination
from integrations.models.destination import WaitReason
from integrations.outbound_events.selectors import events_for
from integrations.views.sending_forms import RotationForm, SendingRulesForm, SinceForm
from leads.privacy import ASKED_MASKED, sees_personal_data
from processr import permissions
from processr.job_types.registry import job_types
from processr.models import Job
from processr.permissions import open_to_configurers
from processr.services.locking import LOCKED, TEMPLATE, outgoing_refusal

WAITS = {
    WaitReason.UNREACHABLE: ("caution", "Resting", "It does not answer. What waits for it is kept."),
    WaitReason.RATE: ("held", "Waiting", "The limit a minute is reached."),
    WaitReason.HOURS: ("held", "Waiting", "It is outside the delivery hours."),
    WaitReason.CAP: ("held", "Waiting", "A cap is reached."),
}


@dataclass(frozen=True)
class SendingPage:
    """The subject of the page: an integration, or an outbound event, of a campaign."""

    campaign: Campaign
    owner: DestinationOwner
    signs: bool
    read_only: str = ""
    """Why the user may not change the rules; empty if they may."""

    @classmethod
    def of_integration(cls, request: UserRequest, campaign_id: int, job_id: int) -> "SendingPage":
        campaign = permissions.campaign_seen_by(request.user, campaign_id)
        job = permissions.job_seen_by(request.user, campaign, job_id)
        job_type = job_types.get(job.type)
        if job_type is None or not issubclass(job_type, Integration) or not job_type.sends:
            raise Http404
        read_only = ""
        if not permissions.may_configure_type(request.user, job_type):
            read_only = outgoing_refusal(job_type)
        elif not permissions.may_configure(request.user, campaign):
            read_only = TEMPLATE
        elif not permissions.may_change(request.user, job):
            read_only = LOCKED
        return cls(campaign, job, job_type.signs, read_only)

    @classmethod
    def of_event(cls, request: UserRequest, campaign_id: int, event_id: int) -> "SendingPage":
        campaign = permissions.campaign_seen_by(request.user, campaign_id)
        event = get_object_or_404(events_for(request.user), campaign=campaign, pk=event_id)
        read_only = ""
        if not sees_personal_data(request.user):
            read_only = ASKED_MASKED
        elif not permissions.may_configure(request.user, campaign):
            read_only = TEMPLATE
        return cls(campaign, event, signs=True, read_only=read_only)

    @property
    def is_integration(self) -> bool:
        return isinstance(self.owner, Job)

    @property
    def may_change(self) -> bool:
        return not self.read_only

    @property
    def noun(self) -> str:
        return "deliveries" if self.is_integration else "messages"

    @property
    def url(self) -> str:
        return reverse("integration_sending" if self.is_integration else "event_sending", args=[self.campaign.pk, self.owner.pk])

    @property
    def resend_url(self) -> str:
        return reverse("integration_resend" if self.is_integration else "event_resend", args=[self.campaign.pk, self.owner.pk])

    @cached_property
    def destination(self) -> Destination:
        return destination_of(self.owner)

    @property
    def state(self) -> tuple[str, str, str]:
        """The state as a badge (its kind and its word), and a sentence about it."""
        destination = self.destination
        if not self.owner.enabled:
            return "not_billable", "Switched off", "What waits stays until it is switched on."
        if self.campaign.paused_at and self.campaign.pause_integrations:
            return "held", "Paused", "The campaign is paused with its integrations: what waits stays until it is resumed."
        if destination.is_waiting:
            return WAITS[WaitReason(destination.waits_for)]
        if destination.failing_since:
            return "caution", "Failing", "It is tried with one call at a time until it answers."
        return "delivered", "Served", "What is due is sent."

    @property
    def rests(self) -> bool:
        return self.destination.waits_for == WaitReason.UNREACHABLE

    @property
    def serves_again_at(self) -> Any:
        return self.destination.waits_until if self.destination.is_waiting else None

    @property
    def hours(self) -> str:
        return describe(self.destination.hours)


@dataclass
class SendingForms:
    """The forms of the page as they are shown: those that were not sent are as they are stored."""

    rules: SendingRulesForm
    rotation: RotationForm = field(default_factory=RotationForm)
    secret: str = ""
    """A new secret, shown this one time."""


@require_http_methods(["GET", "POST"])
@open_to_configurers
@never_cache
def integration_sending(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    return _answer(request, SendingPage.of_integration(request, pk, job_id))


@require_http_methods(["GET", "POST"])
@open_to_configurers
@never_cache
def event_sending(request: UserRequest, pk: int, event_id: int) -> HttpResponse:
    return _answer(request, SendingPage.of_event(request, pk, event_id))


@require_http_methods(["GET", "POST"])
@open_to_configurers
def integration_resend(request: UserRequest, pk: int, job_id: int) -> HttpResponse:
    return _resend(request, SendingPage.of_integration(request, pk, job_id))


@require_http_methods(["GET", "POST"])
@open_to_configurers
def event_resend(request: UserRequest, pk: int, event_id: int) -> HttpResponse:
    return _resend(request, SendingPage.of_event(request, pk, event_id))


def _answer(request: UserRequest, page: SendingPage) -> HttpResponse:
    if request.method == "GET":
        return _show(request, page)
    act = request.POST.get("act", "save")
    if act == "try":
        return _try_now(request, page)
    if not page.may_change:
        raise PermissionDenied(page.read_only)
    action = _CHANGES.get(act)
    if action is None or (act != "save" and not page.signs):
        raise Http404
    try:
        return action(request, page)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect(page.url)


def _save(request: UserRequest, page: SendingPage) -> HttpResponse:
    form = SendingRulesForm(request.POST, rules=SendingRules.of(page.destination))
    if not form.is_valid():
        return _show(request, page, SendingForms(form), status=422)
    services.save_rules(page.owner, form.rules, actor=actor_of(request))
    messages.success(request, "The sending rules are saved. What is sent from now on follows them.")
    return redirect(page.url)


def _make_secret(request: UserRequest, page: SendingPage) -> HttpResponse:
    secret = services.make_secret(page.owner, actor=actor_of(request), seen=request.POST.get("seen", ""))
    return _show_secret(request, page, secret)


def _rotate(request: UserRequest, page: SendingPage) -> HttpResponse:
    form = RotationForm(request.POST)
    if not form.is_valid():
        return _show(request, page, SendingForms(SendingRulesForm(rules=SendingRules.of(page.destination)), form), status=422)
    secret = services.rotate_secret(page.owner, actor=actor_of(request), seen=request.POST.get("seen", ""), overlap=form.chosen)
    return _show_secret(request, page, secret)


def _end_previous(request: UserRequest, page: SendingPage) -> HttpResponse:
    services.end_previous_secret(page.owner, actor=actor_of(request))
    messages.success(request, "The old secret has ended: calls are signed with the new one alone.")
    return redirect(page.url)


def _stop_signing(request: UserRequest, page: SendingPage) -> HttpResponse:
    services.stop_signing(page.owner, actor=actor_of(request))
    messages.success(request, "Calls are no longer signed.")
    return redirect(page.url)


_CHANGES: dict[str, Callable[[UserRequest, SendingPage], HttpResponse]] = {
    "save": _save,
    "make": _make_secret,
    "rotate": _rotate,
    "end": _end_previous,
    "stop": _stop_signing,
}


def _try_now(request: UserRequest, page: SendingPage) -> HttpResponse:
    if services.try_now(page.owner, actor=actor_of(request)):
        messages.success(request, "It is tried now, with one call at a time until it answers.")
    else:
        messages.info(request, "It does not rest: what is due is tried already.")
    return redirect(page.url)


def _show_secret(request: UserRequest, page: SendingPage, secret: str) -> HttpResponse:
    fresh = SendingPage(page.campaign, page.owner, page.signs, page.read_only)
    return _show(request, fresh, SendingForms(SendingRulesForm(rules=SendingRules.of(fresh.destination)), secret=secret))


def _show(request: UserRequest, page: SendingPage, forms: SendingForms | None = None, *, status: int = 200) -> HttpResponse:
    destination = page.destination
    previous = destination.previous_secret_until if destination.previous_secret else None
    context = {
        "page": page,
        "campaign": page.campaign,
        "owner": page.owner,
        "destination": destination,
        "forms": forms or SendingForms(SendingRulesForm(rules=SendingRules.of(destination))),
        "waiting": waiting_for(page.owner),
        "uses": [use for use in cap_uses(destination, local_now().date()) if use.cap],
        "is_signed": bool(destination.signing_secret),
        "previous_until": previous if previous and previous > timezone.now() else None,
        "seen": services.secrets_seen(destination),
        "zone": enterprise.current().zone,
    }
    return render(request, "integrations/sending.html", context, status=status)


def _resend(request: UserRequest, page: SendingPage) -> HttpResponse:
    """Show how many would be sent again, and begin the run that sends them."""
    begun = page.destination.failing_since or timezone.now() - services.USUAL_RESEND
    given = request.POST if request.method == "POST" else request.GET
    form = SinceForm(given if "since" in given else {"since": f"{timezone.localtime(begun):%Y-%m-%dT%H:%M}"})
    if not form.is_valid():
        return _show_resend(request, page, form, status=422 if request.method == "POST" else 200)
    since = form.cleaned_data["since"]
    if request.method == "GET":
        return _show_resend(request, page, form, counts=actions.resend_counts(page.owner, since), since=since)
    try:
        action = actions.begin_resend(page.owner, since, actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect(page.url)
    return redirect("delivery_action", pk=action.pk)


def _show_resend(request: UserRequest, page: SendingPage, form: SinceForm, *, status: int = 200, **context: Any) -> HttpResponse:
    context |= {"page": page, "campaign": page.campaign, "owner": page.owner, "form": form}
    return render(request, "integrations/resend.html", context, status=status)
