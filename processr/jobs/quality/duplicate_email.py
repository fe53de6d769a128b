"""Duplicate Email Check: an e-mail address is accepted once per campaign."""

from processr.duplicates import by_email
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types


@job_types.register
class DuplicateEmail(QualityCheck):
    key = "duplicate_email"
    api_id = 1001
    label = "Duplicate Email Check"
    description = "Fails when the e-mail address was already received on this campaign."
    compares = "campaign"

    def rule(self) -> str:
        return "No other lead of this campaign came earlier with the same e-mail address"

    def prepare(self, job_input: JobInput) -> None:
        self.repeated = by_email.repeated_emails(job_input, job_id=self.job.id)

    def check(self, lead: JobLead) -> Outcome:
        if not lead.email:
            return skipped("The lead has no e-mail address")
        if lead.id in self.repeated:
            return failed("The e-mail address was already received on this campaign", field="email", value=lead.email)
        return passed()
