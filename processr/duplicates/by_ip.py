"""The check for leads in quick succession from one IP address on one campaign: of two within the time only one passes.

`processr.duplicates.equals` defines which one, and why the order of judging makes no difference. Equal here
means near in time, which is not transitive. A lead that has failed does not count against others, so from an
address that posts continuously one lead passes in each such time, and all between them fail. A waiting lead
counts against later ones although it may fail itself, because its result is not known when the later one is
judged first.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from processr.duplicates.equals import later_of_equals
from processr.job_types.lead import JobInput, JobLead

# Spans of one address do not overlap, so a row is read once per chunk, however many leads of the chunk it is near to.
# OFFSET 0 keeps the conditions on the row out of the choice of an index (see `by_email`). `deleted_at` is one of them: with it
# PostgreSQL would estimate a campaign without statistics as empty, and read all its leads for each address.
_NEAR = """
SELECT span.place, near.created_at, CASE WHEN near.processing_counter = 0 THEN near.id END
FROM unnest(%(ips)s::inet[], %(since)s::timestamptz[], %(until)s::timestamptz[], %(last_ids)s::bigint[])
    WITH ORDINALITY AS span(ip, since, until, last_id, place)
CROSS JOIN LATERAL (
    SELECT id, created_at, deleted_at, current_status, processing_counter, failed_jobs FROM leads_lead
    WHERE ip = span.ip AND campaign_id = %(campaign)s AND created_at BETWEEN span.since AND span.until AND NOT imported
    ORDER BY created_at OFFSET 0
) AS near
WHERE near.deleted_at IS NULL AND near.current_status <> 'test' AND near.id <> ALL(%(chunk)s)
  AND CASE WHEN near.processing_counter = 0 THEN near.id < span.last_id ELSE NOT near.failed_jobs @> ARRAY[%(job)s::bigint] END
"""


@dataclass(slots=True)
class Span:
    """A time span in which an address matters, with the leads outside the chunk that may count in it.

    `judged` holds the times of judged leads, in order; `waiting` the times and ids of waiting ones.
    """

    ip: str
    since: datetime
    until: datetime
    last_id: int
    judged: list[datetime] = field(default_factory=list)
    waiting: list[tuple[datetime, int]] = field(default_factory=list)

    def counts_against(self, lead: JobLead, within: timedelta) -> bool:
        place = bisect_left(self.judged, lead.created_at - within)
        if place < len(self.judged) and self.judged[place] <= lead.created_at + within:
            return True
        return any(pk < lead.id and abs(at - lead.created_at) <= within for at, pk in self.waiting)


def rapid_posts(job_input: JobInput, *, job_id: int, within: timedelta) -> set[int]:
    """Return the ids of the job's leads that came within the window of another lead that counts."""
    spans, span_of = _spans([lead for lead in job_input.leads if _address(lead)], within)
    _look_up(spans, job_input, job_id)
    return set(
        later_of_equals(
            job_input,
            job_id=job_id,
            key=_address,
            elsewhere=lambda lead: span_of[lead.id].counts_against(lead, within),
            near=lambda lead, other: abs(lead.created_at - other.created_at) <= within,
        )
    )


def _address(lead: JobLead) -> str | None:
    """Return the address a lead came from. Imported leads have none of their own."""
    return None if lead.imported else lead.ip


def _spans(leads: Iterable[JobLead], within: timedelta) -> tuple[list[Span], dict[int, Span]]:
    """Return the spans, and the span of each lead by its id. Leads whose times touch share one."""
    spans: list[Span] = []
    span_of: dict[int, Span] = {}
    for lead in sorted(leads, key=lambda lead: (lead.ip or "", lead.created_at)):
        ip, since, until = lead.ip or "", lead.created_at - within, lead.created_at + within
        if not spans or spans[-1].ip != ip or since > spans[-1].until:
            spans.append(Span(ip, since, until, lead.id))
        span = span_of[lead.id] = spans[-1]
        span.until, span.last_id = until, max(span.last_id, lead.id)
    return spans, span_of


def _look_up(spans: Sequence[Span], job_input: JobInput, job_id: int) -> None:
    if not spans:
        return
    parameters: dict[str, Any] = {
        "ips": _array(span.ip for span in spans),
        "since": _array(span.since.isoformat() for span in spans),
        "until": _array(span.until.isoformat() for span in spans),
        "last_ids": _array(str(span.last_id) for span in spans),
        "campaign": job_input.campaign_id,
        "job": job_id,
        "chunk": [lead.id for lead in job_input.chunk],
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, parameters)
        for place, at, waiting_id in cursor:
            if waiting_id is None:
                spans[place - 1].judged.append(at)
            else:
                spans[place - 1].waiting.append((at, waiting_id))
    for span in spans:
        span.judged.sort()


def _array(texts: Iterable[str]) -> str:
    """Return an array literal of texts that need no quotes.

    The driver would take longer to adapt five hundred values than the query runs.
    """
    return "{" + ",".join(texts) + "}"
