"""The Integration tab of the Processr: health of integrations, and their deliveries when they are disabled or removed."""

import pytest

from campaigns import services as campaigns
from processr.job_types.base import JobHealth
from processr.job_types.registry import job_types
from processr.models import Job
from processr.services import add_job, disable_job
from tests.screens.reading import words

pytestmark = pytest.mark.django_db


def tab(campaign) -> str:
    return f"/v2/campaigns/{campaign.pk}/processr?tab=integration"


def test_an_integration_tells_what_it_sent_what_waits_and_its_last_answer(campaign, crm, deliver, attempt, reader):
    (sent,) = deliver(crm, state="sent")
    attempt(sent, "success")
    deliver(crm, 2, state="needs_person", answer="Answered 404 Not Found")
    deliver(crm, 3)
    page = reader().get(tab(campaign))
    assert page.headings[4:8] == ["Sent", "Waiting", "Needs a person", "Last answer"]
    log = f"/v2/campaigns/{campaign.pk}/processr/{crm.pk}/deliveries"
    for link, number in ((f"{log}?state=sent", "1"), (f"{log}?state=queued", "3"), (f"needs-a-person?integration={crm.pk}", "2")):
        found = page.html.partition(link)[2].partition("</a>")[0]
        assert words(f"<{found}") == number, link
    assert "Failed" in page.words
    assert "Answered 404 Not Found" in page.words


def test_one_that_has_sent_nothing_says_so(campaign, crm, reader):
    assert "Nothing sent yet" in reader().get(tab(campaign)).words


def test_a_success_is_told_as_one(campaign, crm, deliver, reader):
    deliver(crm, state="sent")
    assert "Accepted" in reader().get(tab(campaign)).words


def test_what_waits_for_a_disabled_integration_is_said_at_once_when_it_is_switched_off(campaign, crm, deliver, reader):
    deliver(crm, 2)
    where = f"/v2/campaigns/{campaign.pk}/processr/jobs/{crm.pk}/switch"
    answer = reader().client.post(where, {"enabled": "0"}, headers={"HX-Request": "true"}).content.decode()
    assert "Disabled: 2 wait until it is enabled again." in words(answer)


def test_what_waits_for_a_paused_campaign_is_said_where_its_integrations_pause_too(campaign, crm, deliver, reader, bob):
    deliver(crm)
    campaigns.pause(campaign.pk, actor=bob, reason="Holiday")
    assert "integrations are paused" not in reader().get(tab(campaign)).words
    campaigns.resume(campaign.pk, actor=bob)
    campaigns.pause(campaign.pk, actor=bob, reason="Holiday", integrations=True)
    assert "The campaign's integrations are paused: 1 waits until they go on." in words(reader().get(tab(campaign)).html)


def test_the_removal_says_how_many_will_be_withdrawn_and_withdraws_them(campaign, crm, deliver, reader):
    deliver(crm, 2)
    deliver(crm, state="needs_person")
    where = f"/v2/campaigns/{campaign.pk}/processr/jobs/{crm.pk}/remove"
    admin = reader()
    page = admin.get(where)
    assert "3 deliveries that wait or need a person will be withdrawn: they are never sent." in page.words
    assert "It runs over no lead" not in page.words
    admin.post(where)
    assert set(crm.deliveries.values_list("state", flat=True)) == {"withdrawn"}


def test_the_removal_of_one_with_nothing_waiting_says_so(campaign, crm, reader):
    assert "No delivery is waiting for it." in reader().get(f"/v2/campaigns/{campaign.pk}/processr/jobs/{crm.pk}/remove").words


def test_twenty_integrations_cost_the_page_the_queries_of_two(campaign, integrate, deliver, reader):
    admin = reader()

    def add(n: int) -> None:
        for number in range(n):
            deliver(integrate(f"CRM {number}"), state="needs_person")

    add(2)
    admin.get(tab(campaign))
    few = len(admin.queries(tab(campaign)))
    add(18)
    assert len(admin.queries(tab(campaign))) == few


def test_one_of_a_kind_that_is_gone_stands_beside_the_others(campaign, crm, integrate, deliver, reader, monkeypatch):
    collect = integrate("File", kind="collect")
    deliver(crm)
    monkeypatch.delitem(job_types._plugins, "http_post")
    page = reader().get(tab(campaign))
    assert "This kind of job is no longer available" in page.words
    assert page.headings[4:8] == ["Sent", "Waiting", "Needs a person", "Last answer"]
    assert Job.objects.filter(pk=collect.pk).exists()


def test_other_tabs_keep_their_statistics(campaign, crm, reader, bob):
    add_job(campaign, "test_data", actor=bob)
    assert "Errored" in reader().get(f"/v2/campaigns/{campaign.pk}/processr").headings


def test_a_type_that_tells_nothing_of_itself_is_shown_by_its_statistics(campaign, crm, reader, monkeypatch):
    monkeypatch.setattr(job_types.get("http_post"), "figures", ())
    monkeypatch.setattr(job_types.get("http_post"), "health", classmethod(lambda cls, jobs: {}))
    assert "Errored" in reader().get(tab(campaign)).headings
    assert JobHealth().figures == {}


def test_disabled_ones_are_told_with_their_deliveries_in_the_log(campaign, crm, deliver, reader, bob):
    deliver(crm)
    disable_job(crm.pk, actor=bob)
    assert "Disabled: 1 waits until it is enabled again." in reader().get(tab(campaign)).words
