"""The threads of the web server: senders that stop in the middle, slow receivers, a database that hangs."""

import http.client
import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from time import monotonic
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener, urlopen

import psycopg
import pytest

from tests.core.outbound.servers import RawServer
from tests.embedded.installation import until
from tests.processes.sluice import Sluice

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]
AT_ONCE = 8.0
"""Seconds: what takes longer waited for somebody else, who takes 30 and more. Generous, as other processes share the machine."""
STOPPED_SENDERS = [
    b"POST /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\nusername=a",
    b"POST /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"POST /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le",
    b"GET /hea",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    b"",
]


def sign_in(sluice: Sluice) -> OpenerDirector:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    admin = next(user for user in sluice.world["users"] if user["role"] == "admin")
    page = browser.open(f"{sluice.address}/sign-in", timeout=30).read().decode()
    fields = {"username": admin["username"], "password": admin["password"], "csrfmiddlewaretoken": token_of(page)}
    assert "Sign out" in browser.open(f"{sluice.address}/sign-in", urlencode(fields).encode(), timeout=30).read().decode()
    return browser


def health(sluice: Sluice) -> str:
    with urlopen(f"{sluice.address}/healthz", timeout=30) as answer:
        status: str = json.load(answer)["status"]
    return status


def cookies_of(browser: OpenerDirector) -> dict[str, str]:
    jars = (handler.cookiejar for handler in browser.handlers if isinstance(handler, HTTPCookieProcessor))
    return {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for jar in jars for cookie in jar)}


def token_of(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    return found[1]


def seconds_of(act) -> float:
    began = monotonic()
    act()
    return monotonic() - began


@contextmanager
def stopped_senders(port: int, *, each: int) -> Iterator[None]:
    with ExitStack() as stack:
        for said in STOPPED_SENDERS * each:
            line = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            line.sendall(said)
        yield


@contextmanager
def hanging_statements(sluice: Sluice, browser: OpenerDirector, *, requests: int) -> Iterator[None]:
    """Requests that wait in the database for somebody's lock, more than there are threads."""
    holder = psycopg.connect(sluice.database_url)
    holder.execute("LOCK TABLE core_accesstoken IN ACCESS EXCLUSIVE MODE")
    lines = []
    try:
        for _ in range(requests):
            line = http.client.HTTPConnection("127.0.0.1", sluice.port)
            line.request("GET", "/profile", headers=cookies_of(browser))
            lines.append(line)
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'core_accesstoken'::regclass"
        until(lambda: len(sluice.rows(waiting)) >= min(requests, 10), "requests hang in the database", within=20)
        yield
    finally:
        holder.close()
        assert {line.getresponse().status for line in lines} <= {200, 503}


def test_neither_stopped_senders_nor_hanging_statements_hold_up_anybody(sluice: Sluice) -> None:
    campaign = next(one for one in sluice.world["campaigns"] if one["status"] == "Active")
    client, browser = sluice.client(campaign), sign_in(sluice)
    person = {"firstName": "Vera", "lastName": "Stone", "company": "Alder Foods", "email": "vera@threads.example"}
    with stopped_senders(sluice.port, each=1), hanging_statements(sluice, browser, requests=20):
        took = {
            "healthz": seconds_of(lambda: health(sluice)),
            "sign-in": seconds_of(lambda: sign_in(sluice)),
            "intake": seconds_of(lambda: client.create_lead(campaign["forms"][0]["id"], person)),
        }
    assert {what for what, seconds in took.items() if seconds > AT_ONCE} == set(), took


def test_slow_receivers_hold_up_nobody_and_their_tests_can_be_stopped(sluice: Sluice) -> None:
    campaign = next(one for one in sluice.world["campaigns"] if one["status"] == "Active")
    browser, silent = sign_in(sluice), RawServer(lambda line: (silent.head(line), silent.over.wait(60)))
    try:
        address = f"{sluice.address}/v2/campaigns/{campaign['id']}/processr/add/http_post"
        fields = {
            "job-label": "CRM", "job-stage": "10", "method": "POST", "url": silent.url, "send_as": "json", "credential_place": "bearer",
            "event_header": "Idempotency-Key", "seconds": "45", "side_by_side": "4", "statuses": "2xx", "look_at": "status", "in_doubt": "wait",
            "fields_sent-0-name": "mail", "fields_sent-0-field": "email", "fields_sent-0-type": "text",
            "csrfmiddlewaretoken": token_of(browser.open(address).read().decode()),
        }  # fmt: skip
        sent = urlencode(fields).encode()
        began = monotonic()
        trials = [browser.open(f"{address}/test", sent).geturl() for _ in range(2)]
        assert monotonic() - began < AT_ONCE
        until(lambda: silent.connections == 2, "both tests are sent", within=8)
        assert seconds_of(lambda: sign_in(sluice)) < AT_ONCE
        assert all("It is being sent." in browser.open(trial).read().decode() for trial in trials)
        stop = urlencode({"csrfmiddlewaretoken": fields["csrfmiddlewaretoken"]}).encode()
        for trial in trials:
            browser.open(f"{trial}/stop", stop)
            until(lambda trial=trial: "Stopped." in browser.open(trial).read().decode(), "the test is stopped", within=10)
    finally:
        silent.close()


def test_a_connection_is_kept_for_further_requests(sluice: Sluice) -> None:
    line = http.client.HTTPConnection("127.0.0.1", sluice.port, timeout=30)
    for path in ("/healthz", "/sign-in", "/healthz", "/readyz"):
        line.request("GET", path)
        answer = line.getresponse()
        assert (answer.read() != b"", answer.will_close) == (True, False)
    line.close()


@contextmanager
def frozen(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def server_processes(sluice: Sluice) -> list[int]:
    """The database server, and its processes for the connections."""
    server = sluice.pids()["postgres"]
    return [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]


def test_a_database_that_is_frozen_leaves_the_probe_answered(sluice: Sluice) -> None:
    cookies = cookies_of(sign_in(sluice))
    lines = [http.client.HTTPConnection("127.0.0.1", sluice.port, timeout=60) for _ in range(24)]
    with frozen(server_processes(sluice)):
        for line in lines:
            line.request("GET", "/profile", headers=cookies)
        assert seconds_of(lambda: health(sluice)) < AT_ONCE
        lines[0].sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            lines[0].getresponse()
    for line in lines[1:]:
        assert line.getresponse().status == 200
    assert health(sluice) == "ok"
