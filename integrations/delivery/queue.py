"""Queueing and withdrawing deliveries of leads that change.

This happens in the transaction that changes the leads and holds their locks, with as many statements for two thousand
leads as for one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from django.db import connection

from config.core.database.arrays import array_literal
from integrations import texts
from integrations.delivery import routing
from integrations.delivery.routing import NO_DATA, Route
from integrations.models import UNTIL_RELEASED, Delivery, new_event_id
from leads.signals import Axes, Move
from leads.statuses import CurrentStatus, DeliveryStatus, HoldReason, ProcessrStatus
from processr.models import Job

EXTRAS_KEY = "integrations"
"""The key in the settings of a flag that names the integrations to send to, by job id; in its extras they are by campaign."""
ROUTING_CAUSES = frozenset({"judge", "unflag", "restore"})
"""Causes after which a lead goes to the integrations that its campaign's routing chooses."""
WITHDRAWING_CAUSES = frozenset({"requeue", "mark_undelivered", "mark_delivered"})
"""Causes that withdraw a lead's open deliveries although it is still Valid. *mark_sent*, a sender's own success, is none (decision 38)."""
CHOOSING_CAUSES = frozenset({"flag", "send_again"})
"""Causes after which a lead goes to the integrations that a user chose, also where it was sent before (decision 8)."""
JUDGING_CAUSES = frozenset({"judge", "release"})
"""Causes after which a lead is held over delivery itself, or not at all: no hold before judgement is in the way any more."""
QUEUEING_CAUSES = ROUTING_CAUSES | CHOOSING_CAUSES
CAUSES = QUEUEING_CAUSES | WITHDRAWING_CAUSES | {"delete", "undo", "release_delivery"}
GOES_ON: Mapping[str, Callable[[str], str]] = {
    Delivery.State.SENDING: texts.goes_on,
    Delivery.State.IN_FILE: texts.goes_on_in_file,
}
"""The words for deliveries that a change of their lead leaves alone: somebody else decides their end."""

Pair = tuple[int, int]
"""Lead id and job id."""


class Eligibility(Enum):
    """The integrations that a lead may be sent to: none, those that accept tests, or all."""

    NONE = "none"
    TESTS = "tests"
    ALL = "all"


def update_deliveries(moves: Sequence[Move], *, cause: str, extras: Mapping[str, Any], action_id: int | None = None) -> list[Route]:
    """Queue and withdraw deliveries. Return the routes that have something new to send."""
    may_wait = any(_waits(move.before) or _waits(move.after) for move in moves)
    if cause not in CAUSES and not may_wait and not _released(moves, cause):
        return []
    routes = routing.routes_of({move.campaign_id for move in moves})
    if not routes:
        return []
    holding = _holding(routes)
    held, released = _held(moves, holding), _released(moves, cause)
    if cause in QUEUEING_CAUSES:
        _execute(_BEGIN, {"campaigns": sorted({route.campaign_id for route in routes})})
    if withdrawn := _withdrawals(moves, routes, cause):
        _execute(_WITHDRAW, {**withdrawn, "action": action_id})
    if undelivered := _undelivered(moves, cause):
        _execute(_TAKE_BACK, {"leads": array_literal(undelivered), "action": action_id})
    due: set[int] = set()
    if held:
        _execute(_HOLD, {"leads": array_literal(held), "until_released": UNTIL_RELEASED})
    if released:
        due |= {job_id for (job_id,) in _execute(_RELEASE, {"leads": array_literal(released), **_delays(routes)})}
    if wanted := _wanted_pairs(moves, routes, cause, extras):
        if cause in CHOOSING_CAUSES:
            _execute(_WITHDRAW_STUCK, {**_columns(wanted), "action": action_id})
        due |= {job_id for (job_id,) in _execute(_QUEUE, {**_queue_parameters(wanted, moves, routes, cause), "action": action_id})}
    _keep_arrivals(moves, cause)
    return [route for route in routes if route.job_id in due]


