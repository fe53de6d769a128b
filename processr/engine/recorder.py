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
class JudgedLead:
    """One lead with its steps and its judgement. `problems` are the steps of value transforms that could not be applied."""

    lead: Lead
    problems: Sequence[Step]
    steps: Sequence[Step]
    judgement: Judgement
    verdict: Verdict


def write_events(judged_leads: Iterable[JudgedLead], *, plan_number: int, started_at: datetime, took: timedelta) -> None:
    """Write one flow event per lead, by COPY.

    A chunk is up to five hundred rows with their steps, and bulk_create takes longer than judging them.
    """
    milliseconds = round(took.total_seconds() * 1000)
    cache = _JsonCache()
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for judged in judged_leads:
            copy.write_row(_event_row(judged, plan_number, started_at, milliseconds, cache))


def write_deltas(judged_leads: Iterable[JudgedLead]) -> None:
    """Write one tally delta per job, whatever the number of leads."""
    deltas: list[JobDelta] = []
    for steps in zip(*(judged.steps for judged in judged_leads), strict=True):
        kinds = [step.outcome.kind for step in steps]
        deltas.append(JobDelta(job_id=steps[0].job.id, **{column: kinds.count(kind) for kind, column in _TALLIED.items()}))
    JobDelta.objects.bulk_create(sorted(deltas, key=lambda delta: delta.job_id))


class _JsonCache:
    """The JSON of a chunk, whose leads differ in little but the times of their steps."""

    def __init__(self) -> None:
        self._sources: dict[tuple[Any, ...], str] = {}
        self._steps: dict[tuple[str, int, Outcome], str] = {}

    def source(self, lead: Lead) -> str:
        key = (lead.publisher_id, lead.link_id, lead.entry_point)
        source = self._sources.get(key)
        if source is None:
            source = self._sources[key] = json.dumps(dict(zip(("publisher", "link", "entry_point"), key, strict=True)))
        return source

    def steps(self, steps: Iterable[Step]) -> str:
        return f"[{', '.join([self._step(step) for step in steps])}]"

    def _step(self, step: Step) -> str:
        """Return the step as JSON: the cached part that depends on the outcome, with the times appended.

        A value transform is no job: `job` is null, and `transform` holds its id.
        """
        job, outcome = step.job, step.outcome
        key = (job.category, job.id, outcome)
        without_times = self._steps.get(key)
        if without_times is None:
            content = {
                **({"job": None, "transform": job.id} if job.category == TRANSFORM else {"job": job.id}),
                "label": job.label,
                "outcome": outcome.kind.value,
                "reason": outcome.reason,
                "field": outcome.field,
                "value": outcome.value,
                "points": step.earned,
                "of": step.possible,
            }
            without_times = self._steps[key] = json.dumps(content).removesuffix("}")
        return f'{without_times}, "at": {step.at:.2f}, "took": {step.took:.2f}}}'


def _event_row(judged: JudgedLead, plan_number: int, started_at: datetime, milliseconds: int, cache: _JsonCache) -> tuple[Any, ...]:
    lead, judgement = judged.lead, judged.judgement
    steps_run = sum([step.outcome.kind is not OutcomeKind.SKIPPED for step in judged.steps])
    return (
        uuid7(), lead.pk, lead.campaign_id, Event.Kind.FLOW.value, _event_outcome(judgement).value, "; ".join(judgement.reasons),
        lead.processing_counter + 1, lead.created_at, started_at, milliseconds, cache.source(lead),
        plan_number, steps_run, cache.steps([*judged.problems, *judged.steps]), "",
    )  # fmt: skip


def _event_outcome(judgement: Judgement) -> Event.Conclusion:
    """Return the outcome by the earned status, so that a test lead is recorded like any other."""
    if judgement.errored:
        return Event.Conclusion.ERROR
    return Event.Conclusion.SUCCESS if judgement.earned_status == QaStatus.VALID else Event.Conclusion.FAILURE
