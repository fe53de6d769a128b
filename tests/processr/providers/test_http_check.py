"""HTTP Check against all kinds of providers: each lead gets an outcome in time, and the exchange is recorded."""

import json
import time
from dataclasses import replace
from threading import Lock

import pytest

from config.core.background import broker, cache
from config.core.credentials import service
from processr.job_types.outcomes import OutcomeKind, error, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.jobs.http import call as calls
from tests.core.outbound.servers import reply
from tests.processr.planned import job, job_input, lead

GOOD = json.dumps({"result": {"status": "valid", "hint": "ok"}}).encode()
BAD = json.dumps({"result": {"status": "invalid"}}).encode()
pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def provider(serve):
    """provider(answer, …): answers each request with the next, the last one for ever."""

    def start(*answers: bytes):
        left, lock = list(answers), Lock()

        def script(line):
            while True:
                server.head(line)
                with lock:
                    answer = left.pop(0) if len(left) > 1 else left[0]
                line.sendall(answer)

        server = serve(script)
        server.check = {"url": f"{server.url}/check?e={{email}}", "path": "result.status", "failing": ["invalid"], "keep_minutes": 0}
        return server

    return start


@pytest.mark.parametrize(
    ("answer", "given", "outcome"),
    [
        (reply(GOOD), {}, passed()),
        (reply(BAD), {}, failed("Use a work address", field="result.status", value="invalid")),
        (reply(b'{"result": {"status": "odd"}}'), {}, error(calls.NOT_READ)),
        (reply(b'{"result": {"status": "odd"}}'), {"otherwise": "fail"}, failed("Use a work address", field="result.status", value="odd")),
        (reply(b'{"result": "odd"}'), {"otherwise": "fail"}, failed("Use a work address", field="result.status", value="")),
        (reply(b"<html>rubbish"), {"otherwise": "fail"}, error(calls.NOT_READ)),
        (reply(b""), {"otherwise": "fail"}, error(calls.NOT_READ)),
        (reply(b"[" * 100_000), {"otherwise": "fail"}, error(calls.NOT_READ)),
        (reply(b"9" * 10_000), {}, error(calls.NOT_READ)),
        (reply(BAD, status="422 Unprocessable"), {}, failed("Use a work address", field="result.status", value="invalid")),
        (reply(b"{}", status="404 Not Found"), {"otherwise": "fail"}, error(calls.NOT_READ)),
        (reply(GOOD, status="401 Unauthorized"), {}, error(calls.REFUSED_US)),
        (reply(GOOD, status="403 Forbidden"), {}, error(calls.REFUSED_US)),
        (reply(GOOD, status="500 Oops"), {"tries": 1}, error(calls.BUSY)),
        (reply(GOOD, status="429 Slow"), {"tries": 1}, error(calls.BUSY)),
        (reply(b"It is DELIVERABLE."), {"look_at": "text", "passing": ["deliverable"]}, passed()),
        (reply(b"It is undeliverable."), {"look_at": "text", "passing": ["deliverable"], "failing": ["undeliverable"]}, failed("Use a work address", field="answer", value="It is undeliverable.")),
        (reply(b"score=93"), {"look_at": "pattern", "passing": [r"score=9\d"]}, passed()),
        (reply(b"x" * 50_000), {"look_at": "pattern", "passing": [r"(x+x+)+y"], "otherwise": "fail"}, error(calls.NOT_READ)),
        (reply(b"", status="204 No Content"), {"look_at": "status", "passing": ["204"]}, passed()),
        (reply(b"", status="404 Not Found"), {"look_at": "status", "passing": ["200"], "failing": ["404"]}, failed("Use a work address", field="answer", value="404")),
        (reply(b"", status="403 Forbidden"), {"look_at": "status", "passing": ["200"], "failing": ["403"]}, failed("Use a work address", field="answer", value="403")),
        (reply(b"", status="500 Oops"), {"look_at": "status", "passing": ["200"], "tries": 1, "otherwise": "fail"}, error(calls.BUSY)),
        (b"rubbish", {"otherwise": "fail", "tries": 1, "seconds": 1}, error(calls.NO_ANSWER)),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000, {"tries": 1}, error(calls.NO_ANSWER)),
    ],
)  # fmt: skip
def test_a_lead_is_judged_by_the_answer(ask, provider, anna, answer, given, outcome):
    server = provider(answer)
    usual = {} if "look_at" in given else {"path": "result.status", "failing": ["invalid"]}
    given = {**server.check, "path": "", "failing": [], "reason": "Use a work address", **usual, **given}
    assert ask("http_check", [anna], **given) == [outcome]


