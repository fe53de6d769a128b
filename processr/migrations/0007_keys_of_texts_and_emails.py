"""Fold stored e-mail addresses, names and values anew: those of lists, and those of the value index.

Rows are walked in batches by id, each in a transaction of its own. Of entries whose keys become one the oldest stays. A
migration that was broken off begins anew and leaves out what it did.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from django.db import migrations, transaction

from config.core.background import locks
from leads.values import emails, texts
from processr.duplicates.value_index import compared_form, holds_telephones, key_of

BATCH = 10_000


class KeyTable(NamedTuple):
    """A table of entries. `owner` is the column of the list they belong to, 0 where the table is one list."""

    name: str
    owner: str
    key: str
    longest: int
    columns: str
    fold: Callable[..., str]
    lock: str


class Entry(NamedTuple):
    id: int
    owner: int
    key: str
    new: str


LOCK_LISTS = "SELECT id FROM processr_validationlist WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
LOCK_SUPPRESSION = "SELECT pg_advisory_xact_lock(%s)"
TABLES = (
    KeyTable("processr_validationlistvalue", "list_id", "key", 500, "value", texts.fold, ""),
    KeyTable("processr_suppressedemail", "0", "email", emails.LONGEST, "email", emails.canonical, "email"),
    KeyTable(
        "processr_suppressedname",
        "0",
        "name_key",
        200,
        "first_name, last_name",
        lambda first, last: texts.fold_accents(f"{first} {last}"),
        "name",
    ),
)


# OFFSET 0 keeps each key an index search.
_HOLDS = """
id IN (
    SELECT held.id FROM unnest(%s::bigint[], %s::text[]) AS wanted (owner, new) CROSS JOIN LATERAL (
        SELECT id FROM {table.name} WHERE {table.owner} = wanted.owner AND {table.key} = wanted.new OFFSET 0
    ) AS held
)
"""


def fold_lists(_apps, schema_editor, tables=TABLES):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for table in tables:
            for batch in _batches(cursor, table):
                if changing := [entry for entry in batch if entry.new != entry.key]:
                    with transaction.atomic(using=connection.alias):
                        _fold_entries(cursor, table, changing)


def _batches(cursor, table: KeyTable) -> Iterator[list[Entry]]:
    last = 0
    while True:
        batch = _read(cursor, table, "id > %s ORDER BY id LIMIT %s", [last, BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1].id


def _read(cursor, table: KeyTable, condition: str, parameters: Sequence[object]) -> list[Entry]:
    cursor.execute(f"SELECT id, {table.owner}, {table.key}, {table.columns} FROM {table.name} WHERE {condition}", parameters)
    return [Entry(pk, owner, key, _fitting(table, table.fold(*values), key)) for pk, owner, key, *values in cursor.fetchall()]


def _fitting(table: KeyTable, new: str, key: str) -> str:
    """Return the new key, or the old one where the new one cannot be stored: then no lead has it either."""
    return new if 0 < len(new) <= table.longest else key


def _fold_entries(cursor, table: KeyTable, changing: Collection[Entry]) -> None:
    _lock(cursor, table, sorted({entry.owner for entry in changing}))
    entries = _with_holders(cursor, table, _read(cursor, table, "id = ANY(%s)", [[entry.id for entry in changing]]))
    oldest: dict[tuple[int, str], Entry] = {}
    for entry in sorted(entries):
        oldest.setdefault((entry.owner, entry.new), entry)
    kept = set(oldest.values())
    merged = [entry for entry in entries if entry not in kept]
    cursor.execute(f"DELETE FROM {table.name} WHERE id = ANY(%s)", [[entry.id for entry in merged]])
    _update_keys(cursor, table, [entry for entry in kept if entry.new != entry.key])
    if table.owner != "0":
        _count(cursor, Counter(entry.owner for entry in merged))


def _lock(cursor, table: KeyTable, owners: list[int]) -> None:
    if table.lock:
        cursor.execute(LOCK_SUPPRESSION, [locks.SUPPRESSION_LISTS[table.lock]])
    else:
        cursor.execute(LOCK_LISTS, [owners])


def _with_holders(cursor, table: KeyTable, entries: list[Entry]) -> list[Entry]:
    """Return the entries with those that hold a key which one of them gets, and which may give it up for another one."""
    known = {entry.id: entry for entry in entries}
    added = entries
    while added:
        wanted = [[entry.owner for entry in added], [entry.new for entry in added]]
        added = [entry for entry in _read(cursor, table, _HOLDS.format(table=table), wanted) if entry.id not in known]
        known |= {entry.id: entry for entry in added}
    return list(known.values())


def _update_keys(cursor, table: KeyTable, entries: list[Entry]) -> None:
    """Set the new keys, by way of keys that no entry has: one may get the key that another one gives up."""
    ids = [entry.id for entry in entries]
    cursor.execute(f"UPDATE {table.name} SET {table.key} = chr(1) || id WHERE id = ANY(%s)", [ids])
    statement = f"UPDATE {table.name} AS entry SET {table.key} = changed.new FROM unnest(%s::bigint[], %s::text[]) AS changed (id, new)"
    cursor.execute(f"{statement} WHERE entry.id = changed.id", [ids, [entry.new for entry in entries]])


def _count(cursor, merged: Counter[int]) -> None:
    for owner, number in sorted(merged.items()):
        statement = "UPDATE processr_validationlist SET value_count = value_count - %s, version = version + 1 WHERE id = %s"
        cursor.execute(statement, [number, owner])


_LAST_LEAD = """
SELECT max(lead_id) FROM (SELECT lead_id FROM processr_fieldvalue WHERE field_id = %s AND lead_id > %s ORDER BY lead_id LIMIT %s) AS batch
"""
# Values in ASCII have the keys they had. Leads are locked in id order, as everywhere, so that no judgement stores its values meanwhile.
VALUES_BESIDE_ASCII = """
octet_length(COALESCE(transformed ->> %(name)s, captured ->> %(name)s, enriched ->> %(name)s))
   <> length(COALESCE(transformed ->> %(name)s, captured ->> %(name)s, enriched ->> %(name)s))