def preview(moves: Sequence[Move], *, cause: str, extras: Mapping[str, Any]) -> Counter[str]:
    """Return what `update_deliveries` would do, as lines with the numbers of deliveries. Nothing is locked or written."""
    routes = routing.routes_of({move.campaign_id for move in moves}) if cause in CAUSES else []
    lines: Counter[str] = Counter()
    if not routes:
        return lines
    if withdrawn := _withdrawals(moves, routes, cause):
        lines.update({texts.withdrawn(label): n for label, n in _execute(_COUNT_WITHDRAWN, withdrawn)})
        for label, state, n in _execute(_COUNT_GOING_ON, withdrawn):
            lines[GOES_ON[state](label)] += n
    if undelivered := _undelivered(moves, cause):
        lines.update({texts.taken_back(label): n for label, n in _execute(_COUNT_TAKEN_BACK, {"leads": array_literal(undelivered)})})
    if wanted := _wanted_pairs(moves, routes, cause, extras):
        for label, queued, again, held in _execute(_COUNT_QUEUED, _queue_parameters(wanted, moves, routes, cause)):
            lines.update({texts.queued(label): queued, texts.queued_again(label): again, texts.queued_held(label): held})
    if released := _released(moves, cause):
        lines.update({texts.released(label): n for label, n in _execute(_COUNT_RELEASED, {"leads": array_literal(released)})})
    return +lines


def undo(lead_ids: Sequence[int], action_id: int) -> dict[int, str]:
    """Take back what a bulk action did to the deliveries of leads that are as before it.

    What it withdrew goes back into its round, what it queued and was not sent is withdrawn, and what it took back counts
    again. Return the integrations that have something to send again, with their types.
    """
    rows = _execute(_UNDO, {"leads": array_literal(lead_ids), "action": action_id, "until_released": UNTIL_RELEASED})
    return {job_id: job_type for job_id, job_type, state in rows if state == Delivery.State.QUEUED}


def preview_undo(lead_ids: Sequence[int], action_id: int) -> Counter[str]:
    words = {Delivery.State.WITHDRAWN: texts.queued, Delivery.State.SENT: texts.counts_again}
    rows = _execute(_COUNT_UNDONE, {"leads": array_literal(lead_ids), "action": action_id})
    lines: Counter[str] = Counter()
    for label, state, n in rows:
        lines[words.get(state, texts.withdrawn)(label)] += n
    return lines


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


def waits_with_lead(lead: Axes, job: Job) -> bool:
    """Return whether what goes back into the queue waits for the release of its lead."""
    return _is_held(lead) or (lead.is_over_before_judgement and job.campaign.hold_over_delivery)


def _withdrawals(moves: Iterable[Move], routes: Iterable[Route], cause: str) -> dict[str, Any]:
    """Return the leads whose open deliveries are withdrawn, as parameters; empty if there are none.

    A delivery that is being sent, or in a file, is left alone: its sender decides its end.
    """
    leads: dict[int, bool] = {}
    for move in moves:
        eligible = Eligibility.NONE if cause in WITHDRAWING_CAUSES else eligibility(move.after)
        # A lead that was never processed or flagged has no deliveries: in a live campaign those are most leads.
        if eligible is not Eligibility.ALL and move.before.current_status != CurrentStatus.PENDING:
            leads[move.lead_id] = eligible is Eligibility.TESTS
    jobs_for_tests = [route.job_id for route in routes if route.accepts_tests]
    return {"leads": array_literal(leads), "as_tests": array_literal(leads.values()), "jobs_for_tests": jobs_for_tests} if leads else {}


def _holding(routes: Iterable[Route]) -> set[int]:
    """Return the campaigns that hold leads over delivery."""
    return {route.campaign_id for route in routes if route.holds_over_delivery}


def _held(moves: Iterable[Move], holding: Collection[int]) -> list[int]:
    """Return the leads whose deliveries wait from now on. Somebody may have queued some of them before."""
    return [move.lead_id for move in moves if _must_wait(move, move.after, holding) and not _must_wait(move, move.before, holding)]


