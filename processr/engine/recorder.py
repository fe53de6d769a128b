"""The record of a run: one flow event per lead and the tally of each job, written in the transaction of the judgement."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from uuid_utils.compat import uuid7

from leads.lifecycle import Verdict
from leads.models import Lead
from leads.statuses import QaStatus
from processr.engine.scoring import Judgement, Step
from processr.job_types.outcomes import Outcome, OutcomeKind
from processr.models import Event, JobDelta
from processr.plans.plan import TRANSFORM

_COLUMNS = (
    "id", "lead_id", "campaign_id", "kind", "outcome", "reason", "run_number", "submitted_at", "started_at", "duration_ms", "source",
    "plan_number", "steps_run", "steps", "message",
)  # fmt: skip
_COPY = f"COPY processr_event ({', '.join(_COLUMNS)}) FROM STDIN"
_TALLIED = {OutcomeKind.PASSED: "passed", OutcomeKind.FAILED: "failed", OutcomeKind.ERROR: "errored", OutcomeKind.SKIPPED: "skipped"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One lead with its steps and its judgement. `problems` are the steps of value transforms that could not be applied."""

    lead: Lead
    problems: Sequence[Step]
    steps: Sequence[Step]
    judgement: Judgement
    verdict: Verdict


def write_events(findings: Iterable[Finding], *, plan_number: int, started_at: datetime, took: timedelta) -> None:
    """Write one flow event per lead, by COPY.

    A chunk is up to five hundred rows with their steps, and bulk_create takes longer than judging them.
    """
    milliseconds = round(took.total_seconds() * 1000)
    written = Written()
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for finding in findings:
            copy.write_row(_row(finding, plan_number, started_at, milliseconds, written))


def write_deltas(findings: Iterable[Finding]) -> None:
    """Write one tally delta per job, whatever the number of leads."""
    each_job = zip(*(finding.steps for finding in findings), strict=True)
    deltas = [_delta(steps[0].job.id, [step.outcome.kind for step in steps]) for steps in each_job]
    JobDelta.objects.bulk_create(sorted(deltas, key=lambda delta: delta.job_id))


def _delta(job_id: int, kinds: list[OutcomeKind]) -> JobDelta:
    return JobDelta(job_id=job_id, **{column: kinds.count(kind) for kind, column in _TALLIED.items()})


class Written:
    """A cache of the JSON of a chunk, whose leads differ in little but the times of their steps."""

    def __init__(self) -> None:
        self._sources: dict[tuple[Any, ...], str] = {}
        self._steps: dict[tuple[str, int, Outcome], str] = {}

    def source(self, lead: Lead) -> str:
        came = (lead.publisher_id, lead.link_id, lead.entry_point)
        known = self._sources.get(came)
        if known is None:
            known = self._sources[came] = json.dumps(dict(zip(("publisher", "link", "entry_point"), came, strict=True)))
        return known

    def steps(self, steps: Iterable[Step]) -> str:
        return f"[{', '.join([self._step(step) for step in steps])}]"

    def _step(self, step: Step) -> str:
        """Return the step as JSON: the cached part that depends on the outcome, with the times appended."""
        said = (step.job.category, step.job.id, step.outcome)
        known = self._steps.get(said)
        if known is None:
            known = self._steps[said] = json.dumps(_said(step)).removesuffix("}")
        return f'{known}, "at": {step.at:.2f}, "took": {step.took:.2f}}}'


def _row(finding: Finding, plan_number: int, started_at: datetime, milliseconds: int, written: Written) -> tuple[Any, ...]:
    lead, judgement = finding.lead, finding.judgement
    steps_run = sum([step.outcome.kind is not OutcomeKind.SKIPPED for step in finding.steps])
    return (
        uuid7(), lead.pk, lead.campaign_id, Event.Kind.FLOW.value, _outcome(judgement).value, "; ".join(judgement.reasons),
        lead.processing_counter + 1, lead.created_at, started_at, milliseconds, written.source(lead),
        plan_number, steps_run, written.steps([*finding.problems, *finding.steps]), "",
    )  # fmt: skip


def _outcome(judgement: Judgement) -> Event.Outcome:
    """Return the outcome by the earned status, so that a test lead is recorded like any other."""
    if judgement.errored:
        return Event.Outcome.ERROR
    return Event.Outcome.SUCCESS if judgement.earned_status == QaStatus.VALID else Event.Outcome.FAILURE


def _said(step: Step) -> dict[str, Any]:
    """Return the step for the event, without its times.

    A value transform is no job: `job` is null, and `transform` holds its id.
    """
    outcome, job = step.outcome, step.job
    whose = {"job": None, "transform": job.id} if job.category == TRANSFORM else {"job": job.id}
    return {
        **whose,
        "label": step.job.label,
        "outcome": outcome.kind.value,
        "reason": outcome.reason,
        "field": outcome.field,
        "value": outcome.value,
        "points": step.earned,
        "of": step.possible,
    }
