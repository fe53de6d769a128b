"""Leads that find no slot on a campaign that holds over delivery, and their release (decisions 26, 38 and 39)."""

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from integrations import integrity
from integrations.models import UNTIL_RELEASED, Delivery
from integrations.services import retry
from leads import bulk, lifecycle
from leads import integrity as leads_integrity
from leads.bulk.actions import MarkDelivered, MarkInvalid, SendAgain
from leads.models import Lead, LeadNote, PriceEntry
from leads.shown_status import shown_status
from tests.integrations.queueing.acts import asking_for, jobs_of, judged, sent, states, taken
from tests.leads.acts import again, judge_all

pytestmark = pytest.mark.django_db
HELD = ("over_delivery", UNTIL_RELEASED)


@pytest.fixture
def full(make_campaign, integrate):
    """full(volume=1, cap=None): a campaign that holds over delivery, with one integration."""

    def make(volume: int | None = 1, cap: int | None = None, **columns):
        campaign = make_campaign("Full", lead_volume=volume, cap=cap, hold_over_delivery=True, **columns)
        integrate("CRM", on=campaign)
        return campaign

    return make


@pytest.fixture(autouse=True)
def _all_agrees():
    yield
    assert integrity.deliveries() + leads_integrity.billing() + leads_integrity.tallies() == []


def is_held(lead) -> bool:
    lead = again(lead)
    waits = list(Delivery.objects.filter(lead=lead, state="queued").values_list("held_for", "not_before"))
    assert {wait == HELD for wait in waits} <= {lead.hold_reason == "over_delivery"}
    return lead.hold_reason == "over_delivery"


def billed(lead) -> tuple[bool, bool]:
    lead = again(lead)
    return lead.advertiser_billable, lead.publisher_billable


def flag_valid(leads, bob, **extras):
    return lifecycle.flag([lead.pk for lead in leads], "valid", actor=bob, reason="x", **extras)


@pytest.mark.parametrize("limits", [{"volume": 1}, {"volume": None, "cap": 1}, {"volume": 5, "cap": 1}])
def test_leads_beyond_the_volume_or_the_cap_are_held_and_billed_to_nobody(limits, full, make_leads):
    campaign = full(**limits)
    first, *over = judged(campaign, make_leads, 3)
    assert not is_held(first)
    assert all(map(is_held, over))
    for lead in over:
        assert (again(lead).processr_status, shown_status(again(lead)).api_number) == ("complete", 510)
        assert states(lead) == [(1, "queued")]
        assert billed(lead) == (False, False)
        assert not (again(lead).campaign_slot)
        assert not (again(lead).contract_slot)
    assert not PriceEntry.objects.filter(lead__in=over).exists()


def test_without_the_switch_nothing_is_held(make_campaign, integrate, make_leads):
    campaign = make_campaign("Full", lead_volume=1)
    integrate(on=campaign)
    assert not any(map(is_held, judged(campaign, make_leads, 3)))


def test_a_lead_that_is_flagged_valid_is_held_too_and_what_it_is_sent_to_waits(full, make_leads, bob):
    campaign = full()
    judged(campaign, make_leads)
    (lead,) = judged(campaign, make_leads, qa_status="caution")
    flag_valid([lead], bob, extras=asking_for(campaign.jobs.values_list("pk", flat=True)))
    assert is_held(lead)
    assert states(lead) == [(1, "queued")]


def test_a_lead_that_is_flagged_before_it_is_judged_stays_held_by_the_judgement(full, make_leads, bob):
    campaign = full()
    judged(campaign, make_leads)
    (lead,) = make_leads(campaign)
    flag_valid([lead], bob)
    assert is_held(lead)
    assert shown_status(again(lead)).api_number == 0
    judge_all(campaign)
    assert is_held(lead)
    assert states(lead) == [(1, "queued")]
    assert shown_status(again(lead)).api_number == 510


