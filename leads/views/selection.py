"""The selection of leads on a list, ticked rows or all that match its filters, and the actions on it.

A further action is one more entry in ACTIONS: its button then stands in the bar of both lists, for its roles.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from campaigns.models import Campaign
from campaigns.scope import Who
from config.core.accounts import roles
from config.core.errors import DomainError
from config.core.ids import ids_in
from config.core.lists.bounded import LOOKED_AT
from config.core.lists.listing import PAGE_SIZES, ListSource, TooSlow, time_limited
from config.core.lists.pagination import count_capped
from leads import bulk
from leads.filters import OWN_PARAMETERS
from leads.models import Lead
from leads.views.column_choice import is_personal

FORM_ID = "selected"
"""The id of the form that the tick boxes belong to."""
ALL, ID, ONLY, QUERY = "all", "id", "only", "query"
TICKED_AT_MOST = max(PAGE_SIZES)


@dataclass(frozen=True)
class SelectionAction:
    """An action on selected leads, at `url_name` for the list of all leads and at `campaign_<url_name>` for that of a campaign.

    An action with `at_most` is not for more leads. One that is `for_row` is also offered in each row. `key` begins it from the rows.
    """

    label: str
    url_name: str
    roles: frozenset[str]
    campaign_roles: frozenset[str]
    at_most: int | None = None
    for_row: bool = False
    key: str = ""


@dataclass(frozen=True)
class OfferedAction:
    label: str
    url: str
    at_most: int | None
    for_row: bool
    key: str


ACTIONS = (
    SelectionAction("Quick flag…", "leads_flag", roles.MANAGES_CAMPAIGNS, roles.FLAGS_LEADS, at_most=bulk.AT_ONCE, for_row=True),
    SelectionAction("Flag/Manage…", "flag_manage", roles.MANAGES_CAMPAIGNS, roles.FLAGS_LEADS, key="m"),
    SelectionAction("Reprocess…", "leads_reprocess", roles.MANAGES_CAMPAIGNS, roles.MANAGES_CAMPAIGNS),
)


def actions_for(who: Who, campaign: Campaign | None) -> list[OfferedAction]:
    """Return the actions that the user's role may do from the list of this campaign, or of all."""
    offered = [action for action in ACTIONS if who.role in (action.campaign_roles if campaign else action.roles)]
    prefix, kwargs = ("campaign_", {"campaign_id": campaign.pk}) if campaign else ("", {})
    return [OfferedAction(a.label, reverse(prefix + a.url_name, kwargs=kwargs), a.at_most, a.for_row, a.key) for a in offered]


class LeadSource(ListSource, Protocol):
    """A list of leads, of one campaign or of all."""

    request: Any
    campaign: Campaign | None


@dataclass(frozen=True)
class LeadSelection:
    """The selected leads, as far as the user sees them, and how they were selected. `query` is the query string of the list."""

    leads: QuerySet[Lead]
    query: str
    ids: list[int] = field(default_factory=list)
    all: bool = False
    count: int = 0
    exact: bool = True
    narrowed_by: list[str] = field(default_factory=list)
    source: dict[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Form fields that make the same selection again."""
        return [*([(ALL, "1")] if self.all else [(ID, str(pk)) for pk in self.ids]), (QUERY, self.query)]

    @property
    def count_text(self) -> str:
        return f"{self.count:,}" if self.exact else f"{self.count:,}+"

    def few_ids(self) -> list[int]:
        """Return the ids of a selection that one request can process. Raises DomainError for more."""
        ids = self.ids or list(self.leads.order_by("pk").values_list("pk", flat=True)[: bulk.AT_ONCE + 1])
        if len(ids) > bulk.AT_ONCE:
            raise DomainError(f"Select at most {bulk.AT_ONCE} leads for this.")
        return ids


def selection_of(request: HttpRequest, page: LeadSource) -> LeadSelection:
    """Return the selection that the form names: one row, the ticked ones, or all that match.

    Raises DomainError for none, and where the filters are not understood: what they narrow is then unknown.
    """
    query = request.POST.get(QUERY, "")
    if request.POST.get(ALL) == "1" and ONLY not in request.POST:
        return _select_all(page, query)
    ids = sorted(ids_in(request.POST.getlist(ONLY) or request.POST.getlist(ID)))
    if not ids:
        raise DomainError("Select at least one lead first.")
    if len(ids) > TICKED_AT_MOST:
        raise DomainError(f"Select at most {TICKED_AT_MOST} leads of a page, or all that match.")
    return LeadSelection(page.rows().filter(pk__in=ids), query, ids=ids, count=len(ids))


def _select_all(page: LeadSource, query: str) -> LeadSelection:
    filters = page.filterset_class(page.request.GET, page.rows(), request=page.request)
    if problems := filters.problems(besides=OWN_PARAMETERS):
        raise DomainError(" ".join(problems))
    leads = filters.qs
    if filters.limit:
        raise DomainError(f"Not all that match can be selected. {filters.limit}")
    try:
        with time_limited():
            if filters.bounded is not None and not count_capped(filters.unbounded_rows.order_by(), LOOKED_AT)[1]:
                raise DomainError("No index serves these filters, so it is not known how many leads match. Search all leads by them first.")
            count, exact = page.count(leads, filters)
    except TooSlow as error:
        raise DomainError("These filters take too long to count. Narrow them first, with a campaign or a few days.") from error
    narrowed_by = [f"{chip.label}: {chip.value}" for chip in filters.chips() if chip.value]
    return LeadSelection(leads, query, all=True, count=count, exact=exact, narrowed_by=narrowed_by, source=_source_of(page))


def _source_of(page: LeadSource) -> dict[str, Any]:
    """Return how the leads were chosen, for the records of the action: without personal data that filters contain."""
    values = {name: found for name, found in page.request.GET.lists() if name not in OWN_PARAMETERS and any(found)}
    shown = {name: "(not recorded)" if is_personal(name) else found for name, found in values.items()}
    return {"filters": shown or "none", **({"campaign": page.campaign.pk} if page.campaign else {})}
