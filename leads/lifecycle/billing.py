"""Billing of leads: decided per change, in its transaction, and never altered by a change of another lead.

A Valid lead holds a slot of the campaign's allocation and of its publisher's cap. The publisher earns on a CPL contract
while the lead holds both; the advertiser pays while the lead holds the campaign's slot and is delivered (decisions 25
and 26).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from django.db.models import Q

from campaigns.models import Campaign, CampaignPublisher
from leads.lifecycle.state import LeadChange, State
from leads.models import Lead, PriceEntry
from leads.statuses import DeliveryStatus

Limited = TypeVar("Limited", Campaign, CampaignPublisher)
PUBLISHER, ADVERTISER = PriceEntry.Side.PUBLISHER, PriceEntry.Side.ADVERTISER


@dataclass
class Terms:
    """The campaigns and contracts of a set of leads. Those with a limit are locked, and their counters are saved."""

    campaigns: dict[int, Campaign]
    contracts: dict[tuple[int, int | None], CampaignPublisher]

    def contract(self, state: State) -> CampaignPublisher | None:
        return self.contracts.get((state.campaign_id, state.publisher_id))

    def save(self) -> None:
        limited = [c for c in self.contracts.values() if c.cap is not None]
        CampaignPublisher.objects.bulk_update(limited, ["slots_taken"])
        Campaign.objects.bulk_update([c for c in self.campaigns.values() if c.lead_volume is not None], ["slots_taken"])


def settle(changes: list[LeadChange], *, cause: str) -> list[PriceEntry]:
    """Set the billing columns of each change, and return the resulting price entries."""
    affected = [c for c in changes if _affects_billing(c.before, c.after)]
    if not affected:
        return []
    terms = _load_terms(affected)
    for change in affected:
        if not change.after.is_valid:
            _return_slots(change.after, terms)
    for change in affected:
        if change.after.is_valid and not change.before.is_valid:
            _take_slots(change.after, terms)
    entries = [entry for change in affected for entry in _price(change, terms, cause)]
    terms.save()
    return entries


def _affects_billing(before: State, after: State) -> bool:
    return before.is_valid != after.is_valid or (after.is_valid and before.delivery_status != after.delivery_status)


def _load_terms(changes: list[LeadChange]) -> Terms:
    """Lock contracts, then campaigns, each in id order, which is the order of all locks. Rows without a limit are read without a lock."""
    states = [c.after for c in changes]
    pairs = Q()
    for campaign_id, publisher_id in {(s.campaign_id, s.publisher_id) for s in states}:
        pairs |= Q(campaign_id=campaign_id, publisher_id=publisher_id)
    contracts = list(CampaignPublisher.objects.filter(pairs))
    campaigns = list(Campaign.objects.select_related("currency").filter(pk__in={s.campaign_id for s in states}))
    _lock_limited(contracts, CampaignPublisher, [c.pk for c in contracts if c.cap is not None])
    _lock_limited(campaigns, Campaign, [c.pk for c in campaigns if c.lead_volume is not None])
    for campaign in campaigns:
        _initialise_counter(campaign, Q(campaign=campaign.pk, campaign_slot=True), campaign.lead_volume)
    for contract in contracts:
        _initialise_counter(contract, Q(campaign=contract.campaign_id, publisher=contract.publisher_id, contract_slot=True), contract.cap)
    return Terms({c.pk: c for c in campaigns}, {(c.campaign_id, c.publisher_id): c for c in contracts})


def _lock_limited(rows: list[Limited], model: type[Limited], limited: list[int]) -> None:
    if not limited:
        return
    current = model.objects.select_for_update(no_key=True).in_bulk(sorted(limited))
    for row in rows:
        if row.pk in current:
            row.slots_taken = current[row.pk].slots_taken


def _initialise_counter(row: Campaign | CampaignPublisher, holders: Q, limit: int | None) -> None:
    """Set a counter that is still null, because the limit is new, to a count under the row's lock."""
    if limit is not None and row.slots_taken is None:
        row.slots_taken = Lead.objects.filter(holders, current_status="valid", deleted_at=None).count()


def _return_slots(state: State, terms: Terms) -> None:
    contract, campaign = terms.contract(state), terms.campaigns[state.campaign_id]
    if state.contract_slot and contract and contract.cap is not None:
        contract.slots_taken = (contract.slots_taken or 0) - 1
    if state.campaign_slot and campaign.lead_volume is not None:
        campaign.slots_taken = (campaign.slots_taken or 0) - 1
    state.contract_slot = state.campaign_slot = state.over_allocation = False


def _take_slots(state: State, terms: Terms) -> None:
    contract, campaign = terms.contract(state), terms.campaigns[state.campaign_id]
    state.campaign_slot = _take_slot(campaign, campaign.lead_volume)
    state.contract_slot = state.campaign_slot and contract is not None and _take_slot(contract, contract.cap)
    state.over_allocation = not state.campaign_slot or (contract is not None and not state.contract_slot)


def _take_slot(row: Campaign | CampaignPublisher, limit: int | None) -> bool:
    if limit is None:
        return True
    taken = row.slots_taken or 0
    if taken >= limit:
        return False
    row.slots_taken = taken + 1
    return True


def _price(change: LeadChange, terms: Terms, cause: str) -> Iterable[PriceEntry]:
    after, contract, campaign = change.after, terms.contract(change.after), terms.campaigns[change.after.campaign_id]
    earns = contract is not None and contract.type == CampaignPublisher.Type.CPL and after.contract_slot and after.campaign_slot
    after.publisher_billable = after.is_valid and earns
    after.advertiser_billable = after.is_valid and after.campaign_slot and after.delivery_status == DeliveryStatus.DELIVERED
    if after.publisher_billable != change.before.publisher_billable:
        yield _entry(change, PUBLISHER, contract.payout if contract else Decimal(0), campaign, contract, cause)
    if after.advertiser_billable != change.before.advertiser_billable:
        yield _entry(change, ADVERTISER, campaign.advertiser_payout, campaign, contract, cause)


def _entry(change: LeadChange, side: str, price: Decimal, campaign: Campaign, contract: CampaignPublisher | None, cause: str) -> PriceEntry:
    """Return the price entry of a change. A reversal takes back the amount that was booked, whatever the contract says now."""
    gained = getattr(change.after, f"{side}_billable")
    rate = campaign.currency.rate_to_base
    amount = price if gained else getattr(change.before, f"{side}_payout")
    base = round(amount * rate, 4) if gained else getattr(change.before, f"{side}_payout_base")
    setattr(change.after, f"{side}_payout", amount if gained else Decimal(0))
    setattr(change.after, f"{side}_payout_base", base if gained else Decimal(0))
    return PriceEntry(
        lead_id=change.after.id, side=side, sign=1 if gained else -1, amount=amount, currency=campaign.currency.code,
        rate=rate, base_amount=base, contract=contract, cause=cause,
    )  # fmt: skip
