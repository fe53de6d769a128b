"""Running one job over one lead to show its outcome, without writing anything.

Jobs that ask nobody are tried in the request. Those that ask a provider are tried by a worker (`JobTrial`).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from config.core.background.runs import run_types
from config.core.ids import LARGEST_ID
from config.core.models import User
from leads import privacy
from leads.intake import normalize
from leads.models import Lead
from leads.statuses import EntryPoint
from processr import texts
from processr.engine import provider_calls
from processr.engine.pipeline import lead_for_jobs
from processr.engine.runner import RETRYABLE_ERRORS, check_of, judge_exchange
from processr.job_types.base import EngineJob, ProviderCheck
from processr.job_types.lead import JobInput, meta_of
from processr.job_types.outcomes import BADGES, Enriched, Outcome, OutcomeKind, error, skipped
from processr.job_types.registry import engine_type
from processr.plans import snapshot
from processr.plans.plan import PlannedJob
from processr.services.trials import TrialCutOff, TrialType
from processr.transforms import apply_transforms

log = structlog.get_logger(__name__)

ProviderCall = Callable[[], provider_calls.FinishedExchange]


@dataclass(frozen=True)
class TrialResult:
    """The result of a trial. `found` are the values that an enrichment job would add to the lead, by name."""

    outcome: Outcome
    found: dict[str, str] = field(default_factory=dict)


def call_at_once(ask: ProviderCall) -> provider_calls.FinishedExchange:
    return ask()


def try_job(
    campaign: Campaign, job: PlannedJob, lead: Lead, *, call: Callable[[ProviderCall], provider_calls.FinishedExchange] = call_at_once
) -> TrialResult:
    """Run the job alone, after the campaign's value transforms; its group and conditions are ignored.

    A provider is called by `call`, outside any transaction, and its answer is not stored.
    """
    job_type = engine_type(job.type)
    if job_type is None:
        return TrialResult(skipped(texts.TYPE_GONE))
    plan = snapshot(campaign)
    if job_type.reads_ip and not lead.ip:
        return TrialResult(skipped(texts.NO_IP))
    transformed = apply_transforms(plan.transforms, lead.captured, meta=meta_of(lead))
    leads = [lead_for_jobs(lead, transformed, is_test=False, enriched=lead.enriched)]
    job_input = JobInput(plan.campaign_id, plan.advertiser_id, leads, leads, plan.transforms)
    try:
        answer = _answer(job_type(job), job_input, call)
    except (*RETRYABLE_ERRORS, TrialCutOff):
        raise
    except Exception:
        log.exception("job could not be tried", job=job.id, type=job.type)
        answer = error(texts.COULD_NOT_BE_CHECKED)
    return TrialResult(answer.outcome, dict(answer.values)) if isinstance(answer, Enriched) else TrialResult(answer)


@run_types.register
class JobTrial(TrialType):
    """The trial of a job that asks a provider."""

    key = "try"
    template = "processr/_trial_result.html"
    doing = "The service is asked now."
    page = "Processr"

    def answer(self) -> Mapping[str, Any]:
        campaign, request = self.run.campaign, self.request
        lead = self.find_lead() or pasted_lead(campaign, request.pasted or {})
        return asdict(try_job(campaign, request.job, lead, call=self.call))

    def context(self, user: User) -> dict[str, Any]:
        """Return the outcome, masked as the lead is for the user; a pasted lead is the user's own."""
        result, lead = self.result, self.find_lead()
        outcome = Outcome(**result["outcome"] | {"kind": OutcomeKind(result["outcome"]["kind"])})
        value, found = outcome.value, result["found"]
        if lead:
            value = privacy.shown_value(user, lead, outcome.field, value)
            found = privacy.shown_values(user, lead, found)
        return {"outcome": outcome, "badge": BADGES[outcome.kind], "found": found, "value": value, "lead": lead}

    def record_request(self, actor: Actor) -> None:
        if self.request.lead_id is not None:
            record_trial(self.run.campaign, self.request.job, self.request.lead_id, actor=actor)

    def record_stop(self, actor: Actor) -> None:
        self.record("trial asked to stop", actor=actor, campaign_id=self.run.campaign_id)


def record_trial(campaign: Campaign, job: PlannedJob, lead_id: int, *, actor: Actor) -> None:
    """Record that the job is about to be tried on a stored lead: an outgoing type shows its values to another system."""
    job_type = engine_type(job.type)
    audit.record(
        actor=actor, page="Processr", action="job tried on a lead", obj=campaign, campaign_id=campaign.pk,
        severity="medium" if job_type and job_type.is_outgoing else "low",
        after={"job": job.id or None, "label": job.label, "type": job.type, "lead": lead_id},
    )  # fmt: skip


def asks_provider(job: PlannedJob) -> bool:
    job_type = engine_type(job.type)
    return job_type is not None and issubclass(job_type, ProviderCheck)


def pasted_lead(campaign: Campaign, values: Mapping[str, str]) -> Lead:
    """Return an unsaved lead that has just arrived, without a publisher: by its id, all other leads came before it."""
    now = timezone.now()
    return Lead(
        pk=LARGEST_ID, campaign=campaign, captured=dict(values), entry_point=EntryPoint.MANUAL, created_at=now, updated_at=now,
        failed_jobs=[], **normalize.columns(dict(values)),
    )  # fmt: skip


def _answer(
    job_type: EngineJob, job_input: JobInput, call: Callable[[ProviderCall], provider_calls.FinishedExchange]
) -> Outcome | Enriched:
    (lead,) = job_input.leads
    if isinstance(job_type, ProviderCheck):
        job_type.prepare(job_input)
        if outcome := job_type.known_outcome(lead):
            return outcome
        finished = call(partial(provider_calls.call, job_type, [lead]))
        return judge_exchange(job_type, finished.by_lead[lead.id], lead)
    with transaction.atomic():
        job_type.prepare(job_input)
        answer = check_of(job_type)(lead)
        transaction.set_rollback(True)
    return answer
