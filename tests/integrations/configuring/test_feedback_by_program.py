"""The feedback policy in API v4, as `feedback` of an integration's record."""

import pytest

from config.core.accounts import roles
from config.core.models import AuditEntry
from integrations.feedback.policy import OFF
from integrations.models import FeedbackPolicy
from processr.services import add_job
from tests.processr.api.conftest import program, program_of

__all__ = ["program", "program_of"]
pytestmark = pytest.mark.django_db
JOBS = "campaign-processr-jobs"
RULES = {
    "maximumAgeDays": 7,
    "reasons": [{"words": "Wrong number", "reason": "Returned", "category": ""}],
    "quota": {"count": None, "percent": 10, "period": "month"},
    "rules": [{"field": "country", "values": ["GB"]}],
    "conflicts": "refuse",
}


@pytest.fixture
def job(campaign, bob):
    return add_job(campaign, "collect", actor=bob)


def test_a_change_leaves_what_it_does_not_name(program, job):
    assert program.get(f"{JOBS}/{job.pk}").json()["feedback"] == {"version": 0, **OFF.body()}
    first = program.patch(f"{JOBS}/{job.pk}", {"feedback": {"returns": True, **RULES}}).json()["feedback"]
    assert first == {"version": 1, **OFF.body(), "returns": True, **RULES}
    second = program.patch(f"{JOBS}/{job.pk}", {"feedback": {"conversions": True, "quota": None}}).json()["feedback"]
    assert second == {**first, "version": 2, "conversions": True, "quota": None}
    assert AuditEntry.objects.filter(action="feedback policy changed").count() == 2


def test_a_record_that_was_read_is_sent_back_unchanged(program, job):
    record = program.patch(f"{JOBS}/{job.pk}", {"feedback": RULES}).json()
    assert program.patch(f"{JOBS}/{job.pk}", {"feedback": record["feedback"]}).status_code == 200
    assert FeedbackPolicy.objects.count() == 1
    stale = program.patch(f"{JOBS}/{job.pk}", {"feedback": {**record["feedback"], "version": 0, "returns": True}})
    assert stale.status_code == 409


def test_an_integration_is_added_with_its_policy(program, campaign):
    record = program.post(JOBS, {"campaign": campaign.pk, "processrJob": 9121, "config": [], "feedback": {"returns": True}}).json()
    assert (record["feedback"]["version"], record["feedback"]["returns"]) == (1, True)


@pytest.mark.parametrize(
    ("value", "path"),
    [({"returns": "yes"}, "feedback.returns"), ({"refunds": True}, "feedback.refunds"), ([], "feedback"), ("on", "feedback")],
)
def test_what_is_malformed_is_refused_where_it_is_so(program, job, value, path):
    answer = program.patch(f"{JOBS}/{job.pk}", {"label": "Renamed", "feedback": value})
    assert answer.status_code in (400, 422)
    assert [one["propertyPath"] for one in answer.json()["violations"]] == [path]
    job.refresh_from_db()
    assert job.label != "Renamed"


def test_other_jobs_have_none(program, campaign, bob):
    job = add_job(campaign, "test_data", actor=bob)
    assert program.get(f"{JOBS}/{job.pk}").json()["feedback"] is None
    assert program.patch(f"{JOBS}/{job.pk}", {"feedback": None, "score": 5}).status_code == 200
    assert program.patch(f"{JOBS}/{job.pk}", {"feedback": {"returns": True}}).status_code == 400


def test_roles_that_see_leads_masked_read_it_and_do_not_change_it(program_of, job):
    masked = program_of(roles.ADMIN_MASKED)
    assert masked.get(f"{JOBS}/{job.pk}").json()["feedback"]["version"] == 0
    assert masked.patch(f"{JOBS}/{job.pk}", {"feedback": {"returns": True}}).status_code == 403


def test_many_jobs_are_read_with_as_many_queries_as_one(program, campaign, bob, job, django_assert_max_num_queries):
    program.get(JOBS)
    with django_assert_max_num_queries(30):
        program.get(JOBS)
