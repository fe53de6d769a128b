"""Suppressed Email Check: e-mail addresses that must not be written to."""

from collections.abc import Iterable

from config.core.pg_text import without_unstorable
from leads.intake import normalize
from leads.values import emails
from processr.job_types.lead import JobLead, text
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.lists.kinds import EMAIL
from processr.lists.lookup import SuppressionCheck


class SuppressedEmailCheckSettings(JobSettings):
    field = FieldNameField(initial=normalize.EMAIL, label="Field", help_text="The field with the e-mail address.")


@job_types.register
class SuppressedEmailCheck(SuppressionCheck):
    key = "suppressed_email"
    api_id = 9110
    label = "Suppressed Email Check"
    description = "Fails when the e-mail address is on the list of suppressed addresses."
    Settings = SuppressedEmailCheckSettings
    kind = EMAIL
    reason = "The e-mail address is on the list of suppressed addresses"

    def rule(self) -> str:
        return f"The address in {self.setting('field')} is not on the list of suppressed addresses"

    def keys(self, lead: JobLead) -> Iterable[str]:
        key = emails.canonical(without_unstorable(text(lead, self.setting("field"))))
        return (key,) if key else ()

    def shown_value(self, lead: JobLead) -> tuple[str, str]:
        return str(self.setting("field")), text(lead, self.setting("field"))
