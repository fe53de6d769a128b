"""The kinds of columns: each gives the same text in Python, for pages, and in SQL, for files."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.db import models
from django.db.models import Case, DateTimeField, DurationField, F, Func, TextField, Value, When
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, NullIf
from django.db.models.lookups import LessThan
from django.utils import timezone
from django.utils.safestring import SafeString

from campaigns.scope import Who
from campaigns.templatetags.figures import money
from config.core.lists import times
from config.core.lists.pagination import Order
from leads import privacy
from leads.columns.bounded_filters import BoundedNumbers, ChoicesFilter, ContentFilter
from leads.columns.filter_parts import ColumnFilter
from leads.columns.filter_types import YES_NO_LABELS, DaysFilter
from leads.extension_points import LeadColumn, LeadPage
from leads.models import Lead

NOTHING = Value("", output_field=TextField())
Cell = Callable[[Lead, LeadPage], SafeString | str]


class PathColumn(LeadColumn):
    """A column of Lead, or of a row that it points at, such as `campaign__name`. `cell` renders it on pages."""

    def __init__(
        self, key: str, label: str, path: str = "", *, cell: Cell | None = None, reads: Iterable[str] = (), **options: Any
    ) -> None:
        self.path, self._cell = path or key, cell
        super().__init__(key, label, reads=(self.path, *reads), **options)

    def path_for(self, who: Who) -> str:  # noqa: ARG002  (for subclasses)
        return self.path

    def expression(self, who: Who) -> Combinable:
        return Coalesce(Cast(self.path_for(who), TextField()), NOTHING)

    def bounded_filter(self) -> ColumnFilter | None:
        """Return a filter by the type of the stored value."""
        stored = Order.by(Lead, self.path).field
        if isinstance(stored, models.BooleanField):
            return ChoicesFilter(self.path_for, label=self.label, labels=YES_NO_LABELS)
        if isinstance(stored, models.IntegerField | models.DecimalField | models.ForeignKey):
            least, most = (forms.DecimalField(required=False, max_digits=20) for _ in range(2))
            return BoundedNumbers(self.path, label=self.label, fields=(least, most))
        if isinstance(stored, models.DateTimeField):
            return DaysFilter(self.path, label=self.label)
        return ContentFilter(self.expression, label=self.label)

    def stored(self, lead: Lead, who: Who) -> Any:
        """Return the value of the row, or None where the path ends early."""
        value: Any = lead
        for name in self.path_for(who).split(LOOKUP_SEP):
            value = None if value is None else getattr(value, name)
        return value

    def value(self, lead: Lead, page: LeadPage) -> str:
        value = self.stored(lead, page.who)
        return "" if value is None else str(value)

    def cell(self, lead: Lead, page: LeadPage) -> SafeString | str:
        return self._cell(lead, page) if self._cell else super().cell(lead, page)


class ChoiceColumn(PathColumn):
    """A column of choices, as their labels."""

    def __init__(self, key: str, label: str, path: str = "", *, choices: Iterable[tuple[Any, str]], **options: Any) -> None:
        super().__init__(key, label, path, **options)
        self.labels = {stored: str(name) for stored, name in choices}

    def bounded_filter(self) -> ColumnFilter | None:
        is_text = isinstance(Order.by(Lead, self.path).field, models.CharField | models.TextField)
        return ChoicesFilter(self.path_for, label=self.label, labels=self.labels, nothing="None" if is_text else "")

    def expression(self, who: Who) -> Combinable:
        path = self.path_for(who)
        cases = [When(**{path: stored}, then=Value(name)) for stored, name in self.labels.items()]
        return Case(*cases, default=NOTHING, output_field=TextField())

    def value(self, lead: Lead, page: LeadPage) -> str:
        return self.labels.get(self.stored(lead, page.who), "")


class MomentColumn(PathColumn):
    """A moment in the active time zone: in short form on pages, in files as ISO 8601 with its offset."""

    def expression(self, who: Who) -> Combinable:
        path = self.path_for(who)
        local, utc = (
            Func(Value(zone), F(path), function="timezone", output_field=DateTimeField())
            for zone in (timezone.get_current_timezone_name(), "UTC")
        )
        offset, negative = _Difference(local, utc), _Difference(utc, local)
        sign = Case(When(LessThan(local, utc), then=Value("-")), default=Value("+"))
        day_and_time, hours = _to_char(local, 'YYYY-MM-DD"T"HH24:MI:SS'), _to_char(Greatest(offset, negative), "HH24:MI")
        text = Concat(day_and_time, sign, hours, output_field=TextField())
        return Case(When(**{f"{path}__isnull": True}, then=NOTHING), default=text, output_field=TextField())

    def value(self, lead: Lead, page: LeadPage) -> str:
        moment = self.stored(lead, page.who)
        return "" if moment is None else timezone.localtime(moment).isoformat(timespec="seconds")

    def cell(self, lead: Lead, page: LeadPage) -> SafeString | str:
        return times.tag(self.stored(lead, page.who))


class FieldColumn(LeadColumn):
    """A field of the lead's values: from the first of the sources that has it.

    It is masked as its captured value is, whatever the source, unless the advertiser lets its users see the field.
    """

    def __init__(self, key: str, label: str, field: str, *, sources: tuple[str, ...], masked: str = "Values", **options: Any) -> None:
        super().__init__(key, label, reads=(*sources, "captured"), masked=masked, **options)
        self.field, self.sources = field, sources

    def bounded_filter(self) -> ColumnFilter | None:
        return ContentFilter(self.expression, label=self.label)

    def sources_for(self, who: Who) -> tuple[str, ...]:
        """Return the sources for a role. A role that does not see results gets the captured value, where that is one of several."""
        return self.sources if privacy.sees_results(who) or "captured" not in self.sources else ("captured",)

    def expression(self, who: Who) -> Combinable:
        return self._text_in(*self.sources_for(who))

    def _text_in(self, *sources: str) -> Combinable:
        found = Func(*(_JsonMember(F(source), Value(self.field)) for source in sources), function="coalesce")
        return Coalesce(Func(found, template="(%(expressions)s #>> '{}')", output_field=TextField()), NOTHING)

    def sql(self, who: Who) -> Combinable:
        return privacy.masked_sql(who, self.expression(who), captured=self._text_in("captured"), field=self.field)

    def text(self, lead: Lead, page: LeadPage) -> str:
        return privacy.shown_value(page.who, lead, self.field, self.value(lead, page))

    def value(self, lead: Lead, page: LeadPage) -> str:
        for source in self.sources_for(page.who):
            values = getattr(lead, source)
            if self.field in values:
                return privacy.text_of(values[self.field])
        return ""


class NameColumn(LeadColumn):
    """Two fields as one text, such as the first and the last name; each is masked on its own."""

    def __init__(self, key: str, label: str, first: FieldColumn, last: FieldColumn, *, cell: Cell | None = None, **options: Any) -> None:
        super().__init__(key, label, reads=(*first.reads, *last.reads), masked=first.masked, **options)
        self.parts, self._cell = (first, last), cell

    def expression(self, who: Who) -> Combinable:
        return _joined(*(part.expression(who) for part in self.parts))

    def sql(self, who: Who) -> Combinable:
        return _joined(*(part.sql(who) for part in self.parts))

    def value(self, lead: Lead, page: LeadPage) -> str:
        return " ".join(filter(None, (part.value(lead, page) for part in self.parts)))

    def text(self, lead: Lead, page: LeadPage) -> str:
        return " ".join(filter(None, (part.text(lead, page) for part in self.parts)))

    def cell(self, lead: Lead, page: LeadPage) -> SafeString | str:
        return self._cell(lead, page) if self._cell else super().cell(lead, page)


class HiddenColumn(PathColumn):
    """Personal data that is no field of the lead, such as its address. Roles that see leads masked read dots in place of any text."""

    def sql(self, who: Who) -> Combinable:
        return privacy.masked_sql(who, self.expression(who), captured=NOTHING)

    def text(self, lead: Lead, page: LeadPage) -> str:
        text = self.value(lead, page)
        return text if privacy.sees_values_of(page.who, lead) else privacy.mask_of_field(text, "")


class FlagReasonColumn(PathColumn):
    """The reason of the present flag. Roles that see leads masked read those that are offered, and no other."""

    def __init__(self, key: str, label: str, **options: Any) -> None:
        super().__init__(key, label, reads=["advertiser_billable"], **options)

    def sql(self, who: Who) -> Combinable:
        return privacy.reason_sql(who, self.expression(who))

    def text(self, lead: Lead, page: LeadPage) -> str:
        return privacy.reason_for(page.who, lead, self.value(lead, page))


class AddressColumn(HiddenColumn):
    """An IP address, without the length of a network."""

    def expression(self, who: Who) -> Combinable:
        return Coalesce(Func(F(self.path_for(who)), function="host", output_field=TextField()), NOTHING)


class MoneyColumn(PathColumn):
    """An amount in the campaign's currency: on pages with the currency, in files as a number."""

    def __init__(self, key: str, label: str, **options: Any) -> None:
        super().__init__(key, label, reads=["campaign__currency__code"], **options)

    def cell(self, lead: Lead, page: LeadPage) -> SafeString | str:
        amount = self.stored(lead, page.who)
        return money(amount, lead.campaign.currency.code) if amount else "—"


def _joined(first: Combinable, last: Combinable) -> Combinable:
    """Return two texts with a space between them where neither is empty."""
    words = (NullIf(first, NOTHING), NullIf(last, NOTHING))
    return Func(Value(" "), *words, function="concat_ws", output_field=TextField())


class _Difference(Func):
    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = DurationField()


class _JsonMember(Func):
    """A member of a JSON object, or NULL. The null of JSON is a member."""

    template = "(%(expressions)s)"
    arg_joiner = " -> "
    output_field = TextField()


def _to_char(value: Combinable, form: str) -> Combinable:
    return Func(value, Value(form), function="to_char", output_field=TextField())
