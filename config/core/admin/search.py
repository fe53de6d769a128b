"""What a person may mean by the text in an admin's search box, over the columns the page names."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import ValidationError
from django.db.models import Model, Q

NOTHING = Q(pk__in=[])


def meant(model: type[Model], paths: Iterable[str], text: str) -> Q:
    """`paths` end in their lookup: `id__exact`, `email__startswith`. The text is one term; what a column cannot hold is not asked of it."""
    return reduce(or_, (Q(**{path: value}) for path, value in _readings(model, paths, text)), NOTHING)


def _readings(model: type[Model], paths: Iterable[str], text: str) -> Iterator[tuple[str, Any]]:
    if "\x00" in text:
        return
    for path in paths:
        column, _, lookup = path.rpartition("__")
        field: Any = get_fields_from_path(model, column)[-1]
        if lookup != "exact":
            yield path, text
            continue
        try:
            value = field.to_python(text)
            field.run_validators(value)
        except (ValueError, ValidationError):
            continue
        yield path, value
