"""Queueing and withdrawing deliveries of leads that change.

This happens in the transaction that changes the leads and holds their locks, with as many statements for two thousand
leads as for one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from django.db import connection

from integrations.delivery import routing
from integrations.delivery.routing import NO_DATA, Route
from integrations.models import new_event_id
from leads.signals import Axes, Move
from leads.statuses import CurrentStatus, DeliveryStatus, ProcessrStatus

EXTRAS_KEY = "integrations"
"""The key in a flag's extras that names the integrations to send to, by job id."""
ROUTING_CAUSES = frozenset({"judge", "unflag", "restore"})
"""Causes after which a lead goes to the integrations that its campaign's routing chooses."""
WITHDRAWING_CAUSES = frozenset({"requeue", "mark_undelivered"})
"""Causes that withdraw a lead's open deliveries although it is still Valid."""
QUEUEING_CAUSES = ROUTING_CAUSES | {"flag"}
CAUSES = QUEUEING_CAUSES | WITHDRAWING_CAUSES | {"delete"}

Pair = tuple[int, int]
"""Lead id and job id."""


class Eligibility(Enum):
    """The integrations that a lead may be sent to: none, those that accept tests, or all."""

    NONE = "none"
    TESTS = "tests"
    ALL = "all"


def update_deliveries(moves: Sequence[Move], *, cause: str, extras: Mapping[str, Any]) -> list[Route]:
    """Queue and withdraw deliveries. Return the routes that have something new to send."""
    routes = routing.routes_of({move.campaign_id for move in moves}) if cause in CAUSES else []
    if not routes:
        return []
    if cause in QUEUEING_CAUSES:
        _execute(_BEGIN, {"campaigns": sorted({route.campaign_id for route in routes})})
    _withdraw(moves, routes, cause)
    undelivered = [
        move.lead_id
        for move in moves
        if move.before.delivery_status == DeliveryStatus.DELIVERED and move.after.delivery_status == DeliveryStatus.NOT_DELIVERED
    ]
    if undelivered:
        _execute(_TAKE_BACK, {"leads": undelivered})
    if cause == "flag":
        return _queue_chosen(moves, routes, extras.get(EXTRAS_KEY, ()))
    return _queue(_routed_pairs(moves, routes), routes) if cause in ROUTING_CAUSES else []


def stop_queueing(campaign_id: int) -> None:
    """Lock out other transactions that queue deliveries for the campaign, until this one ends.

    Whatever they have queued is committed by now, so a caller that removes an integration finds all of its deliveries.
    Transactions that come later see it removed.
    """
    _execute(_STOP, {"campaign": campaign_id})


def eligibility(lead: Axes) -> Eligibility:
    """Return where a lead may go.

    One that came as a test goes where tests are accepted; one that a user flagged as a test goes nowhere (decision 7).
    """
    if lead.deleted:
        return Eligibility.NONE
    if lead.current_status == CurrentStatus.VALID:
        return Eligibility.ALL
    came_as_test = lead.current_status == CurrentStatus.TEST and not lead.second_check
    return Eligibility.TESTS if came_as_test else Eligibility.NONE


def _withdraw(moves: Iterable[Move], routes: Iterable[Route], cause: str) -> None:
    """Withdraw open deliveries. One that is being sent is left alone: its sender decides its end."""
    leads: dict[int, bool] = {}
    for move in moves:
        eligible = Eligibility.NONE if cause in WITHDRAWING_CAUSES else eligibility(move.after)
        # A lead that was never processed or flagged has no deliveries: in a live campaign those are most leads.
        if eligible is not Eligibility.ALL and move.before.current_status != CurrentStatus.PENDING:
            leads[move.lead_id] = eligible is Eligibility.TESTS
    if leads:
        jobs_for_tests = [route.job_id for route in routes if route.accepts_tests]
        _execute(_WITHDRAW, {"leads": [*leads], "as_tests": [*leads.values()], "jobs_for_tests": jobs_for_tests})


def _routed_pairs(moves: Iterable[Move], routes: Sequence[Route]) -> list[Pair]:
    """Return the pairs to queue by routing. A lead that waits for another run is routed after that run."""
    open_routes: dict[int, list[Route]] = defaultdict(list)
    for route in routes:
        if route.is_open:
            open_routes[route.campaign_id].append(route)
    eligible_moves = []
    for move in moves:
        eligible = eligibility(move.after)
        if move.after.processr_status == ProcessrStatus.COMPLETE and eligible is not Eligibility.NONE:
            eligible_moves.append((move, eligible))

    conditional = {route.campaign_id for route in routes if route.is_open and route.is_conditional}
    to_read = [move.lead_id for move, _ in eligible_moves if move.campaign_id in conditional]
    leads = routing.routing_data(to_read) if conditional else {}
    return [
        (move.lead_id, route.job_id)
        for move, eligible in eligible_moves
        for route in routing.select_routes(open_routes[move.campaign_id], leads.get(move.lead_id, NO_DATA))
        if eligible is Eligibility.ALL or route.accepts_tests
    ]


