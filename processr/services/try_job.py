"""Running one job over one lead to show its outcome, without writing anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from config.core import audit
from config.core.actor import Actor
from config.core.ids import LARGEST_ID
from leads.intake import normalize
from leads.models import Lead
from leads.statuses import EntryPoint
from processr import texts
from processr.engine import provider_calls
from processr.engine.pipeline import lead_for_jobs
from processr.engine.runner import RETRYABLE_ERRORS, check_of, judge_exchange
from processr.job_types.base import EngineJob, ProviderCheck, QualityCheck
from processr.job_types.lead import JobInput, meta_of
from processr.job_types.outcomes import Enriched, Outcome, error, skipped
from processr.job_types.registry import engine_type
from processr.plans import snapshot
from processr.plans.plan import PlannedJob
from processr.transforms import apply_transforms

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Trial:
    """The result of a trial. `found` are the values that an enrichment job would add to the lead, by name."""

    outcome: Outcome
    found: dict[str, str] = field(default_factory=dict)


def try_job(campaign: Campaign, job: PlannedJob, lead: Lead) -> Trial:
    """Run the job alone, after the campaign's value transforms; its group and conditions are ignored.

    A provider is called outside any transaction, and its answer is not stored.
    """
    job_type = engine_type(job.type)
    if job_type is None:
        return Trial(skipped(texts.TYPE_GONE))
    plan = snapshot(campaign)
    if job_type.reads_ip and not lead.ip:
        return Trial(skipped(texts.NO_IP))
    transformed = apply_transforms(plan.transforms, lead.captured, meta=meta_of(lead))
    leads = [lead_for_jobs(lead, transformed, is_test=False, enriched=lead.enriched)]
    job_input = JobInput(plan.campaign_id, plan.advertiser_id, leads, leads, plan.transforms)
    try:
        answer = _answer(job_type(job), job_input)
    except RETRYABLE_ERRORS:
        raise
    except Exception:
        log.exception("job could not be tried", job=job.id, type=job.type)
        answer = error(texts.COULD_NOT_BE_CHECKED)
    return Trial(answer.outcome, dict(answer.values)) if isinstance(answer, Enriched) else Trial(answer)


def record_trial(campaign: Campaign, job: PlannedJob, lead: Lead, *, actor: Actor) -> None:
    """Record that the job is about to be tried on a stored lead: an outgoing type shows its values to another system."""
    job_type = engine_type(job.type)
    audit.record(
        actor=actor, page="Processr", action="job tried on a lead", obj=campaign, campaign_id=campaign.pk,
        severity="medium" if job_type and job_type.is_outgoing else "low",
        after={"job": job.id or None, "label": job.label, "type": job.type, "lead": lead.pk},
    )  # fmt: skip


def compares_leads(job: PlannedJob) -> bool:
    """Return whether the outcome tells about other leads than the one that is tried."""
    job_type = engine_type(job.type)
    return job_type is not None and issubclass(job_type, QualityCheck) and job_type.compares is not None


def pasted_lead(campaign: Campaign, values: Mapping[str, str]) -> Lead:
    """Return an unsaved lead that has just arrived, without a publisher: by its id, all other leads came before it."""
    now = timezone.now()
    return Lead(
        pk=LARGEST_ID, campaign=campaign, captured=dict(values), entry_point=EntryPoint.MANUAL, created_at=now, updated_at=now,
        failed_jobs=[], **normalize.columns(dict(values)),
    )  # fmt: skip


def _answer(job_type: EngineJob, job_input: JobInput) -> Outcome | Enriched:
    (lead,) = job_input.leads
    if isinstance(job_type, ProviderCheck):
        job_type.prepare(job_input)
        if outcome := job_type.known_outcome(lead):
            return outcome
        return judge_exchange(job_type, provider_calls.call(job_type, [lead]).by_lead[lead.id], lead)
    with transaction.atomic():
        job_type.prepare(job_input)
        answer = check_of(job_type)(lead)
        transaction.set_rollback(True)
    return answer
