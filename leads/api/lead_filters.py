"""The filters of `leads` in API v4: those of the list of leads, which the list itself reads, and those that only programs have."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django_filters.widgets import SuffixedMultiWidget

from config.core.accounts.requests import UserRequest
from config.core.api import hydra
from leads.columns.filter_types import DayFilter, MemberFilter, PointsFilter, RowFilter
from leads.extension_points import lead_columns
from leads.filters import LeadFilters, filters_for
from leads.models import Lead
from leads.shown_status import condition_of_any, numbers

OTHER_NAMES = {
    "campaign": "campaign.id",
    "publisher": "publisher.id",
    "current_status": "currentStatus",
    "delivery": "deliveryStatus",
    "phone": "telephone",
    "failed_job": "failedJob",
}
"""Filter of the list → the name that programs know it by, as well as by its own."""
_NAMES_ON_LIST = {other: own for own, other in OTHER_NAMES.items()}
_DAY = {"type": "string", "format": "date"}
_POINTS = {"type": "integer", "minimum": 0}


class ListFilter(hydra.ParameterFilter):
    """A parameter of the list of leads, for the description: the list itself reads it."""

    repeatable = False

    def __init__(self, name: str, *, schema: Mapping[str, Any], description: str) -> None:
        self.schema = schema  # type: ignore[misc]  # of this parameter alone
        super().__init__(name=name, description=description)

    def parse(self, text: str) -> str:
        return hydra.parse_text(text)


class ProcessrStatusFilter(hydra.ParameterFilter):
    """The number that a lead's Processr status has in the API (decision 12)."""

    lookups = {"": "exact", "!": "not"}

    @property
    def schema(self) -> Mapping[str, Any]:  # type: ignore[override]  # apps register holds until all are loaded
        return {"type": "integer", "enum": numbers()}

    def parse(self, text: str) -> int:
        if text not in map(str, numbers()):
            raise ValueError(f"Must be one of: {', '.join(map(str, numbers()))}.")
        return int(text)

    def filter(self, qs: QuerySet[Any], value: list[int] | None) -> QuerySet[Any]:
        if not value:
            return qs
        excluded = {*numbers(), None}.difference(value)
        return qs.filter(condition_of_any(excluded if self.lookup_expr == "not" else value))


def list_filters() -> Iterator[ListFilter]:
    """Yield the parameters of all filters of the list, whichever roles have them, under each name."""
    filters = {column.filter_name: column.filter for column in lead_columns if column.filter} | LeadFilters.base_filters
    for filter_name, declared in filters.items():
        for own_name in _names_on_list(filter_name, declared):
            label = declared.extra.get("help_text") or declared.label
            for name, description in ((own_name, label), (OTHER_NAMES.get(own_name), f"The same as `{own_name}`.")):
                if name:
                    yield ListFilter(name, schema=_schema(declared), description=str(description))


def _names_on_list(field: str, declared: django_filters.Filter) -> Iterable[str]:
    widget = declared.extra.get("widget")
    return [widget.suffixed(field, suffix) for suffix in widget.suffixes] if isinstance(widget, SuffixedMultiWidget) else [field]


def _schema(declared: django_filters.Filter) -> Mapping[str, Any]:
    if isinstance(declared, RowFilter | MemberFilter):
        return hydra.ID
    if isinstance(declared, DayFilter):
        return _DAY
    if isinstance(declared, PointsFilter):
        return _POINTS
    if isinstance(declared, django_filters.ChoiceFilter):
        return {"type": "string", "enum": [str(key) for key, _ in declared.extra["choices"]]}
    return {"type": "string", "minLength": 1, "maxLength": declared.extra["max_length"]}


class LeadFilterSet(hydra.HydraFilterSet):
    """The filters of leads. What the list of leads refuses is refused with its message."""

    createdTs = hydra.MomentFilter("created_at")
    processrStatus = ProcessrStatusFilter(description="By decision 12; `processrStatus!` for all others.")

    def __init__(self, data: QueryDict, *, request: UserRequest) -> None:
        self.user_request = request
        super().__init__(data)

    @classmethod
    def described(cls) -> Iterator[tuple[str, hydra.ParameterFilter]]:
        yield from super().described()
        yield from ((one.name, one) for one in list_filters())

    @cached_property
    def of_list(self) -> LeadFilters:
        """The filters of the list, with the same values under the names that they have there."""
        parameters = QueryDict(mutable=True)
        for name, own_name in self.names_on_list.items():
            for value in self.data.getlist(name):
                parameters.appendlist(own_name, value)
        return filters_for(self.user_request.user)(parameters, QuerySet(Lead), request=self.user_request)

    @cached_property
    def names_on_list(self) -> dict[str, str]:
        """The parameters that the list reads, with the names that they have there. `name[]` is another spelling of `name`."""
        plain = {name: name.removesuffix("[]") for name in self.data if name not in self.filters}
        return {name: _NAMES_ON_LIST.get(own_name, own_name) for name, own_name in plain.items()}

    def unknown(self) -> list[str]:
        known = self.of_list.fields_by_parameter()
        return [name for name, own_name in self.names_on_list.items() if own_name not in known]

    def problems(self) -> list[tuple[str, str]]:
        known, errors, problems = self.of_list.fields_by_parameter(), self.of_list.form.errors, super().problems()
        for name, own_name in self.names_on_list.items():
            if (field := known.get(own_name)) is None:
                continue
            problems += [(name, message) for message in map(_refusal, self.data.getlist(name)) if message]
            several = len(self.of_list.data.getlist(own_name)) > 1
            if several and not getattr(field.field.widget, "allow_multiple_selected", False):
                problems.append((name, hydra.TWICE))
            problems += [(name, str(message)) for message in errors.get(field.name, ())]
        return list(dict.fromkeys(problems))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.of_list.filter_queryset(super().filter_queryset(queryset))
        return rows

    def tally_keys(self) -> dict[str, Any] | None:
        """Return the filters as `tallies.count_for` takes them, or None where it cannot count the leads."""
        return self.of_list.tally_keys() if self.data.keys() == self.names_on_list.keys() else None


def _refusal(text: str) -> str:
    """Return why a text is no value of any filter of the list; empty if it may be one. On the list itself an empty one is none."""
    try:
        hydra.parse_text(text)
    except ValueError as error:
        return str(error)
    return ""
