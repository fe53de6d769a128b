"""Filters of the list of campaigns."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from campaigns.selectors import advertisers_for
from config.core.ids import ids_in
from config.core.lists.filters import ListFilterSet


class CampaignFilters(ListFilterSet):
    name = django_filters.CharFilter(label="Name or id", method="by_name_or_id", max_length=160)
    advertiser = django_filters.ModelChoiceFilter(
        queryset=lambda request: advertisers_for(request.user), label="Advertiser", empty_label="Any"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not advertisers_for(self.request.user).exists():
            del self.filters["advertiser"]

    def by_name_or_id(self, campaigns: QuerySet, _name: str, value: str) -> QuerySet:
        text = value.strip()
        return campaigns.filter(Q(name__icontains=text) | Q(pk__in=ids_in([text])))
