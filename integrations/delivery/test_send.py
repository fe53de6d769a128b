"""Sending a test: one attempt by an integration as it is being configured. No delivery is created, and the lead is not changed."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from config.core.background.runs import run_types
from config.core.errors import DomainError
from config.core.models import User
from integrations.base import Attempt, AttemptResult, Integration, Outgoing
from integrations.delivery.attempts import NO_EXCHANGE, AttemptAnswer, make_attempt
from integrations.delivery.payload import build_outgoing
from integrations.delivery.samples import sample_lead
from integrations.models import new_event_id
from leads import privacy
from leads.models import Lead
from leads.statuses import CurrentStatus
from processr.job_types.exchange import Exchange, NoAnswerKind
from processr.job_types.registry import job_types
from processr.plans.plan import PlannedJob
from processr.services.trials import TrialType

SENT, LATER, PERSON = "Sent", "Would be tried again", "Would need a person"
BADGE_KINDS = {SENT: "delivered", LATER: "queued", PERSON: "caution"}
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


def make_at_once(attempt: Callable[[], AttemptAnswer]) -> AttemptAnswer:
    return attempt()


def send_test(
    campaign: Campaign,
    planned: PlannedJob,
    job_type: type[Integration],
    *,
    lead: Lead | None,
    call: Callable[[Callable[[], AttemptAnswer]], AttemptAnswer] = make_at_once,
) -> TestResult:
    """Send the lead, or a sample if there is none, by `call`.

    The event id is new and belongs to no delivery, so that the receiver does not take it for a repetition. To be called
    outside any transaction, as the receiver may be slow.
    """
    lead_to_send = lead or sample_lead(campaign)
    is_test = lead_to_send.current_status == CurrentStatus.TEST
    outgoing = build_outgoing(lead_to_send, event_id=new_event_id(), delivery_id=0, is_test=is_test)
    integration = job_type(planned)
    attempt, exchange = _make_attempt(integration, outgoing, call)
    consequence = _CONSEQUENCES.get(attempt.result, PERSON)
    if attempt.result is AttemptResult.UNCLEAR and integration.safe_to_repeat:
        consequence = LATER
    return TestResult(attempt, exchange, consequence)


def _make_attempt(
    integration: Integration, outgoing: Outgoing, call: Callable[[Callable[[], AttemptAnswer]], AttemptAnswer]
) -> AttemptAnswer:
    """Make one attempt. A failed preparation counts as an attempt to be repeated, as in a turn."""
    try:
        integration.prepare_sending([outgoing])
    except DomainError as error:
        return Attempt(AttemptResult.LATER, error.message), NO_EXCHANGE
    return call(partial(make_attempt, integration, outgoing))


@run_types.register
class TestSendRun(TrialType):
    """The test of an integration. It is recorded twice: before it is sent, and with what came of it.

    With a real lead, personal data go to another system on a user's decision.
    """

    __test__ = False

    key = "test_send"
    template = "integrations/_test_result.html"
    doing = "It is being sent."
    noun = "Test"
    page = "Integrations"

    def answer(self) -> Mapping[str, Any]:
        job_type = job_types.get(self.request.job.type)
        if job_type is None or not issubclass(job_type, Integration):
            raise DomainError("This kind of integration is no longer available.")
        return asdict(send_test(self.run.campaign, self.request.job, job_type, lead=self.find_lead(), call=self.call))

    def context(self, user: User) -> dict[str, Any]:
        """Return what came of the test.

        Users who configure the integration may read the exchange of a sample. Exchanges about real leads are for few users
        (decision 20).
        """
        lead, tested = self.find_lead(), self._tested()
        shows_exchange = lead is None or privacy.sees_provider_logs(user)
        exchange = tested.exchange if shows_exchange else None
        return {"tested": tested, "badge_kind": BADGE_KINDS[tested.consequence], "lead": lead, "exchange": exchange}

    def record_request(self, actor: Actor) -> None:
        self._record("test asked for", actor=actor)

    def record_stop(self, actor: Actor) -> None:
        self._record("test asked to stop", actor=actor)

    def record_end(self) -> None:
        run = self.run
        if run.state == run.State.DONE:
            tested = self._tested()
            self._record("test sent", came_to=tested.consequence, answer=tested.attempt.message)
        else:
            self._record(f"test {run.state}", reason=run.error)

    def _tested(self) -> TestResult:
        result = self.result
        attempt = result["attempt"] | {"result": AttemptResult(result["attempt"]["result"])}
        return TestResult(Attempt(**attempt), Exchange(**result["exchange"]), result["consequence"])

    def _record(self, action: str, *, actor: Actor | None = None, **after: str) -> None:
        request, campaign = self.request, self.run.campaign
        audit.record(
            actor=actor or self.actor, page=self.page, action=action, obj=campaign, campaign_id=campaign.pk,
            severity="low" if request.lead_id is None else "medium",
            after={
                "job": request.job.id or None, "label": request.job.label, "type": request.job.type,
                "lead": "sample" if request.lead_id is None else request.lead_id, **after,
            },
        )  # fmt: skip
