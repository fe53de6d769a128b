"""Rapid Post Check: leads from one IP address within seconds of each other."""

from datetime import timedelta
from functools import cached_property

from django import forms

from processr.duplicates import by_ip
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import JobSettings
from processr.jobs.text import phrases


class RapidPostSettings(JobSettings):
    seconds = forms.IntegerField(
        initial=30, min_value=1, max_value=3600, help_text="Of two leads of one IP address this close together only the first passes."
    )


@job_types.register
class RapidPost(QualityCheck):
    """A lead that fails does not count against the next: from an address that posts all the time, one lead per period passes."""

    key = "rapid_post"
    api_id = 9002
    label = "Rapid Post Check"
    description = "Fails when another lead came to this campaign from the same IP address within 30 seconds."
    Settings = RapidPostSettings
    open_settings = frozenset({"seconds"})
    compares = "campaign"
    reads_ip = True

    @cached_property
    def window(self) -> int:
        return int(self.setting("seconds"))

    def rule(self) -> str:
        return f"No other lead of this campaign came from the same IP address within {phrases.counted(self.window, 'second')}"

    def prepare(self, job_input: JobInput) -> None:
        self.rapid = by_ip.rapid_posts(job_input, job_id=self.job.id, within=timedelta(seconds=self.window))

    def check(self, lead: JobLead) -> Outcome:
        if lead.id in self.rapid:
            return failed(f"Another lead came from the same IP address within {self.window} seconds", field="ip", value=lead.ip or "")
        return passed()
