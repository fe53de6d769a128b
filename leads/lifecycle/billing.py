"""Billing of leads: decided per change, in its transaction, and never altered by a change of another lead.

A Valid lead that did not arrive as a test (decision 7) holds a slot of the campaign's allocation and of its publisher's
cap. The publisher earns on a CPL contract while the lead holds both; the advertiser pays while the lead holds the
campaign's slot and is delivered (decisions 25 and 26).

On a campaign that holds over delivery, a lead that finds no slot of either is held: it takes none, and is billed to nobody
until it is released (decision 39).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from campaigns.models import Campaign, CampaignPublisher
from config.core.database.copying import copy_row
from leads.lifecycle.state import LeadChange, LeadState
from leads.models import Lead, PriceEntry
from leads.statuses import DeliveryStatus, HoldReason, ProcessrStatus

LimitedRow = Campaign | CampaignPublisher
PUBLISHER, ADVERTISER = PriceEntry.Side.PUBLISHER, PriceEntry.Side.ADVERTISER


class BookedPrice(NamedTuple):
    """A row of PriceEntry that a change of a lead's billing writes."""

    lead_id: int
    side: str
    sign: int
    amount: Decimal
    currency: str
    rate: Decimal
    base_amount: Decimal
    contract_id: int | None
    cause: str


_JUDGING, _CHOOSING = frozenset({"judge", "release"}), frozenset({"flag", "send_again"})
_COPY = f"COPY leads_priceentry ({', '.join(BookedPrice._fields)}, at) FROM STDIN"


@dataclass(slots=True)
class Slots:
    """The slots of a campaign or contract with a limit. The counter of its row stays as it was found until the terms are saved."""

    row: LimitedRow
    limit: int
    taken: int

    def take(self) -> bool:
        """Take a slot, and return whether there was one left."""
        if self.taken >= self.limit:
            return False
        self.taken += 1
        return True


@dataclass
class Terms:
    """The campaigns and contracts of a set of leads, and the slots of those with a limit, by their ids.

    `contracts` has None where the publisher has no contract on the campaign.
    """

    campaigns: dict[int, Campaign] = field(default_factory=dict)
    contracts: dict[tuple[int, int | None], CampaignPublisher | None] = field(default_factory=dict)
    campaign_slots: dict[int, Slots] = field(default_factory=dict)
    contract_slots: dict[int, Slots] = field(default_factory=dict)

    def contract(self, state: LeadState) -> CampaignPublisher | None:
        return self.contracts[state.campaign_id, state.publisher_id]

    def slots(self) -> list[Slots]:
        return [*self.campaign_slots.values(), *self.contract_slots.values()]

    def copy(self) -> "Terms":
        """Return the same rows with slots that are counted on their own."""
        campaign_slots, contract_slots = (
            {pk: replace(slots) for pk, slots in all_slots.items()} for all_slots in (self.campaign_slots, self.contract_slots)
        )
        return Terms(self.campaigns, self.contracts, campaign_slots, contract_slots)

    def load(self, changes: Sequence[LeadChange]) -> list[LimitedRow]:
        """Read the campaigns and contracts that are not here yet, and return those of them with a limit."""
        pairs = {(change.after.campaign_id, change.after.publisher_id) for change in changes} - self.contracts.keys()
        if not pairs:
            return []
        condition = Q()
        for campaign_id, publisher_id in pairs:
            condition |= Q(campaign_id=campaign_id, publisher_id=publisher_id)
        contracts = list(CampaignPublisher.objects.filter(condition))
        missing = {campaign_id for campaign_id, _ in pairs} - self.campaigns.keys()
        campaigns = list(Campaign.objects.select_related("currency").filter(pk__in=missing)) if missing else []
        self.contracts |= dict.fromkeys(pairs)
        self.contracts |= {(contract.campaign_id, contract.publisher_id): contract for contract in contracts}
        self.campaigns |= {campaign.pk: campaign for campaign in campaigns}
        rows: list[LimitedRow] = [*campaigns, *contracts]
        return [row for row in rows if _limit(row) is not None]

    def count(self, limited: Iterable[LimitedRow]) -> None:
        """Add the slots of rows with a limit. A counter that is null, because the limit is new, is set to a count of the leads."""
        for row in limited:
            if row.slots_taken is None:
                row.slots_taken = Lead.objects.filter(_slot_holders(row), current_status="valid", deleted_at=None).count()
            all_slots = self.campaign_slots if isinstance(row, Campaign) else self.contract_slots
            all_slots[row.pk] = Slots(row, _limit(row) or 0, row.slots_taken)

    def save(self) -> None:
        for slots in self.slots():
            slots.row.slots_taken = slots.taken
        rows = [slots.row for slots in self.slots()]
        CampaignPublisher.objects.bulk_update([row for row in rows if isinstance(row, CampaignPublisher)], ["slots_taken"])
        Campaign.objects.bulk_update([row for row in rows if isinstance(row, Campaign)], ["slots_taken"])


