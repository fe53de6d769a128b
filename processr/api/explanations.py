"""Explanations of runs in API v4: why a lead has its status. Each run is explained from the plan that it used."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from config.core.api import hydra
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from processr.engine.explain import ExplainedJob, Explanation, explain
from processr.permissions import SEES_RUNS
from processr.selectors import runs_for

NAME, TYPE = "lead-explanations", "LeadExplanation"
EXPLANATIONS = hydra.Collection(NAME, TYPE)


@hydra.allowed(SEES_RUNS)
def last_run_explanation(request: HttpRequest, lead: int) -> HttpResponse:
    return _explain(request, lead, None)


@hydra.allowed(SEES_RUNS)
def run_explanation(request: HttpRequest, lead: int, run: int) -> HttpResponse:
    return _explain(request, lead, run)


def _explain(request: HttpRequest, lead_id: int, number: int | None) -> HttpResponse:
    who = hydra.caller(request)
    lead = leads_for(who).filter(pk=lead_id).first()
    runs = runs_for(who, lead) if lead else None
    run = (runs if number is None else runs.filter(run_number=number)).first() if runs is not None else None
    if lead is None or run is None:
        raise Http404
    return EXPLANATIONS.item(request, _record(lead, explain(run), open_to_read=privacy.sees_values_of(who, lead)))


def _record(lead: Lead, explanation: Explanation, *, open_to_read: bool) -> dict[str, Any]:
    return {
        "id": f"{lead.pk}/runs/{explanation.run.run_number}",
        "lead": lead.pk,
        "run": explanation.run.run_number,
        "plan": explanation.plan.number,
        "startedTs": hydra.moment(explanation.run.started_at),
        "qaStatus": explanation.status.value,
        "score": explanation.judgement.score,
        "maxScore": explanation.judgement.max_score,
        "threshold": explanation.plan.threshold,
        "hardfail": explanation.judgement.hardfail,
        "errored": explanation.judgement.errored,
        "testMode": explanation.plan.test_mode,
        "secondCheck": lead.second_check,
        "jobs": [_job_record(line, open_to_read=open_to_read) for line in explanation.lines],
        "forValid": [line.job.id for line in explanation.for_valid],
        "forCaution": {"jobs": [line.job.id for line in explanation.for_caution], "points": explanation.points_missing},
    }


def _job_record(line: ExplainedJob, *, open_to_read: bool) -> dict[str, Any]:
    outcome = line.outcome
    return {
        "campaignProcessrJob": line.job.id,
        "label": line.job.label,
        "processrJob": line.kind,
        "rule": line.rule,
        "group": line.group,
        "conditions": line.conditions,
        "hardfail": line.job.hardfail,
        "outcome": outcome.kind.value,
        "reason": outcome.reason,
        "field": outcome.field,
        "value": outcome.value if open_to_read else privacy.mask_value(outcome.value),
        "points": line.step.earned,
        "of": line.step.possible,
        "scoreSoFar": line.score,
        "possibleSoFar": line.possible,
    }
