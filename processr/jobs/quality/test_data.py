"""Test Data Check: values that are entered to try out a form."""

import re
from functools import cached_property

from processr.job_types.lead import FieldSelection, JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNamesField, JobSettings
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text import phrases

# The whole word: letters of any script make it another word (Testa, contest); digits, dots and underscores do not (test1, test@…).
TEST_WORD = re.compile(r"(?<![^\W\d_])test(?![^\W\d_])", re.IGNORECASE)
TEST_POSTCODE = "AA11AA"


class TestDataSettings(JobSettings):
    fields_to_read = FieldNamesField(
        required=False,
        initial=[],
        label="Fields",
        help_text="Names of the fields in which to look for the word, with commas between them. Empty: every captured field.",
    )


@job_types.register
class TestData(FieldsCheck):
    """AA1 1AA is no real postcode, so all fields are searched for it, whatever the name of the postcode field."""

    __test__ = False  # for pytest, which would take the class for a test by its name

    key = "test_data"
    api_id = 1003
    label = "Test Data Check"
    description = "Fails when the word 'test' appears in the fields looked at, or the postcode is AA1 1AA."
    Settings = TestDataSettings

    @cached_property
    def _every_field(self) -> FieldSelection:
        return FieldSelection([])

    def rule(self) -> str:
        named = self.setting("fields_to_read")
        where = f"not in {phrases.any_of(named)}" if named else "in no field"
        return f"The word 'test' is {where}, and no postcode is AA1 1AA"

    def check(self, lead: JobLead) -> Outcome:
        for name, value in self.fields.texts(lead):
            if TEST_WORD.search(value):
                return failed(f"The word 'test' appears in {name}", field=name, value=value)
        for name, value in self._every_field.texts(lead):
            if "".join(value.split()).upper() == TEST_POSTCODE:
                return failed("The postcode is AA1 1AA, which is test data", field=name, value=value)
        return passed()
