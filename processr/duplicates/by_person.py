"""The check for e-mail addresses that come too often, within a period, to campaigns of one category.

`processr.duplicates.equals` defines which leads fail, and why the order of judging makes no difference. A
lead fails if it and the leads that count are too many within some period around it; then it does not count
against others. A lead on another campaign counts if it has failed no check of this type there. A waiting lead
counts against later ones although it may fail itself, because its result is not known when the later one is
judged first.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from processr.duplicates.equals import VALUE_IS_KNOWN, rows_of_equals
from processr.job_types.lead import JobInput, JobLead

LeadMoment = tuple[datetime, int]
"""The time a lead came, and its id."""

# The row is found by its address: see `rows_of_equals`.
_COLUMNS = "id, campaign_id, created_at, deleted_at, current_status, processing_counter, failed_jobs"
# A campaign without a category is compared with itself only.
_NEAR = f"""
SELECT wanted.place, near.created_at, near.id, near.processing_counter = 0
FROM unnest(%(emails)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[], %(last_ids)s::bigint[])
    WITH ORDINALITY AS wanted(email, since, until, last_id, place)
CROSS JOIN LATERAL ({rows_of_equals("email", key="wanted.email", columns=_COLUMNS)}) AS near
WHERE near.compared AND near.created_at BETWEEN wanted.since AND wanted.until AND near.deleted_at IS NULL AND near.current_status <> 'test'
  AND near.id <> ALL(%(chunk)s)
  AND CASE WHEN near.processing_counter = 0 THEN near.id < wanted.last_id AND {VALUE_IS_KNOWN.format(lead="near")}
           WHEN near.campaign_id = %(campaign)s THEN NOT near.failed_jobs @> ARRAY[%(job)s::bigint]
           ELSE near.failed_jobs = '{{}}' OR NOT EXISTS (SELECT FROM processr_job WHERE id = ANY(near.failed_jobs) AND type = %(type)s) END
  AND (near.campaign_id = %(campaign)s OR near.campaign_id IN (
      SELECT other.id FROM campaigns_campaign AS own JOIN campaigns_campaign AS other
        ON lower(btrim(other.category)) = lower(btrim(own.category)) WHERE own.id = %(campaign)s AND btrim(own.category) <> ''
  ))
"""  # noqa: S608


@dataclass(slots=True)
class Activity:
    """The leads of one address.

    `counted` are those that count, in the order in which they came. `waiting` are those outside the chunk that
    wait, with the smallest id last.
    """

    counted: list[LeadMoment] = field(default_factory=list)
    waiting: list[LeadMoment] = field(default_factory=list)

    def sort(self) -> None:
        self.counted.sort()
        self.waiting.sort(key=lambda moment: -moment[1])

    def advance_to(self, lead: JobLead) -> None:
        """Let waiting leads with a smaller id count, and remove the lead itself, which does not count against itself."""
        while self.waiting and self.waiting[-1][1] < lead.id:
            insort(self.counted, self.waiting.pop())
        moment = _moment(lead)
        place = bisect_left(self.counted, moment)
        if self.counted[place : place + 1] == [moment]:
            del self.counted[place]

    def add(self, lead: JobLead) -> None:
        insort(self.counted, _moment(lead))

    def is_full(self, at: datetime, *, within: timedelta, count: int) -> bool:
        """Return whether `count` leads that count lie within one period together with a lead of that time."""
        place = bisect_left(self.counted, (at, 0))
        near = [moment for moment, _ in self.counted[max(0, place - count) : place + count]]
        spans = zip(near, near[count - 1 :], strict=False)
        return any(max(last, at) - min(first, at) <= within for first, last in spans)


def overactive(job_input: JobInput, *, job_id: int, job_type: str, within: timedelta, count: int) -> set[int]:
    """Return the ids of the job's leads that exceed the count within some period. Leads without an address are not counted.

    The leads are settled in id order. A lead of the chunk with a smaller id counts unless it has just failed, one
    with a larger id if it passed in an earlier run.
    """
    activities = _activities_outside_chunk(job_input, job_id, job_type, within)
    for lead in job_input.chunk:
        if lead.email in activities and lead.processing_counter and not lead.is_test and job_id not in lead.failed_jobs:
            activities[lead.email].counted.append(_moment(lead))
    for activity in activities.values():
        activity.sort()
    checked = {lead.id for lead in job_input.leads}
    failing: set[int] = set()
    for lead in job_input.chunk:
        lead_activity = activities.get(lead.email)
        if lead_activity is None:
            continue
        lead_activity.advance_to(lead)
        if lead.id in checked and lead_activity.is_full(lead.created_at, within=within, count=count):
            failing.add(lead.id)
        elif not lead.is_test:
            lead_activity.add(lead)
    return failing


def _activities_outside_chunk(job_input: JobInput, job_id: int, job_type: str, within: timedelta) -> dict[str, Activity]:
    """Return by address the leads outside the chunk that may count, from one query."""
    leads_of: dict[str, list[JobLead]] = {}
    for lead in job_input.leads:
        if lead.email:
            leads_of.setdefault(lead.email, []).append(lead)
    activities = {email: Activity() for email in leads_of}
    if not activities:
        return {}
    parameters: dict[str, Any] = {
        "emails": list(leads_of),
        "since": [min(lead.created_at for lead in leads) - within for leads in leads_of.values()],
        "until": [max(lead.created_at for lead in leads) + within for leads in leads_of.values()],
        "last_ids": [max(lead.id for lead in leads) for leads in leads_of.values()],
        "campaign": job_input.campaign_id,
        "chunk": [lead.id for lead in job_input.chunk],
        "job": job_id,
        "type": job_type,
    }
    by_place = list(activities.values())
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, parameters)
        for place, at, pk, is_waiting in cursor:
            activity = by_place[place - 1]
            (activity.waiting if is_waiting else activity.counted).append((at, pk))
    return activities


def _moment(lead: JobLead) -> LeadMoment:
    return lead.created_at, lead.id
