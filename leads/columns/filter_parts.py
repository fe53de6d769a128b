"""The base of the filters of leads: each has a part, a parameter of its own, for every way in which it compares."""

from collections.abc import Iterable
from copy import copy
from typing import Any, ClassVar, Self

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString, mark_safe

from campaigns.scope import Who
from config.core.lists import parameters
from config.core.lists.markup import markup
from config.core.lists.parameters import BEGINS, CONTAINS, EQUALS, NOT, PRESENCE
from config.core.pg_text import is_storable

WORDS = {EQUALS: "{}", NOT: "{} is not", CONTAINS: "{} contains", BEGINS: "{} begins with", PRESENCE: "{} is"}
"""The labels of the parts."""
BEFORE_VALUES = {EQUALS: "", NOT: "not ", CONTAINS: "contains ", BEGINS: "begins with ", PRESENCE: ""}


class ColumnFilter(django_filters.Filter):
    """A filter of leads. `operators` are the ways to compare, the usual one first, and `suffixes` those of the parameters of one part.

    An index serves the parts whose operators are `indexed`, whatever the number of leads. All others are bounded.
    """

    operators: tuple[str, ...] = (EQUALS,)
    indexed: tuple[str, ...] = (EQUALS,)
    suffixes: ClassVar[tuple[str, ...]] = ("",)
    operator = EQUALS
    parameter = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return what stands behind the filter's name in the parameters of all its parts."""
        return tuple(operator + suffix for operator in self.operators for suffix in self.suffixes)

    def parts(self, name: str) -> dict[str, Self]:
        return {name + operator: self._part(name, operator) for operator in self.operators}

    def _part(self, name: str, operator: str) -> Self:
        part = copy(self)
        part.operator, part.parameter, part.extra = operator, name + operator, {**self.extra}
        part.label = self.label_of_part(operator)
        return part

    def label_of_part(self, operator: str) -> str:
        return WORDS[operator].format(self.label)

    @property
    def is_bounded(self) -> bool:
        return self.operator not in self.indexed

    @property
    def who(self) -> Who:
        who: Who = self.parent.who
        return who

    @property
    def field(self) -> forms.Field:
        if not hasattr(self, "_field"):
            self._field = self.make_field()
        return self._field

    def make_field(self) -> forms.Field:
        """Return the field of the form, with the choices of the user. It is made once."""
        raise NotImplementedError

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs if self.is_bounded or not value else qs.filter(self.matching(value))

    def matching(self, value: Any) -> Q:
        """Return the condition on Lead."""
        condition = self.equal_to(value)
        return ~condition if self.operator == NOT else condition

    def equal_to(self, value: Any) -> Q:
        raise NotImplementedError

    def text_of(self, value: Any) -> str:
        """Return the value in words, for the chip above the list."""
        values = value if isinstance(value, list) else [value]
        return BEFORE_VALUES[self.operator] + ", ".join(map(str, values))


class TalliedFilter(ColumnFilter):
    """A filter whose results the tallies can count."""

    def tally_keys(self, value: Any) -> dict[str, Any]:
        """Return the filter as `tallies.count_for` takes it."""
        return {self.field_name: value}


INPUT = '<input type="text" class="form-control" name="{}" value="{}" id="{}" maxlength="{}" aria-label="{}">'


class TextInputs(forms.TextInput):
    """An input for each value, and one more."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:  # noqa: ARG002  (Django's signature)
        return [value for value in data.getlist(name) if value] if hasattr(data, "getlist") else list(filter(None, [data.get(name)]))

    def format_value(self, value: Any) -> Any:
        return value

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        html_id = (attrs or {}).get("id", f"id_{name}")
        longest, label = self.attrs["maxlength"], self.attrs["aria-label"]
        texts = [*(value or []), ""]
        return mark_safe(
            "".join(markup(INPUT, name, text, f"{html_id}-{n}" if n else html_id, longest, label) for n, text in enumerate(texts))
        )


class TextsField(forms.Field):
    """Several texts, each as a `CharField` takes it."""

    def __init__(self, *, label: str, max_length: int = 200, **kwargs: Any) -> None:
        super().__init__(label=label, widget=TextInputs({"maxlength": max_length, "aria-label": label}), **kwargs)
        self.each = forms.CharField(max_length=max_length, validators=[_check_storable])

    def to_python(self, value: Iterable[str] | None) -> list[str]:
        return [self.each.clean(text) for text in value or ()]


def _check_storable(text: str) -> None:
    if not is_storable(text.replace("\x00", "")):  # Django's own validator names null characters
        raise forms.ValidationError("This holds characters that are not text.")


class PresenceField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[("", "Any"), ("empty", "Empty"), ("filled", "Not empty")], **kwargs)


def split(name: str) -> str:
    """Return the name of the filter that a part belongs to."""
    return parameters.split(name)[0]
