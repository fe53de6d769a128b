"""Sending a test: one attempt by an integration as it is being configured. No delivery is created, and the lead is not changed."""

from dataclasses import dataclass

from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from config.core.errors import DomainError
from integrations.base import Attempt, AttemptResult, Integration, Outgoing
from integrations.delivery.attempts import NO_EXCHANGE, AttemptAnswer, make_attempt
from integrations.delivery.payload import build_outgoing
from integrations.delivery.samples import sample_lead
from integrations.models import new_event_id
from leads.models import Lead
from leads.statuses import CurrentStatus
from processr.job_types.exchange import Exchange, NoAnswerKind
from processr.plans.plan import PlannedJob

SENT, LATER, PERSON = "Sent", "It would be tried again", "It would need a person"
_CONSEQUENCES = {AttemptResult.SENT: SENT, AttemptResult.LATER: LATER, AttemptResult.NEVER: PERSON}


@dataclass(frozen=True, slots=True)
class TestResult:
    """The result of a test. `consequence` is what would become of a delivery. Secrets are cut from the exchange."""

    __test__ = False  # pytest must not collect this class

    attempt: Attempt
    exchange: Exchange
    consequence: str

    @property
    def was_sent(self) -> bool:
        return bool(self.exchange.sent) and self.exchange.no_answer not in (NoAnswerKind.REFUSED, NoAnswerKind.UNREACHED)


def send_test(campaign: Campaign, planned: PlannedJob, job_type: type[Integration], *, lead: Lead | None, actor: Actor) -> TestResult:
    """Send the lead, or a sample if there is none.

    The event id is new and belongs to no delivery, so that the receiver does not take it for a repetition. To be called
    outside any transaction, as the receiver may be slow. The test is recorded in the audit trail: with a real lead,
    personal data was sent to another system on a user's decision.
    """
    lead_to_send = lead or sample_lead(campaign)
    is_test = lead_to_send.current_status == CurrentStatus.TEST
    outgoing = build_outgoing(lead_to_send, event_id=new_event_id(), delivery_id=0, is_test=is_test)
    integration = job_type(planned)
    attempt, exchange = _make_attempt(integration, outgoing)
    consequence = _CONSEQUENCES.get(attempt.result, PERSON)
    if attempt.result is AttemptResult.UNCLEAR and integration.safe_to_repeat:
        consequence = LATER
    audit.record(
        actor=actor,
        page="Integrations",
        action="test sent",
        obj=campaign,
        campaign_id=campaign.pk,
        severity="medium" if lead else "low",
        after={
            "job": planned.id or None,
            "label": planned.label,
            "type": planned.type,
            "lead": lead.pk if lead else "sample",
            "came_to": consequence,
            "answer": attempt.message,
        },
    )
    return TestResult(attempt, exchange, consequence)


def _make_attempt(integration: Integration, outgoing: Outgoing) -> AttemptAnswer:
    """Make one attempt. A failed preparation counts as an attempt to be repeated, as in a turn."""
    try:
        integration.prepare_sending([outgoing])
    except DomainError as error:
        return Attempt(AttemptResult.LATER, error.message), NO_EXCHANGE
    return make_attempt(integration, outgoing)
