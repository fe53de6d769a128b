"""Numbers of leads by campaign or publisher, from the tallies, for lists of campaigns and the tiles above lists."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from campaigns.extension_points import Figures, lead_figures
from campaigns.scope import Who, scope_of
from campaigns.selectors import campaigns_for, is_active
from config.core import enterprise
from leads.selectors import billable_column

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


def _count(who: Who, *, by: str, campaign_ids: Collection[int], since: date | None = None) -> dict[Any, Figures]:
    """Return figures by the column `by`. With `since` the rows by day are read, else the sums over all days."""
    conditions, parameters = scope_of(who).sql()
    conditions.append("campaign_id = ANY(%s)")
    parameters.append(list(campaign_ids))
    if since is not None:
        conditions.append("day >= %s")
        parameters.append(since)
    where = " AND ".join(conditions)
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(by=by, billable=billable_column(who), where=where, level="NOT" if since else ""), parameters * 2)
        return {key: Figures(*map(int, numbers)) for key, *numbers in cursor}


_SQL = """
SELECT {by}, sum(n),
    coalesce(sum(n) FILTER (WHERE current_status = 'valid'), 0), coalesce(sum(n) FILTER (WHERE current_status = 'invalid'), 0),
    coalesce(sum(n) FILTER (WHERE delivery_status = 'delivered'), 0), coalesce(sum(n) FILTER (WHERE {billable}), 0)
FROM (
    SELECT campaign_id, publisher_id, current_status, delivery_status, publisher_billable, advertiser_billable, n
    FROM leads_dailytally WHERE day IS {level} NULL AND {where}
    UNION ALL
    SELECT campaign_id, publisher_id, current_status, delivery_status, publisher_billable, advertiser_billable, n
    FROM leads_tallydelta WHERE {where}
) AS counted
GROUP BY {by}
"""
