"""Sent batches: the list, one file with its leads and attempts, its bytes, resending, retrying and giving it up."""

from hashlib import sha256

import pytest

from batches import services
from batches.models import BatchAttempt, SentBatch
from config.core.accounts import roles
from config.core.models import AuditEntry
from leads.models import Lead
from tests.batches.round.conftest import build, finish

pytestmark = pytest.mark.django_db
LIST = "/v2/system/campaign-lead-batch/sent-batches"
HEADINGS = ["ID", "Advertiser ID", "Advertiser Name", "Campaign ID", "Campaign Name", "Label", "Lead", "Sent"]


@pytest.fixture
def sent(batch_csv, wait_for_file, bob):
    job = batch_csv()
    wait_for_file(3)
    return finish(services.batch_now(job, actor=bob))


@pytest.fixture
def in_need(batch_csv, wait_for_file, bob):
    job = batch_csv()
    wait_for_file(2)
    batch = build(services.batch_now(job, actor=bob))
    SentBatch.objects.filter(pk=batch.pk).update(phase="needs_person", answer="The server refused the log-in.")
    return batch


def test_each_file_has_a_row(sent, reader, campaign):
    page = reader().get(LIST)
    assert page.headings[:8] == HEADINGS
    (row,) = page.rows
    assert (row["ID"], row["Campaign ID"], row["Label"], row["Lead"]) == (str(sent.pk), str(campaign.pk), "Weekly", "3")
    assert f"{LIST}/{sent.pk}/download" in page.html


def test_one_that_is_not_sent_says_so_in_its_place(in_need, reader):
    assert reader().get(f"{LIST}?state=needs_person").rows[0]["Sent"] == "Needs a person"
    assert reader().get(f"{LIST}?state=sent").rows == []


def test_a_file_shows_its_leads_as_they_were_sent_with_sha_and_answers(sent, reader):
    Lead.objects.update(captured={"email": "changed@since.example"}, transformed={})
    page = reader().get(f"{LIST}/{sent.pk}")
    assert sent.sha256 in page.words
    assert [row["Row"] for row in page.rows] == ["1", "2", "3"]
    assert "changed@since.example" not in page.html
    assert "As they stand in the file." in page.words
    assert sent.file_name in page.words
    assert BatchAttempt.objects.get().answer in page.words


def test_values_of_now_are_named_so_where_the_file_is_gone(sent, reader):
    SentBatch.objects.update(storage_key="")
    page = reader().get(f"{LIST}/{sent.pk}")
    assert "With the values of now" in page.words
    assert f"{LIST}/{sent.pk}/resend" not in page.html


@pytest.mark.parametrize("config", [{"format": "xlsx"}, {"zips": True}, {"format": "txt", "header": False, "delimiter": "tab"}])
def test_files_of_every_format_show_their_leads(batch_csv, wait_for_file, reader, bob, config):
    job = batch_csv(**config)
    leads = wait_for_file(2)
    batch = finish(services.batch_now(job, actor=bob))
    assert [row["Lead"] for row in reader().get(f"{LIST}/{batch.pk}").rows] == [str(pk) for pk in leads]


def test_the_download_is_what_was_sent_and_on_record(sent, folder, reader):
    answer = reader().client.post(f"{LIST}/{sent.pk}/download")
    content = b"".join(answer.streaming_content)
    assert content == (folder / sent.file_name).read_bytes()
    assert sha256(content).hexdigest() == sent.sha256
    assert sent.file_name in answer["Content-Disposition"]
    entry = AuditEntry.objects.filter(action="batch downloaded").get()
    assert entry.severity == "medium"


def test_a_file_that_is_gone_says_so(sent, reader):
    SentBatch.objects.update(storage_key="")
    page = reader().client.post(f"{LIST}/{sent.pk}/download", follow=True)
    assert "Its file was deleted" in page.content.decode()
    assert not AuditEntry.objects.filter(action="batch downloaded").exists()


def test_a_resend_is_begun_once_and_on_record(sent, reader):
    someone = reader()
    page = someone.client.post(f"{LIST}/{sent.pk}/resend", follow=True)
    assert "is sent once more" in page.content.decode()
    again = someone.client.post(f"{LIST}/{sent.pk}/resend", follow=True)
    assert "It is being sent at this moment." in again.content.decode()
    assert BatchAttempt.objects.filter(kind="resend").count() == 1
    assert AuditEntry.objects.filter(action="batch resent").get().severity == "high"
    assert "resend 1" in someone.get(f"{LIST}/{sent.pk}/progress").words


def test_one_in_need_is_tried_again(in_need, reader):
    someone = reader()
    page = someone.get(f"{LIST}/{in_need.pk}")
    assert "The server refused the log-in." in page.words
    someone.client.post(f"{LIST}/{in_need.pk}/retry")
    assert SentBatch.objects.get().phase == "ready"


def test_one_in_need_is_given_up_with_a_reason(in_need, reader):
    someone, address = reader(), f"{LIST}/{in_need.pk}/give-up"
    assert "2 leads go into the next file" in someone.get(address).words
    assert someone.client.post(address, {"reason": ""}).status_code == 422
    someone.client.post(address, {"reason": "Server closed"})
    assert SentBatch.objects.get().phase == "given_up"
    assert AuditEntry.objects.filter(action="batch given up").get().notes == "Server closed"


def test_a_sent_one_is_neither_retried_nor_given_up(sent, reader):
    someone = reader()
    someone.client.post(f"{LIST}/{sent.pk}/retry")
    someone.client.post(f"{LIST}/{sent.pk}/give-up", {"reason": "x"})
    assert SentBatch.objects.get().phase == "sent"


def test_masked_roles_see_masked_values_and_may_do_nothing(sent, reader):
    someone = reader(roles.ADMIN_MASKED)
    page = someone.get(f"{LIST}/{sent.pk}")
    assert not any(email in page.html for email in Lead.objects.values_list("email", flat=True))
    assert not any(f"{LIST}/{sent.pk}/{act}" in page.html for act in ("download", "resend"))
    assert f"{LIST}/{sent.pk}/download" not in someone.get(LIST).html
    for act in ("download", "resend", "retry", "give-up"):
        assert someone.client.post(f"{LIST}/{sent.pk}/{act}", {"reason": "x"}).status_code == 403


def test_nobody_sees_the_files_of_others(sent, stranger):
    assert stranger.get(LIST).rows == []
    assert stranger.client.get(f"{LIST}/{sent.pk}").status_code == 404
    assert stranger.client.get(f"{LIST}/{sent.pk}/progress").status_code == 404
    for act in ("download", "resend", "retry", "give-up"):
        assert stranger.client.post(f"{LIST}/{sent.pk}/{act}", {"reason": "x"}).status_code == 404
    assert BatchAttempt.objects.count() == 1


@pytest.mark.parametrize("role", [roles.PUBLISHER, roles.ADVERTISER, roles.ADVERTISER_REPORT, roles.AGENCY_CALL_CENTRE])
def test_other_roles_are_turned_away(sent, reader, role):
    someone = reader(role)
    for address in (LIST, f"{LIST}/{sent.pk}", f"{LIST}/{sent.pk}/progress"):
        assert someone.client.get(address).status_code == 403
    assert someone.client.post(f"{LIST}/{sent.pk}/download").status_code == 403
