"""Duplicate Email For Same Publisher: two publishers may send the same person, but each only once."""

from processr.duplicates import by_email
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types


@job_types.register
class DuplicatePublisherEmail(QualityCheck):
    key = "duplicate_publisher_email"
    api_id = 1091
    label = "Duplicate Email For Same Publisher"
    description = "Fails when the publisher has sent the e-mail address to this campaign before."
    compares = "campaign"

    def rule(self) -> str:
        return "No other lead of the same publisher came earlier to this campaign with the same e-mail address"

    def prepare(self, job_input: JobInput) -> None:
        self.repeated = by_email.repeated_emails_of_publisher(job_input, job_id=self.job.id)

    def check(self, lead: JobLead) -> Outcome:
        if not lead.email:
            return skipped("The lead has no e-mail address")
        if not lead.publisher_id:
            return skipped("The lead came from no publisher")
        if lead.id in self.repeated:
            return failed("The publisher has sent this e-mail address to the campaign before", field="email", value=lead.email)
        return passed()
