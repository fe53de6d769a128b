"""First and Last Name Check: the same word given as first and last name."""

from django import forms

from leads.intake import normalize
from leads.values import texts
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import JobSettings


class FirstLastNameSettings(JobSettings):
    first_name = forms.CharField(initial=normalize.FIRST_NAME, max_length=80, help_text="The field with the first name.")
    last_name = forms.CharField(initial=normalize.LAST_NAME, max_length=80, help_text="The field with the last name.")


@job_types.register
class FirstLastName(QualityCheck):
    """Names are compared as in a search: without case, accents and doubled spaces."""

    key = "first_last_name_match"
    api_id = 1004
    label = "First and Last Name Check"
    description = "Fails when the first and the last name are the same."
    Settings = FirstLastNameSettings

    def rule(self) -> str:
        return f"The names in {self.setting('first_name')} and {self.setting('last_name')} are not the same"

    def check(self, lead: JobLead) -> Outcome:
        first, last = (str(lead.values.get(self.setting(name), "")) for name in ("first_name", "last_name"))
        if texts.is_blank(first) or texts.is_blank(last):
            return skipped("The lead does not have both names")
        if texts.fold_accents(first) == texts.fold_accents(last):
            return failed("First and last name are the same", field=self.setting("last_name"), value=last)
        return passed()
