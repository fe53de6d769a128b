"""The page of a lead, as far as the user may see it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from leads import display, privacy
from leads.extension_points import lead_tabs
from leads.intake.normalize import FIRST_NAME, LAST_NAME
from leads.models import Lead, LeadNote
from leads.selectors import billable_column, leads_for
from leads.shown_status import shown_status
from leads.views.timeline import TimelineEntry, timeline

NOTES_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class ShownValue:
    label: str
    field: str
    value: str


class LeadDetail:
    """The content of the page, loaded lazily. The view has checked that `who` may see the lead."""

    def __init__(self, lead: Lead, who: Who) -> None:
        self.lead, self.who = lead, who
        self.unmasked = privacy.sees_values_of(who, lead)

    @cached_property
    def values(self) -> dict[str, str]:
        return display.values_of(self.who, self.lead)

    @property
    def name(self) -> str:
        return " ".join(value for name in (FIRST_NAME, LAST_NAME) if (value := self.values.get(name)))

    @property
    def captured(self) -> list[ShownValue]:
        """The form's fields in their order, blank ones included, followed by other captured values."""
        captured = self._visible(self.lead.captured)
        fields = {field.name: field.label for field in self.lead.form.fields.all()} if self.lead.form else {}
        labels = {**fields, **{name: name for name in captured if name not in fields}}
        return [ShownValue(label, name, captured.get(name, "")) for name, label in labels.items()]

    @property
    def sections(self) -> list[tuple[str, list[ShownValue]]]:
        """The transformed and enriched values, without empty sections."""
        sections = []
        for title, values in (("Value transforms", self.lead.transformed), ("Enrichment", self.lead.enriched)):
            if values:
                sections.append((title, [ShownValue(name, name, value) for name, value in self._visible(values).items()]))
        return sections

    def _visible(self, values: dict[str, Any]) -> dict[str, str]:
        if self.unmasked:
            return {name: str(value) for name, value in values.items()}
        return privacy.mask(values, except_for=display.shown_fields(self.who, self.lead))

    @cached_property
    def _flagging(self) -> display.Flagging | None:
        return display.flaggings([self.lead]).get(self.lead.pk)

    @property
    def current(self) -> SafeString:
        return display.current_badge(self.who, self.lead, self._flagging)

    @property
    def qa(self) -> SafeString | str:
        return display.qa_badge(self.lead)

    @property
    def second_check(self) -> SafeString | str:
        return display.second_check_badge(self.who, self.lead, self._flagging)

    @property
    def processr(self) -> SafeString:
        return display.processr_badge(shown_status(self.lead))

    @property
    def delivery(self) -> SafeString:
        return display.delivery_badge(self.lead)

    @property
    def billable(self) -> list[tuple[str, SafeString]]:
        """The billable flags: both sides for roles that manage campaigns, their own side for the parties."""
        sides = {"advertiser_billable": "Billable to advertiser", "publisher_billable": "Billable to lead generator"}
        if self.who.role not in roles.MANAGES_CAMPAIGNS:
            sides = {billable_column(self.who): "Billable"}
        return [(label, display.billable_badge(getattr(self.lead, column))) for column, label in sides.items()]

    @property
    def lead_hash(self) -> str:
        return self.lead.lead_hash if privacy.sees_capabilities(self.who) else ""

    @property
    def may_reprocess(self) -> bool:
        return self.who.role in roles.MANAGES_CAMPAIGNS

    @cached_property
    def _notes(self) -> list[LeadNote]:
        return list(LeadNote.objects.filter(lead_id=self.lead.pk).order_by("-pk")[: NOTES_AT_MOST + 1])

    @property
    def notes(self) -> list[TimelineEntry]:
        return timeline(self._notes[:NOTES_AT_MOST], self.lead, self.who)

    @property
    def has_older_notes(self) -> bool:
        return len(self._notes) > NOTES_AT_MOST

    @cached_property
    def tabs(self) -> list[dict[str, Any]]:
        """The sections of upper apps that are open to the user's role."""
        tabs = sorted((tab() for tab in lead_tabs if self.who.role in tab.roles), key=lambda tab: tab.order)
        return [{"key": tab.key, "label": tab.label, "template": tab.template, "context": tab.context(self.who, self.lead)} for tab in tabs]


@require_GET
@role_required(roles.SEES_LEADS)
def lead_detail(request: UserRequest, pk: int) -> HttpResponse:
    leads = leads_for(request.user).select_related("campaign__advertiser", "publisher", "form", "link")
    lead = get_object_or_404(leads, pk=pk)
    return render(request, "leads/lead.html", {"lead": lead, "detail": LeadDetail(lead, request.user)})