def is_affected(change: LeadChange, *, cause: str) -> bool:
    before, after = change.before, change.after
    if not after.may_be_billed:
        return before.may_be_billed or before.is_billed
    if not before.may_be_billed or before.delivery_status != after.delivery_status:
        return True
    return before.is_held_over_delivery != after.is_held_over_delivery or _seeks_slot_again(change, cause)


def lock_terms(changes: Sequence[LeadChange]) -> Terms:
    """Lock contracts, then campaigns, each in id order, which is the order of all locks. Rows without a limit are only read."""
    terms = Terms()
    limited = terms.load(changes)
    for model in (CampaignPublisher, Campaign):
        rows = {row.pk: row for row in limited if isinstance(row, model)}
        current = model._default_manager.select_for_update(no_key=True).filter(pk__in=rows).order_by("pk") if rows else ()
        for row in current:
            rows[row.pk].slots_taken = row.slots_taken
    terms.count(limited)
    return terms


def bill_changes(changes: list[LeadChange], terms: Terms, *, cause: str) -> list[BookedPrice]:
    """Set the billing columns of changes that affect billing, take and return slots of the terms, and return the price entries.

    What becomes Valid takes slots, and so does what is released. An undo holds again what was held, and nothing else.
    """
    for change in changes:
        if not change.after.may_be_billed:
            _return_slots(change.after, terms)
        elif change.after.is_held_over_delivery:
            _hold(change.after, terms)
    for change in changes:
        before, after = change.before, change.after
        if not after.may_be_billed or after.is_held_over_delivery:
            continue
        if not before.may_be_billed or before.is_held_over_delivery:
            _take_slots(after, terms)
            if not before.is_held_over_delivery and cause != "undo":
                _hold_if_over(after, terms)
        elif _seeks_slot_again(change, cause):
            _hold_if_over(after, terms)
    return [entry for change in changes for entry in _price(change, terms, cause)]


def rows(prices: Sequence[BookedPrice]) -> str:
    """Return the prices for COPY, as there is one for each lead of a chunk whose billing changes."""
    now = timezone.now()
    written = {price: copy_row((*price, now)) for price in {price[1:] for price in prices}}  # all but the ids: few of the prices differ
    return "".join(f"{price.lead_id}\t{written[price[1:]]}" for price in prices)


def write(rows: str) -> None:
    if rows:
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.write(rows)


def _limit(row: LimitedRow) -> int | None:
    return row.lead_volume if isinstance(row, Campaign) else row.cap


def _slot_holders(row: LimitedRow) -> Q:
    if isinstance(row, Campaign):
        return Q(campaign=row.pk, campaign_slot=True)
    return Q(campaign=row.campaign_id, publisher=row.publisher_id, contract_slot=True)


