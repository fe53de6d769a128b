"""The regions of telephone numbering, found by the code or name of a country, and the settings that determine a lead's region."""

import re
from functools import cache, lru_cache

from babel import Locale
from django import forms
from phonenumbers import SUPPORTED_REGIONS

from leads.values.texts import fold_accents
from processr.job_types.base import JobType
from processr.job_types.lead import JobLead, text
from processr.job_types.settings_fields import FieldNameField

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
    return _regions_by_name().get(_fold_country(country))


@cache
def _regions_by_name() -> dict[str, str]:
    codes = {code.lower(): code for code in SUPPORTED_REGIONS}
    names = {_fold_country(name): code for code, name in Locale("en").territories.items() if code in SUPPORTED_REGIONS}
    return {**names, **codes, **_ALSO}


def _fold_country(country: str) -> str:
    """Fold the name of a country: without case, accents, dots and text in brackets, and with `&` as *and*."""
    bare = _IN_BRACKETS.sub("", country).replace("&", " and ").replace("’", "'").replace(".", "")
    return fold_accents(bare)


class CountryField(FieldNameField):
    def __init__(self) -> None:
        super().__init__(
            required=False, initial="country", help_text="The field with the lead's country, for numbers that do not begin with +."
        )


class RegionField(forms.CharField):
    """A country, given by code or name and kept as its code. `otherwise` describes the treatment of leads without a country."""

    def __init__(self, *, otherwise: str) -> None:
        help_text = f"The country of leads that do not name one. Empty: of their numbers only {otherwise}."
        super().__init__(required=False, initial="", max_length=LONGEST, help_text=help_text)

    def clean(self, value: object) -> str:
        country = str(super().clean(value))
        region = region_of(country) if country else ""
        if region is None:
            raise forms.ValidationError("No country has this code or name. Write it like GB or United Kingdom.")
        return region


def region_for(lead: JobLead, job_type: JobType) -> str | None:
    """Return the region for a lead's telephone numbers, for types with the settings `country_field` and `region`."""
    country_field = job_type.setting("country_field")
    region = region_of(text(lead, country_field)) if country_field else None
    return region or job_type.setting("region") or None
