"""Long lists of ids in queries: one array, where `IN` would be thousands of parameters that are found and quoted one by one."""

from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Value


class IsAmong(Func):
    """Whether a value is in an array."""

    template, arg_joiner = "%(expressions)s)", " = ANY("
    output_field: Any = BooleanField()


def is_one_of(ids: Collection[int]) -> IsAmong:
    """Return the condition that the primary key is one of the ids."""
    return IsAmong(F("pk"), Value(list(ids), output_field=ArrayField(BigIntegerField())))
