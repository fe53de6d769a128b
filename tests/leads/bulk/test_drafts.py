"""Drafts of bulk actions: sources add up, what is no lead of theirs is listed with its line, and what was seen is not overwritten."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from campaigns import services
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.background import runs
from config.core.errors import DomainError
from config.core.models import User
from leads import bulk, lifecycle
from leads.bulk import drafts, forecast, lead_ids, offers
from leads.models import BulkAction, BulkChunk, BulkForecast, Lead, LeadNote, OmittedEntry
from tests.cast import make_user
from tests.leads.acts import again, judge_all
from tests.leads.test_plans import HISTORY, LEADS, LIMIT, SETTINGS, SOME, TYPES, compare, figures, with_past

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def admin(bob) -> User:
    return User.objects.get(pk=bob.user_id)


@pytest.fixture
def draft(bob) -> BulkAction:
    return drafts.begin_draft(actor=bob)


@pytest.fixture
def valid(campaign, make_leads) -> list[Lead]:
    leads = make_leads(campaign, 5)
    judge_all(campaign)
    return leads


def add(draft, text, who, source="typed") -> drafts.Added:
    return drafts.add_entries(draft, lead_ids.split(text), who=who, source=source)


def frozen(draft) -> list[int]:
    return [pk for chunk in draft.chunks.order_by("position") for pk in chunk.lead_ids]


def prepare(draft, type_key, who, **settings) -> BulkForecast:
    drafts.save_answers(draft, {}, type_key=type_key, settings=settings)
    draft.refresh_from_db()
    return forecast.make_forecast(draft)


def started(draft, bob) -> BulkAction:
    return bulk.run_if_few(drafts.start(draft, actor=bob))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("1,2;3 4\n5\t6|7", [1, 2, 3, 4, 5, 6, 7]),
        (" #12, '13' (14) [15] 0016 17.0 18. \u00a019", [12, 13, 14, 15, 16, 17, 18, 19]),
        ("ABCDEF0123456789abcdef0123456789", ["abcdef0123456789abcdef0123456789"]),
        ("x1 -2 1.5 9999999999999999999 ٣ 0", [None, None, None, None, None, None]),
        (",;\n \r\n", []),
    ],
)
def test_ids_are_read_in_every_spelling_and_nothing_else_is_one(text, keys):
    assert [lead_ids.key_of(entry.text) for entry in lead_ids.split(text)] == keys


def test_the_line_of_an_entry_is_that_of_the_text_whatever_ends_its_lines():
    assert [entry.line for entry in lead_ids.split("1\r\n2\r3\n\n4, 5")] == [1, 2, 3, 5, 5]


def test_sources_add_up_and_duplicates_collapse(draft, valid, admin):
    first, second, third, *_ = valid
    assert add(draft, f"{first.pk}, {second.pk} {first.pk}", admin) == drafts.Added(2, 1, 0)
    assert add(draft, f"{second.pk}\n{third.lead_hash}", admin, "people.csv") == drafts.Added(1, 1, 0)
    added = drafts.add_query(draft, Lead.objects.filter(pk__in=[lead.pk for lead in valid]), source={"filters": "none"}, label="all")
    assert added.new == 2
    draft.refresh_from_db()
    assert frozen(draft) == [lead.pk for lead in valid]
    assert draft.selection_source == {"sources": {"typed": 2, "people.csv": 1, "all": 2}, "filters": "none"}
    assert drafts.take_out(draft, lead_ids.split(f"{first.pk} 999999"), who=admin) == 1
    assert frozen(draft) == [lead.pk for lead in valid[1:]]


def test_what_is_no_lead_of_theirs_is_listed_with_its_line_and_reason(draft, valid, make_campaign, make_leads, bob, acme):
    agency = services.create_agency("Brightfield", advertisers=[acme], actor=bob)
    user = make_user(roles.AGENCY)
    services.add_member(user, agency, actor=bob)
    rival = make_campaign("Theirs")
    type(rival).objects.filter(pk=rival.pk).update(advertiser=services.create_advertiser("Rival", actor=bob))
    (foreign,) = make_leads(rival)
    lifecycle.delete([valid[1].pk], actor=bob)
    added = add(draft, f"{valid[0].pk}\n{valid[1].pk}\nJane\n{foreign.pk}\n{2**62}", user)
    assert added == drafts.Added(1, 0, 4)
    listed = OmittedEntry.objects.order_by("pk").values_list("line", "text", "why")
    assert list(listed) == [
        (2, str(valid[1].pk), "deleted"), (3, "Jane", "not a lead id"), (4, str(foreign.pk), "not found"), (5, str(2**62), "not found"),
    ]  # fmt: skip
    drafts.clear(draft)
    assert not OmittedEntry.objects.exists()
    assert frozen(draft) == []


def test_a_draft_of_a_campaign_takes_its_leads_alone(campaign, make_campaign, make_leads, valid, bob, admin):
    other = make_campaign("Autumn")
    (elsewhere,) = make_leads(other)
    draft = drafts.begin_draft(actor=bob, campaign=campaign)
    assert add(draft, f"{valid[0].pk} {elsewhere.pk}", admin) == drafts.Added(1, 0, 1)
    assert OmittedEntry.objects.get().why == "not in this campaign"
    drafts.add_query(draft, Lead.objects.all(), source={}, label="all")
    assert elsewhere.pk not in frozen(draft)


def test_chunks_stay_in_id_order_however_often_leads_are_added(draft, campaign, make_leads, admin, monkeypatch):
    monkeypatch.setattr(drafts, "CHUNK", 3)
    leads = make_leads(campaign, 8)
    for lead in reversed(leads):
        add(draft, str(lead.pk), admin)
    assert frozen(draft) == [lead.pk for lead in leads]
    assert [len(chunk.lead_ids) for chunk in draft.chunks.order_by("position")] == [3, 3, 2]


def test_each_choice_says_how_many_leads_it_can_touch(draft, valid, campaign, make_leads, bob, admin):
    make_leads(campaign, 2)
    judge_all(campaign, "invalid")
    lifecycle.mark_delivered([valid[0].pk], actor=bob)
    waiting = make_leads(campaign)
    drafts.add_query(draft, Lead.objects.all(), source={}, label="all")
    found = {offer.key: offer for offer in offers.offers_for(draft, admin)}
    assert list(found) == [
        "mark_valid", "mark_invalid", "mark_test", "mark_delivered", "mark_undelivered", "other", "reprocess", "delete",
    ]  # fmt: skip
    assert {key: offer.count for key, offer in found.items()} == {
        "mark_valid": 8, "mark_invalid": 8, "mark_test": 8, "mark_delivered": 4, "mark_undelivered": 1, "other": 8, "reprocess": 7, "delete": 8,
    }  # fmt: skip
    assert found["mark_delivered"].reasons == {"not valid": 3, "already delivered": 1}
    assert found["reprocess"].reasons == {"already waiting": 1}
    drafts.take_out(draft, lead_ids.split(" ".join(str(lead.pk) for lead in (*valid, *waiting))), who=admin)
    assert {offer.key: offer.why_not for offer in offers.offers_for(draft, admin)}["mark_delivered"] == "None: 2 not valid"


def test_the_call_centre_is_offered_valid_and_invalid_and_a_super_user_deletes_with_the_right(draft, valid):
    centre = make_user(roles.AGENCY_CALL_CENTRE)
    assert [offer.key for offer in offers.offers_for(draft, centre)] == ["mark_valid", "mark_invalid"]
    user = make_user(roles.SUPER)
    assert "may not delete" in offers.offers_for(draft, user)[-1].why_not
    user.can_delete_leads = True
    assert "may not" not in offers.offers_for(draft, user)[-1].why_not
    assert "may not" not in offers.offers_for(draft, make_user(roles.ADMIN_MASKED))[-1].why_not


def test_a_preview_changes_no_lead_and_its_result_is_that_of_the_action(draft, valid, campaign, bob, admin, monkeypatch):
    monkeypatch.setattr(drafts, "CHUNK", 2)
    type(campaign).objects.filter(pk=campaign.pk).update(lead_volume=100, uncapped=False, slots_taken=None)
    lifecycle.flag([valid[0].pk], "invalid", actor=bob, reason="Returned")
    add(draft, " ".join(str(lead.pk) for lead in valid), admin)
    before = list(Lead.objects.order_by("pk").values())
    made = prepare(draft, "mark_invalid", admin, reason="Returned")
    assert list(Lead.objects.order_by("pk").values()) == before
    foretold = forecast.preview_of(made)
    assert (made.state, foretold.moved, foretold.skipped) == ("done", 4, {"already Invalid": 1})
    assert list(forecast.skipped_ids(draft, "already Invalid")) == [valid[0].pk]
    assert list(forecast.moved_ids(draft)) == [lead.pk for lead in valid[1:]]
    (publisher,) = [row for row in forecast.billed_by(made) if row.side == "publisher"]
    assert (publisher.leads_before, publisher.leads_after, publisher.amount_before, publisher.amount_after) == (4, 0, 80, 0)
    (cap,) = forecast.caps_of(made)
    assert (cap.name, cap.limit, cap.before, cap.after) == ("Allocation of Spring", 100, 4, 0)
    done = started(draft, bob)
    assert (done.state, done.done, done.failed) == ("done", 4, 1)
    campaign.refresh_from_db()
    assert campaign.slots_taken == cap.after


def test_a_lead_that_changed_since_the_preview_is_named_and_not_overwritten(draft, valid, bob, admin):
    add(draft, " ".join(str(lead.pk) for lead in valid), admin)
    prepare(draft, "mark_invalid", admin, reason="Returned")
    lifecycle.flag([valid[0].pk], "test", actor=bob, reason="Client test")
    lifecycle.mark_delivered([valid[1].pk], actor=bob)
    lifecycle.mark_replacement([valid[2].pk], actor=bob)
    done = started(draft, bob)
    assert bulk.skipped_leads(done, at_most=9) == {valid[0].pk: "changed since", valid[1].pk: "changed since"}
    assert again(valid[0]).second_check == "test"
    assert done.done == 3, "metadata is nothing that a preview shows"


@given(
    volume=st.none() | LIMIT, cap=st.none() | LIMIT, judged=SOME, history=HISTORY, type_key=st.sampled_from(TYPES), chosen=SOME,
    chunk=st.integers(1, LEADS),
)  # fmt: skip
def test_the_preview_of_a_draft_is_what_its_action_then_does(
    make_campaign, make_leads, bob, admin, volume, cap, judged, history, type_key, chosen, chunk
):
    with transaction.atomic():
        campaign = make_campaign(lead_volume=volume, cap=cap)
        ids = with_past(campaign, make_leads, bob, judged=judged, history=history)
        draft = drafts.begin_draft(actor=bob)
        with patch.object(drafts, "CHUNK", chunk):
            add(draft, " ".join(str(ids[n]) for n in chosen), admin)
        draft.refresh_from_db()
        if draft.total:
            before = figures(campaign)
            drafts.save_answers(draft, {}, type_key=type_key, settings=SETTINGS)
            draft.refresh_from_db()
            made = forecast.begin_forecast(draft)
            while made.state != "done":  # one chunk a turn, as if its worker were killed after each
                runs.work_on(forecast.ForecastRun, made.pk, seconds=0)
                made.refresh_from_db()
            assert figures(campaign) == before
            caps = forecast.caps_of(made)
            action = started(draft, bob)
            after = figures(campaign)
            compare(before, forecast.preview_of(made), action, after)
            assert {cap.after for cap in caps} <= set(after[2])
        transaction.set_rollback(True)


def test_what_changes_a_draft_drops_its_preview(draft, valid, bob, admin):
    add(draft, str(valid[0].pk), admin)
    prepare(draft, "mark_test", admin, reason="Internal test")
    add(draft, str(valid[1].pk), admin)
    assert not BulkForecast.objects.exists()
    assert not BulkChunk.objects.exclude(previewed=None).exists()
    with pytest.raises(DomainError, match="has changed since it was previewed"):
        drafts.start(draft, actor=bob)


def test_a_draft_is_started_once_and_then_no_longer_changed(draft, valid, bob, admin):
    add(draft, str(valid[0].pk), admin)
    prepare(draft, "mark_test", admin, reason="Internal test")
    started(draft, bob)
    for change in (
        lambda: drafts.start(draft, actor=bob), lambda: add(draft, str(valid[1].pk), admin), lambda: drafts.discard(draft),
    ):  # fmt: skip
        with pytest.raises(DomainError, match="started already"):
            change()


def test_a_preview_of_many_leads_goes_on_where_its_worker_was_killed(draft, valid, bob, admin, monkeypatch):
    monkeypatch.setattr(drafts, "CHUNK", 2)
    monkeypatch.setattr(forecast, "AT_ONCE", 1)
    add(draft, " ".join(str(lead.pk) for lead in valid), admin)
    made = prepare(draft, "mark_invalid", admin, reason="Returned")
    assert made.state == "queued"
    runs.work_on(forecast.ForecastRun, made.pk, seconds=0)
    made.refresh_from_db()
    assert (made.state, made.done) == ("queued", 2)
    while made.state == "queued":
        runs.work_on(forecast.ForecastRun, made.pk, seconds=0)
        made.refresh_from_db()
    assert (made.state, made.done, forecast.preview_of(made).moved) == ("done", 5, 5)


def test_an_undo_is_previewed_as_a_draft_of_its_own(draft, valid, bob, admin):
    add(draft, f"{valid[0].pk} {valid[1].pk}", admin)
    prepare(draft, "mark_invalid", admin, reason="Returned")
    done = started(draft, bob)
    undo = bulk.draft_undo(done, actor=bob)
    made = forecast.make_forecast(undo)
    assert forecast.preview_of(made).moved == 2
    lifecycle.unflag([valid[0].pk], actor=bob)
    over = started(undo, bob)
    assert (over.done, again(valid[1]).current_status) == (1, "valid")


def test_a_draft_that_nobody_starts_is_dropped_after_thirty_days(draft, valid, admin):
    add(draft, f"{valid[0].pk} Jane", admin)
    BulkAction.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert runs.drop_drafts() == 1
    assert not BulkChunk.objects.exists()
    assert not OmittedEntry.objects.exists()


def test_the_same_flag_moves_a_lead_for_another_reason_alone(valid, bob):
    lead = valid[0].pk
    lifecycle.flag([lead], "invalid", actor=bob, reason="Returned", comment="Wrong number")
    assert lifecycle.flag([lead], "invalid", actor=bob, reason="Returned", comment="Wrong number").refused == {lead: "already Invalid"}
    moved = lifecycle.flag([lead], "invalid", actor=bob, reason="Duplicate")
    assert moved.ids == [lead]
    assert lifecycle.flag(
        [lead], "invalid", actor=Actor("Eve"), reason="Duplicate", extras={"integrations": {valid[0].campaign_id: [1]}}
    ).ids == [lead]


def test_a_change_of_what_is_billed_has_a_contract_note_of_its_own(valid, bob, campaign):
    lead = valid[0].pk
    assert not LeadNote.objects.filter(kind="contract").exists(), "the first judgement is no change"
    lifecycle.mark_delivered([lead], actor=bob, reason="Signed")
    lifecycle.flag([lead], "invalid", actor=bob, reason="Returned")
    lifecycle.flag([lead], "invalid", actor=bob, reason="Duplicate")
    notes = list(LeadNote.objects.filter(lead_id=lead, actor_id=bob.user_id).order_by("pk").values_list("kind", "changes", "reason"))
    assert notes == [
        ("delivery", [["delivery_status", "not_delivered", "delivered"]], "Signed"),
        ("contract", [["advertiser_billable", False, True]], "Signed"),
        ("status", [["second_check", "", "invalid"], ["current_status", "valid", "invalid"]], "Returned"),
        ("contract", [["publisher_billable", True, False], ["advertiser_billable", True, False]], "Returned"),
        ("status", [["flag_reason", "Returned", "Duplicate"]], "Duplicate"),
    ]  # fmt: skip
