"""The moments at which a schedule is due."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

from config.core.schedule.schedule import DayOfMonth, NamedDay, Nth, NthWeekday, Schedule, ScheduleKind, Weekday

_WORKING_DAYS = range(Weekday.MONDAY, Weekday.FRIDAY + 1)


def next_run(schedule: Schedule, after: datetime) -> datetime:
    """Return the first run time later than `after`, in UTC.

    A local time that does not exist, because clocks go forward, is due at the next minute that does; one that comes twice is due the first
    time (decision 54). Local times that fall on one moment are due once.
    """
    return upcoming(schedule, after, 1)[0]


def upcoming(schedule: Schedule, after: datetime, number: int) -> list[datetime]:
    """Return the next run times later than `after`, in UTC, earliest first."""
    if after.tzinfo is None:
        raise ValueError("`after` must be aware: without a zone it is no moment.")
    return list(islice(_run_times(schedule, after), number))


def _run_times(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    zone = ZoneInfo(schedule.zone)
    previous = after.astimezone(UTC)
    # Local and UTC order agree, so no local day before that of `after` can have a later run time.
    for day in _days(schedule, since=after.astimezone(zone).date()):
        for at in schedule.times:
            moment = moment_of(datetime.combine(day, at), zone)
            if moment > previous:
                yield moment
                previous = moment


def moment_of(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC at which the clocks of the zone first show this time or, if they skip it, the next minute."""
    before, after = (local.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    skipped = max(after - before, timedelta())

    def exists(minutes: int) -> bool:
        later = (local + timedelta(minutes=minutes)).replace(tzinfo=zone)
        return later.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == later.replace(tzinfo=None)

    minutes = bisect_left(range(skipped // timedelta(minutes=1)), True, key=exists)
    return (local + timedelta(minutes=minutes)).replace(tzinfo=zone).astimezone(UTC)


def _days(schedule: Schedule, *, since: date) -> Iterator[date]:
    """Yield the days of a schedule from `since` on, in order and without end."""
    since = max(since, schedule.start or since)
    first = _period(schedule.kind, since)
    if schedule.start is not None:
        first += (_period(schedule.kind, schedule.start) - first) % schedule.every
    for period in count(first, schedule.every):
        for day in _days_of_period(schedule, period):
            if day >= since:
                yield day


def _period(kind: ScheduleKind, day: date) -> int:
    """Return the number of the day, week or month that this day lies in."""
    if kind == ScheduleKind.MONTHLY:
        return day.year * 12 + day.month - 1
    # Day 1 of Python's calendar is a Monday.
    return day.toordinal() if kind == ScheduleKind.DAILY else (day.toordinal() - 1) // 7


def _days_of_period(schedule: Schedule, period: int) -> list[date]:
    if schedule.kind == ScheduleKind.DAILY:
        return [date.fromordinal(period)]
    if schedule.kind == ScheduleKind.WEEKLY:
        return [date.fromordinal(period * 7 + weekday) for weekday in schedule.weekdays]
    assert schedule.day is not None, "a monthly schedule has its day"
    year, months = divmod(period, 12)
    return [_day_in_month(schedule.day, date(year, months + 1, 1))]


def _day_in_month(day: DayOfMonth, first: date) -> date:
    """Return the day in the month that begins on `first`."""
    days = [first.replace(day=number) for number in range(1, monthrange(first.year, first.month)[1] + 1)]
    if isinstance(day, int):
        return days[min(day, len(days)) - 1]
    if isinstance(day, NthWeekday):
        days = [each for each in days if each.isoweekday() == day.weekday]
        return days[-1] if day.nth == Nth.LAST else days[list(Nth).index(day.nth)]
    if day in (NamedDay.FIRST_WORKING_DAY, NamedDay.LAST_WORKING_DAY):
        days = [each for each in days if each.isoweekday() in _WORKING_DAYS]
    return days[0] if day in (NamedDay.FIRST_DAY, NamedDay.FIRST_WORKING_DAY) else days[-1]
