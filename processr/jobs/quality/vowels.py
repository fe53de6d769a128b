"""Vowel Check: random typing (sdfg, hjkl) has no vowels."""

import re
from functools import cached_property

from django import forms

from leads.intake import normalize
from leads.values import texts
from processr.job_types.lead import JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNamesField, JobSettings
from processr.jobs.quality_base import FieldsCheck
from processr.jobs.text import phrases
from processr.jobs.text.words import WordsField

VOWEL = re.compile("[aeiouyəαεηιουωаеиоуыэюяєіїўәөүұӑӓӗӛӣӥӧӫӭӯӱӳ]")


class VowelsSettings(JobSettings):
    fields_to_read = FieldNamesField(
        initial=[normalize.FIRST_NAME, normalize.LAST_NAME],
        label="Fields",
        help_text="Names of the fields that must contain vowels, with commas between them.",
    )
    from_letters = forms.IntegerField(
        initial=3,
        min_value=1,
        max_value=100,
        label="From this many letters",
        help_text="Values with fewer letters and digits pass: Ng, JP.",
    )
    allowed_words = WordsField(
        required=False, label="Values allowed", help_text="Whole values without vowels that are fine, with commas between them: Vlk, Krč."
    )


@job_types.register
class Vowels(FieldsCheck):
    """Empty fields are left to other jobs. The letter y is a vowel (Lynn, Smyth), and those of Greek and Cyrillic are known.

    Text in other scripts passes, since many of them do not write vowels.
    """

    key = "vowels"
    api_id = 9020
    label = "Vowel Check"
    description = "Fails when one of the named fields contains no vowels."
    Settings = VowelsSettings

    @cached_property
    def from_letters(self) -> int:
        return int(self.setting("from_letters"))

    @cached_property
    def allowed(self) -> frozenset[str]:
        return frozenset(texts.fold_accents(word) for word in self.setting("allowed_words"))

    def rule(self) -> str:
        enough = phrases.counted(self.from_letters, "letter")
        return f"{self.each_field} contains a vowel, where it has {enough} or more"

    def check(self, lead: JobLead) -> Outcome:
        for name, value in self.fields.texts(lead):
            if self._lacks_vowels(value):
                return failed(f"{name} contains no vowels: send the word as it is written in full", field=name, value=value)
        return passed()

    def _lacks_vowels(self, value: str) -> bool:
        text = texts.fold_accents(value)
        if VOWEL.search(text) or sum(map(str.isalnum, text)) < self.from_letters:
            return False
        return all(map(_has_known_vowels, text)) and text not in self.allowed


def _has_known_vowels(character: str) -> bool:
    """Return whether the character is of a script whose vowels are known, or no letter."""
    return not character.isalpha() or character <= "\u052f" or "\u1e00" <= character <= "\u1fff"
