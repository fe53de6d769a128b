"""The services of campaigns: boundaries of dates, locks, and lines of the audit trail."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import services
from campaigns.models import Campaign
from campaigns.selectors import ACTIVE, ENDED, INACTIVE, PAUSED, STATUSES, campaign_status, has_status, is_active
from config.core.errors import DomainError
from config.core.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("columns", "day", "before", "status"),
    [
        ({}, 0, INACTIVE, ACTIVE),
        ({"paused_at": 5}, 5, ACTIVE, PAUSED),
        ({"end": 10, "end_extension": 2}, 12, ACTIVE, ENDED),
        ({"end": 10, "end_extension": 0}, 10, ACTIVE, ENDED),
        ({"paused_at": 0}, 0, INACTIVE, PAUSED),
    ],
)
def test_a_campaign_starts_pauses_and_ends_at_the_very_moment(columns, day, before, status, campaign):
    """Days are counted from the start."""
    moments = {name: campaign.start + timedelta(days=value) for name, value in columns.items() if name != "end_extension"}
    Campaign.objects.filter(pk=campaign.pk).update(**columns | moments)
    campaign.refresh_from_db()
    moment = campaign.start + timedelta(days=day)
    for shift, expected in ((-1, before), (0, status), (1, status)):
        now = moment + timedelta(microseconds=shift)
        assert campaign_status(campaign, now) == expected
        assert Campaign.objects.filter(is_active(now), pk=campaign.pk).exists() is (expected == ACTIVE)
        assert [one for one in STATUSES if Campaign.objects.filter(has_status([one], now), pk=campaign.pk).exists()] == [expected]


@pytest.mark.parametrize(("taken", "status"), [(None, ACTIVE), (1, ACTIVE), (2, ENDED), (3, ENDED)])
def test_a_campaign_ends_with_its_last_slot(taken, status, campaign):
    Campaign.objects.filter(pk=campaign.pk).update(lead_volume=2, uncapped=False, slots_taken=taken)
    campaign.refresh_from_db()
    assert campaign_status(campaign) == status
    assert Campaign.objects.filter(is_active(timezone.now()), pk=campaign.pk).exists() is (status == ACTIVE)
    of_status = [one for one in STATUSES if Campaign.objects.filter(has_status([one], timezone.now()), pk=campaign.pk).exists()]
    assert of_status == [status]


def test_a_full_campaign_that_holds_over_delivery_goes_on(campaign):
    Campaign.objects.filter(pk=campaign.pk).update(lead_volume=2, uncapped=False, slots_taken=2, hold_over_delivery=True)
    campaign.refresh_from_db()
    assert campaign_status(campaign) == ACTIVE
    assert Campaign.objects.filter(is_active(timezone.now()), pk=campaign.pk).exists()


def test_a_campaign_does_not_end_when_it_starts(campaign, bob):
    for end in (campaign.start, campaign.start - timedelta(microseconds=1)):
        with pytest.raises(DomainError, match="must end after it starts"):
            services.change_dates(campaign.pk, end=end, actor=bob)
    services.change_dates(campaign.pk, end=campaign.start + timedelta(microseconds=1), actor=bob)


@pytest.mark.parametrize("act", [services.pause, services.resume])
def test_a_campaign_is_paused_and_resumed_under_its_lock(act, campaign, bob):
    if act is services.resume:
        services.pause(campaign.pk, actor=bob)
    with CaptureQueriesContext(connection) as queries:
        act(campaign.pk, actor=bob)
    first = next(query["sql"] for query in queries if "campaigns_campaign" in query["sql"])
    assert first.startswith("SELECT")
    assert first.endswith("FOR NO KEY UPDATE")


def test_what_is_signed_paused_and_resumed_stands_in_the_audit_trail(campaign, bob):
    contract = campaign.contracts.get()
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    services.sign_campaign(campaign, actor=bob)
    services.sign_contract(contract, signed_by="Pat", actor=bob)
    services.pause(campaign.pk, actor=bob, reason="Holiday", resume_at=timezone.now() + timedelta(days=1))
    services.resume(campaign.pk, actor=bob)
    services.change_dates(campaign.pk, end=campaign.start + timedelta(days=400), actor=bob)
    written = AuditEntry.objects.filter(pk__gt=newest).order_by("pk")
    assert list(written.values_list("action", "severity", "campaign_id")) == [
        ("campaign contract signed", "low", campaign.pk),
        ("publisher contract signed", "low", campaign.pk),
        ("campaign paused", "medium", campaign.pk),
        ("campaign resumed", "medium", campaign.pk),
        ("campaign dates changed", "low", campaign.pk),
    ]
