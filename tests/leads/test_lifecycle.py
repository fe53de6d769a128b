"""The verbs of the lifecycle: moves, refusals with reasons, and the rows written beside."""

import pytest
from django.db import IntegrityError, connection, transaction

from leads import integrity, lifecycle
from leads.lifecycle import claims
from leads.models import Lead, LeadNote, PriceEntry
from leads.signals import leads_moving, leads_waiting
from leads.statuses import Refusal
from tests.leads.acts import again, judge_all, verdict

pytestmark = pytest.mark.django_db


def test_a_judged_lead_is_complete_has_its_verdict_and_one_note(campaign, make_leads):
    (lead,) = make_leads(campaign)
    claim = claims.claim(campaign.pk, limit=500)

    moved = lifecycle.judge([verdict(lead.pk, "caution", score=8, failed_jobs=[7], transformed={"country": "GB"})], token=claim.token)

    lead = again(lead)
    assert moved.ids == [lead.pk]
    assert (lead.processr_status, lead.qa_status, lead.current_status, lead.score) == ("complete", "caution", "caution", 8)
    assert (lead.failed_jobs, lead.values["country"], lead.processing_counter, lead.claim, lead.revision) == ([7], "GB", 1, None, 1)
    note = LeadNote.objects.get(lead_id=lead.pk)
    assert (note.kind, note.actor_name) == ("status", "Sluice")
    assert note.changes == [["qa_status", "", "caution"], ["current_status", "pending", "caution"]]


@pytest.mark.sql
def test_the_recount_finds_a_changed_lead_without_a_note(campaign, make_leads):
    noted, bare, _waiting = make_leads(campaign, 3)
    claim = claims.claim(campaign.pk, limit=2)
    lifecycle.judge([verdict(noted.pk), verdict(bare.pk)], token=claim.token)
    assert integrity.notes() == []
    LeadNote.objects.filter(lead_id=bare.pk).delete()
    assert integrity.notes() == [f"lead {bare.pk} was changed but has no note"]


def test_a_worker_that_lost_its_claim_writes_nothing(campaign, make_leads):
    (lead,) = make_leads(campaign)
    lost = claims.claim(campaign.pk, limit=500)
    assert claims.free_stale(0) == 1
    won = claims.claim(campaign.pk, limit=500)

    assert lifecycle.judge([verdict(lead.pk, "invalid")], token=lost.token).refused == {lead.pk: Refusal.CLAIM_LOST}
    assert lifecycle.judge([verdict(lead.pk, "valid")], token=won.token).ids == [lead.pk]
    assert (again(lead).qa_status, again(lead).processing_counter) == ("valid", 1)


def test_a_fresh_claim_is_not_stale(campaign, make_leads):
    make_leads(campaign)
    claims.claim(campaign.pk, limit=500)
    assert claims.free_stale(60) == 0


def test_live_leads_are_claimed_before_imported_ones_and_in_order(campaign, make_leads):
    imported = make_leads(campaign, 2, lane=1)
    live = make_leads(campaign, 2)
    claim = claims.claim(campaign.pk, limit=3)
    assert {lead.pk for lead in claim.leads} == {live[0].pk, live[1].pk, imported[0].pk}


def test_no_more_are_claimed_than_asked_for_when_postgresql_takes_the_table_for_empty(campaign, make_leads):
    """Then it may join the choice to the table row by row, and make it anew for each."""
    make_leads(campaign, 6)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pg_statistic WHERE starelid = 'leads_lead'::regclass")
        cursor.execute("UPDATE pg_class SET reltuples = 0, relpages = 10 WHERE oid = 'leads_lead'::regclass")
    assert len(claims.claim(campaign.pk, limit=3).leads) == 3


def test_a_flag_is_laid_over_the_verdict_and_survives_the_next_one(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign, "invalid")
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="Manual QA passed", comment="called them")
    lifecycle.requeue([lead.pk], actor=bob)
    judge_all(campaign, "invalid")

    lead = again(lead)
    assert (lead.qa_status, lead.second_check, lead.current_status) == ("invalid", "valid", "valid")
    note = LeadNote.objects.filter(lead_id=lead.pk, reason="Manual QA passed", kind="status").get()
    assert (note.actor_name, note.comment) == ("Bob Admin", "called them")
    lifecycle.unflag([lead.pk], actor=bob)
    assert again(lead).current_status == "invalid"


def test_refusals_are_per_lead_and_do_not_stop_the_rest(campaign, make_leads, bob):
    flagged, fresh = make_leads(campaign, 2)
    lifecycle.flag([flagged.pk], "invalid", actor=bob, reason="Returned")

    moved = lifecycle.flag([flagged.pk, fresh.pk, 10**12], "invalid", actor=bob, reason="Returned")

    assert moved.ids == [fresh.pk]
    assert moved.refused == {flagged.pk: "already Invalid", 10**12: "not found"}


