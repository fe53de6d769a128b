"""The page of a lead, as far as the user may see it, with one of its tabs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from leads import display, privacy
from leads.extension_points import LeadTab, lead_tabs
from leads.intake.normalize import FIRST_NAME, LAST_NAME
from leads.models import Lead
from leads.privacy import tabs
from leads.selectors import billable_column, leads_for
from leads.shown_status import shown_status
from leads.views.timeline import TimelinePage, timeline_page


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
        return privacy.values_for(self.who, self.lead)

    @property
    def name(self) -> str:
        return " ".join(value for name in (FIRST_NAME, LAST_NAME) if (value := self.values.get(name)))

    @property
    def captured(self) -> list[ShownValue]:
        """The form's fields in their order, blank ones included, followed by other captured values."""
        captured = privacy.shown_values(self.who, self.lead, self.lead.captured)
        fields = {field.name: field.label for field in self.lead.form.fields.all()} if self.lead.form else {}
        labels = {**fields, **{name: name for name in captured if name not in fields}}
        return [ShownValue(label, name, captured.get(name, "")) for name, label in labels.items()]

    @property
    def sections(self) -> list[tuple[str, list[ShownValue]]]:
        """The transformed and enriched values, without empty sections."""
        if not privacy.sees_results(self.who):
            return []
        sections = []
        for title, values in (("Value transforms", self.lead.transformed), ("Enrichment", self.lead.enriched)):
            if values:
                shown = privacy.shown_values(self.who, self.lead, values)
                sections.append((title, [ShownValue(name, name, value) for name, value in shown.items()]))
        return sections

    @property
    def current(self) -> SafeString:
        return display.current_badge(self.who, self.lead)

    @property
    def qa(self) -> SafeString | str:
        return display.qa_badge(self.lead)

    @property
    def second_check(self) -> SafeString | str:
        return display.second_check_badge(self.who, self.lead)

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

    @property
    def flag_manage_url(self) -> str:
        """The URL that begins the wizard with this lead; of its campaign for the call centre. Empty for roles that do not flag leads."""
        if self.who.role in roles.MANAGES_CAMPAIGNS:
            return reverse("flag_manage")
        return reverse("campaign_flag_manage", args=[self.lead.campaign_id]) if self.who.role in roles.FLAGS_LEADS else ""

    @cached_property
    def timeline(self) -> TimelinePage:
        return timeline_page(self.who, self.lead, {})


class LeadTabs:
    """The tabs that are open to the user's role, of which one is shown: the one with the key, else the first."""

    def __init__(self, lead: Lead, who: Who, query: QueryDict, key: str = "") -> None:
        self.lead, self.who, self.query, self.key = lead, who, query, key

    @cached_property
    def all(self) -> list[LeadTab]:
        open_keys = (key for key in tabs.TABS if tabs.is_open_to(self.who, key))
        return [tab() for key in open_keys if (tab := lead_tabs.get(key))]

    @cached_property
    def shown(self) -> LeadTab | None:
        return next((tab for tab in self.all if self.key in ("", tab.key)), None)

    @cached_property
    def context(self) -> dict[str, Any]:
        return self.shown.context(self.who, self.lead, self.query) if self.shown else {}


@require_GET
@role_required(roles.SEES_LEADS)
def lead_detail(request: UserRequest, pk: int) -> HttpResponse:
    return _render_page(request, pk)


@require_GET
@role_required(roles.SEES_LEADS)
def lead_tab(request: UserRequest, pk: int, key: str) -> HttpResponse:
    """Answer the tab alone to an htmx request, and else the page of the lead with this tab."""
    tab = lead_tabs.get(key)
    if tab is None:
        raise Http404
    if not tabs.is_open_to(request.user, key):
        raise PermissionDenied
    if not request.htmx:
        return _render_page(request, pk, key)
    lead = get_object_or_404(leads_for(request.user).select_related("campaign"), pk=pk)
    response = render(request, "leads/_tab.html", {"lead": lead, "tabs": LeadTabs(lead, request.user, request.GET, key)})
    patch_vary_headers(response, ["HX-Request"])
    return response


def _render_page(request: UserRequest, pk: int, key: str = "") -> HttpResponse:
    leads = leads_for(request.user).select_related("campaign__advertiser", "publisher", "form", "link")
    lead = get_object_or_404(leads, pk=pk)
    context = {"lead": lead, "detail": LeadDetail(lead, request.user), "tabs": LeadTabs(lead, request.user, request.GET, key)}
    response = render(request, "leads/lead.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response
