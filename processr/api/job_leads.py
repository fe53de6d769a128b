"""The outcome of each job for a lead in API v4: processr-job-leads, with the same content as the Job details tab."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from config.core.api import hydra
from config.core.api.hydra.filters import ID, read_id
from leads import privacy
from leads.models import Lead
from leads.selectors import leads_for
from processr.api.records import Record
from processr.job_types.outcomes import OutcomeKind
from processr.models import Event
from processr.permissions import SEES_RUNS
from processr.selectors import jobs_for, runs_for

STATUSES = {OutcomeKind.PASSED: "passed", OutcomeKind.FAILED: "failed", OutcomeKind.ERROR: "error", OutcomeKind.SKIPPED: "not run"}
NOT_YET = "The job has not been run over this lead yet"
RESULTS = hydra.Collection(
    "processr-job-leads",
    "ProcessrJobLead",
    filters={"lead.id": hydra.Filter(read_id, schema=ID)},
    orders={},
    required=("lead.id",),
)


@hydra.allowed(SEES_RUNS)
def job_leads_list(request: HttpRequest) -> HttpResponse:
    """Return the outcomes of the last run, followed by the jobs that were added or enabled since."""
    who = hydra.caller(request)
    query = RESULTS.read_query(request)
    lead = leads_for(who).filter(pk=query.values["lead.id"]).first()
    if lead is None:
        return RESULTS.whole(request, [], query=query)
    run = runs_for(who, lead).first()
    open_to_read = privacy.sees_values_of(who, lead)
    records = [_record(lead, run, step, open_to_read=open_to_read) for step in (run.steps if run else []) if step["job"]]
    listed_ids = {record["campaignProcessrJob"]["id"] for record in records}
    later_jobs = jobs_for(who).filter(campaign=lead.campaign_id, enabled=True).exclude(pk__in=listed_ids).order_by("stage", "pk")
    for job_id, label in later_jobs.values_list("pk", "label"):
        step = {"job": job_id, "label": label, "outcome": OutcomeKind.SKIPPED, "reason": NOT_YET, "field": "", "value": ""}
        records.append(_record(lead, None, {**step, "points": 0, "of": 0}, open_to_read=True))
    return RESULTS.whole(request, records, query=query)


def _record(lead: Lead, run: Event | None, step: dict[str, Any], *, open_to_read: bool) -> Record:
    return {
        "id": f"{lead.pk}-{step['job']}",
        "lead": f"/api/v4/leads/{lead.pk}",
        "campaignProcessrJob": {
            "@id": f"/api/v4/campaign-processr-jobs/{step['job']}",
            "@type": "CampaignProcessrJob",
            "id": step["job"],
            "label": step["label"],
        },
        "status": STATUSES[step["outcome"]],
        "reason": step["reason"],
        "field": step["field"],
        "value": step["value"] if open_to_read else privacy.mask_value(step["value"]),
        "score": step["points"],
        "maxScore": step["of"],
        "run": run.run_number if run else None,
        "createdTs": hydra.moment(run.started_at) if run else None,
    }
