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
from leads.intake import normalize
from leads.models import Lead
from leads.statuses import SecondCheck
from processr.duplicates import value_index
from processr.engine import recorder, scoring, tallies
from processr.engine.provider_log import RecordedProviders
from processr.engine.recorder import JudgedLead
from processr.engine.runner import JobRunner
from processr.engine.scoring import Step
from processr.engine.withheld import WithheldJobs
from processr.job_types import locks
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobLead, meta_of
from processr.job_types.outcomes import Outcome, OutcomeKind
from processr.job_types.registry import quality_type
from processr.plans.plan import CompiledPlan, Phase, PlannedJob
from processr.transforms import TransformResult, Transforms


def lead_for_jobs(lead: Lead, made: TransformResult, *, is_test: bool, enriched: Mapping[str, str] | None = None) -> JobLead:
    """Return the lead as jobs see it: its row and the values that its transforms made.

    `enriched` holds values that are known before the first job. A processing run starts without any and enriches
    anew.
    """
    compared = normalize.derive_compared(lead, made.values)
    return JobLead(
        id=lead.pk,
        publisher_id=lead.publisher_id,
        **compared._asdict(),
        ip=lead.ip,
        imported=lead.imported,
        is_test=is_test,
        created_at=lead.created_at,
        processing_counter=lead.processing_counter,
        failed_jobs=frozenset(lead.failed_jobs),
        captured=lead.captured,
        transformed=made.values,
        matched=made.matched,
        enriched=dict(enriched or {}),
    )


