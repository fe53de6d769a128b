"""The face of `/feedback`: the examples of its documents, methods, types, keys, limits, and what it keeps to itself."""

import gzip
import json

import pytest
from django.test import Client

from config.core import enterprise
from config.core.models import Enterprise
from integrations.api import feedback as face
from integrations.models import Feedback
from leads import lifecycle
from leads.models import PriceEntry
from tests.integrations.feedback.test_table import FORM, parsed, send

pytestmark = pytest.mark.django_db
DOCUMENTED = {
    "text/xml": '<?xml version="1.0" encoding="utf-8" ?>\n<feedback>\n<type>return</type>\n<reason>Wrong number</reason>\n</feedback>',
    "application/json": '{\n"type": "return",\n"reason": "Wrong number"\n}',
    FORM: "type=return&reason=Wrong+number",
}


@pytest.fixture
def event_id(policy, delivered):
    policy(maximumAgeDays=7)
    return delivered().event_id


def post(event_id: str, body="type=return", kind=FORM, **headers):
    return Client().post(f"/feedback?event_id={event_id}", body, content_type=kind, headers=headers)


@pytest.mark.parametrize(("kind", "body"), DOCUMENTED.items())
@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        ("text/xml", '<?xml version="1.0" encoding="utf-8"?>\n<result>\n  <outcome>success</outcome>\n</result>'),
        ("application/json", '{"outcome":"success"}'),
        ("text/plain", "outcome: success"),
    ],
)
def test_the_documented_examples_as_they_stand(event_id, kind, body, accept, answer):
    response = post(event_id, body, kind, accept=accept)
    assert (response.status_code, response.content.decode()) == (201, answer)
    feedback = Feedback.objects.get()
    assert (feedback.type, feedback.reason, feedback.came_by) == ("return", "Wrong number", "api")


@pytest.mark.parametrize("method", ["head", "put", "patch", "delete", "options", "trace"])
def test_other_methods_are_not_allowed(event_id, method):
    response = getattr(Client(), method)(f"/feedback?event_id={event_id}&type=return")
    assert (response.status_code, response["Allow"]) == (405, "GET, POST")
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind", "accept", "status"),
    [
        ("type=return", "image/png", "*/*", 415),
        ("type=return", "", "*/*", 415),
        ("type=return", "multipart/form-data; boundary=x", "*/*", 415),
        ("type=return", FORM, "image/png", 406),
        ("type=return", FORM, "application/json;q=0", 201),
        ("type=refund", FORM, "*/*", 422),
        ("reason=x", FORM, "*/*", 422),
        ("type=return&reason=" + "x" * 256, FORM, "*/*", 400),
        ("x" * 70_000, FORM, "*/*", 413),
    ],
)
def test_what_cannot_be_taken(event_id, body, kind, accept, status):
    response = post(event_id, body, kind, accept=accept)
    wanted = 406 if status == 201 else status
    assert (response.status_code, parsed(response)["outcome"]) == (wanted, "error")
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert not Feedback.objects.exists()


def test_a_packed_body_is_read(event_id):
    assert post(event_id, gzip.compress(b"type=return"), **{"content-encoding": "gzip"}).status_code == 201


def test_a_repeat_is_answered_alike_and_credited_once(event_id):
    assert {post(event_id).content for _ in range(3)} == {b'{"outcome":"success"}'}
    assert Feedback.objects.count() == 3
    assert PriceEntry.objects.filter(sign=-1).count() == 2


def test_a_request_with_a_key_is_executed_once_in_whatever_type_it_is_repeated(event_id):
    key = {"idempotency-key": "k1"}
    first = post(event_id, **key)
    again = post(event_id, '{"type": "return"}', "application/json", accept="text/plain", **key)
    assert (first.status_code, again.status_code, again.content) == (201, 201, b"outcome: success")
    assert Feedback.objects.count() == 1
    other = post(event_id, "type=conversion", **key)
    assert (other.status_code, parsed(other)["outcome"]) == (409, "error")


def test_a_key_belongs_to_the_delivery(event_id, delivered):
    assert [post(each, **{"idempotency-key": "k1"}).status_code for each in (event_id, delivered().event_id)] == [201, 201]


@pytest.mark.parametrize(("limit", "others"), [("feedback_of_address", 429), ("feedback_of_delivery", 201)])
def test_calls_of_an_address_and_about_a_delivery_are_limited(event_id, delivered, limit, others):
    Enterprise.objects.update(limits={limit: 2})
    enterprise.forget()
    assert [post(event_id).status_code for _ in range(3)] == [201, 201, 429]
    refused = post(event_id, accept="text/plain")
    assert (refused.status_code, parsed(refused)["outcome"]) == (429, "error")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert "in a minute" in parsed(refused)["reason"]
    assert post(delivered().event_id).status_code == others


def test_wrong_ids_are_all_alike_and_tell_nothing(event_id, policy, delivered, bob):
    gone = delivered()
    lifecycle.delete([gone.lead_id], actor=bob)
    answers = [post(each) for each in ("f" * 24, gone.event_id)]
    assert {(each.status_code, each.content) for each in answers} == {(404, answers[0].content)}
    for hint in (str(gone.lead_id), gone.lead.lead_hash, f"{gone.event_id}0", "", "g" * 24, "'"):
        assert post(hint).status_code == 400
    assert not Feedback.objects.exists()


def test_an_event_id_is_found_in_any_case(event_id):
    assert post(event_id.upper()).status_code == 201
    assert Client().get(f"/feedback/?event_id={event_id}&type=return").status_code == 201


def test_a_failure_is_answered_as_an_error_and_logged(event_id, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(face, "receive_feedback", fails)
    response = post(event_id, accept="text/plain")
    assert (response.status_code, parsed(response)) == (500, {"outcome": "error", "reason": face.UNEXPECTED})


def test_what_waits_for_approval_is_not_accepted_yet(policy, delivered):
    policy(approval=True)
    response = post(delivered().event_id)
    assert (response.status_code, json.loads(response.content)) == (201, {"outcome": "failure", "reason": "This return waits for approval"})


def test_a_get_is_enough(event_id):
    assert send("query", "text/plain", event_id, "return").content == b"outcome: success"
