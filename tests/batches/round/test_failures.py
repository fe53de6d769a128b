"""Files that cannot be built or sent: retries, people who are told, and two people at once."""

import importlib
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.utils import timezone

from batches import building, monitoring, notices, selectors, sending, services
from batches.building import BuildBatch
from batches.models import SentBatch
from batches.targets import Put
from config.core.accounts import roles
from config.core.background import runs
from config.core.credentials.service import set_credential
from config.core.errors import DomainError
from config.core.models import AuditEntry, Credential, Notification, User
from integrations.base import AttemptResult
from integrations.models import Delivery
from processr.models import Job
from processr.services import add_job, update_job
from tests.batches.round.conftest import build, finish
from tests.cast import make_user
from tests.module_cast import ANEW
from tests.races import at_once

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)


def answers(monkeypatch, *results: AttemptResult) -> None:
    given = iter(results)
    monkeypatch.setattr(sending, "put", lambda *_, **__: Put(next(given), "550 No"))


def due_now(batch: SentBatch) -> SentBatch:
    SentBatch.objects.filter(pk=batch.pk).update(not_before=timezone.now())
    return finish(batch)


def test_two_people_who_click_batch_now_at_once_make_one_file(batch_csv, wait_for_file, bob):
    job = batch_csv()
    wait_for_file(3)
    raised = at_once(*[lambda: services.batch_now(job, actor=bob)] * 4)
    assert [getattr(error, "message", repr(error)) for error in raised] == ["A file of this job is being built already."] * 3
    assert finish(SentBatch.objects.get()).lead_count == 3


def test_two_senders_send_a_file_once(batch_csv, wait_for_file, bob):
    wait_for_file(0)
    job = batch_csv()
    wait_for_file(2)
    batch = build(services.batch_now(job, actor=bob))
    assert at_once(*[lambda: sending.send(batch.pk)] * 3) == []
    assert batch.tries.count() == 1


def test_people_are_told_of_the_first_failure_and_when_a_person_is_needed(batch_csv, wait_for_file, bob, monkeypatch):
    job = batch_csv()
    wait_for_file()
    answers(monkeypatch, AttemptResult.LATER, AttemptResult.LATER, AttemptResult.NEVER)
    batch = finish(services.batch_now(job, actor=bob))
    assert (batch.phase, batch.attempts) == ("ready", 1)
    assert batch.not_before > timezone.now() + timedelta(seconds=50)
    due_now(batch)
    batch = due_now(batch)
    assert (batch.phase, batch.answer) == ("needs_person", "550 No")
    texts = list(Notification.objects.filter(kind=notices.KIND, user=bob.user_id).order_by("pk").values_list("text", flat=True))
    assert [("tried again" in text, "needs a person" in text) for text in texts] == [(True, False), (False, True)]
    assert services.retry([batch.pk, 0], actor=bob) == {0: "It does not need a person."}
    monkeypatch.undo()


def test_an_unclear_answer_is_repeated_where_that_is_safe_and_waits_for_a_person_where_not(batch_csv, wait_for_file, bob, monkeypatch):
    job, by_mail = batch_csv(), batch_csv("Mail", destination="email", email_to=["ann@acme.example"])
    wait_for_file()
    answers(monkeypatch, AttemptResult.UNCLEAR, AttemptResult.UNCLEAR)
    assert finish(services.batch_now(job, actor=bob)).phase == "ready"
    assert finish(services.batch_now(by_mail, actor=bob)).phase == "needs_person"


def test_a_dead_sender_of_an_email_leaves_its_file_to_a_person(batch_csv, wait_for_file, bob):
    job = batch_csv(destination="email", email_to=["ann@acme.example"])
    wait_for_file()
    batch = build(services.batch_now(job, actor=bob))
    SentBatch.objects.filter(pk=batch.pk).update(phase="sending", send_claim=uuid4(), send_claimed_at=timezone.now())
    assert sending.take_over() == 1
    batch.refresh_from_db()
    assert (batch.phase, "may have arrived" in batch.answer) == ("needs_person", True)


def test_a_file_that_cannot_be_built_frees_its_leads_and_people_are_told(batch_csv, wait_for_file, bob, monkeypatch):
    job = batch_csv()
    wait_for_file(2)
    batch = services.batch_now(job, actor=bob)

    def fails(*_, **__):
        raise RuntimeError("no space")

    monkeypatch.setattr("batches.building.write_file", fails)
    runs.work_on(BuildBatch, batch.pk)
    monkeypatch.undo()
    batch = finish(batch)
    assert batch.phase == "given_up"
    assert set(Delivery.objects.values_list("state", flat=True)) == {"queued"}
    assert "could not be built" in Notification.objects.get(user=bob.user_id).text


