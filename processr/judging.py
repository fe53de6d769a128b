"""Judges a claimed chunk: jobs that look at one lead first; those that compare leads, and the writing, in one transaction after it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from config.panel.conflicts import again_after_conflict
from leads import lifecycle
from leads.models import Lead
from leads.statuses import SecondCheck
from processr import comparing, recording, scoring
from processr.batch import BatchLead
from processr.compiled import CompiledPlan, PlannedJob
from processr.recording import Finding
from processr.running import Run
from processr.transforms import transformed
from processr.types import job_types


def judge_chunk(plan: CompiledPlan, leads: Sequence[Lead], *, token: UUID) -> lifecycle.Moved:
    """Leads of one campaign in id order, as claimed under `token`; those that were taken away meanwhile are left alone."""
    started_at = timezone.now()
    run = Run(plan, [_seen(lead, plan) for lead in leads])
    run.run(job for job in plan.quality_jobs if not _scope(job))
    rows = {lead.pk: lead for lead in leads}
    return again_after_conflict(lambda: _write(run, rows, token, started_at))


@transaction.atomic
def _write(run: Run, rows: dict[int, Lead], token: UUID, started_at: datetime) -> lifecycle.Moved:
    run = _compared(run, token)
    findings = {lead.id: _finding(rows[lead.id], lead, run) for lead in run.chunk}
    moved = lifecycle.judge([finding.verdict for finding in findings.values()], token=token)
    judged = [findings[pk] for pk in moved.ids]
    recording.write_events(judged, plan_number=run.plan.number, started_at=started_at, took=timezone.now() - started_at)
    recording.write_deltas(judged)
    return moved


def _compared(run: Run, token: UUID) -> Run:
    """The run with its comparing jobs done, alone in their scopes. Leads we have lost drop out first: none may fail as their duplicate."""
    jobs = [job for job in run.plan.quality_jobs if _scope(job)]
    if not jobs:
        return run
    comparing.lock_scopes(run.plan, {scope for job in jobs if (scope := _scope(job))})
    run = run.only(_locked([lead.id for lead in run.chunk], token))
    run.run(jobs)
    return run


def _locked(ids: list[int], token: UUID) -> set[int]:
    sql = "SELECT id FROM leads_lead WHERE id = ANY(%s) AND claim = %s ORDER BY id FOR NO KEY UPDATE"
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids, token])
        return {pk for (pk,) in cursor}


def _scope(job: PlannedJob) -> str | None:
    job_type = job_types.get(job.type)
    return job_type.compares if job_type else None


def _seen(lead: Lead, plan: CompiledPlan) -> BatchLead:
    return BatchLead(
        id=lead.pk,
        publisher_id=lead.publisher_id,
        email=lead.email,
        phone=lead.phone,
        name_key=lead.name_key,
        ip=lead.ip,
        imported=lead.imported,
        is_test=lead.second_check == SecondCheck.TEST or (plan.test_mode and not lead.second_check),
        created_at=lead.created_at,
        processing_counter=lead.processing_counter,
        failed_jobs=frozenset(lead.failed_jobs),
        captured=lead.captured,
        transformed=transformed(plan.transforms, lead.captured),
    )


def _finding(row: Lead, lead: BatchLead, run: Run) -> Finding:
    steps = run.steps_of(lead)
    judgement = scoring.judge(steps, threshold=run.plan.threshold, test=run.plan.test_mode)
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
        enriched={},  # what providers would add: no enrichment has run
    )
    return Finding(row, steps, judgement, verdict)
