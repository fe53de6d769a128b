"""The steps of all runs over a lead in chronological order, a page at a time. Each run holds its steps as an array."""

from collections.abc import Mapping
from itertools import accumulate

from django.db.models import F, Func, IntegerField, QuerySet

from config.core.api import hydra
from leads.models import Lead
from processr.engine.step_log import RunStep, in_order_of_time
from processr.job_types.outcomes import OutcomeKind
from processr.models import Event

LEVELS = {OutcomeKind.PASSED: "info", OutcomeKind.FAILED: "warning", OutcomeKind.ERROR: "error", OutcomeKind.SKIPPED: "info"}


def page_of(lead: Lead, query: hydra.CollectionQuery) -> hydra.CollectionPage[RunStep]:
    """Return a page: the number of steps of each run is read, and then the runs on the page. A position is the id of a step."""
    runs = Event.objects.filter(lead_id=lead.pk, kind=Event.Kind.FLOW).order_by("pk")
    sizes = list(runs.annotate(size=Func(F("steps"), function="jsonb_array_length", output_field=IntegerField())).values_list("pk", "size"))
    begins = dict(zip([pk for pk, _ in sizes], [0, *accumulate(size for _, size in sizes)], strict=False))
    total = sum(size for _, size in sizes)
    start = _start(query, runs, {str(pk): (begins[pk], size) for pk, size in sizes})
    end = min(start + query.size, total)
    wanted = [pk for pk, size in sizes if begins[pk] < end and begins[pk] + size > start]
    shown = [
        RunStep(run, position, run.steps[position])
        for run in runs.filter(pk__in=wanted)
        for turn, position in enumerate(in_order_of_time(run.steps))
        if start <= begins[run.pk] + turn < end
    ]
    return hydra.CollectionPage(shown, total, shown[-1].id if shown and end < total else "")


def _start(query: hydra.CollectionQuery, runs: QuerySet[Event], sizes: Mapping[str, tuple[int, int]]) -> int:
    """Return the number of steps before the page. For a page after a step, the run of that step is read."""
    if not query.after:
        return (query.page - 1) * query.size
    run, _, position = query.after.rpartition("-")
    begin, size = sizes.get(run, (0, 0))
    if not position.isascii() or not position.isdecimal() or len(position) > 5 or int(position) >= size:
        raise hydra.HydraError([("after", "Names no place in this order.")])
    return begin + in_order_of_time(runs.get(pk=run).steps).index(int(position)) + 1
