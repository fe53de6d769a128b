"""The results of bulk actions: progress with its pace, results by lead, the matrix of reprocessed ones, the history, and the undo."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.background import runs
from leads import bulk, lifecycle
from leads.bulk import drafts
from leads.bulk.actions import Reprocess
from leads.models import BulkAction, FlagReason, Lead
from leads.views import bulk as bulk_pages
from tests.leads.acts import again, judge_all
from tests.screens.leads.wizard.walk import begin, choose, page, process, save

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
HISTORY = "/v2/leads/flag-manage/history"


@pytest.fixture
def valid(campaign, make_leads) -> list[Lead]:
    leads = make_leads(campaign, 3)
    judge_all(campaign)
    return leads


def actor(reader) -> Actor:
    return Actor(reader.user.name, reader.user.pk)


def flag_invalid(reader, *leads: Lead, **fields: object) -> BulkAction:
    draft = begin(reader, *leads)
    choose(reader, draft, "mark_invalid")
    process(reader, draft, reason=FlagReason.objects.get(flag="invalid", name="Duplicate").pk, **fields)
    save(reader, draft)
    draft.refresh_from_db()
    return draft


def test_progress_says_how_fast_it_goes_and_how_long_it_takes(valid, reader):
    admin = reader()
    action = bulk.begin(Reprocess.key, [lead.pk for lead in valid], actor=actor(admin))
    BulkAction.objects.update(state="running", done=2, started_at=timezone.now() - timedelta(seconds=1000), claim=None)
    words = admin.get(f"/v2/leads/actions/{action.pk}").words
    assert "2 of 3 dealt with, 1 a second, about 8 minutes left." in words
    assert "Stop" in words


def test_the_result_lists_the_leads_of_each_outcome_and_has_a_file(valid, reader, bob):
    lifecycle.flag([valid[0].pk], "invalid", actor=bob, reason="Duplicate")
    admin = reader()
    action = flag_invalid(admin, *valid, comment="=1+1")
    address = f"/v2/leads/actions/{action.pk}"
    assert "Comment =1+1" in admin.get(address).words
    skipped = admin.get(f"{address}/leads?outcome=skipped&reason=changed+since").words
    assert "No lead." in skipped
    by_reason = {why: admin.get(f"{address}/leads?outcome=skipped&reason={why}").words for why, _ in bulk.skip_reasons(action)}
    assert all(f" {pk} " in " ".join(by_reason.values()) for pk in bulk.skipped_leads(action, at_most=9))
    assert f" {valid[1].pk} " in admin.get(f"{address}/leads?outcome=changed").words
    for query in ("", "outcome=nonsense", "before=valid&after=purple"):
        assert admin.client.get(f"{address}/leads?{query}").status_code == 404
    file = b"".join(admin.client.get(f"{address}/skipped").streaming_content).decode("utf-8-sig")
    assert file.splitlines()[0] == "Lead ID,Why"
    assert len(file.splitlines()) == 1 + action.failed


def test_reprocessed_leads_are_counted_by_status_before_and_now(valid, campaign, reader):
    admin = reader()
    draft = begin(admin, *valid)
    choose(admin, draft, "reprocess")
    assert "It cannot be undone" in process(admin, draft, confirm="on").words
    words = save(admin, draft).words
    assert "Before Now Leads Valid not judged yet 3" in words
    judge_all(campaign, "invalid", limit=2)
    address = f"/v2/leads/actions/{draft.pk}"
    assert "Valid Invalid 2 Valid not judged yet 1" in admin.get(address).words
    cell = admin.get(f"{address}/leads?before=valid&after=invalid").words
    assert f" {valid[0].pk} " in cell
    assert f" {valid[2].pk} " not in cell
    assert "Reprocess cannot be undone" in admin.get(address).words


def test_an_undo_is_previewed_and_stands_in_the_history(valid, reader, bob):
    admin = reader()
    action = flag_invalid(admin, *valid)
    address = f"/v2/leads/actions/{action.pk}"
    assert "Undo…" in admin.get(address).words
    lifecycle.flag([valid[2].pk], "test", actor=bob, reason="Client test")
    preview = admin.post(f"{address}/undo")
    assert "Will be put back 2 Skipped: changed since 1" in preview.words
    assert [again(lead).current_status for lead in valid] == ["invalid", "invalid", "test"], "nothing is put back before Save"
    undo = BulkAction.objects.latest("pk")
    for step in ("leads", "type", "processing"):
        assert admin.client.get(page(undo, step))["Location"] == page(undo, "preview")
    assert "Put back 2 Skipped 1" in save(admin, undo).words
    assert [again(lead).current_status for lead in valid] == ["valid", "valid", "test"]
    history = admin.get(HISTORY)
    assert [row["What"] for row in history.rows] == [f"Undo of {action.pk}", "Mark as Invalid"]
    assert "Undone" in admin.get(address).words


def test_the_history_shows_who_did_what_and_is_filtered(valid, reader, bob):
    admin = reader()
    flag_invalid(admin, valid[0])
    bulk.run_or_queue("mark_delivered", [valid[1].pk], actor=bob)
    draft = begin(admin, valid[2])
    rows = admin.get(HISTORY).rows
    assert [(row["Who"], row["What"], row["Leads"], row["Changed"]) for row in rows] == [
        ("Bob Admin", "Mark as Delivered", "1", "1"), (admin.user.name, "Mark as Invalid", "1", "1"),
    ]  # fmt: skip
    assert "Duplicate" in rows[1]["Reason"]
    assert str(draft.pk) not in [row["Id"] for row in rows], "a draft is no action yet"
    assert len(admin.get(f"{HISTORY}?type=mark_invalid").rows) == 1
    assert len(admin.get(f"{HISTORY}?who=bob").rows) == 1
    assert len(admin.get(f"{HISTORY}?state=done&created_after=2020-01-01").rows) == 2
    assert len(admin.get(f"{HISTORY}?created_before=2020-01-01").rows) == 0
    for query in ("type=coffee", "state=draft", "colour=red"):
        assert admin.get(f"{HISTORY}?{query}").rows == []


def test_the_history_and_the_result_tell_when_an_action_was_saved(valid, reader):
    admin = reader()
    first = begin(admin, valid[0])
    second = begin(admin, valid[1])
    begun, saved = timezone.now() - timedelta(days=20), timezone.now() - timedelta(days=3)
    BulkAction.objects.update(created_at=begun, saved_at=begun)
    reason = FlagReason.objects.get(flag="invalid", name="Duplicate").pk
    for draft in (second, first):
        choose(admin, draft, "mark_invalid")
        process(admin, draft, reason=reason)
        save(admin, draft)
    assert [row["Id"] for row in admin.get(HISTORY).rows] == [str(first.pk), str(second.pk)], "the one saved last is the first"
    first.refresh_from_db()
    assert first.saved_at > saved
    assert len(admin.get(f"{HISTORY}?created_after={saved.date()}").rows) == 2
    BulkAction.objects.filter(pk=first.pk).update(saved_at=saved)
    assert [row["Id"] for row in admin.get(HISTORY).rows] == [str(second.pk), str(first.pk)]
    assert f"{saved:%Y-%m-%d}" in admin.get(f"/v2/leads/actions/{first.pk}").html
    admin.post(f"/v2/leads/actions/{second.pk}/undo")
    undo = BulkAction.objects.latest("pk")
    BulkAction.objects.filter(pk=undo.pk).update(created_at=begun, saved_at=begun)
    save(admin, undo)
    words = admin.get(f"/v2/leads/actions/{second.pk}").html
    assert "Undone" in words
    assert f"{begun:%Y-%m-%d}" not in words


@pytest.fixture
def stop_after_the_first(monkeypatch):
    """Chunks of one lead, and a worker that is asked to stop while it is at the first."""
    monkeypatch.setattr(bulk.runner, "AT_ONCE", 0)
    monkeypatch.setattr(drafts, "CHUNK", 1)
    write = bulk.BulkActionRun.write

    def write_and_stop(run, part):
        progress = write(run, part)
        BulkAction.objects.filter(pk=run.run.pk).update(stop_asked=True)
        return progress

    monkeypatch.setattr(bulk.BulkActionRun, "write", write_and_stop)
    return lambda: monkeypatch.setattr(bulk.BulkActionRun, "write", write)


def test_leads_that_a_stopped_action_did_not_reach_are_listed_and_gone_on_with(valid, reader, stop_after_the_first):
    admin = reader()
    action = flag_invalid(admin, *valid, comment="Mine")
    address = f"/v2/leads/actions/{action.pk}"
    assert "Not reached" not in admin.get(address).words
    assert admin.client.get(f"{address}/leads?outcome=unreached").status_code == 404
    assert "It is not over yet" in admin.post(f"{address}/rest").words
    runs.work_on(bulk.BulkActionRun, action.pk)
    words = admin.get(address).words
    assert "Stopped after 1 of 3. What was done so far stays done." in words
    assert "Not reached 2" in words
    listed = admin.get(f"{address}/leads?outcome=unreached").words
    assert [f" {lead.pk} " in listed for lead in valid] == [False, True, True]
    file = b"".join(admin.client.get(f"{address}/unreached").streaming_content).decode("utf-8-sig")
    assert file.splitlines() == ["Lead ID", str(valid[1].pk), str(valid[2].pk)]
    other = reader()
    assert "Go on with the rest" not in other.get(address).words
    assert "Only who has begun it" in other.post(f"{address}/rest").words
    assert "Will be marked as Invalid 2" in admin.post(f"{address}/rest").words
    rest = BulkAction.objects.latest("pk")
    assert (rest.type, rest.settings, rest.answers) == (action.type, action.settings, action.answers)
    assert [again(lead).second_check for lead in valid] == ["invalid", "", ""], "nothing is changed before Save"
    stop_after_the_first()
    save(admin, rest)
    runs.work_on(bulk.BulkActionRun, rest.pk)
    assert [again(lead).second_check for lead in valid] == ["invalid"] * 3


def test_stop_says_nothing_that_is_over_when_it_is_read(valid, reader, monkeypatch):
    monkeypatch.setattr(bulk.runner, "AT_ONCE", 0)
    admin = reader()
    action = flag_invalid(admin, *valid)
    words = admin.post(f"/v2/leads/actions/{action.pk}/stop").words
    assert "Stopped after 0 of 3." in words
    assert "It stops after" not in words


def test_the_matrix_counts_anew_while_leads_are_judged(valid, campaign, reader, monkeypatch):
    admin = reader()
    action = bulk.run_or_queue(Reprocess.key, [lead.pk for lead in valid], actor=actor(admin))
    address = f"/v2/leads/actions/{action.pk}"
    shown = admin.get(address)
    assert "3 are still being judged: this is counted anew by itself." in shown.words
    assert 'hx-select="#matrix"' in shown.html
    monkeypatch.setattr(bulk_pages, "POLLED_AT_MOST", 2)
    shown = admin.get(address)
    assert "3 are still being judged: reload the page to count anew." in shown.words
    assert 'hx-select="#matrix"' not in shown.html
    judge_all(campaign)
    assert "still being judged" not in admin.get(address).words


@pytest.mark.parametrize("role", sorted(roles.SEES_EVERYTHING))
def test_a_typed_reason_is_masked_in_the_history_where_leads_are(valid, reader, bob, role):
    ids = [lead.pk for lead in valid]
    typed = bulk.run_or_queue("mark_invalid", ids[:1], actor=bob, settings={"reason": "Grace said so", "comment": "Hopper"})
    bulk.run_or_queue("mark_invalid", ids[1:], actor=bob, settings={"reason": "Duplicate"})
    user = reader(role)
    history, result = user.get(HISTORY), user.get(f"/v2/leads/actions/{typed.pk}")
    assert "Duplicate" in history.rows[0]["Reason"]
    hidden = role == roles.ADMIN_MASKED
    assert ("Grace said so" not in history.html, "Grace said so" not in result.html, "Hopper" not in result.html) == (hidden,) * 3


def test_an_agency_sees_its_own_actions_and_others_none(valid, reader):
    flag_invalid(reader(), valid[0])
    agency = reader(roles.AGENCY)
    flag_invalid(agency, valid[1])
    assert [row["Who"] for row in agency.get(HISTORY).rows] == [agency.user.name]
    for role in (roles.ADVERTISER, roles.PUBLISHER, roles.REPORT):
        assert reader(role).get(HISTORY).status == 403


def test_a_long_action_survives_its_page_and_ends_with_a_notice(valid, reader, monkeypatch):
    monkeypatch.setattr(bulk.runner, "AT_ONCE", 1)
    admin = reader()
    draft = begin(admin, *valid)
    choose(admin, draft, "delete")
    process(admin, draft, confirm="on")
    assert "Waiting for a worker" in save(admin, draft).words
    runs.work_on(bulk.BulkActionRun, draft.pk)
    assert "Delete Leads" in admin.get("/notifications").words


def test_who_may_no_longer_delete_is_stopped_with_the_reason(valid, reader, monkeypatch):
    monkeypatch.setattr(bulk.runner, "AT_ONCE", 1)
    user = reader(roles.SUPER)
    type(user.user).objects.filter(pk=user.user.pk).update(can_delete_leads=True)
    draft = begin(user, *valid)
    choose(user, draft, "delete")
    process(user, draft, confirm="on")
    save(user, draft)
    type(user.user).objects.filter(pk=user.user.pk).update(can_delete_leads=False)
    runs.work_on(bulk.BulkActionRun, draft.pk)
    draft.refresh_from_db()
    assert (draft.state, draft.done) == ("failed", 0)
    assert "may not do this any more" in draft.error
