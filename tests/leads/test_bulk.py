"""Bulk actions: frozen ids, one verb for each chunk, every chunk once, whatever ends the worker."""

import pytest

from campaigns import services
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.background import runs
from config.core.errors import DomainError
from config.core.models import AuditEntry
from leads import bulk, lifecycle
from leads.bulk import runner
from leads.bulk.actions import BulkType, DeleteLeads, Reprocess, bulk_types
from leads.lifecycle import claims
from leads.models import BulkAction, BulkChunk, Lead, LeadNote
from leads.selectors import errored_leads
from processr.engine import scheduler
from processr.models import Event
from processr.services import add_job
from tests.cast import make_user
from tests.leads.acts import judge_all
from tests.module_cast import ANEW
from tests.races import at_once

pytestmark = pytest.mark.django_db
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
REPROCESS = Reprocess.key


def ids(leads) -> list[int]:
    return [lead.pk for lead in leads]


def status_of(leads) -> set[str]:
    return set(Lead.objects.filter(pk__in=ids(leads)).values_list("processr_status", flat=True))


@pytest.fixture
def judged(campaign, make_leads):
    leads = make_leads(campaign, 5)
    judge_all(campaign)
    return leads


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(runner, "CHUNK", 2)


def test_a_hundred_leads_are_answered_at_once(campaign, make_leads, bob):
    leads = make_leads(campaign, bulk.AT_ONCE)
    judge_all(campaign)
    action = bulk.run_or_queue(REPROCESS, ids(leads), actor=bob)
    assert (action.state, action.total, action.done, action.failed) == ("done", 100, 100, 0)
    assert bulk.moved_leads(action) == ids(leads)
    assert status_of(leads) == {"waiting"}


def test_a_hundred_and_one_are_a_run(campaign, make_leads, bob):
    leads = make_leads(campaign, bulk.AT_ONCE + 1)
    judge_all(campaign)
    action = bulk.run_or_queue(REPROCESS, ids(leads), actor=bob)
    assert (action.state, action.done) == ("queued", 0)
    assert status_of(leads) == {"complete"}
    for pk in runs.waiting(bulk.BulkActionRun):
        runs.work_on(bulk.BulkActionRun, pk)
    assert status_of(leads) == {"waiting"}


def test_ids_are_frozen_in_their_order_each_once(judged, bob, small_chunks):
    pks = ids(judged)
    action = bulk.begin(REPROCESS, [*reversed(pks), pks[0]], actor=bob)
    assert [chunk.lead_ids for chunk in action.chunks.order_by("position")] == [pks[:2], pks[2:4], pks[4:]]
    assert action.total == 5


@pytest.mark.sql
def test_a_query_freezes_what_it_selects_now(campaign, judged, make_leads, bob, small_chunks):
    Lead.objects.filter(pk__in=ids(judged)[:3]).update(errored=True)
    user = bob.user_id
    errored = errored_leads(make_user(roles.ADMIN), campaign)
    action = bulk.begin_for_query(REPROCESS, errored, actor=bob, source={"campaign": campaign.pk})
    Lead.objects.update(errored=True)
    runs.work_on(bulk.BulkActionRun, action.pk)
    action.refresh_from_db()
    assert [chunk.lead_ids for chunk in action.chunks.order_by("position")] == [ids(judged)[:2], ids(judged)[2:3]]
    assert (action.state, action.done, action.total, action.started_by_id) == ("done", 3, 3, user)
    assert status_of(judged[3:]) == {"complete"}


def test_a_query_that_selects_nothing_begins_nothing(campaign, judged, bob):
    with pytest.raises(DomainError, match="No lead"):
        bulk.begin_for_query(REPROCESS, Lead.objects.none(), actor=bob, source={})
    assert not BulkAction.objects.exists()


def test_no_lead_too_many_and_an_unknown_action_are_refused(judged, bob, monkeypatch):
    monkeypatch.setattr(runner, "AT_MOST", 4)
    for key, chosen, said in ((REPROCESS, [], "No lead"), (REPROCESS, ids(judged), "at most 4"), ("launder", ids(judged), "no action")):
        with pytest.raises(DomainError, match=said):
            bulk.begin(key, chosen, actor=bob)
    assert not BulkAction.objects.exists()
    assert not BulkChunk.objects.exists()


def test_skipped_leads_say_why_and_foreign_ones_are_not_found(campaign, judged, make_leads, acme, pat, bob):
    waiting, gone = make_leads(campaign)[0], judged[1]
    lifecycle.delete([gone.pk], actor=bob)
    agent = make_user(roles.AGENCY)
    services.add_member(agent, services.create_agency("Elsewhere", advertisers=[], actor=bob), actor=bob)
    action = bulk.run_or_queue(REPROCESS, [*ids(judged), waiting.pk, 2**62], actor=bob)
    assert bulk.skipped_leads(action, at_most=10) == {gone.pk: "not found", waiting.pk: "already waiting", 2**62: "not found"}
    assert (action.done, action.failed) == (4, 3)
    theirs = bulk.run_or_queue(REPROCESS, ids(judged), actor=Actor(agent.name, agent.pk, None))
    assert (theirs.done, theirs.failed) == (0, 5)
    assert set(bulk.skipped_leads(theirs, at_most=10).values()) == {"not found"}


