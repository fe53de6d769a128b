"""Searching a column of texts for several beginnings at once."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import cast

from django.db import connection
from django.db.models import CharField, Model, Q

NOTHING = Q(pk__in=[])


def begins_with_any(model: type[Model], column: str, beginnings: Sequence[str]) -> Q:
    """Return the condition that a column begins with one of many texts of digits, of which few exist.

    Those that exist are found out first, each by one look into the column's index, so that the condition stays short.
    """
    if not beginnings:
        return NOTHING
    existing = _existing(model, column, beginnings) or beginnings[:1]
    return reduce(or_, (Q(**{f"{column}__startswith": beginning}) for beginning in existing))


def _existing(model: type[Model], column: str, beginnings: Sequence[str]) -> list[str]:
    """Return the beginnings that a value has. An index by bytes finds them: the column's own, or the one Django adds to a unique column."""
    is_by_byte = cast(CharField, model._meta.get_field(column)).db_collation == "C"
    from_, before = (">=", "<") if is_by_byte else ("~>=~", "~<~")
    after_digits = ":"
    sql = (
        "SELECT beginning FROM unnest(%s::text[]) WITH ORDINALITY AS wanted (beginning, place) WHERE EXISTS ("  # noqa: S608
        f"SELECT FROM {model._meta.db_table} WHERE {column} {from_} beginning AND {column} {before} (beginning || %s)) ORDER BY place"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(beginnings), after_digits])
        return [beginning for (beginning,) in cursor]
