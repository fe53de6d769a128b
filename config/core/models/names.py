"""Names that people give, to users, parties, campaigns, forms, jobs, groups, lists and credentials.

A direction mark is invisible and turns the order of the signs around it, on a page and in the audit trail: “moc.buS”
reads as “Sub.com”, and one name passes for another.
"""

import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from config.core.errors import DomainError

_DIRECTION_MARK = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def fault_of(name: str) -> str:
    """Return what is wrong with the name and how it is mended, or an empty text."""
    mark = _DIRECTION_MARK.search(name)
    if mark is None:
        return ""
    place = f"after “{name[: mark.start()][-20:]}”" if mark.start() else "at the beginning"
    return f"A name cannot contain the invisible direction mark U+{ord(mark[0]):04X}, which stands {place}. Type the name anew without it."


def validate_name(name: str) -> None:
    if fault := fault_of(name):
        raise ValidationError(fault, code="direction_mark")


def check_name(name: str, *, field: str = "name") -> None:
    if fault := fault_of(name):
        raise DomainError(fault, field=field)


class NameField(models.CharField):
    """The column of a name. To the database and to migrations it is a CharField."""

    default_validators = [validate_name]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options
