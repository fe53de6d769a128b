"""The statistics of jobs: how often each passed, failed, could not check or did not run.

They are the tallies plus the deltas that are not folded into them yet.
"""

from collections.abc import Collection

from django.db import connection, transaction

from config.core.background import locks

FOLD_AT_MOST = 50_000

_FOLD = """
WITH gone AS (
    DELETE FROM processr_jobdelta WHERE id IN (SELECT id FROM processr_jobdelta ORDER BY id LIMIT %s) RETURNING *
), kept AS (
    INSERT INTO processr_jobtally AS tally (job_id, passed, failed, errored, skipped)
    SELECT job_id, sum(passed), sum(failed), sum(errored), sum(skipped) FROM gone GROUP BY job_id ORDER BY job_id
    ON CONFLICT (job_id) DO UPDATE SET
        passed = tally.passed + EXCLUDED.passed, failed = tally.failed + EXCLUDED.failed,
        errored = tally.errored + EXCLUDED.errored, skipped = tally.skipped + EXCLUDED.skipped
)
SELECT count(*) FROM gone
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
