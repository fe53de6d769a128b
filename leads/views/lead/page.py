"""The page of a lead, as far as the user may see it: its profile, one of its tabs, and the way to the next lead of the list.

A list loads the same page, without its frame, into a sheet over itself.
"""

from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from leads.extension_points import LeadTab, lead_tabs
from leads.models import Lead
from leads.privacy import tabs, views
from leads.selectors import leads_for
from leads.views.lead import profile_tab  # noqa: F401  (registers itself)
from leads.views.lead.profile import LeadProfile
from leads.views.lead.walk import LeadWalk

PARTS = frozenset({"lead", "lead-profile"})
"""The ids of the elements that htmx fills from the lead as a whole, not from the tab alone."""


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

    @property
    def can_edit(self) -> bool:
        return any(tab.key == "edit_data" for tab in self.all)


class LeadActions:
    """The actions on the lead that are open to the user. URLs are empty for those that are not."""

    def __init__(self, lead: Lead, who: Who, walk: LeadWalk) -> None:
        self.lead, self.who, self.walk = lead, who, walk

    @property
    def manages(self) -> bool:
        return self.who.role in roles.MANAGES_CAMPAIGNS

    @property
    def flag_manage_url(self) -> str:
        """The URL that begins the wizard with this lead; of its campaign for the call centre."""
        return self._of_list_or_campaign("flag_manage")

    @property
    def flag_url(self) -> str:
        """The URL of the quick flag, of the list that is open behind the lead if there is one."""
        page = self.walk.page
        if page and (url := next((action.url for action in page.selection_actions if action.for_row), "")):
            return url
        return self._of_list_or_campaign("leads_flag")

    @property
    def flag_query(self) -> str:
        """The query of the list whose rows the quick flag answers with."""
        return self.walk.page.request.GET.urlencode() if self.walk.page else ""

    @property
    def may_send_again(self) -> bool:
        return self.manages and self.lead.current_status == "valid"

    def _of_list_or_campaign(self, name: str) -> str:
        if self.manages:
            return reverse(name)
        return reverse(f"campaign_{name}", args=[self.lead.campaign_id]) if self.who.role in roles.FLAGS_LEADS else ""


@require_GET
@role_required(roles.SEES_LEADS)
def lead_detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show the lead with its first tab: the page, or to htmx what stands in its frame."""
    return _show(request, pk)


@require_GET
@role_required(roles.SEES_LEADS)
def lead_tab(request: UserRequest, pk: int, key: str) -> HttpResponse:
    """Show the lead with this tab, or to htmx the tab alone where it is to take the place of another."""
    if lead_tabs.get(key) is None:
        raise Http404
    if not tabs.is_open_to(request.user, key):
        raise PermissionDenied
    return _show(request, pk, key)


def _show(request: UserRequest, pk: int, key: str = "") -> HttpResponse:
    leads = leads_for(request.user).select_related("campaign__advertiser", "publisher", "form", "link")
    lead = get_object_or_404(leads, pk=pk)
    walk = LeadWalk(request, lead)
    context: dict[str, Any] = {"lead": lead, "tabs": LeadTabs(lead, request.user, request.GET, key), "walk": walk}
    template = "leads/_tab.html"
    if not (request.htmx and key and request.htmx.target not in PARTS):
        template = "leads/_lead.html" if request.htmx else "leads/lead.html"
        context |= {"profile": LeadProfile(lead, request.user), "actions": LeadActions(lead, request.user, walk)}
    views.record(request.user, lead, actor=actor_of(request))
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
