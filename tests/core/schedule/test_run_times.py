"""Run times of schedules: recurring days, and local times that clock changes skip or repeat (decision 54)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, pairwise, product, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from config.core.schedule import NamedDay, Nth, NthWeekday, Schedule, ScheduleKind, Weekday, next_run, run_times, upcoming
from tests.core.schedule.schedules import ZONES, schedules

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MORNING = time(9)
# The first minutes after a change of clocks, in UTC. India has none: a moment of another zone stands in.
CLOCK_CHANGES = {
    "Europe/London": ["2027-03-28 01:00", "2027-10-31 01:00"],
    "America/New_York": ["2027-03-14 07:00", "2027-11-07 06:00"],
    "Australia/Sydney": ["2027-04-03 16:00", "2027-10-02 16:00"],
    "Australia/Lord_Howe": ["2027-04-03 15:00", "2027-10-02 15:30"],
    "America/Sao_Paulo": ["2018-02-18 02:00", "2018-11-04 03:00"],
    "Pacific/Apia": ["2011-09-24 14:00", "2011-12-30 10:00", "2012-03-31 14:00"],
    "Asia/Kolkata": ["2027-03-28 01:00"],
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def in_utc(schedule: Schedule, after: str, number: int) -> list[str]:
    return [f"{run:%Y-%m-%d %H:%M}" for run in upcoming(schedule, utc(after), number)]


def in_local_time(schedule: Schedule, after: str, number: int) -> list[str]:
    return [f"{run.astimezone(ZoneInfo(schedule.zone)):%Y-%m-%d %H:%M}" for run in upcoming(schedule, utc(after), number)]


def daily(*times: time, zone: str = "Europe/London", **parts) -> Schedule:
    return Schedule(kind=ScheduleKind.DAILY, times=times, zone=zone, **parts)


def weekly(*weekdays: Weekday, times=(MORNING,), zone="Europe/London", **parts) -> Schedule:
    return Schedule(kind=ScheduleKind.WEEKLY, weekdays=weekdays, times=times, zone=zone, **parts)


def monthly(day, *, times=(MORNING,), zone="Europe/London", **parts) -> Schedule:
    return Schedule(kind=ScheduleKind.MONTHLY, day=day, times=times, zone=zone, **parts)


# Days, worked out on a calendar: 1 January 2027 is a Friday.


def test_every_day_is_at_the_same_local_time_in_winter_and_in_summer():
    assert in_utc(daily(MORNING), "2027-03-26 09:00", 4) == ["2027-03-27 09:00", "2027-03-28 08:00", "2027-03-29 08:00", "2027-03-30 08:00"]


def test_every_third_day_is_counted_from_the_start():
    schedule = daily(MORNING, time(14, 30), every=3, start=date(2027, 1, 4))
    assert in_local_time(schedule, "2026-11-29 00:00", 3) == ["2027-01-04 09:00", "2027-01-04 14:30", "2027-01-07 09:00"]
    assert in_local_time(schedule, "2027-02-27 10:00", 3) == ["2027-02-27 14:30", "2027-03-02 09:00", "2027-03-02 14:30"]


def test_every_week_is_on_its_weekdays():
    schedule = weekly(Weekday.THURSDAY, Weekday.MONDAY)
    assert in_local_time(schedule, "2027-01-01 12:00", 4) == [
        "2027-01-04 09:00",
        "2027-01-07 09:00",
        "2027-01-11 09:00",
        "2027-01-14 09:00",
    ]


def test_every_second_week_is_the_one_of_the_start_and_the_second_after_it():
    """The start is a Wednesday: the Monday of its week is past, its Sunday is not."""
    schedule = weekly(Weekday.MONDAY, Weekday.SUNDAY, every=2, start=date(2027, 1, 6))
    assert in_local_time(schedule, "2026-01-01 00:00", 4) == [
        "2027-01-10 09:00",
        "2027-01-18 09:00",
        "2027-01-24 09:00",
        "2027-02-01 09:00",
    ]


def test_every_second_week_goes_on_over_the_end_of_a_year_with_53_weeks():
    schedule = weekly(Weekday.MONDAY, every=2, start=date(2026, 12, 14))
    assert in_local_time(schedule, "2026-12-15 00:00", 3) == ["2026-12-28 09:00", "2027-01-11 09:00", "2027-01-25 09:00"]


@pytest.mark.parametrize(
    ("day", "days"),
    [
        (15, ["2027-01-15", "2027-02-15", "2027-03-15", "2027-04-15"]),
        (29, ["2027-01-29", "2027-02-28", "2027-03-29", "2027-04-29"]),
        (31, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        (NamedDay.FIRST_DAY, ["2027-01-01", "2027-02-01", "2027-03-01", "2027-04-01"]),
        (NamedDay.LAST_DAY, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        (NamedDay.LAST_WORKING_DAY, ["2027-01-29", "2027-02-26", "2027-03-31", "2027-04-30"]),
        (NthWeekday(Nth.FIRST, Weekday.MONDAY), ["2027-01-04", "2027-02-01", "2027-03-01", "2027-04-05"]),
        (NthWeekday(Nth.SECOND, Weekday.TUESDAY), ["2027-01-12", "2027-02-09", "2027-03-09", "2027-04-13"]),
        (NthWeekday(Nth.THIRD, Weekday.WEDNESDAY), ["2027-01-20", "2027-02-17", "2027-03-17", "2027-04-21"]),
        (NthWeekday(Nth.FOURTH, Weekday.THURSDAY), ["2027-01-28", "2027-02-25", "2027-03-25", "2027-04-22"]),
        (NthWeekday(Nth.LAST, Weekday.FRIDAY), ["2027-01-29", "2027-02-26", "2027-03-26", "2027-04-30"]),
    ],
)  # fmt: skip
def test_every_month_has_its_day(day, days):
    assert in_local_time(monthly(day), "2026-12-31 12:00", 4) == [f"{each} 09:00" for each in days]


def test_the_first_working_day_is_no_saturday_and_no_sunday():
    """1 May 2027 is a Saturday, 1 August a Sunday."""
    runs = in_local_time(monthly(NamedDay.FIRST_WORKING_DAY), "2027-04-15 00:00", 4)
    assert runs == ["2027-05-03 09:00", "2027-06-01 09:00", "2027-07-01 09:00", "2027-08-02 09:00"]


def test_every_third_month_is_counted_from_the_month_of_the_start():
    """15 January is before the start, so that April is the first."""
    schedule = monthly(15, every=3, start=date(2027, 1, 20))
    assert in_local_time(schedule, "2026-11-29 00:00", 3) == ["2027-04-15 09:00", "2027-07-15 09:00", "2027-10-15 09:00"]


def test_the_31st_of_every_twelfth_month_from_a_february_is_the_last_of_february():
    schedule = monthly(31, every=12, start=date(2027, 2, 1))
    assert in_local_time(schedule, "2027-01-31 00:00", 3) == ["2027-02-28 09:00", "2028-02-29 09:00", "2029-02-28 09:00"]


def test_the_run_time_itself_is_past():
    schedule = daily(MORNING)
    assert in_utc(schedule, "2027-01-05 08:59", 1) == ["2027-01-05 09:00"]
    assert next_run(schedule, utc("2027-01-05 08:59:59.999999")) == utc("2027-01-05 09:00")
    assert in_utc(schedule, "2027-01-05 09:00", 1) == ["2027-01-06 09:00"]


def test_a_moment_may_be_given_in_any_zone_but_not_without_one():
    schedule = daily(MORNING)
    assert next_run(schedule, datetime(2027, 1, 5, 17, 59, tzinfo=ZoneInfo("Asia/Tokyo"))) == utc("2027-01-05 09:00")
    with pytest.raises(ValueError, match="aware"):
        next_run(schedule, datetime(2027, 1, 5))


def test_the_local_day_counts_and_not_the_day_in_utc():
    """Monday 08:00 in Auckland is Sunday in UTC."""
    schedule = weekly(Weekday.MONDAY, times=(time(8),), zone="Pacific/Auckland")
    assert in_utc(schedule, "2027-06-01 00:00", 2) == ["2027-06-06 20:00", "2027-06-13 20:00"]


@pytest.mark.parametrize(
    "schedule", [daily(MORNING, every=7, start=date(2000, 1, 1)), weekly(Weekday.MONDAY, every=5, start=date(2000, 1, 1)), monthly(31, every=12, start=date(2000, 2, 1))]
)  # fmt: skip
def test_the_work_does_not_grow_with_the_time_since_the_start(schedule, monkeypatch):
    looked_at = []
    days_of_period = run_times._days_of_period
    monkeypatch.setattr(run_times, "_days_of_period", lambda *args: looked_at.append(args) or days_of_period(*args))
    assert next_run(schedule, utc("7000-01-01 00:00")) > utc("7000-01-01 00:00")
    assert len(looked_at) <= 3


# Clock changes.


@pytest.mark.parametrize(
    ("zone", "times", "after", "runs"),
    [
        ("Europe/London", [time(1, 30)], "2027-03-27 12:00", ["2027-03-28 01:00", "2027-03-29 00:30"]),
        ("America/New_York", [time(2, 30)], "2027-03-13 12:00", ["2027-03-14 07:00", "2027-03-15 06:30"]),
        ("Australia/Sydney", [time(2, 59)], "2027-10-02 12:00", ["2027-10-02 16:00", "2027-10-03 15:59"]),
        ("Australia/Lord_Howe", [time(2, 15)], "2027-10-02 12:00", ["2027-10-02 15:30", "2027-10-03 15:15"]),
        ("America/Sao_Paulo", [time(0)], "2018-11-03 12:00", ["2018-11-04 03:00", "2018-11-05 02:00"]),
        ("Pacific/Apia", [MORNING], "2011-12-29 20:00", ["2011-12-30 10:00", "2011-12-30 19:00"]),
    ],
)  # fmt: skip
def test_a_time_that_does_not_exist_is_due_at_the_next_minute_that_does(zone, times, after, runs):
    assert in_utc(daily(*times, zone=zone), after, 2) == runs


@pytest.mark.parametrize(
    ("zone", "at", "after", "runs"),
    [
        ("Europe/London", time(1, 30), "2027-10-30 12:00", ["2027-10-31 00:30", "2027-11-01 01:30"]),
        ("America/New_York", time(1, 0), "2027-11-06 12:00", ["2027-11-07 05:00", "2027-11-08 06:00"]),
        ("Australia/Sydney", time(2, 59), "2027-04-03 12:00", ["2027-04-03 15:59", "2027-04-04 16:59"]),
        ("Australia/Lord_Howe", time(1, 45), "2027-04-03 12:00", ["2027-04-03 14:45", "2027-04-04 15:15"]),
        ("America/Sao_Paulo", time(23, 30), "2018-02-17 12:00", ["2018-02-18 01:30", "2018-02-19 02:30"]),
        ("Pacific/Apia", time(3, 30), "2012-03-31 10:00", ["2012-03-31 13:30", "2012-04-01 14:30"]),
    ],
)  # fmt: skip
def test_a_time_that_comes_twice_is_due_the_first_time_only(zone, at, after, runs):
    schedule = daily(at, zone=zone)
    assert in_utc(schedule, after, 2) == runs
    between = utc(runs[0]) + timedelta(minutes=15)
    assert in_utc(schedule, f"{between:%Y-%m-%d %H:%M}", 1) == runs[1:]


def test_times_that_fall_on_one_moment_are_due_once():
    schedule = daily(time(1), time(1, 59), time(2), time(2, 1))
    assert in_utc(schedule, "2027-03-27 12:00", 3) == ["2027-03-28 01:00", "2027-03-28 01:01", "2027-03-29 00:00"]


def test_a_day_that_a_zone_left_out_is_due_when_the_next_one_begins():
    """Samoa had no 30 December 2011, a Friday."""
    assert in_local_time(weekly(Weekday.FRIDAY, times=(MORNING, time(17)), zone="Pacific/Apia"), "2011-12-25 00:00", 2) == [
        "2011-12-31 00:00",
        "2012-01-06 09:00",
    ]
    assert in_local_time(monthly(30, zone="Pacific/Apia"), "2011-12-25 00:00", 2) == ["2011-12-31 00:00", "2012-01-30 09:00"]


@pytest.mark.parametrize(
    ("changed", "run"),
    [
        (daily(time(9, 29)), "2027-01-06 09:29"),
        (daily(time(9, 30)), "2027-01-06 09:30"),
        (daily(time(9, 31)), "2027-01-05 09:31"),
        (daily(MORNING, zone="Asia/Tokyo"), "2027-01-06 00:00"),
        (daily(MORNING, zone="America/New_York"), "2027-01-05 14:00"),
    ],
)
def test_changing_times_or_zone_makes_a_schedule_never_due_at_once(changed, run):
    assert in_utc(changed, "2027-01-05 09:30", 1) == [run]


# Properties.


def days_by_dateutil(schedule: Schedule, since: date) -> Iterator[date]:
    """Return the days of a schedule from `since` on, as dateutil's recurrences say."""
    midnight = datetime.combine(schedule.start or since - 400 * DAY, time())
    day, workdays = schedule.day, (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR)
    if schedule.kind == ScheduleKind.DAILY:
        rule = rrule.rrule(rrule.DAILY, dtstart=midnight, interval=schedule.every)
    elif schedule.kind == ScheduleKind.WEEKLY:
        rule = rrule.rrule(
            rrule.WEEKLY, dtstart=midnight, interval=schedule.every, wkst=rrule.MO, byweekday=[rrule.weekday(day - 1) for day in schedule.weekdays]
        )  # fmt: skip
    else:
        if isinstance(day, NthWeekday):
            number = {Nth.FIRST: 1, Nth.SECOND: 2, Nth.THIRD: 3, Nth.FOURTH: 4, Nth.LAST: -1}[day.nth]
            parts = {"byweekday": rrule.weekday(day.weekday - 1)(number)}
        elif isinstance(day, int):
            parts = {"bymonthday": range(min(day, 28), day + 1), "bysetpos": -1}
        else:
            parts = {
                NamedDay.FIRST_DAY: {"bymonthday": 1},
                NamedDay.LAST_DAY: {"bymonthday": -1},
                NamedDay.FIRST_WORKING_DAY: {"byweekday": workdays, "bysetpos": 1},
                NamedDay.LAST_WORKING_DAY: {"byweekday": workdays, "bysetpos": -1},
            }[day]
        rule = rrule.rrule(rrule.MONTHLY, dtstart=midnight, interval=schedule.every, **parts)
    return (found.date() for found in rule.xafter(datetime.combine(since, time()), inc=True))


