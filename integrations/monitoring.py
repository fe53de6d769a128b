"""Figures of destinations for /metrics: integrations, and the providers that jobs ask. Labels are ids and types."""

from collections.abc import Iterator

from django.db import connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from config.core.extension_points import QueueState
from config.core.monitoring.queues import COUNT_AT_MOST
from integrations.base import types_sent_singly
from integrations.delivery.claims import OPEN
from integrations.messages.order import FIRST_OF_ITS_KEY
from integrations.models.destination import WaitReason
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

# Of each destination the first are looked at: a message that waits for an earlier one of its order key is not due.
_DUE_MESSAGES = f"""
WITH RECURSIVE queued AS (
    (SELECT destination_id FROM integrations_message WHERE state = 'queued' ORDER BY destination_id LIMIT 1)
    UNION ALL
    SELECT following.destination_id FROM queued CROSS JOIN LATERAL (
        SELECT destination_id FROM integrations_message WHERE state = 'queued' AND destination_id > queued.destination_id
        ORDER BY destination_id LIMIT 1
    ) AS following
), served AS (
    SELECT d.id FROM queued JOIN integrations_destination AS d ON d.id = queued.destination_id
    LEFT JOIN integrations_outboundevent AS event ON event.id = d.event_id LEFT JOIN processr_job AS job ON job.id = d.job_id
    JOIN campaigns_campaign AS campaign ON campaign.id = coalesce(event.campaign_id, job.campaign_id)
    WHERE coalesce(event.enabled, job.enabled) AND coalesce(event.removed_at, job.removed_at) IS NULL
    AND (d.waits_until <= statement_timestamp()) IS NOT FALSE
    AND (campaign.pause_integrations AND campaign.paused_at <= statement_timestamp()) IS NOT TRUE
)
SELECT least(coalesce(sum(due.n), 0), %(cap)s), coalesce(extract(epoch FROM statement_timestamp() - min(due.since)), 0)
FROM served CROSS JOIN LATERAL (
    SELECT count(*) AS n, min(m.not_before) AS since FROM (
        SELECT * FROM integrations_message AS first
        WHERE first.state = 'queued' AND first.destination_id = served.id AND first.not_before <= statement_timestamp()
        ORDER BY first.not_before, first.id LIMIT %(cap)s
    ) AS m WHERE {FIRST_OF_ITS_KEY}
) AS due
"""  # noqa: S608
# Each destination that waits does so of itself: it rests, or keeps a limit. What waits for it is not late.
_WAITING_DESTINATIONS = """
SELECT waits_for, count(*) FROM integrations_destination WHERE waits_until > statement_timestamp() GROUP BY waits_for
"""
_MESSAGES_IN_NEED = "SELECT count(*) FROM (SELECT FROM integrations_message WHERE state = 'needs_person' LIMIT %s) AS few"


def queues() -> Iterator[QueueState]:
    """Yield what is due of integrations and outbound events that are served: neither switched off nor paused, nor waiting of themselves."""
    for name, sql in (("deliveries", _DUE), ("outbound messages", _DUE_MESSAGES)):
        with connection.cursor() as cursor:
            cursor.execute(sql, {"types": types_sent_singly(), "cap": COUNT_AT_MOST})
            size, age = cursor.fetchone()
        yield QueueState(name, int(size), float(age))


def outbox() -> Iterator[Metric]:
    """Yield how many destinations wait, by reason, and how many messages need a person."""
    waiting = GaugeMetricFamily("sluice_destinations_waiting", "Destinations that are not served at present", labels=["reason"])
    with connection.cursor() as cursor:
        cursor.execute(_WAITING_DESTINATIONS)
        counts: dict[str, int] = dict(cursor.fetchall())
        cursor.execute(_MESSAGES_IN_NEED, [COUNT_AT_MOST])
        (in_need,) = cursor.fetchone()
    for reason in WaitReason:
        if reason is not WaitReason.NONE:
            waiting.add_metric([reason.value], counts.get(reason.value, 0))
    yield waiting
    yield GaugeMetricFamily("sluice_outbound_messages_needing_a_person", f"Messages, {COUNT_AT_MOST:,} at most", value=in_need)


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
