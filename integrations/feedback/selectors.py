"""Reading feedback: the delivery of an event id, the policy in force, and feedback as far as a user sees it."""

from django.db.models import QuerySet

from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from integrations.feedback.policy import OFF, FeedbackPolicyRules
from integrations.models import Delivery, Feedback, FeedbackPolicy
from integrations.selectors import SEES_DELIVERIES
from leads.models import Lead

SEES_FEEDBACK = SEES_DELIVERIES
VERSIONS_SHOWN = 20


def delivery_of_event(event_id: str) -> Delivery | None:
    """Return the delivery with this event id, unless its lead is deleted: nobody is told that there was one."""
    return Delivery.objects.select_related("job").filter(event_id=event_id, lead__deleted_at=None).first()


def policy_in_force(job_id: int) -> FeedbackPolicy | None:
    return FeedbackPolicy.objects.filter(job=job_id).order_by("-version").first()


def policies_in_force(job_ids: list[int]) -> dict[int, FeedbackPolicy]:
    """Return the policies in force by job id, in one query."""
    newest = FeedbackPolicy.objects.filter(job__in=job_ids).order_by("job_id", "-version").distinct("job_id")
    return {policy.job_id: policy for policy in newest}


def rules_of(policy: FeedbackPolicy | None) -> FeedbackPolicyRules:
    return FeedbackPolicyRules.from_body(policy.body) if policy else OFF


def versions_of(job_id: int) -> list[FeedbackPolicy]:
    return list(FeedbackPolicy.objects.filter(job=job_id).order_by("-version")[:VERSIONS_SHOWN])


def feedback_for(who: Who) -> QuerySet[Feedback]:
    """Return the feedback on campaigns that `who` manages. That on deleted leads is hidden, as the leads are."""
    scope = scope_of(who)
    if who.role not in SEES_FEEDBACK or scope.nothing:
        return Feedback.objects.none()
    feedback = Feedback.objects.filter(lead__deleted_at=None)
    return feedback if scope.everything else feedback.filter(campaign__in=Campaign.objects.filter(scope.campaigns()))


def feedback_of_lead(who: Who, lead: Lead) -> QuerySet[Feedback]:
    """Return the feedback on the lead, newest first."""
    return feedback_for(who).filter(lead=lead).select_related("job", "delivery", "policy").order_by("-pk")
