"""The statistics of jobs: how many leads each passed, failed, could not check or left out in their last run.

They are the tallies plus the deltas that are not folded into them yet. For an integration they count attempts.
"""

from collections.abc import Collection

from django.db import connection, transaction

from config.core.background import locks

FOLD_AT_MOST = 50_000

_FOLD = """
WITH gone AS (
    DELETE FROM processr_jobdelta WHERE id IN (SELECT id FROM processr_jobdelta ORDER BY id LIMIT %s) RETURNING *
), last AS (
    SELECT DISTINCT ON (gone.job_id) gone.job_id, coalesce(job.updated_at, '-infinity') AS changed_at,
        gone.passed = 0 AND (job.category = 'integration' OR gone.failed = 0) AS fails
    FROM gone LEFT JOIN processr_job AS job ON job.id = gone.job_id
    WHERE NOT gone.is_correction AND gone.passed + gone.failed + gone.errored > 0 ORDER BY gone.job_id, gone.id DESC
), kept AS (
    INSERT INTO processr_jobtally AS tally (job_id, passed, failed, errored, skipped, failing_since)
    SELECT gone.job_id, sum(passed), sum(failed), sum(errored), sum(skipped), CASE WHEN bool_or(last.fails) THEN clock_timestamp() END
    FROM gone LEFT JOIN last ON last.job_id = gone.job_id GROUP BY gone.job_id ORDER BY gone.job_id
    ON CONFLICT (job_id) DO UPDATE SET
        passed = tally.passed + EXCLUDED.passed, failed = tally.failed + EXCLUDED.failed,
        errored = tally.errored + EXCLUDED.errored, skipped = tally.skipped + EXCLUDED.skipped,
        failing_since = CASE
            WHEN NOT EXISTS (SELECT FROM last WHERE last.job_id = tally.job_id)
                OR EXISTS (SELECT FROM last WHERE last.job_id = tally.job_id AND fails AND tally.failing_since > changed_at)
            THEN tally.failing_since ELSE EXCLUDED.failing_since
        END
)
SELECT count(*) FROM gone
"""
_CORRECT = """
INSERT INTO processr_jobdelta (job_id, passed, failed, errored, skipped, is_correction)
SELECT (step ->> 'job')::bigint,
    %(sign)s * count(*) FILTER (WHERE step ->> 'outcome' = 'passed'), %(sign)s * count(*) FILTER (WHERE step ->> 'outcome' = 'failed'),
    %(sign)s * count(*) FILTER (WHERE step ->> 'outcome' = 'error'), %(sign)s * count(*) FILTER (WHERE step ->> 'outcome' = 'skipped'),
    true
FROM unnest(%(leads)s::bigint[]) AS lead (id)
CROSS JOIN LATERAL (
    SELECT steps FROM processr_event AS e WHERE e.lead_id = lead.id AND e.kind = 'flow' ORDER BY e.id DESC LIMIT 1
) AS run CROSS JOIN LATERAL jsonb_array_elements(run.steps) AS step
WHERE step ->> 'job' IS NOT NULL GROUP BY 1 ORDER BY 1
"""
_SUMS = """
SELECT job_id, sum(passed)::bigint, sum(failed)::bigint, sum(errored)::bigint, sum(skipped)::bigint FROM (
    SELECT job_id, passed, failed, errored, skipped FROM processr_jobtally WHERE job_id = ANY(%(jobs)s)
    UNION ALL
    SELECT job_id, passed, failed, errored, skipped FROM processr_jobdelta WHERE job_id = ANY(%(jobs)s)
) AS parts GROUP BY job_id
"""


def fold() -> int:
    """Fold deltas into the tallies and return how many were folded.

    Only one process folds at a time; the others return 0 at once.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [locks.FOLD_JOB_TALLIES])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FOLD, [FOLD_AT_MOST])
        return int(cursor.fetchone()[0])


def take_out(lead_ids: Collection[int]) -> None:
    """Take the last runs over these leads out of the statistics, because the leads are run over again or are deleted."""
    _correct(lead_ids, sign=-1)


def put_back(lead_ids: Collection[int]) -> None:
    _correct(lead_ids, sign=1)


def _correct(lead_ids: Collection[int], *, sign: int) -> None:
    if lead_ids:
        with connection.cursor() as cursor:
            cursor.execute(_CORRECT, {"leads": sorted(lead_ids), "sign": sign})


def statistics(job_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Return per job {total, passed, failed, errored, skipped}; the total leaves out skipped runs."""
    counts = dict.fromkeys(job_ids, (0, 0, 0, 0))
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"jobs": list(job_ids)})
        counts |= {job_id: tuple(sums) for job_id, *sums in cursor}
    return {
        job_id: {"total": passed + failed + errored, "passed": passed, "failed": failed, "errored": errored, "skipped": skipped}
        for job_id, (passed, failed, errored, skipped) in counts.items()
    }
