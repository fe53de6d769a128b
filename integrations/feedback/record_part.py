"""The feedback policy as a part of an integration's record in API v4."""

from collections.abc import Mapping, Sequence
from typing import Any

from config.core.actor import Actor
from integrations.feedback.policy import OFF
from integrations.feedback.policy_services import change_policy, takes_feedback
from integrations.feedback.selectors import policies_in_force
from processr.job_types.record_parts import JobRecordPart, job_record_parts
from processr.models import Job


@job_record_parts.register
class FeedbackPart(JobRecordPart):
    key = "feedback"

    def records(self, jobs: Sequence[Job]) -> Mapping[int, Any]:
        integrations = [job.pk for job in jobs if takes_feedback(job)]
        policies = policies_in_force(integrations) if integrations else {}
        return {
            pk: {"version": policies[pk].version, **policies[pk].body} if pk in policies else {"version": 0, **OFF.body()}
            for pk in integrations
        }

    def change(self, job_id: int, value: Any, *, actor: Actor) -> None:
        """Change the rules that are named. A version, as a record that was read has it, must be the one in force."""
        rules = dict(value) if isinstance(value, Mapping) else value
        version = rules.pop("version", None) if isinstance(rules, dict) else None
        change_policy(job_id, rules, actor=actor, seen_version=version)
