"""Long lists of ids in queries: one array, where `IN` would be thousands of parameters that are found and quoted one by one."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Value
from typing_extensions import override


class IsAmong(Func):
    """Whether a value is in an array."""

    template, arg_joiner = "%(expressions)s)", " = ANY("
    output_field: Any = BooleanField()


class _Ids(ArrayField):
    """An array of ids that is passed as one text."""

    @override
    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> str:
        return array_literal(value)


def is_one_of(ids: Collection[int]) -> IsAmong:
    """Return the condition that the primary key is one of the ids."""
    return IsAmong(F("pk"), Value(list(ids), output_field=_Ids(BigIntegerField())))


def array_literal(ids: Iterable[int]) -> str:
    """Return ids, or booleans, as PostgreSQL reads an array. Django and psycopg would prepare each of thousands of items."""
    return "{" + ",".join(map(str, map(int, ids))) + "}"
