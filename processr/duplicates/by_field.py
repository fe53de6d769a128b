"""The check for values that were accepted too often, whatever the order, chunks and workers that judge the leads.

Another lead counts while it is Valid (or paid for by the advertiser), is not deleted, and has not failed the
check itself. On another campaign, this means a check of the same field there. So of equal leads that are
Valid otherwise, exactly as many pass as are accepted, for the reasons that `processr.duplicates.equals`
gives. A waiting lead does not count: it is not known yet whether it will be Valid.

Within a chunk, a lead counts as if it had been judged before those after it. These checks run last, so only
their own outcomes still decide whether it becomes Valid. All checks of a campaign are therefore settled
together, lead by lead.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import connection

from config.core.pg_text import without_unstorable
from leads.intake import normalize
from processr.duplicates import value_index
from processr.duplicates.equals import rows_of_equals
from processr.job_types.lead import JobInput, JobLead
from processr.plans.groups import Groups
from processr.plans.plan import PlannedJob

TYPES = ("duplicate_field",)
"""The job types whose setting `field` names the field they compare."""
FULL_NAME = f"{normalize.FIRST_NAME}+{normalize.LAST_NAME}"
COLUMNS = {normalize.EMAIL: "email", normalize.TELEPHONE: "phone", FULL_NAME: "name_key"}
"""The fields whose folded value is an indexed column of the lead."""


class DuplicateScope(StrEnum):
    CAMPAIGN = "Campaign"
    ADVERTISER = "Advertiser"
    ENTERPRISE = "Enterprise"


@dataclass(frozen=True, slots=True)
class DuplicateLimit:
    """The limit set by one job. `campaign_ids` are the campaigns that count besides the job's own, at campaign level."""

    job: PlannedJob
    field: str
    count: int
    billable: bool
    level: DuplicateScope
    campaign_ids: Sequence[int]

    @property
    def column(self) -> str | None:
        return COLUMNS.get(self.field)

    @property
    def keeps_from_valid(self) -> bool:
        return self.job.hardfail or self.job.points > 0

    def key(self, lead: JobLead) -> str:
        """Return the key that equal values share, empty where there is nothing to compare."""
        return without_unstorable(str(getattr(lead, self.column))) if self.column else value_index.compared_value(lead, self.field)


# OFFSET 0 keeps the conditions on the row out of the choice of an index (see `rows_of_equals`). The count ends at the limit.
_BY_INDEX = """
SELECT {n}, wanted.key, accepted.n, NULL::bigint, NULL::boolean, NULL::boolean, NULL, NULL
FROM unnest(%(keys{n})s::text[]) AS wanted(key) CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM ({rows}) AS lead WHERE compared AND {counts} LIMIT %(count{n})s
    ) AS equal
) AS accepted WHERE accepted.n > 0
"""
_COLUMNS = "id, campaign_id, deleted_at, current_status, advertiser_billable, failed_jobs"
# The values of an indexed field are found in the value index.
_BY_VALUE = """
SELECT {n}, wanted.key, accepted.n, NULL::bigint, NULL::boolean, NULL::boolean, NULL, NULL
FROM unnest(%(keys{n})s::text[], %(hashes{n})s::bigint[]) AS wanted(key, hash) CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM (
            SELECT lead_id FROM processr_fieldvalue
            WHERE field_id = ({ready}) AND key = wanted.hash{scope} OFFSET 0
        ) AS said CROSS JOIN LATERAL (
            SELECT id, campaign_id, deleted_at, current_status, advertiser_billable, failed_jobs FROM leads_lead
            WHERE id = said.lead_id OFFSET 0
        ) AS lead WHERE {counts} LIMIT %(count{n})s
    ) AS equal
) AS accepted WHERE accepted.n > 0
"""
_READY = "SELECT id FROM processr_indexedfield WHERE name = %(field{n})s AND ready_at IS NOT NULL"
# Until the value index is ready, every Valid lead of the scope is read. Values that are not ASCII, domains in its form and values of fields
# for telephones come back as they are written, and are folded in Python like the keys.
FOLDED = """btrim(regexp_replace(lower(translate(value COLLATE "C", %(spaces)s || '`', repeat(' ', 9) || '''')), ' +', ' ', 'g'))"""
"""The folded form of a value in ASCII, as `fold_accents` makes it."""
_BY_SCAN = """
SELECT {n}, said.key, count(*), NULL::bigint, NULL::boolean, NULL::boolean, NULL, said.country FROM (
    SELECT CASE WHEN as_written THEN value ELSE {folded} END AS key,
        as_written, CASE WHEN %(telephones{n})s THEN country END AS country
    FROM (
        SELECT value, country,
            %(telephones{n})s OR octet_length(value) <> length(value) OR strpos(lower(value), 'xn--') > 0 AS as_written
        FROM (
            SELECT COALESCE(transformed ->> %(field{n})s, captured ->> %(field{n})s, enriched ->> %(field{n})s) AS value,
                COALESCE(transformed ->> 'country', captured ->> 'country', enriched ->> 'country') AS country
            FROM leads_lead AS lead WHERE {counts}{scope} AND NOT EXISTS ({ready}) OFFSET 0
        ) AS valued WHERE value <> ''
    ) AS marked
) AS said WHERE as_written OR key = ANY(%(keys{n})s) GROUP BY said.key, said.country
"""
_COUNTS = """deleted_at IS NULL AND current_status = 'valid'{billable} AND id <> ALL(%(chunk)s)
    AND CASE WHEN campaign_id = %(campaign)s THEN NOT failed_jobs @> ARRAY[%(job{n})s::bigint]
        ELSE failed_jobs = '{{}}' OR NOT EXISTS (
            SELECT FROM processr_job AS job
            WHERE job.id = ANY(failed_jobs) AND job.type = %(type)s AND job.config ->> 'field' = %(field{n})s
        ) END"""
