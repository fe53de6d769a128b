"""Integrity checks of events and tallies against the leads. Each returns its problems in words."""

from typing import Any

from django.db import connection

SHOW_AT_MOST = 20

_RUNS = """
SELECT l.id, l.processing_counter, coalesce(e.events, 0), coalesce(e.runs, 0), coalesce(e.last, 0)
FROM leads_lead AS l FULL JOIN (
    SELECT lead_id, count(*) AS events, count(DISTINCT run_number) AS runs, max(run_number) AS last
    FROM processr_event WHERE kind = 'flow' GROUP BY lead_id
) AS e ON e.lead_id = l.id
WHERE l.id IS NULL OR (coalesce(e.events, 0), coalesce(e.runs, 0), coalesce(e.last, 0))
    <> (l.processing_counter, l.processing_counter, l.processing_counter)
LIMIT %s
"""
_TALLIES = """
WITH counted AS (
    SELECT job_id, passed, failed, errored, skipped FROM processr_jobtally
    UNION ALL SELECT job_id, passed, failed, errored, skipped FROM processr_jobdelta
    UNION ALL
    SELECT (step ->> 'job')::bigint, -(step ->> 'outcome' = 'passed')::int, -(step ->> 'outcome' = 'failed')::int,
           -(step ->> 'outcome' = 'error')::int, -(step ->> 'outcome' = 'skipped')::int
    FROM (
        SELECT DISTINCT ON (e.lead_id) e.steps FROM processr_event AS e JOIN leads_lead AS l ON l.id = e.lead_id
        WHERE e.kind = 'flow' AND l.deleted_at IS NULL ORDER BY e.lead_id, e.id DESC
    ) AS run CROSS JOIN LATERAL jsonb_array_elements(run.steps) AS step WHERE step ->> 'job' IS NOT NULL
    UNION ALL
    SELECT job_id, -(outcome = 'success')::int, -(outcome = 'failure')::int, -(outcome = 'error')::int, -(outcome = 'skip')::int
    FROM processr_event WHERE kind = 'delivery'
)
SELECT job_id, sum(passed), sum(failed), sum(errored), sum(skipped) FROM counted GROUP BY job_id
HAVING (sum(passed), sum(failed), sum(errored), sum(skipped)) <> (0, 0, 0, 0) LIMIT %s
"""


_FOREIGN = """
WITH job AS (
    SELECT j.id, j.campaign_id, j.type, j.config, j.credential_id, c.advertiser_id
    FROM processr_job AS j JOIN campaigns_campaign AS c ON c.id = j.campaign_id WHERE j.removed_at IS NULL
)
SELECT job.id, campaign_id, 'campaign', named FROM job CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE WHEN jsonb_typeof(config -> 'campaign_ids') = 'array' THEN config -> 'campaign_ids' ELSE '[]' END
) AS named
WHERE NOT EXISTS (SELECT FROM campaigns_campaign AS other WHERE other.id::text = named AND other.advertiser_id = job.advertiser_id)
UNION ALL
SELECT job.id, campaign_id, 'validation list', config ->> 'list' FROM job
WHERE type = 'suppression_list' AND config ->> 'list' IS NOT NULL AND NOT EXISTS (
    SELECT FROM processr_validationlist AS list
    WHERE list.id::text = config ->> 'list' AND (list.advertiser_id IS NULL OR list.advertiser_id = job.advertiser_id)
)
UNION ALL
SELECT job.id, campaign_id, 'credential', credential_id::text FROM job
WHERE EXISTS (SELECT FROM campaigns_credentialowner AS owner WHERE owner.credential_id = job.credential_id) AND NOT EXISTS (
    SELECT FROM campaigns_credentialowner AS owner
    WHERE owner.credential_id = job.credential_id AND owner.advertiser_id = job.advertiser_id
)
ORDER BY 1 LIMIT %s
"""


def runs() -> list[str]:
    """Check that every lead has one flow event for each value of its processing counter."""
    return [
        f"lead {pk}: run {counter} times, but has {events} flow events for {distinct} runs, the last one number {last}"
        for pk, counter, events, distinct, last in _query(_RUNS)
    ]


def job_tallies() -> list[str]:
    """Check the tallies against the last run over each visible lead, and the attempts of integrations."""
    return [
        f"job {pk}: its tally exceeds its steps by {passed} passed, {failed} failed, {errored} errored, {skipped} skipped"
        for pk, passed, failed, errored, skipped in _query(_TALLIES)
    ]


def settings_of_jobs() -> list[str]:
    """Check that settings name nothing of other advertisers. What they do name is left out when leads are judged and sent."""
    return [
        f"job {pk} on campaign {campaign}: its settings name {what} {named}, which is another advertiser's or gone, and is not used"
        for pk, campaign, what, named in _query(_FOREIGN)
    ]


def _query(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [SHOW_AT_MOST])
        return list(cursor)
