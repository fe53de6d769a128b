"""Looking up which values of leads are on lists, in one query for a chunk of leads, whatever the number of jobs, lists and values.

A list matches a value if one of the list's values equals it, begins it, ends it or occurs in it. So the pieces of the
lead's value are looked up, each by the unique index of list values: the cost grows with the length of the lead's value,
not with the length of the list. A text of n characters has n beginnings, n endings and n(n+1)/2 pieces.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeVar

from django.db import connection
from typing_extensions import override

from campaigns.scope import Who
from config.core.models import Run
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobInput, JobLead
from processr.job_types.outcomes import Outcome, failed, passed
from processr.lists.kinds import LONGEST, ListKind
from processr.lists.selectors import NO_FILE, SEES_SUPPRESSED
from processr.plans.plan import PlannedJob

EXACT, STARTS, ENDS, CONTAINS = "exact", "starts", "ends", "contains"
SEARCHED = 100
"""The most characters that are searched for a contained value: 5,050 pieces, about six milliseconds."""

SUPPRESSION_HIDDEN = "You do not see the suppression lists: only those who see them (Admin, Super User) can try values against them."

Result = TypeVar("Result")


class LookupKey(NamedTuple):
    """A text to look up: among the values of a list, or among those that are telephone numbers."""

    list_id: int
    match: str
    text: str
    is_telephone: bool = False


@dataclass(frozen=True, slots=True)
class LookupResult:
    """The result of a lookup.

    `lists` are the names, by id, of the lists that exist and that the campaign may use. `values` are the matching list
    values as they were entered.
    """

    lists: Mapping[int, str]
    values: Mapping[LookupKey, list[str]]


# OFFSET 0 keeps each piece an index search: PostgreSQL estimates millions of pieces and would otherwise scan the whole table.
_PIECES = """
SELECT wanted.list_id, wanted.n, listed.value
FROM unnest(%(of)s::bigint[], %(matches)s::text[], %(texts)s::text[], %(telephones)s::boolean[])
    WITH ORDINALITY AS wanted (list_id, match, text, is_telephone, n)
CROSS JOIN LATERAL generate_series(1, CASE WHEN match IN ('ends', 'contains') THEN length(text) ELSE 1 END) AS start
CROSS JOIN LATERAL generate_series(
    CASE WHEN match IN ('starts', 'contains') THEN 1 ELSE length(text) - start + 1 END, length(text) - start + 1
) AS size
CROSS JOIN LATERAL (
    SELECT value FROM processr_validationlistvalue WHERE list_id = wanted.list_id AND {column} OFFSET 0
) AS listed
WHERE {among}
"""
_LOOKUP = f"""
WITH lists AS (
    SELECT id, name FROM processr_validationlist AS l
    WHERE id = ANY(%(lists)s) AND (advertiser_id IS NULL OR advertiser_id = %(advertiser)s) AND NOT EXISTS (
        SELECT FROM processr_valueimport WHERE list_id = l.id AND file = %(no_file)s AND state = ANY(%(under_way)s)
    )
)
SELECT id, NULL, name FROM lists
UNION ALL
{_PIECES.format(column="key = substr(wanted.text, start, size)", among="NOT is_telephone")}
UNION ALL
{_PIECES.format(column="telephone = substr(wanted.text, start, size) AND telephone <> ''", among="is_telephone")}
"""


def look_up(job_input: JobInput, keys: Iterable[LookupKey], *, lists: Iterable[int]) -> LookupResult:
    """Look up texts, which must be folded and cut by `searchable_part`."""
    distinct = list(dict.fromkeys(keys))
    parameters: dict[str, Any] = {
        "lists": list(lists), "advertiser": job_input.advertiser_id, "no_file": NO_FILE,
        "under_way": [str(state) for state in Run.UNDER_WAY],
        "of": [key.list_id for key in distinct], "matches": [key.match for key in distinct], "texts": [key.text for key in distinct],
        "telephones": [key.is_telephone for key in distinct],
    }  # fmt: skip
    lists_found: dict[int, str] = {}
    values: defaultdict[LookupKey, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_LOOKUP, parameters)
        for list_id, n, value in cursor:
            if n is None:
                lists_found[list_id] = value
            else:
                values[distinct[n - 1]].append(value)
    return LookupResult(lists_found, dict(values))


def searchable_part(text: str, match: str) -> str:
    """Return the part of a folded text that is compared. No list value is longer than the part that is kept."""
    if match == EXACT:
        return text if len(text) <= LONGEST else ""
    if match == ENDS:
        return text[-LONGEST:]
    return text[: SEARCHED if match == CONTAINS else LONGEST]


def suppressed_keys(kind: ListKind, keys: Iterable[str]) -> frozenset[str]:
    """Return those of the keys that are on the suppression list."""
    distinct = list(dict.fromkeys(keys))
    if not distinct:
        return frozenset()
    rows = kind.model._default_manager.filter(**{f"{kind.key}__in": distinct})
    return frozenset(rows.values_list(kind.key, flat=True))


def look_up_once(job_input: JobInput, job: PlannedJob, query: Callable[[list[PlannedJob]], Result]) -> Result:
    """Return the result of `query`, called once for all jobs of one type that run together and shared by them."""
    siblings = [other for other in job_input.jobs if (other.type, other.phase) == (job.type, job.phase)]
    key = f"{job.type} {job.phase}"
    if job not in siblings:  # called outside a plan
        return query([job])
    if key not in job_input.shared:
        job_input.shared[key] = query(siblings)
    result: Result = job_input.shared[key]
    return result


class SuppressionCheck(QualityCheck):
    """The base class of the checks against the three suppression lists.

    A lead that is on one fails and is marked as suppressed. A lead without a key is on no list.
    """

    kind: ClassVar[ListKind]
    reason: ClassVar[str]
    default_hardfail = True
    suppresses = True

    @override
    @classmethod
    def refusal_to_try(cls, config: Mapping[str, Any], who: Who) -> str:
        return "" if who.role in SEES_SUPPRESSED else SUPPRESSION_HIDDEN

    def keys(self, lead: JobLead) -> Iterable[str]:
        raise NotImplementedError

    def shown_value(self, lead: JobLead) -> tuple[str, str]:
        """Return the field and value for the outcome."""
        raise NotImplementedError

    def prepare(self, job_input: JobInput) -> None:
        def query(jobs: list[PlannedJob]) -> frozenset[str]:
            checks = [type(self)(job) for job in jobs]
            return suppressed_keys(self.kind, (key for check in checks for lead in job_input.chunk for key in check.keys(lead)))

        self.suppressed = look_up_once(job_input, self.job, query)

    def check(self, lead: JobLead) -> Outcome:
        if self.suppressed.isdisjoint(self.keys(lead)):
            return passed()
        field, value = self.shown_value(lead)
        return failed(self.reason, field=field, value=value)