@pytest.mark.parametrize(
    "act",
    [
        lambda ids, bob: lifecycle.flag(ids, "invalid", actor=bob, reason="x"),
        lambda ids, bob: lifecycle.flag(ids, "test", actor=bob, reason="x"),
        lambda ids, bob: lifecycle.delete(ids, actor=bob),
        lambda ids, bob: lifecycle.requeue(ids, actor=bob),
        lambda ids, bob: lifecycle.mark_delivered(ids, actor=bob),
    ],
)
def test_the_hold_goes_with_what_it_was_for_and_the_deliveries_are_withdrawn(act, full, make_leads, bob):
    campaign = full()
    _, lead = judged(campaign, make_leads, 2)
    act([lead.pk], bob)
    assert not again(lead).hold_reason
    assert states(lead) == [(1, "withdrawn")]
    assert not Delivery.objects.filter(lead=lead).exclude(held_for="").exists()


def test_one_that_is_marked_delivered_by_hand_takes_a_slot_if_there_is_one(full, make_leads, bob):
    campaign = full(volume=2)
    *_, third, fourth = judged(campaign, make_leads, 4)
    Campaign.objects.filter(pk=campaign.pk).update(lead_volume=3)
    lifecycle.mark_delivered([third.pk, fourth.pk], actor=bob)
    assert [billed(third), billed(fourth)] == [(True, True), (False, False)]


def test_a_lead_is_held_again_when_it_is_processed_again_and_not_where_a_slot_is_free(full, make_leads, bob):
    campaign = full()
    first, lead = judged(campaign, make_leads, 2)
    lifecycle.requeue([lead.pk], actor=bob)
    judge_all(campaign)
    assert is_held(lead)
    assert states(lead) == [(1, "withdrawn"), (2, "queued")]
    lifecycle.flag([first.pk], "invalid", actor=bob, reason="x")
    assert is_held(lead), "a slot that is free releases nothing by itself"
    lifecycle.requeue([lead.pk], actor=bob)
    judge_all(campaign)
    assert not is_held(lead)
    assert again(lead).campaign_slot


@pytest.mark.sql
def test_released_leads_take_a_slot_or_are_delivered_over_their_allocation(full, make_leads, bob):
    campaign = full(volume=3, cap=1)
    first, *over = judged(campaign, make_leads, 5)
    assert all(map(is_held, over))
    moved = lifecycle.release_delivery([lead.pk for lead in [first, *over]], actor=bob)
    assert (moved.ids, moved.refused) == ([lead.pk for lead in over], {first.pk: "not held over delivery"})
    assert not any(map(is_held, over))
    for lead in over:
        sent(lead)
    assert [billed(lead) for lead in over] == [(True, False), (True, False), (False, False), (False, False)]
    assert {again(lead).delivery_status for lead in over} == {"delivered"}


def test_a_release_queues_nothing_that_was_sent_and_runs_no_job(full, make_leads, bob):
    campaign = full()
    _, lead = judged(campaign, make_leads, 2)
    lifecycle.release_delivery([lead.pk], actor=bob)
    assert states(lead) == [(1, "queued")]
    assert again(lead).processing_counter == 1
    note = LeadNote.objects.filter(lead_id=lead.pk, kind="delivery").get()
    assert ["hold_reason", "over_delivery", ""] in note.changes


def test_what_a_held_lead_is_sent_to_again_waits(full, make_leads, integrate, bob):
    campaign = full()
    _, lead = judged(campaign, make_leads, 2)
    other = integrate("Other", on=campaign)
    bulk.run_or_queue(SendAgain.key, [lead.pk], actor=bob, settings={"integrations": [other.pk]})
    assert is_held(lead)
    assert jobs_of(lead) == [*campaign.jobs.order_by("pk").values_list("pk", flat=True)]


def test_an_undo_holds_again_what_was_held(full, make_leads, bob):
    campaign = full()
    first, lead = judged(campaign, make_leads, 2)
    for kind, settings in ((MarkInvalid, {"reason": "x"}), (MarkDelivered, {})):
        action = bulk.run_or_queue(kind.key, [lead.pk], actor=bob, settings=settings)
        assert states(lead) == [(1, "withdrawn")]
        lifecycle.flag([first.pk], "invalid", actor=bob, reason="x")  # a slot is free, and stays so
        undo = bulk.begin_undo(action, actor=bob)
        bulk.run_if_few(undo)
        assert is_held(lead)
        assert states(lead) == [(1, "queued")]
        assert not again(lead).campaign_slot


