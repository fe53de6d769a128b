"""Non Standard Character Check: values full of signs that names, companies and places do not have."""

import re
from functools import cached_property

from django import forms

from processr.job_types.lead import EMAILS, TELEPHONES, WEB_ADDRESSES, JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FIELDS_READ, JobSettings, fields_to_leave_out, fields_to_read
from processr.jobs.quality_base import FieldsCheck

NON_STANDARD = re.compile(r"[\^$%!}{*#?><=+_\\/.]")
FREE_TEXT = ("*comment*", "*message*", "*note*", "*question*")


class NonStandardCharactersSettings(JobSettings):
    layout = FIELDS_READ

    fields_to_read = fields_to_read()
    fields_to_leave_out = fields_to_leave_out((*EMAILS, *WEB_ADDRESSES, *TELEPHONES, *FREE_TEXT))
    allowed = forms.IntegerField(
        initial=3, min_value=0, max_value=1000, label="Characters allowed", help_text="A field with more of them fails."
    )


@job_types.register
class NonStandardCharacters(FieldsCheck):
    """The signs are counted per field: a lead with a full stop in each of four fields is ordinary.

    E-mail and web addresses, telephone numbers and free text contain such signs, so they are left out unless they
    are named.
    """

    key = "non_standard_characters"
    api_id = 1006
    label = "Non Standard Character Check"
    description = r"Fails when a field has more than three of the characters ^ $ % ! } { * # ? > < = + _ \ / and the full stop."
    Settings = NonStandardCharactersSettings

    @cached_property
    def allowed(self) -> int:
        return int(self.setting("allowed"))

    def rule(self) -> str:
        return rf"{self.each_field} has at most {self.allowed} of the characters ^ $ % ! }} {{ * # ? > < = + _ \ / and the full stop"

    def check(self, lead: JobLead) -> Outcome:
        for name, value in self.fields.texts(lead):
            if len(NON_STANDARD.findall(value)) > self.allowed:
                return failed(f"{name} has too many non-standard characters", field=name, value=value)
        return passed()
