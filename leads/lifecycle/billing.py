"""Billing of leads: decided per change, in its transaction, and never altered by a change of another lead.

A Valid lead holds a slot of the campaign's allocation and of its publisher's cap. The publisher earns on a CPL contract
while the lead holds both; the advertiser pays while the lead holds the campaign's slot and is delivered (decisions 25
and 26).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q

from campaigns.models import Campaign, CampaignPublisher
from leads.lifecycle.state import LeadChange, State
from leads.models import Lead, PriceEntry
from leads.statuses import DeliveryStatus

LimitedRow = Campaign | CampaignPublisher
PUBLISHER, ADVERTISER = PriceEntry.Side.PUBLISHER, PriceEntry.Side.ADVERTISER


@dataclass
class Terms:
    """The campaigns and contracts of a set of leads, and the slots taken of those with a limit.

    `contracts` has None where the publisher has no contract on the campaign.
    """

    campaigns: dict[int, Campaign] = field(default_factory=dict)
    contracts: dict[tuple[int, int | None], CampaignPublisher | None] = field(default_factory=dict)
    taken: dict[LimitedRow, int] = field(default_factory=dict)

    def contract(self, state: State) -> CampaignPublisher | None:
        return self.contracts[state.campaign_id, state.publisher_id]

    def copy(self) -> "Terms":
        """Return the same rows with a count of their slots of its own."""
        return Terms(self.campaigns, self.contracts, dict(self.taken))

    def take_slot(self, row: LimitedRow) -> bool:
        """Take a slot, and return whether there was one left. A row without a limit always has one."""
        limit = limit_of(row)
        if limit is None:
            return True
        if self.taken[row] >= limit:
            return False
        self.taken[row] += 1
        return True

    def return_slot(self, row: LimitedRow) -> None:
        if row in self.taken:
            self.taken[row] -= 1

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
        return [row for row in rows if limit_of(row) is not None]

    def count(self, limited: Iterable[LimitedRow]) -> None:
        """Set the slots taken of rows. A counter that is null, because the limit is new, is set to a count of the leads."""
        for row in limited:
            taken = row.slots_taken
            if taken is None:
                taken = Lead.objects.filter(_slot_holders(row), current_status="valid", deleted_at=None).count()
            self.taken[row] = taken

    def save(self) -> None:
        for row, taken in self.taken.items():
            row.slots_taken = taken
        CampaignPublisher.objects.bulk_update([row for row in self.taken if isinstance(row, CampaignPublisher)], ["slots_taken"])
        Campaign.objects.bulk_update([row for row in self.taken if isinstance(row, Campaign)], ["slots_taken"])


def limit_of(row: LimitedRow) -> int | None:
    return row.lead_volume if isinstance(row, Campaign) else row.cap


def is_affected(change: LeadChange) -> bool:
    before, after = change.before, change.after
    return before.is_valid != after.is_valid or (after.is_valid and before.delivery_status != after.delivery_status)


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


def settle(changes: list[LeadChange], terms: Terms, *, cause: str) -> list[PriceEntry]:
    """Set the billing columns of changes that affect billing, take and return slots of the terms, and return the price entries."""
    for change in changes:
        if not change.after.is_valid:
            _return_slots(change.after, terms)
    for change in changes:
        if change.after.is_valid and not change.before.is_valid:
            _take_slots(change.after, terms)
    return [entry for change in changes for entry in _price(change, terms, cause)]


def _slot_holders(row: LimitedRow) -> Q:
    if isinstance(row, Campaign):
        return Q(campaign=row.pk, campaign_slot=True)
    return Q(campaign=row.campaign_id, publisher=row.publisher_id, contract_slot=True)


def _return_slots(state: State, terms: Terms) -> None:
    contract = terms.contract(state)
    if state.contract_slot and contract:
        terms.return_slot(contract)
    if state.campaign_slot:
        terms.return_slot(terms.campaigns[state.campaign_id])
    state.contract_slot = state.campaign_slot = state.over_allocation = False


def _take_slots(state: State, terms: Terms) -> None:
    contract = terms.contract(state)
    state.campaign_slot = terms.take_slot(terms.campaigns[state.campaign_id])
    state.contract_slot = state.campaign_slot and contract is not None and terms.take_slot(contract)
    state.over_allocation = not state.campaign_slot or (contract is not None and not state.contract_slot)


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
