"""A lead's Processr status as it is shown and as programs are told it: by its row, and by what else it stands in (decision 12)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from leads.extension_points import Hold, hold_reasons
from leads.models import Lead
from leads.statuses import ProcessrStatus

ORDER = (100, 0, 500, 510, 520, 600, 530, 540, 1000)
"""Of several the first that applies."""
_NUMBERS = {ProcessrStatus.WAITING: 0, ProcessrStatus.PROCESSING: 100, ProcessrStatus.COMPLETE: 1000}


@dataclass(frozen=True, slots=True)
class Standing:
    """`look` is a key of `badges.LOOKS`; `api_number` is None for a hold that nobody registers any more."""

    look: str
    label: str
    api_number: int | None


def standings(leads: Iterable[Lead]) -> dict[int, Standing]:
    """Of a page of leads: one query for all holds that follow from the same rows."""
    leads = list(leads)
    # Nothing goes before a lead's being under way, so of those nobody is asked.
    holds = _holds([lead.pk for lead in leads if lead.processr_status in (ProcessrStatus.HELD, ProcessrStatus.COMPLETE)])
    return {lead.pk: min((_of_row(lead), *map(_of_hold, holds.get(lead.pk, ()))), key=_rank) for lead in leads}


def standing_of(lead: Lead) -> Standing:
    return standings([lead])[lead.pk]


def _holds(lead_ids: Collection[int]) -> Mapping[int, list[Hold]]:
    found: dict[int, list[Hold]] = {}
    asked = {hold.standing for hold in hold_reasons if hold.standing} if lead_ids else set()
    for standing in asked:
        for pk, keys in standing(lead_ids).items():
            found.setdefault(pk, []).extend(hold for key in keys if (hold := hold_reasons.get(key)))
    return found


def _of_row(lead: Lead) -> Standing:
    """A hold tells its reason; one that nobody registers any more is still a hold."""
    status = ProcessrStatus(lead.processr_status)
    if hold := hold_reasons.get(lead.hold_reason) if lead.hold_reason else None:
        return _of_hold(hold)
    return Standing(status.value, str(status.label), _NUMBERS.get(status))


def _of_hold(hold: Hold) -> Standing:
    return Standing(hold.look, hold.label, hold.api_number)


def _rank(standing: Standing) -> int:
    """A number that the decision does not name is nearest to being held."""
    return ORDER.index(standing.api_number if standing.api_number in ORDER else 500)
