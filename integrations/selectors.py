"""The selectors of deliveries: every read goes through here, restricted to what the user may see."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from config.core.accounts import roles
from integrations.models import Delivery, DeliveryAction
from processr.models import Event, Job
from processr.selectors import statistics_of

SEES_DELIVERIES = roles.MANAGES_CAMPAIGNS
NEED_CAP, WAITING_CAP = 1_000, 10_000
ATTEMPTS_AT_MOST = 100
LONGEST_TRANSACTION = timedelta(hours=1)
STATES_WITHOUT_INDEX = (Delivery.State.FAILED, Delivery.State.WITHDRAWN, Delivery.State.IN_FILE)
SEARCH_LIMIT = 50_000
"""The number of an integration's newest deliveries that are searched for a state without an index."""


class Count(NamedTuple):
    """A number of rows, counted up to a cap."""

    n: int
    exact: bool = True

    @classmethod
    def capped(cls, n: int, cap: int) -> "Count":
        return cls(n) if n <= cap else cls(cap, exact=False)

    def plus(self, other: "Count") -> "Count":
        return Count(self.n + other.n, self.exact and other.exact)

    def __str__(self) -> str:
        return f"{self.n:,}" if self.exact else f"{self.n:,}+"


@dataclass(frozen=True, slots=True)
class DeliveryHealth:
    """The state of an integration.

    `sent`, `failed` and `errored` count attempts: successful ones, those after which a person was needed, and those
    that were or will be repeated. The other fields are of the last attempt; without one `at` is None.
    """

    sent: int = 0
    failed: int = 0
    errored: int = 0
    waiting: Count = Count(0)
    needs_person: Count = Count(0)
    answer: str = ""
    status: int | None = None
    at: datetime | None = None
    ok: bool = False


class IntegrationInNeed(NamedTuple):
    """An integration with deliveries that need a person."""

    job_id: int
    label: str
    enabled: bool
    campaign_id: int
    campaign: str
    n: Count


class LeadAttempt(NamedTuple):
    """An attempt to deliver a lead, of an integration with this label."""

    pk: UUID
    at: datetime
    outcome: str
    reason: str
    integration: str


def deliveries_for(who: Who) -> QuerySet[Delivery]:
    """Return the deliveries on campaigns that `who` manages. Those of deleted leads are hidden, as the leads are."""
    scope = scope_of(who)
    if who.role not in SEES_DELIVERIES or scope.nothing:
        return Delivery.objects.none()
    deliveries = Delivery.objects.filter(lead__deleted_at=None)
    return deliveries if scope.everything else deliveries.filter(job__campaign__in=Campaign.objects.filter(scope.campaigns()))


def needs_person(who: Who) -> QuerySet[Delivery]:
    return deliveries_for(who).filter(state=Delivery.State.NEEDS_PERSON)


def arrived_while_not_valid(who: Who) -> QuerySet[Delivery]:
    """Return the deliveries that arrived while their lead was not Valid, and that nobody has dismissed (decision 34)."""
    return deliveries_for(who).filter(arrived_while_not_valid=True)


def arrived_count(who: Who) -> Count:
    return Count.capped(arrived_while_not_valid(who).order_by()[: NEED_CAP + 1].count(), NEED_CAP)


def integrations_in_need(who: Who) -> list[IntegrationInNeed]:
    """Return the integrations with deliveries that need a person, by campaign.

    This takes one query, whose cost grows with the number of these integrations alone.
    """
    return [
        IntegrationInNeed(job_id, label, enabled, campaign_id, campaign, Count.capped(n, NEED_CAP))
        for job_id, label, enabled, campaign_id, campaign, n in _rows_in_need(who)
    ]


def needs_person_count(who: Who) -> Count:
    """Return how many deliveries that `who` manages need a person."""
    return Count.capped(sum(row[-1] for row in _rows_in_need(who)), NEED_CAP)


def delivery_actions_for(who: Who) -> QuerySet[DeliveryAction]:
    """Return the runs over deliveries that `who` has begun, or all for who sees everything."""
    if who.role not in SEES_DELIVERIES:
        return DeliveryAction.objects.none()
    actions = DeliveryAction.objects.select_related("started_by")
    return actions if who.role in roles.SEES_EVERYTHING else actions.filter(started_by=who.pk)


def withdrawal_of(job: Job) -> DeliveryAction | None:
    """Return the last run that withdraws the deliveries of a removed integration."""
    return DeliveryAction.objects.filter(type=DeliveryAction.Type.WITHDRAW, filters__integration=job.pk).order_by("-pk").first()


def deliveries_of_integration(who: Who, job_id: int) -> QuerySet[Delivery]:
    return deliveries_for(who).filter(job=job_id)


def search_start(job_id: int) -> int:
    """Return the id after which the newest `SEARCH_LIMIT` deliveries of an integration lie, or 0 if there are no more than those."""
    ids = Delivery.objects.filter(job=job_id).order_by("-pk").values_list("pk", flat=True)
    return ids[SEARCH_LIMIT : SEARCH_LIMIT + 1].first() or 0


def first_since(moment: datetime) -> int:
    """Return an id such that whatever was created at the moment or later has no smaller id.

    It is found by bisection, as ids rise with time. They do so only roughly, because a transaction gives its rows the
    time of its beginning: callers must filter by time as well.
    """
    return _first_created(moment, -LONGEST_TRANSACTION)


