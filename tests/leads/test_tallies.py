"""Tallies and deltas: exact at every moment, for everyone."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from campaigns import services
from config.core import enterprise
from config.core.accounts import roles
from config.core.lists.pagination import count_capped
from config.core.models import Enterprise
from leads import integrity, lifecycle
from leads.lifecycle import tallies
from leads.models import DailyTally, Lead, TallyDelta
from leads.models.tally import EVERYWHERE
from tests.cast import make_user
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(bob):
    return make_user(roles.ADMIN)


def test_counts_are_exact_before_during_and_after_folding(campaign, make_leads, admin, bob):
    leads = make_leads(campaign, 5)
    judge_all(campaign)
    assert tallies.count_for(admin) == 5
    tallies.fold()
    lifecycle.flag([leads[0].pk], "invalid", actor=bob, reason="x")
    assert tallies.count_for(admin, current_status="valid") == 4
    assert tallies.count_for(admin, current_status=["valid", "invalid"], campaign_id=campaign.pk) == 5
    tallies.fold()
    assert TallyDelta.objects.count() == 0
    assert tallies.count_for(admin, current_status="invalid") == 1
    lifecycle.delete([leads[1].pk], actor=bob)
    assert tallies.count_for(admin) == 4
    assert integrity.tallies() == []


def test_leads_outside_of_campaigns_and_generators_are_counted_once(campaign, make_campaign, make_leads, admin, pat):
    other = make_campaign("Autumn")
    make_leads(campaign, 2)
    make_leads(other, 3)
    make_leads(other, 1, publisher=None)
    today = timezone.localdate()
    for _ in range(2):
        assert tallies.count_for(admin, without={"campaign_id": [campaign.pk]}) == 4
        assert tallies.count_for(admin, without={"campaign_id": [other.pk]}, day_from=today) == 2
        assert tallies.count_for(admin, without={"publisher_id": [pat.pk]}) == 1
        assert tallies.count_for(admin, without={"publisher_id": [pat.pk], "campaign_id": [other.pk]}) == 0
        tallies.fold()


def test_the_days_of_a_publisher_are_counted_in_all_its_campaigns(campaign, make_campaign, make_leads, admin, pat, bob):
    """Also in campaigns whose leads are not folded yet."""
    quiet, today = services.create_publisher("Quiet Press", actor=bob), timezone.localdate()
    make_leads(campaign, 2)
    make_leads(make_campaign("Autumn"), 1)
    make_leads(make_campaign("Winter"), 4, publisher=quiet)
    publisher = make_user(roles.PUBLISHER)
    services.add_member(publisher, pat, actor=bob)
    for more in (0, 1):
        make_leads(make_campaign(), more)
        for _ in range(2):
            for who, keys in ((admin, {"publisher_id": pat.pk}), (publisher, {}), (publisher, {"publisher_id": [pat.pk, quiet.pk]})):
                assert tallies.count_for(who, day_from=today, **keys) == 3 + more
            assert tallies.count_for(admin, day_from=today, publisher_id=[pat.pk, quiet.pk]) == 7 + more
            tallies.fold()


def test_counts_by_day_use_the_enterprises_days(campaign, make_leads, admin):
    today = timezone.localdate()
    make_leads(campaign, 2)
    tallies.fold()
    day = timezone.timedelta(days=1)
    spans = {(today, today): 2, (today, None): 2, (None, today): 2, (None, today - day): 0, (today + day, None): 0}
    assert {span: tallies.count_for(admin, day_from=span[0], day_to=span[1]) for span in spans} == spans


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", date(2026, 3, 31)), ("Pacific/Kiritimati", date(2026, 4, 1)), ("Pacific/Niue", date(2026, 3, 30))]
)
def test_whatever_becomes_of_a_lead_counts_on_the_day_of_the_enterprises_zone(zone, day, campaign, make_leads, admin, bob):
    """Days before and after it have no counts."""
    Enterprise.objects.update(zone=zone)
    enterprise.forget()
    (lead,) = make_leads(campaign)
    TallyDelta.objects.all().delete()
    Lead.objects.filter(pk=lead.pk).update(created_at=datetime(2026, 3, 31, 10, 30, tzinfo=UTC))
    judge_all(campaign)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="x")
    lifecycle.delete([lead.pk], actor=bob)
    assert set(TallyDelta.objects.values_list("day", flat=True)) == {day}
    enterprise.forget()


def test_a_set_that_moves_alike_leaves_two_deltas(campaign, make_leads, admin):
    make_leads(campaign, 50)
    TallyDelta.objects.all().delete()
    judge_all(campaign)
    assert sorted(TallyDelta.objects.values_list("current_status", "n")) == [("pending", -50), ("valid", 50)]


def test_each_role_counts_what_it_sees(make_campaign, make_leads, acme, pat, bob):
    campaign = make_campaign()
    stranger = services.create_publisher("Stranger", actor=bob)
    make_leads(campaign, 3)
    make_leads(campaign, 2, publisher=stranger)
    publisher, advertiser, report = make_user(roles.PUBLISHER), make_user(roles.ADVERTISER), make_user(roles.REPORT)
    services.add_member(publisher, pat, actor=bob)
    services.add_member(advertiser, acme, actor=bob)
    tallies.fold()
    assert [tallies.count_for(who) for who in (publisher, advertiser, report)] == [3, 5, 0]


@pytest.mark.sql
def test_the_recount_finds_a_tally_that_is_off(campaign, make_leads):
    make_leads(campaign)
    tallies.fold()
    DailyTally.objects.filter(day__isnull=False).update(n=7)
    assert len(integrity.tallies()) == 3


def test_the_recount_finds_a_sum_over_all_campaigns_that_is_off(campaign, make_leads):
    make_leads(campaign)
    tallies.fold()
    DailyTally.objects.filter(campaign_id=EVERYWHERE).update(n=7)
    assert integrity.tallies() == ["all campaigns: total 7, they add up to 1"]


def test_a_capped_count_says_when_it_is_not_the_whole_truth(campaign, make_leads):
    make_leads(campaign, 4)
    assert count_capped(Lead.objects.all(), cap=4) == (4, True)
    assert count_capped(Lead.objects.all(), cap=3) == (3, False)