@pytest.mark.parametrize(
    ("verb", "status", "refusal"),
    [
        (lifecycle.mark_delivered, "invalid", Refusal.NOT_VALID),
        (lifecycle.mark_undelivered, "valid", Refusal.NOT_DELIVERED),
        (lifecycle.unflag, "valid", Refusal.NOT_FLAGGED),
        (lifecycle.unmark_replacement, "valid", Refusal.NO_REPLACEMENT),
        (lifecycle.restore, "valid", Refusal.NOT_DELETED),
    ],
)
def test_a_verb_that_does_not_apply_says_why(verb, status, refusal, campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign, status)
    assert verb([lead.pk], actor=bob).refused == {lead.pk: refusal}


def test_delivered_twice_keeps_the_first_time(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    lifecycle.mark_delivered([lead.pk], actor=bob)
    first = again(lead).first_delivered_at
    lifecycle.mark_undelivered([lead.pk], actor=bob)
    lifecycle.mark_delivered([lead.pk], actor=bob)
    assert first is not None
    assert again(lead).first_delivered_at == first


@pytest.mark.parametrize(
    ("qa_status", "second_check", "refusal"),
    [
        ("valid", "", None),
        ("invalid", "valid", None),
        ("test", "valid", None),
        ("test", "", None),
        ("valid", "test", Refusal.NOT_VALID),
        ("test", "test", Refusal.NOT_VALID),
        ("test", "invalid", Refusal.NOT_VALID),
        ("valid", "invalid", Refusal.NOT_VALID),
        ("caution", "", Refusal.NOT_VALID),
        ("invalid", "", Refusal.NOT_VALID),
    ],
)
def test_what_was_sent_is_delivered_if_the_lead_is_valid_or_came_as_a_test(qa_status, second_check, refusal, campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign, qa_status)
    if second_check:
        lifecycle.flag([lead.pk], second_check, actor=bob, reason="x")
    assert lifecycle.mark_sent([lead.pk], reason="CRM").refused == ({lead.pk: refusal} if refusal else {})
    sent = again(lead)
    assert (sent.delivery_status, sent.first_delivered_at is not None) == (("not_delivered", False) if refusal else ("delivered", True))
    assert sent.advertiser_billable is (sent.current_status == "valid" and qa_status != "test")


@pytest.mark.parametrize("flagged_first", [True, False])
def test_a_lead_that_arrived_as_a_test_is_never_billable_whatever_it_becomes(campaign, make_leads, bob, flagged_first):
    campaign.lead_volume, campaign.uncapped = 1, False
    campaign.save(update_fields=["lead_volume", "uncapped"])
    (test,), (sent_here,) = make_leads(campaign), make_leads(campaign)
    lifecycle.flag([sent_here.pk], "test", actor=bob, reason="x", on_arrival=True)
    judge_all(campaign, "test")
    lifecycle.mark_sent([test.pk], reason="CRM")
    if flagged_first:
        lifecycle.flag([test.pk, sent_here.pk], "valid", actor=bob, reason="x")
    for _ in range(2):
        lifecycle.requeue([test.pk, sent_here.pk], actor=bob)
        judge_all(campaign, "valid")
        lifecycle.unflag([test.pk, sent_here.pk], actor=bob)
    lifecycle.mark_delivered([sent_here.pk], actor=bob)
    for lead in map(again, (test, sent_here)):
        assert (lead.current_status, lead.delivery_status, lead.first_delivered_at is not None) == ("valid", "delivered", True)
        assert (lead.arrived_as_test, lead.advertiser_billable, lead.publisher_billable) == (True, False, False)
        assert (lead.campaign_slot, lead.contract_slot, lead.over_allocation) == (False, False, False)
    assert not PriceEntry.objects.exists()
    (real,) = make_leads(campaign)
    judge_all(campaign, "valid")
    assert (again(real).publisher_billable, again(real).over_allocation) == (True, False)
    assert integrity.billing() == []


def test_a_lead_that_came_before_the_test_mode_is_billable_again_after_it(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    for status, billable in (("valid", True), ("test", False), ("valid", True)):
        judge_all(campaign, status)
        assert (again(lead).arrived_as_test, again(lead).publisher_billable) == (False, billable)
        lifecycle.requeue([lead.pk], actor=bob)


def test_a_test_that_was_billed_before_gives_it_back_with_its_next_move(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign, "valid")
    Lead.objects.filter(pk=lead.pk).update(arrived_as_test=True)
    lifecycle.mark_delivered([lead.pk], actor=bob)
    assert (again(lead).publisher_billable, again(lead).campaign_slot, again(lead).delivery_status) == (False, False, "delivered")
    assert integrity.billing() == []


def test_nobody_marks_a_test_as_delivered_by_hand(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign, "test")
    assert lifecycle.mark_delivered([lead.pk], actor=bob).refused == {lead.pk: Refusal.NOT_VALID}


def test_test_by_hand_takes_the_delivery_back(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    lifecycle.mark_delivered([lead.pk], actor=bob)
    lifecycle.flag([lead.pk], "test", actor=bob, reason="Internal test")
    lead = again(lead)
    assert (lead.current_status, lead.delivery_status, lead.advertiser_billable, lead.publisher_billable) == (
        "test",
        "not_delivered",
        False,
        False,
    )


def test_edited_values_are_searchable_and_noted_and_a_running_judgement_starts_again(campaign, make_leads, bob):
    (lead,) = make_leads(campaign, email="old@example.com")
    claim = claims.claim(campaign.pk, limit=500)

    lifecycle.edit({lead.pk: {"email": " New@Example.com ", "city": "Leeds"}}, actor=bob)

    lead = again(lead)
    assert (lead.email, lead.captured["city"], lead.processr_status) == ("new@example.com", "Leeds", "waiting")
    note = LeadNote.objects.get(lead_id=lead.pk)
    assert note.changes == [["email", "old@example.com", "New@Example.com"], ["city", None, "Leeds"]]
    assert lifecycle.judge([verdict(lead.pk)], token=claim.token).refused == {lead.pk: Refusal.CLAIM_LOST}


def test_a_deleted_lead_is_out_of_reach_until_it_is_restored(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    lifecycle.delete([lead.pk], actor=bob, reason="asked for")
    assert lifecycle.flag([lead.pk], "valid", actor=bob, reason="x").refused == {lead.pk: Refusal.NOT_FOUND}
    assert claims.claim(campaign.pk, limit=500).leads == []
    lifecycle.restore([lead.pk], actor=bob)
    assert [found.pk for found in claims.claim(campaign.pk, limit=500).leads] == [lead.pk]


def test_held_leads_wait_for_their_own_release(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    claim = claims.claim(campaign.pk, limit=500)
    lifecycle.hold([lead.pk], reason="no_job", token=claim.token)
    assert (again(lead).processr_status, again(lead).hold_reason) == ("held", "no_job")
    assert lifecycle.release([lead.pk], reason="over_delivery", actor=bob).refused == {lead.pk: Refusal.NOT_HELD}
    assert lifecycle.release([lead.pk], reason="no_job", actor=bob).ids == [lead.pk]
    assert again(lead).processr_status == "waiting"


def test_replacement_is_metadata_and_its_comment_stays_readable(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    lifecycle.mark_replacement([lead.pk], actor=bob, comment="for lead 12")
    assert again(lead).replacement_type == "replacement"
    lifecycle.unmark_replacement([lead.pk], actor=bob)
    assert (again(lead).replacement_type, again(lead).replacement_comment) == ("", "for lead 12")


def test_receivers_hear_each_move_with_before_and_after_and_can_roll_it_back(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    heard = []

    def listen(sender, moves, cause, extras, **_):
        heard.append((moves, cause, extras))
        raise ValueError("no room")

    leads_moving.connect(listen)
    try:
        with pytest.raises(ValueError, match="no room"):
            lifecycle.flag([lead.pk], "valid", actor=bob, reason="x", extras={"integrations": {lead.campaign_id: [4]}})
    finally:
        leads_moving.disconnect(listen)
    ((moves, cause, extras),) = heard
    assert (moves[0].lead_id, moves[0].before.current_status, moves[0].after.current_status) == (lead.pk, "pending", "valid")
    assert (cause, extras) == ("flag", {"integrations": {lead.campaign_id: [4]}})
    assert (again(lead).second_check, LeadNote.objects.count()) == ("", 0)


def test_who_leaves_leads_waiting_says_so(campaign, make_leads, bob):
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    told = []

    def listen(sender, campaign_ids, **_):
        told.append(campaign_ids)

    leads_waiting.connect(listen)
    try:
        lifecycle.requeue([lead.pk], actor=bob)
        lifecycle.flag([lead.pk], "invalid", actor=bob, reason="x")
    finally:
        leads_waiting.disconnect(listen)
    # The flag leaves the lead waiting too: one notification more costs nothing.
    assert told == [{campaign.pk}, {campaign.pk}]


def test_the_database_itself_refuses_a_current_status_that_does_not_follow(campaign, make_leads):
    (lead,) = make_leads(campaign)
    with pytest.raises(IntegrityError, match="lead_current_status_follows"), transaction.atomic():
        Lead.objects.filter(pk=lead.pk).update(current_status="valid")


def test_more_than_a_chunk_is_a_mistake_of_the_caller(bob):
    with pytest.raises(ValueError, match="at most 2000"):
        lifecycle.delete(list(range(2001)), actor=bob)


def test_a_set_costs_as_many_queries_as_one_lead(make_campaign, make_leads, bob, django_assert_num_queries):
    campaign = make_campaign(lead_volume=1000, cap=900)
    first, few, many = make_leads(campaign, 1), make_leads(campaign, 2), make_leads(campaign, 40)
    lifecycle.flag([first[0].pk], "valid", actor=bob, reason="x")  # counts the slots of the new limits, once
    counts = []
    for leads in (few, many):
        with django_assert_num_queries(50, exact=False) as seen:
            lifecycle.flag([lead.pk for lead in leads], "valid", actor=bob, reason="x")
        counts.append(len(seen))
    assert counts[0] == counts[1]
