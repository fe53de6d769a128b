"""Bodies in chunks, and those that do not arrive in full, through a real socket and the web server's own parser."""

import gzip
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from threading import Event, Thread
from time import monotonic
from urllib.parse import quote_plus, urlsplit

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import UnreadablePostError
from django.test import RequestFactory
from gunicorn.config import Config
from gunicorn.http.message import Request
from gunicorn.http.unreader import SocketUnreader
from gunicorn.http.wsgi import create

from config import wsgi
from config.core.api.chunked_body import LARGEST, with_length
from config.core.api.reading_limits import ReadingLimit
from config.core.api.timed_body import TimedBody, with_time_limit
from leads.models import Lead
from tests.hostile.wire import Answer
from tests.intake.sender import JAMES, JSON, URLENCODED

pytestmark = pytest.mark.django_db

FIELDS = "&".join(f"form[{name}]={quote_plus(value)}" for name, value in JAMES.items()).encode()
LIMIT = 512 * 1024
END = b"0\r\n\r\n"
IMPATIENT = 0.3
"""Seconds."""
Talk = Callable[[socket.socket], object]


def chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


CHUNKED = "Transfer-Encoding: chunked"


def asked(
    target: str, talk: bytes | Talk, *headers: str, application=wsgi.application, hang_up: bool = True, framing: str = CHUNKED
) -> Answer:
    """Return the answer to a sender, which sends from a thread of its own."""
    ours, theirs = socket.socketpair()
    lines = [f"POST {target} HTTP/1.1", "Host: 127.0.0.1", framing, *headers]

    def send() -> None:
        with suppress(OSError):
            theirs.sendall("\r\n".join([*lines, "", ""]).encode())
            talk(theirs) if callable(talk) else theirs.sendall(talk)
            if hang_up:
                theirs.shutdown(socket.SHUT_WR)

    sender = Thread(target=send)
    sender.start()
    began = monotonic()
    config = Config()
    request = Request(config, SocketUnreader(ours), ("127.0.0.1", 5))
    _, environ = create(request, ours, ("127.0.0.1", 5), ("127.0.0.1", 80), config)
    said: list = []
    content = b"".join(application(environ, lambda status, sent, *_: said.append((int(status.split()[0]), dict(sent)))))
    took = monotonic() - began
    ours.close()
    sender.join(5)
    theirs.close()
    assert not sender.is_alive()
    return Answer(*said[0], content, took)


