"""The check for repeated e-mail addresses on one campaign. `processr.duplicates.equals` defines which lead is the first."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import connection

from processr.duplicates.equals import VALUE_IS_KNOWN, later_of_equals, rows_of_equals
from processr.job_types.lead import JobInput, JobLead

# A LATERAL with LIMIT 1 per distinct address: the first hit ends the search, however many leads have it. Waiting leads are looked
# up only where no judged one is found. Leads of the chunk are compared with each other by `later_of_equals`.
# Before a table is first analysed, PostgreSQL estimates every campaign and every day as small, and would read all leads of a large
# campaign for each address: see `rows_of_equals`.
_COLUMNS = "id, campaign_id, publisher_id, deleted_at, current_status, processing_counter, failed_jobs"
_ROWS = rows_of_equals("email", key="wanted.email", columns=_COLUMNS, scope=" AND campaign_id = %(campaign)s")
_EQUALS = f"""
SELECT wanted.email, wanted.publisher_id, judged.id IS NOT NULL, waiting.id
FROM unnest(%(emails)s::text[], %(publishers)s::bigint[], %(last_ids)s::bigint[]) AS wanted(email, publisher_id, last_id)
LEFT JOIN LATERAL (
    SELECT id FROM ({_ROWS}) AS equal
    WHERE compared AND deleted_at IS NULL AND current_status <> 'test' AND processing_counter > 0
      AND NOT failed_jobs @> ARRAY[%(job)s::bigint] AND id <> ALL(%(chunk)s)
      AND (wanted.publisher_id IS NULL OR publisher_id = wanted.publisher_id)
    LIMIT 1
) AS judged ON true
LEFT JOIN LATERAL (
    SELECT id FROM (
        SELECT id, campaign_id, publisher_id, deleted_at, current_status, processing_counter FROM leads_lead
        WHERE judged.id IS NULL AND email = wanted.email AND campaign_id = %(campaign)s AND id < wanted.last_id ORDER BY id OFFSET 0
    ) AS equal WHERE deleted_at IS NULL AND current_status <> 'test' AND processing_counter = 0
      AND id <> ALL(%(chunk)s) AND (wanted.publisher_id IS NULL OR publisher_id = wanted.publisher_id)
      AND {VALUE_IS_KNOWN.format(lead="equal")}
    LIMIT 1
) AS waiting ON true
WHERE judged.id IS NOT NULL OR waiting.id IS NOT NULL
"""  # noqa: S608


class EmailKey(NamedTuple):
    """The key of equal leads: an e-mail address, or an address and a publisher."""

    email: str
    publisher_id: int | None = None


def repeated_emails(job_input: JobInput, *, job_id: int) -> set[int]:
    """Return the ids of the job's leads that are not the first of the campaign with their e-mail address.

    Leads without an address have no equals.
    """
    return _repeated(job_input, job_id, lambda lead: EmailKey(lead.email) if lead.email else None)


def repeated_emails_of_publisher(job_input: JobInput, *, job_id: int) -> set[int]:
    """Return the ids of the job's leads that are not the first with their e-mail address from the same publisher.

    Leads without an address or a publisher have no equals.
    """
    return _repeated(job_input, job_id, lambda lead: EmailKey(lead.email, lead.publisher_id) if lead.email and lead.publisher_id else None)


def _repeated(job_input: JobInput, job_id: int, key_of: Callable[[JobLead], EmailKey | None]) -> set[int]:
    last_ids = {key: lead.id for lead in job_input.leads if (key := key_of(lead))}
    outside_chunk = _look_up(job_input, job_id, last_ids) if last_ids else {}

    def counts_outside_chunk(lead: JobLead) -> bool:
        judged, waiting_id = outside_chunk.get(key_of(lead), (False, None))
        return judged or (waiting_id is not None and waiting_id < lead.id)

    return set(later_of_equals(job_input, job_id=job_id, key=key_of, elsewhere=counts_outside_chunk))


def _look_up(job_input: JobInput, job_id: int, last_ids: dict[EmailKey, int]) -> dict[EmailKey | None, tuple[bool, int | None]]:
    """Return, by key that leads outside the chunk have, whether a judged one counts, else the smallest waiting id before our last lead."""
    parameters: dict[str, Any] = {
        "emails": [key.email for key in last_ids],
        "publishers": [key.publisher_id for key in last_ids],
        "last_ids": list(last_ids.values()),
        "campaign": job_input.campaign_id,
        "job": job_id,
        "chunk": [lead.id for lead in job_input.chunk],
    }
    with connection.cursor() as cursor:
        cursor.execute(_EQUALS, parameters)
        return {EmailKey(email, publisher_id): (judged, waiting_id) for email, publisher_id, judged, waiting_id in cursor}
