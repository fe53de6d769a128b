"""Profanity Check: fields that contain profanities."""

from functools import cached_property

from processr.job_types.lead import EMAILS, TELEPHONES, WEB_ADDRESSES, JobLead, is_named_like
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import (
    FIELDS_READ,
    FieldNamesField,
    FieldPatternsInput,
    JobSettings,
    fields_to_leave_out,
    fields_to_read,
)
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text.profanities import Profanities
from processr.jobs.text.words import WordsField

WHERE_NAMES_STAND = (
    *EMAILS, "*name*", "*company*", "*organisation*", "*organization*", "*employer*", "*address*", "*street*", "*city*", "*town*",
    "*county*", "*region*",
)  # fmt: skip


class ProfanitySettings(JobSettings):
    layout = FIELDS_READ

    fields_to_read = fields_to_read()
    fields_to_leave_out = fields_to_leave_out((*WEB_ADDRESSES, *TELEPHONES))
    name_fields = FieldNamesField(
        required=False,
        initial=list(WHERE_NAMES_STAND),
        widget=FieldPatternsInput,
        label="Fields with names",
        help_text="Words that are also names of people or places, such as Dick, are allowed in these fields. * stands for any letters.",
    )
    more_words = WordsField(required=False, label="More words", help_text="Words or phrases that fail as well, with commas between them.")
    fine_words = WordsField(required=False, label="Words that are fine", help_text="Words that must not fail, with commas between them.")


@job_types.register
class Profanity(FieldsCheck):
    """The words are those of `data/profanities.txt` (English, German, French, Spanish) and of the settings.

    They are found without case and accents, and with digits and signs for letters (sh1t). Only whole words count,
    so that Scunthorpe and Cockburn pass, with or without an invisible hyphen.

    Words that are also first names, surnames or places (Dick, Cocks, Fick, Dildo) pass in fields for names and
    fail elsewhere, such as in a comment. A word added in the settings fails everywhere, and one allowed there
    nowhere.
    """

    key = "profanity"
    api_id = 9024
    label = "Profanity Check"
    description = "Fails when a profanity is in one of the fields."
    Settings = ProfanitySettings

    @cached_property
    def profanities(self) -> Profanities:
        return Profanities(more=self.setting("more_words"), fine=self.setting("fine_words"))

    @cached_property
    def holds_names(self) -> dict[str, bool]:
        """Return by field whether it is a field for names, computed once per chunk."""
        return {}

    def rule(self) -> str:
        return f"{self.each_field} is free of profanities"

    def check(self, lead: JobLead) -> Outcome:
        texts = self.fields.texts(lead)
        if not self.profanities.are_in([value for _, value in texts], may_be_names=False):
            return passed()  # nearly every lead: one search instead of one per field
        for name, value in texts:
            if self.profanities.are_in([value], may_be_names=self._holds_names(name)):
                return failed(f"{name} contains a profanity", field=name, value=value)
        return passed()

    def _holds_names(self, name: str) -> bool:
        holds_names = self.holds_names.get(name)
        if holds_names is None:
            holds_names = self.holds_names[name] = is_named_like(name, self.setting("name_fields"))
        return holds_names
