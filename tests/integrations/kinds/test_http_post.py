"""HTTP Post: what leaves, and what each way of answering or not answering comes to."""

import json
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl

import pytest

from integrations.base import AttemptResult
from processr.job_types.exchange import Exchange
from tests.core.outbound.servers import reply
from tests.integrations.kinds.sending import EVENT, made, outgoing, row

LATER, NEVER, SENT, UNCLEAR = AttemptResult.LATER, AttemptResult.NEVER, AttemptResult.SENT, AttemptResult.UNCLEAR
ROWS = [
    row("contact.name", "firstName"), row("contact.email", "email"), row("ids.event", "eventId"), row("ids.lead", "leadId"),
    row("ids.hash", "leadHash"), row("from", "publisherName"), row("source", value="Sluice & Co"), row("nothing", "favouriteColour"),
]  # fmt: skip
ANNA = {"firstName": 'Anna "Å" & <b>', "email": "anna+x@example.com"}


def sent_by(httpserver, **given):
    """What reached the receiver."""
    httpserver.expect_request("/leads").respond_with_data("", status=201)
    integration, anna = made(url=httpserver.url_for("/leads"), **given), outgoing(**ANNA)
    integration.prepare_sending([anna])
    assert integration.unsendable(anna) == ""
    assert integration.read(integration.send(anna)).result is SENT
    ((request, _),) = httpserver.log
    return request


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_json_parses_back_to_the_mapping(httpserver, method):
    request = sent_by(httpserver, method=method, fields_sent=ROWS)
    assert (request.method, request.headers["Content-Type"], request.headers["Idempotency-Key"]) == (method, "application/json", EVENT)
    assert json.loads(request.data) == {
        "contact": {"name": ANNA["firstName"], "email": ANNA["email"]},
        "ids": {"event": EVENT, "lead": "7", "hash": "a" * 32},
        "from": "Pat Media",
        "source": "Sluice & Co",
        "nothing": "",
    }


def test_a_form_parses_back_to_the_mapping(httpserver):
    request = sent_by(httpserver, send_as="form", fields_sent=ROWS)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(request.data.decode(), keep_blank_values=True)[:2] == [
        ("contact.name", ANNA["firstName"]),
        ("contact.email", ANNA["email"]),
    ]
    assert parse_qsl(request.data.decode(), keep_blank_values=True)[-1] == ("nothing", "")


def test_headers_go_along_and_the_event_id_in_the_one_that_is_named(httpserver):
    headers = [{"name": "Content-Type", "value": "application/vnd.api+json"}, {"name": "X-Source", "value": "Sluice"}]
    request = sent_by(httpserver, fields_sent=ROWS, headers=headers, event_header="X-Event")
    assert (request.headers["X-Event"], request.headers["X-Source"]) == (EVENT, "Sluice")
    assert request.headers.getlist("Content-Type") == ["application/vnd.api+json"]
    assert "Idempotency-Key" not in request.headers


def test_without_a_header_for_it_the_event_id_is_in_none(httpserver):
    assert EVENT not in str(sent_by(httpserver, fields_sent=[row("mail", "email")], event_header="").headers)


def test_a_field_called_like_the_event_id_or_the_hash_is_not_taken_for_it(httpserver):
    httpserver.expect_request("/leads").respond_with_data("")
    mapping = [row("event", "eventId"), row("hash", "leadHash"), row("day", "currentDate")]
    integration = made(url=httpserver.url_for("/leads"), fields_sent=mapping)
    forged = outgoing(eventId="f" * 24, leadHash="f" * 32, currentDate="31 January")
    integration.prepare_sending([forged])
    integration.send(forged)
    assert httpserver.log[0][0].get_json() == {"event": EVENT, "hash": "a" * 32, "day": "31 January"}


def test_values_of_the_lead_cannot_leave_their_place_in_the_address(httpserver):
    httpserver.expect_request("/").respond_with_data("")
    integration = made(url=httpserver.url_for("/") + "people/{company}/x?to={email}", fields_sent=[row("a", "email")])
    odd = outgoing(company="../admin?x=/", email="a&to=b#c")
    integration.prepare_sending([odd])
    integration.send(odd)
    assert httpserver.log[0][0].full_path.startswith("/people/../admin?x=//x?to=a%26to%3Db%23c") is True
    assert httpserver.log[0][0].environ["REQUEST_URI"] == "/people/..%2Fadmin%3Fx%3D%2F/x?to=a%26to%3Db%23c"


