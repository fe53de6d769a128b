"""The search box of an admin page: the queries that a text may stand for, over the columns the page names."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import ValidationError
from django.db.models import Model, Q

NOTHING = Q(pk__in=[])


def condition_for(model: type[Model], paths: Iterable[str], text: str) -> Q:
    """Return the condition for `text`, taken as one term, over `paths`, each ending in its lookup: `id__exact`, `email__startswith`.

    A column that cannot hold the value is left out.
    """
    condition = NOTHING
    if "\x00" in text:
        return condition
    for path in paths:
        column, _, lookup = path.rpartition("__")
        value: Any = text
        if lookup == "exact":
            field: Any = get_fields_from_path(model, column)[-1]
            try:
                value = field.to_python(text)
                field.run_validators(value)
            except (ValueError, ValidationError):
                continue
        condition |= Q(**{path: value})
    return condition
