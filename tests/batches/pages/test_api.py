"""batch-manager, batch-manager-batch-now and campaign-lead-batches in API v4."""

from hashlib import sha256

import pytest

from batches import services
from batches.models import SentBatch
from config.core.accounts import roles
from config.core.models import AuditEntry
from integrations.models import Delivery
from leads.models import LeadNote
from tests.batches.round.conftest import finish
from tests.cast import make_user
from tests.processr.api.program import Program, wrong

pytestmark = pytest.mark.django_db
NOW = "batch-manager-batch-now"


@pytest.fixture
def program():
    return Program(make_user(roles.ADMIN))


@pytest.fixture
def sent(batch_csv, wait_for_file, bob):
    job = batch_csv()
    wait_for_file(2)
    return finish(services.batch_now(job, actor=bob))


def test_pending_files(program, batch_csv, wait_for_file, campaign):
    job = batch_csv(weekdays=["monday"], times=["09:00"], zone="Europe/London")
    wait_for_file(3)
    (member,) = program.members("batch-manager")
    assert {name: value for name, value in member.items() if not name.startswith("@")} == {
        "id": job.pk, "campaignProcessrJob": f"/api/v4/campaign-processr-jobs/{job.pk}",
        "advertiser": {"id": campaign.advertiser_id, "name": "Acme"},
        "campaign": {"id": campaign.pk, "name": campaign.name, "endTs": None},
        "label": "Weekly", "leads": 3, "schedule": "Mon 09:00 (Europe/London)", "nextRunTs": member["nextRunTs"],
    }  # fmt: skip
    assert member["nextRunTs"]
    assert program.get(f"batch-manager/{job.pk}").json()["leads"] == 3
    assert program.members(f"batch-manager?campaign.id={campaign.pk + 1}") == []


def test_a_job_without_a_schedule_has_no_next_run(program, batch_csv):
    batch_csv()
    (member,) = program.members("batch-manager")
    assert (member["schedule"], member["nextRunTs"]) == ("none", None)


def test_batch_now_begins_one_file(program, batch_csv, wait_for_file):
    job = batch_csv()
    wait_for_file(2)
    answer = program.post(NOW, {"campaignProcessrJob": job.pk})
    batch = SentBatch.objects.get()
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v4/campaign-lead-batches/{batch.pk}")
    assert answer.json()["state"] == "collecting"
    assert program.post(NOW, {"campaignProcessrJob": f"/api/v4/campaign-processr-jobs/{job.pk}"}).status_code == 409
    assert AuditEntry.objects.get(action="batch now").severity == "high"


def test_leads_are_taken_out(program, batch_csv, wait_for_file):
    job = batch_csv()
    first, second = wait_for_file(2)
    answer = program.post(NOW, {"campaignProcessrJob": job.pk, "leads": [first, 999_999], "action": "remove", "reason": "Doubtful"})
    assert answer.status_code == 200
    assert answer.json() == {"removed": 1, "skipped": [{"lead": 999_999, "reason": "not waiting for a file"}]}
    assert list(Delivery.objects.filter(state="queued").values_list("lead", flat=True)) == [second]
    assert LeadNote.objects.filter(lead_id=first, reason="Doubtful").exists()
    assert program.post(NOW, {"campaignProcessrJob": job.pk, "leads": [second], "action": "remove"}).json()["removed"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "campaignProcessrJob"),
        ({"campaignProcessrJob": 999_999}, "campaignProcessrJob"),
        ({"leads": [1]}, "action"),
        ({"action": "remove"}, "leads"),
        ({"leads": [], "action": "remove"}, "leads"),
        ({"leads": "1", "action": "remove"}, "leads"),
        ({"leads": [1], "action": "explode"}, "action"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_not_understood_does_nothing(program, batch_csv, wait_for_file, body, field):
    job = batch_csv()
    wait_for_file(1)
    named = {"campaignProcessrJob": job.pk} if body and "campaignProcessrJob" not in body else {}
    assert field in wrong(program.post(NOW, {**named, **body}))
    assert not SentBatch.objects.exists()
    assert Delivery.objects.get().state == "queued"


def test_sent_files_the_newest_first(program, sent, wait_for_file, bob, campaign):
    wait_for_file(1)
    newer = finish(services.batch_now(sent.job, actor=bob))
    first, second = program.members("campaign-lead-batches")
    assert (first["id"], second["id"]) == (newer.pk, sent.pk)
    assert {name: value for name, value in second.items() if not name.startswith("@")} == {
        "id": sent.pk, "campaignProcessrJob": f"/api/v4/campaign-processr-jobs/{sent.job_id}",
        "advertiser": {"id": campaign.advertiser_id, "name": "Acme"}, "campaign": {"id": campaign.pk, "name": campaign.name},
        "label": "Weekly", "leads": 2, "sentTs": second["sentTs"], "sha256": sent.sha256, "state": "sent",
    }  # fmt: skip
    assert program.members("campaign-lead-batches?state=needs_person") == []


def test_a_file_is_downloaded_as_it_was_sent_and_on_record(program, sent, folder):
    answer = program.get(f"campaign-lead-batches/{sent.pk}/download")
    content = b"".join(answer.streaming_content)
    assert content == (folder / sent.file_name).read_bytes()
    assert sha256(content).hexdigest() == sent.sha256
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.get(action="batch downloaded").severity == "medium"


def test_a_file_that_is_gone_is_410(program, sent):
    SentBatch.objects.update(storage_key="")
    assert program.get(f"campaign-lead-batches/{sent.pk}/download").status_code == 410


def test_masked_roles_read_and_do_nothing(sent):
    masked = Program(make_user(roles.ADMIN_MASKED))
    assert len(masked.members("campaign-lead-batches")) == 1
    assert masked.get(f"campaign-lead-batches/{sent.pk}/download").status_code == 403
    assert masked.post(NOW, {"campaignProcessrJob": sent.job_id}).status_code == 403


def test_others_see_nothing(sent, stranger):
    other = Program(stranger.user)
    assert other.members("batch-manager") == other.members("campaign-lead-batches") == []
    assert other.get(f"campaign-lead-batches/{sent.pk}/download").status_code == 404
    assert wrong(other.post(NOW, {"campaignProcessrJob": sent.job_id})) == {"campaignProcessrJob"}
    assert Program(make_user(roles.PUBLISHER)).get("batch-manager").status_code == 403
