"""User Overactivity Check: an e-mail address that responds to many offers is rarely a buyer's."""

from datetime import timedelta
from functools import cached_property

from django import forms

from processr.duplicates import by_person
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import JobSettings
from processr.jobs.text import phrases

HOURS_OF_A_DAY, HOURS_OF_A_YEAR = 24, 24 * 366


class UserOveractivitySettings(JobSettings):
    count = forms.IntegerField(
        initial=1,
        min_value=1,
        max_value=1000,
        label="Leads accepted",
        help_text="Number of leads with one e-mail address that pass within the period, on all campaigns of this one's category together.",
    )
    hours = forms.IntegerField(
        initial=HOURS_OF_A_DAY, min_value=1, max_value=HOURS_OF_A_YEAR, label="Period in hours", help_text="A week is 168, 30 days are 720."
    )


@job_types.register
class UserOveractivity(QualityCheck):
    """A campaign without a category is compared with itself only. A lead that fails is not counted against the next."""

    key = "user_overactivity"
    api_id = 9051
    label = "User Overactivity Check"
    description = "Fails when the same e-mail address comes more often than allowed, within a period, to campaigns of the same category."
    Settings = UserOveractivitySettings
    open_settings = frozenset({"count", "hours"})
    compares = "enterprise"

    @cached_property
    def count(self) -> int:
        return int(self.setting("count"))

    @cached_property
    def hours(self) -> int:
        return int(self.setting("hours"))

    @property
    def period(self) -> str:
        whole_days = self.hours % HOURS_OF_A_DAY == 0
        return phrases.counted(self.hours // HOURS_OF_A_DAY, "day") if whole_days else phrases.counted(self.hours, "hour")

    def rule(self) -> str:
        leads = phrases.counted(self.count, "lead")
        return f"Campaigns of this category take no more than {leads} with the same e-mail address within {self.period}"

    def prepare(self, job_input: JobInput) -> None:
        within = timedelta(hours=self.hours)
        self.overactive = by_person.overactive(job_input, job_id=self.job.id, job_type=self.key, within=within, count=self.count)

    def check(self, lead: JobLead) -> Outcome:
        if not lead.email:
            return skipped("The lead has no e-mail address")
        if lead.id in self.overactive:
            times = phrases.counted(self.count, "time")
            return failed(f"The e-mail address came more than {times} within {self.period}", field="email", value=lead.email)
        return passed()