def test_what_is_asked_is_what_the_settings_say(ask, provider, anna):
    server = provider(reply(GOOD))
    rows = [{"name": "contact.mail", "field": "email", "value": ""}, {"name": "source", "field": "", "value": "us"}]
    given = {**server.check, "url": f"{server.url}/{{company}}/check", "method": "POST", "send_as": "json", "fields_sent": rows}
    assert ask("http_check", [anna], **given, headers=[{"name": "X-Plan", "value": "gold"}]) == [passed()]
    (head,) = server.heads
    assert head.startswith("POST /Smith%20%26%20Sons%20%2F%20Ltd%3F/check HTTP/1.1")
    assert "X-Plan: gold" in head
    (exchange,) = ask.exchanges
    assert exchange.sent.endswith('\n\n{"contact": {"mail": "anna+x@example.com"}, "source": "us"}')
    assert exchange.body == GOOD.decode()


def test_a_lead_without_what_is_asked_about_is_not_asked_about(ask, provider):
    server = provider(reply(GOOD))
    leads = [lead(email=""), lead(email="  "), lead(firstName="Anna"), lead(email=None)]
    assert ask("http_check", leads, **server.check) == [skipped(calls.NOTHING_TO_ASK)] * 4
    assert server.heads == []


def test_a_value_that_would_ask_for_something_else_is_not_asked_about(ask, provider):
    server = provider(reply(GOOD))
    given = {**server.check, "url": f"{server.url}/check/{{email}}"}
    assert ask("http_check", [lead(email="..")], **given) == [error(calls.CANNOT_BE_ASKED)]
    assert server.heads == []


def test_what_is_busy_is_asked_again_and_the_record_says_so(ask, provider, anna):
    server = provider(reply(status="503 Busy", Retry_After="0"), reply(GOOD))
    assert ask("http_check", [anna], **server.check) == [passed()]
    assert len(server.heads) == 2
    assert ask.exchanges[0].sent.endswith("(asked 2 times; before: answered 503)")


def test_a_dead_provider_costs_each_lead_no_more_than_its_time(ask, serve):
    server = serve(lambda line: time.sleep(20))
    leads = [lead(email=f"p{n}@example.com") for n in range(8)]
    began = time.monotonic()
    given = {"url": f"{server.url}/?e={{email}}", "path": "a", "seconds": 1, "tries": 5}
    assert ask("http_check", leads, **given) == [error(calls.NO_ANSWER)] * 8
    assert time.monotonic() - began < 2
    assert {exchange.problem for exchange in ask.exchanges} == {f"127.0.0.1:{server.port} did not answer in time."}


def test_an_address_inside_is_not_called(ask, settings, provider, anna):
    server = provider(reply(GOOD))
    settings.OUTBOUND_ALLOW = []
    assert ask("http_check", [anna], **server.check) == [error(calls.NO_ANSWER)]
    assert server.connections == 0
    assert "not on the public internet" in ask.exchanges[0].problem


@pytest.fixture
def partner(bob):
    def make(server, **given):
        return service.set_credential("Partner", actor=bob, secret="wh+sper/7", client_id="sluice", **{"api_url": server.url, **given})

    return make


@pytest.mark.parametrize(
    ("place", "name", "sent"),
    [
        ("bearer", "", "Authorization: Bearer wh+sper/7"),
        ("basic", "", "Authorization: Basic c2x1aWNlOndoK3NwZXIvNw=="),
        ("header", "X-Token", "X-Token: wh+sper/7"),
        ("query", "k", "&k=wh%2Bsper%2F7 "),
    ],
)
def test_the_secret_is_sent_and_not_recorded(ask, provider, partner, anna, place, name, sent):
    echo = json.dumps({"result": {"status": "valid"}, "you_sent": "wh+sper/7", "token": "fresh", "n": {"secret": 5}}).encode()
    server = provider(reply(echo))
    given = {**server.check, "credential": partner(server).pk, "credential_place": place, "credential_name": name}
    assert ask("http_check", [anna], **given) == [passed()]
    assert sent in server.heads[0]
    written = str(ask.exchanges)
    assert not [part for part in ("sper", "c2x1", "fresh") if part in written]


