"""The page of a lead says which hold it is in, what that means, and until when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.core.accounts import roles
from config.core.lists import times
from integrations.models import Delivery, Destination
from integrations.views.display import WAITS
from leads import lifecycle
from leads.extension_points import hold_reasons
from leads.shown_status import shown_status
from leads.statuses import HoldReason
from tests.integrations.queueing.acts import delayed, filed, judged, stuck
from tests.leads.acts import again

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=3)


def address(lead) -> str:
    return f"/v2/leads/{lead.pk}"


def until() -> str:
    return f"until {times.exact(Delivery.objects.get().not_before)}"


def test_each_hold_says_what_it_means():
    assert [hold.key for hold in hold_reasons if not hold.words] == []


def test_a_lead_that_waits_for_the_process_delay_says_until_when(campaign, crm, make_leads, reader):
    (lead,) = judged(campaign, make_leads)
    delayed(lead)
    words = reader().get(address(lead)).words
    assert f"Scheduled Delivery Process delay, {until()}" in words
    assert "waits for its time" in words


def test_the_time_is_in_the_zone_of_the_reader(campaign, crm, make_leads, reader):
    (lead,) = judged(campaign, make_leads)
    delayed(lead)
    screen = reader()
    in_utc = screen.get(address(lead)).words
    screen.user.zone = "Asia/Tokyo"
    screen.user.save(update_fields=["zone"])
    in_tokyo = screen.get(address(lead)).words
    assert until() in in_utc
    assert until() not in in_tokyo
    with timezone.override("Asia/Tokyo"):
        assert until() in in_tokyo


@pytest.mark.parametrize(("waits_for", "said"), [("hours", "Outside the delivery hours"), ("cap", "Cap of an integration reached")])
def test_a_lead_that_waits_for_its_destination_says_for_what(waits_for, said, campaign, crm, make_leads, reader):
    (lead,) = judged(campaign, make_leads)
    destination, _ = Destination.objects.update_or_create(
        job=crm, defaults={"waits_for": waits_for, "waits_until": timezone.now() + LATER}
    )  # fmt: skip
    screen = reader()
    assert f"Scheduled Delivery {said}, until {times.exact(destination.waits_until)}" in screen.get(address(lead)).words
    log = f"/v2/campaigns/{campaign.pk}/processr/{crm.pk}/deliveries"
    for page in (f"/v2/leads/{lead.pk}/deliveries", f"/v2/deliveries/{Delivery.objects.get(lead=lead).pk}", log):
        assert f"({WAITS[waits_for]})" in screen.get(page).words
    Destination.objects.update(waits_until=timezone.now() - LATER)
    assert "Scheduled Delivery" not in screen.get(address(lead)).words
    assert shown_status(again(lead)).api_number == 1000


def test_of_two_integrations_the_later_time_counts(campaign, crm, integrate, make_leads, reader):
    other = integrate("Other", on=campaign)
    (lead,) = judged(campaign, make_leads)
    delayed(lead)
    last = timezone.now() + timedelta(days=2)
    Delivery.objects.filter(job=other).update(not_before=last)
    page = reader().get(address(lead))
    assert page.words.count("Process delay, until") == 1
    assert f"until {times.exact(last)}" in page.words


def test_holds_without_a_time_say_how_they_end(make_campaign, integrate, make_leads, reader):
    campaign = make_campaign("Full", lead_volume=1, hold_over_delivery=True)
    integrate("CRM", on=campaign)
    lead, over = judged(campaign, make_leads, 2)
    stuck(lead)
    (none,) = make_leads(campaign)
    lifecycle.hold([none.pk], reason=HoldReason.NO_JOB)
    screen = reader()
    for held, label, said in (
        (lead, "Integration Failed", "A delivery needs a person"),
        (over, "On Hold - Over Delivery", "before somebody releases held leads"),
        (none, "On Hold - No Job Assigned", "before the campaign has one"),
    ):
        words = screen.get(address(held)).words
        assert f"{label} " in words
        assert said in words
        assert ", until " not in words


def test_a_lead_in_a_file_awaits_the_batch(campaign, integrate, make_leads, reader):
    integrate("File", kind="collect", on=campaign)
    (lead,) = judged(campaign, make_leads)
    filed(lead)
    assert "Awaiting Batch Judged; it is sent with the next file" in reader().get(address(lead)).words


def test_whoever_does_not_manage_the_campaign_is_not_told_the_time(campaign, crm, make_leads, reader):
    (lead,) = judged(campaign, make_leads)
    delayed(lead)
    page = reader(roles.PUBLISHER).get(address(lead))
    assert "Scheduled Delivery Judged" in page.words
    assert "until" not in page.words


def test_a_lead_in_no_hold_takes_no_query_more_and_a_held_one_a_single_one(campaign, crm, make_leads, reader, bob):
    lead, waiting = judged(campaign, make_leads, 2)
    screen = reader()
    screen.get(address(lead)), screen.get(address(waiting))
    plain = len(screen.queries(address(lead)))
    delayed(waiting)
    assert len(screen.queries(address(waiting))) == plain + 1
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="x")
    assert "hold-words" not in screen.get(address(lead)).html


def test_the_list_of_leads_takes_as_many_queries_however_many_wait(campaign, crm, make_leads, reader):
    screen = reader().with_columns("id", "processr_status")
    first, *others = judged(campaign, make_leads, 12)
    delayed(first)
    screen.get("/v2/leads")
    few = len(screen.queries("/v2/leads"))
    for lead in others:
        delayed(lead)
    assert len(screen.queries("/v2/leads")) == few
    assert screen.get("/v2/leads").words.count("Scheduled Delivery") >= 12
