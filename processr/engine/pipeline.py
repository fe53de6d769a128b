"""The pipeline of one chunk: judges the leads that a worker has claimed.

Jobs that look at one lead run first. Jobs that compare leads run after them, in one transaction together with
the writing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from config.core.background.db_retry import again_after_conflict
from leads import lifecycle
from leads.models import Lead
from leads.statuses import SecondCheck
from processr.duplicates import value_index
from processr.engine import recorder, scoring
from processr.engine.provider_log import RecordedProviders
from processr.engine.recorder import Finding
from processr.engine.runner import JobRunner
from processr.engine.scoring import Step
from processr.job_types import locks
from processr.job_types.lead import BatchLead, meta_of
from processr.job_types.outcomes import Outcome, OutcomeKind
from processr.job_types.registry import job_types
from processr.plans.plan import CompiledPlan, Phase, PlannedJob
from processr.transforms import Transformed, Transforms

NOTHING: Mapping[str, str] = {}


def lead_for_jobs(lead: Lead, made: Transformed, *, is_test: bool, enriched: Mapping[str, str] = NOTHING) -> BatchLead:
    """Return the lead as jobs see it: its row and the values that its transforms made.

    `enriched` holds values that are known before the first job. A processing run starts without any and enriches
    anew.
    """
    return BatchLead(
        id=lead.pk,
        publisher_id=lead.publisher_id,
        email=lead.email,
        phone=lead.phone,
        name_key=lead.name_key,
        ip=lead.ip,
        imported=lead.imported,
        is_test=is_test,
        created_at=lead.created_at,
        processing_counter=lead.processing_counter,
        failed_jobs=frozenset(lead.failed_jobs),
        captured=lead.captured,
        transformed=made.values,
        matched=made.matched,
        enriched=dict(enriched),
    )


def judge_chunk(plan: CompiledPlan, leads: Sequence[Lead], *, token: UUID) -> lifecycle.Moved:
    """Judge leads of one campaign, in id order, that are claimed under `token`.

    Leads that were taken away meanwhile are left alone.
    """
    chunk = ChunkPipeline(plan, leads, token=token)
    chunk.run_what_needs_no_lock()
    return again_after_conflict(chunk.write)


class ChunkPipeline:
    """One run over a chunk of claimed leads.

    The order is transforms, quality jobs, enrichment, quality jobs after enrichment, judgement (decision 3).

    Jobs that compare leads run inside the writing transaction, where a lock keeps other workers out of their
    scope, and so after all other jobs of both quality phases. A hard fail of theirs would come too late to save
    the cost of a provider call. Where the plan enriches, the hard-fail jobs among them therefore also run before
    enrichment, without the lock, and a lead that fails there is not enriched. If the run with the lock finds
    otherwise, because the lead it was a duplicate of is gone by then, the lead is left to the next sweep and
    processed again.
    """

    def __init__(self, plan: CompiledPlan, leads: Sequence[Lead], *, token: UUID) -> None:
        self.plan, self.token, self.started_at = plan, token, timezone.now()
        self.rows = {lead.pk: lead for lead in leads}
        self.problems: dict[int, list[Step]] = {}
        transforms = Transforms(plan.transforms)
        chunk = [self._seen(lead, transforms) for lead in leads]
        self.run = JobRunner(plan, chunk, RecordedProviders(plan, self.rows, token=token), not_valid=frozenset(self.problems))

    def run_what_needs_no_lock(self) -> None:
        self.run.run(job for job in self.plan.of(Phase.BEFORE) if not _scope(job))
        if enriching := self.plan.of(Phase.ENRICHMENT):
            self.run.stopped = self._first_look()
            self.run.run(enriching)
        self.run.run(job for job in self.plan.of(Phase.AFTER) if not _scope(job))

    @transaction.atomic
    def write(self) -> lifecycle.Moved:
        run = self._compared()
        findings = {lead.id: self._finding(lead, run) for lead in run.chunk}
        moved = lifecycle.judge([finding.verdict for finding in findings.values()], token=self.token)
        judged = [findings[pk] for pk in moved.ids]
        took = timezone.now() - self.started_at
        recorder.write_events(judged, plan_number=self.plan.number, started_at=self.started_at, took=took)
        recorder.write_deltas(judged)
        value_index.remember([lead for lead in run.chunk if lead.id in set(moved.ids)], campaign_id=self.plan.campaign_id)
        return moved

    def _first_look(self) -> frozenset[int]:
        look = self.run.over(self.run.chunk)
        look.run(job for job in _comparing(self.plan, Phase.BEFORE) if job.hardfail)
        return frozenset(look.hard_failed() - self.run.hard_failed())

    def _compared(self) -> JobRunner:
        """Return the run with its comparing jobs done, under the locks of their scopes.

        Leads whose claim was lost are dropped first, so that no other lead fails as their duplicate. Jobs before
        enrichment do not see enriched values here either.
        """
        before, after = (_comparing(self.plan, part) for part in (Phase.BEFORE, Phase.AFTER))
        if not before and not after:
            return self.run
        locks.take(lock for job in (*before, *after) for lock in _locks(job, self.plan))
        ours = _locked(list(self.rows), self.token)
        run = self.run.over(lead for lead in self.run.chunk if lead.id in ours)
        look = run.over(replace(lead, enriched={}) for lead in run.chunk) if self.plan.of(Phase.ENRICHMENT) else run
        look.run(before)
        run.steps.update(look.steps)
        run.run(after)
        return run.over(lead for lead in run.chunk if lead.id not in run.stopped - run.hard_failed()) if run.stopped else run

    def _seen(self, lead: Lead, transforms: Transforms) -> BatchLead:
        new = transforms.over(lead.captured, meta=meta_of(lead) if self.plan.transforms else {})
        if new.problems:
            self.problems[lead.pk] = _steps(new.problems, self.plan)
        is_test = lead.second_check == SecondCheck.TEST or (self.plan.test_mode and not lead.second_check)
        return lead_for_jobs(lead, new, is_test=is_test)

    def _finding(self, lead: BatchLead, run: JobRunner) -> Finding:
        problems, steps = self.problems.get(lead.id, []), run.steps_of(lead)
        judgement = scoring.judge([*problems, *steps] if problems else steps, threshold=self.plan.threshold, test=self.plan.test_mode)
        verdict = lifecycle.Verdict(
            lead_id=lead.id,
            qa_status=judgement.qa_status,
            score=judgement.score,
            max_score=judgement.max_score,
            hardfail=judgement.hardfail,
            errored=judgement.errored,
            qa_result=judgement.qa_result,
            failed_jobs=judgement.failed_jobs,
            transformed=lead.transformed,
            enriched=lead.enriched,
            suppressed=any(map(_suppresses, judgement.failed)),
        )
        return Finding(self.rows[lead.id], problems, steps, judgement, verdict)


def _steps(problems: Mapping[int, str], plan: CompiledPlan) -> list[Step]:
    """Return a step for each transform that could not be applied.

    These steps stand at the beginning of the run and carry no points.
    """
    return [
        Step(transform.as_job(), Outcome(OutcomeKind.ERROR, problem, transform.source_field))
        for transform in plan.transforms
        if (problem := problems.get(transform.id))
    ]


def _locked(ids: list[int], token: UUID) -> set[int]:
    sql = "SELECT id FROM leads_lead WHERE id = ANY(%s) AND claim = %s ORDER BY id FOR NO KEY UPDATE"
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids, token])
        return {pk for (pk,) in cursor}


def _suppresses(step: Step) -> bool:
    """Return whether the job found the lead on a suppression list; an error does not count."""
    job_type = job_types.get(step.job.type)
    return job_type is not None and job_type.suppresses and step.outcome.kind is OutcomeKind.FAILED


def _comparing(plan: CompiledPlan, part: Phase) -> list[PlannedJob]:
    """Return the jobs that compare leads, those that count Valid leads last.

    By then, only these jobs can still keep a lead from becoming Valid.
    """
    known = [(job, job_type) for job in plan.of(part) if (job_type := job_types.get(job.type)) and job_type.compares]
    return [job for job, _ in sorted(known, key=lambda pair: pair[1].counts_valid)]


def _locks(job: PlannedJob, plan: CompiledPlan) -> list[locks.Lock]:
    job_type = job_types.get(job.type)
    return job_type.locks(job, plan) if job_type else []


def _scope(job: PlannedJob) -> str | None:
    job_type = job_types.get(job.type)
    return job_type.compares if job_type else None