def _return_slots(state: LeadState, terms: Terms) -> None:
    contract = terms.contract(state)
    if state.contract_slot and contract and (slots := terms.contract_slots.get(contract.id)):
        slots.taken -= 1
    if state.campaign_slot and (slots := terms.campaign_slots.get(state.campaign_id)):
        slots.taken -= 1
    state.contract_slot = state.campaign_slot = state.over_allocation = False


def _take_slots(state: LeadState, terms: Terms) -> None:
    """Take a slot of the campaign, and then of the contract. One without a limit always has one left."""
    contract, campaign_slots = terms.contract(state), terms.campaign_slots.get(state.campaign_id)
    contract_slots = terms.contract_slots.get(contract.id) if contract else None
    state.campaign_slot = campaign_slots is None or campaign_slots.take()
    state.contract_slot = state.campaign_slot and contract is not None and (contract_slots is None or contract_slots.take())
    state.over_allocation = not state.campaign_slot or (contract is not None and not state.contract_slot)


def _seeks_slot_again(change: LeadChange, cause: str) -> bool:
    """Return whether a lead that was Valid over its allocation may find a slot now, or be held.

    It was processed again, or is about to be: it leaves its hold before judgement, or is sent somewhere by choice while it waits.
    """
    after = change.after
    if not after.over_allocation or after.is_held_over_delivery or not after.may_be_held_over_delivery:
        return False
    return cause in _JUDGING or (cause in _CHOOSING and after.processr_status in (ProcessrStatus.WAITING, ProcessrStatus.PROCESSING))


def _hold_if_over(state: LeadState, terms: Terms) -> None:
    """Hold a lead that has found no slot, if its campaign says so. One that is held before judgement keeps that hold."""
    if not (terms.campaigns[state.campaign_id].hold_over_delivery and state.over_allocation and state.may_be_held_over_delivery):
        return
    if state.processr_status != ProcessrStatus.HELD:
        _return_slots(state, terms)
        _take_slots(state, terms)
        if state.over_allocation:
            _hold(state, terms)


def _hold(state: LeadState, terms: Terms) -> None:
    _return_slots(state, terms)
    state.hold_reason, state.over_allocation = HoldReason.OVER_DELIVERY, True


def _price(change: LeadChange, terms: Terms, cause: str) -> Iterable[BookedPrice]:
    after, contract, campaign = change.after, terms.contract(change.after), terms.campaigns[change.after.campaign_id]
    earns = contract is not None and contract.type == CampaignPublisher.Type.CPL and after.contract_slot and after.campaign_slot
    after.publisher_billable = after.may_be_billed and earns
    after.advertiser_billable = after.may_be_billed and after.campaign_slot and after.delivery_status == DeliveryStatus.DELIVERED
    if after.publisher_billable != change.before.publisher_billable:
        yield _entry(change, PUBLISHER, contract.payout if contract else Decimal(0), campaign, contract, cause)
    if after.advertiser_billable != change.before.advertiser_billable:
        yield _entry(change, ADVERTISER, campaign.advertiser_payout, campaign, contract, cause)


def _entry(
    change: LeadChange, side: str, price: Decimal, campaign: Campaign, contract: CampaignPublisher | None, cause: str
) -> BookedPrice:
    """Return the price entry of a change. A reversal takes back the amount that was booked, whatever the contract says now."""
    gained = getattr(change.after, f"{side}_billable")
    rate = campaign.currency.rate_to_base
    amount = price if gained else getattr(change.before, f"{side}_payout")
    base = round(amount * rate, 4) if gained else getattr(change.before, f"{side}_payout_base")
    setattr(change.after, f"{side}_payout", amount if gained else Decimal(0))
    setattr(change.after, f"{side}_payout_base", base if gained else Decimal(0))
    return BookedPrice(
        change.after.id, side, 1 if gained else -1, amount, campaign.currency.code, rate, base, contract.id if contract else None, cause
    )