@cache
def first_shown(zone: str, change: str) -> dict[datetime, datetime]:
    """Watch a clock from two days before a change to two days after it.

    Return the minute at which it shows each local time for the first time or, for those that it leaves out, the minute at which it does so.
    """
    minute, latest, shown = utc(change) - 2 * DAY, None, {}
    while minute < utc(change) + 2 * DAY:
        local = minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        latest = latest or local - MINUTE
        while latest < local:
            latest += MINUTE
            shown[latest] = minute
        minute += MINUTE
    return shown


@pytest.mark.parametrize("zone", ZONES)
@given(choices=st.data())
def test_a_schedule_is_due_when_a_clock_on_the_wall_says_so(zone, choices):
    change = choices.draw(st.sampled_from(CLOCK_CHANGES[zone]))
    first_day = utc(change).date() - 4 * DAY
    starts = st.dates(first_day - 7 * DAY, first_day + 6 * DAY)
    schedule = choices.draw(
        schedules(zone=zone, starts=starts, kinds=[ScheduleKind.DAILY, ScheduleKind.WEEKLY, ScheduleKind.DAILY, ScheduleKind.MONTHLY])
    )
    days = set(takewhile(lambda day: day < first_day + 9 * DAY, days_by_dateutil(schedule, first_day)))
    shown = first_shown(zone, change)
    after = utc(change) + choices.draw(st.integers(-2 * 24 * 60, 2 * 24 * 60 - 1)) * MINUTE
    local_times = [datetime.combine(day, at) for day, at in product(days, schedule.times)]
    due = sorted({shown[local] for local in local_times if local in shown and shown[local] > after})
    assert list(takewhile(lambda run: run < utc(change) + 2 * DAY, upcoming(schedule, after, len(due) + 1))) == due