"""
_VALUES = """
SELECT kept.id, COALESCE(transformed ->> %(name)s, captured ->> %(name)s, enriched ->> %(name)s)
FROM leads_lead AS lead JOIN processr_fieldvalue AS kept ON kept.lead_id = lead.id AND kept.field_id = %(field)s
WHERE lead.id > %(first)s AND lead.id <= %(last)s
  AND ({condition})
ORDER BY lead.id FOR NO KEY UPDATE OF lead
"""
_UPDATE_VALUES = """
UPDATE processr_fieldvalue AS kept SET key = changed.key FROM unnest(%s::bigint[], %s::bigint[]) AS changed (id, key)
WHERE kept.id = changed.id AND kept.key <> changed.key
"""


def fold_value_index(_apps, schema_editor):
    fold_values(schema_editor.connection, VALUES_BESIDE_ASCII)


def fold_values(connection, condition):
    """Make the keys of the values anew to which the condition applies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM processr_indexedfield ORDER BY id")
        # The fields for telephones are filled anew already.
        for field_id, name in [field for field in cursor.fetchall() if not holds_telephones(field[1])]:
            last = 0
            while True:
                first = last
                cursor.execute(_LAST_LEAD, [field_id, first, BATCH])
                (last,) = cursor.fetchone()
                if last is None:
                    break
                with transaction.atomic(using=connection.alias):
                    _fold_values(cursor, condition, {"field": field_id, "name": name, "first": first, "last": last})


def _fold_values(cursor, condition: str, parameters: dict[str, object]) -> None:
    cursor.execute(_VALUES.format(condition=condition), parameters)
    values = [(pk, compared_form(str(parameters["name"]), value, "")) for pk, value in cursor.fetchall()]
    cursor.execute("DELETE FROM processr_fieldvalue WHERE id = ANY(%s)", [[pk for pk, value in values if not value]])
    filled = [(pk, key_of(value)) for pk, value in values if value]
    cursor.execute(_UPDATE_VALUES, [[pk for pk, _ in filled], [key for _, key in filled]])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("processr", "0006_normal_forms_of_telephones")]
    # Backwards nothing is to be done: the keys that code of before makes find fewer entries, as before.
    operations = [
        migrations.RunPython(fold_lists, migrations.RunPython.noop),
        migrations.RunPython(fold_value_index, migrations.RunPython.noop),
    ]