def _released(moves: Iterable[Move], cause: str) -> list[int]:
    """Return the leads whose held deliveries are due now, as nothing holds the leads any more.

    Their deliveries waited before, or they were processed again: a hold before judgement has then taken the place of theirs.
    """
    return [
        move.lead_id
        for move in moves
        if eligibility(move.after) is not Eligibility.NONE
        and not _waits(move.after)
        and (_waits(move.before) or (cause in JUDGING_CAUSES and move.before.current_status == CurrentStatus.VALID))
    ]


def _is_held(lead: Axes) -> bool:
    return lead.hold_reason == HoldReason.OVER_DELIVERY


def _waits(lead: Axes) -> bool:
    """Return whether deliveries of the lead wait for its release, if its campaign holds over delivery."""
    return _is_held(lead) or lead.is_over_before_judgement


def _must_wait(move: Move, lead: Axes, holding: Collection[int]) -> bool:
    """Return whether deliveries of the lead wait: it is held, or will be when its hold before judgement is over (decision 39)."""
    return _is_held(lead) or (lead.is_over_before_judgement and move.campaign_id in holding)


def _keep_arrivals(moves: Iterable[Move], cause: str) -> None:
    """Keep the marks of deliveries that arrived while their lead could not be delivered: none where it is delivered now.

    An undo that takes such a delivery back from the lead marks it again.
    """
    settled, unsettled = [], []
    for move in moves:
        was, now = (eligibility(lead) is not Eligibility.NONE for lead in (move.before, move.after))
        if now and not was and move.after.delivery_status == DeliveryStatus.DELIVERED:
            settled.append(move.lead_id)
        if cause == "undo" and was and not now and move.before.delivery_status != move.after.delivery_status:
            unsettled.append(move.lead_id)
    if settled:
        _execute(_SETTLE_ARRIVALS, {"leads": array_literal(settled)})
    if unsettled:
        _execute(_MARK_ARRIVALS, {"leads": array_literal(unsettled)})


def _undelivered(moves: Iterable[Move], cause: str) -> list[int]:
    """Return the leads whose sent deliveries no longer count. An undo of *Mark as Delivered* leaves them as that found them."""
    if cause == "undo":
        return []
    return [
        move.lead_id
        for move in moves
        if move.before.delivery_status == DeliveryStatus.DELIVERED and move.after.delivery_status == DeliveryStatus.NOT_DELIVERED
    ]


def _wanted_pairs(moves: Sequence[Move], routes: Sequence[Route], cause: str, extras: Mapping[str, Any]) -> list[Pair]:
    """Return the pairs to queue: by the choice of a user who flags, or else by routing."""
    if cause in CHOOSING_CAUSES:
        return _chosen_pairs(moves, routes, extras.get(EXTRAS_KEY, {}))
    return _routed_pairs(moves, routes) if cause in ROUTING_CAUSES else []


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


def _chosen_pairs(moves: Iterable[Move], routes: Iterable[Route], by_campaign: Mapping[int, Collection[int]]) -> list[Pair]:
    """Return the pairs of the integrations that a user chose, whatever their routing, also where the lead was sent before (decision 8).

    An integration is used for the leads of its own campaign only.
    """
    chosen = [route for route in routes if route.is_open and route.job_id in by_campaign.get(route.campaign_id, ())]
    valid = [move for move in moves if eligibility(move.after) is Eligibility.ALL]
    return [(move.lead_id, route.job_id) for move in valid for route in chosen if route.campaign_id == move.campaign_id]