def test_a_credential_that_moved_or_went_away_is_not_sent(ask, config, provider, partner, anna, bob):
    server = provider(reply(GOOD))
    stored = partner(server)
    kept = config("http_check", **server.check, credential=stored.pk)
    service.change_credential(stored.pk, actor=bob, api_url="https://elsewhere.example/", secret="other")
    assert ask("http_check", [anna], kept=kept) == [error(calls.NO_CREDENTIAL)]
    service.remove_credential(stored.pk, actor=bob)
    assert ask("http_check", [anna], kept=kept) == [error(calls.NO_CREDENTIAL)]
    assert server.connections == 0


def test_the_same_question_is_asked_once(ask, provider):
    server = provider(reply(GOOD))
    leads = [lead(email="same@example.com") for _ in range(5)] + [lead(email="other@example.com")]
    given = {**server.check, "keep_minutes": 5}
    assert ask("http_check", leads, **given) == [passed()] * 6
    assert len(server.heads) == 2
    assert ask("http_check", leads, **given) == [passed()] * 6
    assert len(server.heads) == 2
    assert all(exchange.sent.endswith(calls.AT_HAND) for exchange in ask.exchanges)


def test_another_question_secret_or_address_is_asked_anew(ask, provider, partner, anna):
    server = provider(reply(GOOD))
    stored = partner(server).pk
    given = {**server.check, "keep_minutes": 5}
    for changes in (
        {},
        {"credential": stored},
        {"method": "POST"},
        {"headers": [{"name": "X-Plan", "value": "gold"}]},
        {"url": f"{server.url}/v2?e={{email}}"},
    ):
        ask("http_check", [anna], **{**given, **changes})
    assert len(server.heads) == 5


def test_what_said_nothing_is_not_kept(ask, provider, anna):
    server = provider(reply(status="500 Oops"), reply(GOOD))
    given = {**server.check, "keep_minutes": 5, "tries": 1}
    assert ask("http_check", [anna], **given) == [error(calls.BUSY)]
    assert ask("http_check", [anna], **given) == [passed()]


def test_keys_and_kept_answers_tell_nothing_of_the_lead(ask, provider, anna, monkeypatch):
    seen: list[object] = []
    real = broker.server

    class Watched:
        def __init__(self, server):
            self.server = server

        def mget(self, keys):
            seen.extend(keys)
            return self.server.mget(keys)

        def set(self, *what, **options):
            seen.extend(what)
            return self.server.set(*what, **options)

    monkeypatch.setattr(broker, "server", lambda: Watched(real()))
    server = provider(reply(GOOD))
    ask("http_check", [anna], **{**server.check, "keep_minutes": 5})
    assert len(seen) == 3
    assert not [one for one in seen if "anna" in str(one) or "valid" in str(one)]


def test_without_the_server_for_kept_answers_the_provider_is_asked(ask, provider, anna, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    server = provider(reply(GOOD))
    for _ in range(2):
        assert ask("http_check", [anna], **{**server.check, "keep_minutes": 5}) == [passed()]
    assert len(server.heads) == 2


def test_what_an_older_version_kept_is_asked_for_again(ask, provider, anna, monkeypatch):
    server = provider(reply(GOOD))
    given = {**server.check, "keep_minutes": 5}
    ask("http_check", [anna], **given)
    real = cache.read
    monkeypatch.setattr(cache, "read", lambda keys: dict.fromkeys(real(keys), '{"shape": "old"}'))
    assert ask("http_check", [anna], **given) == [passed()]
    assert len(server.heads) == 2


def test_a_recorded_answer_is_judged_as_a_fresh_one(config, provider, anna):
    server = provider(reply(BAD))
    first = job_types.get("http_check")(job(config=config("http_check", **server.check)))
    chunk = job_input(anna)
    first.prepare(chunk)
    exchange = first.ask(anna)
    again = job_types.get("http_check")(job(config=first.job.config))
    assert again.judge_answer(anna, replace(exchange)) == first.judge_answer(anna, exchange)
    assert first.judge_answer(anna, exchange).kind is OutcomeKind.FAILED
