"""HTTP Post: the request, and the result of each kind of answer and failure."""

import json
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl

import pytest

from config.core.http.connection import Connection, pool
from integrations.base import Attempt, AttemptResult
from integrations.delivery.attempts import make_attempt
from processr.job_types.exchange import Exchange
from processr.job_types.registry import job_types
from tests.core.outbound.conftest import wait_for_end
from tests.core.outbound.servers import reply
from tests.integrations.kinds.sending import EVENT, made, outgoing, row, settings_of
from tests.processr.planned import job

LATER, NEVER, SENT, UNCLEAR = AttemptResult.LATER, AttemptResult.NEVER, AttemptResult.SENT, AttemptResult.UNCLEAR
ROWS = [
    row("contact.name", "firstName"), row("contact.email", "email"), row("ids.event", "eventId"), row("ids.lead", "leadId"),
    row("ids.hash", "leadHash"), row("from", "publisherName"), row("source", value="Sluice & Co"), row("nothing", "favouriteColour"),
]  # fmt: skip
ANNA = {"firstName": 'Anna "Å" & <b>', "email": "anna+x@example.com"}


def sent_by(httpserver, **given):
    """Return the request that reached the receiver."""
    httpserver.expect_request("/leads").respond_with_data("", status=201)
    integration, anna = made(url=httpserver.url_for("/leads"), **given), outgoing(**ANNA)
    integration.prepare_sending([anna])
    assert integration.unsendable(anna) == ""
    assert integration.classify(integration.send(anna)).result is SENT
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
    assert integration.classify(integration.send(nobody)).result is NEVER
    assert server.connections == 0


