"""Postcode Check: postcodes that cannot exist, judged by the format of their country."""

from functools import cached_property

from django import forms

from leads.values import countries, texts
from processr.job_types.lead import JobLead, text
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField, FieldNamesField, JobSettings
from processr.jobs.contact.postcodes import COUNTRIES, Country, country_of, is_postcode
from processr.jobs.quality_base import FieldsCheck


class PostcodeSettings(JobSettings):
    fields_to_read = FieldNamesField(
        initial=["postcode", "postalCode", "zip", "zipCode"],
        label="Fields",
        help_text="Names of the fields with postcodes, with commas between them. Those a lead does not have are not looked at.",
    )
    country_field = FieldNameField(required=False, initial="country", help_text="The field with the lead's country, its code or its name.")
    country = forms.ChoiceField(
        required=False,
        initial="",
        choices=[("", "not checked"), ("GB", "United Kingdom"), ("US", "United States"), ("CA", "Canada")],
        label="Leads without a country are",
    )


@job_types.register
class Postcode(FieldsCheck):
    """The check knows the postcodes of three countries; leads of other countries are not checked.

    They are those of the United Kingdom (by its areas, with BFPO and GIR 0AA), the ZIP codes of the United States
    and the postal codes of Canada. It does not check whether a code has been given out.
    """

    key = "postcode"
    api_id = 9030
    label = "Postcode Check"
    description = "Fails when a postcode is not written as in its country: the United Kingdom, the United States or Canada."
    Settings = PostcodeSettings

    @cached_property
    def default_country(self) -> Country | None:
        return COUNTRIES.get(self.setting("country"))

    def rule(self) -> str:
        unnamed = f", or in {self.default_country.name} where no country is named" if self.default_country else ""
        return f"{self.each_field} is written as postcodes are in the country of the lead{unnamed}"

    def check(self, lead: JobLead) -> Outcome:
        codes = [(name, value) for name, value in self.fields.texts(lead) if not texts.is_blank(value)]
        if not codes:
            return skipped("The lead has no postcode")
        country_field, country = self.setting("country_field"), self.default_country
        country_name = texts.strip(text(lead, country_field)) if country_field else ""
        if country_name:
            country = country_of(countries.code_of(country_name))
        if country is None:
            return skipped("Postcodes of the lead's country are not checked")
        for name, value in codes:
            if not is_postcode(value, country):
                reason = f"The {country.postcode} in {name} is not written as in {country.name}: {country.example}"
                return failed(reason, field=name, value=value)
        return passed()
