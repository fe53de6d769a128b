"""The outcome of each job for a lead in API v4: processr-job-leads, with the same content as the Job details tab."""

from collections.abc import Iterator
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
    asked = RESULTS.read_query(request)
    lead = leads_for(who).filter(pk=asked.values["lead.id"]).first()
    if lead is None:
        return RESULTS.whole(request, [], query=asked)
    run = runs_for(who, lead).first()
    open_to_read = privacy.sees_values_of(who, lead)
    records = [_record(lead, run, said, open_to_read=open_to_read) for said in (run.steps if run else []) if said["job"]]
    known = {record["campaignProcessrJob"]["id"] for record in records}
    since = jobs_for(who).filter(campaign=lead.campaign_id, enabled=True).exclude(pk__in=known).order_by("stage", "pk")
    return RESULTS.whole(request, [*records, *_not_yet(lead, since)], query=asked)


def _not_yet(lead: Lead, jobs: Any) -> Iterator[Record]:
    for pk, label in jobs.values_list("pk", "label"):
        said = {
            "job": pk,
            "label": label,
            "outcome": OutcomeKind.SKIPPED,
            "reason": NOT_YET,
            "field": "",
            "value": "",
            "points": 0,
            "of": 0,
        }
        yield _record(lead, None, said, open_to_read=True)


def _record(lead: Lead, run: Event | None, said: dict[str, Any], *, open_to_read: bool) -> Record:
    return {
        "id": f"{lead.pk}-{said['job']}",
        "lead": f"/api/v4/leads/{lead.pk}",
        "campaignProcessrJob": {
            "@id": f"/api/v4/campaign-processr-jobs/{said['job']}",
            "@type": "CampaignProcessrJob",
            "id": said["job"],
            "label": said["label"],
        },
        "status": STATUSES[said["outcome"]],
        "reason": said["reason"],
        "field": said["field"],
        "value": said["value"] if open_to_read else privacy.mask_value(said["value"]),
        "score": said["points"],
        "maxScore": said["of"],
        "run": run.run_number if run else None,
        "createdTs": hydra.moment(run.started_at) if run else None,
    }
