"""What the page of a lead tells of the processr: the steps of its last run."""

from itertools import accumulate
from typing import Any

from campaigns.scope import Who
from config.panel import roles
from leads import privacy
from leads.models import Lead
from leads.points import lead_tabs
from leads.tabs import LeadTab
from processr import texts
from processr.models import Event, Plan
from processr.outcomes import Kind
from processr.selectors import runs_for

SHOWN = {
    Kind.PASSED: ("valid", "Passed"),
    Kind.FAILED: ("invalid", "Failed"),
    Kind.ERROR: ("caution", texts.COULD_NOT_BE_CHECKED),
    Kind.SKIPPED: ("pending", "Not run"),
}
"""Look and words of an outcome."""


@lead_tabs.register
class JobDetails(LeadTab):
    """Publishers and advertisers read the reasons at the lead's status; which job found what is for those who run the campaign."""

    key, label, order = "job_details", "Job details", 10
    roles = roles.MANAGES_CAMPAIGNS | roles.AGENCY_SIDE
    template = "processr/_steps.html"

    def context(self, who: Who, lead: Lead) -> dict[str, Any]:
        run = runs_for(who, lead).first()
        if run is None:
            return {"run": None}
        steps = _steps(run, open_to_read=privacy.sees_values_of(who, lead))
        return {
            "run": run,
            "steps": steps,
            "steps_run": run.steps_run,
            "points": steps[-1]["score"] if steps else 0,
            "of": steps[-1]["possible"] if steps else 0,
            "threshold": _threshold(run),
        }


def _steps(run: Event, *, open_to_read: bool) -> list[dict[str, Any]]:
    """With the score as it grew; what a job saw is the person's own data."""
    earned = accumulate(step["points"] for step in run.steps)
    possible = accumulate(step["of"] for step in run.steps)
    return [
        {
            **step,
            "shown": SHOWN[Kind(step["outcome"])],
            "value": step["value"] if open_to_read else privacy.mask_value(step["value"]),
            "score": score,
            "possible": out_of,
        }
        for step, score, out_of in zip(run.steps, earned, possible, strict=True)
    ]


def _threshold(run: Event) -> int | None:
    """As it was for this run, whatever it is today."""
    body = Plan.objects.filter(campaign=run.campaign_id, number=run.plan_number).values_list("body", flat=True).first()
    return body["threshold"] if body else None
