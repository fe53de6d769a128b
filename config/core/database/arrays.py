"""Long lists of ids in queries: one array, where a list would be two thousand parameters that are found and quoted one by one."""

from collections.abc import Collection

from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL


def rows_of_ids(ids: Collection[int]) -> RawSQL:
    """Return the ids as rows, for `pk__in`."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)], output_field=BigIntegerField())  # noqa: S611  (a parameter)
