"""The steps of all runs over a lead in chronological order, a page at a time. Each run holds its steps as an array."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db.models import F, Func, IntegerField

from config.core.api import hydra
from leads.models import Lead
from processr.job_types.outcomes import OutcomeKind
from processr.models import Event

LEVELS = {OutcomeKind.PASSED: "info", OutcomeKind.FAILED: "warning", OutcomeKind.ERROR: "error", OutcomeKind.SKIPPED: "info"}


@dataclass(frozen=True)
class RunStep:
    event: Event
    position: int

    @property
    def row(self) -> dict[str, Any]:
        row: dict[str, Any] = self.event.steps[self.position]
        return row

    @property
    def id(self) -> str:
        return f"{self.event.pk}-{self.position}"

    @property
    def at(self) -> datetime:
        return self.event.started_at + timedelta(milliseconds=self.row["at"])

    @property
    def outcome(self) -> OutcomeKind:
        return OutcomeKind(self.row["outcome"])

    @property
    def message(self) -> str:
        reason = self.row["reason"]
        return f"{self.row['label']}: {self.outcome.word}{f' ({reason})' if reason else ''}"


def page_of(lead: Lead, query: hydra.CollectionQuery) -> hydra.CollectionPage[RunStep]:
    """Return a page in two queries: the number of steps of each run, and the runs on the page. A position is the id of a step."""
    runs = Event.objects.filter(lead_id=lead.pk, kind=Event.Kind.FLOW).order_by("pk")
    sizes = list(runs.annotate(size=Func(F("steps"), function="jsonb_array_length", output_field=IntegerField())).values_list("pk", "size"))
    begins = dict(zip([pk for pk, _ in sizes], [0, *accumulate(size for _, size in sizes)], strict=False))
    total = sum(size for _, size in sizes)
    start = _start(query, {str(pk): (begins[pk], size) for pk, size in sizes})
    end = min(start + query.size, total)
    wanted = [pk for pk, size in sizes if begins[pk] < end and begins[pk] + size > start]
    shown = [
        RunStep(run, position)
        for run in runs.filter(pk__in=wanted)
        for position in range(len(run.steps))
        if start <= begins[run.pk] + position < end
    ]
    return hydra.CollectionPage(shown, total, shown[-1].id if shown and end < total else "")


def _start(query: hydra.CollectionQuery, runs: dict[str, tuple[int, int]]) -> int:
    if not query.after:
        return (query.page - 1) * query.size
    run, _, position = query.after.rpartition("-")
    begin, size = runs.get(run, (0, 0))
    if not position.isascii() or not position.isdecimal() or len(position) > 5 or int(position) >= size:
        raise hydra.HydraError([("after", "Names no place in this order.")])
    return begin + int(position) + 1
