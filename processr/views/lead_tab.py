"""What the page of a lead tells of the processr: why it is what it is, by its last run.

One run over one lead, told in full."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from campaigns.scope import Who
from config.core.accounts.permissions import open_to
from leads import privacy
from leads.extension_points import LeadTab, hold_reasons, lead_tabs
from leads.models import Lead
from leads.selectors import leads_for
from processr import texts
from processr.engine.explain import Explanation, Line, explain
from processr.job_types.outcomes import Kind
from processr.models import Event
from processr.permissions import SEES_RUNS
from processr.selectors import runs_for

SHOWN = {
    Kind.PASSED: ("valid", "Passed"),
    Kind.FAILED: ("invalid", "Failed"),
    Kind.ERROR: ("caution", texts.COULD_NOT_BE_CHECKED),
    Kind.SKIPPED: ("pending", "Not run"),
}
"""Look and words of an outcome."""
OTHER_RUNS = 20


@lead_tabs.register
class JobDetails(LeadTab):
    key, label, order = "job_details", "Job details", 10
    roles = SEES_RUNS
    template = "processr/_run.html"

    def context(self, who: Who, lead: Lead) -> dict[str, Any]:
        runs = runs_for(who, lead)
        last = runs.first()
        if last is None:
            hold = hold_reasons.get(lead.hold_reason)
            return {"run": None, "held": hold.label if hold else ""}
        earlier = runs.filter(pk__lt=last.pk).values("run_number", "started_at")[:OTHER_RUNS]
        return run_context(last, who, lead) | {"earlier": list(earlier)}


def run_context(run: Event, who: Who, lead: Lead) -> dict[str, Any]:
    """What `processr/_run.html` shows."""
    told, open_to_read = explain(run), privacy.sees_values_of(who, lead)
    return {
        "lead": lead,
        "run": run,
        "told": told,
        "threshold": told.plan.threshold,
        "caution_from": -(-told.plan.threshold * told.judgement.max_score // 100),
        "lines": [_shown(line, open_to_read=open_to_read) for line in told.lines],
        "for_valid": [_shown(line, open_to_read=open_to_read) for line in told.for_valid],
        "for_caution": [line.job.label for line in told.for_caution],
        "verdict": _verdict(told),
    }


def _shown(line: Line, *, open_to_read: bool) -> dict[str, Any]:
    """What a job saw is the person's own data."""
    value = line.outcome.value
    return {
        "line": line,
        "label": line.job.label,
        "points": line.step.earned,
        "of": line.step.possible,
        "badge": SHOWN[line.outcome.kind],
        "value": value if open_to_read else privacy.mask_value(value),
    }


def _verdict(told: Explanation) -> tuple[str, str]:
    return told.status.value, told.status.label


@require_GET
@open_to(SEES_RUNS)
def lead_run(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    lead = get_object_or_404(leads_for(request.user).select_related("campaign"), pk=pk)
    run = get_object_or_404(runs_for(request.user, lead), run_number=number)
    return render(request, "processr/run.html", {"lead": lead, "tab": run_context(run, request.user, lead)})
