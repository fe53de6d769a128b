"""Fill the digests of leads that were imported before they had any, from their values and from what their import took.

Parts of imports, each of at most 1,000 rows, are walked by id, ten in a transaction with their leads locked in id order, as
everywhere. Run again, it fills those that a program of the last version has imported meanwhile. Imports of the first versions
did not record their leads, which stay without a digest.
"""

import json
from typing import NamedTuple

from django.db import migrations, transaction

from leads.imports.columns import BESIDE_THE_FORM
from leads.imports.row_digest import RowIdentity

BATCH = 10

_PARTS = "SELECT id, run_id, lead_ids FROM leads_leadimportpart WHERE id > %s ORDER BY id LIMIT %s"
_RUNS = "SELECT id, campaign_id, publisher_id, link_id, form_id, columns FROM leads_leadimport WHERE id = ANY(%s)"
_FIELDS = "SELECT form_id, name, type FROM campaigns_formfield WHERE form_id = ANY(%s)"
_LEADS = f"""
SELECT id, captured, {", ".join("host(ip)" if column == "ip" else column for column in BESIDE_THE_FORM.values())}
FROM leads_lead WHERE id = ANY(%s) AND row_digest IS NULL ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608
_WRITE = """
UPDATE leads_lead AS l SET row_digest = n.digest FROM unnest(%s::bigint[], %s::uuid[]) AS n (id, digest)
WHERE l.id = n.id AND l.row_digest IS DISTINCT FROM n.digest
"""


class _Field(NamedTuple):
    name: str
    type: str


class _Run(NamedTuple):
    identity: RowIdentity
    fields: frozenset[str]


def fill(_apps, schema_editor, leads=_LEADS):
    connection, last = schema_editor.connection, 0
    while last is not None:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            last = _fill_batch(cursor, last, leads)


def _fill_batch(cursor, after, leads):
    """Return the id of the last part of the batch, None where there is none."""
    cursor.execute(_PARTS, [after, BATCH])
    parts = cursor.fetchall()
    runs = _load_runs(cursor, {run for _, run, _ in parts})
    run_by_lead = {pk: runs[run] for _, run, lead_ids in parts for pk in lead_ids}
    cursor.execute(leads, [list(run_by_lead)])
    digests = [(pk, _digest(run_by_lead[pk], _decoded(captured), beside)) for pk, captured, *beside in cursor.fetchall()]
    if digests:
        cursor.execute(_WRITE, [list(column) for column in zip(*digests, strict=True)])
    return parts[-1][0] if parts else None


def _load_runs(cursor, ids):
    cursor.execute(_RUNS, [list(ids)])
    rows = cursor.fetchall()
    cursor.execute(_FIELDS, [list({row[4] for row in rows})])
    fields = cursor.fetchall()
    return {
        pk: _Run(
            RowIdentity(campaign, publisher, link, [_Field(name, kind) for of_form, name, kind in fields if of_form == form]),
            frozenset(_decoded(columns).values()),
        )
        for pk, campaign, publisher, link, form, columns in rows
    }


def _digest(run, captured, beside):
    values = {**captured, **dict(zip(BESIDE_THE_FORM, beside, strict=True))}
    return run.identity.digest({name: value for name, value in values.items() if name in run.fields and isinstance(value, str)})


def _decoded(value):
    return json.loads(value) if isinstance(value, str) else value


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0010_digests_of_imported_rows")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
