"""The way through a list from one lead to the next: the list that the address of a lead names, and the leads beside it."""

from dataclasses import dataclass
from functools import cached_property

from django.http import Http404, QueryDict
from django.urls import Resolver404, resolve, reverse

from config.core.accounts.requests import UserRequest
from config.core.lists.bounded import matching_keys
from config.core.lists.listing import TooSlow, time_limited
from config.core.lists.pagination import Order
from config.core.lists.saved.view_pages import VIEW
from leads.filters import FIGURES, LeadFilters
from leads.models import Lead
from leads.views.lead_list import LeadsList, list_for
from leads.views.list_address import LIST, list_query

LOOKED_AT = 2_000
"""Leads before and after a lead that are tested by filters without an index."""
_OF_A_VIEW = frozenset({VIEW, FIGURES})
LIST_PAGES = frozenset({"leads", "campaign_leads"})


@dataclass(frozen=True, slots=True)
class Beside:
    """The ids of the leads beside a lead in the order of its list; None at the ends, and where they are not known."""

    previous: int | None = None
    next: int | None = None


class LeadWalk:
    """The list that a lead's address names, if it names one that the user may open."""

    def __init__(self, request: UserRequest, lead: Lead) -> None:
        self.request, self.lead = request, lead

    @cached_property
    def page(self) -> LeadsList | None:
        address = self.request.GET.get(LIST, "")
        path, _, query = address.partition("?")
        if not list_query(address):
            return None
        try:
            match = resolve(path)
            if match.url_name not in LIST_PAGES:
                return None
            page = list_for(self.request, match.kwargs.get("campaign_id"), query)
            return page if page.campaign or not match.kwargs else None  # reading the campaign raises Http404 where it is not the user's
        except (Resolver404, Http404):
            return None

    @property
    def list_url(self) -> str:
        """The URL of the list, or that of all leads. It is built here: an address that was handed in may lead anywhere."""
        return self.page.address if self.page else reverse("leads")

    @property
    def list_address(self) -> str:
        """The address of the list; empty where the lead's address names none."""
        return self.page.address if self.page else ""

    @cached_property
    def carried(self) -> str:
        """The query that addresses of this lead and of those beside it carry on."""
        return list_query(self.list_address)

    @property
    def query(self) -> QueryDict:
        """The query of the lead's address. It names the list only if there is such a list."""
        query = self.request.GET.copy()
        query[LIST] = self.list_address
        return query

    @cached_property
    def beside(self) -> Beside:
        """The leads before and after this one in the list, by its filters and its order, across its pages."""
        page = self.page
        if page is None:
            return Beside()
        filters = page.filterset_class(page.request.GET, page.rows([]), request=page.request)
        sort = page.request.GET.get("sort") or page.table_class.default_sort
        column = page.sorts().get(sort.removeprefix("-"))
        is_understood = not (_OF_A_VIEW & page.request.GET.keys() and page.view_problems)  # which the default view has none of
        if column is None or not is_understood or filters.problems(besides=page.own_parameters):
            return Beside()
        order = Order.by(Lead, column, descending=sort.startswith("-"))
        try:
            with time_limited():
                return Beside(previous=self._find(filters, order.reversed), next=self._find(filters, order))
        except TooSlow:
            return Beside()

    def _find(self, filters: LeadFilters, order: Order) -> int | None:
        """Return the id of the first lead after this one in the order."""
        rows = filters.unbounded_rows.filter(order.beyond(order.position_of(self.lead)))
        if filters.bounded is None:
            pk: int | None = order.apply(rows).values_list("pk", flat=True).first()
            return pk
        return next(iter(matching_keys(rows, filters.bounded, order, 1, looked_at_most=LOOKED_AT)), None)
