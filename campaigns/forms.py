"""Forms of campaigns."""

from typing import Any

from django import forms
from django.utils import timezone

from config.core.forms.page_form import PageForm


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
