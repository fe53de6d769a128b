"""Trouble on campaigns is seen in the navigation and on the lists of campaigns, and both say the same."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import services
from campaigns.selectors import troubled_campaigns, troubles_badge
from config.core.accounts import roles
from leads import lifecycle
from leads.models import Lead
from processr.engine import tallies
from processr.models import Job, JobDelta
from processr.services import add_job, disable_job, update_job

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PAGE = "/v2/campaigns/attention"


def hold(*leads: Lead, reason: str = "no_job") -> None:
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(processr_status="held", hold_reason=reason)


def work(job: Job, **outcomes: int) -> None:
    """The job has just run with these outcomes, and its deltas are folded."""
    JobDelta.objects.create(job_id=job.pk, **outcomes)
    tallies.fold()


def badge(page) -> str:
    """The number beside Campaigns in the navigation."""
    found = re.search(r'<a class="rail-count" href="([^"]*)"[^>]*>(.*?)</a>', page.html)
    return f"{found[1]} {re.sub('<[^>]*>', '', found[2])}" if found else ""


@pytest.fixture
def check(campaign, bob) -> Job:
    return add_job(
        campaign,
        "http_check",
        actor=bob,
        label="Phone check",
        config={"url": "https://phones.example/", "look_at": "status", "passing": ["200"], "reason": "Unknown"},
    )


def test_held_leads_failing_jobs_and_failing_deliveries_are_seen_outside_the_campaign(
    campaign, make_campaign, make_leads, integrate, deliver, check, reader
):
    held, in_need, failing = make_campaign("Held"), make_campaign("In need"), make_campaign("Failing")
    hold(*make_leads(held, 2))
    deliver(integrate("CRM", on=in_need), 3, state="needs_person")
    work(check, errored=4)
    work(integrate("Desk", on=failing), errored=1)
    make_campaign("Fine")
    page = reader().get(PAGE)
    assert {row["Name"]: row["Attention"] for row in page.rows} == {
        "Held": "2 leads on hold: no job was enabled",
        "In need": "CRM: 3 deliveries need a person",
        "Spring": "Phone check: the last leads could not be checked",
        "Failing": "Desk: the last delivery failed",
    }
    assert badge(page) == f"{PAGE} Campaigns: 4 in need of attention"
    assert "Need attention 4" in page.words
    rows = {row["Name"]: row["Attention"] for row in reader().get("/v2/campaigns").rows}
    assert (rows["Fine"], rows["Held"]) == ("—", "2 leads on hold: no job was enabled")


def test_each_role_counts_what_it_sees(campaign, make_campaign, make_leads, integrate, deliver, member, reader, bob, currency):
    hold(*make_leads(campaign))
    deliver(integrate("CRM", on=make_campaign("Second")), state="needs_person")
    other = services.create_advertiser("Other", actor=bob)
    foreign = services.create_campaign("Foreign", advertiser=other, currency=currency, start=campaign.start, actor=bob)
    hold(*make_leads(foreign))
    expected = dict.fromkeys(roles.ALL - roles.MANAGES_CAMPAIGNS, "") | dict.fromkeys(roles.SEES_EVERYTHING, "3") | {roles.AGENCY: "2"}
    expected |= {role: "" for role in roles.SEES_EVERYTHING - roles.MANAGES_CAMPAIGNS}
    assert {role: troubles_badge(member(role)) for role in roles.ALL} == expected
    agency = reader(roles.AGENCY)
    assert sorted(row["Name"] for row in agency.get(PAGE).rows) == ["Second", "Spring"]
    type(agency.user).objects.filter(pk=agency.user.pk).update(can_use_processr=False)
    assert [row["Name"] for row in agency.get(PAGE).rows] == ["Second"], "without Processr Access, deliveries alone"
    assert badge(agency.get(PAGE)).startswith(f"{PAGE} Campaigns: 1 ")
    assert "Need attention" not in reader(roles.PUBLISHER).get("/v2/campaigns").words


def test_what_is_mended_is_gone(campaign, make_leads, integrate, deliver, check, member, bob):
    admin = member(roles.ADMIN)

    def troubled() -> bool:
        return troubled_campaigns(admin).exists()

    leads = make_leads(campaign, 2)
    hold(leads[0])
    assert troubled()
    hold(leads[0], reason="retired")
    assert not troubled(), "held for another reason"
    hold(leads[1])
    lifecycle.delete([leads[1].pk], actor=bob)
    assert not troubled(), "deleted"
    for outcomes, fails in (
        ({"errored": 2}, True), ({"skipped": 3}, True), ({"errored": 1, "failed": 1}, False), ({"errored": 1, "is_correction": True}, False),
        ({"errored": 1}, True), ({"failed": -1, "is_correction": True}, True), ({"passed": 1}, False), ({"errored": 1}, True),
    ):  # fmt: skip
        work(check, **outcomes)
        assert troubled() == fails, outcomes
    update_job(check.pk, changes={"config": {"url": "https://new.example/"}}, actor=bob)
    assert not troubled(), "changed since: nobody knows yet"
    work(check, errored=1)
    assert troubled()
    disable_job(check.pk, actor=bob)
    assert not troubled()
    crm = integrate()
    work(crm, failed=1)
    assert troubled()
    work(crm, passed=1, errored=5)
    assert not troubled()


def test_the_navigation_costs_as_many_queries_however_much_is_wrong(campaign, make_campaign, make_leads, integrate, deliver, member):
    admin = member(roles.ADMIN)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            troubles_badge(admin)
        return len(captured)

    hold(*make_leads(campaign))
    few = queries()
    for number in range(3):
        other = make_campaign(f"Other {number}")
        hold(*make_leads(other, 3))
        deliver(integrate(on=other), 2, state="needs_person")
    assert (few, queries(), troubles_badge(admin)) == (3, 3, "4")


def test_leads_held_over_delivery_are_told_on_the_list_and_on_the_campaigns_page(campaign, make_leads, reader, member):
    Lead.objects.filter(pk__in=[lead.pk for lead in make_leads(campaign, 2)]).update(
        processr_status="complete", qa_status="valid", current_status="valid", hold_reason="over_delivery"
    )
    admin, release = reader(), f"/v2/campaigns/{campaign.pk}/processr/release"
    assert [row["Attention"] for row in admin.get(PAGE).rows] == ["2 leads held over delivery"]
    page = admin.get(f"/v2/campaigns/{campaign.pk}")
    assert "2 leads held over delivery" in page.words
    assert f'href="{release}"' in page.html
    assert "held over delivery" not in reader(roles.PUBLISHER).get(f"/v2/campaigns/{campaign.pk}").words
