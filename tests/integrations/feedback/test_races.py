"""Feedback at once with other feedback, and with people who act on the same lead, in real transactions and threads."""

import pytest
from django.db.models import Sum

from integrations.feedback.requests import FeedbackRequest, FeedbackType
from integrations.feedback.services import approve, receive_feedback
from integrations.models import Feedback
from leads import integrity as leads_integrity
from leads import lifecycle
from leads.models import PriceEntry
from leads.statuses import SecondCheck
from tests.leads.acts import again
from tests.module_cast import ANEW
from tests.races import at_once

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)
RETURN, CONVERSION = FeedbackType.RETURN, FeedbackType.CONVERSION


def giving(delivery, feedback_type=RETURN):
    return lambda: receive_feedback(FeedbackRequest(delivery.event_id, feedback_type, "Wrong number"))


def test_two_returns_of_one_delivery_at_once_are_credited_once(policy, delivered):
    policy()
    delivery = delivered()
    assert at_once(*[giving(delivery)] * 4) == []
    assert [feedback.state for feedback in Feedback.objects.all()] == ["accepted"] * 4
    assert Feedback.objects.filter(repeats=None).count() == 1
    assert PriceEntry.objects.filter(lead=delivery.lead, sign=-1).count() == 2


def test_a_return_and_a_conversion_at_once_are_one_conflict(policy, delivered):
    policy()
    delivery = delivered()
    assert at_once(giving(delivery), giving(delivery, CONVERSION)) == []
    assert sorted(Feedback.objects.values_list("conflict", flat=True)) == [False, True]


def test_a_quota_is_counted_exactly(policy, delivered):
    policy(quota={"count": 2, "period": "month"})
    given = [delivered() for _ in range(6)]
    assert at_once(*map(giving, given)) == []
    assert sorted(Feedback.objects.values_list("state", flat=True)) == ["accepted"] * 2 + ["refused"] * 4
    assert PriceEntry.objects.filter(sign=-1).count() == 4


def test_returns_and_flags_of_the_same_leads_do_not_deadlock_and_keep_the_books(policy, delivered, make_campaign, bob):
    policy(quota={"count": 100, "period": "day"})
    given = [delivered() for _ in range(8)]
    ids = [delivery.lead_id for delivery in given]
    acts = [
        *map(giving, given),
        lambda: lifecycle.flag(ids, SecondCheck.VALID, actor=bob, reason="Checked"),
        lambda: lifecycle.mark_undelivered(ids, actor=bob),
        lambda: lifecycle.flag(ids, SecondCheck.INVALID, actor=bob, reason="Duplicate"),
    ]
    assert at_once(*acts) == []
    for delivery in given:
        lead = again(delivery.lead)
        for side in ("publisher", "advertiser"):
            entries = PriceEntry.objects.filter(lead=lead, side=side)
            assert (entries.aggregate(n=Sum("sign"))["n"] or 0) == getattr(lead, f"{side}_billable")
    assert leads_integrity.billing() == []


def test_two_people_who_approve_the_same_return_at_once_approve_it_once(policy, delivered, bob):
    policy(approval=True)
    feedback = giving(delivered())().feedback
    results = []
    assert at_once(*[lambda: results.append(approve([feedback.pk], actor=bob))] * 3) == []
    assert sorted(len(result.ids) for result in results) == [0, 0, 1]
