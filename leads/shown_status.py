"""The Processr status of a lead for pages and APIs, from its row and the holds that follow from other rows (decision 12)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_

from django.db.models import Case, Exists, Q, TextField, Value, When

from leads.extension_points import Hold, hold_reasons
from leads.models import Lead
from leads.statuses import ProcessrStatus

ORDER = (100, 0, 500, 510, 520, 600, 530, 540, 1000)
"""The order of precedence when several statuses apply."""
_NUMBERS = {ProcessrStatus.WAITING: 0, ProcessrStatus.PROCESSING: 100, ProcessrStatus.COMPLETE: 1000}
_SETTLED = (ProcessrStatus.HELD, ProcessrStatus.COMPLETE)
"""Leads that are under way are in no hold of an upper app, whatever its rows say."""


@dataclass(frozen=True, slots=True)
class ShownStatus:
    """A status. `look` is a key of `badges.BADGE_STYLES`; `api_number` is None for a hold that is no longer registered.

    `hold` is the hold that it shows, if it shows one.
    """

    look: str
    label: str
    api_number: int | None
    hold: Hold | None = None


def shown_statuses(leads: Iterable[Lead]) -> dict[int, ShownStatus]:
    """Return the statuses of a page of leads, with one query for all holds that follow from the same rows."""
    leads = list(leads)
    holds = _find_holds([lead.pk for lead in leads if lead.processr_status in _SETTLED])
    return {lead.pk: min((_status_of_row(lead), *map(_status_of_hold, holds.get(lead.pk, ()))), key=_rank) for lead in leads}


def shown_status(lead: Lead) -> ShownStatus:
    return shown_statuses([lead])[lead.pk]


def shown_label() -> Case:
    """Return the SQL of the label of the shown status, for queries of Lead."""
    cases = (When(case.condition, then=Value(case.status.label)) for case in _cases())
    return Case(*cases, default=Value(""), output_field=TextField())


def numbers() -> list[int]:
    """Return the numbers that a lead can have in the API, whether or not an app that is installed gives them."""
    return sorted({*ORDER, *(hold.api_number for hold in hold_reasons)})


def condition_of(number: int | None) -> Q:
    """Return the condition on Lead for those whose shown status has this number; None for holds that are no longer registered.

    Each lead meets the condition of one number. It names the columns and rows that it excludes one by one, so that
    PostgreSQL uses their indexes and finds rows, or the absence of rows, by a join.
    """
    found, cases = Q(pk__in=[]), _cases()
    for position, case in enumerate(cases):
        if case.status.api_number == number:
            found |= reduce(and_, (~condition for condition in case.exclusions(cases[:position])), case.condition)
    return found


def condition_of_any(chosen: Collection[int | None]) -> Q:
    """Return the condition on Lead for those whose shown status has one of these numbers.

    The leads of each number are looked up by an index. Most are complete: where these are chosen, the others are looked up.
    """
    if len(set(chosen)) == 1:
        return condition_of(*set(chosen))
    if _NUMBERS[ProcessrStatus.COMPLETE] in chosen:
        return ~condition_of_any({*numbers(), None}.difference(chosen))
    first, *others = (Lead.objects.filter(condition_of(number), deleted_at=None).values("pk") for number in set(chosen))
    return Q(pk__in=first.union(*others))


@dataclass(frozen=True, slots=True)
class _StatusCase:
    """A status with its condition, on the row of the lead (`own`) and on rows of an upper app (`others`)."""

    status: ShownStatus
    own: Q
    others: Exists | Q | None = None
    settled: bool = True

    @property
    def condition(self) -> Q:
        return self.own if self.others is None else self.own & Q(self.others)

    def exclusions(self, earlier: Iterable["_StatusCase"]) -> Iterator[Q]:
        """Yield the conditions of cases with precedence, but for those that exclude this one anyway: a row has one status of its own."""
        for case in earlier:
            if self.settled and case.settled and not (self.others is None and case.others is None):
                yield case.own if case.others is None else Q(case.others)


def _cases() -> list[_StatusCase]:
    """Return the statuses in the order of precedence, as `shown_statuses` applies it: a lead has the first whose condition it meets."""
    of_row, of_others = [], []
    for status in ProcessrStatus:
        own = Q(processr_status=status)
        if reasons := _reasons_of_rows(status):
            own &= ~Q(hold_reason__in=reasons)
        of_row.append(_StatusCase(_status_of_row(Lead(processr_status=status)), own, settled=status in _SETTLED))
    for hold in hold_reasons:
        if hold.condition:
            of_others.append(_StatusCase(_status_of_hold(hold), Q(processr_status__in=_SETTLED), hold.condition()))
        else:
            of_row.append(_StatusCase(_status_of_hold(hold), Q(processr_status=hold.row_status, hold_reason=hold.key)))
    return sorted([*of_row, *of_others], key=lambda case: _rank(case.status))


def shown_choices() -> list[tuple[str, str]]:
    """Return the statuses as choices: those of rows, and the holds that are registered, by their keys."""
    of_rows = [(status.value, str(status.label)) for status in ProcessrStatus]
    return [*of_rows, *((hold.key, hold.label) for hold in hold_reasons if hold.key not in ProcessrStatus)]


def _find_holds(lead_ids: Collection[int]) -> Mapping[int, list[Hold]]:
    holds: dict[int, list[Hold]] = {}
    lookups = {hold.lookup for hold in hold_reasons if hold.lookup} if lead_ids else set()
    for lookup in lookups:
        for pk, keys in lookup(lead_ids).items():
            holds.setdefault(pk, []).extend(hold for key in keys if (hold := hold_reasons.get(key)))
    return holds


def _status_of_row(lead: Lead) -> ShownStatus:
    """Return the status of the row itself. A hold shows its reason, or the plain status when the reason is no longer registered."""
    status = ProcessrStatus(lead.processr_status)
    hold = hold_reasons.get(lead.hold_reason) if lead.hold_reason in _reasons_of_rows(status) else None
    if hold:
        return _status_of_hold(hold)
    return ShownStatus(status.value, str(status.label), _NUMBERS.get(status))


def _reasons_of_rows(status: str) -> list[str]:
    """Return the keys of the holds that leads of this status have in their own row. Others follow from rows of upper apps alone."""
    return [hold.key for hold in hold_reasons if hold.condition is None and hold.row_status == status]


def _status_of_hold(hold: Hold) -> ShownStatus:
    return ShownStatus(hold.look, hold.label, hold.api_number, hold)


def _rank(status: ShownStatus) -> int:
    """Return the precedence. A number missing in `ORDER` ranks like a hold."""
    return ORDER.index(status.api_number if status.api_number in ORDER else 500)
