"""The filters of `leads` in API v4: those of the list of leads, which the list itself reads, and those that only programs have."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from config.core.accounts import roles
from config.core.accounts.requests import UserRequest
from config.core.api import hydra
from config.core.api.hydra.responses import BASE
from config.core.errors import ROLE
from config.core.lists.filters import CROWDED
from config.core.lists.parameters import OPERATORS, PRESENCE, split
from leads import privacy
from leads.columns.bounded_filters import ChoicesFilter, ContentFilter
from leads.columns.filter_parts import ColumnFilter
from leads.columns.filter_types import BillableFilter, LeadIdsFilter, PrefixFilter, RowFilter, SetFilter, StatusFilter
from leads.filters import FIELD, LeadFilters, field_filter, filters_for
from leads.intake.normalize import EMAIL
from leads.search import searched_by
from leads.shown_status import condition_of_any, numbers
from leads.values import emails

OTHER_NAMES = {
    "campaign": "campaign.id",
    "publisher": "publisher.id",
    "delivery": "deliveryStatus",
    "phone": "telephone",
    "failed_job": "failedJob",
    "current_status": "currentStatus",
    "qa_status": "qaStatus",
    "second_check": "secondCheck",
    "flag_reason": "flagReason",
    "flag_category": "flagReasonCategory",
    "flag_comment": "flagComment",
    "replacement_type": "otherReasonType",
    "replacement_comment": "otherReasonComment",
    "entry_point": "entryPoint",
    "advertiser_billable": "advertiserBillable",
    "publisher_billable": "publisherBillable",
}
"""Filter of the list → the name that programs know it by, as the property of a lead has it, as well as by its own."""
_ADDRESSES = {"campaign": f"{BASE}/campaigns/", "publisher": f"{BASE}/publishers/", "id": f"{BASE}/leads/"}
"""The beginnings of addresses that stand for the ids of rows."""
EMAILS_MASKED = ROLE.lifts("E-mail addresses are masked for your role, so leads cannot be filtered by them.")
_TAKE_SEVERAL = (StatusFilter, RowFilter, LeadIdsFilter, PrefixFilter, ContentFilter, ChoicesFilter)
_NAMES_ON_LIST = {other + operator: own + operator for own, other in OTHER_NAMES.items() for operator in ("", *OPERATORS)}


class ListFilter(hydra.ParameterFilter):
    """A parameter of the list of leads, for the description: the list itself reads it."""

    def __init__(self, name: str, *, schema: Mapping[str, Any], description: str, repeatable: bool) -> None:
        self.schema = schema  # type: ignore[misc]  # of this parameter alone
        super().__init__(name=name, description=description, repeatable=repeatable)

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


class EmailFilter(hydra.ParameterFilter):
    """The whole e-mail address in any spelling that is compared as equal. The list's own takes beginnings of addresses too."""

    schema = {"type": "string", "minLength": 1, "maxLength": hydra.LONGEST_TEXT, "examples": ["ann@example.com"]}

    def parse(self, text: str) -> frozenset[str]:
        """Return the compared forms. A plus sign that was not percent-encoded arrives as a space, which no address has within."""
        found = {emails.searched(hydra.parse_text(spelling)) for spelling in (text, text.strip().replace(" ", "+"))}
        if not any(found):
            raise ValueError("Must be an e-mail address.")
        return frozenset(found - {""})

    def condition(self, values: list[frozenset[str]]) -> Q:
        return Q(**{f"{self.column}__in": sorted(frozenset[str]().union(*values))})


