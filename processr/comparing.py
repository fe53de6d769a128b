"""Leads that are compared with each other: which of several equals is the first, whatever the order, chunks and workers that judge them.

Another lead O counts against lead L iff O has not failed this job, and O was judged before or has the smaller id. So of equals that
have all been judged exactly one passes: of two that passed, the one judged later saw the other, and would have failed; and if all had
failed, the one judged last saw no other that counts, and would have passed. Reprocessing, in any order, keeps this.
What must not happen meanwhile is that two workers judge equals side by side: hence the lock on the scope.
Deleted leads and test leads never count.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, NamedTuple

from django.db import connection

from processr.batch import BatchLead, LeadBatch
from processr.compiled import CompiledPlan

# A LATERAL with LIMIT 1 per distinct address: the first hit ends the search, however many leads have it. Waiting leads are asked
# for only where no judged one is found. Leads of the chunk are settled by `later_of_equals`, against each other.
# OFFSET 0 keeps the conditions on the row out of the choice of an index. Before a table is first analysed PostgreSQL takes every
# campaign and every day for small, and would read all leads of a large one for each address.
_EQUALS = """
SELECT wanted.email, wanted.publisher_id, judged.id IS NOT NULL, waiting.id
FROM unnest(%(emails)s::text[], %(publishers)s::bigint[], %(last_ids)s::bigint[]) AS wanted(email, publisher_id, last_id)
LEFT JOIN LATERAL (
    SELECT id FROM (
        SELECT id, publisher_id, deleted_at, current_status, processing_counter, failed_jobs FROM leads_lead
        WHERE email = wanted.email AND campaign_id = %(campaign)s ORDER BY id OFFSET 0
    ) AS equal WHERE deleted_at IS NULL AND current_status <> 'test' AND processing_counter > 0
      AND NOT failed_jobs @> ARRAY[%(job)s::bigint] AND id <> ALL(%(chunk)s)
      AND (wanted.publisher_id IS NULL OR publisher_id = wanted.publisher_id)
    LIMIT 1
) AS judged ON true
LEFT JOIN LATERAL (
    SELECT id FROM (
        SELECT id, publisher_id, deleted_at, current_status, processing_counter FROM leads_lead
        WHERE judged.id IS NULL AND email = wanted.email AND campaign_id = %(campaign)s AND id < wanted.last_id ORDER BY id OFFSET 0
    ) AS equal WHERE deleted_at IS NULL AND current_status <> 'test' AND processing_counter = 0
      AND id <> ALL(%(chunk)s) AND (wanted.publisher_id IS NULL OR publisher_id = wanted.publisher_id)
    LIMIT 1
) AS waiting ON true
WHERE judged.id IS NOT NULL OR waiting.id IS NOT NULL
"""


class Lock(NamedTuple):
    """Two exclusive locks of one name are never held at once, nor a shared one beside an exclusive one."""

    name: str
    shared: bool = False


def scope_lock(plan: CompiledPlan, scope: str) -> Lock:
    owner = {"campaign": plan.campaign_id, "advertiser": plan.advertiser_id, "enterprise": 1}[scope]
    return Lock(f"leads compared within {scope} {owner}")


def take(locks: Iterable[Lock]) -> None:
    """Until the transaction ends. In one order, each in the stronger way that is asked for, and before any row lock (DESIGN 4)."""
    exclusive: dict[int, bool] = {}
    for lock in locks:
        key = _lock_key(lock.name)
        exclusive[key] = exclusive.get(key, False) or not lock.shared
    with connection.cursor() as cursor:
        for key in sorted(exclusive):
            cursor.execute(f"SELECT pg_advisory_xact_lock{'' if exclusive[key] else '_shared'}(%s)", [key])


def _lock_key(name: str) -> int:
    """64 bits of a hash: should two names ever share a key, they wait for each other needlessly, and nothing else happens."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


class Address(NamedTuple):
    """What must not come twice: an e-mail address, or one from a publisher."""

    email: str
    publisher_id: int | None = None


def repeated_emails(batch: LeadBatch, *, job_id: int) -> set[int]:
    """Ids of the batch's leads that are not the first in the campaign with their e-mail address. Without an address nobody is equal."""
    return _repeated(batch, job_id, lambda lead: Address(lead.email) if lead.email else None)


def repeated_emails_of_publisher(batch: LeadBatch, *, job_id: int) -> set[int]:
    """The same among the leads of each publisher; a lead of nobody is nobody's equal."""
    return _repeated(batch, job_id, lambda lead: Address(lead.email, lead.publisher_id) if lead.email and lead.publisher_id else None)


def _repeated(batch: LeadBatch, job_id: int, address: Callable[[BatchLead], Address | None]) -> set[int]:
    last_ids = {key: lead.id for lead in batch.leads if (key := address(lead))}
    elsewhere = _elsewhere(batch, job_id, last_ids)

    def counts(lead: BatchLead) -> bool:
        judged, waiting = elsewhere.get(address(lead), (False, None))
        return judged or (waiting is not None and waiting < lead.id)

    return set(later_of_equals(batch, job_id=job_id, key=address, elsewhere=counts))


def _elsewhere(batch: LeadBatch, job_id: int, last_ids: dict[Address, int]) -> dict[Address | None, tuple[bool, int | None]]:
    """Of each address that other leads have: whether a judged one counts, else the smallest waiting id before our last."""
    if not last_ids:
        return {}
    parameters: dict[str, Any] = {
        "emails": [address.email for address in last_ids],
        "publishers": [address.publisher_id for address in last_ids],
        "last_ids": list(last_ids.values()),
        "campaign": batch.campaign_id,
        "job": job_id,
        "chunk": [lead.id for lead in batch.chunk],
    }
    with connection.cursor() as cursor:
        cursor.execute(_EQUALS, parameters)
        return {Address(email, publisher_id): (judged, waiting) for email, publisher_id, judged, waiting in cursor}


def later_of_equals(
    batch: LeadBatch,
    *,
    job_id: int,
    key: Callable[[BatchLead], Hashable],
    elsewhere: Callable[[BatchLead], bool],
    near: Callable[[BatchLead, BatchLead], bool] = lambda one, other: True,  # noqa: ARG005
) -> Iterator[int]:
    """Ids of the batch's leads that are not the first of their equals; without a key a lead is nobody's equal. `elsewhere` says whether
    one counts against a lead that is not of the chunk, `near` whether two of one key are equals.

    In id order: a smaller lead of the chunk counts unless it has just failed, a larger one if it passed in an earlier run.
    """
    checked = {lead.id for lead in batch.leads}
    standing = _standing(batch.chunk, job_id, key)
    for lead in batch.chunk:
        equals = standing[key(lead)]
        if lead.id in checked and key(lead) and (elsewhere(lead) or _has_near(lead, equals.values(), near)):
            equals.pop(lead.id, None)
            yield lead.id
        elif not lead.is_test:
            equals[lead.id] = lead


def _has_near(lead: BatchLead, equals: Iterable[BatchLead], near: Callable[[BatchLead, BatchLead], bool]) -> bool:
    return any(other is not lead and near(lead, other) for other in equals)


def _standing(chunk: Iterable[BatchLead], job_id: int, key: Callable[[BatchLead], Hashable]) -> defaultdict[Hashable, dict[int, BatchLead]]:
    """Per key, the leads that count as things are: judged before, and not failed by this job."""
    standing: defaultdict[Hashable, dict[int, BatchLead]] = defaultdict(dict)
    for lead in chunk:
        if lead.processing_counter and not lead.is_test and job_id not in lead.failed_jobs:
            standing[key(lead)][lead.id] = lead
    return standing