def first_after(moment: datetime) -> int:
    """Return an id such that whatever was created before the moment has a smaller one."""
    return _first_created(moment, LONGEST_TRANSACTION)


def _first_created(moment: datetime, shift: timedelta) -> int:
    """Return where the ids of that time begin. The database adds the shift: its calendar goes on where Python's ends."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_CREATED, [moment, shift.total_seconds()])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def attempts_of(delivery: Delivery) -> list[Event]:
    """Return the latest attempts of this round, in chronological order."""
    events = Event.objects.filter(lead_id=delivery.lead_id, kind=Event.Kind.DELIVERY, job_id=delivery.job_id)
    return list(events.filter(source__delivery=delivery.pk).order_by("-pk")[:ATTEMPTS_AT_MOST])[::-1]


def attempts_of_lead(lead_id: int, *, before: UUID | None, limit: int) -> list[LeadAttempt]:
    """Return the newest attempts to deliver the lead, or the newest `before` one of them."""
    events = Event.objects.filter(lead_id=lead_id, kind=Event.Kind.DELIVERY)
    if before:
        events = events.filter(pk__lt=before)
    label = Job.objects.filter(pk=OuterRef("job_id")).order_by().values("label")
    rows = events.order_by("-pk").values_list("pk", "started_at", "outcome", "reason", Subquery(label))
    return [LeadAttempt(*row) for row in rows[:limit]]


def health(job_ids: Collection[int]) -> dict[int, DeliveryHealth]:
    """Return health by job id, in two queries whatever the number of jobs and deliveries."""
    statistics = statistics_of(list(job_ids))
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH, {"jobs": list(job_ids), "waiting": WAITING_CAP + 1, "few": NEED_CAP + 1})
        rows = cursor.fetchall()
    return {
        pk: DeliveryHealth(
            sent=statistics[pk].passed, failed=statistics[pk].failed, errored=statistics[pk].errored,
            waiting=Count.capped(waiting, WAITING_CAP), needs_person=Count.capped(need, NEED_CAP),
            answer=answer or "", status=status, at=at, ok=bool(ok),
        )
        for pk, waiting, need, answer, status, at, ok in rows
    }  # fmt: skip


def open_deliveries(job: Job) -> Count:
    """Return how many deliveries would be withdrawn with the integration: those waiting and those that need a person."""
    state = health([job.pk])[job.pk]
    return state.waiting.plus(state.needs_person)


def _rows_in_need(who: Who) -> list[tuple]:
    scope = scope_of(who)
    if who.role not in SEES_DELIVERIES or scope.nothing:
        return []
    conditions, parameters = scope.sql()
    with connection.cursor() as cursor:
        cursor.execute(_IN_NEED.format(scope="".join(f" AND {condition}" for condition in conditions)), [NEED_CAP + 1, *parameters])
        return list(cursor)


# Jumps along the index from one job to the next, so that a million deliveries of one integration are one step.
JOBS_IN_NEED = """
WITH RECURSIVE found (job_id) AS (
    (SELECT job_id FROM integrations_delivery WHERE state = 'needs_person' ORDER BY job_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.job_id FROM integrations_delivery AS d WHERE d.state = 'needs_person' AND d.job_id > found.job_id
            ORDER BY d.job_id LIMIT 1)
    FROM found WHERE found.job_id IS NOT NULL
)
"""
_IN_NEED = f"""
{JOBS_IN_NEED}
SELECT job.id, job.label, job.enabled, campaign.id, campaign.name, (
    SELECT count(*) FROM (SELECT FROM integrations_delivery AS d WHERE d.state = 'needs_person' AND d.job_id = job.id LIMIT %s) AS few
)
FROM found JOIN processr_job AS job ON job.id = found.job_id JOIN campaigns_campaign AS campaign ON campaign.id = job.campaign_id
WHERE true{{scope}} ORDER BY campaign.id DESC, job.id DESC
"""
_FIRST_CREATED = """
WITH RECURSIVE halved (low, high) AS (
    SELECT min(id), max(id) + 1 FROM integrations_delivery
    UNION ALL
    SELECT CASE WHEN here.is_before THEN middle.id + 1 ELSE low END, CASE WHEN here.is_before THEN high ELSE middle.id END
    FROM halved CROSS JOIN LATERAL (SELECT (low + high) / 2 AS id) AS middle CROSS JOIN LATERAL (
        SELECT d.created_at < %s::timestamptz + make_interval(secs => %s) AS is_before
        FROM integrations_delivery AS d WHERE d.id >= middle.id ORDER BY d.id LIMIT 1
    ) AS here
    WHERE low < high
)
SELECT low FROM halved WHERE low >= high
"""
_HEALTH = """
SELECT job.id,
    (SELECT count(*) FROM (SELECT FROM integrations_delivery AS d WHERE d.state = 'queued' AND d.job_id = job.id LIMIT %(waiting)s) AS w),
    (SELECT count(*) FROM (SELECT FROM integrations_delivery AS d WHERE d.state = 'needs_person' AND d.job_id = job.id LIMIT %(few)s) AS n),
    last.answer, last.status, last.answered_at, last.sent_at IS NOT NULL
FROM unnest(%(jobs)s::bigint[]) AS job (id)
LEFT JOIN LATERAL (
    SELECT d.answer, d.status, d.answered_at, d.sent_at FROM integrations_delivery AS d
    WHERE d.job_id = job.id AND d.answered_at IS NOT NULL ORDER BY d.answered_at DESC LIMIT 1
) AS last ON true
"""
