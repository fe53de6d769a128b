"""The filters that columns have by their kind. No index serves them: pages test them on a limited number of leads."""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.lookups import Exact, IContains, IExact, IStartsWith

from campaigns.scope import Who
from config.core.lists.check_list import CheckList
from config.core.lists.parameters import BEGINS, CONTAINS, EQUALS, NOT, PRESENCE
from leads.columns.filter_parts import BEFORE_VALUES, ColumnFilter, PresenceField, TextsField
from leads.columns.filter_types import NumberRangeFilter

LOOKUPS = {EQUALS: IExact, NOT: IExact, CONTAINS: IContains, BEGINS: IStartsWith}
NONE = "none"
"""The value of a choice that is stored as an empty text."""


class ContentFilter(ColumnFilter):
    """A filter by the text of a column, in upper or lower case."""

    operators: tuple[str, ...] = (CONTAINS, EQUALS, NOT, BEGINS, PRESENCE)
    indexed: tuple[str, ...] = ()

    def __init__(self, expression_for: Callable[[Who], Combinable], *, label: str) -> None:
        super().__init__(label=label)
        self.expression_for = expression_for

    def make_field(self) -> forms.Field:
        kind = PresenceField if self.operator == PRESENCE else TextsField
        return kind(label=self.label, required=False)

    def label_of_part(self, operator: str) -> str:
        return f"{self.label} is exactly" if operator == EQUALS else super().label_of_part(operator)

    def equal_to(self, value: Any) -> Q:
        text = self.expression_for(self.who)
        if self.operator == PRESENCE:
            empty = Q(Exact(text, ""))
            return empty if value == "empty" else ~empty
        return reduce(or_, (Q(LOOKUPS[self.operator](text, wanted)) for wanted in value))

    def text_of(self, value: Any) -> str:
        if self.operator == PRESENCE:
            return "empty" if value == "empty" else "not empty"
        return super().text_of(value)


class ChoicesFilter(ColumnFilter):
    """A filter by the choices of a column, of which several may be ticked. `labels` are those of the stored values."""

    operators = (EQUALS, NOT)
    indexed = ()

    def __init__(self, path_for: Callable[[Who], str], *, label: str, labels: Mapping[Any, str], nothing: str = "") -> None:
        super().__init__(label=label)
        self.path_for = path_for
        self.stored = {_parameter_of(stored): stored for stored in labels}
        self.choices = [(_parameter_of(stored), name) for stored, name in labels.items()]
        if nothing and "" not in labels:
            self.stored[NONE] = ""
            self.choices.append((NONE, nothing))

    def make_field(self) -> forms.Field:
        return forms.MultipleChoiceField(choices=self.choices, widget=CheckList, label=self.label, required=False)

    def equal_to(self, value: list[str]) -> Q:
        return Q(**{f"{self.path_for(self.who)}__in": [self.stored[key] for key in value]})

    def matching(self, value: list[str]) -> Q:
        """Return the condition, where *not* includes rows without a value."""
        condition = self.equal_to(value)
        return condition if self.operator == EQUALS else ~condition | Q(**{f"{self.path_for(self.who)}__isnull": True})

    def text_of(self, value: list[str]) -> str:
        names = dict(self.choices)
        return BEFORE_VALUES[self.operator] + ", ".join(names[key] for key in value)


class LabelFilter(ChoicesFilter):
    """A filter by the labels that a column shows, where these follow from more than one stored value."""

    def __init__(self, expression: Callable[[], Combinable], labels: Callable[[], list[tuple[str, str]]], *, label: str) -> None:
        super(ChoicesFilter, self).__init__(label=label)
        self.expression, self.labels = expression, labels

    @property
    def choices(self) -> list[tuple[str, str]]:  # type: ignore[override]  # known when all apps have registered theirs
        return self.labels()

    def equal_to(self, value: list[str]) -> Q:
        names = dict(self.choices)
        return reduce(or_, (Q(Exact(self.expression(), names[key])) for key in value))

    def matching(self, value: list[str]) -> Q:
        return super(ChoicesFilter, self).matching(value)


class BoundedNumbers(NumberRangeFilter):
    indexed = ()


def _parameter_of(stored: Any) -> str:
    """Return a stored value as it is written in addresses, where an empty one would be none at all."""
    return ("yes" if stored else "no") if isinstance(stored, bool) else str(stored) or NONE
