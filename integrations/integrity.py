"""Integrity checks of deliveries against the leads and among themselves. Each returns its problems in words."""

from typing import Any

from django.db import connection

SHOW_AT_MOST = 20

_DELIVERED = """
SELECT l.id FROM leads_lead AS l WHERE l.delivery_status = 'delivered' AND l.deleted_at IS NULL
AND NOT EXISTS (SELECT FROM integrations_delivery AS d WHERE d.lead_id = l.id AND d.state = 'sent' AND d.taken_back_at IS NULL)
AND NOT EXISTS (
    SELECT FROM leads_leadnote AS n WHERE n.lead_id = l.id AND n.kind = 'delivery' AND (n.actor_id IS NOT NULL OR n.reason = %s)
    AND n.changes @> '[["delivery_status", "delivered"]]'
) LIMIT %s
"""
_UNWANTED = """
SELECT d.id, d.state, l.id, CASE WHEN l.deleted_at IS NULL THEN l.current_status ELSE 'deleted' END
FROM integrations_delivery AS d JOIN leads_lead AS l ON l.id = d.lead_id
WHERE d.state IN ('queued', 'needs_person') AND (l.deleted_at IS NOT NULL OR NOT (
    l.current_status = 'valid' OR (l.current_status = 'test' AND l.second_check = '')
)) LIMIT %s
"""
_ROUNDS = """
SELECT lead_id, job_id, count(*), max(round), count(*) FILTER (WHERE state IN ('queued', 'sending', 'in_file', 'needs_person'))
FROM integrations_delivery GROUP BY lead_id, job_id
HAVING count(*) <> max(round) OR count(*) FILTER (WHERE state IN ('queued', 'sending', 'in_file', 'needs_person')) > 1 LIMIT %s
"""
_INCONSISTENT = """
SELECT id, wrong FROM (
    SELECT d.id, CASE
        WHEN (d.sent_at IS NOT NULL) <> (d.state = 'sent') THEN 'is ' || d.state || ', its time of sending says otherwise'
        WHEN d.taken_back_at IS NOT NULL AND d.state <> 'sent' THEN 'is taken back, but ' || d.state
        WHEN d.arrived_while_not_valid AND d.state <> 'sent' THEN 'arrived while its lead was not Valid, but is ' || d.state
        WHEN d.held_for <> '' AND d.state NOT IN ('queued', 'sending') THEN 'is held, but ' || d.state
        WHEN d.state = 'queued' AND d.held_for <> 'over_delivery' AND l.hold_reason = 'over_delivery' THEN 'is due, but its lead is held'
        WHEN d.state = 'queued' AND d.held_for = 'over_delivery' AND l.hold_reason <> 'over_delivery'
            AND NOT (l.processr_status = 'held' AND l.over_allocation AND l.delivery_status <> 'delivered')
            THEN 'is held, but its lead is not'
        WHEN (d.held_for = 'over_delivery') <> (d.not_before = '9999-01-01T00:00:00Z' AND d.state = 'queued')
            THEN 'is held, and its time says otherwise'
        WHEN job.category <> 'integration' THEN 'goes to a job that is no integration'
        WHEN job.campaign_id <> l.campaign_id THEN 'goes to an integration of another campaign'
    END AS wrong
    FROM integrations_delivery AS d JOIN processr_job AS job ON job.id = d.job_id JOIN leads_lead AS l ON l.id = d.lead_id
) AS looked_at WHERE wrong IS NOT NULL LIMIT %s
"""
_ARRIVED = """
SELECT d.id, l.id FROM integrations_delivery AS d JOIN leads_lead AS l ON l.id = d.lead_id
WHERE d.arrived_while_not_valid AND l.current_status = 'valid' AND l.deleted_at IS NULL LIMIT %s
"""
_WRONG_MESSAGES = """
SELECT m.id, CASE
    WHEN (m.sent_at IS NOT NULL) <> (m.state = 'sent') THEN 'is ' || m.state || ', its time of sending says otherwise'
    WHEN m.state = 'in_file' THEN 'is in a file, which no message ever is'
    ELSE 'is ' || m.state || ' although an earlier one of its order is still open'
END
FROM integrations_message AS m
WHERE (m.sent_at IS NOT NULL) <> (m.state = 'sent') OR m.state = 'in_file' OR (
    m.order_key <> '' AND m.state = 'sending' AND EXISTS (
        SELECT FROM integrations_message AS earlier
        WHERE earlier.destination_id = m.destination_id AND earlier.order_key = m.order_key AND earlier.id < m.id
        AND earlier.state IN ('queued', 'sending', 'needs_person') AND earlier.order_key <> ''
    )
) LIMIT %s
"""
BY_HAND = "Delivered by hand"
"""The reason of delivery notes without an author, which only the demo data has."""


def deliveries() -> list[str]:
    """Check deliveries.

    - Each delivered lead was sent by an integration or marked by a user.
    - No open delivery has a lead that must not be sent. The lead of one that is being sent may have changed meanwhile.
    - The rounds of a lead are counted without gaps, and at most one of them is open.
    - No row contradicts itself, or the hold of its lead.
    - What arrived while its lead was not Valid is marked so until the lead is Valid again.
    """
    problems = [
        f"lead {lead} is delivered, but no integration has sent it and nobody has marked it" for (lead,) in _rows(_DELIVERED, BY_HAND)
    ]
    problems += [f"delivery {pk} is {state}, but lead {lead} is {status}" for pk, state, lead, status in _rows(_UNWANTED)]
    problems += [
        f"lead {lead} to integration {job}: {n} rounds, the last one number {last}, {n_open} of them open"
        for lead, job, n, last, n_open in _rows(_ROUNDS)
    ]
    problems += [f"delivery {pk} arrived while lead {lead} was not Valid, which it is now" for pk, lead in _rows(_ARRIVED)]
    problems += [f"delivery {pk} {problem}" for pk, problem in _rows(_INCONSISTENT)]
    return problems


def messages() -> list[str]:
    """Check messages: none contradicts itself, and none is being sent before an earlier one of its order has ended."""
    return [f"message {pk} {problem}" for pk, problem in _rows(_WRONG_MESSAGES)]


def _rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, SHOW_AT_MOST])
        return list(cursor)
