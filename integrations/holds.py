"""What a lead that the processr is done with still waits for outside: a batch, or a person (decision 12)."""

from collections.abc import Collection, Mapping

from django.db import connection

from integrations import texts
from integrations.types import waits_for_others
from leads.points import Hold, hold_reasons

AWAITING_BATCH, FAILED = "awaiting_batch", "integration_failed"


def standing(lead_ids: Collection[int]) -> Mapping[int, Collection[str]]:
    """Of each integration the last round counts that was not withdrawn: what failed is over when it is sent anew."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"leads": list(lead_ids), "files": waits_for_others()})
        rows = cursor.fetchall()
    return {pk: [key for key, stands in ((AWAITING_BATCH, awaits), (FAILED, failed)) if stands] for pk, awaits, failed in rows}


_STANDING = """
SELECT lead_id, bool_or(state = 'queued' AND job.type = ANY(%(files)s)), bool_or(state IN ('needs_person', 'failed')) FROM (
    SELECT DISTINCT ON (lead_id, job_id) lead_id, job_id, state FROM integrations_delivery
    WHERE lead_id = ANY(%(leads)s) AND state <> 'withdrawn' ORDER BY lead_id, job_id, round DESC
) AS last JOIN processr_job AS job ON job.id = last.job_id
WHERE state IN ('queued', 'needs_person', 'failed') GROUP BY lead_id
"""

hold_reasons.register(Hold(AWAITING_BATCH, texts.AWAITING_BATCH, 540, standing, look="queued"))
hold_reasons.register(Hold(FAILED, texts.INTEGRATION_FAILED, 600, standing, look="failed"))
