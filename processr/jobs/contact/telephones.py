"""What a telephone number tells by itself: country, kind, carrier, time zones."""

from functools import cache
from importlib import import_module
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

PLUS = ("+", "\uff0b")
DIALLED = "00"
"""What most countries dial for the plus, and no number of a country's own begins with."""
NO_COUNTRY = "001"
"""Of numbers that belong to the world, such as +800."""

KINDS = {
    PhoneNumberType.FIXED_LINE: "fixed line",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed line or mobile",
    PhoneNumberType.TOLL_FREE: "toll free",
    PhoneNumberType.PREMIUM_RATE: "premium rate",
    PhoneNumberType.SHARED_COST: "shared cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal number",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company number",
    PhoneNumberType.VOICEMAIL: "voicemail",
}


def with_plus(number: str) -> str:
    """However the plus is dialled."""
    return f"+{number.removeprefix(DIALLED)}" if number.startswith(DIALLED) else number


def parsed(number: str, *, region: str | None) -> PhoneNumber | None:
    """Without a region only numbers that name their country are understood."""
    try:
        return phonenumbers.parse(with_plus(number.strip()), region)
    except NumberParseException:
        return None


def country(number: PhoneNumber) -> str:
    """Its code; empty for what is no country's."""
    code = phonenumbers.region_code_for_number(number) or ""
    return "" if code == NO_COUNTRY else code


def kind(number: PhoneNumber) -> str:
    return KINDS.get(phonenumbers.number_type(number), "")


def carrier(number: PhoneNumber) -> str:
    """Who was given the range. Where numbers may be taken along to another carrier, it may be somebody else's by now."""
    return str(_data("carrier").name_for_number(number, "en"))


def time_zones(number: PhoneNumber) -> list[str]:
    zones = _data("timezone").time_zones_for_number(number)
    return [zone for zone in zones if zone != _data("timezone").UNKNOWN_TIMEZONE]


@cache
def _data(name: str) -> Any:
    """Twenty megabytes that only processes with such a job have need of."""
    return import_module(f"phonenumbers.{name}")
