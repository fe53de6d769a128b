"""The schedule as a value, as JSON and in words."""

import json
from datetime import UTC, date, time

import pytest
from hypothesis import given

from config.core.errors import DomainError
from config.core.schedule import NamedDay, Nth, NthWeekday, Schedule, ScheduleKind, Weekday, describe, describe_briefly
from tests.core.schedule.schedules import schedules

WEEKLY = {"kind": "weekly", "weekdays": ["monday", "thursday"], "times": ["09:00", "14:30"], "zone": "Europe/London"}
MONTHLY = {"kind": "monthly", "day": 15, "times": ["09:00"], "zone": "Europe/London"}
DAILY = {"kind": "daily", "times": ["09:00"], "zone": "Europe/London"}


@given(schedule=schedules())
def test_a_schedule_survives_its_row(schedule):
    document = schedule.to_json()
    assert Schedule.from_json(json.loads(json.dumps(document))) == schedule
    assert Schedule.from_json(document).to_json() == document


def test_the_row_is_written_in_one_form():
    assert Schedule.from_json({**WEEKLY, "every": 2, "start": "2027-01-04"}).to_json() == {
        "kind": "weekly", "every": 2, "weekdays": ["monday", "thursday"], "times": ["09:00", "14:30"], "zone": "Europe/London", "start": "2027-01-04",
    }  # fmt: skip
    assert Schedule.from_json(DAILY).to_json() == {"kind": "daily", "every": 1, "times": ["09:00"], "zone": "Europe/London"}
    last_friday = {**MONTHLY, "every": 1, "day": {"nth": "last", "weekday": "friday"}}
    assert Schedule.from_json(last_friday).to_json() == last_friday
    assert Schedule.from_json({**MONTHLY, "day": "last_working_day"}).to_json()["day"] == "last_working_day"


@pytest.mark.parametrize(
    ("document", "spelling"),
    [
        (DAILY, {"times": ["9:00"]}), (DAILY, {"times": ["09:00:00"]}), (DAILY, {"times": ["9:00:00"]}), (DAILY, {"zone": "europe/LONDON"}), (DAILY, {"kind": "Daily"}),
        (DAILY, {"every": 1}), (WEEKLY, {"times": ["14:30", "09:00"]}), (WEEKLY, {"weekdays": ["Mon", "THU"]}), (WEEKLY, {"weekdays": [1, 4]}),
        (WEEKLY, {"weekdays": ["4", "1"]}), (WEEKLY, {"weekdays": ["Thursday", "MONDAY"]}),
    ],
)  # fmt: skip
def test_other_spellings_are_the_same_schedule(document, spelling):
    assert Schedule.from_json({**document, **spelling}) == Schedule.from_json(document)


def test_midnight_and_the_last_minute_are_times_of_day():
    assert Schedule.from_json({**DAILY, "times": ["23:59", "0:00"]}).times == (time(0), time(23, 59))


