"""The hours in which a destination is served. Pure: no database, no clock, no Django.

They are kept as `{"weekdays": [0, 1, 2, 3, 4], "opens": "09:00", "closes": "17:30"}`, Monday being 0; an empty object stands
for always. Hours that close before they open run over midnight and belong to the day on which they open; those that open and
close at the same time last a day. A local time that clocks skip is the next that exists, and one that comes twice is the
first (decision 54).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo

from config.core.schedule import moment_of

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS_AHEAD = 15
"""Two weeks: in one, clocks that go forward may skip the only opening."""


@dataclass(frozen=True, slots=True)
class Hours:
    weekdays: frozenset[int]
    opens: time
    closes: time

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(frozenset(document["weekdays"]), time.fromisoformat(document["opens"]), time.fromisoformat(document["closes"]))

    def to_json(self) -> dict[str, Any]:
        return {"weekdays": sorted(self.weekdays), "opens": f"{self.opens:%H:%M}", "closes": f"{self.closes:%H:%M}"}

    @property
    def runs_over_midnight(self) -> bool:
        return self.closes <= self.opens

    def spans(self, since: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """Yield the beginnings and ends, in UTC, of those that open on a day from `since` on, for some two weeks."""
        for day in (since + timedelta(days=number) for number in range(_DAYS_AHEAD)):
            if day.weekday() in self.weekdays:
                begin = moment_of(datetime.combine(day, self.opens), zone)
                end = moment_of(datetime.combine(day + timedelta(days=self.runs_over_midnight), self.closes), zone)
                if begin < end:
                    yield begin, end


def is_open(hours: Mapping[str, Any], at: datetime) -> bool:
    """Return whether the hours are open at a moment, which is given in the zone whose clocks they follow."""
    return not hours or next_opening(hours, at) == at


def next_opening(hours: Mapping[str, Any], at: datetime) -> datetime:
    """Return the first moment from `at` on at which the hours are open, in the zone of `at`: `at` itself if they are open then."""
    if not hours:
        return at
    zone = _zone_of(at)
    now = at.astimezone(UTC)
    for begin, end in Hours.from_json(hours).spans(at.date() - timedelta(days=1), zone):
        if now < end:
            return at if begin <= now else begin.astimezone(zone)
    raise ValueError("These hours never open.")


def describe(hours: Mapping[str, Any]) -> str:
    """Return the hours in words, such as "Monday to Friday from 09:00 to 17:30"."""
    if not hours:
        return "At any time"
    parsed = Hours.from_json(hours)
    until = f"{parsed.closes:%H:%M}" + (" the next day" if parsed.runs_over_midnight else "")
    return f"{_describe_days(sorted(parsed.weekdays))} from {parsed.opens:%H:%M} to {until}"


def _describe_days(days: list[int]) -> str:
    if len(days) == len(_DAYS):
        return "Every day"
    if len(days) > 2 and all(later - day == 1 for day, later in pairwise(days)):
        return f"{_DAYS[days[0]]} to {_DAYS[days[-1]]}"
    *others, last = (_DAYS[day] for day in days)
    return f"{', '.join(others)} and {last}" if others else last


def _zone_of(at: datetime) -> ZoneInfo:
    if not isinstance(at.tzinfo, ZoneInfo):
        raise TypeError("The moment is to be given in the zone whose clocks the hours follow.")
    return at.tzinfo
