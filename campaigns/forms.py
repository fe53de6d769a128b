"""Forms of campaigns."""

from typing import Any

from django import forms
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.models.campaign import LONGEST_PROCESS_DELAY
from config.core.forms.layout import Fields, Section, SideBySide
from config.core.forms.page_form import PageForm

MINUTES_OF = {"minutes": 1, "hours": 60}
WHOLE_NUMBER = "Write a whole number, such as 90. It is 0 for no delay."
TOO_LONG = f"At most {LONGEST_PROCESS_DELAY // 1440} days: {LONGEST_PROCESS_DELAY // 60:,} hours, or {LONGEST_PROCESS_DELAY:,} minutes."


class PauseForm(PageForm):
    reason = forms.CharField(max_length=255, help_text="Shown to everybody who sees the campaign.")
    integrations = forms.BooleanField(
        required=False,
        label="Pause integrations as well",
        help_text="Deliveries and batches wait as long as the campaign does. Otherwise they go on.",
    )
    resume_at = forms.DateTimeField(
        required=False,
        label="Resume by itself at",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": "This is not a date and time. Write it like 2026-01-31T14:30."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resume_at"].help_text = f"In your time zone, {timezone.get_current_timezone_name()}. Empty: until somebody resumes it."


class HoldsForm(PageForm):
    """The holds of the deliveries of a campaign: the switch, and the lead process delay as a number and its unit, `minutes` in all."""

    layout = Fields(Section("Over delivery", "hold_over_delivery"), Section("Process delay", SideBySide("amount", "unit")))

    hold_over_delivery = forms.BooleanField(
        required=False,
        label="Hold leads over delivery",
        help_text="A Valid lead that finds no slot of the volume or of a contract is then held and billed to nobody, and leads are taken "
        "beyond the volume. Switched off, it holds no more leads; those that are held wait until somebody releases them.",
    )
    amount = forms.IntegerField(
        label="Leads wait for",
        help_text="Counted from the arrival of each lead; 0 for no delay.",
        error_messages={"required": WHOLE_NUMBER, "invalid": WHOLE_NUMBER},
        widget=forms.NumberInput(attrs={"min": 0, "step": 1, "autocomplete": "off"}),
    )
    unit = forms.ChoiceField(
        label="Minutes or hours",
        choices=[("minutes", "Minutes"), ("hours", "Hours")],
        error_messages={"required": "Choose minutes or hours.", "invalid_choice": "Choose minutes or hours."},
    )

    @staticmethod
    def initial_for(campaign: Campaign) -> dict[str, Any]:
        """Return the initial values, which show a delay in hours where these are whole."""
        minutes = campaign.process_delay
        in_hours = minutes > 0 and minutes % 60 == 0
        return {
            "hold_over_delivery": campaign.hold_over_delivery,
            "amount": minutes // 60 if in_hours else minutes,
            "unit": "hours" if in_hours else "minutes",
        }

    @property
    def minutes(self) -> int:
        return int(self.cleaned_data["amount"]) * MINUTES_OF[self.cleaned_data["unit"]]

    def clean_amount(self) -> int:
        amount: int = self.cleaned_data["amount"]
        if amount < 0:
            raise forms.ValidationError(WHOLE_NUMBER)
        return amount

    def clean(self) -> None:
        if not self.errors and self.minutes > LONGEST_PROCESS_DELAY:
            self.add_error("amount", TOO_LONG)
