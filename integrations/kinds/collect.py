"""Collect for file: leads stay queued until a file takes them."""

from django import forms

from integrations.base import Integration
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import JobSettings, validate_text


class CollectForFileSettings(JobSettings):
    note = forms.CharField(
        required=False, initial="", max_length=500, widget=forms.Textarea(attrs={"rows": 3}), validators=[validate_text],
        help_text="Internal note, such as who gets the file. It is never sent.",
    )  # fmt: skip


@job_types.register
class CollectForFile(Integration):
    key = "collect"
    api_id = 9121
    label = "Collect for file"
    description = "Gathers the leads for a file: each stays waiting until a file takes it."
    Settings = CollectForFileSettings
    sends = False

    def rule(self) -> str:
        return "Stays waiting until a file takes it"