def judge_chunk(plan: CompiledPlan, leads: Sequence[Lead], *, token: UUID) -> lifecycle.Moved:
    """Judge leads of one campaign, in id order, that are claimed under `token`.

    Leads that were taken away meanwhile are left alone.
    """
    pipeline = ChunkPipeline(plan, leads, token=token)
    pipeline.run_unlocked_jobs()
    return again_after_conflict(pipeline.write)


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
        self.transform_errors: dict[int, list[Step]] = {}
        """By lead id, a step for each transform that could not be applied. They stand at the beginning of the run and carry no points."""
        self.suppressing_jobs = {job.id for job in plan.jobs if (job_type := quality_type(job.type)) and job_type.suppresses}
        transforms = Transforms(plan.transforms)
        chunk = [self._transformed(lead, transforms) for lead in leads]
        providers = RecordedProviders(plan, self.rows, token=token)
        self.runner = JobRunner(plan, chunk, providers, not_valid=frozenset(self.transform_errors), withheld=WithheldJobs(leads))

    def run_unlocked_jobs(self) -> None:
        """Run the jobs that look at one lead alone."""
        runner = self.runner
        runner.run(job for job in self.plan.jobs_in_phase(Phase.BEFORE) if not _comparing_type(job))
        if enriching := self.plan.jobs_in_phase(Phase.ENRICHMENT):
            unlocked = runner.restricted_to(runner.chunk)
            unlocked.run(job for job in _comparing_jobs(self.plan, Phase.BEFORE) if job.hardfail)
            runner.stopped = frozenset(unlocked.hard_failed() - runner.hard_failed())
            runner.run(enriching)
        runner.run(job for job in self.plan.jobs_in_phase(Phase.AFTER) if not _comparing_type(job))

    @transaction.atomic
    def write(self) -> lifecycle.Moved:
        runner = self._run_comparing_jobs()
        judged_leads = {lead.id: self._judged_lead(lead, runner) for lead in runner.chunk}
        moved = lifecycle.judge([judged.verdict for judged in judged_leads.values()], token=self.token)
        written = [judged_leads[pk] for pk in moved.ids]
        took = timezone.now() - self.started_at
        tallies.take_out([judged.lead.pk for judged in written if judged.lead.processing_counter])
        recorder.write_events(written, plan_number=self.plan.number, started_at=self.started_at, took=took)
        recorder.write_deltas(written)
        moved_ids = set(moved.ids)
        value_index.store([lead for lead in runner.chunk if lead.id in moved_ids], campaign_id=self.plan.campaign_id)
        return moved

    def _transformed(self, lead: Lead, transforms: Transforms) -> JobLead:
        """Return the lead with the values that transforms make, and note those that could not be applied."""
        made = transforms.apply(lead.captured, meta=meta_of(lead) if self.plan.transforms else {})
        if made.problems:
            self.transform_errors[lead.pk] = [
                Step(transform.as_job(), Outcome(OutcomeKind.ERROR, problem, transform.source_field))
                for transform in self.plan.transforms
                if (problem := made.problems.get(transform.id))
            ]
        is_test = lead.second_check == SecondCheck.TEST or (self.plan.test_mode and not lead.second_check)
        return lead_for_jobs(lead, made, is_test=is_test)

    def _run_comparing_jobs(self) -> JobRunner:
        """Return a runner in which the comparing jobs have run too, under the locks of their scopes.

        Leads whose claim was lost are dropped first, so that no other lead fails as their duplicate. Jobs before
        enrichment do not see enriched values here either.
        """
        before, after = _comparing_jobs(self.plan, Phase.BEFORE), _comparing_jobs(self.plan, Phase.AFTER)
        if not before and not after:
            return self.runner
        locks.take(lock for job in (*before, *after) if (job_type := _comparing_type(job)) for lock in job_type.locks(job, self.plan))
        still_claimed = _lock_claimed(list(self.rows), self.token)
        runner = self.runner.restricted_to(lead for lead in self.runner.chunk if lead.id in still_claimed)
        if self.plan.jobs_in_phase(Phase.ENRICHMENT):
            not_enriched = runner.restricted_to(replace(lead, enriched={}) for lead in runner.chunk)
            not_enriched.run(before)
            runner.steps.update(not_enriched.steps)
        else:
            runner.run(before)
        runner.run(after)
        if not runner.stopped:
            return runner
        stopped_in_vain = runner.stopped - runner.hard_failed()
        return runner.restricted_to(lead for lead in runner.chunk if lead.id not in stopped_in_vain)

    def _judged_lead(self, lead: JobLead, runner: JobRunner) -> JudgedLead:
        transform_errors, steps = self.transform_errors.get(lead.id, []), runner.steps_of(lead)
        all_steps = [*transform_errors, *steps] if transform_errors else steps
        judgement = scoring.judge(all_steps, threshold=self.plan.threshold, test=self.plan.test_mode)
        compared = normalize.Derived(lead.email, lead.phone, lead.name_key)
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
            # An error that counts as failed does not suppress: the lead was not found on a list.
            suppressed=any(step.job.id in self.suppressing_jobs and step.outcome.kind is OutcomeKind.FAILED for step in judgement.failed),
            **normalize.transformed_columns(normalize.Derived.stored(self.rows[lead.id]), compared),
        )
        return JudgedLead(self.rows[lead.id], transform_errors, steps, judgement, verdict)


def _comparing_type(job: PlannedJob) -> type[QualityCheck] | None:
    """Return the type of a job that compares leads, or None for any other job."""
    job_type = quality_type(job.type)
    return job_type if job_type is not None and job_type.compares else None


def _comparing_jobs(plan: CompiledPlan, phase: Phase) -> list[PlannedJob]:
    """Return the jobs that compare leads, those that count Valid leads last.

    By then, only these jobs can still keep a lead from becoming Valid.
    """
    jobs = [(job, job_type) for job in plan.jobs_in_phase(phase) if (job_type := _comparing_type(job))]
    return [job for job, _ in sorted(jobs, key=lambda pair: pair[1].counts_valid)]


def _lock_claimed(ids: list[int], token: UUID) -> set[int]:
    """Lock the leads that are still claimed under the token, and return their ids."""
    sql = "SELECT id FROM leads_lead WHERE id = ANY(%s) AND claim = %s ORDER BY id FOR NO KEY UPDATE"
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids, token])
        return {pk for (pk,) in cursor}