@pytest.mark.parametrize(
    ("status", "comes_to"),
    [
        ("200 OK", SENT), ("201 Created", SENT), ("204 No Content", SENT), ("299 Odd", SENT), ("301 Moved", NEVER), ("302 Found", NEVER), ("304 Same", NEVER),
        ("307 Temporary", NEVER), ("308 Permanent", NEVER), ("400 Bad", NEVER), ("401 Who", NEVER), ("403 No", NEVER), ("404 Not Found", NEVER), ("409 Conflict", NEVER),
        ("422 Unprocessable", NEVER), ("499 Odd", NEVER), ("408 Timeout", LATER), ("425 Early", LATER), ("429 Many", LATER), ("500 Broken", LATER), ("502 Bad", LATER),
        ("503 Busy", LATER), ("599 Odd", LATER), ("999 Odd", LATER),
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
    said = made(url="https://a.example/", fields_sent=[row("a", "b")], statuses=listed).classify(Exchange("", "HTTP/1.1 …\n\n", status))
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
    assert made(url="https://a.example/", fields_sent=[row("a", "b")]).classify(exchange).retry_after == seconds


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
    said = integration.classify(Exchange("", f"HTTP/1.1 200 OK\nx: y\n\n{body}", 200))
    assert said.result is comes_to
    assert said.message == ("Answered 200 OK" if comes_to is SENT else "Answered 200 OK, but without what tells success")
    assert integration.classify(Exchange("", f"HTTP/1.1 500 X\nx: y\n\n{body}", 500)).result is LATER


FAILING = {"failing": ["error", "Duplicate"]}
PATH = {"look_at": "path", "path": "result"}


@pytest.mark.parametrize(
    ("told_by", "body", "comes_to"),
    [
        ({**TEXT_SUCCESS, **FAILING}, "Thank you", SENT), ({**TEXT_SUCCESS, **FAILING}, "Thank you: DUPLICATE", NEVER),
        ({**TEXT_SUCCESS, **FAILING}, "An error. Thank you", NEVER), ({**TEXT_SUCCESS, **FAILING}, "neither", NEVER),
        ({"look_at": "text", **FAILING}, "anything", SENT), ({"look_at": "text", **FAILING}, "", SENT), ({"look_at": "text", **FAILING}, "An eRRoR", NEVER),
        ({"look_at": "text", "failing": ["strasse"]}, "STRAßE", NEVER), ({"look_at": "text", "failing": ["<b>no</b>"]}, "<B>No</B>!", NEVER),
        ({**PATH, **FAILING}, '{"result": "error"}', NEVER), ({**PATH, **FAILING}, '{"result": " ERROR "}', NEVER),
        ({**PATH, **FAILING}, '{"result": "errors"}', SENT), ({**PATH, **FAILING}, '{"other": "error"}', SENT), ({**PATH, **FAILING}, "{}", SENT),
        ({**PATH, **FAILING}, "error", NEVER), ({**PATH, **FAILING}, "", NEVER), ({**PATH, **FAILING}, "[" * 5_000, NEVER),
        ({**PATH, "passing": ["ok"], "failing": ["false"]}, '{"result": false}', NEVER), ({**PATH, "passing": ["ok"], **FAILING}, '{"result": "ok"}', SENT),
        ({**PATH, "passing": ["1, error"], "failing": ["error"]}, '{"result": ["1", "error"]}', SENT),
        ({"look_at": "status", **FAILING}, "error", SENT),
    ],
)  # fmt: skip
def test_failure_may_be_told_by_the_answer_and_wins(told_by, body, comes_to):
    integration = made(url="https://a.example/", fields_sent=[row("a", "b")], **told_by)
    said = integration.classify(Exchange("", f"HTTP/1.1 200 OK\nx: error\n\n{body}", 200))
    assert (said.result, said.status) == (comes_to, 200)
    assert said.message.startswith("Answered 200 OK" if comes_to is SENT else "Answered 200 OK, ")
    assert not any(text in said.message for text in told_by.get("failing", []))
    for status, other in ((500, LATER), (422, NEVER)):
        assert integration.classify(Exchange("", f"HTTP/1.1 {status} X\nx: y\n\n{body}", status)).result is other


def test_what_comes_before_an_answer_is_none(serve, attempt):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    server = serve(
        lambda line: (server.head(line), line.sendall(hints + reply(status="201 Created")), server.head(line), line.sendall(hints))
    )
    assert attempt(server.url).result is SENT
    assert attempt(server.url).result is UNCLEAR


def test_a_receiver_that_closes_between_two_leads_gets_each_once(serve, attempt, monkeypatch):
    """Also if it closes just when the next one is on its way."""
    server = serve(lambda line: (server.head(line), line.sendall(reply(b"{}"))))
    for _ in range(2):
        assert attempt(server.url).result is SENT
        wait_for_end(pool._kept[-1][1])
    monkeypatch.setattr(Connection, "is_quiet", lambda connection: wait_for_end(connection) or True)
    assert [attempt(server.url).result for _ in range(2)] == [SENT, SENT]
    assert (server.connections, len(server.heads)) == (4, 4)


NUMBERS = {
    "5": "5", "007": "7", "-0.50": "-0.50", "+12.5": "12.5", ".5": "0.5", " 1250 ": "1250", "1e3": "1E+3", "12345678901234567890": "12345678901234567890",
    "0.10000000000000000001": "0.10000000000000000001", "5.": "5", "-0": "-0", "1E-7": "1E-7", "": "null", "   ": "null",
}  # fmt: skip
NO_NUMBERS = [
    "abc",
    "1,250",
    "1.250,5",
    "£5",
    "5 km",
    "0x1F",
    "NaN",
    "Infinity",
    "-inf",
    "1_000",
    "٥",
    "5-10",
    "--5",
    "1e",
    "true",
    "½",
    "5\n6",
]
BOOLEANS = {"true": True, "TRUE": True, "Yes": True, "y": True, "t": True, "on": True, "1": True, " 0 ": False, "No": False, "N": False, "f": False,
            "off": False, "False": False, "1.0": True, "": None}  # fmt: skip
NO_BOOLEANS = ["maybe", "2", "-1", "1.5", "oui", "checked", "yes please", "null"]


def body_with(kind: str, value: str) -> str:
    integration, one = (
        made(url="https://a.example/", fields_sent=[row("lead.value", "company", type=kind), row("text", "company")]),
        outgoing(company=value),
    )
    integration.prepare_sending([one])
    assert integration.unsendable(one) == ""
    return integration.template.request(lambda _name: value, integration.secret).body


def test_a_number_is_sent_as_one_with_all_its_digits():
    for value, literal in NUMBERS.items():
        body = body_with("number", value)
        assert body == f'{{"lead": {{"value": {literal}}}, "text": {json.dumps(value)}}}'
        json.loads(body)


def test_a_boolean_is_sent_as_one():
    for value, meant in BOOLEANS.items():
        assert json.loads(body_with("boolean", value)) == {"lead": {"value": meant}, "text": value}


@pytest.mark.parametrize(("kind", "values"), [("number", NO_NUMBERS), ("boolean", NO_BOOLEANS)])
def test_what_is_not_of_the_type_is_not_sent_and_says_so_without_the_value(kind, values):
    """A person is asked: text in its place would be refused by the receiver, or taken for something else."""
    integration = made(url="https://a.example/", fields_sent=[row("lead.value", "company", type=kind)])
    for value in values:
        one = outgoing(company=value)
        integration.prepare_sending([one])
        problem = integration.unsendable(one)
        assert problem.startswith(f"lead.value is to be sent as a {kind} such as ")
        assert problem.endswith("and the lead has something else there")
        assert integration.classify(integration.send(one)) == Attempt(NEVER, problem)
        assert make_attempt(integration, one)[0] == Attempt(NEVER, problem)


def test_a_constant_may_be_a_number_or_a_boolean(httpserver):
    constants = [
        row("a", value="5", type="number"),
        row("b", value="yes", type="boolean"),
        row("c", value="5", type="text"),
        row("d", value="5"),
    ]
    request = sent_by(httpserver, fields_sent=constants)
    assert json.loads(request.data) == {"a": 5, "b": True, "c": "5", "d": "5"}


def test_rows_stored_before_there_were_types_are_text():
    older = job_types.get("http_post")(
        job(id=0, type="http_post", config={**settings_of("http_post", url="https://a.example/", fields_sent=[row("a", "company")])})
    )
    older.job.config["fields_sent"] = [{"name": "a", "field": "company", "value": ""}]
    one = outgoing(company="5")
    older.prepare_sending([one])
    assert older.template.request(lambda _name: "5", older.secret).body == '{"a": "5"}'


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
