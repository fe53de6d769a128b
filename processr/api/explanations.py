"""Explanations of runs in API v4: why a lead has its status. Each run is explained from the plan that it used."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.scope import Who
from config.core.api import hydra
from config.core.ids import ID_PATTERN
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from leads.statuses import QaStatus, SecondCheck
from processr.engine.explain import ExplainedJob, Explanation, explain
from processr.job_types.outcomes import OUTCOME_WORDS
from processr.permissions import SEES_RUNS
from processr.selectors import runs_for


class ExplainedJobSerializer(serializers.Serializer):
    """The part that a job had in the score, in the order in which the jobs counted."""

    campaignProcessrJob = serializers.IntegerField()
    label = serializers.CharField()
    processrJob = serializers.CharField()
    rule = serializers.CharField()
    group = serializers.CharField()
    conditions = serializers.CharField()
    hardfail = serializers.BooleanField()
    outcome = serializers.ChoiceField(OUTCOME_WORDS)
    reason = serializers.CharField()
    field = serializers.CharField()
    value = serializers.CharField()
    points = serializers.IntegerField()
    of = serializers.IntegerField()
    scoreSoFar = serializers.IntegerField()
    possibleSoFar = serializers.IntegerField()


class MissingPointsSerializer(serializers.Serializer):
    jobs = serializers.ListField(child=serializers.IntegerField())
    points = serializers.IntegerField()


class ExplanationSerializer(hydra.HydraSerializer):
    """The explanation of a run over a lead."""

    class Meta:
        type = "LeadExplanation"
        address = "lead-explanations"

    id = serializers.CharField()
    lead = serializers.IntegerField()
    run = serializers.IntegerField()
    plan = serializers.IntegerField()
    startedTs = hydra.MomentField()
    qaStatus = serializers.ChoiceField(QaStatus.values)
    score = serializers.IntegerField()
    maxScore = serializers.IntegerField()
    threshold = serializers.IntegerField(help_text="In percent. From here on a lead is Caution.")
    hardfail = serializers.BooleanField()
    errored = serializers.BooleanField()
    testMode = serializers.BooleanField()
    secondCheck = serializers.ChoiceField(["", *SecondCheck.values])
    verdict = serializers.CharField(help_text="Why the lead got its status, in sentences.")
    jobs = ExplainedJobSerializer(many=True)
    forValid = serializers.ListField(
        child=serializers.IntegerField(), help_text="The jobs that would all have had to pass for the lead to be Valid."
    )
    forCaution = MissingPointsSerializer()


class ExplanationViewSet(hydra.HydraViewSet):
    serializer_class = ExplanationSerializer
    lookup_field = "lead"
    roles = dict.fromkeys(("retrieve", "runs"), SEES_RUNS)

    @extend_schema(operation_id="lead_explanations_last")
    def retrieve(self, request: Request, lead: str) -> Response:
        """Explain the status of a lead by its last run."""
        return self._explanation(lead, None)

    @extend_schema(operation_id="lead_explanations_run")
    @action(detail=True, url_path=rf"runs/(?P<run>{ID_PATTERN})", url_name="runs_item")
    def runs(self, request: Request, lead: str, run: str) -> Response:
        """Explain one run over a lead."""
        return self._explanation(lead, int(run))

    def _explanation(self, lead_id: str, number: int | None) -> Response:
        user = self.request.user
        lead = leads_for(user).filter(pk=int(lead_id)).first()
        if lead is None:
            raise Http404
        runs = runs_for(user, lead)
        run = (runs if number is None else runs.filter(run_number=number)).first()
        if run is None:
            raise Http404
        return self.item(_record(lead, explain(run), who=user))


def _record(lead: Lead, explanation: Explanation, *, who: Who) -> dict[str, Any]:
    return {
        "id": f"{lead.pk}/runs/{explanation.run.run_number}",
        "lead": lead.pk,
        "run": explanation.run.run_number,
        "plan": explanation.plan.number,
        "startedTs": explanation.run.started_at,
        "qaStatus": explanation.status.value,
        "score": explanation.judgement.score,
        "maxScore": explanation.judgement.max_score,
        "threshold": explanation.plan.threshold,
        "hardfail": explanation.judgement.hardfail,
        "errored": explanation.judgement.errored,
        "testMode": explanation.plan.test_mode,
        "secondCheck": lead.second_check,
        "verdict": " ".join(explanation.verdict),
        "jobs": [_line(line, lead, who=who) for line in explanation.lines],
        "forValid": [line.job.id for line in explanation.for_valid],
        "forCaution": {"jobs": [line.job.id for line in explanation.for_caution], "points": explanation.points_missing},
    }


def _line(line: ExplainedJob, lead: Lead, *, who: Who) -> dict[str, Any]:
    outcome = line.outcome
    return {
        "campaignProcessrJob": line.job.id,
        "label": line.job.label,
        "processrJob": line.kind,
        "rule": line.rule,
        "group": line.group,
        "conditions": line.conditions,
        "hardfail": line.job.hardfail,
        "outcome": outcome.kind.word,
        "reason": outcome.reason,
        "field": outcome.field,
        "value": privacy.shown_value(who, lead, outcome.field, outcome.value),
        "points": line.step.earned,
        "of": line.step.possible,
        "scoreSoFar": line.score,
        "possibleSoFar": line.possible,
    }