@pytest.fixture(autouse=True)
def _one_line_to_the_database() -> Iterator[None]:
    """Keep the test's connection, with its transaction: a server closes it between requests."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def target(sender) -> str:
    parts = urlsplit(sender.address())
    return f"{parts.path}?{parts.query}"


FORM = f"Content-Type: {URLENCODED}"


@pytest.mark.parametrize(
    "body",
    [
        chunks(FIELDS) + END,
        chunks(*(FIELDS[n : n + 1] for n in range(len(FIELDS)))) + END,
        chunks(FIELDS[:30], FIELDS[30:]) + b"000\r\n\r\n",
        b"%X\r\n%s\r\n" % (len(FIELDS), FIELDS) + END,
        b'000%x;name=value;q="a b"\r\n%s\r\n' % (len(FIELDS), FIELDS) + END,
        chunks(FIELDS) + b"0;last\r\nX-Checksum: 5\r\nX-More: x\r\n\r\n",
        chunks(FIELDS) + END + b"GET /next HTTP/1.1\r\n\r\n",
    ],
)
def test_chunks_of_every_legal_shape_are_a_lead(sender, target, body):
    answer = asked(target, body, FORM)
    assert (answer.status, Lead.objects.get(pk=answer.json["data"]).captured) == (201, JAMES)


def test_a_stream_may_be_json_multipart_or_packed(sender, target):
    document = json.dumps({"form": JAMES}).encode()
    parts = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="form[%s]"\r\n\r\n%s\r\n' % (n.encode(), v.encode()) for n, v in JAMES.items()
    )
    answers = [
        asked(target, chunks(document) + END, f"Content-Type: {JSON}"),
        asked(target, chunks(parts + b"--b--\r\n") + END, "Content-Type: multipart/form-data; boundary=b"),
        asked(target, chunks(gzip.compress(FIELDS)) + END, FORM, "Content-Encoding: gzip"),
        asked(target, chunks(FIELDS) + END, FORM.replace("urlencoded", "urlencoded; charset=iso-8859-1")),
    ]
    assert [(answer.status, Lead.objects.get(pk=answer.json["data"]).captured) for answer in answers] == [(201, JAMES)] * 4


def test_every_face_that_takes_a_body_takes_chunks_and_refuses_in_its_own_shape(sender):
    faces = {
        "/api/login": ({"error", "error_description"}, "Missing parameters: username, password"),
        "/oauth/v2/token": ({"error", "error_description"}, "Invalid grant_type"),
        "/api/v4/campaign-processr-jobs": ({"error", "error_description"}, "OAuth2 authentication required"),
        "/api/v2.4/publisher/1/forms/1/campaign/1/leads": ({"error", "error_description"}, "OAuth2 authentication required"),
    }
    for target, (names, words) in faces.items():
        answer = asked(target, chunks(b"{}") + END, f"Content-Type: {JSON}")
        assert (answer.json.keys() >= names, words in answer.body.decode()) == (True, True), (target, answer)
    page = asked("/sign-in", chunks(b"username=x&password=y") + END, FORM)
    assert page.status in (200, 403, 404)


def test_a_stream_ends_at_the_limit(sender, target):
    filled = FIELDS + b"&padding=" + b"x" * (LIMIT - len(FIELDS) - 9)
    part = b"x" * 65_536

    def talk_for_ever(line: socket.socket) -> None:
        for _ in range(2 * LARGEST // len(part)):
            line.sendall(chunks(part))

    assert asked(target, chunks(filled[:9999], filled[9999:]) + END, FORM).status == 201
    for talk in (chunks(filled + b"x") + END, chunks(part) * 9 + END, talk_for_ever):
        answer = asked(target, talk, FORM)
        assert (answer.status, answer.json["message"]) == (413, "The body is too large: at most 512 kB.")
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    "ending",
    [
        b"",
        b"0\r\n",
        b"5\r\nab",
        b"5\r\nabcdefg\r\n0\r\n\r\n",
        b"zz\r\n",
        b"-1\r\n",
        b"0x5\r\nabcde\r\n0\r\n\r\n",
        b"\r\n",
        b"5" * 20_000,
        b"0\r\nX: y\n\n",
    ],
)
def test_chunks_that_are_broken_or_end_too_early_are_no_lead(sender, target, ending):
    answer = asked(target, chunks(FIELDS) + ending, FORM)
    assert (answer.status, answer.json["message"]) == (400, "The body did not arrive in full.")
    assert sender.nothing_kept()


def test_a_stream_that_never_ends_is_heard_for_a_time_only(sender, target):
    """One that is silent, and one that says a little every now and then."""
    application = with_length(wsgi.application, seconds=IMPATIENT)

    def drip(line: socket.socket) -> None:
        for _ in range(1000):
            line.sendall(chunks(b"x"))
            Event().wait(0.01)

    for talk in (chunks(FIELDS), chunks(FIELDS) + b"5\r\nab", drip):
        answer = asked(target, talk, FORM, application=application, hang_up=False)
        assert (answer.status, answer.json["message"]) == (400, "The body did not arrive in full.")
        assert IMPATIENT <= answer.seconds < 5
    assert sender.nothing_kept()


def test_without_the_servers_word_that_a_body_ends_a_length_is_needed(sender):
    answer = sender.client.generic(
        "POST", sender.address(), FIELDS, URLENCODED, headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH=""
    )
    assert answer.status_code == 411


def drip(line: socket.socket) -> None:
    for number in range(len(FIELDS) - 1):
        line.sendall(FIELDS[number : number + 1])
        Event().wait(0.02)


@pytest.mark.parametrize("hang_up", [True, False])
@pytest.mark.parametrize("talk", [b"", FIELDS[:1], FIELDS[:-1], drip])
def test_a_body_that_does_not_arrive_in_full_is_no_lead_and_is_waited_for_a_time_only(sender, target, talk, hang_up):
    application = with_time_limit(wsgi.application, seconds=IMPATIENT)
    answer = asked(target, talk, FORM, application=application, hang_up=hang_up, framing=f"Content-Length: {len(FIELDS)}")
    assert (answer.status, answer.json["message"]) == (400, "The body did not arrive in full.")
    assert answer.seconds < 5
    assert sender.nothing_kept()


def test_what_goes_on_arriving_may_take_its_time(sender, target):
    """The limit is for those who stop: a body of some size takes as long as its line is slow."""
    filled = FIELDS + b"&padding=" + b"x" * 60_000

    def talk_slowly(line: socket.socket) -> None:
        for start in range(0, len(filled), 10_000):
            line.sendall(filled[start : start + 10_000])
            Event().wait(2 * IMPATIENT / 6)

    application = with_time_limit(wsgi.application, seconds=IMPATIENT)
    answer = asked(target, talk_slowly, FORM, application=application, hang_up=False, framing=f"Content-Length: {len(filled)}")
    assert (answer.status, answer.seconds > IMPATIENT) == (201, True)


@pytest.mark.parametrize("kind", [URLENCODED, "multipart/form-data; boundary=b"])
def test_no_page_takes_a_part_of_a_form_for_the_whole(kind):
    whole = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nlong\r\n--b--\r\n' if "multipart" in kind else b"a=long&b=long"
    limit = ReadingLimit(socket.socket(), seconds=9)
    for sent, complete in ((whole, True), (whole[:-6], False)):
        environ = RequestFactory().post("/", CONTENT_TYPE=kind, CONTENT_LENGTH=str(len(whole))).environ
        request = WSGIRequest(environ | {"wsgi.input": TimedBody(BytesIO(sent), len(whole), limit)})
        if complete:
            assert request.POST["a"] == "long"
        else:
            with pytest.raises(UnreadablePostError):
                request.POST["a"]
    limit.connection.close()
