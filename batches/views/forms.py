"""The forms that ask for the reason of what is done with leads and files."""

from django import forms

from batches.texts import LONGEST_REASON
from config.core.forms.page_form import PageForm


class RemoveForm(PageForm):
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text="Kept on record, and in the notes of each lead.",
        error_messages={"required": "Say why they are taken out: it is noted on each of them."},
    )


class GiveUpBatchForm(PageForm):
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Kept on record.",
        error_messages={"required": "Say why the file is given up: whoever asks later reads it in the audit trail."},
    )
