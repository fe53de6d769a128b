"""Steps that many tests take with leads, as one-line functions."""

from leads import lifecycle
from leads.lifecycle import Moved, Verdict, claims
from leads.models import Lead


def verdict(lead_id: int, qa_status: str = "valid", **fields) -> Verdict:
    given = {
        "score": 10, "max_score": 10, "hardfail": False, "errored": False, "qa_result": {}, "failed_jobs": [],
        "transformed": {}, "enriched": {}, **fields,
    }  # fmt: skip
    return Verdict(lead_id=lead_id, qa_status=qa_status, **given)


def judge_all(campaign, qa_status: str = "valid", *, limit: int = 500) -> Moved:
    claim = claims.claim(campaign.pk, limit=limit)
    return lifecycle.judge([verdict(lead.pk, qa_status) for lead in claim.leads], token=claim.token)


def again(lead: Lead) -> Lead:
    return Lead.objects.get(pk=lead.pk)
