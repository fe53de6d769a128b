"""Conditions on arrays."""

from typing import Any

from django.db.models import BooleanField, Func


class IsAmong(Func):
    """Whether a value is in an array: one parameter, where `IN` takes thousands."""

    template, arg_joiner = "%(expressions)s)", " = ANY("
    output_field: Any = BooleanField()
