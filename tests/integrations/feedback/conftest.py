"""Integrations with a policy, and leads that were sent to them."""

from collections.abc import Callable
from datetime import datetime

import pytest

from integrations.feedback.policy_services import change_policy
from integrations.models import Delivery, FeedbackPolicy
from processr.models import Job
from tests.integrations.queueing import acts
from tests.integrations.queueing.conftest import _kinds, crm, integrate

__all__ = ["_kinds", "crm", "integrate"]


@pytest.fixture
def policy(crm, bob) -> Callable[..., FeedbackPolicy]:
    """policy(maximumAgeDays=7): a new version of the CRM's, which takes returns and conversions."""

    def change(*, on: Job | None = None, **rules) -> FeedbackPolicy:
        made = change_policy((on or crm).pk, {"returns": True, "conversions": True, **rules}, actor=bob)
        assert made
        return made

    return change


@pytest.fixture
def delivered(campaign, crm, make_leads) -> Callable[..., Delivery]:
    """delivered(sent_at=…): a delivery of a Valid lead that was sent, to the CRM."""

    def make(*, sent_at: datetime | None = None, to: Job | None = None, **captured) -> Delivery:
        job = to or crm
        (lead,) = acts.judged(campaign, make_leads, **captured)
        acts.sent(lead)
        delivery = Delivery.objects.get(lead=lead, job=job)
        if sent_at:
            Delivery.objects.filter(pk=delivery.pk).update(sent_at=sent_at)
        return Delivery.objects.get(pk=delivery.pk)

    return make
