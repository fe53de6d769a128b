"""Signals about leads for upper apps."""

from dataclasses import dataclass
from typing import NamedTuple

from django.dispatch import Signal

from leads.statuses import DeliveryStatus, ProcessrStatus

leads_moving = Signal()
"""Sent inside the transaction of every lifecycle call: moves (list of Move), cause (str), extras (mapping), action_id (int or None).

A receiver writes rows of its own app in a fixed number of statements and never calls out; its exception rolls the call back.
"""

leads_waiting = Signal()
"""Sent inside the transaction that leaves leads waiting: campaign_ids (set of int). A receiver may only notify workers."""


@dataclass(frozen=True, slots=True)
class Axes:
    """The part of a lead's state that a change may touch and receivers need."""

    processr_status: str
    qa_status: str
    second_check: str
    current_status: str
    delivery_status: str
    hold_reason: str
    publisher_billable: bool
    advertiser_billable: bool
    over_allocation: bool
    deleted: bool

    @property
    def is_over_before_judgement(self) -> bool:
        """Whether the lead is Valid without a slot, and on hold until it is judged, so that it cannot be held over delivery yet."""
        return self.over_allocation and self.processr_status == ProcessrStatus.HELD and self.delivery_status != DeliveryStatus.DELIVERED


class Move(NamedTuple):
    lead_id: int
    campaign_id: int
    publisher_id: int | None
    before: Axes
    after: Axes
