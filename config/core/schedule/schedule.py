"""The schedule as a value that is always valid, and its JSON form."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from enum import IntEnum, StrEnum
from functools import cache
from reprlib import repr as shortened
from typing import Any, Self, TypeVar
from zoneinfo import available_timezones

from config.core.errors import DomainError

Choice = TypeVar("Choice")

_KEYS = ("kind", "every", "weekdays", "day", "times", "zone", "start")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::00)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOT_A_PLACE = {"Factory", "localtime"}
"""Names that zoneinfo lists, and that mean another zone on another machine."""


class ScheduleKind(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Weekday(IntEnum):
    """Numbered as in ISO 8601 and `date.isoweekday`."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @property
    def label(self) -> str:
        return self.name.title()


class NamedDay(StrEnum):
    """Working days are Monday to Friday; public holidays are not known."""

    FIRST_DAY = "first_day"
    LAST_DAY = "last_day"
    FIRST_WORKING_DAY = "first_working_day"
    LAST_WORKING_DAY = "last_working_day"


class Nth(StrEnum):
    """The place of a weekday in its month. There is no FIFTH: most months lack one and would have no run."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    FOURTH = "fourth"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class NthWeekday:
    nth: Nth
    weekday: Weekday


DayOfMonth = int | NamedDay | NthWeekday
"""A number is a day from 1 to 31; a month that is too short has its last day instead."""

_MOST = {ScheduleKind.DAILY: (365, "days"), ScheduleKind.WEEKLY: (52, "weeks"), ScheduleKind.MONTHLY: (12, "months")}
_WEEKDAYS = {spelling: day for day in Weekday for spelling in (str(day.value), day.name.lower(), day.name[:3].lower())}
_NAMED_DAYS = {day.value: day for day in NamedDay}
_NTH = {nth.value: nth for nth in Nth}
_KINDS = {kind.value: kind for kind in ScheduleKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Days and local times of day, in the zone `zone`.

    The days are every `every` days, weeks (which begin on Monday) or months, counted from the one of `start`; none lies before `start`.
    `weekdays` belong to a weekly schedule and `day` to a monthly one. Raises DomainError if the parts do not fit together.
    """

    kind: ScheduleKind
    times: tuple[time, ...]
    zone: str
    every: int = 1
    weekdays: tuple[Weekday, ...] = ()
    day: DayOfMonth | None = None
    start: date | None = None

    def __post_init__(self) -> None:
        most, unit = _MOST[self.kind]
        if not 1 <= self.every <= most:
            raise DomainError(f"A {self.kind} schedule runs every 1 to {most} {unit}.", field="every")
        if self.every > 1 and self.start is None:
            raise DomainError(f"Choose the date from which the {self.every} {unit} are counted.", field="start")
        if self.start is not None and not 2000 <= self.start.year <= 2100:
            raise DomainError("The start date lies in the years 2000 to 2100.", field="start")
        self._check_days()
        if not self.times:
            raise DomainError("Choose at least one time of day.", field="times")
        for at in self.times:
            if at != time(at.hour, at.minute):
                raise DomainError(f"{at} is not a local time of day in whole minutes.", field="times")
        _refuse_duplicates([f"{at:%H:%M}" for at in self.times], field="times")
        # The order and the case that people write make no difference, so that equal schedules are equal values.
        object.__setattr__(self, "times", tuple(sorted(at.replace(fold=0) for at in self.times)))
        object.__setattr__(self, "weekdays", tuple(sorted(self.weekdays)))
        object.__setattr__(self, "zone", _zone_name(self.zone))

    def _check_days(self) -> None:
        if self.kind != ScheduleKind.WEEKLY and self.weekdays:
            raise DomainError("Weekdays belong to a weekly schedule.", field="weekdays")
        if self.kind == ScheduleKind.WEEKLY and not self.weekdays:
            raise DomainError("Choose at least one weekday.", field="weekdays")
        _refuse_duplicates([day.label for day in self.weekdays], field="weekdays")
        if self.kind != ScheduleKind.MONTHLY and self.day is not None:
            raise DomainError("A day of the month belongs to a monthly schedule.", field="day")
        if self.kind == ScheduleKind.MONTHLY and self.day is None:
            raise DomainError("Choose the day of the month.", field="day")
        if isinstance(self.day, int) and not 1 <= self.day <= 31:
            raise DomainError("A day of the month is a number from 1 to 31.", field="day")

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Return the schedule that `to_json` made, or that a person wrote in its form.

        Raises DomainError for anything else, with the key that is wrong as its field.
        """
        if not isinstance(document, dict):
            raise DomainError("A schedule is an object with a kind, times and a zone.", field="schedule")
        for key in document:
            if key not in _KEYS:
                raise DomainError(f"{shortened(key)} is not a part of a schedule: those are {', '.join(_KEYS)}.", field="schedule")
        for key in ("kind", "times", "zone"):
            if key not in document:
                raise DomainError(f"A schedule needs its {key}.", field=key)
        parts: dict[str, Any] = {
            "kind": _chosen(document["kind"], _KINDS, field="kind"),
            "times": tuple(_time(text) for text in _list(document["times"], field="times")),
            "zone": document["zone"],
        }
        if "every" in document:
            parts["every"] = _whole_number(document["every"], field="every")
        if "weekdays" in document:
            parts["weekdays"] = tuple(_chosen(day, _WEEKDAYS, field="weekdays") for day in _list(document["weekdays"], field="weekdays"))
        if "day" in document:
            parts["day"] = _day_of_month(document["day"])
        if "start" in document:
            parts["start"] = _date(document["start"])
        return cls(**parts)

    def to_json(self) -> dict[str, Any]:
        """Return the schedule in texts, numbers, lists and objects, without the parts that its kind does not have."""
        document: dict[str, Any] = {"kind": self.kind.value, "every": self.every}
        if self.weekdays:
            document["weekdays"] = [day.name.lower() for day in self.weekdays]
        if isinstance(self.day, NthWeekday):
            document["day"] = {"nth": self.day.nth.value, "weekday": self.day.weekday.name.lower()}
        elif self.day is not None:
            document["day"] = self.day.value if isinstance(self.day, NamedDay) else self.day
        document["times"] = [f"{at:%H:%M}" for at in self.times]
        document["zone"] = self.zone
        if self.start is not None:
            document["start"] = self.start.isoformat()
        return document


def _refuse_duplicates(labels: Iterable[str], *, field: str) -> None:
    seen = set()
    for label in labels:
        if label in seen:
            raise DomainError(f"{label} is chosen twice.", field=field)
        seen.add(label)


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() - _NOT_A_PLACE}


def _zone_name(name: object) -> str:
    if isinstance(name, str) and name.lower() in _zones():
        return _zones()[name.lower()]
    raise DomainError(f"{shortened(name)} is not a time zone: write it as Europe/London.", field="zone")


def _list(value: object, *, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise DomainError(f"The {field} are a list.", field=field)
    return value


def _whole_number(value: object, *, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise DomainError(f"{shortened(value)} is not a whole number.", field=field)
    return value


def _chosen(value: object, choices: dict[str, Choice], *, field: str) -> Choice:
    """Return the choice with this name, in any case; weekdays have numbers as well."""
    if isinstance(value, str | int) and str(value).lower() in choices:
        return choices[str(value).lower()]
    raise DomainError(f"{shortened(value)} is none of {', '.join(choices)}.", field=field)


def _time(text: object) -> time:
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise DomainError(f"{shortened(text)} is not a time of day: write it as 09:30, from 00:00 to 23:59.", field="times")
    return time(int(match[1]), int(match[2]))


def _date(text: object) -> date:
    try:
        if isinstance(text, str) and _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise DomainError(f"{shortened(text)} is not a date: write it as 2027-01-31.", field="start")


def _day_of_month(value: object) -> DayOfMonth:
    if isinstance(value, str):
        return _chosen(value, _NAMED_DAYS, field="day")
    if isinstance(value, dict):
        if set(value) != {"nth", "weekday"}:
            raise DomainError("A weekday of the month has the parts nth and weekday.", field="day")
        return NthWeekday(_chosen(value["nth"], _NTH, field="day"), _chosen(value["weekday"], _WEEKDAYS, field="day"))
    return _whole_number(value, field="day")
