"""Unique IP Address Check. Which of several near leads passes is the rule of Rapid Post, which is tested there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.core.errors import DomainError
from leads.models import Lead
from processr.engine import scheduler
from processr.jobs.quality.unique_ip import UniqueIP
from processr.models import Event
from tests.processr.duplicates.test_duplicates import judge
from tests.processr.planned import job as planned

pytestmark = pytest.mark.django_db

NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
HOUR = 3600


@pytest.fixture
def post(make_leads):
    """post(campaign, 0, 20, ip=…): a lead for each second after noon."""

    def make(campaign, *seconds: float, **columns) -> list[Lead]:
        leads = make_leads(campaign, len(seconds))
        for lead, second in zip(leads, seconds, strict=True):
            Lead.objects.filter(pk=lead.pk).update(**{"ip": "203.0.113.7", "created_at": NOON + timedelta(seconds=second), **columns})
        return leads

    return make


def passed(leads) -> list[bool]:
    standing = set(Lead.objects.filter(processing_counter__gt=0, failed_jobs=[]).values_list("pk", flat=True))
    return [lead.pk in standing for lead in leads]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ((0, 0), [True, False]), ((0, HOUR), [True, False]), ((0, HOUR + 0.001), [True, True]), ((0, HOUR - 0.001), [True, False]),
        ((0, 1800, 4000), [True, False, True]), ((0, 2000, 4000, 6000), [True, False, True, False]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_one_lead_of_an_address_passes_in_an_hour_whatever_the_chunks(campaign, add_job, post, monkeypatch, seconds, expected, chunk):
    monkeypatch.setattr(UniqueIP, "chunk", chunk)
    add_job(campaign, "unique_ip")
    leads = post(campaign, *seconds)
    scheduler.serve_campaigns(seconds=30)
    assert passed(leads) == expected


def test_who_comes_too_soon_is_told_so_without_naming_the_other(campaign, add_job, post):
    add_job(campaign, "unique_ip")
    judge(campaign, *(leads := post(campaign, 0, 5)))
    assert Lead.objects.get(pk=leads[1].pk).qa_result["qaReasons"] == ["Another lead came from the same IP address within 1 hour"]
    (step,) = Event.objects.get(lead_id=leads[1].pk).steps
    assert (step["field"], step["value"]) == ("ip", "203.0.113.7")


@pytest.mark.parametrize("columns", [{"imported": True}, {"ip": None}])
def test_a_lead_without_an_address_of_its_own_is_not_run(campaign, add_job, post, columns):
    add_job(campaign, "unique_ip")
    judge(campaign, *(leads := post(campaign, 0, 1, **columns)))
    assert passed(leads) == [True, True]
    assert {event.steps[0]["outcome"] for event in Event.objects.all()} == {"skipped"}


@pytest.mark.parametrize(
    ("minutes", "time"), [(60, "1 hour"), (120, "2 hours"), (1, "1 minute"), (90, "90 minutes"), (1440, "24 hours")]
)  # fmt: skip
def test_the_time_can_be_set_and_is_told(minutes, time):
    assert (
        UniqueIP(planned(config={"minutes": minutes})).rule()
        == f"No other lead of this campaign came from the same IP address within {time}"
    )


@pytest.mark.parametrize("minutes", [0, -1, 1441, "an hour", ""])
def test_no_time_and_more_than_a_day_are_refused(campaign, add_job, minutes):
    with pytest.raises(DomainError) as refused:
        add_job(campaign, "unique_ip", config={"minutes": minutes})
    assert refused.value.field == "minutes"
