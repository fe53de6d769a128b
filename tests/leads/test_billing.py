"""Slots, billable flags and price entries."""

from decimal import Decimal

import pytest

from campaigns import services
from campaigns.models import CampaignPublisher
from config.core.errors import DomainError
from leads import integrity, lifecycle
from leads.models import PriceEntry
from tests.leads.acts import again, judge_all

pytestmark = pytest.mark.django_db


def entries(lead, side):
    return [(e.sign, e.amount, e.base_amount) for e in PriceEntry.objects.filter(lead=lead, side=side).order_by("id")]


def test_a_valid_lead_earns_the_publisher_and_a_delivered_one_costs_the_advertiser(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    assert (again(lead).publisher_billable, again(lead).advertiser_billable) == (True, False)
    lifecycle.mark_delivered([lead.pk], actor=bob)
    lead = again(lead)
    assert (lead.advertiser_billable, lead.advertiser_payout, lead.publisher_payout) == (True, Decimal(50), Decimal(20))


def test_money_taken_back_is_what_was_given_whatever_the_contract_says_by_then(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    campaign.contracts.update(payout=Decimal(99))
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="Returned")
    assert entries(lead, "publisher") == [(1, Decimal(20), Decimal(20)), (-1, Decimal(20), Decimal(20))]
    assert again(lead).publisher_payout == 0


def test_base_amounts_follow_the_rate_at_the_time(campaign, make_leads, bob):
    campaign.currency.rate_to_base = Decimal("1.25")
    campaign.currency.save(update_fields=["rate_to_base"])
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    assert again(lead).publisher_payout_base == Decimal(25)


def test_a_lead_over_the_publishers_cap_is_paid_by_the_advertiser_but_earns_nothing(make_campaign, make_leads, bob):
    campaign = make_campaign(cap=1)
    within, over = make_leads(campaign, 2)
    judge_all(campaign)
    lifecycle.mark_delivered([within.pk, over.pk], actor=bob)
    assert (again(within).publisher_billable, again(within).over_allocation) == (True, False)
    assert (again(over).publisher_billable, again(over).over_allocation, again(over).advertiser_billable) == (False, True, True)


def test_a_lead_over_the_campaigns_volume_is_billable_to_nobody(make_campaign, make_leads, bob):
    campaign = make_campaign(lead_volume=1)
    _, over = make_leads(campaign, 2)
    judge_all(campaign)
    lifecycle.mark_delivered([over.pk], actor=bob)
    lead = again(over)
    assert (lead.publisher_billable, lead.advertiser_billable, lead.over_allocation) == (False, False, True)
    campaign.refresh_from_db()
    assert campaign.slots_taken == 1


@pytest.mark.parametrize("limits", [{"cap": 0}, {"lead_volume": 0}])
def test_a_limit_of_nothing_leaves_nothing_to_earn(limits, make_campaign, make_leads):
    campaign = make_campaign(**limits)
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    assert (again(lead).publisher_billable, again(lead).contract_slot, again(lead).over_allocation) == (False, False, True)


def test_a_freed_slot_goes_to_the_next_lead_that_moves_and_changes_no_other(make_campaign, make_leads, bob):
    campaign = make_campaign(cap=1)
    first, second = make_leads(campaign, 2)
    judge_all(campaign)
    lifecycle.flag([first.pk], "invalid", actor=bob, reason="Returned")
    assert again(second).publisher_billable is False
    (third,) = make_leads(campaign)
    judge_all(campaign)
    assert again(third).publisher_billable is True
    assert campaign.contracts.get().slots_taken == 1


def test_a_cap_set_later_counts_the_leads_that_hold_a_slot_of_this_publisher(make_campaign, make_leads, pat, bob):
    campaign, other = make_campaign(), services.create_publisher("Other", actor=bob)
    services.assign_publisher(campaign, other, actor=bob)
    make_leads(campaign, 3)
    make_leads(campaign, 2, publisher=other)
    judge_all(campaign)
    campaign.contracts.filter(publisher=pat).update(cap=4)
    make_leads(campaign, 2)
    judge_all(campaign)
    assert campaign.contracts.get(publisher=pat).slots_taken == 4


@pytest.mark.parametrize(
    "terms", [{"type": "fixed"}, {"type": CampaignPublisher.Type.FIXED, "contract_value": Decimal(900)}, {"type": "Fixed"}]
)
def test_a_contract_that_nothing_bills_is_refused(terms, make_campaign, bob):
    campaign, other = make_campaign(), services.create_publisher("Other", actor=bob)
    with pytest.raises(DomainError, match="Fixed contracts cannot be made yet") as refusal:
        services.assign_publisher(campaign, other, actor=bob, **terms)
    assert (refusal.value.field, campaign.contracts.count()) == ("type", 1)
    assert services.assign_publisher(campaign, other, actor=bob, type="cpl").type == "cpl"


def test_a_fixed_contract_earns_nothing_per_lead(make_campaign, make_leads):
    campaign = make_campaign()
    campaign.contracts.update(type="fixed")
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    assert (again(lead).publisher_billable, again(lead).over_allocation) == (False, False)


@pytest.mark.sql
def test_a_deleted_lead_gives_its_slot_and_its_money_back_and_gets_them_again(make_campaign, make_leads, bob):
    campaign = make_campaign(cap=1)
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    lifecycle.delete([lead.pk], actor=bob)
    assert campaign.contracts.get().slots_taken == 0
    lifecycle.restore([lead.pk], actor=bob)
    assert again(lead).publisher_billable is True
    assert [sign for sign, *_ in entries(lead, "publisher")] == [1, -1, 1]
    assert integrity.billing() == []


def test_a_lead_of_no_publisher_is_billable_to_the_advertiser_only(campaign, make_leads, bob):
    (lead,) = make_leads(campaign, publisher=None)
    judge_all(campaign)
    lifecycle.mark_delivered([lead.pk], actor=bob)
    assert (again(lead).publisher_billable, again(lead).advertiser_billable, again(lead).over_allocation) == (False, True, False)
