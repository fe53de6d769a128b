"""The constraints that a value can be checked against, each with a label and an example. None needs a call to a provider."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel import Locale
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from leads.values import countries, emails, telephones, texts

WEB = URLValidator(schemes=["http", "https"])
SCHEME = re.compile(r"[a-z][a-z0-9+-]*:", re.IGNORECASE)
LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?")
YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
BETWEEN_WORDS = frozenset(" -'.·‧・･")
SMALLEST_TELEPHONE = 6
LONGEST = 2048


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint on a value.

    `holds` gets a value that is not empty, without the blanks around it. `label` completes a sentence after *is*.
    `holds_in` gets the region of the lead too, for values that are written otherwise in each country.
    """

    label: str
    example: str
    holds: Callable[[str], bool]
    holds_in: Callable[[str, str | None], bool] | None = None


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def _made_of(allowed: Callable[[str], bool]) -> Callable[[str], bool]:
    """Return the check for texts made of allowed characters only, with at least one letter or digit.

    Letters may be of any script, with the marks and joiners that belong to them. Apostrophes, hyphens and spaces are
    looked at as plain ones.
    """
    return lambda value: any(map(str.isalnum, value)) and all(allowed(character) for character in texts.plain_signs(value))


def _is_letter(character: str) -> bool:
    return character.isalpha() or (not character.isascii() and not character.isalnum() and f"a{character}".isidentifier())


def _is_day(value: str) -> bool:
    return DAY.fullmatch(value) is not None and _date_exists(*map(int, value.split("-")))


def _is_date(value: str) -> bool:
    """Return whether the value is a date: year, month and day, or the year last.

    With the year last, day and month may be in either order that gives a date.
    """
    if match := YEAR_FIRST.fullmatch(value):
        return _date_exists(*map(int, match.group(1, 3, 4)))
    if match := YEAR_LAST.fullmatch(value):
        first, second, year = map(int, match.group(1, 3, 4))
        return _date_exists(year, first, second) or _date_exists(year, second, first)
    return False


def _date_exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_web_address(value: str) -> bool:
    """Return whether the value is a web address. It may lack https:// unless it looks like an e-mail address."""
    if not SCHEME.match(value):
        value = "" if "@" in value.partition("/")[0] else f"https://{value}"
    try:
        WEB(value)
    except ValidationError:
        return False
    return True


def _is_telephone(value: str, region: str | None = None) -> bool:
    """Return whether the Telephone Format Check would take the value too, apart from its rules for improbable digits."""
    return telephones.fault_of(value, region) is None and len(telephones.read_number(value, region).national_digits) >= SMALLEST_TELEPHONE


def _is_language(value: str) -> bool:
    match = LANGUAGE.fullmatch(value)
    if match is None or match[1].lower() not in _languages():
        return False
    place = match[3]
    return place is None or place.isdecimal() or place.upper() in countries.codes()


@cache
def _languages() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").languages) if len(code) <= 3)


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


CONSTRAINTS: dict[str, Constraint] = {
    "number": Constraint("a number", "1250 or 12.5", _matches(r"[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)")),
    "whole_number": Constraint("a whole number", "1250", _matches(r"[+-]?[0-9]+")),
    "digits": Constraint("digits only", "001250", _matches(r"[0-9]+")),
    "letters": Constraint("letters and spaces only", "New York", _made_of(lambda c: c == " " or _is_letter(c))),
    "name": Constraint("letters as names have them", "Anne-Marie O'Neil", _made_of(lambda c: c in BETWEEN_WORDS or _is_letter(c))),
    "letters_and_digits": Constraint(
        "letters, digits and spaces only", "Unit 12b", _made_of(lambda c: c == " " or c.isalnum() or _is_letter(c))
    ),
    "date": Constraint("a date", "2026-01-31 or 31/01/2026", _is_date),
    "day": Constraint("a date with the year first", "2026-01-31", _is_day),
    "email": Constraint("an e-mail address", "jo@example.com", lambda value: emails.fault_of(value) is None),
    "url": Constraint("a web address", "https://example.com/page", lambda value: len(value) <= LONGEST and _is_web_address(value)),
    "telephone": Constraint("a telephone number", "+44 20 7946 0958", _is_telephone, _is_telephone),
    "country_code": Constraint("a country code of two letters", "GB", lambda value: value.upper() in countries.codes()),
    "country": Constraint("a country", "United Kingdom or GB", lambda value: countries.code_of(value) is not None),
    "language": Constraint("a language code", "en or en-GB", _is_language),
    "ip": Constraint("an IP address", "203.0.113.7", _is_ip),
}
