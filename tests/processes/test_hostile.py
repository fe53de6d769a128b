"""Hostile senders on real sockets: partial requests, wrong lengths, broken lines, floods. The installation survives and does not grow."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.embedded.installation import until
from tests.processes.sluice import Sluice

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

CAMPAIGN = "Payroll demo requests"  # active, without a cap
VERA = {"firstName": "Vera", "lastName": "Stone", "company": "Alder Foods", "email": "vera@hostile.example"}
FORM = b"form[firstName]=Half&form[lastName]=Stone&form[company]=Alder&form[email]=half@hostile.example"
GROWN_AT_MOST = 40 * 1024
"""kB of a web process: what one request may hold at a time, many times over."""

ANSWERS_WITHIN = 20
ROUNDS = 5
BIG = 100 * 1024 * 1024


@pytest.fixture
def path(sluice: Sluice) -> bytes:
    """Where leads are posted."""
    campaign = sluice.campaign(CAMPAIGN)
    return f"/webhook/campaign/{campaign['id']}/global-form/{campaign['forms'][1]['id']}/leads?apikey={campaign['api_key']}".encode()


CLOSE = b"Connection: close"
"""Or the server would wait for the next request."""


@contextmanager
def connected(sluice: Sluice) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", sluice.port), timeout=ANSWERS_WITHIN) as line:
        yield line


def said(sluice: Sluice, request: bytes, *, hang_up: bool = False) -> bytes:
    """Return everything that comes back until the server closes; nothing if it closes without an answer."""
    with connected(sluice) as line:
        answer = b""
        try:
            line.sendall(request)
            if hang_up:
                with suppress(OSError):  # where the server has hung up before
                    line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65536):
                answer += piece
        except (ConnectionResetError, BrokenPipeError):
            pass  # the server had heard enough
        return answer


def status(answer: bytes) -> int:
    """0 for no answer."""
    return int(answer.split(b" ", 2)[1]) if answer else 0


def post(path: bytes, *headers: bytes, body: bytes = FORM) -> bytes:
    kind = b"Content-Type: application/x-www-form-urlencoded"
    return b"\r\n".join((b"POST %s HTTP/1.1" % path, b"Host: 127.0.0.1", kind, CLOSE, *headers, b"", body))


def get(line: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join((line, b"Host: 127.0.0.1", CLOSE, *headers, b"", b""))


def leads_of_the_rude(sluice: Sluice) -> list[tuple[int]]:
    return sluice.rows("SELECT id FROM leads_lead WHERE email = 'half@hostile.example'")


def test_half_a_body_is_no_lead(sluice: Sluice, path: bytes) -> None:
    """Cut where what has come would make a lead by itself."""
    answer = said(sluice, post(path, b"Content-Length: 5000"), hang_up=True)
    assert (status(answer), b"did not arrive in full" in answer) == (400, True)
    assert leads_of_the_rude(sluice) == []


def test_what_goes_on_after_the_announced_length_is_no_second_request(sluice: Sluice, path: bytes) -> None:
    smuggled = post(path, b"Content-Length: %d" % len(FORM))
    for kept in (b"Connection: close", b"Connection: keep-alive"):
        first = post(path, b"Content-Length: 0", body=smuggled).replace(CLOSE, kept, 1)
        answer = said(sluice, first, hang_up=True)
        assert (status(answer), answer.count(b"HTTP/1.1 ")) == (400, 1)
    assert leads_of_the_rude(sluice) == []


def test_two_ways_to_tell_the_length_are_refused(sluice: Sluice, path: bytes) -> None:
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(FORM), FORM)
    both = post(path, b"Transfer-Encoding: chunked", b"Content-Length: %d" % len(FORM), body=chunks)
    twice = post(path, b"Content-Length: 5", b"Content-Length: %d" % len(FORM))
    assert [status(said(sluice, request)) for request in (both, twice)] == [400, 400]
    assert leads_of_the_rude(sluice) == []


def test_a_body_in_chunks_is_a_body_and_half_of_one_is_not(sluice: Sluice, path: bytes) -> None:
    campaign = sluice.campaign(CAMPAIGN)
    chunked = (b"Transfer-Encoding: chunked", b"Connection: close")
    whole = FORM.replace(b"half@", b"chunks@")
    chunks = b"".join(b"%X;note=x\r\n%s\r\n" % (len(part), part) for part in (whole[:1], whole[1:40], whole[40:]))
    assert status(said(sluice, post(path, *chunked, body=chunks + b"0\r\nX-Sum: 1\r\n\r\n"))) == 201
    assert sluice.rows("SELECT count(*) FROM leads_lead WHERE campaign_id = %s AND email = 'chunks@hostile.example'", campaign["id"]) == [
        (1,)
    ]
    half = b"%x\r\n%s\r\n" % (len(FORM), FORM)
    for ending in (b"", b"5\r\nab", b"0\r\n", b"zz\r\n", b"-1\r\n"):
        answer = said(sluice, post(path, *chunked, body=half + ending), hang_up=True)
        assert (status(answer), b"did not arrive in full" in answer) == (400, True), ending
    large = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert status(said(sluice, post(path, *chunked, body=large * 9 + b"0\r\n\r\n"))) == 413
    assert status(said(sluice, post(path, *chunked, body=large * 2_000))) in (413, 0), "0: it went away while we talked"
    assert leads_of_the_rude(sluice) == []


def test_lines_that_are_no_requests_are_refused(sluice: Sluice) -> None:
    lines = {
        "bytes in a path": get(b"GET /webhook/campaign/\xff\xfe/links HTTP/1.1"),
        "bytes in a query": get(b"GET /webhook/campaign/1/links?apikey=\xff\xed\xa0\x80 HTTP/1.1"),
        "broken escapes": get(b"GET /webhook/campaign/%zz%/links?%=%zz HTTP/1.1"),
        "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
        "another version": get(b"GET / HTTP/9.9"),
        "no version": b"GET /\r\n\r\n",
        "a method of nobody": get(b"G\x00T / HTTP/1.1"),
        "a NUL in a header": get(b"GET /webhook/ HTTP/1.1", b"X: a\x00b"),
        "a header without a name": get(b"GET /webhook/ HTTP/1.1", b": x"),
        "a header in two lines": get(b"GET /webhook/ HTTP/1.1", b"X: a\r\n b"),
        "an endless line": get(b"GET /webhook/?" + b"x" * 500_000 + b" HTTP/1.1"),
        "an endless header": get(b"GET /webhook/ HTTP/1.1", b"X: " + b"y" * 500_000),
        "a flood of headers": get(b"GET /webhook/ HTTP/1.1", *(b"X-%d: y" % n for n in range(20_000))),
        "another host": b"GET /webhook/ HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n",
        "a charset that is none": get(b"GET /webhook/campaign/1/links?a=%ff HTTP/1.1", b"Content-Type: text/plain; charset*=nonsense''x"),
        "a charset that is none for texts": get(b"GET /webhook/campaign/1/links?a=%ff HTTP/1.1", b"Content-Type: a/b; charset=rot13"),
        "a place of our own": get(b"GET /webhook/campaign/1/links HTTP/1.1", b"SCRIPT_NAME: /elsewhere", b"PATH_INFO: /x"),
    }
    answers = {name: status(said(sluice, line, hang_up=True)) for name, line in lines.items()}
    assert {name: answer for name, answer in answers.items() if not 400 <= answer < 500} == {}


def test_the_address_of_a_landing_page_fits_into_a_query(sluice: Sluice, path: bytes) -> None:
    page = "https://example.org/" + "ü" * 1000
    campaign = sluice.campaign(CAMPAIGN)
    lead = sluice.client(campaign).create_lead(campaign["forms"][1]["id"], {**VERA, "email": "page@hostile.example"}, landingPageUrl=page)
    assert sluice.rows("SELECT landing_page_url FROM leads_lead WHERE id = %s", lead) == [(page,)]


def test_one_who_stops_in_the_middle_does_not_keep_others_waiting(sluice: Sluice, path: bytes) -> None:
    with connected(sluice) as silent:
        silent.sendall(post(path, b"Content-Length: 5000")[:-10])
        began = time.monotonic()
        for _ in range(10):
            assert status(said(sluice, get(b"GET /webhook/nothing HTTP/1.1"))) == 404
        assert time.monotonic() - began < ANSWERS_WITHIN


def test_after_all_that_it_has_not_grown_and_takes_leads(sluice: Sluice, path: bytes) -> None:
    for _ in range(10):
        said(sluice, post(path, b"Content-Length: %d" % len(FORM), body=b"form[firstName]=%ff".ljust(len(FORM))))
    before = memory(sluice)
    for _ in range(ROUNDS):
        flood(sluice, path)
    until(lambda: memory(sluice).keys() == before.keys(), "the same processes serve", within=ANSWERS_WITHIN)
    grown = {pid: kilobytes - before[pid] for pid, kilobytes in memory(sluice).items()}
    assert {pid: more for pid, more in grown.items() if more > GROWN_AT_MOST} == {}
    campaign = sluice.campaign(CAMPAIGN)
    assert sluice.client(campaign).create_lead(campaign["forms"][1]["id"], VERA) > 0
    assert leads_of_the_rude(sluice) == []


def flood(sluice: Sluice, path: bytes) -> None:
    """Large and rude: each would cost much if it were believed."""
    announced = said(sluice, post(path, b"Content-Length: %d" % BIG), hang_up=True)
    assert status(announced) == 413
    assert status(said(sluice, post(path, b"Content-Length: %d" % BIG, body=b"x" * BIG))) in (413, 0), "0: it went away while we talked"
    assert status(said(sluice, post(path, b"Content-Length: 16000000", body=b"x" * 16_000_000))) == 413
    deep, wide = b"[" * 500_000, b'{"form":{"firstName":[' + b"[]," * 160_000 + b"[]]}}"
    for body in (deep, wide):
        answer = said(sluice, post(path, b"Content-Length: %d" % len(body), body=body).replace(b"x-www-form-urlencoded", b"json"))
        assert status(answer) == 400
    for _ in range(20):  # the sender hangs up before its request is complete
        assert said(sluice, post(path, b"Content-Length: 5000")[:60], hang_up=True) == b""


def memory(sluice: Sluice) -> dict[int, int]:
    """kB by web process."""
    master = sluice.pids()["web"]
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return {int(pid): resident(int(pid)) for pid in children}


def resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