@pytest.mark.parametrize("zone", ZONES)
@given(choices=st.data())
def test_run_times_increase_and_are_local_times_of_the_schedule_or_the_end_of_a_gap(zone, choices):
    schedule = choices.draw(schedules(zone=zone))
    after = choices.draw(st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
    runs = upcoming(schedule, after, 40)
    assert all(earlier < later for earlier, later in pairwise([after, *runs]))
    for run in runs:
        assert run.tzinfo is UTC
        local, minute_before = run.astimezone(ZoneInfo(zone)), (run - MINUTE).astimezone(ZoneInfo(zone))
        gap = local.replace(tzinfo=None) - minute_before.replace(tzinfo=None) - MINUTE
        left_out = [(local - number * MINUTE).time() for number in range(1, gap // MINUTE + 1)]
        assert (local.time() in schedule.times and local.fold == 0) or set(left_out) & set(schedule.times)


@given(schedule=schedules(), after=st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_one_after_the_other_they_are_those_that_are_upcoming(schedule, after):
    runs = upcoming(schedule, after, 8)
    assert [next_run(schedule, previous) for previous in [after, *runs[:-1]]] == runs
    assert upcoming(schedule, after, 0) == []


@pytest.mark.parametrize("kind", ScheduleKind)
@given(choices=st.data())
def test_the_days_are_those_of_another_implementation(kind, choices):
    """By day no clock changes, Samoa's lost one aside: each day of the schedule has all its times."""
    zone = choices.draw(st.sampled_from([zone for zone in ZONES if zone != "Pacific/Apia"]))
    since = choices.draw(st.dates(date(2018, 1, 1), date(2032, 12, 31)))
    by_day = st.builds(time, st.integers(6, 20), st.integers(0, 59))
    schedule = choices.draw(schedules(zone=zone, kinds=[kind], starts=st.dates(since - 800 * DAY, since + 800 * DAY), times=by_day))
    midnight = datetime.combine(since, time(), tzinfo=ZoneInfo(zone))
    runs = [run.astimezone(ZoneInfo(zone)) for run in upcoming(schedule, midnight - MINUTE, 25 * len(schedule.times))]
    days = islice(days_by_dateutil(schedule, since), 25)
    assert [(run.date(), run.time()) for run in runs] == list(product(days, schedule.times))
