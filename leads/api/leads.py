"""Leads in API v4: `leads` and `leads/<id>`, the same leads that the user's list of leads has."""

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.api import hydra
from leads.api.lead_filters import OTHER_NAMES, LeadFilterSet
from leads.api.lead_records import LeadSerializer, rows_for_records
from leads.columns import sorts_for
from leads.extension_points import lead_columns
from leads.lifecycle import tallies
from leads.models import Lead
from leads.privacy import viewing
from leads.selectors import leads_for

OTHER_ORDERS = {**OTHER_NAMES, "campaign_id": "campaign.id", "created_at": "createdTs"}
"""Order of the list → the name that programs know it by, as well as by its own."""


class LeadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The leads that the caller may see.

    Filters and orders are those of the list of leads, under its names and those of this API. A page is continued by
    `hydra:next`, which names `after`, however many leads there are. Leads that are deleted are not found.
    """

    serializer_class = LeadSerializer
    filterset_class = LeadFilterSet
    orders = {name: column.sort for column in lead_columns if column.sort for name in (column.key, OTHER_ORDERS.get(column.key)) if name}
    roles = {"list": roles.SEES_LEADS, "retrieve": roles.SEES_LEADS}
    noun = ("lead", "leads")

    @cached_property
    def query(self) -> hydra.CollectionQuery:
        user = self.request.user
        return hydra.QueryReader(self.request).read(lambda data: LeadFilterSet(data, request=self.request), orders_for(user))

    def get_queryset(self) -> QuerySet[Lead]:
        return rows_for_records(leads_for(self.request.user), self.request.user)

    def get_object(self) -> Lead:
        lead: Lead = super().get_object()
        viewing.record_view(self.request.user, lead, actor=self.actor)
        return lead

    def count(self, rows: QuerySet[Any]) -> hydra.Total:
        return self.count_bounded() or super().count(rows)

    def count_bounded(self) -> hydra.Total | None:
        filters = self.query.filterset
        keys = filters.tally_keys() if isinstance(filters, LeadFilterSet) else None
        return None if keys is None else (tallies.count_for(self.request.user, **keys), True)


def orders_for(who: Who) -> dict[str, str]:
    """Return the orders that the user's list has, by each of their names."""
    sorts = sorts_for(who)
    return sorts | {OTHER_ORDERS[key]: path for key, path in sorts.items() if key in OTHER_ORDERS}
