"""The results of bulk actions: which leads were changed, which were skipped and why, and what became of reprocessed ones."""

from collections.abc import Generator
from itertools import islice

from django.db import connection
from django.db.models import Q

from leads.models import BulkAction, BulkChunk

NOT_JUDGED = "waiting"
"""The status after reprocessing of leads whose run is not over."""
_AFTER = "CASE WHEN lead.processr_status IN ('waiting', 'processing') THEN 'waiting' ELSE lead.current_status END"
_BEFORE = "alike.pair -> 0 ->> 'current_status'"
_REPROCESSED = """
FROM leads_bulkchunk AS chunk
CROSS JOIN LATERAL jsonb_array_elements(chunk.found) AS alike (pair)
CROSS JOIN LATERAL jsonb_array_elements(alike.pair -> 1) AS moved (id)
JOIN leads_lead AS lead ON lead.id = moved.id::bigint
WHERE chunk.action_id = %(action)s AND lead.deleted_at IS NULL
"""
_MATRIX = f"SELECT {_BEFORE}, {_AFTER}, count(*) {_REPROCESSED} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"  # noqa: S608
_CELL = f"""
SELECT lead.id {_REPROCESSED} AND {_BEFORE} = %(before)s AND {_AFTER} = %(after)s ORDER BY lead.id LIMIT %(limit)s
"""  # noqa: S608

_CHUNK_AFTER = "SELECT min(position) FROM leads_bulkchunk WHERE action_id = %s AND lead_ids[cardinality(lead_ids)] > %s"


def status_matrix(action: BulkAction) -> list[tuple[str, str, int]]:
    """Return the current statuses before the action and now, with the number of its leads, the most first."""
    with connection.cursor() as cursor:
        cursor.execute(_MATRIX, {"action": action.pk})
        return list(cursor)


def leads_of_cell(action: BulkAction, before: str, after: str, *, at_most: int) -> list[int]:
    """Return the leads of a cell of the matrix."""
    with connection.cursor() as cursor:
        cursor.execute(_CELL, {"action": action.pk, "before": before, "after": after, "limit": at_most})
        return [pk for (pk,) in cursor]


def moved(action: BulkAction) -> Generator[int, None, None]:
    """Yield the leads that the action changed, in their order, also if they were put back since."""
    chunks = action.chunks.exclude(state=BulkChunk.State.QUEUED).order_by("position").values_list("lead_ids", "skipped")
    for lead_ids, skipped in chunks.iterator(chunk_size=10):
        yield from (pk for pk in lead_ids if str(pk) not in skipped)


def skipped(action: BulkAction, reason: str = "") -> Generator[tuple[int, str], None, None]:
    """Yield the leads that were skipped, or those for one reason, with the reason."""
    chunks = action.chunks.filter(~Q(skipped={})).order_by("position").values_list("skipped", flat=True)
    for of_chunk in chunks.iterator(chunk_size=10):
        yield from ((int(pk), why) for pk, why in of_chunk.items() if not reason or why == reason)


def leads_after(action: BulkAction, after: int, *, is_skipped: bool, passed_over: int = 0, at_most: int) -> list[tuple[int, str]]:
    """Return the leads that were skipped, or those that were changed, behind a lead id, with the reason: by id, as the chunks are.

    `passed_over` of them are left out first. Of the chunks before that id nothing but their last ids is read.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CHUNK_AFTER, [action.pk, after])
        (first_chunk,) = cursor.fetchone()
    chunks = action.chunks.exclude(state=BulkChunk.State.QUEUED).filter(position__gte=first_chunk or 0).order_by("position")
    chunks = chunks.exclude(skipped={}) if is_skipped else chunks
    rows = chunks.values_list("lead_ids", "skipped").iterator(chunk_size=2)
    found = (
        (pk, skipped.get(str(pk), "")) for lead_ids, skipped in rows for pk in lead_ids if pk > after and (str(pk) in skipped) == is_skipped
    )
    return list(islice(found, passed_over, passed_over + at_most))


def unreached(action: BulkAction) -> Generator[int, None, None]:
    """Yield the leads that a stopped or failed action did not come to, in their order."""
    chunks = action.chunks.filter(state=BulkChunk.State.QUEUED).order_by("position").values_list("lead_ids", flat=True)
    for lead_ids in chunks.iterator(chunk_size=10):
        yield from lead_ids


def first(ids: Generator[int, None, None], at_most: int) -> list[int]:
    return list(islice(ids, at_most))
