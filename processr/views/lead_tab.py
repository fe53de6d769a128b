"""The Job Details tab of a lead's page, and the page of one earlier run: why the lead has its status."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from campaigns.scope import Who
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from leads import privacy
from leads.extension_points import LeadTab, hold_reasons, lead_tabs
from leads.models import Lead
from leads.selectors import leads_for
from processr.engine.explain import ExplainedJob, explain
from processr.job_types.outcomes import BADGES
from processr.models import Event
from processr.permissions import SEES_RUNS
from processr.selectors import runs_for

OTHER_RUNS = 20


@lead_tabs.register
class JobDetails(LeadTab):
    key = "job_details"
    template = "processr/_run.html"

    def context(self, who: Who, lead: Lead, query: QueryDict) -> dict[str, Any]:  # noqa: ARG002  (the tab has nothing to ask)
        runs = runs_for(who, lead)
        last = runs.first()
        if last is None:
            hold = hold_reasons.get(lead.hold_reason)
            return {"run": None, "held": hold.label if hold else ""}
        earlier = runs.filter(pk__lt=last.pk).values("run_number", "started_at")[:OTHER_RUNS]
        return run_context(last, who, lead) | {"earlier": list(earlier)}


def run_context(run: Event, who: Who, lead: Lead) -> dict[str, Any]:
    """Return the context of `processr/_run.html`."""
    explanation = explain(run)
    return {
        "lead": lead,
        "run": run,
        "explanation": explanation,
        "threshold": explanation.plan.threshold,
        "caution_from": -(-explanation.plan.threshold * explanation.judgement.max_score // 100),
        "lines": [_line_context(line, who, lead) for line in explanation.lines],
        "for_valid": [_line_context(line, who, lead) for line in explanation.for_valid],
        "for_caution": [line.job.label for line in explanation.for_caution],
        "verdict": (explanation.status.value, explanation.status.label),
    }


def _line_context(line: ExplainedJob, who: Who, lead: Lead) -> dict[str, Any]:
    """Return one job's line. The value that a job saw is personal data, so it is masked for users who may not read values."""
    return {
        "line": line,
        "label": line.job.label,
        "points": line.step.earned,
        "of": line.step.possible,
        "badge": BADGES[line.outcome.kind],
        "value": privacy.shown_value(who, lead, line.outcome.field, line.outcome.value),
    }


@require_GET
@role_required(SEES_RUNS)
def lead_run(request: UserRequest, pk: int, number: int) -> HttpResponse:
    lead = get_object_or_404(leads_for(request.user).select_related("campaign"), pk=pk)
    run = get_object_or_404(runs_for(request.user, lead), run_number=number)
    return render(request, "processr/run.html", {"lead": lead, "tab": run_context(run, request.user, lead)})
