"""Sending a test: one attempt by an integration as it is being configured. No delivery is created, and the lead is not changed."""

from dataclasses import dataclass

from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from integrations.base import Attempt, AttemptResult, Integration, Outgoing
from integrations.delivery import attempts
from integrations.delivery.payload import outgoing_of
from integrations.delivery.samples import sample_lead
from integrations.models.delivery import new_event_id
from leads.models import Lead
from leads.statuses import CurrentStatus
from processr.job_types.exchange import Exchange, Silence
from processr.plans.plan import PlannedJob

SENT, LATER, PERSON = "Sent", "It would be tried again", "It would need a person"
_COMES_TO = {AttemptResult.SENT: SENT, AttemptResult.LATER: LATER, AttemptResult.NEVER: PERSON}


@dataclass(frozen=True, slots=True)
class Tested:
    """The result of a test.

    `comes_to` says what would become of a delivery after such an attempt. Secrets are cut from the exchange. `left`
    says whether anything was sent.
    """

    attempt: Attempt
    exchange: Exchange
    comes_to: str

    @property
    def left(self) -> bool:
        return bool(self.exchange.sent) and self.exchange.silence not in (Silence.REFUSED, Silence.UNREACHED)


def send_test(campaign: Campaign, planned: PlannedJob, job_type: type[Integration], *, lead: Lead | None, actor: Actor) -> Tested:
    """Send the lead, or a sample if there is none.

    The event id is new and belongs to no delivery, so that the receiver does not take it for a repetition. To be called
    outside any transaction, as the receiver may be slow. The test is recorded in the audit trail.
    """
    chosen = lead or sample_lead(campaign)
    is_test = chosen.current_status == CurrentStatus.TEST
    outgoing = outgoing_of(chosen, event_id=new_event_id(), delivery_id=0, is_test=is_test)
    integration = job_type(planned)
    attempt, exchange = _tried(integration, outgoing)
    again = attempt.result is AttemptResult.UNCLEAR and integration.safe_to_repeat
    tested = Tested(attempt, exchange, LATER if again else _COMES_TO.get(attempt.result, PERSON))
    _record(campaign, planned, tested, lead=lead, actor=actor)
    return tested


def _tried(integration: Integration, outgoing: Outgoing) -> attempts.Answer:
    """Make one attempt. A failed preparation counts as an attempt to be repeated, as in a turn."""
    try:
        integration.prepare_sending([outgoing])
    except DomainError as trouble:
        return Attempt(AttemptResult.LATER, trouble.message), attempts.NOTHING
    return attempts.tried(integration, outgoing)


def _record(campaign: Campaign, planned: PlannedJob, tested: Tested, *, lead: Lead | None, actor: Actor) -> None:
    """Record the test: with a real lead, personal data was sent to another system on a user's decision."""
    told = {"job": planned.id or None, "label": planned.label, "type": planned.type, "lead": lead.pk if lead else "sample"}
    audit.record(
        actor=actor,
        page="Integrations",
        action="test sent",
        obj=campaign,
        campaign_id=campaign.pk,
        severity="medium" if lead else "low",
        after={**told, "came_to": tested.comes_to, "answer": tested.attempt.told},
    )
