"""The statistics of leads (decision 49): by campaign, publisher or day from the tallies, by link from the leads themselves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from django.db import connection
from django.db.models import IntegerField, QuerySet, Value
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

    def percentage(self, name: str) -> Decimal | None:
        return percentage(getattr(self, name), self.total)


NUMBERS = tuple(field.name for field in fields(LeadNumbers))
SHARES = NUMBERS[1:]
"""The numbers that are parts of the total."""


def percentage(part: int, total: int) -> Decimal | None:
    """Return the part in percent with one decimal, half up; None where there is nothing to be a part of."""
    return (Decimal(100 * part) / total).quantize(Decimal("0.1"), ROUND_HALF_UP) if total else None


@dataclass(frozen=True, slots=True)
class Range:
    """Days of the enterprise, the first and the last one included. None stands for no limit."""

    first: date | None = None
    last: date | None = None

    @classmethod
    def of_chronology(cls, first: date | None, last: date | None) -> "Range":
        """Return a range with both ends: without them, the past days until today."""
        today = timezone.localdate(timezone=enterprise.zone())
        end = last or max(today, first or today)
        begin = first or date.fromordinal(max(1, end.toordinal() - PAST_DAYS + 1))
        return cls(begin, end)

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
    return sum_of(who, tallies.select(who, day_from=within.first, day_to=within.last, **named), by=key)


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
    leads = leads_for(who).filter(link__in=links)
    for name, ids in (("campaign", campaign_id), ("publisher", publisher_id)):
        leads = leads if ids is None else leads.filter(**{f"{name}__in": ids})
    if within.first is not None:
        leads = leads.filter(created_at__gte=days.begin_of(within.first))
    if within.last is not None:
        leads = leads.filter(created_at__lt=days.end_of(within.last))
    counted = _sums(*_rows_of(leads, by=key, billable=billable_column(who)), by=key, billable=billable_column(who))
    if sum(one.total for one in counted.values()) > MOST_LEADS_OF_LINKS:
        raise DomainError(TOO_MANY_OF_LINKS)
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
