"""The page of an integration's feedback policy: saved, refused, tried, and read by each role."""

import re

import pytest
from django.test import Client

from config.core.accounts import roles
from integrations.feedback.policy import OFF
from integrations.feedback.policy_services import change_policy
from integrations.feedback.selectors import policy_in_force
from integrations.models import Feedback, FeedbackPolicy
from processr.services import add_job
from tests.cast import make_user
from tests.screens.conftest import member, reader

__all__ = ["member", "reader"]
pytestmark = pytest.mark.django_db
FORM = {
    "act": "save", "seen": "0", "returns": "on", "maximum_age_days": "7", "reasons": "Wrong number\nTwice | Duplicate",
    "quota_number": "10", "quota_unit": "percent", "quota_period": "week", "rules": "country: GB, IE", "flag_invalid": "on", "conflicts": "refuse",
}  # fmt: skip


@pytest.fixture
def page(crm) -> str:
    return f"/v2/campaigns/{crm.campaign_id}/processr/{crm.pk}/feedback"


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_policy_is_saved_as_a_version_and_shown_again(page, crm, reader):
    client = reader(roles.ADMIN).client
    assert "no feedback is taken" in words(client.get(page))
    assert client.post(page, FORM).status_code == 302
    saved = policy_in_force(crm.pk).body
    assert saved == {
        **OFF.body(), "returns": True, "maximumAgeDays": 7, "quota": {"count": None, "percent": 10, "period": "week"}, "conflicts": "refuse",
        "reasons": [
            {"words": "Wrong number", "reason": "Returned", "category": ""}, {"words": "Twice", "reason": "Duplicate", "category": ""},
        ],
        "rules": [{"field": "country", "values": ["GB", "IE"]}],
    }  # fmt: skip
    shown = client.get(page)
    assert "1 (in force)" in words(shown)
    assert client.post(page, {**FORM, "seen": "1", "reasons": shown.context["form"]["reasons"].value()}).status_code == 302
    assert FeedbackPolicy.objects.count() == 1, "the same again is no version"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"maximum_age_days": "0"}, "maximum_age_days"),
        ({"reasons": "Wrong number | No such"}, "reasons"),
        ({"reasons": "a\nA"}, "reasons"),
        ({"quota_number": "200"}, "quota_number"),
        ({"rules": "country"}, "rules"),
        ({"conflicts": "x"}, "conflicts"),
        ({"seen": "5"}, "__all__"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_saved(page, reader, change, field):
    answer = reader(roles.ADMIN).client.post(page, {**FORM, **change})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not FeedbackPolicy.objects.exists()


def test_a_try_shows_each_rule_and_records_nothing(page, crm, delivered, reader, bob):
    change_policy(crm.pk, {"returns": True, "maximumAgeDays": 7}, actor=bob)
    client, delivery = reader(roles.ADMIN).client, delivered()
    late = words(client.post(page, {"act": "try", "type": "return", "days": "8", "hours": "3"}))
    assert "Must provide return within 7 days: this one came 8 d 3 h after delivery" in late
    assert "Accepted" in words(client.post(page, {"act": "try", "type": "return", "event_id": delivery.event_id.upper()}))
    for event_id in ("0" * 24, "x"):
        assert client.post(page, {"act": "try", "type": "return", "event_id": event_id}).status_code == 422
    assert not Feedback.objects.exists()


def test_roles_that_see_leads_masked_read_the_policy_and_do_not_change_it(page, reader):
    masked = reader(roles.ADMIN_MASKED).client
    assert "configured by roles that see them unmasked" in words(masked.get(page))
    assert masked.post(page, FORM).status_code == 403
    assert not FeedbackPolicy.objects.exists()


def test_an_integration_of_a_campaign_that_one_does_not_see_does_not_exist(page):
    client = Client()
    client.force_login(make_user(roles.AGENCY))
    assert client.get(page).status_code == 404


def test_a_job_that_is_no_integration_has_no_such_page(campaign, bob, reader):
    job = add_job(campaign, "test_data", actor=bob)
    assert reader(roles.ADMIN).client.get(f"/v2/campaigns/{campaign.pk}/processr/{job.pk}/feedback").status_code == 404
