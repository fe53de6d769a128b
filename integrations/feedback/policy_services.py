"""Changing the policy of an integration: each change is a new version, and is recorded in the audit trail."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from config.core import audit
from config.core.actor import Actor
from config.core.background.clock import database_now
from config.core.errors import DomainError
from integrations.base import Integration
from integrations.feedback.decide import FeedbackDecision, FeedbackFacts, decide
from integrations.feedback.policy import ReturnReason
from integrations.feedback.requests import FeedbackRequest
from integrations.feedback.selectors import delivery_of_event, policy_in_force, rules_of
from integrations.feedback.services import facts_of
from integrations.models import FeedbackPolicy
from leads.selectors import flag_reasons
from leads.statuses import SecondCheck
from processr.job_types.registry import job_types
from processr.models import Job
from processr.services.locking import locked_job

PAGE = "Feedback"
NOT_OURS = "No delivery of this integration has this event ID."
CHANGED = "The policy was changed meanwhile: look at it as it is now."


def takes_feedback(job: Job) -> bool:
    """Return whether the job is an integration, whose deliveries take feedback."""
    job_type = job_types.get(job.type)
    return job_type is not None and issubclass(job_type, Integration)


@transaction.atomic
def change_policy(job_id: int, changes: Mapping[str, Any], *, actor: Actor, seen_version: int | None = None) -> FeedbackPolicy | None:
    """Put a new version in force, with the rules that are named changed. A call that changes nothing writes nothing.

    Refuse with status 409 if `seen_version`, 0 for no policy, is not the version in force.
    """
    job = locked_job(job_id, actor=actor)
    if not takes_feedback(job):
        raise DomainError("Only integrations take feedback.", field="feedback")
    present = policy_in_force(job.pk)
    version = present.version if present else 0
    if seen_version is not None and seen_version != version:
        raise DomainError(CHANGED, status=409)
    before = rules_of(present)
    after = before.changed(changes)
    if after == before:
        return present
    _refuse_unknown_reasons(after.reasons, known=before.reasons)
    policy = FeedbackPolicy.objects.create(
        job=job, version=version + 1, body=after.body(), made_by_id=actor.user_id, made_by_name=actor.name
    )
    old, new = before.body(), after.body()
    changed = [name for name in new if new[name] != old[name]]
    audit.record(
        actor=actor,
        page=PAGE,
        action="feedback policy changed",
        obj=job,
        before={name: old[name] for name in changed},
        after={"version": policy.version, **{name: new[name] for name in changed}},
        severity="medium",
        campaign_id=job.campaign_id,
        notes=str(job),
    )
    return policy


def try_feedback(job: Job, request: FeedbackRequest, *, age: timedelta | None = None) -> FeedbackDecision:
    """Return what would be decided now, without recording it: on the delivery of the event id, or on one that was sent `age` ago."""
    rules, now = rules_of(policy_in_force(job.pk)), database_now()
    if age is not None:
        return decide(rules, FeedbackFacts(request.type, request.reason, now, sent_at=now - age))
    delivery = delivery_of_event(request.event_id)
    if delivery is None or delivery.job_id != job.pk:
        raise DomainError(NOT_OURS, field="event_id")
    return decide(rules, facts_of(request, rules, delivery, now))


def _refuse_unknown_reasons(reasons: Collection[ReturnReason], *, known: Collection[ReturnReason]) -> None:
    """Refuse reasons and categories that the flag Invalid does not have. Those that the policy has already may have gone since."""
    listed = {row.name: row for row in flag_reasons([SecondCheck.INVALID]) if not row.is_other}
    for number, given in enumerate(reasons):
        if given in known:
            continue
        row = listed.get(given.reason)
        if row is None:
            message = f"Invalid has no reason “{given.reason[:60]}”; it has {', '.join(listed)}."
            raise DomainError(message, field=f"feedback.reasons[{number}].reason")
        if given.category and given.category not in {category.name for category in row.categories.all()}:
            message = f"“{row.name}” has no category “{given.category[:60]}”."
            raise DomainError(message, field=f"feedback.reasons[{number}].category")
