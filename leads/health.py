"""Queues and numbers of leads, for monitoring."""

from collections.abc import Iterator

from django.db import connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from config.core.extension_points import QueueState
from config.core.monitoring.queues import COUNT_AT_MOST
from leads.models.tally import EVERYWHERE
from leads.statuses import CurrentStatus

QUEUES = {0: "leads", 1: "leads imported or processed again"}

# Jumps along the partial index of waiting leads from one campaign to the next. The first lead of each is the one it has waited for
# longest: a campaign's leads are taken in this order.
_WAITING = """
WITH RECURSIVE heads AS (
    (SELECT lane, campaign_id, updated_at FROM leads_lead WHERE processr_status = 'waiting' AND deleted_at IS NULL
     ORDER BY lane, campaign_id, id LIMIT 1)
    UNION ALL
    SELECT following.* FROM heads CROSS JOIN LATERAL (
        SELECT lane, campaign_id, updated_at FROM leads_lead
        WHERE processr_status = 'waiting' AND deleted_at IS NULL AND (lane, campaign_id) > (heads.lane, heads.campaign_id)
        ORDER BY lane, campaign_id, id LIMIT 1
    ) AS following
)
SELECT lane, extract(epoch FROM now() - min(updated_at)), (
    SELECT count(*) FROM (
        SELECT FROM leads_lead WHERE processr_status = 'waiting' AND deleted_at IS NULL AND lane = heads.lane LIMIT %s
    ) AS counted
) FROM heads GROUP BY lane
"""
_BY_STATUS = f"""
SELECT current_status, sum(n) FROM (
    SELECT current_status, n FROM leads_dailytally WHERE day IS NULL AND campaign_id = {EVERYWHERE}
    UNION ALL SELECT current_status, n FROM leads_tallydelta
) AS counted GROUP BY current_status
"""  # noqa: S608


def queues() -> Iterator[QueueState]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [COUNT_AT_MOST])
        waiting = {lane: (size, float(age)) for lane, age, size in cursor}
    for lane, name in QUEUES.items():
        size, age = waiting.get(lane, (0, 0.0))
        yield QueueState(name, size, max(age, 0.0))


def by_status() -> Iterator[Metric]:
    """Yield the number of leads by their current status, from the tallies."""
    family = GaugeMetricFamily("sluice_leads", "Leads by current status, deleted ones left out", labels=["status"])
    with connection.cursor() as cursor:
        cursor.execute(_BY_STATUS)
        counts = dict(cursor.fetchall())
    for status in CurrentStatus.values:
        family.add_metric([status], float(counts.get(status, 0)))
    yield family
