"""Queued deliveries start at once when nothing holds them back any more: workers are notified, without waiting for a sweep."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import services as campaign_services
from campaigns.models import Campaign
from campaigns.tasks import resume_due
from integrations import base, receivers
from integrations.services import QUEUE, TASK
from processr import services
from tests.integrations.queueing.acts import FILE

pytestmark = pytest.mark.django_db


@pytest.fixture
def notified(monkeypatch) -> list[tuple]:
    messages: list[tuple] = []
    for module in (base, receivers):
        monkeypatch.setattr(module, "notify_workers", lambda *message: messages.append(message))
    return messages


def test_a_campaign_that_is_resumed_delivers_at_once(campaign, crm, bob, notified):
    campaign_services.pause(campaign.pk, actor=bob, integrations=True)
    assert notified == []
    campaign_services.resume(campaign.pk, actor=bob)
    assert notified == [(QUEUE, f"campaign {campaign.pk}", TASK)]


def test_one_that_is_resumed_by_the_clock_does_so_too(campaign, crm, bob, notified):
    campaign_services.pause(campaign.pk, actor=bob, integrations=True, resume_at=timezone.now() + timedelta(hours=1))
    assert (resume_due(), notified) == (0, [])
    Campaign.objects.filter(pk=campaign.pk).update(resume_at=timezone.now() - timedelta(seconds=1))
    assert (resume_due(), notified) == (1, [(QUEUE, f"campaign {campaign.pk}", TASK)])


@pytest.mark.parametrize("how", ["switch", "change"])
def test_an_integration_that_is_enabled_delivers_at_once(how, crm, bob, notified):
    services.disable_job(crm.pk, actor=bob)
    services.update_job(crm.pk, actor=bob, changes={"label": "CRM 2"})
    assert notified == []
    if how == "switch":
        services.enable_job(crm.pk, actor=bob)
    else:
        services.update_job(crm.pk, actor=bob, changes={"enabled": True, "label": "CRM 3"})
    assert notified == [(QUEUE, crm.pk, TASK)]


def test_no_worker_is_told_of_what_goes_by_file_or_is_no_integration(campaign, integrate, bob, notified):
    for job in (integrate("File", kind=FILE), services.add_job(campaign, "test_data", actor=bob)):
        services.disable_job(job.pk, actor=bob)
        services.enable_job(job.pk, actor=bob)
    assert notified == []
