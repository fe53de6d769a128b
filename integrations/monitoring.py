"""Figures of destinations for /metrics: integrations, and the providers that jobs ask. Labels are ids and types."""

from collections.abc import Iterator

from django.db import connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from config.core.extension_points import QueueState
from config.core.monitoring.queues import COUNT_AT_MOST
from integrations.base import types_sent_singly
from integrations.delivery.claims import OPEN
from processr.job_types.registry import job_types
from processr.selectors import statistics_of

MOST_DESTINATIONS = 500
"""More are left out, and counted: each is several time series."""
_LABELS = ["destination", "type", "campaign"]

_DESTINATIONS = """
SELECT id, type, campaign_id, category = 'integration' FROM processr_job WHERE removed_at IS NULL AND type = ANY(%s)
ORDER BY enabled DESC, id DESC LIMIT %s
"""
# Each part reads the beginning of an index: how many there are of an integration makes no difference beyond the cap.
_STATES = """
SELECT job.id,
    (SELECT count(*) FROM (SELECT FROM integrations_delivery AS d WHERE d.state = 'queued' AND d.job_id = job.id LIMIT %(cap)s) AS w),
    (SELECT count(*) FROM (SELECT FROM integrations_delivery AS d WHERE d.state = 'needs_person' AND d.job_id = job.id LIMIT %(cap)s) AS n),
    coalesce(extract(epoch FROM statement_timestamp() - (
        SELECT d.not_before FROM integrations_delivery AS d WHERE d.state = 'queued' AND d.job_id = job.id ORDER BY d.not_before LIMIT 1
    )), 0)
FROM unnest(%(jobs)s::bigint[]) AS job (id)
"""
# The recursion jumps along the partial index of queued deliveries from one integration to the next. Its cost grows with the
# number of integrations that have something queued, not with the number of deliveries.
_QUEUED = """
WITH RECURSIVE queued AS (
    (SELECT job_id, not_before FROM integrations_delivery WHERE state = 'queued' ORDER BY job_id, not_before LIMIT 1)
    UNION ALL
    SELECT following.job_id, following.not_before FROM queued CROSS JOIN LATERAL (
        SELECT job_id, not_before FROM integrations_delivery WHERE state = 'queued' AND job_id > queued.job_id
        ORDER BY job_id, not_before LIMIT 1
    ) AS following
)
"""
_DUE = f"""{_QUEUED}, due AS (
    SELECT job.id, queued.not_before FROM queued JOIN processr_job AS job ON job.id = queued.job_id
    JOIN campaigns_campaign AS campaign ON campaign.id = job.campaign_id
    LEFT JOIN integrations_destination AS d ON d.job_id = job.id
    WHERE queued.not_before <= statement_timestamp() AND {OPEN} AND (d.waits_until <= statement_timestamp()) IS NOT FALSE
)
SELECT least(coalesce(sum(counted.n), 0), %(cap)s), coalesce(extract(epoch FROM statement_timestamp() - min(due.not_before)), 0)
FROM due CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM integrations_delivery AS d
        WHERE d.state = 'queued' AND d.job_id = due.id AND d.not_before <= statement_timestamp() LIMIT %(cap)s
    ) AS few
) AS counted
"""  # noqa: S608


def queues() -> Iterator[QueueState]:
    """Yield the queue of deliveries that are due, of integrations that are served: neither switched off nor paused."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"types": types_sent_singly(), "cap": COUNT_AT_MOST})
        size, age = cursor.fetchone()
    yield QueueState("deliveries", int(size), float(age))


def destinations() -> Iterator[Metric]:
    outgoing = [job_type.key for job_type in job_types if job_type.is_outgoing]
    with connection.cursor() as cursor:
        cursor.execute(_DESTINATIONS, [outgoing, MOST_DESTINATIONS + 1])
        found = cursor.fetchall()
    shown = found[:MOST_DESTINATIONS]
    yield GaugeMetricFamily("sluice_destinations_left_out", "1 if there are more destinations than shown", value=len(found) > len(shown))
    labels = {pk: [str(pk), job_type, str(campaign)] for pk, job_type, campaign, _ in shown}
    yield _calls(labels)
    yield from _states({pk: labels[pk] for pk, _, _, is_integration in shown if is_integration})


def _calls(labels: dict[int, list[str]]) -> Metric:
    """Return the results of jobs: for an integration those of attempts, for a provider's job those of leads."""
    family = CounterMetricFamily("sluice_destination_results", "Results by destination", labels=[*_LABELS, "result"])
    for pk, counts in statistics_of(list(labels)).items():
        for result in ("passed", "failed", "errored"):
            family.add_metric([*labels[pk], result], getattr(counts, result))
    return family


def _states(labels: dict[int, list[str]]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("sluice_deliveries_waiting", f"Queued deliveries, {COUNT_AT_MOST:,} at most", labels=_LABELS)
    need = GaugeMetricFamily("sluice_deliveries_needing_a_person", f"Deliveries, {COUNT_AT_MOST:,} at most", labels=_LABELS)
    age = GaugeMetricFamily("sluice_delivery_age_seconds", "Time since the oldest queued delivery was due; 0 for none", labels=_LABELS)
    with connection.cursor() as cursor:
        cursor.execute(_STATES, {"jobs": list(labels), "cap": COUNT_AT_MOST})
        for pk, n_waiting, n_need, seconds in cursor:
            waiting.add_metric(labels[pk], n_waiting)
            need.add_metric(labels[pk], n_need)
            age.add_metric(labels[pk], max(float(seconds), 0.0))
    yield from (waiting, need, age)
