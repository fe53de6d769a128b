"""The runner of jobs over a chunk of leads: whatever a job type does, each lead gets an outcome from it.

An exception in a job becomes an error outcome and does not end the chunk.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction

from config.core.pg_text import is_storable
from processr import texts
from processr.engine.groups import Groups
from processr.engine.provider_calls import ProviderAnswer, ProviderCalls
from processr.engine.scoring import Step
from processr.job_types.base import JobType
from processr.job_types.lead import BatchLead, LeadBatch
from processr.job_types.outcomes import Enriched, Outcome, OutcomeKind, error, skipped
from processr.job_types.registry import job_types
from processr.models import Job
from processr.plans.plan import CompiledPlan, Phase, PlannedJob

log = structlog.get_logger(__name__)

TROUBLE = (OperationalError, InterfaceError)
"""Database errors: the connection is lost, or two writers collided.

They say nothing about a job, so the turn fails or is tried again.
"""

Says = Callable[[BatchLead], Outcome | Enriched]
_ASK = skipped("")
"""The marker for an outcome that is not known without asking the provider."""


def prepared(job_type: JobType, batch: LeadBatch) -> bool:
    """Call the type's `prepare` and return whether it succeeded.

    It runs in a savepoint, because a failed query must not break the writing transaction. Types that look nothing
    up are skipped.
    """
    if type(job_type).prepare is JobType.prepare:
        return True
    try:
        with transaction.atomic():
            job_type.prepare(batch)
    except TROUBLE:
        raise
    except Exception:
        log.exception("job could not look up", job=job_type.job.id, type=job_type.key)
        return False
    return True


def look(job_type: JobType, batch: LeadBatch) -> Says:
    """Return the function that gives the outcome for a lead, for a type that asks no provider."""
    return partial(job_type.enrich if job_type.category == Job.Category.ENRICHMENT else job_type.check, batch)


class Looking:
    """The outcomes of one job over one chunk. `raised` are the ids of the leads on which the job raised an exception."""

    def __init__(self, job_type: JobType) -> None:
        self._job_type = job_type
        self._enriches = job_type.category == Job.Category.ENRICHMENT
        self.raised: list[int] = []

    def outcome(self, says: Says, lead: BatchLead) -> Outcome:
        """Return the outcome that `says` gives, or an error outcome if it raises.

        Only the first exception of a chunk is logged with its traceback: a type that fails on all leads fails in the
        same way.
        """
        try:
            said = says(lead)
            return said if isinstance(said, Outcome) else self._taken(said, lead)
        except TROUBLE:
            raise
        except Exception:
            if not self.raised:
                log.exception("job could not check a lead", job=self._job_type.job.id, type=self._job_type.key, lead=lead.id)
            self.raised.append(lead.id)
            return error(texts.COULD_NOT_BE_CHECKED)

    def unasked(self, batch: LeadBatch, lead: BatchLead) -> Outcome | None:
        """Return the outcome that is known without a call, or None if the provider must be asked."""
        said = self.outcome(lambda lead: self._job_type.unasked(batch, lead) or _ASK, lead)
        return None if said is _ASK else said

    def _taken(self, said: object, lead: BatchLead) -> Outcome:
        """Store the enriched values on the lead and return the outcome."""
        if not isinstance(said, Enriched) or not self._enriches:
            raise TypeError(f"{self._job_type.key} answered {said!r}, which is no outcome")
        if not all(isinstance(text, str) and is_storable(text) for pair in said.values.items() for text in pair):
            raise TypeError(f"{self._job_type.key} found what is no text")
        lead.enriched.update(said.values)
        return said.outcome

    def tell(self) -> None:
        if self.raised:
            log.warning("job could not check leads", job=self._job_type.job.id, type=self._job_type.key, leads=len(self.raised))


__all__ = ["TROUBLE", "JobRunner"]

Steps = dict[int, Step]
"""The steps of one job, by lead id."""
NOBODY: frozenset[int] = frozenset()


@dataclass
class JobRunner:
    """A run of jobs over one chunk.

    `steps` holds the steps by job id and is filled job by job. Leads in `stopped` are not enriched any further.
    Leads in `not_valid` cannot become Valid, whatever the jobs say.
    """

    plan: CompiledPlan
    chunk: Sequence[BatchLead]
    providers: ProviderCalls = field(default_factory=ProviderCalls)
    stopped: frozenset[int] = NOBODY
    not_valid: frozenset[int] = NOBODY
    began: float = field(default_factory=perf_counter)
    steps: dict[int, Steps] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._order = self.plan.judging_jobs
        self._shared: dict[str, Any] = {}
        self._groups = Groups(self.plan.jobs)

    def steps_of(self, lead: BatchLead) -> list[Step]:
        """Return the lead's steps in the order of decision 3."""
        return [self.steps[job.id][lead.id] for job in self._order if job.id in self.steps]

    def run(self, jobs: Iterable[PlannedJob]) -> None:
        for job in jobs:
            self.steps[job.id] = self._run_one(job)

    def over(self, leads: Iterable[BatchLead]) -> "JobRunner":
        """Return a runner over some leads of the chunk that continues from the steps so far. This runner stays unchanged."""
        other = JobRunner(self.plan, list(leads), self.providers, self.stopped, self.not_valid, self.began, dict(self.steps))
        other._groups = self._groups
        return other

    def hard_failed(self) -> set[int]:
        """Return the ids of the leads that a hard-fail job has failed so far."""
        each_job = (self.steps[job.id].items() for job in self._order if job.hardfail and job.id in self.steps)
        return {pk for steps in each_job for pk, step in steps if step.counts_as is OutcomeKind.FAILED}

    def _run_one(self, job: PlannedJob) -> Steps:
        job_type = job_types.get(job.type)
        if job_type is None:
            return self._all(self.chunk, job, skipped(texts.TYPE_GONE))
        leads, left_out = self._divide(job, job_type)
        plan = self.plan
        not_valid = self._kept_from_valid() if job_type.counts_valid else NOBODY
        batch = LeadBatch(plan.campaign_id, plan.advertiser_id, leads, self.chunk, plan.transforms, plan.jobs, self._shared, not_valid)
        steps = self._look_at_all(job_type(job), batch)
        steps.update({pk: self._step(job, skipped(reason)) for pk, reason in left_out.items()})
        return steps

    def _kept_from_valid(self) -> frozenset[int]:
        return self.not_valid | {pk for steps in self.steps.values() for pk, step in steps.items() if step.keeps_from_valid}

    def _look_at_all(self, job_type: JobType, batch: LeadBatch) -> Steps:
        start = perf_counter()
        if not batch.leads:
            return {}
        if not prepared(job_type, batch):
            return self._all(batch.leads, job_type.job, error(texts.COULD_NOT_BE_CHECKED))
        looking = Looking(job_type)
        look = self._ask_about_all if job_type.asks_provider else self._check_all
        steps = look(job_type, batch, looking, start)
        looking.tell()
        return steps

    def _check_all(self, job_type: JobType, batch: LeadBatch, looking: Looking, start: float) -> Steps:
        says, outcome_of, steps = look(job_type, batch), looking.outcome, Steps()
        last = perf_counter()
        share = (last - start) / len(batch.leads)
        for lead in batch.leads:
            outcome, start = outcome_of(says, lead), last
            last = perf_counter()
            steps[lead.id] = Step(job_type.job, outcome, (start - self.began) * 1000, (last - start + share) * 1000)
        return steps

    def _ask_about_all(self, job_type: JobType, batch: LeadBatch, looking: Looking, start: float) -> Steps:
        """Return the steps of a job that asks a provider. A step takes as long as its call, whenever that was made."""
        known = {lead.id: said for lead in batch.leads if (said := looking.unasked(batch, lead))}
        asked = self.providers.ask(job_type, [lead for lead in batch.leads if lead.id not in known])
        steps = Steps()
        for lead in batch.leads:
            call = asked.get(lead.id)
            outcome = known.get(lead.id) or looking.outcome(partial(_told, job_type, batch, call), lead)
            began, took = (call.began, call.exchange.took_ms) if call else (start, 0)
            steps[lead.id] = Step(job_type.job, outcome, (began - self.began) * 1000, took)
        return steps

    def _divide(self, job: PlannedJob, job_type: type[JobType]) -> tuple[Sequence[BatchLead], dict[int, str]]:
        """Return the leads the job runs for, and by lead id the reason why it does not run for the others."""
        stopped = self.stopped | self.hard_failed() if job.part is Phase.ENRICHMENT else NOBODY
        if not job_type.reads_ip and not self._groups and not stopped:
            return self.chunk, {}
        reasons = {lead.id: reason for lead in self.chunk if (reason := self._why_not(job, job_type, lead, stopped))}
        return [lead for lead in self.chunk if lead.id not in reasons], reasons

    def _why_not(self, job: PlannedJob, job_type: type[JobType], lead: BatchLead, stopped: frozenset[int]) -> str | None:
        if lead.id in stopped:
            return texts.HARD_FAIL_BEFORE
        if job_type.reads_ip and lead.imported:
            return texts.IMPORTED_LEAD
        if job_type.reads_ip and not lead.ip:
            return texts.NO_IP
        return self._groups.why_not(job, lead)

    def _all(self, leads: Iterable[BatchLead], job: PlannedJob, outcome: Outcome) -> Steps:
        step = self._step(job, outcome)
        return {lead.id: step for lead in leads}

    def _step(self, job: PlannedJob, outcome: Outcome) -> Step:
        return Step(job, outcome, (perf_counter() - self.began) * 1000)


def _told(job_type: JobType, batch: LeadBatch, asked: ProviderAnswer | None, lead: BatchLead) -> Outcome | Enriched:
    if asked is None:
        return error(texts.NOT_ASKED)
    if not asked.exchange.is_answered:
        return error(texts.COULD_NOT_BE_CHECKED if asked.exchange.problem == texts.COULD_NOT_BE_CHECKED else texts.NO_ANSWER)
    return job_type.answered(batch, lead, asked.exchange)