@pytest.mark.parametrize(("company", "why"), [("", "the lead has nothing there"), ("..", "another address"), (".", "another address")])
def test_a_lead_that_would_make_another_address_is_not_sent(serve, company, why):
    server = serve(lambda line: line.sendall(reply()))
    integration = made(url=f"{server.url}/people/{{company}}/x", fields_sent=[row("a", "email")])
    nobody = outgoing(company=company, email="a@example.com")
    integration.prepare_sending([nobody])
    assert why in integration.unsendable(nobody)
    assert integration.read(integration.send(nobody)).result is NEVER
    assert server.connections == 0


@pytest.mark.parametrize(
    ("status", "comes_to"),
    [
        ("200 OK", SENT), ("201 Created", SENT), ("204 No Content", SENT), ("299 Odd", SENT), ("301 Moved", NEVER), ("302 Found", NEVER), ("304 Same", NEVER),
        ("307 Temporary", NEVER), ("308 Permanent", NEVER), ("400 Bad", NEVER), ("401 Who", NEVER), ("403 No", NEVER), ("404 Not Found", NEVER), ("409 Conflict", NEVER),
        ("422 Unprocessable", NEVER), ("499 Odd", NEVER), ("408 Timeout", LATER), ("425 Early", LATER), ("429 Many", LATER), ("500 Broken", LATER), ("502 Bad", LATER),
        ("503 Busy", LATER), ("599 Odd", LATER), ("999 Odd", LATER), ("102 Processing", UNCLEAR),
    ],
)  # fmt: skip
def test_what_each_status_comes_to(serve, attempt, status, comes_to):
    server = serve(lambda line: (server.head(line), line.sendall(reply(b"{}", status=status, Location="/elsewhere"))))
    said = attempt(f"{server.url}/leads")
    assert (said.result, said.status) == (comes_to, int(status[:3]))
    assert said.message.startswith(f"Answered {status[:3]}")
    assert server.connections == 1, "neither followed nor asked twice"


@pytest.mark.parametrize(
    ("listed", "status", "comes_to"),
    [
        ("200, 201,204", 204, SENT), ("200 201", 204, NEVER), ("2xx 409", 409, SENT), ("302", 302, SENT), ("302", 200, NEVER), ("4XX", 404, SENT), ("4xx", 429, LATER),
        ("2xx", 199, UNCLEAR), ("2xx", 503, LATER),
    ],
)  # fmt: skip
def test_success_is_what_was_listed(listed, status, comes_to):
    said = made(url="https://a.example/", fields_sent=[row("a", "b")], statuses=listed).read(Exchange("", "HTTP/1.1 …\n\n", status))
    assert said.result is comes_to


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120), (" 0 ", 0), ("604800", 604_800), ("604801", None), ("-5", None), ("1e9", None), ("NaN", None), ("soon", None), ("", None), ("9" * 500, None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None), ("Fri, 31 Dec 99999 23:59:59 GMT", None), ("Mon, 01 Jan 1990 00:00:00 GMT", 0), ("12\t", 12), ("٣", None),
    ],
)  # fmt: skip
def test_a_retry_after_is_heard_unless_it_makes_no_sense(asked, seconds):
    exchange = Exchange("", f"HTTP/1.1 503 Busy\nserver: x\nretry-after: {asked}\n\nRetry-After: 7", 503)
    assert made(url="https://a.example/", fields_sent=[row("a", "b")]).read(exchange).retry_after == seconds


def test_a_retry_after_may_be_a_date(serve, attempt):
    then = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    server = serve(lambda line: (server.head(line), line.sendall(reply(status="429 Many", Retry_After=then))))
    assert 590 < attempt(server.url).retry_after <= 600


