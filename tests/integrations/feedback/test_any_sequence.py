"""Any sequence of feedback and of people's acts: what is billed is the sum of the price entries after each."""

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from integrations.feedback.requests import FeedbackRequest, FeedbackType
from integrations.feedback.services import approve, receive_feedback, refuse
from integrations.models import Feedback
from leads import integrity as leads_integrity
from leads import lifecycle
from leads.models import PriceEntry
from leads.statuses import SecondCheck
from tests.leads.acts import again

pytestmark = pytest.mark.django_db


def test_flags_are_sums_of_price_entries_after_any_sequence(policy, delivered, bob):
    policy()
    delivery = delivered()
    ids = [delivery.lead_id]

    def waiting() -> list[int]:
        return list(Feedback.objects.filter(state="waiting").values_list("pk", flat=True))

    acts = {
        "return": lambda: receive_feedback(FeedbackRequest(delivery.event_id, FeedbackType.RETURN, "x")),
        "conversion": lambda: receive_feedback(FeedbackRequest(delivery.event_id, FeedbackType.CONVERSION, "")),
        "approve": lambda: approve(waiting(), actor=bob),
        "refuse": lambda: refuse(waiting(), actor=bob),
        "valid": lambda: lifecycle.flag(ids, SecondCheck.VALID, actor=bob, reason="Checked"),
        "invalid": lambda: lifecycle.flag(ids, SecondCheck.INVALID, actor=bob, reason="Duplicate"),
        "unflag": lambda: lifecycle.unflag(ids, actor=bob),
        "undelivered": lambda: lifecycle.mark_undelivered(ids, actor=bob),
        "delivered": lambda: lifecycle.mark_delivered(ids, actor=bob),
    }

    @given(st.lists(st.sampled_from(sorted(acts)), max_size=8), st.booleans())
    def holds(sequence, approval):
        with transaction.atomic():
            type(delivery.job).objects.get(pk=delivery.job_id).feedback_policies.update(
                body={"returns": True, "conversions": True, "approval": approval}
            )
            for act in sequence:
                acts[act]()
                lead = again(delivery.lead)
                sums = {row["side"]: row["n"] for row in PriceEntry.objects.filter(lead=lead).values("side").annotate(n=Sum("sign"))}
                assert sums.get("publisher", 0) == lead.publisher_billable
                assert sums.get("advertiser", 0) == lead.advertiser_billable
                assert Feedback.objects.filter(type="return", state__in=("accepted", "waiting"), repeats=None).count() <= 1
            assert leads_integrity.billing() == []
            transaction.set_rollback(True)

    holds()