def _queue_parameters(pairs: Sequence[Pair], moves: Iterable[Move], routes: Sequence[Route], cause: str) -> dict[str, Any]:
    """Return the parameters of new rounds. With `anew` there is one also where a sent delivery still counts."""
    holding = _holding(routes)
    held = {move.lead_id for move in moves if _must_wait(move, move.after, holding)}
    delays = {route.job_id: route.wait_minutes for route in routes}
    return {
        **_columns(pairs),
        "event_ids": [new_event_id() for _ in pairs],
        "held": array_literal(lead_id in held for lead_id, _ in pairs),
        "delays": array_literal(delays[job_id] for _, job_id in pairs),
        "until_released": UNTIL_RELEASED,
        "anew": cause in CHOOSING_CAUSES,
    }


def _delays(routes: Iterable[Route]) -> dict[str, Any]:
    delays = {route.job_id: route.wait_minutes for route in routes if route.wait_minutes}
    return {"delayed": array_literal(delays), "delays": array_literal(delays.values())}


def _columns(pairs: Sequence[Pair]) -> dict[str, Any]:
    leads, jobs = zip(*pairs, strict=True)
    return {"leads": array_literal(leads), "jobs": array_literal(jobs)}


def _execute(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


# Locked after the leads and before any delivery.
_SCOPE = "hashtextextended('integrations of campaign ' || campaign, 0)"
_BEGIN = f"SELECT pg_advisory_xact_lock_shared({_SCOPE}) FROM unnest(%(campaigns)s::bigint[]) AS campaign"  # noqa: S608
_STOP = f"SELECT pg_advisory_xact_lock({_SCOPE}) FROM (SELECT %(campaign)s::bigint AS campaign) AS its"  # noqa: S608
# Deliveries are locked by id, as everywhere. Those that are being sent are never locked here: their senders wait for the leads.
_OPEN = """
    FROM unnest(%(leads)s::bigint[], %(as_tests)s::boolean[]) AS moved (lead_id, as_test)
    JOIN integrations_delivery AS d ON d.lead_id = moved.lead_id AND d.state IN ('queued', 'needs_person')
    WHERE NOT moved.as_test OR NOT d.job_id = ANY(%(jobs_for_tests)s::bigint[])
"""
_COUNTING = "FROM integrations_delivery AS d WHERE d.lead_id = ANY(%(leads)s) AND d.state = 'sent' AND d.taken_back_at IS NULL"
# A delivery that needs a person is withdrawn before its lead is sent anew, so that it is not in the way. One that arrived while its
# lead was not Valid counts from now on: it is not sent a second time (decision 34).
_WANTED = """
    FROM unnest(
        %(leads)s::bigint[], %(jobs)s::bigint[], %(event_ids)s::text[], %(held)s::boolean[], %(delays)s::int[]
    ) AS wanted (lead_id, job_id, event_id, held, delay)
    CROSS JOIN LATERAL (
        SELECT max(d.round) AS rounds,
               bool_or(d.state IN ('queued', 'sending', 'in_file') OR (d.state = 'needs_person' AND NOT %(anew)s)
                       OR d.arrived_while_not_valid) AS is_open,
               bool_or(d.state = 'sent' AND d.taken_back_at IS NULL) AS arrived
        FROM integrations_delivery AS d WHERE d.lead_id = wanted.lead_id AND d.job_id = wanted.job_id
    ) AS had
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN wanted.held THEN %(until_released)s::timestamptz
            WHEN wanted.delay > 0 THEN greatest(
                statement_timestamp(),
                (SELECT lead.created_at + make_interval(mins => wanted.delay) FROM leads_lead AS lead WHERE lead.id = wanted.lead_id)
            )
        END AS until
    ) AS delayed
    JOIN processr_job AS job ON job.id = wanted.job_id AND job.removed_at IS NULL
    WHERE NOT coalesce(had.is_open, false) AND (%(anew)s OR NOT coalesce(had.arrived, false))
"""
_MOVED_BY_ACTION = """
    FROM integrations_delivery AS d JOIN processr_job AS job ON job.id = d.job_id
    WHERE d.lead_id = ANY(%(leads)s) AND d.action_id = %(action)s AND (
        d.state IN ('queued', 'needs_person')
        OR (d.state = 'sent' AND d.taken_back_at IS NOT NULL)
        OR (d.state = 'withdrawn' AND d.withdrawn_from <> '' AND job.removed_at IS NULL)
    )
"""
_WITHDRAW = f"""
WITH gone AS MATERIALIZED (SELECT d.id {_OPEN} ORDER BY d.id FOR NO KEY UPDATE OF d)
UPDATE integrations_delivery AS d SET withdrawn_from = d.state, state = 'withdrawn', held_for = '', action_id = %(action)s
FROM gone WHERE d.id = gone.id
"""  # noqa: S608
_WITHDRAW_STUCK = """
WITH gone AS MATERIALIZED (
    SELECT d.id FROM unnest(%(leads)s::bigint[], %(jobs)s::bigint[]) AS chosen (lead_id, job_id)
    JOIN integrations_delivery AS d ON d.lead_id = chosen.lead_id AND d.job_id = chosen.job_id AND d.state = 'needs_person'
    ORDER BY d.id FOR NO KEY UPDATE OF d
)
UPDATE integrations_delivery AS d SET withdrawn_from = d.state, state = 'withdrawn', held_for = '', action_id = %(action)s
FROM gone WHERE d.id = gone.id
"""
_TAKE_BACK = f"""
WITH counts AS MATERIALIZED (SELECT d.id {_COUNTING} ORDER BY d.id FOR NO KEY UPDATE OF d)
UPDATE integrations_delivery AS d SET taken_back_at = clock_timestamp(), action_id = %(action)s FROM counts WHERE d.id = counts.id
"""  # noqa: S608
_QUEUE = f"""
WITH added AS (
    INSERT INTO integrations_delivery (lead_id, job_id, event_id, round, state, attempts, answer, action_id, not_before, held_for)
    SELECT wanted.lead_id, wanted.job_id, wanted.event_id, coalesce(had.rounds, 0) + 1, 'queued', 0, '', %(action)s::bigint,
           coalesce(delayed.until, statement_timestamp()),
           CASE WHEN wanted.held THEN 'over_delivery' WHEN delayed.until > statement_timestamp() THEN 'process_delay' ELSE '' END
    {_WANTED}
    ORDER BY wanted.lead_id, wanted.job_id
    RETURNING job_id
)
SELECT DISTINCT job_id FROM added
"""  # noqa: S608
# What is queued already waits with its lead, and what waited with it is due: at once, or when the process delay is over.
_HOLD = """
WITH waiting AS MATERIALIZED (
    SELECT d.id FROM integrations_delivery AS d WHERE d.lead_id = ANY(%(leads)s) AND d.state = 'queued' ORDER BY d.id FOR NO KEY UPDATE OF d
)
UPDATE integrations_delivery AS d SET held_for = 'over_delivery', not_before = %(until_released)s FROM waiting WHERE d.id = waiting.id
"""
_RELEASED = "FROM integrations_delivery AS d WHERE d.lead_id = ANY(%(leads)s) AND d.state = 'queued' AND d.held_for = 'over_delivery'"
_RELEASE = f"""
WITH waiting AS MATERIALIZED (SELECT d.id {_RELEASED} ORDER BY d.id FOR NO KEY UPDATE OF d), due AS (
    SELECT waiting.id, greatest(statement_timestamp(), lead.created_at + make_interval(mins => delayed.delay)) AS at
    FROM waiting JOIN integrations_delivery AS d ON d.id = waiting.id JOIN leads_lead AS lead ON lead.id = d.lead_id
    LEFT JOIN unnest(%(delayed)s::bigint[], %(delays)s::int[]) AS delayed (job_id, delay) ON delayed.job_id = d.job_id
)
UPDATE integrations_delivery AS d SET
    not_before = due.at, held_for = CASE WHEN due.at > statement_timestamp() THEN 'process_delay' ELSE '' END
FROM due WHERE d.id = due.id RETURNING d.job_id
"""  # noqa: S608
_SETTLE_ARRIVALS = """
UPDATE integrations_delivery SET arrived_while_not_valid = false WHERE id IN (
    SELECT d.id FROM integrations_delivery AS d WHERE d.lead_id = ANY(%(leads)s) AND d.arrived_while_not_valid
    ORDER BY d.id FOR NO KEY UPDATE OF d
)
"""
_MARK_ARRIVALS = """
UPDATE integrations_delivery SET arrived_while_not_valid = true WHERE id IN (
    SELECT d.id FROM integrations_delivery AS d WHERE d.lead_id = ANY(%(leads)s) AND d.state = 'sent' AND d.taken_back_at IS NULL
    ORDER BY d.id FOR NO KEY UPDATE OF d
)
"""
# What goes back into the queue of a lead that is held again waits with it. What was held, or waited for the process delay, and whose
# lead is not held any more, is due.
_UNDO = f"""
WITH moved AS MATERIALIZED (
    SELECT d.id, d.state, job.type, d.state = 'withdrawn' AND d.withdrawn_from = 'queued' AS waits, EXISTS (
        SELECT FROM leads_lead AS lead JOIN campaigns_campaign AS campaign ON campaign.id = lead.campaign_id
        WHERE lead.id = d.lead_id AND (lead.hold_reason = 'over_delivery' OR (
            lead.over_allocation AND lead.processr_status = 'held' AND lead.delivery_status <> 'delivered' AND campaign.hold_over_delivery
        ))
    ) AS held {_MOVED_BY_ACTION} ORDER BY d.id FOR NO KEY UPDATE OF d
)
UPDATE integrations_delivery AS d SET
    state = CASE moved.state WHEN 'withdrawn' THEN d.withdrawn_from WHEN 'sent' THEN 'sent' ELSE 'withdrawn' END,
    not_before = CASE
        WHEN moved.waits AND moved.held THEN %(until_released)s
        WHEN moved.waits AND d.not_before = %(until_released)s THEN statement_timestamp()
        ELSE d.not_before
    END,
    held_for = CASE
        WHEN moved.waits AND moved.held THEN 'over_delivery'
        WHEN moved.waits AND d.attempts = 0 AND d.not_before > statement_timestamp() AND d.not_before < %(until_released)s
            THEN 'process_delay'
        ELSE ''
    END,
    taken_back_at = NULL, withdrawn_from = '', action_id = NULL
FROM moved WHERE d.id = moved.id RETURNING d.job_id, moved.type, d.state
"""  # noqa: S608
_BY_JOB = "JOIN processr_job AS job ON job.id = its.job_id GROUP BY job.id, job.label"
_COUNT_WITHDRAWN = f"SELECT job.label, count(*) FROM (SELECT d.job_id {_OPEN}) AS its {_BY_JOB}"  # noqa: S608
_COUNT_GOING_ON = """
SELECT job.label, its.state, count(*) FROM (
    SELECT d.job_id, d.state FROM integrations_delivery AS d WHERE d.lead_id = ANY(%(leads)s) AND d.state IN ('sending', 'in_file')
) AS its JOIN processr_job AS job ON job.id = its.job_id GROUP BY job.id, job.label, its.state
"""
_COUNT_RELEASED = f"SELECT job.label, count(*) FROM (SELECT d.job_id {_RELEASED}) AS its {_BY_JOB}"  # noqa: S608
_COUNT_TAKEN_BACK = f"SELECT job.label, count(*) FROM (SELECT d.job_id {_COUNTING}) AS its {_BY_JOB}"  # noqa: S608
_COUNT_QUEUED = f"""
SELECT job.label, count(*) FILTER (WHERE NOT wanted.held), count(*) FILTER (WHERE had.arrived), count(*) FILTER (WHERE wanted.held)
{_WANTED} GROUP BY job.id, job.label
"""  # noqa: S608
_COUNT_UNDONE = f"SELECT job.label, d.state, count(*) {_MOVED_BY_ACTION} GROUP BY job.id, job.label, d.state"  # noqa: S608
