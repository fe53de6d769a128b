"""The runs over a lead, in its timeline."""

from uuid import UUID

from config.core.actor import SYSTEM
from config.core.lists.pagination import BadPosition
from leads.extension_points import TimelineChange, TimelineEntry, TimelineSource, timeline_sources
from leads.models import Lead
from processr.engine.explain import verdict_of
from processr.permissions import SEES_RUNS
from processr.plans.plan import from_body
from processr.selectors import runs_with_plans


@timeline_sources.register
class RunSource(TimelineSource):
    """Each run with the status that it gave the lead, and why, for whoever sees the Job Details tab."""

    key = "runs"
    label = "Runs of the jobs"
    roles = SEES_RUNS

    def page(self, lead: Lead, before: str, limit: int) -> list[TimelineEntry]:
        entries = []
        for run in runs_with_plans(lead, before=_read_position(before) if before else None)[:limit]:
            status, sentences = verdict_of(run, from_body(run.plan_body))
            entries.append(
                TimelineEntry(
                    position=str(run.pk),
                    at=run.started_at,
                    by=SYSTEM.name,
                    kind="Run",
                    lines=[TimelineChange(f"Run {run.run_number}", "Processed", status.label)],
                    comment=" ".join(sentences),
                )
            )
        return entries


def _read_position(text: str) -> UUID:
    try:
        position = UUID(text)
    except ValueError as error:
        raise BadPosition(text) from error
    if str(position) != text:
        raise BadPosition(text)
    return position
