"""Updates of many leads: one UPDATE for the columns that differ, whatever the number of leads."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from config.core.database.arrays import array_literal
from leads.lifecycle.state import CHANGEABLE, LeadChange, changeable_values
from leads.models import Lead

_FIELDS: dict[str, models.Field] = {field.name: field for field in Lead._meta.concrete_fields}


@contextmanager
def update(changes: Sequence[LeadChange]) -> Iterator[None]:
    """Write the changes. A column that some leads change is written to all, with their present value. Every revision rises by one.

    The statement is sent at the beginning and over at the end, so that what belongs to the changes is put together meanwhile.
    """
    values = {c: _parameters(c, column) for c, column in sorted(_changed_columns(changes).items())}
    # A value that is the same for all leads is sent once: for a judged chunk that holds for half of the columns.
    same = {c: column[0] for c, column in values.items() if column.count(column[0]) == len(column)}
    each = {c: column for c, column in values.items() if c not in same}
    ids = array_literal(change.after.id for change in changes)
    own = ["revision = l.revision + 1", "updated_at = clock_timestamp()"]
    sets = ", ".join([*(f"{c} = %s::{_type(c)}{_late_cast(c)}" for c in same), *(f"{c} = v.{c}{_late_cast(c)}" for c in each), *own])
    names, casts = ", ".join(["id", *each]), ", ".join(["%s::bigint[]", *(f"%s::{_type(c)}[]" for c in each)])
    sql = (
        f"UPDATE leads_lead AS l SET {sets} "  # noqa: S608
        f"FROM unnest({casts}) AS v({names}) WHERE l.id = v.id"
    )
    with connection.wrap_database_errors, connection.connection.pipeline(), connection.cursor() as cursor:
        cursor.execute(sql, [*same.values(), ids, *each.values()])
        yield


def _changed_columns(changes: Sequence[LeadChange]) -> dict[str, list[Any]]:
    """Return the columns that differ for some lead, with the values of all. The revision is left out, as every write raises it."""
    before = zip(*(changeable_values(change.before) for change in changes), strict=True)
    after = zip(*(changeable_values(change.after) for change in changes), strict=True)
    changed = {column: list(new) for column, old, new in zip(CHANGEABLE, before, after, strict=True) if old != new}
    payloads = [change.payload or {} for change in changes]  # with the same columns for all leads, or none
    for column in {column for payload in payloads for column in payload}:
        changed[column] = [payload[column] for payload in payloads]
    return changed


def _type(column: str) -> str:
    """Return the type of a parameter. Documents and arrays are passed as text, because unnest would flatten an array of arrays."""
    field = _FIELDS[column]
    if isinstance(field, models.JSONField | ArrayField | models.CharField | models.TextField):
        return "text"
    return str(field.db_type(connection))


def _late_cast(column: str) -> str:
    """Return the cast from a parameter passed as text to the column's own type."""
    if isinstance(_FIELDS[column], models.JSONField):
        return "::jsonb"
    return "::bigint[]" if isinstance(_FIELDS[column], ArrayField) else ""


def _parameters(column: str, values: list[Any]) -> list[Any]:
    if isinstance(_FIELDS[column], models.JSONField):
        return [json.dumps(value) for value in values]
    if isinstance(_FIELDS[column], ArrayField):
        return ["{" + ",".join(map(str, value)) + "}" for value in values]
    return values
