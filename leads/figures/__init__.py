"""Numbers of leads by campaign or publisher, from the tallies, for lists of campaigns and the tiles above lists."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone

from campaigns.extension_points import Figures, lead_figures
from campaigns.scope import Who
from campaigns.selectors import campaigns_for, is_active
from config.core import enterprise
from config.core.lists.bounded import LOOKED_AT
from config.core.lists.pagination import COUNT_CAP
from leads.figures import statistics
from leads.filters import LeadFilters
from leads.lifecycle import tallies
from leads.models import Lead
from leads.selectors import billable_column
from leads.statuses import CurrentStatus, DeliveryStatus

PAST_DAYS = 30


@lead_figures.register
class LeadFigureSource:
    """Figures over all days, read from the sum rows of the tallies."""

    key = "leads"

    @staticmethod
    def by_campaign(who: Who, campaign_ids: Collection[int]) -> dict[int, Figures]:
        return _count(who, by="campaign_id", campaign_ids=campaign_ids)

    @staticmethod
    def by_publisher(who: Who, campaign_id: int) -> dict[int | None, Figures]:
        return _count(who, by="publisher_id", campaign_ids=[campaign_id])


def of_campaign(who: Who, campaign_id: int) -> Figures:
    return LeadFigureSource.by_campaign(who, [campaign_id]).get(campaign_id, Figures())


def of_active_campaigns(who: Who) -> Figures:
    """Return the figures of the past 30 days, by the enterprise's days."""
    active = campaigns_for(who).filter(is_active(timezone.now())).values_list("pk", flat=True).distinct()
    since = timezone.localdate(timezone=enterprise.zone()) - timedelta(days=PAST_DAYS - 1)
    return sum(_count(who, by="campaign_id", campaign_ids=list(active), since=since).values(), Figures())


@dataclass(frozen=True, slots=True)
class FilteredFigures:
    """The figures of the leads that filters select. `of` says of which leads they are, in words."""

    numbers: Figures
    of: str


def of_filters(who: Who, filters: LeadFilters, **own_keys: Any) -> FilteredFigures:
    """Return the figures of the leads that filters select: of all, where tallies count them, else of a limited number.

    `own_keys` are the keys of the tallies that narrow the list before any filter.
    """
    keys = filters.tally_keys()
    if keys is not None:
        selection = tallies.select(who, **keys, **own_keys)
        return FilteredFigures(sum(_sum(who, selection, by="current_status").values(), Figures()), "that match")
    if filters.bounded is not None:
        matches = Case(When(filters.bounded, then=Value(True)), default=Value(False))
        newest = filters.unbounded_rows.annotate(matches=matches).order_by("-pk")[:LOOKED_AT]
        numbers, looked_at = _aggregate(who, newest, Q(matches=True))
        return FilteredFigures(numbers, f"that match among the newest {LOOKED_AT:,}" if looked_at == LOOKED_AT else "that match")
    numbers, _ = _aggregate(who, filters.qs.order_by()[: COUNT_CAP + 1], Q())
    if numbers.total <= COUNT_CAP:
        return FilteredFigures(numbers, filters.limit or "that match")
    return FilteredFigures(numbers, f"of many: {COUNT_CAP:,} are counted")


def _aggregate(who: Who, leads: QuerySet[Lead], matching: Q) -> tuple[Figures, int]:
    """Return the figures of those of the leads that match, and the number of all of them."""
    conditions = {
        "total": Q(),
        "valid": Q(current_status=CurrentStatus.VALID),
        "invalid": Q(current_status=CurrentStatus.INVALID),
        "delivered": Q(delivery_status=DeliveryStatus.DELIVERED),
        "billable": Q(**{billable_column(who): True}),
    }
    counted = leads.aggregate(all=Count("pk"), **{name: Count("pk", filter=matching & is_one) for name, is_one in conditions.items()})
    looked_at = counted.pop("all")
    return Figures(**counted), looked_at


def _count(who: Who, *, by: str, campaign_ids: Collection[int], since: date | None = None) -> dict[Any, Figures]:
    """Return figures by the column `by`. With `since` the rows by day are read, else the sums over all days."""
    return _sum(who, tallies.select(who, campaign_id=list(campaign_ids), day_from=since), by=by)


def _sum(who: Who, selection: tallies.TallySelection, *, by: str) -> dict[Any, Figures]:
    counted = statistics.sum_of(who, selection, by=by)
    return {key: Figures(one.total, one.valid, one.invalid, one.delivered, one.billable) for key, one in counted.items()}
