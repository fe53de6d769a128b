"""Forms for giving deliveries up and for sending a test."""

from django import forms

from config.core.accounts.forms import Dressed
from config.core.ids import LARGEST_ID
from integrations.texts import REASON_AT_MOST


class GiveUpForm(Dressed, forms.Form):
    reason = forms.CharField(
        max_length=REASON_AT_MOST,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text="Kept with each delivery, and in the notes of its lead.",
        error_messages={"required": "Say why they are given up: whoever asks later reads it."},
    )


class TestForm(forms.Form):
    """The lead that a test sends; without one the sample is sent."""

    prefix = "test"
    __test__ = False  # pytest must not collect this class: "test" is the operators' term.

    lead = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, label="The id of a lead")
