"""The outcome of each job for a lead in API v4: processr-job-leads, with the same content as the Job Details tab."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.scope import Who
from config.core.api import hydra
from config.core.models import User
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from processr.job_types.outcomes import OUTCOME_WORDS, OutcomeKind
from processr.models import Event
from processr.permissions import SEES_RUNS
from processr.selectors import jobs_beside, runs_for


class JobLeadFilterSet(hydra.HydraFilterSet):
    lead = hydra.IdFilter(name="lead.id", needed=True, repeatable=False)


class JobLeadSerializer(hydra.HydraSerializer):
    """The outcome of a job for a lead."""

    class Meta:
        type = "ProcessrJobLead"
        address = "processr-job-leads"

    id = serializers.CharField(read_only=True)
    lead = serializers.CharField(read_only=True)
    campaignProcessrJob = hydra.JsonField(schema={"type": "object"}, read_only=True)
    status = serializers.ChoiceField(OUTCOME_WORDS, read_only=True)
    reason = serializers.CharField(read_only=True)
    field = serializers.CharField(read_only=True)
    value = serializers.CharField(read_only=True)
    score = serializers.IntegerField(read_only=True)
    maxScore = serializers.IntegerField(read_only=True)
    run = serializers.IntegerField(read_only=True, allow_null=True)
    createdTs = hydra.MomentField(read_only=True, allow_null=True)


class JobLeadViewSet(hydra.HydraViewSet):
    """The outcomes of the last run over a lead, followed by the jobs of its campaign that were not run, with the reason."""

    serializer_class = JobLeadSerializer
    filterset_class = JobLeadFilterSet
    orders = {}
    roles = {"list": SEES_RUNS}
    noun = ("outcome of a job", "outcomes of jobs")

    def list(self, request: Request) -> Response:
        user = request.user
        lead = leads_for(user).filter(pk=self.query.value("lead.id")).first()
        return self.page_of_records(self.get_serializer(_results(user, lead) if lead else [], many=True).data)


def _results(user: User, lead: Lead) -> list[hydra.JsonObject]:
    run = runs_for(user, lead).first()
    results = [_record(lead, run, step, who=user) for step in (run.steps if run else []) if step["job"]]
    for job in jobs_beside(user, lead, run).not_run:
        outcome = {"outcome": OutcomeKind.SKIPPED, "reason": job.reason, "field": "", "value": "", "points": 0, "of": 0}
        results.append(_record(lead, None, {"job": job.id, "label": job.label, **outcome}, who=user))
    return results


def _record(lead: Lead, run: Event | None, step: dict[str, Any], *, who: Who) -> hydra.JsonObject:
    return {
        "id": f"{lead.pk}-{step['job']}",
        "lead": f"/api/v4/leads/{lead.pk}",
        "campaignProcessrJob": {
            "@id": f"/api/v4/campaign-processr-jobs/{step['job']}",
            "@type": "CampaignProcessrJob",
            "id": step["job"],
            "label": step["label"],
        },
        "status": OutcomeKind(step["outcome"]).word,
        "reason": step["reason"],
        "field": step["field"],
        "value": privacy.shown_value(who, lead, step["field"], step["value"]),
        "score": step["points"],
        "maxScore": step["of"],
        "run": run.run_number if run else None,
        "createdTs": run.started_at if run else None,
    }