def test_a_lead_under_way_is_left_to_the_run_that_has_it(campaign, make_leads, bob):
    lead = make_leads(campaign)[0]
    claim = claims.claim(campaign.pk, limit=1)
    action = bulk.run_or_queue(REPROCESS, [lead.pk], actor=bob)
    assert bulk.skipped_leads(action, at_most=1) == {lead.pk: "being processed"}
    claims.unlock_token(claim.token)


def test_a_persons_flag_stays_and_the_automatic_result_is_worked_out_anew(campaign, make_leads, bob):
    lead = make_leads(campaign, firstName="Test")[0]
    add_job(campaign, "first_last_name_match", actor=bob)
    scheduler.serve_campaigns(seconds=10)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="Returned")
    add_job(campaign, "test_data", actor=bob)
    bulk.run_or_queue(REPROCESS, [lead.pk], actor=bob)
    scheduler.serve_campaigns(seconds=10)
    lead.refresh_from_db()
    assert (lead.second_check, lead.current_status, lead.qa_status, lead.processing_counter) == ("invalid", "invalid", "invalid", 2)
    assert Event.objects.filter(lead_id=lead.pk, kind="flow").count() == 2


def test_the_audit_tells_what_was_begun_and_how_it_ended_and_each_lead_has_its_note(judged, bob):
    action = bulk.run_or_queue(REPROCESS, ids(judged), actor=bob)
    entry = AuditEntry.objects.get(action="Reprocess: leads chosen")
    assert (entry.after, entry.actor_name) == ({"leads": 5}, bob.name)
    end = AuditEntry.objects.get(action="Reprocess: done")
    assert (end.after, end.actor_name, end.object_id) == ({"leads": 5, "done": 5, "skipped": 0}, bob.name, str(action.pk))
    assert LeadNote.objects.filter(action_id=action.pk).count() == 5


def test_a_stopped_run_keeps_what_is_done(judged, bob, small_chunks, monkeypatch):
    action = bulk.begin(REPROCESS, ids(judged), actor=bob)

    class StopsInTheMiddle(Reprocess):
        def rule(self, chunk, *, actor):
            runs.stop(bulk.BulkActionRun(chunk.action), actor=actor)
            return super().rule(chunk, actor=actor)

    monkeypatch.setitem(bulk_types._plugins, REPROCESS, StopsInTheMiddle)
    runs.work_on(bulk.BulkActionRun, action.pk)
    action.refresh_from_db()
    assert (action.state, action.done) == ("stopped", 2)
    entries = AuditEntry.objects.filter(object_type="leads.bulkaction", object_id=str(action.pk)).order_by("pk")
    actions = entries.values_list("action", flat=True)
    assert list(actions) == ["Reprocess: leads chosen", "bulk action asked to stop", "Reprocess: stopped"]
    assert status_of(judged[:2]) == {"waiting"}
    assert status_of(judged[2:]) == {"complete"}


def test_a_fault_of_ours_ends_the_run_in_words_and_undoes_only_its_chunk(judged, bob, small_chunks, monkeypatch):
    class Breaks(BulkType):
        key, label, done = "breaks", "Break", "broken"

        def rule(self, chunk, *, actor):
            return lifecycle.requeue.rule(actor=actor)

        def after_move(self, chunk, moved):
            if judged[2].pk in moved.ids:
                raise RuntimeError("no")

    monkeypatch.setitem(bulk_types._plugins, "breaks", Breaks)
    action = bulk.begin("breaks", ids(judged), actor=bob)
    runs.work_on(bulk.BulkActionRun, action.pk)
    action.refresh_from_db()
    assert (action.state, action.done) == ("failed", 2)
    assert "stays done" in action.error
    assert status_of(judged[:2]) == {"waiting"}
    assert status_of(judged[2:]) == {"complete"}


def test_a_run_goes_back_into_the_queue_when_its_time_is_over(judged, bob, small_chunks):
    action = bulk.begin(REPROCESS, ids(judged), actor=bob)
    for done in (2, 4, 5):
        runs.work_on(bulk.BulkActionRun, action.pk, seconds=0)
        action.refresh_from_db()
        assert action.done == done
    runs.work_on(bulk.BulkActionRun, action.pk, seconds=0)
    action.refresh_from_db()
    assert action.state == "done"


