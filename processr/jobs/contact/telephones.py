"""Facts that a telephone number gives by itself: country, kind, carrier, time zones."""

from functools import cache
from importlib import import_module
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

NO_COUNTRY = "001"
"""The region code of numbers that belong to no country, such as +800."""

LINE_TYPES = {
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


def country_code(number: PhoneNumber) -> str:
    """Return the country code of the number, empty if it belongs to no country."""
    code = phonenumbers.region_code_for_number(number) or ""
    return "" if code == NO_COUNTRY else code


def line_type(number: PhoneNumber) -> str:
    return LINE_TYPES.get(phonenumbers.number_type(number), "")


def carrier(number: PhoneNumber) -> str:
    """Return the carrier that was given the number's range. A number that was ported may belong to another carrier by now."""
    return str(_data("carrier").name_for_number(number, "en"))


def time_zones(number: PhoneNumber) -> list[str]:
    zones = _data("timezone").time_zones_for_number(number)
    return [zone for zone in zones if zone != _data("timezone").UNKNOWN_TIMEZONE]


@cache
def _data(name: str) -> Any:
    """Return a data module of phonenumbers. It takes twenty megabytes, so only processes with such a job load it."""
    return import_module(f"phonenumbers.{name}")
