"""Unique IP Address Check: an IP address is accepted for one lead of the campaign within an hour."""

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

MINUTES_OF_A_DAY = 24 * 60


class UniqueIPSettings(JobSettings):
    minutes = forms.IntegerField(
        initial=60,
        min_value=1,
        max_value=MINUTES_OF_A_DAY,
        help_text="Of leads of one IP address this close together only the first passes. Offices share one address, mobile networks too.",
    )


@job_types.register
class UniqueIP(QualityCheck):
    """The check is the Rapid Post Check over longer times. A lead that fails does not count against the next."""

    key = "unique_ip"
    api_id = 9050
    label = "Unique IP Address Check"
    description = "Fails when another lead came to this campaign from the same IP address within an hour."
    Settings = UniqueIPSettings
    open_settings = frozenset({"minutes"})
    compares = "campaign"
    reads_ip = True

    @cached_property
    def minutes(self) -> int:
        return int(self.setting("minutes"))

    @property
    def time(self) -> str:
        return phrases.counted(self.minutes // 60, "hour") if self.minutes % 60 == 0 else phrases.counted(self.minutes, "minute")

    def rule(self) -> str:
        return f"No other lead of this campaign came from the same IP address within {self.time}"

    def prepare(self, job_input: JobInput) -> None:
        self.repeated = by_ip.rapid_posts(job_input, job_id=self.job.id, within=timedelta(minutes=self.minutes))

    def check(self, lead: JobLead) -> Outcome:
        if lead.id in self.repeated:
            return failed(f"Another lead came from the same IP address within {self.time}", field="ip", value=lead.ip or "")
        return passed()
