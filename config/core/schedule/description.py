"""Schedules in plain English, for pages."""

from collections.abc import Sequence
from datetime import time
from itertools import groupby

from config.core.schedule.schedule import DayOfMonth, NamedDay, NthWeekday, Schedule, ScheduleKind, Weekday

_UNITS = {ScheduleKind.DAILY: "day", ScheduleKind.WEEKLY: "week", ScheduleKind.MONTHLY: "month"}


def describe(schedule: Schedule) -> str:
    """Return a sentence such as "Every 2 weeks on Monday and Thursday at 09:00 and 14:30, London time, from 4 January 2027"."""
    days = _every(schedule)
    if schedule.weekdays:
        days += f" on {_listed([day.label for day in schedule.weekdays])}"
    if schedule.day is not None:
        days += f" on the {_day_of_month(schedule.day)}"
    if isinstance(schedule.day, int) and schedule.day > 28:
        days += " or the last day of a shorter month"
    sentence = f"{days} at {_listed(_times(schedule.times))}, {_zone(schedule.zone)}"
    if schedule.start is not None:
        sentence += f", from {schedule.start.day} {schedule.start:%B %Y}"
    return sentence


def describe_briefly(schedule: Schedule) -> str:
    """Return a text for a table's cell, such as "Mon–Fri 09:00, 17:00 (Europe/London)"."""
    days = [] if schedule.kind == ScheduleKind.WEEKLY and schedule.every == 1 else [_every(schedule)]
    if schedule.weekdays:
        days.append(_weekdays_briefly(schedule.weekdays))
    if schedule.day is not None:
        days.append(f"on the {_day_of_month(schedule.day)}")
    return f"{' '.join(days)} {', '.join(_times(schedule.times))} ({schedule.zone})"


def _every(schedule: Schedule) -> str:
    unit = _UNITS[schedule.kind]
    return f"Every {unit}" if schedule.every == 1 else f"Every {schedule.every} {unit}s"


def _times(times: Sequence[time]) -> list[str]:
    return [f"{at:%H:%M}" for at in times]


def _listed(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _day_of_month(day: DayOfMonth) -> str:
    if isinstance(day, NamedDay):
        return day.value.replace("_", " ")
    if isinstance(day, NthWeekday):
        return f"{day.nth} {day.weekday.label}"
    suffix = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _zone(name: str) -> str:
    """Return "London time" for Europe/London. Names without a place, as UTC and Etc/GMT+5, stay as they are."""
    region, _, place = name.rpartition("/")
    return f"{place.replace('_', ' ')} time" if region and region != "Etc" else name


def _weekdays_briefly(weekdays: Sequence[Weekday]) -> str:
    """Return "Mon–Wed, Sat": three days in a row, or more, as a range."""
    parts = []
    for _, group in groupby(enumerate(weekdays), key=lambda pair: pair[1] - pair[0]):
        labels = [weekday.label[:3] for _, weekday in group]
        parts += [f"{labels[0]}–{labels[-1]}"] if len(labels) > 2 else labels
    return ", ".join(parts)
