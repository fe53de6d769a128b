"""Schedules of people's own: their days and times, and when they are due next. Pure: no database, no clock, no Django."""

from config.core.schedule.description import describe, describe_briefly
from config.core.schedule.run_times import moment_of, next_run, upcoming
from config.core.schedule.schedule import DayOfMonth, NamedDay, Nth, NthWeekday, Schedule, ScheduleKind, Weekday

__all__ = [
    "DayOfMonth",
    "NamedDay",
    "Nth",
    "NthWeekday",
    "Schedule",
    "ScheduleKind",
    "Weekday",
    "describe",
    "describe_briefly",
    "moment_of",
    "next_run",
    "upcoming",
]