_SCOPES = {
    # What a setting names of another advertiser does not count: the outcome would tell one client about the leads of another.
    DuplicateScope.CAMPAIGN: " AND campaign_id = ANY(ARRAY(SELECT id FROM campaigns_campaign WHERE id = ANY(%(campaigns{n})s)"
    " AND advertiser_id = %(advertiser)s))",
    DuplicateScope.ADVERTISER: " AND campaign_id = ANY(ARRAY(SELECT id FROM campaigns_campaign WHERE advertiser_id = %(advertiser)s))",
    DuplicateScope.ENTERPRISE: "",
}
_OWN = """
SELECT NULL, NULL, NULL, id, current_status = 'valid', current_status = 'valid' AND advertiser_billable, second_check, NULL
FROM (SELECT id, deleted_at, current_status, advertiser_billable, second_check FROM leads_lead WHERE id = ANY(%(chunk)s) OFFSET 0) AS own
WHERE deleted_at IS NULL
"""
SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f"


@dataclass(slots=True)
class _StoredLeads:
    """The facts about leads that the database gives.

    `outside_chunk` tells how many leads outside the chunk count, by the limit's index and key. `valid` and
    `billable` are the ids of the leads of the chunk that were so before this run; `second_checks` are the statuses
    that users set.
    """

    outside_chunk: defaultdict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))
    valid: set[int] = field(default_factory=set)
    billable: set[int] = field(default_factory=set)
    second_checks: dict[int, str] = field(default_factory=dict)


def exceeding_leads(job_input: JobInput, limits: Sequence[DuplicateLimit]) -> dict[int, set[int]]:
    """Return by job id the ids of the leads that it fails. `limits` are those of all jobs that run together.

    The leads are settled in id order. A lead of the chunk with a smaller id counts as it has just been settled, one
    with a larger id as it did before.
    """
    settlement = _Settlement(job_input, limits)
    failing: dict[int, set[int]] = {limit.job.id: set() for limit in limits}
    for lead in job_input.chunk:
        for limit in settlement.check_and_count(lead):
            failing[limit.job.id].add(lead.id)
    return failing


