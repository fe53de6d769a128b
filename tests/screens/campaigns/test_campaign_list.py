"""The list of campaigns: active and other ones, with their figures."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from campaigns import services
from campaigns.models import Campaign
from campaigns.selectors import ACTIVE, campaign_status, is_active
from config.core.accounts import roles
from leads import lifecycle
from leads.lifecycle import tallies
from tests.leads.acts import judge_all
from tests.module_cast import ANEW

pytestmark = pytest.mark.django_db
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


def test_active_campaigns_are_on_one_tab_and_all_others_on_the_other(campaign, make_campaign, bob, reader):
    paused = make_campaign("Summer")
    services.pause(paused.pk, actor=bob, reason="No landing page")
    page = reader().get("/v2/campaigns")
    assert page.ids == [campaign.pk]
    assert "Active 1 Inactive 1" in page.words
    other = reader().get("/v2/campaigns/inactive")
    assert other.ids == [paused.pk]
    assert other.rows[0]["Status"] == "Paused No landing page"


def test_leads_are_counted_in_the_tallies_and_in_what_is_not_folded_yet(campaign, make_leads, make_campaign, bob, reader):
    ids = [lead.pk for lead in make_leads(campaign, 5)]
    judge_all(campaign)
    lifecycle.mark_delivered(ids[:2], actor=bob)
    tallies.fold()
    lifecycle.flag(ids[:1], "invalid", actor=bob, reason="Returned")
    make_campaign("Empty", lead_volume=1500)
    rows = {row["Name"]: row for row in reader().get("/v2/campaigns").rows}
    assert {name: rows["Spring"][name] for name in ("Leads", "Valid", "Delivered", "Volume")} == {
        "Leads": "5", "Valid": "4", "Delivered": "2", "Volume": "Uncapped",
    }  # fmt: skip
    assert (rows["Empty"]["Leads"], rows["Empty"]["Volume"]) == ("0", "1,500")


def test_a_publisher_counts_its_own_leads_and_learns_neither_client_nor_volume(campaign, make_leads, bob, reader):
    make_leads(campaign, 2)
    make_leads(campaign, 3, publisher=services.create_publisher("Rival", actor=bob))
    page = reader(roles.PUBLISHER).get("/v2/campaigns")
    assert page.rows[0]["Leads"] == "2"
    assert {"Advertiser", "Volume"}.isdisjoint(page.headings)
    assert "Acme" not in page.html


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("name=spr", ["Spring"]),
        ("name={spring.pk}", ["Spring"]),
        ("name=nothing", []),
        ("advertiser={acme.pk}", ["Autumn", "Spring"]),
        ("sort=name", ["Autumn", "Spring"]),
    ],
)
def test_campaigns_are_found_by_name_id_and_advertiser(campaign, acme, make_campaign, reader, asked, names):
    make_campaign("Autumn")
    page = reader().get(f"/v2/campaigns?{asked.format(spring=campaign, acme=acme)}")
    assert [row["Name"] for row in page.rows] == names


def test_what_is_not_understood_selects_nothing(campaign, reader):
    page = reader().get("/v2/campaigns?owner=me")
    assert page.ids == []
    assert "“owner” is not a filter of this list." in page.words


@pytest.mark.parametrize("role", [roles.ADMIN, roles.AGENCY, roles.PUBLISHER])
def test_twenty_campaigns_cost_the_queries_of_two(make_campaign, make_leads, reader, role):
    screen = reader(role)
    for n in range(2):
        make_leads(make_campaign(f"First {n}"))
    screen.get("/v2/campaigns")
    few = len(screen.queries("/v2/campaigns"))
    for n in range(18):
        make_leads(make_campaign(f"Next {n}"))
    assert len(screen.queries("/v2/campaigns")) == few


def test_an_empty_tab_says_what_belongs_there(make_campaign, reader):
    assert "No active campaigns" in reader().get("/v2/campaigns").words
    assert "No inactive campaigns" in reader().get("/v2/campaigns/inactive").words


def test_the_condition_over_rows_is_the_rule_for_one(make_campaign):
    """Every combination of what decides, counted by the database and by hand."""
    now = timezone.now()
    day = timedelta(days=1)
    signed, paused, starts = (None, now - day), (None, now - day, now + day), (now - 9 * day, now + day)
    ends, room = (
        ((None, 0), (now - 2 * day, 0), (now - 2 * day, 3), (now + 9 * day, 0)),
        ((None, None, False), (5, None, False), (5, 5, False), (5, 5, True)),
    )
    for n, (sign, pause, start, (end, extension), (volume, taken, hold)) in enumerate(product(signed, paused, starts, ends, room)):
        if end is not None and end <= start:
            continue
        campaign = make_campaign(f"C{n}", lead_volume=volume)
        Campaign.objects.filter(pk=campaign.pk).update(
            signed_at=sign, paused_at=pause, start=start, end=end, end_extension=extension, slots_taken=taken, hold_over_delivery=hold
        )
    by_hand = {campaign.pk for campaign in Campaign.objects.all() if campaign_status(campaign, now) == ACTIVE}
    assert 0 < len(by_hand) < Campaign.objects.count()
    assert Campaign.objects.filter(is_active(now), hold_over_delivery=True).exists(), "one that is full and holds leads goes on"
    assert set(Campaign.objects.filter(is_active(now)).values_list("pk", flat=True)) == by_hand
    assert Campaign.objects.filter(~is_active(now)).count() == Campaign.objects.count() - len(by_hand)


def test_the_support_pages_are_linked_for_those_who_may_open_them(campaign, reader):
    for role, is_staff, linked in ((roles.ADMIN, True, True), (roles.ADMIN, False, False), (roles.SUPER, True, False)):
        person = reader(role)
        type(person.user).objects.filter(pk=person.user.pk).update(is_staff=is_staff)
        page = person.get("/v2/campaigns")
        assert ('href="/admin/"' in page.html) is linked
        assert (person.client.get("/admin/").status_code == 200) is linked
