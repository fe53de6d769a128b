"""The settings that determine the country in whose format a lead's telephone number is read."""

from django import forms

from processr.job_types.base import JobType
from processr.job_types.lead import BatchLead, text
from processr.job_types.settings_fields import FieldName
from processr.jobs.contact.regions import region_of


class CountryField(FieldName):
    def __init__(self) -> None:
        super().__init__(
            required=False, initial="country", help_text="The field with the lead's country, for numbers that do not begin with +."
        )


class Region(forms.CharField):
    """A country, given by code or name and kept as its code. `otherwise` describes the treatment of leads without a country."""

    def __init__(self, *, otherwise: str) -> None:
        told = f"The country of leads that do not name one. Empty: of their numbers only {otherwise}."
        super().__init__(required=False, initial="", max_length=80, help_text=told)

    def clean(self, value: object) -> str:
        country = str(super().clean(value))
        region = region_of(country) if country else ""
        if region is None:
            raise forms.ValidationError("No country has this code or name. Write it like GB or United Kingdom.")
        return region


def region_for(lead: BatchLead, job_type: JobType) -> str | None:
    """Return the region for a lead's telephone numbers, for types with the settings `country_field` and `region`."""
    named = job_type.setting("country_field")
    return (region_of(text(lead, named)) if named else None) or job_type.setting("region") or None
