"""The record of a run: one flow event per lead, and the tally of each job, written with the judgement in one transaction."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from uuid_utils.compat import uuid7

from leads.lifecycle import Verdict
from leads.models import Lead
from leads.statuses import QaStatus
from processr.models import Event, JobDelta
from processr.outcomes import Kind
from processr.scoring import Judgement, Step

_COLUMNS = (
    "id", "lead_id", "campaign_id", "kind", "outcome", "reason", "run_number", "submitted_at", "started_at", "duration_ms", "source",
    "plan_number", "steps_run", "steps", "message",
)  # fmt: skip
_COPY = f"COPY processr_event ({', '.join(_COLUMNS)}) FROM STDIN"
_TALLIED = {Kind.PASSED: "passed", Kind.FAILED: "failed", Kind.ERROR: "errored", Kind.SKIPPED: "skipped"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One lead with what was done to it and what came of it."""

    lead: Lead
    steps: Sequence[Step]
    judgement: Judgement
    verdict: Verdict


def write_events(findings: Iterable[Finding], *, plan_number: int, started_at: datetime, took: timedelta) -> None:
    """By COPY: a chunk is five hundred rows with their steps, and bulk_create spends longer on them than the judging does."""
    milliseconds = round(took.total_seconds() * 1000)
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for finding in findings:
            copy.write_row(_row(finding, plan_number, started_at, milliseconds))


def write_deltas(findings: Iterable[Finding]) -> None:
    """One row per job, whatever the number of leads."""
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        for step in finding.steps:
            counts[step.job.id][_TALLIED[step.outcome.kind]] += 1
    JobDelta.objects.bulk_create(JobDelta(job_id=job_id, **count) for job_id, count in sorted(counts.items()))


def _row(finding: Finding, plan_number: int, started_at: datetime, milliseconds: int) -> tuple[Any, ...]:
    lead, judgement = finding.lead, finding.judgement
    source = {"publisher": lead.publisher_id, "link": lead.link_id, "entry_point": lead.entry_point}
    steps_run = sum(step.outcome.kind is not Kind.SKIPPED for step in finding.steps)
    return (
        uuid7(), lead.pk, lead.campaign_id, Event.Kind.FLOW.value, _outcome(judgement).value, "; ".join(judgement.reasons),
        lead.processing_counter + 1, lead.created_at, started_at, milliseconds, json.dumps(source),
        plan_number, steps_run, json.dumps([_step(step) for step in finding.steps]), "",
    )  # fmt: skip


def _outcome(judgement: Judgement) -> Event.Outcome:
    """What the jobs made of the lead, also where it is a test."""
    if judgement.errored:
        return Event.Outcome.ERROR
    return Event.Outcome.SUCCESS if judgement.earned_status == QaStatus.VALID else Event.Outcome.FAILURE


def _step(step: Step) -> dict[str, Any]:
    outcome = step.outcome
    return {
        "job": step.job.id,
        "label": step.job.label,
        "outcome": outcome.kind.value,
        "reason": outcome.reason,
        "field": outcome.field,
        "value": outcome.value,
        "points": step.earned,
        "of": step.possible,
        "at": step.at,
        "took": step.took,
    }
