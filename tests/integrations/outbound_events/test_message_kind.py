"""Sending a message of an outbound event to a real receiver, and what its answer means."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from config.core.credentials import encryption
from config.core.errors import DomainError
from integrations.base import AttemptResult
from integrations.models import Message, OutboundEvent
from integrations.outbound_events import services
from integrations.outbound_events.message_kind import OutboundEventMessage
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db
SECRET = "sesame-open-42"


@pytest.fixture
def queued(campaign, make_leads, make_event):
    """queued("valid", company=…, url=…): the message about one lead that became it."""

    def make(trigger: str = "valid", *, captured=None, **values) -> Message:
        make_event(trigger, **values)
        make_leads(campaign, 1, **(captured or {}))
        judge_all(campaign, "valid" if trigger == "valid" else "invalid")
        return Message.objects.select_related("destination").latest("pk")

    return make


def send(message: Message):
    kind = OutboundEventMessage(message.destination)
    kind.prepare([message])
    exchange = kind.send(message)
    return kind.classify(exchange), exchange


def only_request(server: HTTPServer) -> Request:
    ((request, _),) = server.log
    return request


def test_a_get_has_everything_in_its_address_and_no_body(queued, httpserver: HTTPServer):
    httpserver.expect_request("/p").respond_with_data("ok")
    message = queued(url=httpserver.url_for("/p") + "?lead={leadId}&status={leadStatus}&id={eventId}")
    attempt, exchange = send(message)
    assert (attempt.result, attempt.status) == (AttemptResult.SENT, 200)
    request = only_request(httpserver)
    assert (request.method, request.data, request.headers["webhook-id"]) == ("GET", b"", message.message_id)
    assert request.args.to_dict() == {"lead": str(message.lead_id), "status": "Valid", "id": message.message_id}
    assert "Content-Type" not in exchange.sent


def test_a_post_has_the_payload_that_was_frozen(queued, httpserver: HTTPServer):
    httpserver.expect_request("/p", method="POST").respond_with_data("", status=204)
    message = queued("invalid", url=httpserver.url_for("/p"), method="POST")
    assert send(message)[0].result is AttemptResult.SENT
    request = only_request(httpserver)
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.data) == message.body["payload"]
    assert json.loads(request.data)["type"] == "lead.invalid"


HOSTILE = "a/../b?x=1&y=2#z\r\nX-Evil: 1\r\n\r\nGET / é😀\u202e %0d{email}"


@pytest.mark.parametrize("value", [HOSTILE, "..", "\r\n", "x" * 3_000, "Zoë & Søn GmbH", "//evil.example/", "@evil.example"])
def test_hostile_values_stay_one_value_in_the_address_and_in_a_header(value, queued, httpserver: HTTPServer):
    httpserver.expect_request("/p").respond_with_data("ok")
    message = queued(url=httpserver.url_for("/p") + "?c={company}&end=1", headers=[{"name": "X-Company", "value": "<{company}>"}])
    message.body["values"]["company"] = value
    assert send(message)[0].result is AttemptResult.SENT
    request = only_request(httpserver)
    assert parse_qs(urlsplit(request.url).query, keep_blank_values=True) == {"c": [value], "end": ["1"]}
    header = request.headers["X-Company"]
    assert header.startswith("<")
    assert header.endswith(">")
    assert header.isprintable()
    assert header.isascii()
    assert "X-Evil" not in request.headers


@pytest.mark.parametrize("value", ["..", ".", ""])
def test_a_value_that_would_make_it_another_address_is_not_sent(value, queued, httpserver: HTTPServer):
    message = queued(url=httpserver.url_for("/a/") + "{company}/b")
    message.body["values"]["company"] = value
    attempt, exchange = send(message)
    assert (attempt.result, exchange.sent, httpserver.log) == (AttemptResult.NEVER, "", [])


def test_a_mended_event_is_used_for_what_waits_with_the_values_that_were_kept(queued, httpserver: HTTPServer, bob):
    httpserver.expect_request("/right", method="POST").respond_with_data("ok")
    message = queued(url="https://wrong.example/?c={company}", captured={"company": "Then"})
    lead = message.lead
    lead.captured["company"] = "Now"
    lead.save(update_fields=["captured"])
    event = OutboundEvent.objects.get()
    services.update_event(event.pk, {"url": httpserver.url_for("/right") + "?name={company}", "method": "POST"}, actor=bob)
    assert send(message)[0].result is AttemptResult.SENT
    assert only_request(httpserver).args["name"] == "Then"


def test_a_placeholder_that_came_after_the_message_has_no_value_and_is_not_made_up(queued, httpserver: HTTPServer, bob):
    message = queued(url=httpserver.url_for("/p"))
    services.update_event(OutboundEvent.objects.get().pk, {"url": httpserver.url_for("/p?e={email}")}, actor=bob)
    attempt, _ = send(message)
    assert attempt.result is AttemptResult.NEVER
    assert "{email}" in attempt.message
    assert httpserver.log == []


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, "sent"), (202, "sent"), (204, "sent"), (301, "never"), (302, "never"), (400, "never"), (401, "never"), (404, "never"),
        (410, "never"), (408, "later"), (425, "later"), (429, "later"), (500, "later"), (502, "later"), (503, "later"), (599, "later"),
    ],
)  # fmt: skip
def test_the_status_of_the_answer_decides(status, result, queued, httpserver: HTTPServer):
    headers = {"Retry-After": "120", "Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request("/p").respond_with_data("x", status=status, headers=headers)
    attempt, _ = send(queued(url=httpserver.url_for("/p")))
    assert (attempt.result, attempt.status) == (result, status)
    assert attempt.retry_after == (120 if result == "later" else None)
    assert len(httpserver.log) == 1


def test_a_receiver_that_is_away_is_tried_later_and_one_that_hangs_up_is_unclear(queued, closed_port, serve_nothing):
    assert send(queued(url=f"http://127.0.0.1:{closed_port}/"))[0].result is AttemptResult.LATER
    assert send(queued(url=serve_nothing))[0].result is AttemptResult.UNCLEAR
    assert OutboundEventMessage.safe_to_repeat


def test_an_address_inside_is_not_called(queued, settings):
    settings.OUTBOUND_ALLOW = []
    attempt, exchange = send(queued(url="http://127.0.0.1:9/x"))
    assert (attempt.result, exchange.status) == (AttemptResult.NEVER, None)


@pytest.mark.parametrize("value", [SECRET, f"Bearer {SECRET}", "q7", f"{SECRET} {{leadId}}", "1"])
def test_no_value_of_a_header_is_in_what_is_recorded(value, queued, httpserver: HTTPServer):
    def echo(request: Request) -> Response:
        return Response(f"You said {request.headers['X-Partner']}. Not {request.headers['X-Partner'].rpartition(' ')[2]}", status=500)

    httpserver.expect_request("/p").respond_with_handler(echo)
    message = queued(url=httpserver.url_for("/p"), headers=[{"name": "X-Partner", "value": value}])
    _, exchange = send(message)
    assert only_request(httpserver).headers["X-Partner"] == value.format(leadId=message.lead_id)
    assert "X-Partner: •••" in exchange.sent
    assert f"X-Partner: {value[:1]}" not in exchange.sent
    assert SECRET not in exchange.sent + exchange.received
    assert SECRET not in str(message.body)


def test_headers_that_no_key_opens_are_said_so_before_anything_is_sent(queued):
    message = queued(headers=[{"name": "X-Partner", "value": SECRET}])
    other_key = b"gAAAAABkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
    assert encryption.unseal(OutboundEvent.objects.get().sealed_headers)
    OutboundEvent.objects.update(sealed_headers=other_key)
    with pytest.raises(DomainError, match="enter their values again"):
        send(message)