def list_filters() -> Iterator[ListFilter]:
    """Yield the parameters of all filters of the list that Admin has, under each name. Those of any field stand under `field.<name>`."""
    admin = SimpleNamespace(pk=0, role=roles.ADMIN, is_authenticated=True)
    filters, any_field = filters_for(admin), field_filter(f"{FIELD}<name>")
    searched = {"type": "string", "minLength": 1, "maxLength": filters.base_filters["search"].extra["max_length"]}
    yield ListFilter("search", schema=searched, description=f"What the search box finds: {searched_by(admin)}.", repeatable=False)
    of_fields = dict.fromkeys(any_field.parameters, any_field) if any_field else {}
    for own_name, offered in {**filters.by_parameter, **of_fields}.items():
        name, operator = split(own_name)
        label, schema = offered.filter.label_of_part(operator), _schema(offered.filter, operator)
        repeatable = isinstance(offered.filter, _TAKE_SEVERAL) and operator != PRESENCE
        yield ListFilter(own_name, schema=schema, description=label, repeatable=repeatable)
        if other := OTHER_NAMES.get(name):
            yield ListFilter(other + operator, schema=schema, description=f"The same as `{own_name}`.", repeatable=repeatable)


def _schema(declared: ColumnFilter, operator: str) -> Mapping[str, Any]:
    """Return the schema of one value."""
    if operator == PRESENCE:
        return {"type": "string", "enum": ["empty", "filled"]}
    if isinstance(declared, RowFilter | LeadIdsFilter):
        return hydra.ID
    if isinstance(declared, BillableFilter | SetFilter):
        return {"type": "string", "enum": ["yes"] if isinstance(declared, SetFilter) else ["yes", "no"]}
    choices = [*declared.labels] if isinstance(declared, StatusFilter) else [key for key, _ in getattr(declared, "choices", ())]
    return {"type": "string", "minLength": 1} | ({"enum": choices} if choices else {})


class LeadFilterSet(hydra.HydraFilterSet):
    """The filters of leads. What the list of leads refuses is refused with its message."""

    createdTs = hydra.MomentFilter("created_at")
    email = EmailFilter("email", description="The whole captured address, in any spelling. Not for roles that see leads masked.")
    processrStatus = ProcessrStatusFilter(description="By decision 12; `processrStatus!` for all others.")

    def __init__(self, data: QueryDict, *, request: UserRequest) -> None:
        self.user_request = request
        super().__init__(data)

    @classmethod
    def described(cls) -> Iterator[tuple[str, hydra.ParameterFilter]]:
        yield from super().described()
        yield from ((one.name, one) for one in list_filters() if one.name not in cls.base_filters)

    @cached_property
    def of_list(self) -> LeadFilters:
        """The filters of the list, with the same values under the names that they have there."""
        parameters = QueryDict(mutable=True)
        for name, own_name in self.names_on_list.items():
            for value in self.data.getlist(name):
                parameters.appendlist(own_name, value.removeprefix(_ADDRESSES.get(split(own_name)[0], "")))
        return filters_for(self.user_request.user)(parameters, QuerySet(), request=self.user_request)

    @cached_property
    def names_on_list(self) -> dict[str, str]:
        """The parameters that the list reads, with the names that they have there. `name[]` is another spelling of `name`."""
        plain = {name: name.removesuffix("[]") for name in self.data if name not in self.filters}
        return {name: _NAMES_ON_LIST.get(own_name, own_name) for name, own_name in plain.items()}

    def unknown(self) -> list[str]:
        if self.of_list.is_crowded:
            return []
        known = self.of_list.fields_by_parameter()
        return [name for name, own_name in self.names_on_list.items() if own_name not in known]

    def problems(self) -> list[tuple[str, str]]:
        if self.of_list.is_crowded:
            return [(next(iter(self.names_on_list)), CROWDED)]
        known, errors, problems = self.of_list.fields_by_parameter(), self.of_list.form.errors, super().problems()
        if not privacy.sees_personal_data(self.user_request.user):
            problems += [(name, EMAILS_MASKED) for name in self.values if name == EMAIL]
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
        self.of_list.queryset = super().filter_queryset(queryset)
        return self.of_list.unbounded_rows

    @property
    def bounded(self) -> Q | None:  # type: ignore[override]  # a plain attribute of the base
        return self.of_list.bounded

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
