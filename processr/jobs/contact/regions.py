"""The settings that determine the country of a lead's telephone numbers and postcodes."""

from django import forms

from leads.values import texts
from leads.values.countries import LONGEST
from leads.values.telephones import region_of
from processr.job_types.base import JobType
from processr.job_types.lead import JobLead, text
from processr.job_types.settings_fields import FieldNameField


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
    """Return the region for a lead's telephone numbers, for types with the settings `country_field` and `region`.

    The setting is for leads that name no country: a country that is named and not known is not another one.
    """
    country_field = job_type.setting("country_field")
    country = texts.strip(text(lead, country_field)) if country_field else ""
    return region_of(country) if country else job_type.setting("region") or None
