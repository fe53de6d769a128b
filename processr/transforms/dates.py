"""The conversion of dates from one format to another: `DD/MM/YYYY` in, `YYYY-MM-DD` out."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from leads.values import texts

_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_SHORT = [month[:3] for month in _MONTHS]
_TWO_DIGIT_YEARS_BEGIN = 1970
LONGEST_FORMAT = 60
HELP = "Write DD and D for days, MM, M, MMM and MMMM for months, YYYY and YY for years, HH, mm and ss for times."


class InvalidDateFormat(ValueError):
    """The format is malformed. The message is for the user who wrote it."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """A sign of a format: the part of a date it stands for, and how it is found, read and written."""

    part: str
    pattern: str
    read: Callable[[str], int]
    write: Callable[[datetime], str]


def _month_reader(names: list[str]) -> Callable[[str], int]:
    return lambda text: [name.lower() for name in names].index(text.lower()) + 1


def _read_short_year(text: str) -> int:
    """Return the year: 70 to 99 belong to the last century."""
    return _TWO_DIGIT_YEARS_BEGIN + (int(text) - _TWO_DIGIT_YEARS_BEGIN) % 100


_SIGNS = {
    "YYYY": _Sign("year", "[0-9]{4}", int, lambda day: f"{day.year:04}"),
    "YY": _Sign("year", "[0-9]{2}", _read_short_year, lambda day: f"{day.year % 100:02}"),
    "MMMM": _Sign("month", "|".join(_MONTHS), _month_reader(_MONTHS), lambda day: _MONTHS[day.month - 1]),
    "MMM": _Sign("month", "|".join(_SHORT), _month_reader(_SHORT), lambda day: _SHORT[day.month - 1]),
    "MM": _Sign("month", "[0-9]{2}", int, lambda day: f"{day.month:02}"),
    "M": _Sign("month", "[0-9]{1,2}", int, lambda day: str(day.month)),
    "DD": _Sign("day", "[0-9]{2}", int, lambda day: f"{day.day:02}"),
    "D": _Sign("day", "[0-9]{1,2}", int, lambda day: str(day.day)),
    "HH": _Sign("hour", "[0-9]{2}", int, lambda day: f"{day.hour:02}"),
    "H": _Sign("hour", "[0-9]{1,2}", int, lambda day: str(day.hour)),
    "mm": _Sign("minute", "[0-9]{2}", int, lambda day: f"{day.minute:02}"),
    "ss": _Sign("second", "[0-9]{2}", int, lambda day: f"{day.second:02}"),
}
_TOKEN = re.compile("|".join(_SIGNS) + "|(?P<text>.)", re.DOTALL)
_LETTERS = "TZ"
"""Letters that stand for themselves, as in 2026-01-31T14:30:00Z."""


@dataclass(frozen=True)
class DateFormat:
    tokens: tuple[str, ...]
    pattern: re.Pattern[str]

    @property
    def parts(self) -> dict[str, str]:
        """Return the first sign for each part of a date."""
        return {_SIGNS[token].part: token for token in reversed(self.tokens) if token in _SIGNS}

    def read(self, text: str) -> datetime | None:
        match = self.pattern.fullmatch(texts.strip(text))
        if match is None:
            return None
        parts = {part: _SIGNS[sign].read(match[part]) for part, sign in self.parts.items()}
        try:
            # The ignored type is that of `tzinfo`, which is no part of a format.
            return datetime(**{"year": 2000, "month": 1, "day": 1, **parts})  # type: ignore[arg-type]  # noqa: DTZ001
        except ValueError:  # such as 31 February
            return None

    def write(self, moment: datetime) -> str:
        return "".join(_SIGNS[token].write(moment) if token in _SIGNS else token for token in self.tokens)


@lru_cache(maxsize=200)
def parse_format(text: str) -> DateFormat:
    tokens = tuple(match[0] for match in _TOKEN.finditer(text))
    if len(text) > LONGEST_FORMAT:
        raise InvalidDateFormat(f"A date is written with at most {LONGEST_FORMAT} characters.")
    if wrong := next((token for token in tokens if token not in _SIGNS and token.isalpha() and token not in _LETTERS), None):
        raise InvalidDateFormat(f"“{wrong}” is no part of a date. {HELP}")
    parts = [_SIGNS[token].part for token in tokens if token in _SIGNS]
    if not parts:
        raise InvalidDateFormat(f"There is no part of a date in it. {HELP}")
    if twice := next((part for part in parts if parts.count(part) > 1), None):
        raise InvalidDateFormat(f"The {twice} is in it twice.")
    patterns = [f"(?P<{_SIGNS[token].part}>{_SIGNS[token].pattern})" if token in _SIGNS else re.escape(token) for token in tokens]
    return DateFormat(tokens, re.compile("".join(patterns), re.IGNORECASE))


def rewrite_date(text: str, *, reads: DateFormat, writes: DateFormat) -> str | None:
    """Return the date in the other format, or None if the text is no such date."""
    moment = reads.read(text)
    return None if moment is None else writes.write(moment)