def test_what_was_refused_before_anything_was_sent_is_tried_later(attempt, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = attempt(f"http://127.0.0.1:{port}/")
    assert (said.result, said.status) == (LATER, None)
    assert said.message == f"127.0.0.1:{port} could not be connected to."

    def no_such_host(*_, **__):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    assert attempt("https://gone.example/").result is LATER


def test_without_a_secure_connection_nothing_was_sent(serve, attempt):
    server = serve(lambda line: line.sendall(b"not TLS at all, whatever you say"))
    assert attempt(server.url.replace("http:", "https:")).result is LATER


def test_an_address_we_do_not_call_needs_a_person(settings, serve, attempt):
    settings.OUTBOUND_ALLOW = []
    server = serve(lambda line: line.sendall(reply()))
    said = attempt(server.url)
    assert (said.result, server.connections) == (NEVER, 0)
    assert "not on the public internet" in said.message


def hangs(server, line):
    server.head(line)
    server.over.wait(20)


@pytest.mark.parametrize(
    "script",
    [
        hangs,
        lambda server, line: server.head(line),
        lambda server, line: (server.head(line), line.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")),
        lambda server, line: (server.head(line), line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}")),
        lambda server, line: (server.head(line), line.sendall(reply(b"x" * 200_000))),
        lambda server, line: (server.head(line), line.sendall(b"SSH-2.0-OpenSSH\r\n")),
        lambda server, line: (server.head(line), line.sendall(reply(b"not gzip", Content_Encoding="gzip"))),
    ],
    ids=[
        "hangs",
        "hangs up",
        "breaks off in the head",
        "breaks off in the body",
        "answers too much",
        "speaks something else",
        "lies about packing",
    ],
)
def test_what_broke_after_it_was_sent_may_have_arrived(serve, attempt, script):
    server = serve(lambda line: script(server, line))
    said = attempt(server.url, seconds=1)
    assert (said.result, server.connections) == (UNCLEAR, 1)
    assert said.message
    assert "anna@example.com" not in said.message
    assert "anna@example.com" in attempt.exchange.sent


@pytest.mark.parametrize(("status", "comes_to"), [("503 Busy", LATER), ("404 Not Found", NEVER), ("200 OK", UNCLEAR)])
def test_of_an_answer_that_broke_off_the_status_says_what_it_can(serve, attempt, status, comes_to):
    server = serve(lambda line: (server.head(line), line.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 99\r\n\r\n{{}}".encode())))
    said = attempt(server.url)
    assert (said.result, said.status) == (comes_to, int(status[:3]))


def test_a_put_is_not_sent_twice_over_a_connection_that_broke(serve, attempt):
    def script(line):
        server.head(line)
        line.sendall(reply(b"{}"))
        server.head(line)  # and closes, as a server does that was restarted in between

    server = serve(script)
    assert attempt(server.url, method="PUT").result is SENT
    assert attempt(server.url, method="PUT").result is UNCLEAR
    assert len(server.heads) == 2


JSON_SUCCESS = {"look_at": "path", "path": "result.status", "passing": ["ok", "accepted"]}
TEXT_SUCCESS = {"look_at": "text", "passing": ["Thank you"]}


@pytest.mark.parametrize(
    ("told_by", "body", "comes_to"),
    [
        (JSON_SUCCESS, '{"result": {"status": "OK"}}', SENT), (JSON_SUCCESS, '{"result": {"status": "duplicate"}}', NEVER), (JSON_SUCCESS, '{"result": "ok"}', NEVER),
        (JSON_SUCCESS, "ok", NEVER), (JSON_SUCCESS, "", NEVER), (JSON_SUCCESS, "[" * 5_000, NEVER), (TEXT_SUCCESS, "<p>thank YOU</p>", SENT), (TEXT_SUCCESS, "Sorry", NEVER),
    ],
)  # fmt: skip
def test_success_may_be_told_by_the_answer_too(told_by, body, comes_to):
    integration = made(url="https://a.example/", fields_sent=[row("a", "b")], **told_by)
    said = integration.read(Exchange("", f"HTTP/1.1 200 OK\nx: y\n\n{body}", 200))
    assert said.result is comes_to
    assert said.message == ("Answered 200 OK" if comes_to is SENT else "Answered 200 OK, but without what tells success")
    assert integration.read(Exchange("", f"HTTP/1.1 500 X\nx: y\n\n{body}", 500)).result is LATER


def test_what_people_are_told_is_nothing_the_receiver_wrote(serve, attempt):
    server = serve(lambda line: (server.head(line), line.sendall(reply(b"anna@example.com", status="422 anna@example.com"))))
    assert attempt(server.url).message == "Answered 422 Unprocessable Entity"


def test_an_unclear_attempt_may_be_repeated_only_where_that_was_chosen():
    ordinary = {"url": "https://a.example/", "fields_sent": [row("a", "b")]}
    assert made(**ordinary).safe_to_repeat is False
    assert made(**ordinary, in_doubt="again").safe_to_repeat is True
    assert (made(**ordinary, side_by_side=32).concurrency, made(**ordinary).sends) == (32, True)


def test_the_rule_says_where_to_and_not_what_could_open_it():
    given = {"url": "https://hooks.example:8443/catch/s3cret/{email}?key=s3cret", "fields_sent": [row("a", "b")]}
    assert made(**given).rule() == "Sent to hooks.example:8443 by POST as JSON"
    assert made(**given, method="PUT", send_as="form").rule() == "Sent to hooks.example:8443 by PUT as a form"


def test_what_is_collected_stays_where_it_is():
    collects = made("collect", note="Monday's file for Acme")
    assert (collects.sends, collects.rule()) == (False, "Stays waiting until a file takes it")
