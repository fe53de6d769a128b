"""Dates as people write them: the days that a text may mean, by the order of day, month and year."""

import re
import unicodedata
from calendar import isleap
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import NamedTuple

from babel.dates import get_month_names

from config.core.errors import DomainError

ORDERS = {"dmy": "day-month-year", "mdy": "month-day-year", "ymd": "year-month-day"}
ISO = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
LONGEST_DATE = 60
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "tr", "ro", "hu", "ru", "uk", "el")
_WORDS = {"day": "d", "month": "m", "year": "y"}
_MIDNIGHT = re.compile(r"(?:[T,]\s*|\s+)(?:0?0:00(?::00(?:[.,]0+)?)?|12:00(?::00)?\s*AM)\s*(?:Z|[+-]00:?00)?$", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d{1,4})(?:\s*([-/.–])\s*|\s+)(\d{1,2})(?:\s*\2\s*|\s+)(\d{1,4})\.?")
_COMPACT = re.compile(r"\d{8}")
_WITH_SIGNS = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?")
_DAY_AND_NAME = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|[.ºª])?[-\s/.,]*(?:de |of )?([^\W\d]+)\.?[-\s/.,]*(?:de |del )?(\d{4}|\d{2})\.?(?: г\.?)?"
)
_NAME_AND_DAY = re.compile(r"([^\W\d]+)\.?[-\s]*(\d{1,2})(?:st|nd|rd|th)?[-\s/.,]+(\d{4}|\d{2})")
_YEAR_AND_NAME = re.compile(r"(\d{4})[-\s/.,]*([^\W\d]+)\.?[-\s/.,]*(\d{1,2})\.?")
_WEEKDAY = re.compile(r"[^\W\d]+\.?,?\s+(?=\d|[^\W\d]+\.?\s+\d)")
_AHEAD = 20
"""Years in which a date with a two-digit year may lie ahead, if it is nobody's birthday."""


class DateReader(NamedTuple):
    """A reader of one column's dates. A birth date is never in the future."""

    today: date
    is_birth: bool = False

    def day(self, text: str, order: str) -> date | None:
        """Return the day that the text means in this order. A clear text means its day in any order."""
        return self.readings(text, named=order).get(order)

    def readings(self, text: str, *, named: str = "") -> dict[str, date]:
        """Map orders to the day that the text means in each; empty for what is no date. A text that is clear has one day in all orders.

        `named` is the order that somebody gave for the column.
        """
        if len(text) > LONGEST_DATE:
            return {}
        visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
        text = _MIDNIGHT.sub("", unicodedata.normalize("NFKC", visible).strip())
        if match := _NUMBERS.fullmatch(text):
            # Hardly anybody writes a year of two digits first, but with hyphens.
            year_first = named == "ymd" or match[2] == "-" or int(match[1]) > 31
            return self._of_three_numbers(*match.group(1, 3, 4), year_first=year_first)
        if _COMPACT.fullmatch(text):
            return self._of_eight_digits(text)
        day = next(self._clear_days(text), None)
        return dict.fromkeys(ORDERS, day) if day else {}

    def _of_three_numbers(self, first: str, second: str, third: str, *, year_first: bool) -> dict[str, date]:
        if len(first) == 4 and len(third) <= 2:
            day = self._day(first, second, third)
            return dict.fromkeys(ORDERS, day) if day else {}
        if len(first) > 2 or len(third) == 3:
            return {}
        days = {"dmy": self._day(third, second, first), "mdy": self._day(third, first, second)}
        if len(third) <= 2 and year_first:
            days["ymd"] = self._day(first, second, third)
        return {order: day for order, day in days.items() if day}

    def _of_eight_digits(self, text: str) -> dict[str, date]:
        parts = {
            "dmy": (text[4:], text[2:4], text[:2]),
            "mdy": (text[4:], text[:2], text[2:4]),
            "ymd": (text[:4], text[4:6], text[6:]),
        }
        days = {order: self._day(*numbers) for order, numbers in parts.items()}
        return {order: day for order, day in days.items() if day and 1900 <= day.year <= self.today.year + _AHEAD}

    def _clear_days(self, text: str) -> Iterator[date | None]:
        """Yield the day of a text that has its month by name, or a sign after each number."""
        if match := _WITH_SIGNS.fullmatch(text):
            yield self._day(*match.groups())
        for spelling in dict.fromkeys((text, _WEEKDAY.sub("", text, count=1))):
            for pattern, places in ((_DAY_AND_NAME, (3, 2, 1)), (_NAME_AND_DAY, (3, 1, 2)), (_YEAR_AND_NAME, (1, 2, 3))):
                match = pattern.fullmatch(spelling)
                if match and (month := _months().get(match[places[1]].casefold())):
                    yield self._day(match[places[0]], str(month), match[places[2]])

    def _day(self, year: str, month: str, day: str) -> date | None:
        try:
            full_year = int(year) if len(year) == 4 else self._full_year(int(year), int(month), int(day))
            return date(full_year, int(month), int(day)) if full_year >= 1000 else None
        except ValueError:
            return None

    def _full_year(self, year: int, month: int, day: int) -> int:
        """Return the last year with these two digits in which the date may lie: at most today for a birth date, else some years ahead."""
        latest = (self.today.year, self.today.month, self.today.day) if self.is_birth else (self.today.year + _AHEAD, 12, 31)
        century = latest[0] - latest[0] % 100
        while (century + year, month, day) > latest or ((month, day) == (2, 29) and not isleap(century + year)):
            century -= 100
            if century < 1000:
                raise ValueError
        return century + year


def order_named(text: str) -> str:
    """Return the order that a text names, such as `day-month-year`, `DD/MM/YYYY` or `%d.%m.%y`."""
    letters = text.casefold()
    for word, letter in _WORDS.items():
        letters = letters.replace(word, letter)
    order = "".join(dict.fromkeys(letter for letter in letters if letter.isalpha()))
    if order not in ORDERS:
        raise DomainError(f'"{text}" is no order of dates. Say {", ".join(ORDERS.values())}, or like DD/MM/YYYY.', field="date_format")
    return order


@cache
def _months() -> Mapping[str, int]:
    """Map names of months and their abbreviations to numbers. A name that means two months in two languages is left out."""
    numbers: dict[str, set[int]] = {}
    for language in _LANGUAGES:
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in get_month_names(width, context=context, locale=language).items():
                    for spelling in (name, name.rstrip("."), unicodedata.normalize("NFKC", name).rstrip(".")):
                        numbers.setdefault(spelling.casefold(), set()).add(number)
    numbers.setdefault("sept", set()).add(9)
    return {name: months.pop() for name, months in numbers.items() if len(months) == 1}
