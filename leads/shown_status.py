"""The Processr status of a lead for pages and APIs, from its row and the holds that follow from other rows (decision 12)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Case, Q, TextField, Value, When

from leads.extension_points import Hold, hold_reasons
from leads.models import Lead
from leads.statuses import ProcessrStatus

ORDER = (100, 0, 500, 510, 520, 600, 530, 540, 1000)
"""The order of precedence when several statuses apply."""
_NUMBERS = {ProcessrStatus.WAITING: 0, ProcessrStatus.PROCESSING: 100, ProcessrStatus.COMPLETE: 1000}


@dataclass(frozen=True, slots=True)
class ShownStatus:
    """A status. `look` is a key of `badges.BADGE_STYLES`; `api_number` is None for a hold that is no longer registered."""

    look: str
    label: str
    api_number: int | None


def shown_statuses(leads: Iterable[Lead]) -> dict[int, ShownStatus]:
    """Return the statuses of a page of leads, with one query for all holds that follow from the same rows."""
    leads = list(leads)
    # Being under way takes precedence over every hold, so these leads need no look-up.
    holds = _find_holds([lead.pk for lead in leads if lead.processr_status in (ProcessrStatus.HELD, ProcessrStatus.COMPLETE)])
    return {lead.pk: min((_status_of_row(lead), *map(_status_of_hold, holds.get(lead.pk, ()))), key=_rank) for lead in leads}


def shown_status(lead: Lead) -> ShownStatus:
    return shown_statuses([lead])[lead.pk]


def shown_label() -> Case:
    """Return the SQL of the label of the shown status, for queries of Lead."""
    settled = Q(processr_status__in=(ProcessrStatus.HELD, ProcessrStatus.COMPLETE))
    without_reason = ~Q(hold_reason__in=hold_reasons.keys())
    of_row = [(_status_of_row(Lead(processr_status=status)), Q(processr_status=status) & without_reason) for status in ProcessrStatus]
    of_row += [(_status_of_hold(hold), Q(hold_reason=hold.key)) for hold in hold_reasons]
    of_others = [(_status_of_hold(hold), settled & Q(hold.condition())) for hold in hold_reasons if hold.condition]
    cases = sorted([*of_row, *of_others], key=lambda case: _rank(case[0]))
    return Case(*(When(condition, then=Value(status.label)) for status, condition in cases), default=Value(""), output_field=TextField())


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
    if hold := hold_reasons.get(lead.hold_reason) if lead.hold_reason else None:
        return _status_of_hold(hold)
    return ShownStatus(status.value, str(status.label), _NUMBERS.get(status))


def _status_of_hold(hold: Hold) -> ShownStatus:
    return ShownStatus(hold.look, hold.label, hold.api_number)


def _rank(status: ShownStatus) -> int:
    """Return the precedence. A number missing in `ORDER` ranks like a hold."""
    return ORDER.index(status.api_number if status.api_number in ORDER else 500)
