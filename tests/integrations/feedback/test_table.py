"""The whole table: type of body, Accept, type of feedback, age of the return, and state of the policy or of the request."""

import json
from datetime import timedelta
from itertools import product
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from config.core import enterprise
from config.core.api import throttle
from config.core.models import Enterprise
from integrations.feedback import services
from integrations.models import Feedback, FeedbackPolicy

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
BODIES = ("application/json", "text/xml", "application/xml", FORM, "query")
ACCEPTS = {
    None: "application/json",
    "*/*": "application/json",
    "application/json": "application/json",
    "text/xml": "text/xml",
    "application/xml;q=0.9, text/plain;q=0.1": "application/xml",
    "text/plain": "text/plain",
}
DAY = timedelta(days=1)
AGES = {"day 6": 6 * DAY, "exactly 7 days": 7 * DAY, "one second more": 7 * DAY + timedelta(seconds=1)}
SITUATIONS = ("policy on", "policy off", "unknown event", "malformed")
LATE = "Must provide return within 7 days: this one came 7 d 1 s after delivery"
UNREADABLE = {
    "application/json": '{"type": "return"',
    "text/xml": "<feedback><type>return</feedback>",
    "application/xml": "",
    FORM: b"type=return&reason=%ff".replace(b"%ff", b"\xff"),
}


def parsed(response) -> dict[str, str]:
    content, kind = response.content.decode(), response["Content-Type"].partition(";")[0]
    if kind == "application/json":
        return json.loads(content)
    if kind == "text/plain":
        return dict(line.split(": ", 1) for line in content.split("\n"))
    root = ElementTree.fromstring(content)
    assert root.tag == "result"
    return {part.tag: part.text for part in root}


def send(kind: str, accept: str | None, event_id: str, feedback_type: str, *, body: bytes | str | None = None):
    said = {"type": feedback_type, "reason": "Wrong number"}
    headers = {"Accept": accept} if accept else {}
    if kind == "query":
        return Client().get(f"/feedback?{urlencode({'event_id': event_id, **said})}", headers=headers)
    if body is None:
        xml = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
        body = {"application/json": json.dumps(said), FORM: urlencode(said)}.get(kind, f"<feedback>{xml}</feedback>")
    return Client().post(f"/feedback?event_id={event_id}", body, content_type=kind, headers=headers)


def expected(situation: str, feedback_type: str, age: str) -> tuple[int, str, str | None]:
    """Return status, outcome and reason; None for a reason in words of its own."""
    if situation == "malformed":
        return 400, "error", None
    if situation == "unknown event":
        return 404, "error", services.UNKNOWN
    if situation == "policy off":
        return 409, "failure", "Feedback is forbidden"
    if feedback_type == "return" and age == "one second more":
        return 201, "failure", LATE
    return 201, "success", ""


@pytest.fixture
def unlimited():
    Enterprise.objects.update(limits=dict.fromkeys(throttle.CALLS))
    enterprise.forget()


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("accept", ACCEPTS)
def test_every_cell(kind, accept, policy, delivered, monkeypatch, unlimited):
    version, delivery = policy(maximumAgeDays=7), delivered(sent_at=timezone.now())
    monkeypatch.setattr(services, "database_now", lambda: received)
    wrong, told = [], {}
    for situation, feedback_type, age in product(SITUATIONS, ("return", "conversion"), AGES):
        Feedback.objects.all().delete()
        FeedbackPolicy.objects.filter(pk=version.pk).update(
            body={"maximumAgeDays": 7, **dict.fromkeys(("returns", "conversions"), situation != "policy off")}
        )
        received = delivery.sent_at + AGES[age]
        event_id = {"unknown event": "0" * 24, "malformed": "17"}.get(situation, delivery.event_id)
        response = send(kind, accept, event_id, feedback_type)
        status, outcome, reason = expected(situation, feedback_type, age)
        told = parsed(response)
        if reason is None:
            reason = told.get("reason")
            assert reason
        wanted = {"outcome": outcome, **({"reason": reason} if reason else {})}
        headers = (response["Content-Type"], response["Cache-Control"], response["Vary"].partition(",")[0])
        wanted_headers = (f"{ACCEPTS[accept]}; charset=utf-8", "no-store", "Accept")
        if (response.status_code, told, headers) != (status, wanted, wanted_headers):
            wrong.append((situation, feedback_type, age, response.status_code, told, headers))
        assert Feedback.objects.count() == (situation in ("policy on", "policy off"))
        assert "person" not in response.content.decode()
    assert wrong == []


@pytest.mark.parametrize("kind", [kind for kind in BODIES if kind in UNREADABLE and UNREADABLE[kind]])
@pytest.mark.parametrize("accept", ACCEPTS)
def test_a_body_that_cannot_be_read(kind, accept, policy, delivered):
    policy()
    response = send(kind, accept, delivered().event_id, "return", body=UNREADABLE[kind])
    assert (response.status_code, parsed(response)["outcome"]) == (400, "error")
    assert response["Content-Type"].startswith(ACCEPTS[accept])
    assert not Feedback.objects.exists()
