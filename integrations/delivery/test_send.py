"""Send a test: one attempt by an integration as it is being configured. No delivery is made of it, and the lead stays as it is."""

from dataclasses import dataclass

from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from integrations.base import Attempt, IntegrationType, Outgoing, Result
from integrations.delivery import attempts
from integrations.delivery.payload import outgoing_of
from integrations.delivery.samples import sample_lead
from integrations.models.delivery import new_event_id
from leads.models import Lead
from leads.statuses import CurrentStatus
from processr.job_types.exchange import Exchange, Silence
from processr.plans.plan import PlannedJob

SENT, LATER, PERSON = "Sent", "It would be tried again", "It would need a person"
_COMES_TO = {Result.SENT: SENT, Result.LATER: LATER, Result.NEVER: PERSON}


@dataclass(frozen=True, slots=True)
class Tested:
    """`comes_to`: what a delivery would have come to by such an attempt. Secrets are cut from the exchange. `left`: something was sent."""

    attempt: Attempt
    exchange: Exchange
    comes_to: str

    @property
    def left(self) -> bool:
        return bool(self.exchange.sent) and self.exchange.silence not in (Silence.REFUSED, Silence.UNREACHED)


def send_test(campaign: Campaign, planned: PlannedJob, job_type: type[IntegrationType], *, lead: Lead | None, actor: Actor) -> Tested:
    """Of the lead, or without one of a sample. Its event id is new and no delivery's, so that the receiver takes it for no repetition.

    Outside of any transaction, as the receiver may take its time. The audit trail keeps that it was sent.
    """
    chosen = lead or sample_lead(campaign)
    is_test = chosen.current_status == CurrentStatus.TEST
    outgoing = outgoing_of(chosen, event_id=new_event_id(), delivery_id=0, is_test=is_test)
    integration = job_type(planned)
    attempt, exchange = _tried(integration, outgoing)
    again = attempt.result is Result.UNCLEAR and integration.safe_to_repeat
    tested = Tested(attempt, exchange, LATER if again else _COMES_TO.get(attempt.result, PERSON))
    _record(campaign, planned, tested, lead=lead, actor=actor)
    return tested


def _tried(integration: IntegrationType, outgoing: Outgoing) -> attempts.Answer:
    """What cannot be made ready is tried again, as in a turn."""
    try:
        integration.prepare_sending([outgoing])
    except DomainError as trouble:
        return Attempt(Result.LATER, trouble.message), attempts.NOTHING
    return attempts.tried(integration, outgoing)


def _record(campaign: Campaign, planned: PlannedJob, tested: Tested, *, lead: Lead | None, actor: Actor) -> None:
    """A person's data has left the house on somebody's word, where it was a real lead's."""
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
