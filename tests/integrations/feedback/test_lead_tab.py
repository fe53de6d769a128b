"""Feedback in the Deliveries tab of a lead's page."""

import pytest

from config.core.accounts import roles
from integrations.feedback.requests import FeedbackRequest, FeedbackType
from integrations.feedback.services import receive_feedback
from tests.screens.conftest import member, reader

__all__ = ["member", "reader"]
pytestmark = pytest.mark.django_db


def test_the_tab_tells_what_became_of_feedback_and_hides_the_words_where_the_lead_is_masked(policy, delivered, reader):
    policy(reasons=["Wrong number"])
    delivery = delivered()
    receive_feedback(FeedbackRequest(delivery.event_id, FeedbackType.RETURN, "She moved to 5 High Street"))
    pages = {
        role: reader(role).client.get(f"/v2/leads/{delivery.lead_id}/deliveries").content.decode()
        for role in (roles.ADMIN, roles.AGENCY, roles.ADMIN_MASKED)
    }
    assert all("This reason is not among those agreed for returns: Wrong number" in page for page in pages.values())
    assert {role for role, page in pages.items() if "High Street" in page} == {roles.ADMIN, roles.AGENCY}
