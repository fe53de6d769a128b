"""Suppressed Telephone Check: telephone numbers that must not be called."""

from collections.abc import Iterable
from functools import cached_property

import phonenumbers
from django import forms
from phonenumbers import PhoneNumberFormat

from config.core.pg_text import without_unstorable
from leads.intake import normalize
from processr.job_types.lead import JobLead, text
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.jobs.contact import telephones
from processr.lists.kinds import LONGEST_PHONE, PHONE
from processr.lists.lookup import SuppressionCheck

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


class SuppressedTelephoneCheckSettings(JobSettings):
    field = FieldNameField(initial=normalize.TELEPHONE, label="Field", help_text="The field with the telephone number.")
    region = forms.ChoiceField(
        required=False,
        initial="",
        choices=[("", "None"), *((region, region) for region in REGIONS)],
        label="Country of numbers without a country code",
        help_text="With one, 020 7946 0000 is suppressed when +44 20 7946 0000 is on the list, and the other way round.",
    )


@job_types.register
class SuppressedTelephoneCheck(SuppressionCheck):
    """Numbers are compared by their digits, and in national and international format where the country is known."""

    key = "suppressed_telephone"
    api_id = 9111
    label = "Suppressed Telephone Check"
    description = "Fails when the telephone number is on the list of suppressed numbers."
    Settings = SuppressedTelephoneCheckSettings
    kind = PHONE
    reason = "The telephone number is on the list of suppressed numbers"

    @cached_property
    def region(self) -> str | None:
        return self.setting("region") or None

    def rule(self) -> str:
        return f"The number in {self.setting('field')} is not on the list of suppressed numbers"

    def keys(self, lead: JobLead) -> Iterable[str]:
        number = normalize.fold_phone(without_unstorable(text(lead, self.setting("field"))))
        if not number or len(number) > LONGEST_PHONE:
            return ()
        number = telephones.with_plus(number)
        return {number, *self._spellings(number)}

    def seen(self, lead: JobLead) -> tuple[str, str]:
        return str(self.setting("field")), text(lead, self.setting("field"))

    def _spellings(self, number: str) -> Iterable[str]:
        """Return the national and international formats of the number, none if its country is not known."""
        parsed = telephones.parse_number(number, region=self.region)
        if parsed is None:
            return ()
        international = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
        spellings = [international, f"{telephones.DIALLED}{international.removeprefix('+')}"]
        if phonenumbers.country_code_for_region(self.region or "") == parsed.country_code:
            spellings.append(normalize.fold_phone(phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)))
        return spellings
