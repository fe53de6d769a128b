"""The state of a lead in a lifecycle verb: before and after the change, and the cause of the change."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from config.core.actor import Actor
from config.core.database.arrays import is_one_of
from leads.intake.search_index import SearchedLead
from leads.models import Lead
from leads.signals import Axes, Move
from leads.statuses import CurrentStatus, DeliveryStatus, HoldReason

FLAG_COLUMNS = ("flag_reason", "flag_category", "flag_comment", "flagged_by", "flagged_at")
RESTORED = (
    "second_check", *FLAG_COLUMNS, "delivery_status", "first_delivered_at", "replacement_type", "replacement_comment", "deleted_at",
)  # fmt: skip
"""The columns that an undo puts back. The current status follows from them, and billing is settled anew (decision 42)."""
RECORDED = (
    "revision", *RESTORED, "processr_status", "qa_status", "current_status", "hold_reason", "publisher_billable", "advertiser_billable",
    "over_allocation",
)  # fmt: skip
"""The columns that a bulk action records of each lead as it found it."""
_TIMES = frozenset({"flagged_at", "first_delivered_at", "deleted_at"})


Seen = tuple[Any, ...]
"""The columns of a lead that a preview shows: current status, second check, delivery, billable on both sides, and the hold."""


@dataclass(slots=True)
class LeadState:
    """The columns that the lifecycle reads. `revision` rises by one with each change that is written."""

    id: int
    campaign_id: int
    publisher_id: int | None
    created_at: datetime
    revision: int
    processr_status: str
    qa_status: str
    second_check: str
    current_status: str
    arrived_as_test: bool
    delivery_status: str
    hold_reason: str
    flag_reason: str
    flag_category: str
    flag_comment: str
    flagged_by: str
    flagged_at: datetime | None
    publisher_billable: bool
    advertiser_billable: bool
    over_allocation: bool
    contract_slot: bool
    campaign_slot: bool
    publisher_payout: Decimal
    publisher_payout_base: Decimal
    advertiser_payout: Decimal
    advertiser_payout_base: Decimal
    replacement_type: str
    replacement_comment: str
    first_delivered_at: datetime | None
    processing_counter: int
    claim: UUID | None
    claimed_at: datetime | None
    lane: int
    deleted_at: datetime | None

    @property
    def is_valid(self) -> bool:
        return self.current_status == CurrentStatus.VALID and self.deleted_at is None

    @property
    def may_be_billed(self) -> bool:
        """Whether the lead is Valid, and did not arrive as a test (decision 7)."""
        return self.is_valid and not self.arrived_as_test

    @property
    def is_billed(self) -> bool:
        return self.publisher_billable or self.advertiser_billable or self.contract_slot or self.campaign_slot

    @property
    def is_held_over_delivery(self) -> bool:
        """Whether the lead is Valid, found no slot, and waits to be released (decision 39)."""
        return self.hold_reason == HoldReason.OVER_DELIVERY

    @property
    def may_be_held_over_delivery(self) -> bool:
        """Whether the lead is one that is delivered and billed, and is not delivered yet."""
        return self.may_be_billed and self.delivery_status != DeliveryStatus.DELIVERED

    @property
    def may_be_delivered(self) -> bool:
        return self.is_valid or (self.came_as_test and self.deleted_at is None)

    @property
    def came_as_test(self) -> bool:
        """Whether the lead is a test that no user has made one (decision 7)."""
        return self.current_status == CurrentStatus.TEST and not self.second_check

    @property
    def seen(self) -> Seen:
        """The columns of which a change since a preview keeps the lead out of its action (decision 42)."""
        return (
            self.current_status, self.second_check, self.delivery_status, self.publisher_billable, self.advertiser_billable,
            self.hold_reason,
        )  # fmt: skip

    def update_current_status(self) -> None:
        self.current_status = self.second_check or self.qa_status or CurrentStatus.PENDING

    def next_revision(self) -> "LeadState":
        """Return the state that a change begins with."""
        state = LeadState(*_values(self))
        state.revision += 1
        return state

    def axes(self) -> Axes:
        return _axes(*_values_of_axes(self), deleted=self.deleted_at is not None)

    def restore(self, record: Mapping[str, Any]) -> None:
        """Put back the columns of a record that an undo restores, and its hold over delivery.

        A lead that is held before judgement keeps that hold.
        """
        for name in RESTORED:
            value = record.get(name)
            if name in _TIMES:
                setattr(self, name, datetime.fromisoformat(value) if value else None)
            else:
                setattr(self, name, value or "")
        self.update_current_status()
        if record.get("hold_reason") == HoldReason.OVER_DELIVERY and not self.hold_reason:
            self.hold_reason = HoldReason.OVER_DELIVERY


COLUMNS = tuple(field.name for field in fields(LeadState))
CHANGEABLE = tuple(name for name in COLUMNS if name not in {"id", "revision"})
changeable_values = attrgetter(*CHANGEABLE)
_values, _recorded_values = attrgetter(*COLUMNS), attrgetter(*RECORDED)
_values_of_axes = attrgetter(*(name for name in Axes.__slots__ if name != "deleted"))
_axes = lru_cache(maxsize=1000)(Axes)
"""Leads of a chunk have few different axes, and share them."""


@dataclass(slots=True)
class LeadChange:
    """The change of one lead: its state before and after, further columns to write, and edited values or further entries for the note.

    Most changes have nothing but the states, so that no containers are made for the others.
    """

    before: LeadState
    after: LeadState
    payload: Mapping[str, Any] | None = None
    data: Sequence[list] = ()
    told: Sequence[list] = ()
    searched: SearchedLead | None = None

    def move(self) -> Move:
        return Move(self.after.id, self.after.campaign_id, self.after.publisher_id, self.before.axes(), self.after.axes())


@dataclass(frozen=True)
class Cause:
    """The cause of a change, for notes and signal receivers."""

    name: str
    kind: str
    actor: Actor
    reason: str = ""
    comment: str = ""
    action_id: int | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)


def records(states: Iterable[LeadState]) -> list[tuple[dict[str, Any], list[int]]]:
    """Return the recorded columns for JSON, without empty ones, each with the ids of the leads that have them alike."""
    ids: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for state in states:
        ids[_recorded_values(state)].append(state.id)
    return [(_record(values), alike) for values, alike in ids.items()]


def _record(values: Iterable[Any]) -> dict[str, Any]:
    pairs = zip(RECORDED, values, strict=True)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in pairs if value}


def lock_states(ids: Collection[int], among: QuerySet[Lead] | None = None) -> dict[int, LeadState]:
    """Lock the leads, those among them that a query selects, in id order, so that two callers cannot deadlock, and return their states.

    It does not use plain FOR UPDATE, which would block every insert that points at the row.
    """
    leads = Lead.objects.all() if among is None else among
    return _states(leads.select_for_update(no_key=True), ids)


def read_states(ids: Collection[int], among: QuerySet[Lead] | None = None) -> dict[int, LeadState]:
    """Return the states of leads in id order without locking them, for a preview."""
    return _states(Lead.objects.all() if among is None else among, ids)


def _states(leads: QuerySet[Lead], ids: Collection[int]) -> dict[int, LeadState]:
    return {row[0]: LeadState(*row) for row in leads.filter(is_one_of(ids)).order_by("pk").values_list(*COLUMNS)}
