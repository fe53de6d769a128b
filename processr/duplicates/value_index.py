"""The upkeep of the value index: stores the values that jobs compare with every judgement and edit.

Leads that were judged before a field was indexed are filled in once.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from config.core.background import locks
from config.core.pg_text import without_unstorable
from leads.intake import normalize
from leads.values import emails, telephones, texts
from processr.job_types.lead import TELEPHONES, JobLead, is_named_like, text

FILLED_AT_ONCE = 2_000
DELETED_AT_ONCE = 20_000
KEPT_UNUSED = "1 day"
"""The time an unused field is kept: a job that is off for an hour must not cost a walk through all leads."""

_STORE = """
INSERT INTO processr_fieldvalue AS kept (field_id, lead_id, campaign_id, key)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (field_id, lead_id) DO UPDATE SET key = EXCLUDED.key WHERE kept.key <> EXCLUDED.key
"""
_DELETE_EMPTY = """
DELETE FROM processr_fieldvalue AS kept USING unnest(%s::bigint[], %s::bigint[]) AS gone (field_id, lead_id)
WHERE kept.field_id = gone.field_id AND kept.lead_id = gone.lead_id
"""
_USED_FIELDS = """
SELECT DISTINCT config ->> 'field' FROM processr_job
WHERE type = ANY(%(types)s) AND enabled AND removed_at IS NULL AND config ->> 'field' <> ALL(%(indexed)s)
"""
_ADD_FIELDS = f"""
INSERT INTO processr_indexedfield AS watched (name, filled_to) SELECT used.name, 0 FROM ({_USED_FIELDS}) AS used (name)
ON CONFLICT (name) DO UPDATE SET unused_since = NULL WHERE watched.unused_since IS NOT NULL
"""
_MARK_UNUSED = (
    f"UPDATE processr_indexedfield SET unused_since = clock_timestamp() WHERE unused_since IS NULL AND name NOT IN ({_USED_FIELDS})"
)
# A judging transaction reads which fields are indexed after it has locked its leads, and so has an id by then. One that did not see a
# field yet is older than a transaction that began when the field was there: when all older ones have ended, no value can be missed.
_MARK_SEEN = "UPDATE processr_indexedfield SET seen_xid = pg_current_xact_id()::text::bigint WHERE seen_xid IS NULL"
_RESET_SEEN = "UPDATE processr_indexedfield SET seen_xid = NULL WHERE ready_at IS NULL"
_FIELD_TO_FILL = """
SELECT id, name, filled_to FROM processr_indexedfield
WHERE ready_at IS NULL AND unused_since IS NULL AND seen_xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY id LIMIT 1
"""
_FIELDS = "SELECT id, name FROM processr_indexedfield ORDER BY id FOR KEY SHARE"
"""The lock on the fields keeps them from being removed while values are stored."""
_FIELD_TO_DELETE = f"""
SELECT id FROM processr_indexedfield WHERE unused_since < clock_timestamp() - interval '{KEPT_UNUSED}' ORDER BY id LIMIT 1 FOR UPDATE
"""
_DELETE_VALUES = "DELETE FROM processr_fieldvalue WHERE id IN (SELECT id FROM processr_fieldvalue WHERE field_id = %s LIMIT %s)"
_COUNTRY = "COALESCE(transformed ->> 'country', captured ->> 'country', enriched ->> 'country', '')"
_VALUES_OF_LEADS = f"""
SELECT watched.id, watched.name, lead.id, lead.campaign_id,
       COALESCE(transformed ->> watched.name, captured ->> watched.name, enriched ->> watched.name), {_COUNTRY}
FROM leads_lead AS lead CROSS JOIN unnest(%(watched)s::bigint[], %(names)s::text[]) AS watched (id, name)
WHERE lead.id = ANY(%(ids)s) AND lead.processing_counter > 0 ORDER BY lead.id
"""
_NEXT_LEADS = f"""
SELECT id, campaign_id, processing_counter, COALESCE(transformed ->> %(name)s, captured ->> %(name)s, enriched ->> %(name)s), {_COUNTRY}
FROM leads_lead WHERE id > %(after)s ORDER BY id LIMIT %(limit)s FOR SHARE
"""
_STORE_OLDER = """
INSERT INTO processr_fieldvalue (field_id, lead_id, campaign_id, key)
SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) ON CONFLICT (field_id, lead_id) DO NOTHING
"""


def compared_value(lead: JobLead, name: str) -> str:
    """Return the form in which the value of a lead's field is compared, empty where there is nothing to compare."""
    return compared_form(name, without_unstorable(text(lead, name)), text(lead, normalize.COUNTRY))


def compared_form(name: str, value: str, country: str) -> str:
    """Return the form in which a value is compared.

    It is folded, an address or domain in its canonical form. In a field for telephones it is the number of somebody in that country.
    """
    number = telephones.key(value, telephones.region_of(country)) if holds_telephones(name) else ""
    return number or texts.fold_accents(value if value.isalnum() else emails.fold_address(texts.fold(value)))


