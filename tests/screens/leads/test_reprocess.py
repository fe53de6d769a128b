"""Reprocessing on pages: preview, progress and result, for each role."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.background import runs
from leads import bulk
from leads.bulk import runner
from leads.bulk.actions import Reprocess
from leads.models import BulkAction, Lead
from leads.views import bulk as pages
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(campaign, make_leads) -> list[Lead]:
    leads = make_leads(campaign, 3)
    judge_all(campaign)
    return leads


def test_one_lead_is_reprocessed_from_its_page(judged, reader):
    page = reader()
    address = f"/v2/leads/{judged[0].pk}/reprocess"
    assert address in page.get(f"/v2/leads/{judged[0].pk}").html
    assert "A 2nd check that a person has set stays" in page.get(address).words
    assert Lead.objects.get(pk=judged[0].pk).processr_status == "complete", "GET changes nothing"
    answer = page.client.post(address, follow=True)
    assert f"Lead {judged[0].pk} is queued for another run" in answer.content.decode()
    assert Lead.objects.get(pk=judged[0].pk).processr_status == "waiting"
    again = page.client.post(address, follow=True)
    assert "was left as it is: already waiting" in again.content.decode()


def test_the_errored_leads_of_a_campaign_are_reprocessed_as_a_set(campaign, judged, reader):
    Lead.objects.filter(pk__in=[lead.pk for lead in judged[:2]]).update(errored=True)
    page = reader()
    found = page.get(f"/v2/campaigns/{campaign.pk}/leads?errored=yes")
    assert len(found.rows) == 2
    address = f"/v2/campaigns/{campaign.pk}/leads/errored/reprocess"
    assert address in page.get(f"/v2/campaigns/{campaign.pk}/leads").html
    assert "2 leads of this campaign had a job that could not check them" in page.get(address).words
    answer = page.client.post(address)
    action = BulkAction.objects.get()
    assert answer["Location"] == f"/v2/leads/actions/{action.pk}"
    assert "Waiting for a worker" in page.get(answer["Location"]).words
    runs.work_on(bulk.BulkActionRun, action.pk)
    over = page.get(answer["Location"])
    assert "Queued for another run 2 Skipped 0" in over.words
    assert 'hx-trigger="every 1s"' not in over.html.partition('id="bulk-progress"')[2]


def test_without_errored_leads_there_is_nothing_to_press(campaign, judged, reader):
    page = reader()
    address = f"/v2/campaigns/{campaign.pk}/leads/errored/reprocess"
    assert address not in page.get(f"/v2/campaigns/{campaign.pk}/leads").html
    assert "Every job could check every lead" in page.get(address).words
    assert "Nothing was queued" in page.client.post(address, follow=True).content.decode()


def test_a_run_says_whom_it_skipped_and_can_be_stopped(judged, reader):
    page = reader()
    actor = Actor(page.user.name, page.user.pk, None)
    action = bulk.begin(Reprocess.key, [judged[0].pk, 2**40], actor=actor)
    answer = page.client.post(f"/v2/leads/actions/{action.pk}/stop", follow=True)
    assert "Stopped after 0 of 2" in answer.content.decode()
    done = bulk.run_or_queue(Reprocess.key, [judged[0].pk, 2**40], actor=actor)
    assert "1: not found" in page.get(f"/v2/leads/actions/{done.pk}").words


def test_reasons_are_counted_over_all_that_were_skipped_the_most_frequent_first(campaign, judged, make_leads, bob, reader, monkeypatch):
    monkeypatch.setattr(pages, "LISTED", 1)
    monkeypatch.setattr(runner, "CHUNK", 2)
    waiting = [lead.pk for lead in make_leads(campaign, 3)]
    done = bulk.run_or_queue(Reprocess.key, [judged[0].pk, *waiting, 2**40, 2**40 + 1], actor=bob)
    words = reader().get(f"/v2/leads/actions/{done.pk}").words
    assert (
        f"Skipped 3: already waiting 2: not found The first 1 by number {waiting[0]} : already waiting Download as CSV To the leads"
        in words
    )


def test_a_page_that_asks_again_every_second_reads_no_chunk_before_the_run_is_over(judged, bob, reader):
    page, action = reader(), bulk.begin(Reprocess.key, [judged[0].pk, 2**40], actor=bob)
    with CaptureQueriesContext(connection) as asked:
        assert "Waiting for a worker" in page.get(f"/v2/leads/actions/{action.pk}").words
    assert not [query["sql"] for query in asked if "leads_bulkchunk" in query["sql"]]


def test_an_agency_sees_its_own_runs_only(judged, bob, reader):
    action = bulk.begin(Reprocess.key, [judged[0].pk], actor=bob)
    assert reader(roles.ADMIN).get(f"/v2/leads/actions/{action.pk}").status == 200
    assert reader(roles.AGENCY).get(f"/v2/leads/actions/{action.pk}").status == 404


@pytest.mark.parametrize("role", [roles.AGENCY_CALL_CENTRE, roles.ADVERTISER, roles.PUBLISHER])
def test_who_does_not_manage_reprocesses_nothing(campaign, judged, role, reader):
    page = reader(role)
    assert "reprocess" not in page.get(f"/v2/leads/{judged[0].pk}").html
    for address in (f"/v2/leads/{judged[0].pk}/reprocess", f"/v2/campaigns/{campaign.pk}/leads/errored/reprocess"):
        assert page.client.post(address).status_code == 403
    assert not BulkAction.objects.exists()
