"""Telephone Format Check: telephone numbers that cannot exist, without a call to a provider."""

from functools import cached_property
from typing import Any

import phonenumbers
from django import forms

from leads.intake import normalize
from leads.values import telephones, texts
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNamesField, JobSettings
from processr.jobs.contact.regions import CountryField, RegionField, region_for
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text import phrases

ANY, POSSIBLE, VALID = "any", "possible", "valid"
RULES = {ANY: "", POSSIBLE: ", as long as numbers of its country are", VALID: ", of a range its country has given out"}
KEYS = "01234567890"
"""The digits in the order of the keys."""


class OffOrFrom(forms.IntegerField):
    """A whole number from `least` on, or 0 for a check that is switched off."""

    def __init__(self, least: int, **options: Any) -> None:
        self.least = least
        super().__init__(**{"min_value": 0, **options})

    def validate(self, value: int | None) -> None:
        super().validate(value)
        if value and 0 < value < self.least:
            raise forms.ValidationError(f"Give 0, which switches the check off, or at least {self.least}.")


class TelephoneFormatSettings(JobSettings):
    fields_to_read = FieldNamesField(
        initial=[normalize.TELEPHONE],
        label="Fields",
        help_text="Names of the fields with telephone numbers, with commas between them.",
    )
    minimum_digits = forms.IntegerField(
        initial=6, min_value=0, max_value=15, help_text="Minimum number of digits, without the country code."
    )
    repeated_digits = OffOrFrom(2, initial=6, max_value=15, help_text="Fails from this many equal digits in a row. 0: not checked.")
    sequential_digits = OffOrFrom(
        3, initial=6, max_value=10, help_text="Fails from this many digits that count up or down, such as 123456. 0: not checked."
    )
    must_be = forms.ChoiceField(
        choices=[(ANY, "any number"), (POSSIBLE, "as long as its country's numbers are"), (VALID, "of a range its country has given out")],
        initial=POSSIBLE,
        label="The number must be",
    )
    country_field = CountryField()
    region = RegionField(otherwise="the digits are looked at")


@job_types.register
class TelephoneFormat(FieldsCheck):
    """Empty fields are left to other jobs; if all are empty, the job is not run."""

    key = "telephone_format"
    api_id = 9001
    label = "Telephone Format Check"
    description = "Fails when a telephone number is too short, repeats one digit, counts up or down, or is impossible in its country."
    Settings = TelephoneFormatSettings

    @cached_property
    def minimum(self) -> int:
        return int(self.setting("minimum_digits"))

    @cached_property
    def repeated(self) -> list[str]:
        length = self.setting("repeated_digits")
        return [digit * length for digit in KEYS[1:]] if length else []

    @cached_property
    def sequential(self) -> list[str]:
        length = self.setting("sequential_digits")
        return [row[start : start + length] for row in (KEYS, KEYS[::-1]) for start in range(len(KEYS) - length + 1)] if length else []

    def rule(self) -> str:
        most, counted = self.setting("repeated_digits"), self.setting("sequential_digits")
        repeated = f", without one digit {most} times in a row" if most else ""
        sequential = f", without {counted} digits in a row counting up or down" if counted else ""
        digits = phrases.counted(self.minimum, "digit")
        return f"{self.each_field} has a number of at least {digits}{repeated}{sequential}{RULES[self.setting('must_be')]}"

    def check(self, lead: JobLead) -> Outcome:
        numbers = [(name, value) for name, value in self.fields.texts(lead) if not texts.is_blank(value)]
        if not numbers:
            return skipped("The lead has no telephone number")
        region = region_for(lead, self)
        for name, value in numbers:
            if fault := self._fault(texts.strip(value), region):
                return failed(f"The number in {name} {fault}", field=name, value=value)
        return passed()

    def _fault(self, number: str, region: str | None) -> str | None:
        """Return the fault of the number, or None. If neither the number nor the lead gives a country, only the digits are checked."""
        if unclear := telephones.unclear_in(number, region):
            return unclear
        digits = telephones.read_number(number, region).national_digits
        if len(digits) < self.minimum:
            return f"has fewer than {self.minimum} digits"
        if any(run in digits for run in self.repeated):
            return "repeats one digit"
        if any(run in digits for run in self.sequential):
            return "counts up or down"
        must_be = self.setting("must_be")
        if must_be == ANY:
            return None
        if fault := telephones.fault_of(number, region):
            return fault
        parsed = telephones.parse(number, region) if must_be == VALID else None
        return "is not one its country has given out" if parsed and not phonenumbers.is_valid_number(parsed) else None