@lru_cache(maxsize=1024)
def holds_telephones(name: str) -> bool:
    return is_named_like(name, TELEPHONES)


def key_of(folded_text: str) -> int:
    """Return the key of a folded value: 64 bits of a hash.

    If two values shared a key, a lead would count for the other. Among a million values this happens once in
    thirty million times.
    """
    return int.from_bytes(hashlib.blake2b(folded_text.encode(), digest_size=8).digest(), "big", signed=True)


def store(leads: Sequence[JobLead], *, campaign_id: int) -> None:
    """Store the values of leads, inside the transaction that writes their judgement, after it has locked them."""
    fields = _indexed_fields()
    _store_rows([(pk, lead.id, campaign_id, compared_value(lead, name)) for pk, name in fields for lead in leads])


def reset_fields_seen() -> None:
    """Forget when fields that are being filled were seen, after a backup was restored: the numbers of transactions are others now."""
    with connection.cursor() as cursor:
        cursor.execute(_RESET_SEEN)


def refresh(lead_ids: Sequence[int]) -> None:
    """Store the values of edited leads, inside the transaction that edited them.

    The new values count from now on, not only from the next judgement.
    """
    fields = _indexed_fields()
    if not fields:
        return
    parameters: dict[str, Any] = {"watched": [pk for pk, _ in fields], "names": [name for _, name in fields], "ids": list(lead_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_VALUES_OF_LEADS, parameters)
        rows = cursor.fetchall()
    _store_rows(
        [(pk, lead_id, campaign_id, compared_form(name, value or "", country)) for pk, name, lead_id, campaign_id, value, country in rows]
    )


def index_fields(types: Iterable[str], *, columns: Iterable[str]) -> None:
    """Index the fields that enabled jobs of these types compare, except those in `columns`, which have an index of their own.

    Fields that no job compares any more are marked as unused.
    """
    parameters: dict[str, Any] = {"types": list(types), "indexed": list(columns)}
    with connection.cursor() as cursor:
        cursor.execute(_ADD_FIELDS, parameters)
        cursor.execute(_MARK_UNUSED, parameters)
        cursor.execute(_MARK_SEEN)


def fill() -> int:
    """Fill in a portion of the leads that were judged before a field was indexed, and return how many were read.

    Only one process fills at a time; the others return 0 at once. FOR SHARE keeps the leads from being judged
    meanwhile, since a newer value would be overlooked.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [locks.FILL_VALUE_INDEX])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FIELD_TO_FILL)
        row = cursor.fetchone()
        if row is None:
            return 0
        field_id, name, filled_to = row
        cursor.execute(_NEXT_LEADS, {"name": name, "after": filled_to, "limit": FILLED_AT_ONCE})
        leads = cursor.fetchall()
        values = [
            (pk, campaign_id, compared_form(name, value or "", country)) for pk, campaign_id, counter, value, country in leads if counter
        ]
        rows = [(pk, campaign_id, key_of(value)) for pk, campaign_id, value in values if value]
        if rows:
            cursor.execute(_STORE_OLDER, [field_id, *_columns(rows)])
        if leads:
            cursor.execute("UPDATE processr_indexedfield SET filled_to = %s WHERE id = %s", [leads[-1][0], field_id])
        else:
            cursor.execute("UPDATE processr_indexedfield SET ready_at = clock_timestamp() WHERE id = %s", [field_id])
        return len(leads)


@transaction.atomic
def delete_unused() -> bool:
    """Delete a portion of the values of a field that has long been unused, and the field when no value is left.

    Return False if there is no such field.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIELD_TO_DELETE)
        row = cursor.fetchone()
        if row is None:
            return False
        cursor.execute(_DELETE_VALUES, [*row, DELETED_AT_ONCE])
        if cursor.rowcount:
            cursor.execute("UPDATE processr_indexedfield SET ready_at = NULL, filled_to = 0 WHERE id = %s", row)
        else:
            cursor.execute("DELETE FROM processr_indexedfield WHERE id = %s", row)
        return True


def _indexed_fields() -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_FIELDS)
        return list(cursor.fetchall())


def _store_rows(rows: Sequence[tuple[int, int, int, str]]) -> None:
    """Store rows of field id, lead id, campaign id and folded value. An empty value deletes the stored one."""
    values = [(pk, lead_id, campaign_id, key_of(value)) for pk, lead_id, campaign_id, value in rows if value]
    emptied = [(pk, lead_id) for pk, lead_id, _, value in rows if not value]
    with connection.cursor() as cursor:
        if values:
            cursor.execute(_STORE, _columns(values))
        if emptied:
            cursor.execute(_DELETE_EMPTY, _columns(emptied))


def _columns(rows: Sequence[tuple[int, ...]]) -> list[list[int]]:
    return [list(column) for column in zip(*rows, strict=True)]
