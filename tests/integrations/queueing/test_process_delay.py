"""The process delay of a campaign: what is ready to be sent waits until so many minutes after its lead's arrival (decision 39)."""

from datetime import timedelta
from itertools import product

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from config.core.accounts import bearer, roles
from integrations import integrity
from integrations.models import UNTIL_RELEASED, Delivery
from leads import lifecycle
from leads.models import Lead
from processr.models import Job
from tests.cast import make_user
from tests.integrations.queueing.acts import asking_for, judged, sent, states, taken
from tests.integrations.queueing.test_holds import stands
from tests.leads.acts import again, judge_all
from tests.screens.conftest import member, reader  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db
HOUR, DELAYED, COMPLETE = timedelta(hours=1), ("Scheduled Delivery", 530), ("Complete", 1000)


@pytest.fixture
def slow(make_campaign, integrate):
    """slow(60, hold_over_delivery=True): a campaign with a process delay in minutes, and one integration."""

    def make(minutes: int = 60, **columns):
        campaign = make_campaign("Slow", process_delay=minutes, **columns)
        integrate("CRM", on=campaign)
        return campaign

    return make


@pytest.fixture(autouse=True)
def _all_agrees():
    yield
    assert integrity.deliveries() == []


def wait_of(lead) -> tuple[str, timedelta | None]:
    """Return the hold of the one delivery that is queued, and how long after its lead arrived it is due; None for at once."""
    delivery = Delivery.objects.filter(lead=lead, state="queued").select_related("lead").get()
    if not delivery.held_for:
        assert delivery.not_before <= timezone.now()
        return "", None
    return delivery.held_for, delivery.not_before - delivery.lead.created_at


def arrived_ago(leads, age: timedelta, **columns) -> None:
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(created_at=timezone.now() - age, **columns)


def test_it_is_counted_from_the_arrival_at_judging_and_at_flagging(slow, make_leads, bob):
    campaign = slow()
    (first,) = judged(campaign, make_leads)
    (second,) = judged(campaign, make_leads, qa_status="caution")
    lifecycle.flag([second.pk], "valid", actor=bob, reason="x", extras=asking_for(campaign.jobs.values_list("pk", flat=True)))
    for lead in (first, second):
        assert wait_of(lead) == ("process_delay", HOUR)
        assert stands(lead) == DELAYED
        taken(lead)
        assert states(lead) == [(1, "queued")]


def test_when_it_is_over_the_lead_is_complete_and_its_delivery_due(slow, make_leads):
    campaign = slow()
    (lead,) = judged(campaign, make_leads)
    assert stands(lead) == DELAYED
    Delivery.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    assert stands(lead) == COMPLETE
    sent(lead)
    assert (states(lead), again(lead).delivery_status) == ([(1, "sent")], "delivered")


def test_an_imported_lead_that_arrived_long_ago_waits_for_nothing(slow, make_leads):
    campaign = slow()
    leads = make_leads(campaign, 2)
    arrived_ago(leads[:1], timedelta(days=30), imported=True)
    arrived_ago(leads[1:], timedelta(minutes=20))
    judge_all(campaign)
    assert [wait_of(lead) for lead in leads] == [("", None), ("process_delay", HOUR)]
    assert [stands(lead) for lead in leads] == [COMPLETE, DELAYED]


def test_always_deliver_skips_the_delay_and_never_the_hold_over_delivery(slow, make_leads, bob):
    campaign = slow(lead_volume=1, hold_over_delivery=True)
    Job.objects.filter(campaign=campaign).update(always_deliver=True)
    first, over = judged(campaign, make_leads, 2)
    assert wait_of(first) == ("", None)
    assert Delivery.objects.get(lead=over).not_before == UNTIL_RELEASED
    lifecycle.release_delivery([over.pk], actor=bob)
    assert wait_of(over) == ("", None)


@pytest.mark.parametrize(("minutes", "later", "always", "age"), list(product([0, 60], [0, 30, 90], [False, True], [0, 45, 61, 6000])))
def test_after_the_release_the_delay_of_that_time_counts(minutes, later, always, age, slow, make_leads, bob):
    campaign = slow(minutes, lead_volume=1, hold_over_delivery=True)
    judged(campaign, make_leads)
    (lead,) = make_leads(campaign)
    arrived_ago([lead], timedelta(minutes=age))
    judge_all(campaign)
    assert stands(lead) == ("On Hold - Over Delivery", 510)
    Campaign.objects.update(process_delay=later)
    Job.objects.filter(campaign=campaign).update(always_deliver=always)
    lifecycle.release_delivery([lead.pk], actor=bob)
    must_wait = not always and later > age
    assert wait_of(lead) == (("process_delay", timedelta(minutes=later)) if must_wait else ("", None))
    assert stands(lead) == (DELAYED if must_wait else COMPLETE)


def test_a_delay_that_is_changed_later_changes_nothing_that_waits_already(slow, make_leads):
    campaign = slow()
    (first,) = judged(campaign, make_leads)
    Campaign.objects.update(process_delay=120)
    (second,) = judged(campaign, make_leads)
    Campaign.objects.update(process_delay=0)
    (third,) = judged(campaign, make_leads)
    assert [wait_of(lead) for lead in (first, second, third)] == [("process_delay", HOUR), ("process_delay", 2 * HOUR), ("", None)]


def test_what_waits_is_withdrawn_with_its_lead_and_waits_for_the_rest_of_the_time_afterwards(slow, make_leads, bob):
    campaign = slow()
    (lead,) = judged(campaign, make_leads)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="x")
    assert (states(lead), stands(lead)) == ([(1, "withdrawn")], COMPLETE)
    lifecycle.unflag([lead.pk], actor=bob)
    assert (states(lead), wait_of(lead)) == ([(1, "withdrawn"), (2, "queued")], ("process_delay", HOUR))


@pytest.mark.sql
def test_list_and_api_say_so_and_select_by_it(slow, make_leads, reader):  # noqa: F811
    campaign = slow()
    leads = make_leads(campaign, 2)
    arrived_ago(leads[1:], 2 * HOUR)
    judge_all(campaign)
    waiting, due = (lead.pk for lead in leads)
    rows = {int(row["Id"]): row["Processr Status"] for row in reader().with_columns().get("/v2/leads").rows}
    assert rows == {waiting: "Scheduled Delivery", due: "Complete"}
    token = bearer.issue(make_user(roles.ADMIN), source=bearer.PASSWORD).access_token

    def found(query: str) -> dict[int, int]:
        answer = Client().get(f"/api/v4/leads{query}", headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})
        body = answer.json()
        return {lead["id"]: lead["processrStatus"] for lead in (body if isinstance(body, list) else body["hydra:member"])}

    assert found("") == {waiting: 530, due: 1000}
    assert found("?processrStatus=530") == {waiting: 530}
    assert found("?processrStatus=1000") == {due: 1000}
    Delivery.objects.update(not_before=timezone.now())
    assert (found("?processrStatus=530"), found("?processrStatus=1000")) == ({}, {waiting: 1000, due: 1000})