def test_an_undo_of_a_flag_ends_the_hold_that_it_made(full, make_leads, bob):
    campaign = full()
    judged(campaign, make_leads)
    (lead,) = judged(campaign, make_leads, qa_status="caution")
    chosen = list(campaign.jobs.values_list("pk", flat=True))
    action = bulk.run_or_queue("mark_valid", [lead.pk], actor=bob, settings={"reason": "x", "integrations": chosen})
    assert is_held(lead)
    bulk.run_if_few(bulk.begin_undo(action, actor=bob))
    assert again(lead).current_status == "caution"
    assert not is_held(lead)
    assert states(lead) == [(1, "withdrawn")]


@pytest.mark.sql
def test_what_was_being_sent_when_its_lead_came_to_be_held_ends_the_hold_if_it_arrives(full, make_leads, bob):
    campaign = full()
    (lead,) = judged(campaign, make_leads)
    taken(lead)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="x")
    judged(campaign, make_leads)
    flag_valid([lead], bob)
    assert is_held(lead)
    sent(lead)
    assert again(lead).delivery_status == "delivered"
    assert not is_held(lead)


def test_leads_that_arrive_as_tests_are_never_held(full, make_leads):
    campaign = full()
    judged(campaign, make_leads)
    (lead,) = judged(campaign, make_leads, qa_status="test")
    assert not is_held(lead)
    assert Lead.objects.filter(hold_reason="over_delivery").count() == 0


def no_job(lead) -> None:
    lifecycle.hold([lead.pk], reason="no_job")


def chosen(campaign):
    return asking_for(campaign.jobs.values_list("pk", flat=True))


def waits(lead) -> list[tuple]:
    return list(Delivery.objects.filter(lead=lead, state="queued").values_list("held_for", "not_before"))


@pytest.mark.parametrize("flagged_first", [True, False])
def test_what_a_lead_without_a_job_is_sent_to_waits_for_the_judgement_and_then_for_the_release(flagged_first, full, make_leads, bob):
    campaign = full()
    judged(campaign, make_leads)
    (lead,) = make_leads(campaign)
    steps = [no_job, lambda lead: flag_valid([lead], bob, extras=chosen(campaign))]
    for step in reversed(steps) if flagged_first else steps:
        step(lead)
    assert (waits(lead), shown_status(again(lead)).api_number) == ([HELD], 500)
    assert integrity.deliveries() == []
    assert lifecycle.release_delivery([lead.pk], actor=bob).refused == {lead.pk: "not held over delivery"}
    lifecycle.release([lead.pk], reason="no_job", actor=bob)
    assert is_held(lead)
    assert shown_status(again(lead)).api_number == 0
    judge_all(campaign)
    assert is_held(lead)
    assert (states(lead), shown_status(again(lead)).api_number) == ([(1, "queued")], 510)
    lifecycle.release_delivery([lead.pk], actor=bob)
    assert not is_held(lead)


@pytest.mark.sql
def test_where_a_slot_is_free_by_then_it_goes_out_after_the_hold_for_want_of_a_job(full, make_leads, bob):
    campaign = full()
    (first,) = judged(campaign, make_leads)
    (lead,) = make_leads(campaign)
    no_job(lead)
    flag_valid([lead], bob, extras=chosen(campaign))
    lifecycle.flag([first.pk], "invalid", actor=bob, reason="x")
    assert waits(lead) == [HELD]
    lifecycle.release([lead.pk], reason="no_job", actor=bob)
    assert not is_held(lead)
    assert again(lead).campaign_slot
    sent(lead)
    assert billed(lead) == (True, True)


def test_if_the_campaign_holds_no_longer_by_then_it_goes_out_too(full, make_leads, bob):
    campaign = full()
    judged(campaign, make_leads)
    (lead,) = make_leads(campaign)
    no_job(lead)
    flag_valid([lead], bob, extras=chosen(campaign))
    Campaign.objects.filter(pk=campaign.pk).update(hold_over_delivery=False)
    lifecycle.release([lead.pk], reason="no_job", actor=bob)
    assert not is_held(lead)
    sent(lead)
    assert (again(lead).delivery_status, billed(lead)) == ("delivered", (False, False))


