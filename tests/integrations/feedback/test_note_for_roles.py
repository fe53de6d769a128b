"""Notes of feedback: those who manage campaigns read who gave it and why, others what became of it."""

import pytest

from config.core.accounts import roles
from integrations.feedback.requests import FeedbackRequest, FeedbackType
from integrations.feedback.services import receive_feedback
from leads.display import note_for
from leads.models import LeadNote
from tests.cast import make_user
from tests.leads.acts import again

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [role for role in roles.LABELS if role != roles.REPORT])
def test_only_managers_read_the_receiver_and_masked_ones_no_reason(role, policy, delivered):
    policy()
    delivery = delivered()
    receive_feedback(FeedbackRequest(delivery.event_id, FeedbackType.RETURN, "She moved to 5 High Street"))
    shown = note_for(make_user(role), again(delivery.lead), LeadNote.objects.get(kind="feedback"))
    manages = role in roles.MANAGES_CAMPAIGNS
    assert shown.changes == [("Feedback from CRM" if manages else "Feedback", "", "Return accepted")]
    assert ("High Street" in shown.reason) == (manages and role != roles.ADMIN_MASKED)
