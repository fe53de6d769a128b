"""`leads-bulk-reprocess`: few leads are answered at once, more are a run; what is wrong is named and nothing is begun."""

import json
from types import SimpleNamespace

import pytest
from django.test import Client

from config.core.accounts import bearer, roles
from config.core.background import runs
from leads import bulk
from leads.bulk import runner
from leads.models import BulkAction, Lead
from tests.cast import make_user
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v4/leads-bulk-reprocess"


@pytest.fixture
def caller():
    """caller(role).post(body), .get(address): by a token of their own."""

    def make(role: str = roles.ADMIN):
        client, token = Client(), bearer.issue(make_user(role), source=bearer.PASSWORD).access_token
        headers = {"Authorization": f"Bearer {token}"}

        def post(body, **more):
            sent = body if isinstance(body, str | bytes) else json.dumps(body)
            return client.post(ADDRESS, sent, content_type="application/json", headers={**headers, **more})

        return SimpleNamespace(post=post, get=lambda address: client.get(address, headers=headers))

    return make


@pytest.fixture
def judged(campaign, make_leads) -> list[Lead]:
    leads = make_leads(campaign, 3)
    judge_all(campaign)
    return leads


def test_few_leads_are_answered_at_once_with_those_that_were_skipped(judged, caller):
    first, second, _ = (lead.pk for lead in judged)
    answer = caller().post({"leads": [first, str(second), 2**40], "confirm": True})
    body = answer.json()
    assert (answer.status_code, body["@type"], body["state"]) == (200, "BulkAction", "done")
    assert (body["processed"], body["skipped"]) == ([first, second], [{"lead": 2**40, "reason": "not found"}])
    assert set(Lead.objects.filter(pk__in=[first, second]).values_list("processr_status", flat=True)) == {"waiting"}


def test_more_are_queued_and_can_be_asked_after(campaign, make_leads, caller):
    leads = make_leads(campaign, bulk.AT_ONCE + 1)
    judge_all(campaign)
    program = caller()
    answer = program.post({"leads": [lead.pk for lead in leads], "confirm": True})
    address = answer.json()["@id"]
    assert (answer.status_code, answer.json()["state"], "processed" in answer.json()) == (202, "queued", False)
    for pk in runs.waiting(bulk.BulkActionRun):
        runs.work_on(bulk.BulkActionRun, pk)
    told = program.get(address).json()
    assert (told["state"], told["total"], told["processedCount"], told["skippedCount"]) == ("done", 101, 101, 0)
    assert caller(roles.AGENCY).get(address).status_code == 404


def test_a_request_that_is_sent_twice_is_done_once(judged, caller):
    program, body = caller(), {"leads": [judged[0].pk], "confirm": True}
    answers = [program.post(body, **{"Idempotency-Key": "again"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert BulkAction.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ({"leads": [1]}, "confirm"), ({"leads": [1], "confirm": "true"}, "confirm"), ({"leads": [1], "confirm": 1}, "confirm"),
        ({"confirm": True}, "leads"), ({"leads": [], "confirm": True}, "leads"), ({"leads": "1,2", "confirm": True}, "leads"),
        ({"leads": [1, 0], "confirm": True}, "leads[1]"), ({"leads": [True], "confirm": True}, "leads[0]"),
        ({"leads": [1, "١"], "confirm": True}, "leads[1]"), ({"leads": [1.5], "confirm": True}, "leads[0]"),
        ({"leads": [str(2**63)], "confirm": True}, "leads[0]"), ({"leads": [[1]], "confirm": True}, "leads[0]"),
        ({"leads": [1], "confirm": True, "who": 1}, "who"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_begun(body, about, caller):
    answer = caller().post(body)
    assert answer.status_code == 400
    assert [violation["propertyPath"] for violation in answer.json()["violations"]] == [about]
    assert not BulkAction.objects.exists()


@pytest.mark.parametrize("role", sorted(roles.ALL - roles.MANAGES_CAMPAIGNS))
def test_who_does_not_manage_campaigns_is_refused(role, judged, caller):
    assert caller(role).post({"leads": [judged[0].pk], "confirm": True}).status_code == 403


def test_more_ids_than_django_takes_of_anybody_are_taken(campaign, caller):
    """Three hundred thousand ids are three megabytes, of which none is a lead."""
    first = 10**9
    answer = caller().post({"leads": list(range(first, first + 300_000)), "confirm": True}, **{"Idempotency-Key": "large"})
    assert (answer.status_code, answer.json()["total"]) == (202, 300_000)


def test_more_leads_than_an_action_may_have_are_refused(caller, monkeypatch):
    monkeypatch.setattr(runner, "AT_MOST", 2)
    answer = caller().post({"leads": [1, 2, 3], "confirm": True})
    assert (answer.status_code, answer.json()["violations"][0]["propertyPath"]) == (400, "leads")