@pytest.mark.parametrize(
    ("document", "wrong", "field"),
    [
        *((DAILY, {"times": [text]}, "times") for text in (
            "9:5", "24:00", "09.00", "9am", "0900", "9", "", " 09:00", "09:00 ", "09:00\n", "09:60", "009:00", "-1:00", "09:00:01", "09:00:00.0", "09:00+01:00",
            "09:00Z", "٠٩:٠٠", 9, 9.0, None, True, ["09:00"],
        )),
        (DAILY, {"times": []}, "times"), (DAILY, {"times": "09:00"}, "times"), (DAILY, {"times": None}, "times"), (DAILY, {"times": {"09:00": 1}}, "times"),
        (DAILY, {"times": ["09:00", "09:00"]}, "times"), (DAILY, {"times": ["09:00", "9:00"]}, "times"), (DAILY, {"times": ["09:00", "14:30", "09:00:00"]}, "times"),
        *((DAILY, {"zone": zone}, "zone") for zone in ("", "London", "Europe/Londn", "Europe/London ", "../../etc/passwd", "localtime", "Factory", "+01:00", None, 1, ["UTC"])),
        *((DAILY, {"kind": kind}, "kind") for kind in ("", "hourly", "days", None, 1, True, ["daily"], {})),
        *((DAILY, {"every": every, "start": "2027-01-04"}, "every") for every in (0, -1, 366, 1.0, 2.5, "2", True, None, [])),
        (WEEKLY, {"every": 53, "start": "2027-01-04"}, "every"), (MONTHLY, {"every": 13, "start": "2027-01-04"}, "every"),
        (DAILY, {"every": 2}, "start"), (WEEKLY, {"every": 2}, "start"), (MONTHLY, {"every": 2}, "start"),
        *((DAILY, {"start": start}, "start") for start in (
            "", "2027-02-29", "2027-1-4", "20270104", "2027-W01-1", "04/01/2027", "2027-01-04T00:00", "1999-12-31", "2101-01-01", "9999-12-31", None, 20270104,
        )),
        (WEEKLY, {"weekdays": []}, "weekdays"), (WEEKLY, {"weekdays": "monday"}, "weekdays"), (WEEKLY, {"weekdays": None}, "weekdays"),
        *((WEEKLY, {"weekdays": [day]}, "weekdays") for day in (0, 8, -1, 1.0, "m", "montag", "", "01", True, None, [1])),
        *((WEEKLY, {"weekdays": days}, "weekdays") for days in (["monday", "monday"], ["monday", "Mon"], [1, "monday"])),
        (DAILY, {"weekdays": ["monday"]}, "weekdays"), (MONTHLY, {"weekdays": [1]}, "weekdays"),
        (DAILY, {"day": 1}, "day"), (WEEKLY, {"day": "last_day"}, "day"),
        *((MONTHLY, {"day": day}, "day") for day in (
            0, 32, -1, 1.0, "15", "", "last", "last day", True, None, [15], {}, {"nth": "second"}, {"weekday": "monday"}, {"nth": "fifth", "weekday": "monday"},
            {"nth": 2, "weekday": "monday"}, {"nth": "second", "weekday": "day"}, {"nth": "second", "weekday": "monday", "hour": 9}, {"nth": ["last"], "weekday": 1},
        )),
        (DAILY, {"quantity": 500}, "schedule"), (DAILY, {"Times": ["10:00"]}, "schedule"), (DAILY, {1: 2}, "schedule"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_by_the_name_of_its_part(document, wrong, field):
    with pytest.raises(DomainError) as refusal:
        Schedule.from_json({**document, **wrong})
    assert refusal.value.field == field


@pytest.mark.parametrize(("document", "part"), [(DAILY, "kind"), (DAILY, "times"), (DAILY, "zone"), (WEEKLY, "weekdays"), (MONTHLY, "day")])
def test_a_part_that_is_missing_is_named(document, part):
    with pytest.raises(DomainError) as refusal:
        Schedule.from_json({key: value for key, value in document.items() if key != part})
    assert refusal.value.field == part


@pytest.mark.parametrize("document", [None, [], "daily", 1, True])
def test_a_schedule_is_an_object(document):
    with pytest.raises(DomainError) as refusal:
        Schedule.from_json(document)
    assert refusal.value.field == "schedule"


def test_a_refusal_shows_the_beginning_of_a_long_text():
    with pytest.raises(DomainError) as refusal:
        Schedule.from_json({**DAILY, "times": ["9" * 1_000_000]})
    assert len(refusal.value.message) < 200


@pytest.mark.parametrize("at", [time(9, 0, 30), time(9, 0, 0, 1), time(9, tzinfo=UTC)])
def test_a_schedule_made_in_code_is_checked_as_well(at):
    with pytest.raises(DomainError) as refusal:
        Schedule(kind=ScheduleKind.DAILY, times=(at,), zone="UTC")
    assert refusal.value.field == "times"


def test_the_second_of_two_equal_times_of_day_cannot_be_chosen():
    assert Schedule(kind=ScheduleKind.DAILY, times=(time(1, 30, fold=1),), zone="Europe/London").times[0].fold == 0


@pytest.mark.parametrize(
    ("parts", "sentence", "brief"),
    [
        ({"kind": ScheduleKind.DAILY}, "Every day at 09:00 and 14:30, London time", "Every day 09:00, 14:30 (Europe/London)"),
        ({"kind": ScheduleKind.DAILY, "every": 3, "start": date(2027, 1, 4)}, "Every 3 days at 09:00 and 14:30, London time, from 4 January 2027", "Every 3 days 09:00, 14:30 (Europe/London)"),
        ({"kind": ScheduleKind.DAILY, "times": (time(0),), "zone": "UTC"}, "Every day at 00:00, UTC", "Every day 00:00 (UTC)"),
        ({"kind": ScheduleKind.DAILY, "times": (time(6), time(12), time(18)), "zone": "America/Argentina/Buenos_Aires"}, "Every day at 06:00, 12:00 and 18:00, Buenos Aires time", "Every day 06:00, 12:00, 18:00 (America/Argentina/Buenos_Aires)"),
        ({"kind": ScheduleKind.DAILY, "zone": "Etc/GMT+5"}, "Every day at 09:00 and 14:30, Etc/GMT+5", "Every day 09:00, 14:30 (Etc/GMT+5)"),
        ({"kind": ScheduleKind.WEEKLY, "weekdays": tuple(Weekday)[:5], "times": (time(9), time(17))}, "Every week on Monday, Tuesday, Wednesday, Thursday and Friday at 09:00 and 17:00, London time", "Mon–Fri 09:00, 17:00 (Europe/London)"),
        ({"kind": ScheduleKind.WEEKLY, "every": 2, "weekdays": (Weekday.THURSDAY, Weekday.MONDAY), "start": date(2027, 1, 4)}, "Every 2 weeks on Monday and Thursday at 09:00 and 14:30, London time, from 4 January 2027", "Every 2 weeks Mon, Thu 09:00, 14:30 (Europe/London)"),
        ({"kind": ScheduleKind.WEEKLY, "weekdays": tuple(Weekday)[:3] + tuple(Weekday)[5:]}, "Every week on Monday, Tuesday, Wednesday, Saturday and Sunday at 09:00 and 14:30, London time", "Mon–Wed, Sat, Sun 09:00, 14:30 (Europe/London)"),
        ({"kind": ScheduleKind.MONTHLY, "day": 1}, "Every month on the 1st at 09:00 and 14:30, London time", "Every month on the 1st 09:00, 14:30 (Europe/London)"),
        ({"kind": ScheduleKind.MONTHLY, "day": 31}, "Every month on the 31st or the last day of a shorter month at 09:00 and 14:30, London time", "Every month on the 31st 09:00, 14:30 (Europe/London)"),
        ({"kind": ScheduleKind.MONTHLY, "every": 12, "day": NamedDay.LAST_WORKING_DAY, "start": date(2027, 1, 4)}, "Every 12 months on the last working day at 09:00 and 14:30, London time, from 4 January 2027", "Every 12 months on the last working day 09:00, 14:30 (Europe/London)"),
        ({"kind": ScheduleKind.MONTHLY, "day": NthWeekday(Nth.SECOND, Weekday.TUESDAY)}, "Every month on the second Tuesday at 09:00 and 14:30, London time", "Every month on the second Tuesday 09:00, 14:30 (Europe/London)"),
    ],
)  # fmt: skip
def test_a_schedule_reads_as_people_say_it(parts, sentence, brief):
    schedule = Schedule(**{"times": (time(9), time(14, 30)), "zone": "Europe/London", **parts})
    assert (describe(schedule), describe_briefly(schedule)) == (sentence, brief)


@pytest.mark.parametrize(
    ("day", "words"), [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"), (22, "22nd"), (23, "23rd"), (28, "28th"), (30, "30th")]
)  # fmt: skip
def test_days_of_the_month_are_ordinal_numbers(day, words):
    assert f"on the {words} " in describe(Schedule.from_json({**MONTHLY, "day": day}))
