"""Undo: leads go back to what an action found, unless something has changed them since (decisions 29 and 42)."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from config.core.background import runs
from config.core.errors import DomainError
from leads import bulk, extension_points, integrity, lifecycle
from leads.bulk import runner
from leads.bulk.undo import OPEN_FOR
from leads.extension_points import BulkEffect
from leads.lifecycle.state import RESTORED
from leads.models import BulkAction, BulkChunk, Lead, LeadNote
from tests.leads.acts import again, judge_all
from tests.module_cast import ANEW
from tests.races import at_once

pytestmark = pytest.mark.django_db
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
LEADS = 6
SETTINGS = {"reason": "Returned", "category": "Wrong number", "comment": "Nobody answers"}
UNDONE = ["mark_valid", "mark_invalid", "mark_test", "unflag", "mark_delivered", "mark_undelivered", "mark_replacement", "unmark_replacement", "delete"]  # fmt: skip
ANY = [*UNDONE, "reprocess"]
SOME = st.sets(st.integers(0, LEADS - 1), min_size=1).map(sorted)


def act(type_key: str, ids: list[int], bob) -> BulkAction:
    return bulk.run_or_queue(type_key, ids, actor=bob, settings=SETTINGS)


def undo(action: BulkAction, bob) -> BulkAction:
    return bulk.run_if_few(bulk.begin_undo(action, actor=bob))


def rows(columns=RESTORED) -> dict[int, tuple]:
    return {pk: tuple(values) for pk, *values in Lead.objects.values_list("pk", *columns)}


@pytest.fixture
def judged(make_campaign, make_leads):
    campaign = make_campaign(lead_volume=4, cap=3)
    leads = make_leads(campaign, LEADS)
    judge_all(campaign)
    return [lead.pk for lead in leads]


@pytest.fixture
def undo_calls(monkeypatch) -> list[list[int]]:
    """The leads of each call of an effect's hook."""
    calls: list[list[int]] = []
    members = {"key": "recorder", "undo": lambda self, moves: calls.append([move.lead_id for move in moves])}
    monkeypatch.setitem(extension_points.bulk_effects._plugins, "recorder", type("UndoRecorder", (BulkEffect,), members))
    return calls


@given(
    history=st.lists(st.tuples(st.sampled_from(ANY), SOME), max_size=5), type_key=st.sampled_from(ANY), chosen=SOME, since=st.just([]) | SOME,
    chunk=st.integers(1, LEADS),
)  # fmt: skip
def test_an_undo_puts_back_what_nothing_has_changed_since_and_names_the_rest(judged, bob, history, type_key, chosen, since, chunk):
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        for past, numbers in history:
            act(past, [judged[n] for n in numbers], bob)
        patch.setattr(runner, "CHUNK", chunk)
        before, statuses = rows(), rows(["current_status"])
        action = act(type_key, [judged[n] for n in chosen], bob)
        moved = set(bulk.moved_leads(action))
        changed = moved & set(lifecycle.mark_replacement([judged[n] for n in since], actor=bob).ids)
        if type_key == "reprocess" or not moved:
            refusal = "Reprocess cannot be undone." if type_key == "reprocess" else "It changed no lead."
            left = rows()
            with pytest.raises(DomainError) as refused:
                undo(action, bob)
            assert (refused.value.message, bulk.reason_not_to_undo(action), rows()) == (refusal, refusal, left)
        else:
            foretold, left = bulk.preview_undo(action, actor=bob), rows()
            undone = undo(action, bob)
            assert bulk.skipped_leads(undone, at_most=LEADS) == dict.fromkeys(changed, "changed since")
            assert {pk: rows()[pk] for pk in moved - changed} == {pk: before[pk] for pk in moved - changed}
            assert {pk: rows(["current_status"])[pk] for pk in moved - changed} == {pk: statuses[pk] for pk in moved - changed}
            assert {pk: row for pk, row in rows().items() if pk not in moved - changed} == {
                pk: row for pk, row in left.items() if pk not in moved - changed
            }  # fmt: skip
            assert (foretold.moved, foretold.skipped) == (undone.done, dict(bulk.skip_reasons(undone)))
        assert integrity.tallies() + integrity.billing() + integrity.notes() == []
        transaction.set_rollback(True)


@pytest.mark.sql
def test_an_undo_is_an_action_with_notes_money_and_chunks_of_its_own(judged, bob):
    action = act("mark_invalid", judged[:2], bob)
    undone = undo(action, bob)
    lead = again(Lead(pk=judged[0]))
    assert (lead.current_status, lead.second_check, lead.flag_reason, lead.publisher_billable) == ("valid", "", "", True)
    note = LeadNote.objects.filter(lead_id=lead.pk).latest("pk")
    assert (note.action_id, note.reason, note.actor_name) == (undone.pk, "Undo of Mark as Invalid", "Bob Admin")
    assert (note.kind, note.changes) == ("contract", [["publisher_billable", False, True]])
    note = LeadNote.objects.get(lead_id=lead.pk, action_id=undone.pk, kind="status")
    assert ["second_check", "invalid", ""] in note.changes
    assert (undone.undoes_id, undone.type, undone.done, undone.failed) == (action.pk, "undo", 2, 0)
    assert [chunk.state for chunk in action.chunks.all()] == ["undone"]