def test_each_verb_is_in_the_audit_trail_with_its_severity(batch_csv, wait_for_file, folder, bob):
    job = batch_csv()
    first, _ = wait_for_file(2)
    services.remove_leads(job, [first], actor=bob, reason="Wrong list")
    batch = finish(services.batch_now(job, actor=bob))
    services.record_download(batch, actor=bob)
    services.resend(batch, actor=bob)
    lines = AuditEntry.objects.filter(page="Batches").order_by("id").values_list("action", "severity")
    assert list(lines) == [
        ("leads taken out of a batch", "medium"),
        ("batch now", "high"),
        ("batch downloaded", "medium"),
        ("batch resent", "high"),
    ]


def test_only_those_who_manage_campaigns_see_batches(batch_csv, wait_for_file, folder, bob):
    job = batch_csv()
    wait_for_file()
    batch = finish(services.batch_now(job, actor=bob))
    for role in sorted(roles.ALL):
        user = make_user(role)
        shown = ([job.pk], [batch.pk]) if role in (roles.ADMIN, roles.ADMIN_MASKED, roles.SUPER) else ([], [])
        found = (selectors.batch_jobs_for(user), selectors.batches_for(user))
        assert tuple([row.pk for row in rows] for rows in found) == shown, role
    assert selectors.may_act(User.objects.get(pk=bob.user_id))
    assert not selectors.may_act(make_user(roles.ADMIN_MASKED))


def test_a_due_file_that_nobody_sends_is_seen_by_the_readiness_check(batch_csv, wait_for_file, bob):
    job = batch_csv()
    wait_for_file()
    batch = build(services.batch_now(job, actor=bob))
    SentBatch.objects.filter(pk=batch.pk).update(not_before=timezone.now() - timedelta(hours=1))
    (state,) = monitoring.queues()
    assert (state.size, state.age_seconds > 3_500) == (1, True)


def test_collect_for_file_becomes_batch_csv_and_back_and_keeps_what_waits(campaign, wait_for_file, bob, batch_csv):
    job = add_job(campaign, "collect", actor=bob, label="Weekly", config={"note": "On Mondays"})
    set_up = batch_csv("Set up")
    wait_for_file(2)
    migration = importlib.import_module("batches.migrations.0002_collect_for_file_becomes_batch_csv")
    migration.become_batch_csv(apps, None)
    assert dict(Job.objects.values_list("pk", "type")) == {job.pk: "batch_csv", set_up.pk: "batch_csv"}
    assert Delivery.objects.filter(job=job, state="queued").count() == 2
    migration.become_collect(apps, None)
    assert dict(Job.objects.values_list("pk", "type")) == {job.pk: "collect", set_up.pk: "batch_csv"}


@pytest.fixture
def to_a_server(batch_csv, bob) -> Job:
    """A Batch CSV for an SFTP server, with the credential that is for it."""
    login = set_credential(name="Their files", secret="hunter2", client_id="bob", api_url="sftp://files.example", actor=bob)
    return batch_csv(destination="sftp", sftp_host="files.example", credential=login.pk)


def test_a_login_is_kept_from_any_server_but_its_own(to_a_server, bob):
    with pytest.raises(DomainError, match="is for sftp://files.example"):
        update_job(to_a_server.pk, actor=bob, changes={"config": {**to_a_server.config, "sftp_host": "thief.example"}})
    assert building.described(to_a_server.config) == "files.example as bob"


def test_a_file_that_waits_is_not_sent_with_a_login_that_is_for_another_server_by_now(to_a_server, wait_for_file, bob, monkeypatch):
    """Nothing is connected to: the credential is looked at before."""
    monkeypatch.setattr("batches.targets.sftp.Sftp.upload", lambda *_: pytest.fail("the server was called"))
    wait_for_file(1)
    batch = build(services.batch_now(to_a_server, actor=bob))
    Credential.objects.update(api_url="sftp://elsewhere.example")
    sending.send(batch.pk)
    batch.refresh_from_db()
    assert (batch.phase, "is for sftp://elsewhere.example" in batch.answer) == ("needs_person", True)
