"""The regions of telephone numbering, found by the code or name of a country."""

import re
from functools import cache, lru_cache

from babel import Locale
from phonenumbers import SUPPORTED_REGIONS

from leads.intake.normalize import fold_name

_ALSO = {
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "usa": "US",
    "united states of america": "US", "america": "US", "holland": "NL", "the netherlands": "NL", "czech republic": "CZ",
    "republic of ireland": "IE", "uae": "AE", "korea": "KR", "hong kong": "HK", "macau": "MO", "macao": "MO", "turkey": "TR",
    "burma": "MM", "ivory coast": "CI", "palestine": "PS", "vatican": "VA",
}  # fmt: skip
_IN_BRACKETS = re.compile(r"\([^()]*\)")


LONGEST = 80
"""The longest name of a country. Longer texts are not cached either."""


def region_of(country: str) -> str | None:
    """Return the region of a country, or None if it is unknown: `GB`, `gb`, `UK` and `United Kingdom` are the same."""
    return _region_of(country) if len(country) <= LONGEST else None


@lru_cache(maxsize=1024)
def _region_of(country: str) -> str | None:
    return _by_name().get(_key(country))


@cache
def _by_name() -> dict[str, str]:
    codes = {code.lower(): code for code in SUPPORTED_REGIONS}
    names = {_key(name): code for code, name in Locale("en").territories.items() if code in SUPPORTED_REGIONS}
    return {**names, **codes, **_ALSO}


def _key(country: str) -> str:
    """Fold the name of a country: without case, accents, dots and text in brackets, and with `&` as *and*."""
    bare = _IN_BRACKETS.sub("", country).replace("&", " and ").replace("’", "'").replace(".", "")
    return fold_name(bare)
