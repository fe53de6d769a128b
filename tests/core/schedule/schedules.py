"""Schedules at random, for the properties of the schedule arithmetic."""

from datetime import date, time

from hypothesis import strategies as st

from config.core.schedule import NamedDay, Nth, NthWeekday, Schedule, ScheduleKind, Weekday

ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Kolkata",
)
# Clocks change at night: most times are drawn there, so that one schedule often has several on both sides of a change, or in it.
NIGHT = st.builds(time, st.sampled_from([23, 0, 1, 2, 3, 4]), st.sampled_from([0, 1, 15, 29, 30, 31, 45, 59]))
TIMES = st.one_of(NIGHT, NIGHT, st.builds(time, st.integers(0, 23), st.integers(0, 59)))
DAYS_OF_MONTH = st.one_of(
    st.integers(1, 31), st.sampled_from(NamedDay), st.builds(NthWeekday, st.sampled_from(Nth), st.sampled_from(Weekday))
)

STARTS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@st.composite
def schedules(draw, *, zone=None, kinds=tuple(ScheduleKind), starts=STARTS, times=TIMES):
    kind = draw(st.sampled_from(kinds))
    every = draw(st.sampled_from([1, 1, 2, 3, 5, 12]))
    return Schedule(
        kind=kind,
        every=every,
        weekdays=tuple(draw(st.sets(st.sampled_from(Weekday), min_size=1))) if kind == ScheduleKind.WEEKLY else (),
        day=draw(DAYS_OF_MONTH) if kind == ScheduleKind.MONTHLY else None,
        times=tuple(draw(st.sets(times, min_size=1, max_size=6))),
        zone=zone or draw(st.sampled_from(ZONES)),
        start=draw(starts) if every > 1 else draw(st.none() | starts),
    )
