"""Suppressed Telephone Check: telephone numbers that must not be called."""

from collections.abc import Iterable

import phonenumbers
from django import forms

from config.core.pg_text import without_unstorable
from leads.intake import normalize
from leads.values import telephones
from processr.job_types.lead import JobLead, text
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.jobs.contact.regions import CountryField, region_for
from processr.lists.kinds import LONGEST_PHONE, PHONE
from processr.lists.lookup import SuppressionCheck

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


class SuppressedTelephoneCheckSettings(JobSettings):
    field = FieldNameField(initial=normalize.TELEPHONE, label="Field", help_text="The field with the telephone number.")
    country_field = CountryField()
    region = forms.ChoiceField(
        required=False,
        initial="",
        choices=[("", "None"), *((region, region) for region in REGIONS)],
        label="Country of leads that name none",
        help_text="With a country, 020 7946 0000 is suppressed when +44 20 7946 0000 is on the list, and the other way round.",
    )


@job_types.register
class SuppressedTelephoneCheck(SuppressionCheck):
    """Numbers are compared in international form where their country is known, and by their digits otherwise."""

    key = "suppressed_telephone"
    api_id = 9111
    label = "Suppressed Telephone Check"
    description = "Fails when the telephone number is on the list of suppressed numbers."
    Settings = SuppressedTelephoneCheckSettings
    kind = PHONE
    reason = "The telephone number is on the list of suppressed numbers"

    def rule(self) -> str:
        return f"The number in {self.setting('field')} is not on the list of suppressed numbers"

    def keys(self, lead: JobLead) -> Iterable[str]:
        keys = telephones.listed_keys(without_unstorable(text(lead, self.setting("field"))), region_for(lead, self))
        return {key for key in keys if len(key) <= LONGEST_PHONE}

    def shown_value(self, lead: JobLead) -> tuple[str, str]:
        return str(self.setting("field")), text(lead, self.setting("field"))
