"""Troubles of campaigns: leads on hold for want of a job or over delivery, and jobs that cannot check their leads."""

from collections.abc import Collection, Mapping, Sequence

from django.db import connection
from django.urls import reverse

from campaigns.extension_points import Trouble, trouble_sources
from campaigns.scope import Who
from leads.statuses import HoldReason
from processr.models import Job
from processr.permissions import may_use

HELD_AT_MOST = 1_000

# Jumps along the index from one campaign to the next, so that a million held leads of one campaign are one step.
_HELD = f"""
WITH RECURSIVE found (campaign_id) AS (
    (SELECT campaign_id FROM leads_lead WHERE deleted_at IS NULL AND hold_reason <> '' ORDER BY campaign_id LIMIT 1)
    UNION ALL
    SELECT (SELECT l.campaign_id FROM leads_lead AS l WHERE l.deleted_at IS NULL AND l.hold_reason <> ''
            AND l.campaign_id > found.campaign_id ORDER BY l.campaign_id LIMIT 1)
    FROM found WHERE found.campaign_id IS NOT NULL
)
SELECT campaign_id FROM found WHERE EXISTS (
    SELECT FROM leads_lead AS l WHERE l.deleted_at IS NULL AND l.hold_reason <> ''
    AND l.campaign_id = found.campaign_id AND l.hold_reason IN ('{HoldReason.NO_JOB}', '{HoldReason.OVER_DELIVERY}')
)
"""
FAILING = """
SELECT job.campaign_id{columns} FROM processr_jobtally AS tally JOIN processr_job AS job ON job.id = tally.job_id
WHERE tally.failing_since > job.updated_at AND job.enabled AND job.removed_at IS NULL AND {condition}
"""
"""The jobs that fail since they were changed last. A job that is changed is judged anew."""
_COUNT_HELD = f"""
SELECT campaign.id, reason.key, (
    SELECT count(*) FROM (
        SELECT FROM leads_lead AS l WHERE l.deleted_at IS NULL AND l.hold_reason <> '' AND l.campaign_id = campaign.id
        AND l.hold_reason = reason.key LIMIT %s
    ) AS few
) FROM unnest(%s::bigint[]) AS campaign (id)
CROSS JOIN (VALUES ('{HoldReason.NO_JOB}'), ('{HoldReason.OVER_DELIVERY}')) AS reason (key) ORDER BY campaign.id, reason.key
"""


@trouble_sources.register
class ProcessrTroubles:
    key = "processr"

    @staticmethod
    def campaign_ids(who: Who) -> set[int]:
        if not may_use(who):
            return set()
        with connection.cursor() as cursor:
            cursor.execute(f"{_HELD} UNION ({FAILING.format(columns='', condition=_IS_NO_INTEGRATION)})")
            return {pk for (pk,) in cursor}

    @staticmethod
    def by_campaign(who: Who, campaign_ids: Collection[int]) -> Mapping[int, Sequence[Trouble]]:
        found: dict[int, list[Trouble]] = {}
        if not may_use(who):
            return found
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_HELD, [HELD_AT_MOST + 1, list(campaign_ids)])
            for campaign_id, reason, number in cursor:
                if number:
                    words, page = _HELD_FOR[reason]
                    found.setdefault(campaign_id, []).append(Trouble(f"{_leads(number)} {words}", reverse(page, args=[campaign_id])))
            condition = f"{_IS_NO_INTEGRATION} AND job.campaign_id = ANY(%s) ORDER BY job.stage, job.id"
            cursor.execute(FAILING.format(columns=", job.category, job.id, job.label", condition=condition), [list(campaign_ids)])
            for campaign_id, category, job_id, label in cursor:
                url = f"{reverse('processr', args=[campaign_id])}?tab={category}#job-{job_id}"
                found.setdefault(campaign_id, []).append(Trouble(f"{label}: {_UNCHECKED[category]}", url))
        return found


_IS_NO_INTEGRATION = "job.category <> 'integration'"
_UNCHECKED = {
    Job.Category.QUALITY: "the last leads could not be checked",
    Job.Category.ENRICHMENT: "nothing could be found out about the last leads",
}


_HELD_FOR: Mapping[str, tuple[str, str]] = {
    HoldReason.NO_JOB: ("on hold: no job was enabled", "processr"),
    HoldReason.OVER_DELIVERY: ("held over delivery", "processr_release"),
}
"""The words for the leads of each hold, and the page on which it is ended."""


def _leads(number: int) -> str:
    if number > HELD_AT_MOST:
        return f"{HELD_AT_MOST:,}+ leads"
    return f"{number:,} lead{'' if number == 1 else 's'}"