def test_a_dead_workers_run_is_taken_up_where_it_was(judged, bob, small_chunks):
    action = bulk.begin(REPROCESS, ids(judged), actor=bob)
    lost = runs.claim(bulk.BulkActionRun, action.pk)
    assert runs._write(lost, 0)
    runs.work_on(bulk.BulkActionRun, action.pk)  # by somebody else: it is taken
    assert runs.waiting(bulk.BulkActionRun) == []
    BulkAction.objects.update(beat_at="2020-01-01T00:00Z")
    for pk in runs.waiting(bulk.BulkActionRun):
        runs.work_on(bulk.BulkActionRun, pk)
    action.refresh_from_db()
    assert (action.state, action.done) == ("done", 5)
    with pytest.raises(runs.RunTakenAway):  # the worker that was thought dead must not go on
        runs._write(lost, 1)
    assert LeadNote.objects.filter(action_id=action.pk).count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_people_reprocessing_the_same_leads_run_each_once(campaign, make_leads, bob, small_chunks, monkeypatch):
    leads = make_leads(campaign, 40)
    add_job(campaign, "first_last_name_match", actor=bob)
    scheduler.serve_campaigns(seconds=30)
    actions = [bulk.begin(REPROCESS, ids(leads), actor=bob) for _ in range(2)]
    assert at_once(*(lambda pk=action.pk: runs.work_on(bulk.BulkActionRun, pk) for action in actions)) == []
    assert at_once(lambda: scheduler.serve_campaigns(seconds=30), lambda: scheduler.serve_campaigns(seconds=30)) == []
    assert set(Lead.objects.values_list("processing_counter", flat=True)) == {2}
    assert Event.objects.filter(kind="flow").count() == 80
    assert sum(BulkAction.objects.values_list("done", flat=True)) == 40


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_run_do_each_chunk_once(campaign, make_leads, bob, small_chunks):
    leads = make_leads(campaign, 20)
    judge_all(campaign)
    action = bulk.begin(REPROCESS, ids(leads), actor=bob)
    assert at_once(lambda: runs.work_on(bulk.BulkActionRun, action.pk), lambda: runs.work_on(bulk.BulkActionRun, action.pk)) == []
    action.refresh_from_db()
    assert (action.state, action.done) == ("done", 20)
    assert LeadNote.objects.filter(action_id=action.pk).count() == 20


@pytest.mark.parametrize("may", [True, False])
@pytest.mark.parametrize("role", roles.LABELS)
def test_leads_are_deleted_by_admins_and_by_managers_with_a_right_of_their_own(role, may):
    allowed = role in (roles.ADMIN, roles.ADMIN_MASKED) or (may and role in (roles.SUPER, roles.AGENCY))
    assert (DeleteLeads.refusal_for(make_user(role, can_delete_leads=may)) == "") == allowed


def test_hashes_of_nobody_are_kept_with_the_action_and_a_signature_too(judged, bob):
    hashes = [f"{n:032x}" for n in range(10**6, 10**6 + 150)]
    action = bulk.begin("mark_delivered", ids(judged), actor=bob, signature="Bob Admin", unknown=hashes)
    assert (action.total, action.signature) == (5, "Bob Admin")
    assert action.selection_source == {"leads": 5, "unknown": 150, "unknown_hashes": hashes[:100]}
    nobodys = bulk.run_if_few(bulk.begin(REPROCESS, [], actor=bob, unknown=hashes))
    assert (nobodys.state, nobodys.done, nobodys.failed) == ("done", 0, 0)


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": roles.ADVERTISER}, {"role": roles.REPORT}])
def test_the_rights_of_the_starter_are_asked_for_each_chunk(judged, small_chunks, change):
    """A person who was demoted meanwhile may still see the leads. What was done stays, and the reason is given."""
    user = make_user(roles.SUPER)
    action = bulk.begin(REPROCESS, ids(judged), actor=Actor(user.name, user.pk))
    runs.work_on(bulk.BulkActionRun, action.pk, seconds=0)
    type(user).objects.filter(pk=user.pk).update(**change)
    runs.work_on(bulk.BulkActionRun, action.pk)
    action.refresh_from_db()
    assert (action.state, action.done, action.failed) == ("failed", 2, 0)
    assert action.error == f"{user.name} may not do this any more: what was not reached stays as it was."
    assert status_of(judged[:2]) == {"waiting"}
    assert status_of(judged[2:]) == {"complete"}


def test_the_sight_of_the_starter_is_asked_for_each_chunk_within_a_turn(judged, acme, bob, small_chunks, monkeypatch):
    agent = make_user(roles.AGENCY)
    services.add_member(agent, services.create_agency("Brightfield", advertisers=[acme], actor=bob), actor=bob)
    action = bulk.begin(REPROCESS, ids(judged), actor=Actor(agent.name, agent.pk))
    monkeypatch.setattr(bulk.BulkActionRun, "progressed", lambda _: agent.memberships.all().delete())
    runs.work_on(bulk.BulkActionRun, action.pk)
    action.refresh_from_db()
    assert (action.state, action.done, set(bulk.skipped_leads(action, at_most=9).values())) == ("done", 2, {"not found"})
