"""One round of a file: what waits is frozen, written, sent, and its leads are delivered."""

from hashlib import sha256

import pytest

from batches import integrity, resending, services
from batches.models import SentBatch
from batches.pending import file_counts, pending_counts, pending_deliveries
from batches.previews import pending_rows, sent_rows
from config.core.errors import DomainError
from config.core.models import User
from integrations.models import Delivery
from leads import lifecycle
from leads.models import Lead, LeadNote
from leads.statuses import SecondCheck
from processr.services import update_job
from tests.batches.round.conftest import build, finish

FileState = SentBatch.FileState


def states(job) -> dict[int, str]:
    return dict(Delivery.objects.filter(job=job).order_by("lead").values_list("lead", "state"))


def lines(folder, batch) -> list[str]:
    return (folder / batch.file_name).read_text().splitlines()


@pytest.mark.sql
def test_what_waits_is_counted_frozen_written_sent_and_marked(batch_csv, wait_for_file, folder, bob):
    job = batch_csv()
    leads = wait_for_file(3)
    assert pending_counts([job.pk]) == {job.pk: 3}
    assert [row.lead_id for row in pending_deliveries(job)] == leads
    batch = build(services.batch_now(job, actor=bob))
    assert (batch.phase, batch.lead_count, batch.number) == (FileState.READY, 3, 1)
    assert set(states(job).values()) == {"in_file"}
    assert pending_counts([job.pk]) == {}
    batch = finish(batch)
    assert (batch.phase, batch.marked_at is not None) == (FileState.SENT, True)
    sent = (folder / batch.file_name).read_bytes()
    assert sha256(sent).hexdigest() == batch.sha256
    assert lines(folder, batch)[0] == "Lead,Mail"
    assert [int(line.split(",")[0]) for line in lines(folder, batch)[1:]] == leads
    assert set(states(job).values()) == {"sent"}
    assert set(Lead.objects.values_list("delivery_status", flat=True)) == {"delivered"}
    assert integrity.batches() == []


def test_leads_that_were_invalidated_deleted_or_marked_as_tests_drop_out(batch_csv, wait_for_file, folder, bob):
    job = batch_csv()
    kept, invalid, deleted, test = wait_for_file(4)
    lifecycle.flag([invalid], SecondCheck.INVALID, actor=bob, reason="Returned")
    lifecycle.flag([test], SecondCheck.TEST, actor=bob, reason="Ours")
    lifecycle.delete([deleted], actor=bob, reason="Asked for")
    assert pending_counts([job.pk]) == {job.pk: 1}
    batch = finish(services.batch_now(job, actor=bob))
    assert [int(line.split(",")[0]) for line in lines(folder, batch)[1:]] == [kept]


def test_of_two_people_one_builds_the_file(batch_csv, wait_for_file, bob):
    job = batch_csv()
    wait_for_file()
    services.batch_now(job, actor=bob)
    with pytest.raises(DomainError, match="being built"):
        services.batch_now(job, actor=bob)
    assert SentBatch.objects.count() == 1


def test_nothing_is_built_of_nothing_unless_empty_files_are_sent(batch_csv, folder, bob):
    with pytest.raises(DomainError, match="No lead waits"):
        services.batch_now(batch_csv(), actor=bob)
    batch = finish(services.batch_now(batch_csv("Empty", send_empty=True), actor=bob))
    assert (batch.lead_count, lines(folder, batch)) == (0, ["Lead,Mail"])


def test_a_job_without_destination_or_columns_is_refused_with_that_reason(batch_csv, bob):
    with pytest.raises(DomainError, match="no destination"):
        services.batch_now(batch_csv(destination="", include_fields=[]), actor=bob)


def test_a_lead_taken_out_stays_valid_is_noted_and_does_not_come_back(batch_csv, wait_for_file, folder, bob):
    job = batch_csv()
    first, second = wait_for_file(2)
    assert services.remove_leads(job, [first, 0], actor=bob, reason="Wrong list") == {0: "not waiting for a file"}
    assert LeadNote.objects.filter(lead_id=first, reason="Wrong list").exists()
    batch = finish(services.batch_now(job, actor=bob))
    assert [int(line.split(",")[0]) for line in lines(folder, batch)[1:]] == [second]
    lead = Lead.objects.get(pk=first)
    assert (lead.current_status, lead.delivery_status) == ("valid", "not_delivered")
    assert pending_counts([job.pk]) == {}


