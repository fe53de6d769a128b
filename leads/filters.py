"""Filters of lists of leads: those of the columns and of any field of the values, but none that is masked for the user, and the search box.

Only the filters that a request uses are made. Pages, programs and files read the same parameters: see `filters_of`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from operator import and_
from types import SimpleNamespace
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms.boundfield import BoundField
from django.http import QueryDict

from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from campaigns.selectors import campaigns_for, form_fields_for
from config.core.errors import ROLE
from config.core.lists import listing, parameters
from config.core.lists.days import Days
from config.core.lists.filters import FILTERS_AT_MOST, ListFilterSet, Offer
from leads import privacy
from leads.columns import all_columns, field_column, made_columns, value_column
from leads.columns.bounded_filters import ContentFilter
from leads.columns.filter_parts import ColumnFilter, TalliedFilter
from leads.columns.kinds import FieldColumn
from leads.extension_points import LeadColumn, lead_filters
from leads.search import SearchRefused, find_leads, refuse_search
from leads.selectors import leads_for

FIGURES = "figures"
"""The parameter by which the figures above a list follow its filters."""
OWN_PARAMETERS = listing.OWN_PARAMETERS | {FIGURES}
"""The parameters of lists of leads that are no filters."""
FIELD = "field."
"""The beginning of the names of filters by a field (decision 50). The value is the one that people see."""
STATUS, LEAD, CAMPAIGN, DELIVERY, FIELDS = "Status", "Lead", "Campaign", "Delivery", "Fields"
GROUPS = (STATUS, LEAD, CAMPAIGN, DELIVERY, FIELDS)
_OF_GROUP = {
    STATUS: ("current_status", "second_check", "processr_status", "score", "qa_", "flag", "failed", "errored", "reason", "other_reason"),
    CAMPAIGN: ("campaign", "publisher", "form", "link", "channel", "advertiser", "agency", "entry_point"),
    DELIVERY: (
        "deliver", "billable", "publisher_billable", "advertiser_billable", "publisher_payout", "advertiser_payout", "currency",
        "first_delivered", "replacement",
    ),
}  # fmt: skip
"""The beginnings of the keys of columns, of which the longest decides."""


NAMED_AT_MOST = 1_000
"""Campaigns that a query names one by one."""


@dataclass(frozen=True)
class OfferedFilter:
    """A filter that lists of leads offer. `column` is the one that it filters by, if it is one of a column."""

    name: str
    label: str
    group: str
    filter: ColumnFilter
    column: LeadColumn | None = None

    @property
    def parameters(self) -> list[str]:
        return [self.name + rest for rest in self.filter.parameters]

    def is_hidden(self, who: Who) -> bool:
        return self.column is not None and self.column.is_hidden(who)


class LeadFilters(ListFilterSet):
    """Base of the filter sets of leads. `filters_for` returns one with the filters of columns."""

    offered: ClassVar[Mapping[str, OfferedFilter]] = {}
    by_parameter: ClassVar[Mapping[str, OfferedFilter]] = {}
    campaign: ClassVar[Campaign | None] = None
    quiet: Collection[str] = ("search",)
    finds = "Find a filter, or write the name of a field"

    search = django_filters.CharFilter(label="Search", method="by_search", max_length=320)

    def __init__(self, data: Mapping[str, Any] | None, queryset: QuerySet, *, request: Any) -> None:
        super().__init__(parameters.normalized(data or {}, besides=OWN_PARAMETERS), queryset, request=request)
        self.is_bound = True
        self.who: Who = request.user
        self.used: dict[str, OfferedFilter] = {}
        named = [self.find(text) for text in self.added()]
        asked = filter(None, [*map(self._of_parameter, self.data), *(self._offered(name) for name in named if name)])
        offered = {one.name: one for one in asked}
        self.is_overfull = len(offered) > FILTERS_AT_MOST
        for one in [*offered.values()][:FILTERS_AT_MOST]:
            self._use(one)

    @property
    def is_crowded(self) -> bool:
        return self.is_overfull or super().is_crowded

    def _use(self, offered: OfferedFilter) -> None:
        self.used[offered.name] = offered
        for name, part in offered.filter.parts(offered.name).items():
            part.parent, part.model = self, self.queryset.model
            self.filters[name] = part

    def _of_parameter(self, parameter: str) -> OfferedFilter | None:
        return self.by_parameter.get(parameter) or self._field_filter(parameters.split(parameter)[0])

    def _offered(self, name: str) -> OfferedFilter | None:
        return self.offered.get(name) or self._field_filter(name)

    def _field_filter(self, name: str) -> OfferedFilter | None:
        offered = field_filter(name)
        return offered if offered and offered.column and self.who.role in offered.column.roles else None

    @property
    def form(self) -> forms.Form:
        """The form, with filters by hidden columns refused and with the choices of the user."""
        is_new = not hasattr(self, "_form")
        form: forms.Form = super().form
        if is_new:
            for name, field in form.fields.items():
                offered = self.used.get(self.chip_name(name))
                if offered and offered.column and offered.is_hidden(self.who):
                    field.validators.append(_refuse_masked(offered.column.masked))
            form.fields["search"].validators.append(self._validate_search)
        return form

    def problems(self, *args: Any, **kwargs: Any) -> list[str]:
        """Add the reason why leads cannot be sorted by a hidden column. The list itself refuses the sort."""
        problems = super().problems(*args, **kwargs)
        sort = str(self.data.get("sort", "")).removeprefix("-")
        for column in all_columns(self.who):
            if sort == column.key and column.sort and column.is_hidden(self.who):
                problems.append(ROLE.lifts(f"{column.masked} are masked for your role, so leads cannot be sorted by them."))
        return problems

    @cached_property
    def bounded(self) -> Q | None:  # type: ignore[override]  # a plain attribute of the base
        """The conditions that no index serves."""
        conditions = [part.matching(value) for part, value in self._values() if part.is_bounded]
        return reduce(and_, conditions) if conditions else None

    @cached_property
    def unbounded_rows(self) -> QuerySet:  # type: ignore[override]
        rows: QuerySet = super().filter_queryset(self.queryset.all()) if self.form.is_valid() else self.queryset.none()
        return rows if self.bounded is None else self._of_known_campaigns(rows)

    def _of_known_campaigns(self, rows: QuerySet) -> QuerySet:
        """Name the campaigns that the user sees, so that the planner knows how few leads they have and reads these alone."""
        if self.campaign is not None or scope_of(self.who).everything:
            return rows
        ids = list(campaigns_for(self.who).order_by().values_list("pk", flat=True).distinct()[: NAMED_AT_MOST + 1])
        return rows.filter(campaign__in=ids) if len(ids) <= NAMED_AT_MOST else rows

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        rows: QuerySet = super().filter_queryset(queryset)
        return rows if self.bounded is None else rows.filter(self.bounded)

    def tally_keys(self) -> dict[str, Any] | None:
        """Return the filters as `tallies.count_for` takes them, or None when it cannot count their results."""
        values = self._values()
        n_used = len([value for value in self.form.cleaned_data.values() if value])
        if n_used != len(values) or not all(isinstance(part, TalliedFilter) for part, _ in values):
            return None
        merged: dict[str, Any] = {}
        for part, value in values:
            assert isinstance(part, TalliedFilter)
            for key, wanted in part.tally_keys(value).items():
                merged[key] = _both(key, merged[key], wanted) if key in merged else wanted
        return merged

    def with_fixed_days(self) -> QueryDict:
        """Return the parameters with days in place of presets, for work that lasts over midnight."""
        query: QueryDict = self.data.copy()
        for part, value in self._values():
            if isinstance(value, Days) and value.start and value.stop:
                query.pop(part.parameter, None)
                query[f"{part.parameter}_after"], query[f"{part.parameter}_before"] = str(value.start), str(value.stop)
        return query

    def _values(self) -> list[tuple[ColumnFilter, Any]]:
        """Return the filters of columns that are in use, with their values."""
        found = [(self.filters[name], value) for name, value in self.form.cleaned_data.items() if value]
        return [(part, value) for part, value in found if isinstance(part, ColumnFilter)]

    def offers(self) -> list[Offer]:
        named = {offered.column.field for offered in self._declared() if isinstance(offered.column, FieldColumn)}
        offers = [*self.offers_of_columns(), *self._fields(named)]
        return sorted(offers, key=lambda offer: GROUPS.index(offer.group))

    def offers_of_columns(self) -> list[Offer]:
        return [Offer(offered.name, offered.label, offered.group) for offered in self._declared()]

    def _declared(self) -> list[OfferedFilter]:
        return [offered for offered in self.offered.values() if offered.group and not offered.is_hidden(self.who)]

    def _fields(self, named: Collection[str]) -> list[Offer]:
        """Return the fields of campaigns that the user sees: of their forms, but not those of declared columns, and those that are made."""
        if not privacy.sees_personal_data(self.who):
            return []
        captured = [Offer(FIELD + name, label, FIELDS) for name, label in form_fields_for(self.who, self.campaign) if name not in named]
        return [*captured, *(Offer(made.key, made.label, FIELDS) for made in made_columns(self.who, self.campaign))]

    def find(self, text: str) -> str | None:
        """Return the name of a filter by its name or label. Any other text is the name of a field."""
        text = text.strip()
        if text in self.offered or not text:
            return text or None
        known = super().find(text)
        if known or self._field_filter(text):
            return known or text
        return FIELD + text if self._field_filter(FIELD + text) else None

    def chip_name(self, field_name: str) -> str:
        return parameters.split(field_name)[0]

    def chip_label(self, name: str) -> str:
        return self.used[name].label if name in self.used else super().chip_label(name)

    def value_text(self, field: BoundField, value: Any) -> str:
        part = self.filters[field.name]
        if not isinstance(part, ColumnFilter):
            return super().value_text(field, value)
        return part.text_of(value) if value else ""

    def by_search(self, leads: QuerySet, name: str, value: str) -> QuerySet:  # noqa: ARG002  (django-filter's signature)
        found = find_leads(value, self.who, campaign=self.campaign)
        self.limit = found.limit
        return leads.filter(found.condition)

    def _validate_search(self, value: str) -> None:
        try:
            refuse_search(value, self.who)
        except SearchRefused as refused:
            raise ValidationError(str(refused)) from refused


def field_filter(name: str) -> OfferedFilter | None:
    """Return the filter by a field: `field.company`, or the key of a column of one source, such as `captured:company`."""
    if parameters.split(name)[1]:
        return None  # the end of the name would be read as a way to compare
    column = value_column(name.removeprefix(FIELD)) if name.startswith(FIELD) else field_column(name)
    if column is None:
        return None
    return OfferedFilter(name, column.label, FIELDS, ContentFilter(column.expression, label=column.label), column)


def filters_of(who: Who, data: Mapping[str, Any], *, campaign: Campaign | None = None) -> LeadFilters:
    """Return the filters that parameters name, over the leads that the user sees, for programs and background work.

    Nothing may be selected by them while `problems` returns any. `qs` are the leads; `unbounded_rows` and `bounded` are
    the parts that an index serves and those that none does.
    """
    leads = leads_for(who).filter(campaign=campaign) if campaign else leads_for(who)
    return filters_for(who, campaign=campaign)(data, leads, request=SimpleNamespace(user=who))


def filters_for(who: Who, *, campaign: Campaign | None = None) -> type[LeadFilters]:
    """Return the filter set of what the role may see. The list of one campaign has no filter by campaigns."""
    columns = tuple(column for column in all_columns(who) if campaign is None or column.filter_name != "campaign")
    filter_set = _filter_set(columns, who.role)
    if campaign is None:
        return filter_set
    return type("CampaignLeadFilters", (filter_set,), {"campaign": campaign})


@lru_cache(maxsize=64)
def _filter_set(columns: tuple[LeadColumn, ...], role: str) -> type[LeadFilters]:
    declared = {lead_filter.key: lead_filter for lead_filter in lead_filters if role in lead_filter.roles}
    own = [OfferedFilter(key, str(one.filter.label), one.group, one.filter) for key, one in declared.items()]
    of_columns = [_of_column(column) for column in columns if column.filter_name not in declared]
    catalogue = {offered.name: offered for offered in [*filter(None, of_columns), *own]}
    names = {name: offered for offered in catalogue.values() for name in offered.parameters}

    class ColumnFilters(LeadFilters):
        offered = catalogue
        by_parameter = names

    return ColumnFilters


def _of_column(column: LeadColumn) -> OfferedFilter | None:
    is_of_another = column.filter is None and column.filter_name != column.key
    declared = None if is_of_another else column.filter or column.bounded_filter()
    if declared is None:
        return None
    return OfferedFilter(column.filter_name, str(declared.label), _group_of(column), declared, column)


def _group_of(column: LeadColumn) -> str:
    if isinstance(column, FieldColumn):
        return FIELDS
    found = [(len(text), group) for group, beginnings in _OF_GROUP.items() for text in beginnings if column.key.startswith(text)]
    return max(found)[1] if found else LEAD


def _both(key: str, first: Any, second: Any) -> Any:
    """Return what satisfies two filters by one key of the tallies."""
    if key == "without":
        return {**first, **second}
    return [value for value in first if value in second]


def _refuse_masked(noun: str) -> Callable[[Any], None]:
    """Return a validator for a filter by masked values."""

    def refuse(_value: Any) -> None:
        raise ValidationError(ROLE.lifts(f"{noun} are masked for your role, so leads cannot be filtered by them."))

    return refuse
