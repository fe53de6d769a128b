"""Runs jobs over a chunk of leads. Whatever a job type does, each lead of the chunk gets an outcome from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import structlog
from django.db import InterfaceError, OperationalError, transaction

from processr import groups, texts
from processr.batch import BatchLead, LeadBatch
from processr.compiled import CompiledPlan, PlannedJob
from processr.outcomes import Outcome, error, skipped
from processr.scoring import Step
from processr.types import JobType, job_types

log = structlog.get_logger(__name__)

TROUBLE = (OperationalError, InterfaceError)
"""The database is gone, or two writers collided: that says nothing about a job. The turn fails, or is tried again."""

Steps = dict[int, Step]
"""Lead id → the step of one job."""


@dataclass
class Run:
    """One run over a chunk, under way: `steps` by job id, filled job by job."""

    plan: CompiledPlan
    chunk: Sequence[BatchLead]
    began: float = field(default_factory=perf_counter)
    steps: dict[int, Steps] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._left_out = {lead.id: groups.not_run(self.plan.jobs, lead.values) for lead in self.chunk} if self._has_groups() else {}

    def steps_of(self, lead: BatchLead) -> list[Step]:
        """In the order of the plan."""
        return [self.steps[job.id][lead.id] for job in self.plan.jobs if job.id in self.steps]

    def run(self, jobs: Iterable[PlannedJob]) -> None:
        for job in jobs:
            self.steps[job.id] = self._run_one(job)

    def only(self, ids: set[int]) -> "Run":
        """The same run, so far, over these leads of the chunk. The one it was taken from stays as it is."""
        return Run(self.plan, [lead for lead in self.chunk if lead.id in ids], self.began, dict(self.steps))

    def _run_one(self, job: PlannedJob) -> Steps:
        job_type = job_types.get(job.type)
        if job_type is None:
            return self._all(self.chunk, job, skipped(texts.TYPE_GONE))
        leads, left_out = self._divide(job, job_type)
        batch = LeadBatch(self.plan.campaign_id, self.plan.advertiser_id, leads, self.chunk)
        steps = self._check_all(job_type(job), batch)
        steps.update({pk: self._step(job, skipped(reason)) for pk, reason in left_out.items()})
        return steps

    def _check_all(self, job_type: JobType, batch: LeadBatch) -> Steps:
        job, start = job_type.job, perf_counter()
        if not batch.leads:
            return {}
        if not _prepared(job_type, batch):
            return self._all(batch.leads, job, error(texts.COULD_NOT_BE_CHECKED))
        last = perf_counter()
        share = (last - start) / len(batch.leads)
        steps: Steps = {}
        raised: list[int] = []
        for lead in batch.leads:
            outcome, start = _outcome(job_type, batch, lead, raised), last
            last = perf_counter()
            steps[lead.id] = Step(job, outcome, (start - self.began) * 1000, (last - start + share) * 1000)
        if raised:
            log.warning("job could not check leads", job=job.id, type=job.type, leads=len(raised))
        return steps

    def _divide(self, job: PlannedJob, job_type: type[JobType]) -> tuple[Sequence[BatchLead], dict[int, str]]:
        """The leads it is run for, and why it is not run for the others."""
        if not job_type.reads_ip and not self._left_out:
            return self.chunk, {}
        reasons = {lead.id: reason for lead in self.chunk if (reason := self._why_not(job, job_type, lead))}
        return [lead for lead in self.chunk if lead.id not in reasons], reasons

    def _why_not(self, job: PlannedJob, job_type: type[JobType], lead: BatchLead) -> str | None:
        if job_type.reads_ip and lead.imported:
            return texts.IMPORTED_LEAD
        if job_type.reads_ip and not lead.ip:
            return texts.NO_IP
        return self._left_out.get(lead.id, {}).get(job.id)

    def _all(self, leads: Iterable[BatchLead], job: PlannedJob, outcome: Outcome) -> Steps:
        step = self._step(job, outcome)
        return {lead.id: step for lead in leads}

    def _step(self, job: PlannedJob, outcome: Outcome) -> Step:
        return Step(job, outcome, (perf_counter() - self.began) * 1000)

    def _has_groups(self) -> bool:
        return any(job.group is not None for job in self.plan.jobs)


def _prepared(job_type: JobType, batch: LeadBatch) -> bool:
    """In a savepoint: a look-up that fails must not take the writing transaction with it."""
    try:
        with transaction.atomic():
            job_type.prepare(batch)
    except TROUBLE:
        raise
    except Exception:
        log.exception("job could not look up", job=job_type.job.id, type=job_type.key)
        return False
    return True


def _outcome(job_type: JobType, batch: LeadBatch, lead: BatchLead, raised: list[int]) -> Outcome:
    """The first exception of a chunk is told in full: a type that fails on all its leads fails alike."""
    try:
        outcome = job_type.check(batch, lead)
        if not isinstance(outcome, Outcome):
            raise TypeError(f"{job_type.key} answered {outcome!r}, which is no outcome")
    except TROUBLE:
        raise
    except Exception:
        if not raised:
            log.exception("job could not check a lead", job=job_type.job.id, type=job_type.key, lead=lead.id)
        raised.append(lead.id)
        return error(texts.COULD_NOT_BE_CHECKED)
    return outcome
