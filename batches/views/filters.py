"""Filters of the lists of batches."""

import django_filters

from batches.selectors import SHOWN_PHASES
from config.core.ids import LARGEST_ID
from config.core.lists.filters import ListFilterSet
from leads.columns.filter_types import WholeNumberFilter

ANY = "Any"


def _id(path: str, label: str) -> WholeNumberFilter:
    return WholeNumberFilter(field_name=path, label=label, min_value=1, max_value=LARGEST_ID)


def _text(path: str, label: str) -> django_filters.CharFilter:
    return django_filters.CharFilter(field_name=path, label=label, lookup_expr="icontains", max_length=160)


class PendingFilters(ListFilterSet):
    advertiser_id = _id("campaign__advertiser", "Advertiser Id")
    advertiser = _text("campaign__advertiser__name", "Advertiser Name")
    campaign_id = _id("campaign", "Campaign Id")
    campaign = _text("campaign__name", "Campaign Name")
    label = _text("label", "Label")


class SentFilters(ListFilterSet):
    advertiser_id = _id("job__campaign__advertiser", "Advertiser Id")
    advertiser = _text("job__campaign__advertiser__name", "Advertiser Name")
    campaign_id = _id("job__campaign", "Campaign Id")
    campaign = _text("job__campaign__name", "Campaign Name")
    label = _text("label", "Label")
    state = django_filters.ChoiceFilter(
        field_name="phase", choices=[(phase.value, phase.label) for phase in SHOWN_PHASES], label="State", empty_label=ANY
    )


class FileLeadFilters(ListFilterSet):
    """The leads of a file have no filters but that of the lead itself."""

    lead = _id("lead", "Lead ID")
