"""The limits of a destination: calls a minute, delivery hours, and caps of what is sent a day, week and month (decision 46)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import Q, Sum

from config.core import enterprise
from config.core.background.clock import database_now
from integrations.destinations.hours import is_open, next_opening
from integrations.models import Destination, SentCount
from integrations.models.destination import WaitReason

MINUTE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many more calls may begin now; when there is none, until when and why. None is no limit."""

    room: int | None = None
    until: datetime | None = None
    reason: WaitReason = WaitReason.NONE


def allowance(destination: Destination, *, under_way: int) -> Allowance:
    """Return what the limits leave beside the calls that are under way. Only the worker that serves the destination may ask."""
    if not (destination.per_minute or destination.hours or _caps(destination)):
        return Allowance()
    now = database_now()
    local = now.astimezone(enterprise.zone())
    if destination.hours and not is_open(destination.hours, local):
        return Allowance(0, next_opening(destination.hours, local), WaitReason.HOURS)
    left = [_of_caps(destination, local, under_way), _of_the_minute(destination, now, under_way)]
    return min((each for each in left if each.room is not None), key=lambda each: each.room or 0, default=Allowance())


def periods(day: date) -> dict[str, tuple[date, date]]:
    """Return the day, week and month that a day lies in, each with the first day after it."""
    monday, first = day - timedelta(days=day.weekday()), day.replace(day=1)
    next_month = (first + timedelta(days=32)).replace(day=1)
    return {
        "cap_day": (day, day + timedelta(days=1)),
        "cap_week": (monday, monday + timedelta(days=7)),
        "cap_month": (first, next_month),
    }


def sent_in(destination: Destination, day: date) -> dict[str, int]:
    """Return how much was sent in each of the periods that the day lies in."""
    spans = periods(day)
    sums = {name: Sum("n", filter=Q(day__gte=first, day__lt=after), default=0) for name, (first, after) in spans.items()}
    since = min(first for first, _ in spans.values())
    return SentCount.objects.filter(destination=destination, day__gte=since).aggregate(**sums)


_COUNT = """
INSERT INTO integrations_sentcount (destination_id, day, n)
SELECT id, %(day)s, %(n)s FROM integrations_destination WHERE job_id = %(job)s OR id = %(destination)s
ON CONFLICT (destination_id, day) DO UPDATE SET n = integrations_sentcount.n + excluded.n
"""


def count_sent(n: int, now: datetime, *, job_id: int | None = None, destination_id: int | None = None) -> None:
    """Count what was sent, in the transaction that records it."""
    if n:
        day = now.astimezone(enterprise.zone()).date()
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {"day": day, "n": n, "job": job_id, "destination": destination_id})


def _caps(destination: Destination) -> dict[str, int]:
    caps = {name: getattr(destination, name) for name in ("cap_day", "cap_week", "cap_month")}
    return {name: cap for name, cap in caps.items() if cap is not None}


def _of_caps(destination: Destination, local: datetime, under_way: int) -> Allowance:
    caps = _caps(destination)
    if not caps:
        return Allowance()
    sent, spans = sent_in(destination, local.date()), periods(local.date())
    rooms = {name: max(0, cap - sent[name] - under_way) for name, cap in caps.items()}
    room = min(rooms.values())
    ends = [spans[name][1] for name, left in rooms.items() if left == room]
    return Allowance(room, datetime.combine(max(ends), time.min, local.tzinfo), WaitReason.CAP)


_ANSWERED = """
SELECT count(*), min(at) FROM (
    (SELECT answered_at AS at FROM integrations_delivery WHERE job_id = %(job)s AND answered_at > %(since)s
     ORDER BY answered_at LIMIT %(limit)s)
    UNION ALL
    (SELECT answered_at FROM integrations_message WHERE destination_id = %(destination)s AND answered_at > %(since)s
     ORDER BY answered_at LIMIT %(limit)s)
) AS answered
"""


def _of_the_minute(destination: Destination, now: datetime, under_way: int) -> Allowance:
    """Return what is left of any minute: a call that began in the last sixty seconds was answered in them, or is under way."""
    if destination.per_minute is None:
        return Allowance()
    since = now - MINUTE
    parameters = {"job": destination.job_id, "destination": destination.pk, "since": since, "limit": destination.per_minute}
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, parameters)
        answered, first = cursor.fetchone()
    return Allowance(max(0, destination.per_minute - answered - under_way), (first or now) + MINUTE, WaitReason.RATE)
