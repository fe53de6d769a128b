"""The statistics of leads (decision 49): by campaign, publisher or day from the tallies, by link from the leads themselves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from django.db import connection
from django.db.models import IntegerField, Q, QuerySet, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from campaigns.scope import Who
from config.core import enterprise
from config.core.errors import DomainError
from config.core.lists import days
from leads.lifecycle import tallies
from leads.models import Lead
from leads.selectors import billable_column, leads_for

PAST_DAYS = 30
"""The days of a chronology that is asked for none."""
MOST_LEADS_OF_LINKS = 50_000
"""Leads that one answer by link reads. The tallies do not know links, so an index by link and day is read instead."""
TOO_MANY_OF_LINKS = (
    f"These links have more than {MOST_LEADS_OF_LINKS:,} leads in these days, and by link no more are counted at once. "
    "Ask for fewer days or links, or by campaign or publisher, which are counted whatever their number."
)
TOO_MANY_OF_MOMENTS = (
    f"createdTs begins or ends within a day on which more than {MOST_LEADS_OF_LINKS:,} leads came in, and of a part of a day no more "
    "are counted at once. Ask for whole days, as date[after] and date[before], which are counted whatever their number."
)
MICROSECOND = timedelta(microseconds=1)
"""The smallest step of the time at which a lead came in."""
FIRST_DAY, LAST_DAY = date.min.toordinal(), date.max.toordinal()
_SUMS = """
SELECT {by}, sum(n),
    coalesce(sum(n) FILTER (WHERE current_status = 'valid'), 0), coalesce(sum(n) FILTER (WHERE current_status = 'invalid'), 0),
    coalesce(sum(n) FILTER (WHERE current_status = 'caution'), 0), coalesce(sum(n) FILTER (WHERE current_status = 'test'), 0),
    coalesce(sum(n) FILTER (WHERE delivery_status = 'delivered'), 0), coalesce(sum(n) FILTER (WHERE {billable}), 0)
