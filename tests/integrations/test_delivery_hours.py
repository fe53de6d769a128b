"""Delivery hours: against a walk by the minute, on days of any kind, those on which clocks change included."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.destinations.hours import describe, is_open, next_opening

LONDON, LORD_HOWE = ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe")
ZONES = [ZoneInfo("UTC"), LONDON, ZoneInfo("America/New_York"), LORD_HOWE, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Africa/Casablanca")]
TIMES = st.times(min_value=time(0), max_value=time(23, 59)).map(lambda at: f"{at:%H:%M}")
HOURS = st.fixed_dictionaries({"weekdays": st.sets(st.integers(0, 6), min_size=1).map(sorted), "opens": TIMES, "closes": TIMES})
MOMENTS = st.builds(
    lambda zone, at: at.replace(tzinfo=UTC, second=0, microsecond=0).astimezone(zone),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
)


def hours(opens: str, closes: str, *weekdays: int) -> dict:
    return {"weekdays": list(weekdays or range(7)), "opens": opens, "closes": closes}


def first_minute(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first minute, in UTC, at which the clocks of the zone show the time on that day, or a later one: by walking."""
    wanted = datetime.combine(day, at)
    moment = datetime.combine(day, at, UTC) - timedelta(hours=16)
    while moment.astimezone(zone).replace(tzinfo=None) < wanted:
        moment += timedelta(minutes=1)
    return moment


@given(HOURS, MOMENTS)
def test_they_are_open_between_the_minutes_that_clocks_show(said, at):
    opens, closes = time.fromisoformat(said["opens"]), time.fromisoformat(said["closes"])
    expected = False
    for day in (at.date() - timedelta(days=1), at.date()):
        if day.weekday() in said["weekdays"]:
            begin = first_minute(day, opens, at.tzinfo)
            end = first_minute(day + timedelta(days=closes <= opens), closes, at.tzinfo)
            expected |= begin <= at.astimezone(UTC) < end
    assert is_open(said, at) is expected


@given(HOURS, MOMENTS)
def test_the_next_opening_is_the_first_open_moment(said, at):
    opening = next_opening(said, at)
    assert is_open(said, opening)
    assert opening.astimezone(UTC) >= at.astimezone(UTC)
    assert opening.tzinfo is at.tzinfo
    assert (opening == at) is is_open(said, at)
    if opening != at:
        assert not is_open(said, (opening.astimezone(UTC) - timedelta(minutes=1)).astimezone(at.tzinfo))
        middle = at.astimezone(UTC) + (opening.astimezone(UTC) - at.astimezone(UTC)) / 2
        assert not is_open(said, middle.astimezone(at.tzinfo))


@pytest.mark.parametrize(
    ("said", "at", "opening"),
    [
        (hours("09:00", "17:30", 0, 1, 2, 3, 4), datetime(2026, 11, 27, 17, 30), datetime(2026, 11, 30, 9)),
        (hours("22:00", "06:00", 4), datetime(2026, 11, 28, 5, 59), datetime(2026, 11, 28, 5, 59)),
        (hours("22:00", "06:00", 4), datetime(2026, 11, 28, 6), datetime(2026, 12, 4, 22)),
        (hours("08:00", "08:00", 6), datetime(2026, 11, 30, 7, 59), datetime(2026, 11, 30, 7, 59)),
        # In London clocks go from 01:00 to 02:00 on 29 March 2026, and from 02:00 back to 01:00 on 25 October.
        (hours("01:30", "03:00"), datetime(2026, 3, 29, 0, 30), datetime(2026, 3, 29, 2)),
        (hours("01:15", "01:45"), datetime(2026, 3, 29, 0, 30), datetime(2026, 3, 30, 1, 15)),
        (hours("01:30", "01:45", 6), datetime(2026, 3, 29, 0, 30), datetime(2026, 4, 5, 1, 30)),
        (hours("01:30", "01:45", 6), datetime(2026, 10, 25, 1, 30, fold=1), datetime(2026, 11, 1, 1, 30)),
        ({}, datetime(2026, 3, 29, 0, 30), datetime(2026, 3, 29, 0, 30)),
    ],
)  # fmt: skip
def test_when_they_open_next(said, at, opening):
    assert next_opening(said, at.replace(tzinfo=LONDON)) == opening.replace(tzinfo=LONDON)


def test_a_moment_of_no_zone_is_refused():
    with pytest.raises(TypeError):
        is_open(hours("09:00", "17:30"), datetime(2026, 11, 27, 17, 30))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "At any time"),
        (hours("09:00", "17:30", 0, 1, 2, 3, 4), "Monday to Friday from 09:00 to 17:30"),
        (hours("22:00", "06:00", 5, 6), "Saturday and Sunday from 22:00 to 06:00 the next day"),
        (hours("08:00", "18:00", 0, 2, 4), "Monday, Wednesday and Friday from 08:00 to 18:00"),
        (hours("00:00", "00:00"), "Every day from 00:00 to 00:00 the next day"),
        (hours("08:00", "18:00", 1), "Tuesday from 08:00 to 18:00"),
    ],
)
def test_they_are_said_in_words(said, words):
    assert describe(said) == words