def test_columns_cannot_change_while_leads_wait_and_the_message_says_how_many(batch_csv, wait_for_file, bob):
    job = batch_csv()
    wait_for_file(2)
    columns = [{"header": "Mail", "field": "email", "value": ""}]
    with pytest.raises(DomainError, match="2 leads wait"):
        update_job(job.pk, actor=bob, changes={"config": {"include_fields": columns}})
    update_job(job.pk, actor=bob, changes={"config": {"note": "For Ann"}})
    finish(services.batch_now(job, actor=bob))
    update_job(job.pk, actor=bob, changes={"config": {"include_fields": columns}})


@pytest.mark.sql
def test_a_cumulative_file_repeats_those_before_that_are_still_valid(batch_csv, wait_for_file, folder, bob):
    job = batch_csv(file_type="cumulative")
    first, returned = wait_for_file(2)
    finish(services.batch_now(job, actor=bob))
    lifecycle.flag([returned], SecondCheck.INVALID, actor=bob, reason="Returned")
    assert file_counts([job.pk]) == {}
    (third,) = wait_for_file(1)
    assert (file_counts([job.pk]), pending_counts([job.pk])) == ({job.pk: 2}, {job.pk: 1})
    user = User.objects.get(pk=bob.user_id)
    shown = pending_rows(job, user)
    assert [row.lead_id for row in shown.rows] == [first, third]
    assert [row.lead_id for row in pending_rows(job, user, offset=1).rows] == [third]
    assert [row.lead_id for row in pending_rows(job, user, limit=1).rows] == [first]
    batch = finish(services.batch_now(job, actor=bob))
    assert [line.split(",") for line in lines(folder, batch)] == [shown.header, *[row.cells for row in shown.rows]]
    assert [row.cells for row in sent_rows(batch, user, offset=1).rows] == [shown.rows[1].cells]
    assert batch.lead_count == 2
    with pytest.raises(DomainError, match="No lead waits"):
        services.batch_now(job, actor=bob)


def test_a_failed_file_is_kept_retried_and_given_up_into_the_next_one(batch_csv, wait_for_file, folder, bob):
    job = batch_csv()
    leads = wait_for_file(2)
    batch = build(services.batch_now(job, actor=bob))
    folder.rename(folder.with_name("away"))
    folder.write_text("no folder")
    batch = finish(batch)
    assert batch.phase in (FileState.READY, FileState.NEEDS_PERSON)
    assert batch.tries.get().ok is False
    sha = batch.sha256
    assert services.give_up([batch.pk], actor=bob, reason="Other server") == {}
    batch = finish(batch)
    assert (batch.phase, batch.sha256, set(states(job).values())) == (FileState.GIVEN_UP, sha, {"queued"})
    folder.unlink()
    folder.with_name("away").rename(folder)
    following = finish(services.batch_now(job, actor=bob))
    assert (following.number, following.lead_count) == (2, 2)
    assert [int(line.split(",")[0]) for line in lines(folder, following)[1:]] == leads
    assert integrity.batches() == []


def test_a_resend_sends_the_identical_bytes_and_changes_no_lead(batch_csv, wait_for_file, folder, bob):
    job = batch_csv()
    wait_for_file(1)
    batch = finish(services.batch_now(job, actor=bob))
    before = (folder / batch.file_name).read_bytes()
    (folder / batch.file_name).unlink()
    attempt = services.resend(batch, actor=bob)
    with pytest.raises(DomainError, match="at this moment"):
        services.resend(batch, actor=bob)
    resending.resend(attempt.pk)
    resending.resend(attempt.pk)
    batch.refresh_from_db()
    assert (folder / batch.file_name).read_bytes() == before
    assert batch.resent_at is not None
    assert batch.tries.filter(kind="resend", ok=True).count() == 1
    assert Delivery.objects.filter(job=job).count() == 1
