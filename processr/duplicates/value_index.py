"""Keeps the values of leads that jobs compare: with every judgement and edit, and once for all leads that were judged before."""

import hashlib
from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from processr.job_types.lead import BatchLead, text
from processr.jobs.text.words import folded
from processr.lists.folding import storable

FILLED_AT_ONCE = 2_000
FORGOTTEN_AT_ONCE = 20_000
KEPT_UNUSED = "1 day"
"""A job that is off for an hour shall not cost a walk through all leads."""
FILL_LOCK = 7_310_006

_KEEP = """
INSERT INTO processr_fieldvalue AS kept (watched_id, lead_id, campaign_id, key)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (watched_id, lead_id) DO UPDATE SET key = EXCLUDED.key WHERE kept.key <> EXCLUDED.key
"""
_EMPTIED = """
DELETE FROM processr_fieldvalue AS kept USING unnest(%s::bigint[], %s::bigint[]) AS gone (watched_id, lead_id)
WHERE kept.watched_id = gone.watched_id AND kept.lead_id = gone.lead_id
"""
_USED = """
SELECT DISTINCT config ->> 'field' FROM processr_job
WHERE type = ANY(%(types)s) AND enabled AND removed_at IS NULL AND config ->> 'field' <> ALL(%(indexed)s)
"""
_WATCH = f"""
INSERT INTO processr_watchedfield AS watched (name, filled_to) SELECT used.name, 0 FROM ({_USED}) AS used (name)
ON CONFLICT (name) DO UPDATE SET unused_since = NULL WHERE watched.unused_since IS NOT NULL
"""
_UNUSED = f"UPDATE processr_watchedfield SET unused_since = clock_timestamp() WHERE unused_since IS NULL AND name NOT IN ({_USED})"
# Whoever judges reads which fields are watched after it has locked its leads, and so has an id. One that did not see a field yet is
# older than a transaction that began when the field was there: when all older ones have ended, nothing can be missed.
_SEEN = "UPDATE processr_watchedfield SET seen_xid = pg_current_xact_id()::text::bigint WHERE seen_xid IS NULL"
_TO_FILL = """
SELECT id, name, filled_to FROM processr_watchedfield
WHERE ready_at IS NULL AND unused_since IS NULL AND seen_xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY id LIMIT 1
"""
_WATCHED = "SELECT id, name FROM processr_watchedfield ORDER BY id FOR KEY SHARE"
"""Whoever keeps values holds the field: it is not forgotten under their hands."""
_TO_FORGET = f"""
SELECT id FROM processr_watchedfield WHERE unused_since < clock_timestamp() - interval '{KEPT_UNUSED}' ORDER BY id LIMIT 1 FOR UPDATE
"""
_FORGET = "DELETE FROM processr_fieldvalue WHERE id IN (SELECT id FROM processr_fieldvalue WHERE watched_id = %s LIMIT %s)"
_SAID = """
SELECT watched.id, lead.id, lead.campaign_id,
       COALESCE(transformed ->> watched.name, captured ->> watched.name, enriched ->> watched.name)
FROM leads_lead AS lead CROSS JOIN unnest(%(watched)s::bigint[], %(names)s::text[]) AS watched (id, name)
WHERE lead.id = ANY(%(ids)s) AND lead.processing_counter > 0 ORDER BY lead.id
"""
_JUDGED = """
SELECT id, campaign_id, processing_counter, COALESCE(transformed ->> %(name)s, captured ->> %(name)s, enriched ->> %(name)s)
FROM leads_lead WHERE id > %(after)s ORDER BY id LIMIT %(limit)s FOR SHARE
"""
_OF_OTHERS = """
INSERT INTO processr_fieldvalue (watched_id, lead_id, campaign_id, key)
SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) ON CONFLICT (watched_id, lead_id) DO NOTHING
"""


def key_of(folded_text: str) -> int:
    """Should two values ever share one, a lead would count for the other: of a million values, once in thirty million times."""
    return int.from_bytes(hashlib.blake2b(folded_text.encode(), digest_size=8).digest(), "big", signed=True)


def remember(leads: Sequence[BatchLead], *, campaign_id: int) -> None:
    """Inside the transaction that writes their judgement, after it has locked them."""
    _keep([(pk, lead.id, campaign_id, folded(storable(text(lead, name)))) for pk, name in _watched() for lead in leads])


def reread(lead_ids: Sequence[int]) -> None:
    """Inside the transaction that edited them: what a lead says counts from now on, not from its next judgement."""
    if watched := _watched():
        with connection.cursor() as cursor:
            cursor.execute(_SAID, {"watched": [pk for pk, _ in watched], "names": [name for _, name in watched], "ids": list(lead_ids)})
            said = cursor.fetchall()
        _keep([(pk, lead_id, campaign_id, folded(value or "")) for pk, lead_id, campaign_id, value in said])


def watch(types: Iterable[str], *, indexed: Iterable[str]) -> None:
    """From now on, the fields that enabled jobs of these types compare, but those that have an index of their own. What no job
    compares any more is noted.
    """
    with connection.cursor() as cursor:
        for statement in (_WATCH, _UNUSED):
            cursor.execute(statement, {"types": list(types), "indexed": list(indexed)})
        cursor.execute(_SEEN)


def fill() -> int:
    """A portion of the leads that were judged before; how many were looked at. One at a time, the others go home."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FILL_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TO_FILL)
        row = cursor.fetchone()
        return _fill(*row) if row else 0


@transaction.atomic
def forget() -> bool:
    """A portion of the values of a field that no job has compared for long; the field when no value is left. False: there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_FORGET)
        row = cursor.fetchone()
        if row is None:
            return False
        cursor.execute(_FORGET, [*row, FORGOTTEN_AT_ONCE])
        if cursor.rowcount:
            cursor.execute("UPDATE processr_watchedfield SET ready_at = NULL, filled_to = 0 WHERE id = %s", row)
        else:
            cursor.execute("DELETE FROM processr_watchedfield WHERE id = %s", row)
        return True


def _fill(watched_id: int, name: str, filled_to: int) -> int:
    """FOR SHARE: nobody judges them meanwhile, whose newer value would be overlooked."""
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED, {"name": name, "after": filled_to, "limit": FILLED_AT_ONCE})
        leads = cursor.fetchall()
        said = [(pk, campaign, folded(value or "")) for pk, campaign, judged, value in leads if judged]
        values = [(pk, campaign, key_of(value)) for pk, campaign, value in said if value]
        if values:
            cursor.execute(_OF_OTHERS, [watched_id, *_columns(values)])
        if leads:
            cursor.execute("UPDATE processr_watchedfield SET filled_to = %s WHERE id = %s", [leads[-1][0], watched_id])
        else:
            cursor.execute("UPDATE processr_watchedfield SET ready_at = clock_timestamp() WHERE id = %s", [watched_id])
    return len(leads)


def _watched() -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_WATCHED)
        return list(cursor.fetchall())


def _keep(said: Sequence[tuple[int, int, int, str]]) -> None:
    """Watched field, lead, campaign, folded value; of an empty one nothing is kept."""
    values = [(pk, lead_id, campaign_id, key_of(value)) for pk, lead_id, campaign_id, value in said if value]
    emptied = [(pk, lead_id) for pk, lead_id, _, value in said if not value]
    with connection.cursor() as cursor:
        if values:
            cursor.execute(_KEEP, _columns(values))
        if emptied:
            cursor.execute(_EMPTIED, _columns(emptied))


def _columns(rows: Sequence[tuple[int, ...]]) -> list[list[int]]:
    return [list(column) for column in zip(*rows, strict=True)]
