"""The form for giving deliveries or messages up."""

from django import forms

from config.core.forms.page_form import PageForm
from integrations.texts import REASON_AT_MOST


class GiveUpForm(PageForm):
    reason = forms.CharField(
        max_length=REASON_AT_MOST,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text="Kept on record, and in the notes of each lead.",
        error_messages={"required": "Say why they are given up: whoever asks later reads it in the timeline of the lead."},
    )
