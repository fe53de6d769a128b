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
from integrations.delivery.routing import UNREAD, Route
from integrations.models.delivery import new_event_id
from leads.signals import Axes, Move
from leads.statuses import CurrentStatus, DeliveryStatus, ProcessrStatus

CHOSEN = "integrations"
"""The key in a flag's extras that names the integrations to send to, by job id."""
BY_ITSELF = frozenset({"judge", "unflag", "restore"})
"""Causes after which a lead goes to the integrations that its campaign's routing chooses."""
BACK_TO_THE_START = frozenset({"requeue", "mark_undelivered"})
"""Causes that withdraw a lead's open deliveries although it is still Valid."""
QUEUE_SOME = BY_ITSELF | {"flag"}
CAUSES = QUEUE_SOME | BACK_TO_THE_START | {"delete"}

Pair = tuple[int, int]
"""Lead id and job id."""


class Goes(Enum):
    NOWHERE = "nowhere"
    AS_TEST = "as a test"
    ANYWHERE = "anywhere"


def follow(moves: Sequence[Move], *, cause: str, extras: Mapping[str, Any]) -> list[Route]:
    """Queue and withdraw deliveries. Return the routes that have something new to send."""
    routes = routing.routes_of({move.campaign_id for move in moves}) if cause in CAUSES else []
    if not routes:
        return []
    if cause in QUEUE_SOME:
        _execute(_BEGIN, {"campaigns": sorted({route.campaign_id for route in routes})})
    _withdraw_of(moves, routes, cause)
    _take_back([move.lead_id for move in moves if _was_taken_back(move)])
    if cause == "flag":
        return _queue_chosen(moves, routes, extras.get(CHOSEN, ()))
    return _queue(_routed(moves, routes), routes) if cause in BY_ITSELF else []


def stop_queueing(campaign_id: int) -> None:
    """Lock out other transactions that queue deliveries for the campaign, until this one ends.

    Whatever they have queued is committed by now, so a caller that removes an integration finds all of its deliveries.
    Transactions that come later see it removed.
    """
    _execute(_STOP, {"campaign": campaign_id})


def goes(lead: Axes) -> Goes:
    """Return where a lead may go.

    One that came as a test goes where tests are wanted; one that a user flagged as a test goes nowhere (decision 7).
    """
    if lead.deleted:
        return Goes.NOWHERE
    if lead.current_status == CurrentStatus.VALID:
        return Goes.ANYWHERE
    came_as_test = lead.current_status == CurrentStatus.TEST and not lead.second_check
    return Goes.AS_TEST if came_as_test else Goes.NOWHERE


def _withdraw_of(moves: Iterable[Move], routes: Iterable[Route], cause: str) -> None:
    """Withdraw open deliveries. One that is being sent is left alone: its sender decides its end."""
    leads: dict[int, bool] = {}
    for move in moves:
        where = Goes.NOWHERE if cause in BACK_TO_THE_START else goes(move.after)
        # A lead that was never processed or flagged has no deliveries: in a live campaign those are most leads.
        if where is not Goes.ANYWHERE and move.before.current_status != CurrentStatus.PENDING:
            leads[move.lead_id] = where is Goes.AS_TEST
    if leads:
        tests = [route.job_id for route in routes if route.takes_tests]
        _execute(_WITHDRAW, {"leads": [*leads], "as_tests": [*leads.values()], "jobs_for_tests": tests})


def _was_taken_back(move: Move) -> bool:
    """Return whether the lead was delivered and no longer is, by *mark undelivered* or by the flag Test."""
    return (move.before.delivery_status, move.after.delivery_status) == (DeliveryStatus.DELIVERED, DeliveryStatus.NOT_DELIVERED)


def _take_back(lead_ids: list[int]) -> None:
    if lead_ids:
        _execute(_TAKE_BACK, {"leads": lead_ids})


def _routed(moves: Iterable[Move], routes: Sequence[Route]) -> list[Pair]:
    """Return the lead and job pairs to queue. A lead that waits for another run is routed after that run."""
    going = [(move, where) for move in moves if _is_done_with(move.after) and (where := goes(move.after)) is not Goes.NOWHERE]
    of_campaign: dict[int, list[Route]] = defaultdict(list)
    for route in routes:
        if route.is_open:
            of_campaign[route.campaign_id].append(route)
    asking = {campaign_id for campaign_id, of_it in of_campaign.items() if any(route.asks for route in of_it)}
    read = routing.scored([move.lead_id for move, _ in going if move.campaign_id in asking]) if asking else {}
    return [
        (move.lead_id, route.job_id)
        for move, where in going
        for route in routing.chosen(of_campaign[move.campaign_id], read.get(move.lead_id, UNREAD))
        if where is Goes.ANYWHERE or route.takes_tests
    ]


def _is_done_with(lead: Axes) -> bool:
    return lead.processr_status == ProcessrStatus.COMPLETE


def _queue_chosen(moves: Iterable[Move], routes: Iterable[Route], job_ids: Collection[int]) -> list[Route]:
    """Queue deliveries to the integrations that a user chose, whatever their routing, also where the lead was sent before (decision 8).

    An integration is used for the leads of its own campaign only.
    """
    named = [route for route in routes if route.is_open and route.job_id in job_ids]
    valid = [move for move in moves if goes(move.after) is Goes.ANYWHERE]
    pairs = [(move.lead_id, route.job_id) for move in valid for route in named if route.campaign_id == move.campaign_id]
    if pairs:
        _execute(_WITHDRAW_STUCK, _columns(pairs))
    return _queue(pairs, named, anew=True)


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
