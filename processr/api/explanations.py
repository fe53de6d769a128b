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
    return _answer(request, lead, None)


@hydra.allowed(SEES_RUNS)
def run_explanation(request: HttpRequest, lead: int, run: int) -> HttpResponse:
    return _answer(request, lead, run)


def _answer(request: HttpRequest, lead_id: int, number: int | None) -> HttpResponse:
    who = hydra.caller(request)
    lead = leads_for(who).filter(pk=lead_id).first()
    runs = runs_for(who, lead) if lead else None
    run = (runs if number is None else runs.filter(run_number=number)).first() if runs is not None else None
    if lead is None or run is None:
        raise Http404
    return EXPLANATIONS.item(request, _record(lead, explain(run), open_to_read=privacy.sees_values_of(who, lead)))


def _record(lead: Lead, told: Explanation, *, open_to_read: bool) -> dict[str, Any]:
    return {
        "id": f"{lead.pk}/runs/{told.run.run_number}",
        "lead": lead.pk,
        "run": told.run.run_number,
        "plan": told.plan.number,
        "startedTs": hydra.moment(told.run.started_at),
        "qaStatus": told.status.value,
        "score": told.judgement.score,
        "maxScore": told.judgement.max_score,
        "threshold": told.plan.threshold,
        "hardfail": told.judgement.hardfail,
        "errored": told.judgement.errored,
        "testMode": told.plan.test_mode,
        "secondCheck": lead.second_check,
        "jobs": [_line(line, open_to_read=open_to_read) for line in told.lines],
        "forValid": [line.job.id for line in told.for_valid],
        "forCaution": {"jobs": [line.job.id for line in told.for_caution], "points": told.points_missing},
    }


def _line(line: ExplainedJob, *, open_to_read: bool) -> dict[str, Any]:
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
