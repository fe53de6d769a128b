"""Repeated Character Check: the same character several times in a row, as from a key held down."""

import re
from functools import cached_property
from itertools import groupby

from django import forms

from processr.job_types.lead import EMAILS, TELEPHONES, WEB_ADDRESSES, JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FIELDS_READ, FieldNamesField, JobSettings, fields_to_leave_out, fields_to_read
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text import characters

NUMBERS = (
    "*postcode*", "*postalcode*", "*zip*", "*address*", "*street*", "*number*", "*employee*", "*revenue*", "*turnover*", "*budget*",
    "*size*",
)  # fmt: skip
"""Patterns of fields in which 1000 and 555 are ordinary."""

ROMAN = ("iii", "viii", "xiii", "xviii", "xxiii")
WORD = re.compile(r"[^\W_]+")


class RepeatedCharacterSettings(JobSettings):
    layout = FIELDS_READ

    fields_to_read = fields_to_read()
    fields_to_leave_out = fields_to_leave_out((*EMAILS, *WEB_ADDRESSES, *TELEPHONES, *NUMBERS))
    times = forms.IntegerField(
        initial=3, min_value=2, max_value=100, label="Times in a row", help_text="Fails from this many equal characters in a row."
    )
    allowed_words = FieldNamesField(
        required=False,
        initial=list(ROMAN),
        label="Words allowed",
        help_text="Whole words that may have such a run, with commas between them: John Smith III.",
    )


@job_types.register
class RepeatedCharacter(FieldsCheck):
    """Upper and lower case count as the same character, and so do all encodings of an accented letter. Spaces are not counted."""

    key = "repeat_character"
    api_id = 1007
    label = "Repeated Character Check"
    description = "Fails when a field has the same character three or more times in a row."
    Settings = RepeatedCharacterSettings

    @cached_property
    def run(self) -> re.Pattern[str]:
        """Return the pattern of a run. Each attempt ends where the character changes, so the search takes linear time."""
        return re.compile(rf"(\S)\1{{{self.times - 1}}}")

    @cached_property
    def times(self) -> int:
        return int(self.setting("times"))

    @cached_property
    def allowed(self) -> frozenset[str]:
        return frozenset(word.lower() for word in self.setting("allowed_words"))

    def rule(self) -> str:
        return f"{self.each_field} has no character {self.times} or more times in a row"

    def check(self, lead: JobLead) -> Outcome:
        for name, value in self.fields.texts(lead):
            if self._repeats(value.lower()):
                return failed(f"{name} has the same character {self.times} or more times in a row", field=name, value=value)
        return passed()

    def _repeats(self, text: str) -> bool:
        if text.isascii():
            return bool(self.run.search(text)) and bool(self.run.search(self._without_allowed(text)))
        runs = groupby(characters.visible_characters(self._without_allowed(text)))
        return any(not character.isspace() and sum(1 for _ in run) >= self.times for character, run in runs)

    def _without_allowed(self, text: str) -> str:
        return WORD.sub(lambda word: " " if word[0] in self.allowed else word[0], text)