def _queue_chosen(moves: Iterable[Move], routes: Iterable[Route], job_ids: Collection[int]) -> list[Route]:
    """Queue deliveries to the integrations that a user chose, whatever their routing, also where the lead was sent before (decision 8).

    An integration is used for the leads of its own campaign only.
    """
    chosen = [route for route in routes if route.is_open and route.job_id in job_ids]
    valid = [move for move in moves if eligibility(move.after) is Eligibility.ALL]
    pairs = [(move.lead_id, route.job_id) for move in valid for route in chosen if route.campaign_id == move.campaign_id]
    if pairs:
        _execute(_WITHDRAW_STUCK, _columns(pairs))
    return _queue(pairs, chosen, anew=True)


def _queue(pairs: Sequence[Pair], routes: Iterable[Route], *, anew: bool = False) -> list[Route]:
    """Queue one new round for each pair without an open delivery. With `anew` also for pairs with a sent delivery that still counts."""
    if not pairs:
        return []
    parameters = _columns(pairs) | {"event_ids": [new_event_id() for _ in pairs], "anew": anew}
    queued = {job_id for (job_id,) in _execute(_QUEUE, parameters)}
    return [route for route in routes if route.job_id in queued]


def _columns(pairs: Sequence[Pair]) -> dict[str, Any]:
    leads, jobs = zip(*pairs, strict=True)
    return {"leads": list(leads), "jobs": list(jobs)}


def _execute(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


# Locked after the leads and before any delivery.
_SCOPE = "hashtextextended('integrations of campaign ' || campaign, 0)"
_BEGIN = f"SELECT pg_advisory_xact_lock_shared({_SCOPE}) FROM unnest(%(campaigns)s::bigint[]) AS campaign"  # noqa: S608
_STOP = f"SELECT pg_advisory_xact_lock({_SCOPE}) FROM (SELECT %(campaign)s::bigint AS campaign) AS its"  # noqa: S608
# Deliveries are locked by id, as everywhere. Those that are being sent are never locked here: their senders wait for the leads.
_WITHDRAW = """
WITH gone AS MATERIALIZED (
    SELECT d.id FROM unnest(%(leads)s::bigint[], %(as_tests)s::boolean[]) AS moved (lead_id, as_test)
    JOIN integrations_delivery AS d ON d.lead_id = moved.lead_id AND d.state IN ('queued', 'needs_person')
    WHERE NOT moved.as_test OR NOT d.job_id = ANY(%(jobs_for_tests)s::bigint[])
    ORDER BY d.id FOR NO KEY UPDATE OF d
)
UPDATE integrations_delivery AS d SET state = 'withdrawn' FROM gone WHERE d.id = gone.id
"""
_WITHDRAW_STUCK = """
WITH gone AS MATERIALIZED (
    SELECT d.id FROM unnest(%(leads)s::bigint[], %(jobs)s::bigint[]) AS chosen (lead_id, job_id)
    JOIN integrations_delivery AS d ON d.lead_id = chosen.lead_id AND d.job_id = chosen.job_id AND d.state = 'needs_person'
    ORDER BY d.id FOR NO KEY UPDATE OF d
)
UPDATE integrations_delivery AS d SET state = 'withdrawn' FROM gone WHERE d.id = gone.id
"""
_TAKE_BACK = """
WITH counts AS MATERIALIZED (
    SELECT id FROM integrations_delivery WHERE lead_id = ANY(%(leads)s) AND state = 'sent' AND taken_back_at IS NULL
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE integrations_delivery AS d SET taken_back_at = clock_timestamp() FROM counts WHERE d.id = counts.id
"""
_QUEUE = """
WITH added AS (
    INSERT INTO integrations_delivery (lead_id, job_id, event_id, round, state, attempts, answer)
    SELECT wanted.lead_id, wanted.job_id, wanted.event_id, coalesce(had.rounds, 0) + 1, 'queued', 0, ''
    FROM unnest(%(leads)s::bigint[], %(jobs)s::bigint[], %(event_ids)s::text[]) AS wanted (lead_id, job_id, event_id)
    CROSS JOIN LATERAL (
        SELECT max(d.round) AS rounds, bool_or(d.state IN ('queued', 'sending', 'needs_person')) AS is_open,
               bool_or(d.state = 'sent' AND d.taken_back_at IS NULL) AS arrived
        FROM integrations_delivery AS d WHERE d.lead_id = wanted.lead_id AND d.job_id = wanted.job_id
    ) AS had
    JOIN processr_job AS job ON job.id = wanted.job_id AND job.removed_at IS NULL
    WHERE NOT coalesce(had.is_open, false) AND (%(anew)s OR NOT coalesce(had.arrived, false))
    ORDER BY wanted.lead_id, wanted.job_id
    RETURNING job_id
)
SELECT DISTINCT job_id FROM added
"""
