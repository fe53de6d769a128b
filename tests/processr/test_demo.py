"""The demo world shows what the Processr can do: each kind of job has found something, and every status occurs."""

from random import Random

import pytest

from campaigns.models import Campaign
from config.core import demo, extension_points
from leads import demo as leads_demo
from leads.models import Lead
from leads.statuses import CurrentStatus
from processr.demo_lists import CAMPAIGN
from processr.models import Event, Job, SuppressedEmail, SuppressedName, ValidationList, ValueTransform
from processr.selectors import statistics_of
from processr.transforms.selectors import groups_of

pytestmark = pytest.mark.django_db
CAUGHT_BY = {
    "Suppressed Email Check": "moira.quinlan@liffey-software.example",
    "Suppressed Name Check": "mickey@alder-foods.example",
    "Key accounts": "dana.whitfield@sunbelt-motors.example",
    "Telephone number of the lead's country": "nils.berger@orchard-retail.example",
    "UK postcode": "owen.pritchard@hazel-energy.example",
    "US ZIP code": "tyler.brandt@bluegrass-freight.example",
    "A postcode of some kind": "cormac.daly@liffey-software.example",
}


@pytest.fixture
def world(settings, tmp_path, monkeypatch):
    settings.STATE_DIR = tmp_path
    monkeypatch.setenv("SLUICE_DEMO", "1")
    return demo.make()


def test_the_demo_world_has_something_caught_and_something_passed_by_each_kind_of_job(world):
    campaign = Campaign.objects.get(name=CAMPAIGN)
    jobs = {job.label: job for job in Job.objects.filter(campaign=campaign)}
    counted = {label: statistics_of([job.pk])[job.pk] for label, job in jobs.items()}
    for label, email in CAUGHT_BY.items():
        assert counted[label].passed > 0, label
        assert counted[label].failed > 0, label
        assert jobs[label].pk in Lead.objects.get(email=email).failed_jobs, (label, email)
    assert {label for label, found in counted.items() if found.errored} == set()
    _every_status_occurs()
    _lists_are_there(campaign)
    _one_job_of_the_group_runs(campaign, jobs)
    _facts_were_found()
    told = next(entry for entry in world["campaigns"] if entry["name"] == CAMPAIGN)
    assert {job["id"] for job in told["jobs"]} == {job.pk for job in jobs.values()}
    assert [problem for check in extension_points.integrity_checks.values() for problem in check()] == []


def test_the_people_of_the_demo_world_are_the_same_each_time():
    emails = [person["email"] for person in leads_demo.people("Spring webinar", Random(leads_demo.SEED))]
    assert emails[:2] == ["oscar.rossi0@orchard-retail.example", "george.fischer1@pinnacle-print.example"]


def _every_status_occurs() -> None:
    assert set(Lead.objects.values_list("current_status", flat=True)) == set(CurrentStatus.values)
    assert set(Lead.objects.filter(campaign__name=CAMPAIGN).values_list("qa_status", flat=True)) == {"valid", "caution", "invalid"}
    assert Lead.objects.filter(suppressed=True).count() == 2


def _lists_are_there(campaign: Campaign) -> None:
    listed = ValidationList.objects.get()
    assert (listed.advertiser_id, listed.value_count) == (campaign.advertiser_id, 18)
    assert (SuppressedEmail.objects.count(), SuppressedName.objects.count()) == (5, 5)
    (advertiser,) = {transform.advertiser for transform in ValueTransform.objects.exclude(advertiser=None)}
    assert {name: len(members) for name, members in groups_of(advertiser).items()} == {"Countries": 2}


def _one_job_of_the_group_runs(campaign: Campaign, jobs: dict[str, Job]) -> None:
    (group,) = {job.group_id for job in jobs.values() if job.group_id}
    grouped = {job.pk for job in jobs.values() if job.group_id == group}
    for event in Event.objects.filter(kind=Event.Kind.FLOW, campaign_id=campaign.pk):
        ran = [step for step in event.steps if step["job"] in grouped and step["outcome"] in ("passed", "failed")]
        assert len(ran) == 1, event.steps


def _facts_were_found() -> None:
    grace = Lead.objects.get(email="grace.holloway@bluegrass-freight.example")
    assert (grace.enriched["emailDomain"], grace.enriched["telephoneCountry"]) == ("bluegrass-freight.example", "US")
    assert Lead.objects.get(email="leah.sutton81@gmail.com").enriched["isFreeEmail"] == "true"
