"""Pending batches: the list, the leads of the next file, taking leads out, and Batch now."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from batches import services
from batches.models import SentBatch
from config.core.accounts import roles
from config.core.models import AuditEntry
from integrations.models import Delivery
from leads.models import LeadNote
from processr.services import disable_job
from tests.batches.round.conftest import build, finish

pytestmark = pytest.mark.django_db
LIST = "/v2/system/campaign-lead-batch/pending-batch"
SENT = "/v2/system/campaign-lead-batch/sent-batches"
HEADINGS = ["Advertiser ID", "Advertiser Name", "Campaign ID", "Campaign Name", "Label", "Lead", "Schedule", "Campaign End Date"]


def test_each_job_has_a_row_with_what_waits_and_when_it_goes(batch_csv, wait_for_file, campaign, make_campaign, reader):
    batch_csv(weekdays=["monday", "tuesday"], times=["09:00"], zone="Europe/London", quantity=500)
    batch_csv("Other", on=make_campaign("Autumn"))
    wait_for_file(3)
    page = reader().get(LIST)
    assert page.headings[:8] == HEADINGS
    autumn, weekly = page.rows
    assert (autumn["Label"], autumn["Lead"], autumn["Schedule"]) == ("Other", "0", "none")
    assert (weekly["Campaign ID"], weekly["Lead"], weekly["Advertiser Name"]) == (str(campaign.pk), "3", "Acme")
    assert weekly["Schedule"].endswith("09:00 (Europe/London) or when 500 wait")
    assert all(action in page.words for action in ("Configure", "View", "Batch now"))


def test_an_empty_list_says_what_would_come_here(reader):
    assert "A Batch CSV on a campaign's Processr page gathers its leads here" in reader().get(LIST).words


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("campaign=autu", ["Other"]),
        ("label=week", ["Weekly"]),
        ("advertiser=acm", ["Other", "Weekly"]),
        ("advertiser_id=999", []),
        ("campaign_id=x", []),
        ("nonsense=1", []),
    ],
)
def test_filters(batch_csv, make_campaign, reader, query, labels):
    batch_csv()
    batch_csv("Other", on=make_campaign("Autumn"))
    assert [row["Label"] for row in reader().get(f"{LIST}?{query}").rows] == labels


def test_rows_cost_a_fixed_number_of_queries(batch_csv, wait_for_file, make_campaign, reader):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            someone.get(LIST)
        return len(found)

    someone = reader()
    batch_csv(file_type="cumulative")
    wait_for_file(1)
    someone.get(LIST)
    before = queries()
    for n in range(3):
        autumn = make_campaign(f"Autumn {n}")
        batch_csv(on=autumn, file_type="cumulative")
        wait_for_file(1, on=autumn)
    assert queries() == before


def test_the_leads_stand_in_the_columns_of_the_file(batch_csv, wait_for_file, reader):
    job = batch_csv()
    leads = wait_for_file(2)
    page = reader().get(f"{LIST}/{job.pk}")
    assert [(row["Lead ID"], row["Lead"]) for row in page.rows] == [(str(pk), str(pk)) for pk in leads]
    assert all("@" in row["Mail"] for row in page.rows)
    assert "2 leads. Schedule: none." in page.words


def test_masked_roles_see_masked_values_and_may_do_nothing(batch_csv, wait_for_file, reader):
    job = batch_csv()
    (lead,) = wait_for_file(1)
    someone = reader(roles.ADMIN_MASKED)
    page = someone.get(f"{LIST}/{job.pk}")
    (email,) = Delivery.objects.values_list("lead__email", flat=True)
    assert email not in page.html
    assert "Batch now" not in page.words
    assert "Take out" not in page.words
    for address in (f"{LIST}/{job.pk}/batch-now", f"{LIST}/{job.pk}/remove"):
        assert someone.client.post(address, {"id": lead, "reason": "x"}).status_code == 403
    assert Delivery.objects.get().state == "queued"


def test_nobody_sees_the_jobs_of_others(batch_csv, wait_for_file, stranger):
    job = batch_csv()
    (lead,) = wait_for_file(1)
    assert stranger.get(LIST).rows == []
    for address in (f"{LIST}/{job.pk}", f"{LIST}/{job.pk}/batch-now", f"{LIST}/{job.pk}/remove"):
        assert stranger.client.get(address).status_code == 404
    assert stranger.client.post(f"{LIST}/{job.pk}/batch-now").status_code == 404
    assert stranger.client.post(f"{LIST}/{job.pk}/remove", {"id": lead, "reason": "x"}).status_code == 404
    assert not SentBatch.objects.exists()


def test_ticked_leads_are_taken_out_with_a_reason(batch_csv, wait_for_file, reader):
    job = batch_csv()
    first, second, third = wait_for_file(3)
    someone = reader()
    asked = someone.client.post(f"{LIST}/{job.pk}/remove", {"id": [first, second]})
    assert "2 leads will not go out" in " ".join(asked.content.decode().replace("<strong>", "").replace("</strong>", "").split())
    refused = someone.client.post(f"{LIST}/{job.pk}/remove", {"id": [first, second], "reason": " "})
    assert refused.status_code == 422
    done = someone.client.post(f"{LIST}/{job.pk}/remove", {"id": [first, second, 999_999], "reason": "Doubtful"}, follow=True)
    assert "2 leads taken out of the file; 1 skipped: not waiting for a file." in done.content.decode()
    assert list(Delivery.objects.filter(state="queued").values_list("lead", flat=True)) == [third]
    assert LeadNote.objects.filter(reason="Doubtful").count() == 2
    assert AuditEntry.objects.filter(action="leads taken out of a batch").get().severity == "medium"


def test_all_that_wait_or_match_are_taken_out(batch_csv, wait_for_file, reader):
    job = batch_csv()
    leads = wait_for_file(3)
    someone, address = reader(), f"{LIST}/{job.pk}/remove"
    one = {"all": "1", "query": f"lead={leads[1]}", "reason": "Doubtful"}
    assert "1 lead will" in someone.get(f"{address}?all=1&query=lead%3D{leads[1]}").words
    someone.client.post(address, one)
    assert list(Delivery.objects.filter(state="queued").order_by("lead").values_list("lead", flat=True)) == [leads[0], leads[2]]
    someone.client.post(address, {"all": "1", "query": "nonsense=1", "reason": "x"})
    assert Delivery.objects.filter(state="queued").count() == 2
    someone.client.post(address, {"all": "1", "query": "", "reason": "Doubtful"})
    assert not Delivery.objects.filter(state="queued").exists()


@pytest.mark.parametrize("ids", [[], ["x"], ["-1"], ["99999999999999999999"]])
def test_nothing_chosen_takes_nothing_out(batch_csv, wait_for_file, reader, ids):
    job = batch_csv()
    wait_for_file(1)
    page = reader().client.post(f"{LIST}/{job.pk}/remove", {"id": ids, "reason": "x"}, follow=True)
    assert page.status_code == 200
    assert Delivery.objects.get().state == "queued"


def test_batch_now_says_how_many_go_where_and_leads_to_what_comes_of_it(batch_csv, wait_for_file, folder, reader):
    job = batch_csv()
    wait_for_file(3)
    someone = reader()
    asked = someone.get(f"{LIST}/{job.pk}/batch-now")
    assert "3 leads of" in asked.words
    assert str(folder) in asked.words
    assert not SentBatch.objects.exists()
    answer = someone.client.post(f"{LIST}/{job.pk}/batch-now")
    batch = SentBatch.objects.get()
    assert answer["Location"] == f"{SENT}/{batch.pk}"
    assert "Being built" in someone.get(f"{SENT}/{batch.pk}").words
    assert AuditEntry.objects.filter(action="batch now").get().severity == "high"


def test_the_second_of_two_people_is_led_to_the_file_that_is_being_built(batch_csv, wait_for_file, reader):
    job = batch_csv()
    wait_for_file(1)
    someone = reader()
    someone.client.post(f"{LIST}/{job.pk}/batch-now")
    page = someone.client.post(f"{LIST}/{job.pk}/batch-now", follow=True)
    assert page.redirect_chain[-1][0] == f"{SENT}/{SentBatch.objects.get().pk}"
    assert "A file of this job is being built already." in page.content.decode()


@pytest.mark.parametrize(("config", "reason"), [({"destination": ""}, "It has no destination"), ({}, "No lead waits for a file.")])
def test_batch_now_is_refused_with_the_reason(batch_csv, reader, config, reason):
    job = batch_csv(**config)
    someone = reader()
    assert reason in someone.get(f"{LIST}/{job.pk}/batch-now").words
    page = someone.client.post(f"{LIST}/{job.pk}/batch-now", follow=True)
    assert reason in page.content.decode()
    assert not SentBatch.objects.exists()


def test_a_job_that_is_switched_off_reads_paused(batch_csv, reader, bob):
    job = batch_csv()
    disable_job(job.pk, actor=bob)
    assert reader().get(LIST).rows[0]["Schedule"] == "paused"
    assert "Nothing can be sent now." in reader().get(f"{LIST}/{job.pk}/batch-now").words


def test_a_cumulative_file_counts_the_leads_that_it_repeats_once_a_new_one_waits(batch_csv, wait_for_file, reader, bob):
    job = batch_csv(file_type="cumulative")
    wait_for_file(2)
    assert finish(services.batch_now(job, actor=bob)).lead_count == 2
    someone = reader()
    assert someone.get(LIST).rows[0]["Lead"] == "0"
    wait_for_file(1)
    assert someone.get(LIST).rows[0]["Lead"] == "3"
    assert "3 leads, 2 of them from earlier files" in someone.get(f"{LIST}/{job.pk}").words
    assert build(services.batch_now(job, actor=bob)).lead_count == 3


def test_a_job_without_columns_shows_its_leads(batch_csv, wait_for_file, reader):
    job = batch_csv(destination="", include_fields=[])
    (lead,) = wait_for_file(1)
    assert [row["Lead ID"] for row in reader().get(f"{LIST}/{job.pk}").rows] == [str(lead)]
