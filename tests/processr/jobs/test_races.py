"""Two engines at once: the same leads pass as under one."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from leads import lifecycle
from leads.models import Lead
from leads.statuses import ProcessrStatus
from processr import integrity
from processr.engine import scheduler
from processr.jobs.quality.rapid_post import RapidPost
from processr.jobs.quality.unique_ip import UniqueIP
from processr.jobs.quality.user_overactivity import UserOveractivity
from tests.module_cast import ANEW
from tests.processr.duplicates.test_duplicates import ids
from tests.processr.jobs.quality import test_user_overactivity
from tests.processr.jobs.quality.test_rapid_post import passing
from tests.processr.jobs.quality.test_unique_ip import passed
from tests.races import at_once

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)

NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


def told_apart(leads: list[Lead], **columns: Iterable[Any]) -> list[Lead]:
    """Return the leads after storing the values of these columns, one for each lead."""
    for name, values in columns.items():
        for lead, value in zip(leads, values, strict=True):
            setattr(lead, name, value)
    Lead.objects.bulk_update(leads, [*columns])
    return leads


def seconds(times: Iterable[float]) -> list[Any]:
    return [NOON + timedelta(seconds=second) for second in times]


def two_engines_serve() -> None:
    assert at_once(lambda: scheduler.serve_campaigns(seconds=30), lambda: scheduler.serve_campaigns(seconds=30)) == []
    assert not Lead.objects.filter(deleted_at=None).exclude(processr_status=ProcessrStatus.COMPLETE).exists()


def test_of_near_leads_of_one_campaign_exactly_one_passes(campaign, add_job, make_leads, bob, monkeypatch):
    """Leads that were all judged before the job was added: each stands against each until one has failed, so the order is all."""
    monkeypatch.setattr(RapidPost, "chunk", 5)
    add_job(campaign, "test_data")
    addresses = [f"198.51.100.{n}" for n in range(20)]
    times = seconds(n // 3 for n in range(60))
    told_apart(make_leads(campaign, 60), created_at=times, ip=[addresses[(n // 15) * 5 + n % 5] for n in range(60)])
    scheduler.serve_campaigns(seconds=30)
    add_job(campaign, "rapid_post")

    for _ in range(3):
        lifecycle.requeue(list(Lead.objects.filter(deleted_at=None).values_list("pk", flat=True)), actor=bob)
        two_engines_serve()
        first = [list(Lead.objects.filter(pk__in=passing(campaign), ip=ip).values_list("pk", flat=True)) for ip in addresses]
        assert [len(passed) for passed in first] == [1] * 20
        lifecycle.delete([pk for (pk,) in first], actor=bob)
    assert integrity.runs() + integrity.job_tallies() == []


def test_of_near_leads_that_just_came_the_first_passes(campaign, add_job, make_leads, monkeypatch):
    monkeypatch.setattr(RapidPost, "chunk", 5)
    add_job(campaign, "rapid_post")
    times = seconds(n / 3 for n in range(50))
    leads = told_apart(make_leads(campaign, 50), created_at=times, ip=[f"198.51.100.{n % 5}" for n in range(50)])
    two_engines_serve()
    assert passing(campaign) == [lead.pk for lead in leads[:5]]


def test_of_each_address_one_lead_an_hour_passes_again_and_again(campaign, add_job, make_leads, bob, monkeypatch):
    monkeypatch.setattr(UniqueIP, "chunk", 5)
    add_job(campaign, "unique_ip")
    leads = told_apart(make_leads(campaign, 40), created_at=seconds(range(40)), ip=[f"198.51.100.{n % 10}" for n in range(40)])
    for _ in range(2):
        two_engines_serve()
        assert passed(leads) == [True] * 10 + [False] * 30
        lifecycle.requeue(ids(leads), actor=bob)


def test_on_two_campaigns_of_a_category_as_many_of_an_address_pass_as_are_accepted(make_campaign, add_job, make_leads, bob, monkeypatch):
    monkeypatch.setattr(UserOveractivity, "chunk", 5)
    campaigns = [make_campaign(), make_campaign()]
    Campaign.objects.update(category="Software")
    for campaign in campaigns:
        add_job(campaign, "user_overactivity", config={"count": 2})
    leads = told_apart(
        make_leads(campaigns[0], 70), created_at=seconds(36 * n for n in range(70)), campaign=[campaigns[n % 2] for n in range(70)],
        email=[f"person{n % 7}@example.com" for n in range(70)],
    )  # fmt: skip
    for _ in range(3):
        two_engines_serve()
        passed = [lead for lead, good in zip(leads, test_user_overactivity.passing(leads), strict=True) if good]
        assert sorted(lead.email for lead in passed) == sorted(f"person{n}@example.com" for n in range(7) for _ in range(2))
        lifecycle.requeue(ids(leads), actor=bob)
