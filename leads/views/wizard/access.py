"""The draft behind the pages of the wizard, and what each of them shows of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.errors import DomainError
from config.core.models import Run, User
from leads.bulk import offers
from leads.bulk.drafts import chosen_leads
from leads.bulk.undo import Undo
from leads.models import BulkAction
from leads.selectors import drafts_for

LEADS, TYPE, PROCESSING, PREVIEW = "flag_manage_leads", "flag_manage_type", "flag_manage_processing", "flag_manage_preview"
STEPS = ((LEADS, "Leads"), (TYPE, "Type"), (PROCESSING, "Processing"))
TO = "to"
"""Names the step that a button of a form leads to."""
CHOICE = "choice"
"""The key in the answers under which the choice of the step Type stands."""
ASKS_ABOVE = 100
"""Chosen leads that are discarded without a question."""


@dataclass(frozen=True)
class WizardStep:
    """A step in the stepper. It is open once the steps before it are answered."""

    name: str
    label: str
    url: str
    is_current: bool
    is_open: bool


@dataclass(frozen=True)
class Wizard:
    """A draft, as its owner sees it."""

    draft: BulkAction
    user: User

    @property
    def choice(self) -> str:
        choice = self.draft.answers.get(CHOICE, "")
        return choice if offers.types_of(choice) else ""

    @property
    def choice_label(self) -> str:
        return offers.label_of(self.choice) if self.choice else ""

    @property
    def is_undo(self) -> bool:
        return self.draft.type == Undo.key

    @property
    def total(self) -> int:
        return self.draft.total or 0

    @property
    def asks_before_discard(self) -> bool:
        return self.total > ASKS_ABOVE

    @property
    def begin_url(self) -> str:
        """The page on which the draft is listed."""
        campaign = self.draft.campaign_id
        return reverse("campaign_flag_manage", args=[campaign]) if campaign else reverse("flag_manage")

    @property
    def reached(self) -> int:
        """The number of steps that are open."""
        return 1 + (self.total > 0) + (self.total > 0 and bool(self.choice))

    def steps(self, current: str) -> list[WizardStep]:
        return [
            WizardStep(name, label, reverse(name, args=[self.draft.pk]), name == current, place < self.reached)
            for place, (name, label) in enumerate(STEPS)
        ]

    @property
    def next_step(self) -> str:
        """The name of the page on which the draft goes on."""
        if self.is_undo or self.draft.type:
            return PREVIEW
        return STEPS[self.reached - 1][0]

    @cached_property
    def campaigns(self) -> list[tuple[int, str, int]]:
        """The campaigns of the chosen leads, with the number of them, the most first."""
        leads = chosen_leads(self.draft, self.user).order_by()
        return list(leads.values_list("campaign", "campaign__name").annotate(n=Count("pk")).order_by("-n", "campaign__name"))

    @property
    def sources(self) -> list[tuple[str, int]]:
        return list(self.draft.selection_source.get("sources", {}).items())

    @property
    def list_url(self) -> str:
        campaign = self.draft.campaign_id
        return reverse("campaign_leads", args=[campaign]) if campaign else reverse("leads")


WizardView = Callable[..., HttpResponseBase]


def of_own_draft(view: WizardView) -> WizardView:
    """Open a page of the wizard for the owner of the draft alone. One that was started since leads to its progress."""

    @wraps(view)
    @role_required(roles.FLAGS_LEADS)
    def guarded(request: UserRequest, pk: int) -> HttpResponseBase:
        draft = get_object_or_404(drafts_for(request.user), pk=pk)
        if draft.state != Run.State.DRAFT:
            return redirect("bulk_action", pk=draft.pk)
        if draft.campaign_id is None and request.user.role not in roles.MANAGES_CAMPAIGNS:
            raise PermissionDenied
        wizard = Wizard(draft, request.user)
        try:
            return view(request, wizard)
        except DomainError as refusal:  # it was started, changed or discarded in another tab meanwhile
            messages.error(request, refusal.message)
            still_there = drafts_for(request.user).filter(pk=pk).exists()
            return redirect("flag_manage_draft", pk=pk) if still_there else redirect(wizard.begin_url)

    return guarded


def show_step(request: UserRequest, wizard: Wizard, name: str, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a page of the wizard, or lead to the step that has to be answered first."""
    names = [step for step, _ in STEPS]
    if wizard.is_undo and name in names:
        return redirect(PREVIEW, pk=wizard.draft.pk)
    if name in names and names.index(name) >= wizard.reached:
        return redirect(names[wizard.reached - 1], pk=wizard.draft.pk)
    return render(request, template, {"wizard": wizard, "steps": wizard.steps(name), "run": wizard.draft, **context}, status=status)