def test_an_undo_and_a_retry_let_nothing_out_that_waits_for_the_judgement(full, make_leads, bob):
    campaign = full()
    judged(campaign, make_leads)
    (lead,) = make_leads(campaign)
    no_job(lead)
    flag_valid([lead], bob, extras=chosen(campaign))
    action = bulk.run_or_queue(MarkInvalid.key, [lead.pk], actor=bob, settings={"reason": "x"})
    bulk.run_if_few(bulk.begin_undo(action, actor=bob))
    assert waits(lead) == [HELD]
    Delivery.objects.filter(lead=lead).update(state="needs_person", held_for="", not_before="2026-01-01T00:00Z")
    retry(list(Delivery.objects.filter(lead=lead).values_list("pk", flat=True)), actor=bob)
    assert waits(lead) == [HELD]


def test_a_lead_that_waits_for_another_run_is_held_again_when_it_is_sent_somewhere_by_choice(full, make_leads, bob):
    campaign = full()
    _, lead = judged(campaign, make_leads, 2)
    lifecycle.requeue([lead.pk], actor=bob)
    flag_valid([lead], bob, extras=chosen(campaign))
    assert is_held(lead)
    assert states(lead) == [(1, "withdrawn"), (2, "queued")]
    judge_all(campaign)
    assert is_held(lead)


@pytest.fixture
def on_two_holds(full, make_leads, integrate, bob):
    """A lead of a full campaign, Valid by a person while it is on hold without a job, with a delivery to each of two integrations."""
    campaign = full()
    integrate("Sheet", on=campaign)
    judged(campaign, make_leads)
    (lead,) = make_leads(campaign)
    no_job(lead)
    flag_valid([lead], bob, extras=chosen(campaign))
    assert waits(lead) == [HELD, HELD]
    return lead


def test_what_one_integration_has_sent_holds_no_other_delivery(on_two_holds):
    """A sender had claimed one of them before the lead was held."""
    lead = on_two_holds
    first, second = Delivery.objects.filter(lead=lead).order_by("pk")
    Delivery.objects.filter(pk=first.pk).update(held_for="", not_before="2026-01-01T00:00Z")
    sent(lead)
    assert again(lead).delivery_status == "delivered"
    second.refresh_from_db()
    assert (second.state, second.held_for, second.not_before <= timezone.now()) == ("queued", "", True)


ENDS_OF_THE_HOLDS = {
    "marked Delivered by hand": (lambda lead, bob: lifecycle.mark_delivered([lead.pk], actor=bob), ["withdrawn", "withdrawn"]),
    "flagged Invalid": (lambda lead, bob: lifecycle.flag([lead.pk], "invalid", actor=bob, reason="x"), ["withdrawn", "withdrawn"]),
    "flagged Test": (lambda lead, bob: lifecycle.flag([lead.pk], "test", actor=bob, reason="x"), ["withdrawn", "withdrawn"]),
    "unflagged": (lambda lead, bob: lifecycle.unflag([lead.pk], actor=bob), ["withdrawn", "withdrawn"]),
    "deleted": (lambda lead, bob: lifecycle.delete([lead.pk], actor=bob), ["withdrawn", "withdrawn"]),
    "processed again": (lambda lead, bob: lifecycle.requeue([lead.pk], actor=bob), ["withdrawn", "withdrawn"]),
    "released over delivery after its judgement": (lambda lead, bob: _judge_and_release(lead, bob), ["queued", "queued"]),
}


def _judge_and_release(lead, bob) -> None:
    lifecycle.release([lead.pk], reason="no_job", actor=bob)
    judge_all(lead.campaign)
    lifecycle.release_delivery([lead.pk], actor=bob)


@pytest.mark.parametrize("end", ENDS_OF_THE_HOLDS)
def test_however_the_holds_end_no_delivery_stays_held(end, on_two_holds, bob):
    act, left = ENDS_OF_THE_HOLDS[end]
    act(on_two_holds, bob)
    rows = list(Delivery.objects.filter(lead=on_two_holds, round=1))
    assert [row.state for row in rows] == left
    assert {row.held_for for row in rows} == {""}
    assert all(row.not_before <= timezone.now() for row in rows if row.state == "queued")