FROM ({rows}) AS counted
GROUP BY {by}
"""
Key = Literal["campaign_id", "publisher_id", "link_id", "day"]


@dataclass(frozen=True, slots=True)
class LeadNumbers:
    """Numbers of leads. `billable` is the number that a publisher is paid for, and for all others what the advertiser pays for."""

    total: int = 0
    valid: int = 0
    invalid: int = 0
    caution: int = 0
    test: int = 0
    delivered: int = 0
    billable: int = 0

    def __add__(self, other: "LeadNumbers") -> "LeadNumbers":
        return LeadNumbers(*(getattr(self, name) + getattr(other, name) for name in NUMBERS))

    def percentage(self, name: str) -> Decimal | None:
        return percentage(getattr(self, name), self.total)


NUMBERS = tuple(field.name for field in fields(LeadNumbers))
SHARES = NUMBERS[1:]
"""The numbers that are parts of the total."""


def percentage(part: int, total: int) -> Decimal | None:
    """Return the part in percent with one decimal, half up; None where there is nothing to be a part of."""
    return (Decimal(100 * part) / total).quantize(Decimal("0.1"), ROUND_HALF_UP) if total else None


def just_after(at: datetime) -> datetime:
    """Return the next moment, at the end of the calendar the last one."""
    try:
        return at + MICROSECOND
    except OverflowError:
        return at


def _just_before(at: datetime) -> datetime:
    """Return the moment before, at the beginning of the calendar the first one."""
    try:
        return at - MICROSECOND
    except OverflowError:
        return at


def _day_of(at: datetime) -> date:
    try:
        return at.astimezone(enterprise.zone()).date()
    except OverflowError:
        return at.date()


@dataclass(frozen=True, slots=True)
class Range:
    """Days of the enterprise, the first and the last one included. None stands for no limit."""

    first: date | None = None
    last: date | None = None
    since: datetime | None = None
    """The moment of the first day from which leads are counted; None for all of the day."""
    until: datetime | None = None
    """The moment of the last day before which they are."""

    @classmethod
    def between(cls, firsts: list[date], lasts: list[date], since: list[datetime], until: list[datetime]) -> "Range":
        """Return the range that every bound allows: the first and the last days, the moments from which, and those before which."""
        begin, end = max(since, default=None), min(until, default=None)
        first = max([*firsts, *([_day_of(begin)] if begin else [])], default=None)
        last = min([*lasts, *([_day_of(_just_before(end))] if end else [])], default=None)
        is_within = first is not None and begin is not None and begin > days.begin_of(first)
        is_cut = last is not None and end is not None and end < days.end_of(last)
        return cls(first, last, begin if is_within else None, end if is_cut else None)

    def of_chronology(self) -> "Range":
        """Return the range with both ends: without them, the past days until today."""
        today = timezone.localdate(timezone=enterprise.zone())
        end = self.last or max(today, self.first or today)
        begin = self.first or date.fromordinal(max(1, end.toordinal() - PAST_DAYS + 1))
        return replace(self, first=begin, last=end)

    def part(self, first: date, last: date) -> "Range":
        """Return these days of the range."""
        return Range(first, last, self.since if first == self.first else None, self.until if last == self.last else None)

    @property
    def whole_days(self) -> "Range | None":
        """The days of which all leads are counted; None where there is no such day."""
        if self.since is None and self.until is None:
            return self
        first = self.first.toordinal() + (self.since is not None) if self.first else FIRST_DAY
        last = self.last.toordinal() - (self.until is not None) if self.last else LAST_DAY
        return Range(date.fromordinal(first), date.fromordinal(last)) if first <= last else None

    @property
    def condition(self) -> Q:
        """The condition on leads of the whole range."""
        condition = Q()
        if self.first is not None:
            condition &= Q(created_at__gte=self.since or days.begin_of(self.first))
        if self.last is not None:
            condition &= Q(created_at__lt=self.until or days.end_of(self.last))
        return condition

    @property
    def rest(self) -> Q | None:
        """The condition on the leads of the days that are not whole; None where all days are."""
        whole = self.whole_days
        if whole is None:
            return self.condition
        condition = Q()
        if self.since is not None and self.first is not None:
            condition |= Q(created_at__gte=self.since, created_at__lt=days.end_of(self.first))
        if self.until is not None and self.last is not None:
            condition |= Q(created_at__gte=days.begin_of(self.last), created_at__lt=self.until)
        return condition or None

    def dates(self) -> list[date]:
        if self.first is None or self.last is None:
            raise ValueError("a range without an end has no list of days")
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


ALL_DAYS = Range()


def by_key(
    who: Who,
    key: Key,
    within: Range = ALL_DAYS,
    *,
    campaign_id: Collection[int] | None = None,
    publisher_id: Collection[int] | None = None,
) -> dict[Any, LeadNumbers]:
    """Return the statistics of the leads that `who` sees by campaign, publisher or day. Those without leads are absent."""
    ids = {"campaign_id": campaign_id, "publisher_id": publisher_id}
    named: dict[str, Any] = {name: list(values) for name, values in ids.items() if values is not None}
    counted: dict[Any, LeadNumbers] = {}
    if whole := within.whole_days:
        counted = sum_of(who, tallies.select(who, day_from=whole.first, day_to=whole.last, **named), by=key)
    if rest := within.rest:
        leads = _leads_of(who, campaign_id, publisher_id).filter(rest)
        for found, numbers in _counted(leads, who, key, TOO_MANY_OF_MOMENTS).items():
            counted[found] = counted.get(found, LeadNumbers()) + numbers
    return counted


def sum_of(who: Who, selection: tallies.TallySelection, *, by: str) -> dict[Any, LeadNumbers]:
    billable = billable_column(who)
    columns = dict.fromkeys((by, "current_status", "delivery_status", billable, "n"))
    return _sums(*selection.rows(*columns), by=by, billable=billable)


def of_links(
    who: Who,
    key: Key,
    links: Collection[int],
    within: Range = ALL_DAYS,
    *,
    campaign_id: Collection[int] | None = None,
    publisher_id: Collection[int] | None = None,
) -> dict[Any, LeadNumbers]:
    """Return the statistics of the leads of links by link or day.

    Raises DomainError for more than `MOST_LEADS_OF_LINKS` leads: no more are read, whatever their number.
    """
    leads = _leads_of(who, campaign_id, publisher_id).filter(within.condition, link__in=links)
    return _counted(leads, who, key, TOO_MANY_OF_LINKS)


def _leads_of(who: Who, campaign_id: Collection[int] | None, publisher_id: Collection[int] | None) -> QuerySet[Lead]:
    leads = leads_for(who)
    for name, ids in (("campaign", campaign_id), ("publisher", publisher_id)):
        leads = leads if ids is None else leads.filter(**{f"{name}__in": ids})
    return leads


def _counted(leads: QuerySet[Lead], who: Who, key: Key, refusal: str) -> dict[Any, LeadNumbers]:
    """Return the statistics of leads that are read. Raises DomainError with the refusal for too many of them."""
    counted = _sums(*_rows_of(leads, by=key, billable=billable_column(who)), by=key, billable=billable_column(who))
    if sum(one.total for one in counted.values()) > MOST_LEADS_OF_LINKS:
        raise DomainError(refusal)
    return counted


def _rows_of(leads: QuerySet[Lead], *, by: str, billable: str) -> tuple[str, Sequence[Any]]:
    made: dict[str, Any] = {"n": Value(1, output_field=IntegerField())}
    if by == "day":
        made["day"] = TruncDate("created_at", tzinfo=enterprise.zone())
    rows = leads.order_by().annotate(**made).values(by, "current_status", "delivery_status", billable, "n")
    statement, parameters = rows[: MOST_LEADS_OF_LINKS + 1].query.sql_with_params()
    return statement, parameters


def _sums(rows: str, parameters: Sequence[Any], *, by: str, billable: str) -> dict[Any, LeadNumbers]:
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(by=by, billable=billable, rows=rows), parameters)
        return {key: LeadNumbers(*map(int, numbers)) for key, *numbers in cursor}
