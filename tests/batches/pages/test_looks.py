"""The pages of batches in both sizes and themes."""

import pytest

from batches import services
from batches.models import SentBatch
from tests.batches.round.conftest import build, finish
from tests.module_cast import ANEW

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BASE = "/v2/system/campaign-lead-batch"


def test_what_waits_and_what_was_sent(batch_csv, wait_for_file, make_campaign, bob, look_at):
    job = batch_csv(
        "Valid leads of the day for the sales team", weekdays=["monday", "friday"], times=["09:00", "17:00"], zone="Europe/London"
    )
    wait_for_file(12)
    sent = finish(services.batch_now(job, actor=bob))
    wait_for_file(8)
    failed = build(services.batch_now(job, actor=bob))
    SentBatch.objects.filter(pk=failed.pk).update(phase="needs_person", answer="The server refused the log-in.")
    wait_for_file(5)
    batch_csv("Other", on=make_campaign("Autumn"))
    pending = f"{BASE}/pending-batch"
    look_at("batches-pending", pending)
    look_at("batches-next-file", f"{pending}/{job.pk}", act=lambda page: page.get_by_label("All on this page").check())
    look_at("batches-now", f"{pending}/{job.pk}/batch-now")
    look_at("batches-remove", f"{pending}/{job.pk}/remove?all=1", act=lambda page: page.get_by_role("button", name="Take out").click())
    look_at("batches-sent", f"{BASE}/sent-batches")
    look_at("batches-file", f"{BASE}/sent-batches/{sent.pk}")
    look_at("batches-in-need", f"{BASE}/sent-batches/{failed.pk}")
    look_at("batches-give-up", f"{BASE}/sent-batches/{failed.pk}/give-up")
