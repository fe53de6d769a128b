"""Suppressed Name Check: names of people who do not exist or are not wanted as leads."""

from collections.abc import Iterable

from config.core.pg_text import without_unstorable
from leads.intake import normalize
from leads.values import texts
from processr.job_types.lead import JobLead, text
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.lists.kinds import LONGEST_NAME_KEY, NAME
from processr.lists.lookup import SuppressionCheck


class SuppressedNameCheckSettings(JobSettings):
    first_name = FieldNameField(initial=normalize.FIRST_NAME, label="First name", help_text="The field with the first name.")
    last_name = FieldNameField(initial=normalize.LAST_NAME, label="Last name", help_text="The field with the last name.")


@job_types.register
class SuppressedNameCheck(SuppressionCheck):
    """Names are compared as in a search: without case, accents and doubled spaces."""

    key = "invalid_name"
    api_id = 1002
    label = "Suppressed Name Check"
    description = "Fails when first and last name are on the list of suppressed names: fake, famous, profane, or made up for a test."
    Settings = SuppressedNameCheckSettings
    kind = NAME
    reason = "The name is on the list of suppressed names"

    def rule(self) -> str:
        return f"The names in {self.setting('first_name')} and {self.setting('last_name')} are not on the list of suppressed names"

    def keys(self, lead: JobLead) -> Iterable[str]:
        first, last = self._names(lead)
        key = texts.fold_accents(without_unstorable(f"{first} {last}")[: 4 * LONGEST_NAME_KEY]) if first and last else ""
        return (key,) if key else ()

    def shown_value(self, lead: JobLead) -> tuple[str, str]:
        return str(self.setting("last_name")), " ".join(self._names(lead))

    def _names(self, lead: JobLead) -> tuple[str, str]:
        return texts.strip(text(lead, self.setting("first_name"))), texts.strip(text(lead, self.setting("last_name")))