def test_money_goes_by_the_slots_there_are_today_and_the_preview_says_so(judged, bob):
    held = Lead.objects.filter(contract_slot=True).order_by("pk").values_list("pk", flat=True)[0]
    action = act("mark_invalid", [held], bob)
    late = Lead.objects.filter(current_status="valid", campaign_slot=False).values_list("pk", flat=True)[0]
    lifecycle.flag([late], "invalid", actor=bob, reason="x")
    lifecycle.unflag([late], actor=bob)  # takes the slot that was freed
    foretold = bulk.preview_undo(action, actor=bob)
    assert (foretold.moved, foretold.without_slot) == (1, 1)
    undo(action, bob)
    lead = again(Lead(pk=held))
    assert (lead.current_status, lead.publisher_billable, lead.over_allocation) == ("valid", False, True)
    assert integrity.billing() == []


def test_deleted_leads_come_back_for_those_who_may_see_them(judged, bob):
    action = act("delete", judged[:2], bob)
    assert undo(action, bob).done == 2
    assert Lead.objects.filter(deleted_at=None).count() == LEADS


def test_a_category_and_an_earlier_flag_come_back(judged, bob):
    act("mark_invalid", judged[:1], bob)
    flagged = rows()
    undo(act("mark_valid", judged[:1], bob), bob)
    assert rows() == flagged
    assert again(Lead(pk=judged[0])).flag_category == "Wrong number"


def test_what_cannot_be_undone_says_why(judged, bob):
    def reason(action: BulkAction) -> str:
        with pytest.raises(DomainError) as refused:
            bulk.begin_undo(action, actor=bob)
        assert refused.value.status == 409
        assert bulk.reason_not_to_undo(action) == refused.value.message
        return refused.value.message

    assert reason(bulk.run_or_queue("reprocess", judged, actor=bob)) == "Reprocess cannot be undone."
    assert reason(bulk.begin("mark_valid", judged, actor=bob, settings=SETTINGS)) == "It is not over yet: stop it first."
    assert reason(act("mark_delivered", [2**60], bob)) == "It changed no lead."
    action = act("mark_replacement", judged, bob)
    waiting = bulk.begin_undo(action, actor=bob)
    assert reason(action) == "It is being undone already."
    assert reason(bulk.run_if_few(waiting)) == "Undo cannot be undone."
    assert reason(action) == "It has been undone already."
    old = act("unmark_replacement", [lead for lead in judged if act("mark_replacement", [lead], bob).done], bob)
    BulkAction.objects.filter(pk=old.pk).update(ended_at=timezone.now() - OPEN_FOR - timedelta(seconds=1))
    old.refresh_from_db()
    assert reason(old) == "It was over 30 days ago: it can no longer be undone."


def test_a_stopped_action_is_undone_as_far_as_it_came(judged, bob, monkeypatch):
    monkeypatch.setattr(runner, "CHUNK", 2)
    action = bulk.begin("mark_replacement", judged, actor=bob)
    runs.work_on(bulk.BulkActionRun, action.pk, seconds=0)
    runs.stop(bulk.BulkActionRun(action), actor=bob)
    action.refresh_from_db()
    undone = undo(action, bob)
    assert (undone.total, undone.done) == (2, 2)
    assert [chunk.state for chunk in action.chunks.order_by("position")] == ["undone", "queued", "queued"]


def test_effects_are_asked_once_for_each_lead_whatever_kills_the_worker(judged, bob, undo_calls, monkeypatch):
    monkeypatch.setattr(runner, "CHUNK", 2)
    action = act("mark_replacement", judged, bob)
    undone = bulk.begin_undo(action, actor=bob)
    lost = runs.claim(bulk.BulkActionRun, undone.pk)
    assert runs._write(lost, 0)
    BulkAction.objects.filter(pk=undone.pk).update(beat_at="2020-01-01T00:00Z")
    runs.work_on(bulk.BulkActionRun, undone.pk)
    with pytest.raises(runs.RunTakenAway):
        runs._write(lost, 1)
    assert undo_calls == [judged[:2], judged[2:4], judged[4:]]
    assert set(BulkChunk.objects.filter(action=action).values_list("state", flat=True)) == {"undone"}


def test_a_fault_in_an_effect_leaves_leads_and_chunk_as_they_were(judged, bob, monkeypatch):
    members = {"key": "broken", "undo": lambda self, moves: 1 / 0}
    monkeypatch.setitem(extension_points.bulk_effects._plugins, "broken", type("BrokenEffect", (BulkEffect,), members))
    action = act("mark_replacement", judged, bob)
    left = rows()
    assert undo(action, bob).state == "failed"
    assert rows() == left
    assert [chunk.state for chunk in action.chunks.all()] == ["done"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_undo_each_lead_once(judged, bob, undo_calls, monkeypatch):
    monkeypatch.setattr(runner, "CHUNK", 2)
    action = act("mark_invalid", judged, bob)
    first = bulk.begin_undo(action, actor=bob)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leads.bulk.undo.reason_not_to_undo", lambda action: "")  # both have looked before the other began
        second = bulk.begin_undo(action, actor=bob)
    assert at_once(*(lambda pk=run.pk: runs.work_on(bulk.BulkActionRun, pk) for run in (first, second))) == []
    done = BulkAction.objects.filter(undoes=action)
    assert sorted(lead for call in undo_calls for lead in call) == judged
    assert sum(run.done for run in done) == LEADS
    assert sum(run.failed for run in done) == LEADS
    assert {why for run in done for why, _ in bulk.skip_reasons(run)} <= {"changed since", "already undone"}
    assert integrity.tallies() + integrity.billing() == []
