"""The consequences of a lead's change for its delivery, whatever the verb: holds that end, and deliveries that have arrived already."""

from collections.abc import Sequence

from leads.extension_points import arrivals
from leads.lifecycle.state import LeadChange, LeadState
from leads.statuses import DeliveryStatus


def end_hold(state: LeadState) -> None:
    """End the hold over delivery of a lead that is Valid no longer, or delivered all the same (decisions 38 and 39)."""
    if state.is_held_over_delivery and not state.may_be_held_over_delivery:
        state.hold_reason = ""


def settle_arrivals(changes: Sequence[LeadChange]) -> None:
    """Make leads Delivered that may be delivered again, and that arrived while they could not be: from that time on (decision 34).

    A lead that was never changed has no such delivery: in a live campaign those are most leads.
    """
    again = {change.after.id: change.after for change in changes if _may_be_delivered_again(change)}
    if not again:
        return
    for record in arrivals:
        for lead_id, sent_at in record().times(list(again)).items():
            state = again[lead_id]
            state.delivery_status = DeliveryStatus.DELIVERED
            state.first_delivered_at = min(state.first_delivered_at or sent_at, sent_at)


def _may_be_delivered_again(change: LeadChange) -> bool:
    return change.before.revision > 0 and change.after.may_be_delivered and not change.before.may_be_delivered