class _Settlement:
    """The leads of a chunk that count, by limit and key, while the chunk is settled lead by lead."""

    def __init__(self, job_input: JobInput, limits: Sequence[DuplicateLimit]) -> None:
        self.job_input, self.limits = job_input, limits
        # In a group only one job runs for a lead.
        self.groups = Groups(job_input.jobs) if any(limit.job.group for limit in limits) else None
        self.keys = [{lead.id: key for lead in job_input.chunk if (key := limit.key(lead))} for limit in limits]
        self.stored = _look_up(job_input, limits, self.keys)
        self.counted: list[defaultdict[str, set[int]]] = []
        for limit, keys in zip(limits, self.keys, strict=True):
            counted: defaultdict[str, set[int]] = defaultdict(set)
            counting_ids = self.stored.billable if limit.billable else self.stored.valid
            for lead in job_input.chunk:
                if lead.id in counting_ids and not lead.is_test and lead.id in keys and limit.job.id not in lead.failed_jobs:
                    counted[keys[lead.id]].add(lead.id)
            self.counted.append(counted)

    def check_and_count(self, lead: JobLead) -> list[DuplicateLimit]:
        """Return the limits that the lead exceeds, and let the lead count from now on where it passes."""
        exceeded = {place for place in range(len(self.limits)) if self._is_full(place, lead)}
        limits_exceeded = [self.limits[place] for place in exceeded]
        if self._becomes_valid(lead, limits_exceeded):
            for place, limit in enumerate(self.limits):
                key = self.keys[place].get(lead.id)
                if key is not None and place not in exceeded and (not limit.billable or lead.id in self.stored.billable):
                    self.counted[place][key].add(lead.id)
        return limits_exceeded

    def _is_full(self, place: int, lead: JobLead) -> bool:
        """Return whether the limit is reached without the lead, and remove the lead from those that count."""
        limit, key = self.limits[place], self.keys[place].get(lead.id)
        if key is None:
            return False
        equals = self.counted[place][key]
        equals.discard(lead.id)
        if self.groups is not None and self.groups.skip_reason(limit.job, lead) is not None:
            return False
        return self.stored.outside_chunk[place, key] + len(equals) >= limit.count

    def _becomes_valid(self, lead: JobLead, exceeded: Iterable[DuplicateLimit]) -> bool:
        second_check = self.stored.second_checks.get(lead.id)
        if lead.is_test or second_check:
            return second_check == "valid"
        return lead.id not in self.job_input.not_valid and not any(limit.keeps_from_valid for limit in exceeded)


def _look_up(job_input: JobInput, limits: Sequence[DuplicateLimit], keys: Sequence[Mapping[int, str]]) -> _StoredLeads:
    """Look up the facts in one query, whatever the number of leads and jobs."""
    parameters: dict[str, Any] = {
        "chunk": [lead.id for lead in job_input.chunk], "campaign": job_input.campaign_id, "advertiser": job_input.advertiser_id,
        "spaces": SPACES,
        "type": limits[0].job.type,
    }  # fmt: skip
    for n, limit in enumerate(limits):
        distinct_keys = sorted(set(keys[n].values()))
        own = {
            "keys": distinct_keys, "count": limit.count, "job": limit.job.id, "field": limit.field,
            "campaigns": [job_input.campaign_id, *limit.campaign_ids], "hashes": [value_index.key_of(key) for key in distinct_keys],
            "telephones": value_index.holds_telephones(limit.field),
        }  # fmt: skip
        parameters.update({f"{name}{n}": value for name, value in own.items()})
    with connection.cursor() as cursor:
        # A bitmap scan reads all matches before it returns the first, so the count could not end early: a value may have a million leads.
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(" UNION ALL ".join([_OWN, *_count_statements(limits)]), parameters)
        rows = cursor.fetchall()
        cursor.execute("SET LOCAL enable_bitmapscan = on")
    stored = _StoredLeads()
    for place, key, count, lead_id, is_valid, is_billable, second_check, country in rows:
        if place is not None:
            compared = key if limits[place].column else value_index.compared_form(limits[place].field, key, country or "")
            stored.outside_chunk[place, compared] += count
            continue
        if is_valid:
            stored.valid.add(lead_id)
        if is_billable:
            stored.billable.add(lead_id)
        if second_check:
            stored.second_checks[lead_id] = second_check
    return stored


def _count_statements(limits: Iterable[DuplicateLimit]) -> Iterator[str]:
    for n, limit in enumerate(limits):
        counts = _COUNTS.format(n=n, billable=" AND advertiser_billable" if limit.billable else "")
        scope = _SCOPES[limit.level].format(n=n)
        rows = rows_of_equals(limit.column, key="wanted.key", columns=_COLUMNS, scope=scope) if limit.column else ""
        parts = {"n": n, "rows": rows, "counts": counts, "scope": scope, "ready": _READY.format(n=n), "folded": FOLDED}
        for statement in (_BY_INDEX,) if limit.column else (_BY_VALUE, _BY_SCAN):
            yield statement.format(**parts)
