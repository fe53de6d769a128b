"""Limits on calls in five minutes, and calls without a server that counts them."""

import logging
import socket
import tempfile
import time
from pathlib import Path

import pytest
import redis

from config.core import enterprise
from config.core.api import throttle
from config.core.api.throttle import TooManyRequests
from config.core.models import Enterprise
from tests.core.brokers import Broker, closed_port
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def limits():
    """limits(all=3): the enterprise's own figures."""

    def change(**calls) -> None:
        Enterprise.objects.update(limits=calls)
        enterprise.forget()

    change()
    return change


@pytest.fixture
def later(settings):
    """later(10): shift the counted calls ten seconds into the past; the clock is the server's own."""
    server = redis.Redis.from_url(settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://"))

    def move(seconds: int) -> None:
        for key in server.keys(f"*{throttle.SPACE}*"):
            moments = [int(moment) - seconds * 1_000_000 for moment in server.lrange(key, 0, -1)]
            server.delete(key)
            server.rpush(key, *moments)
            server.expire(key, throttle.WINDOW)

    yield move
    server.close()


@pytest.fixture
def own_server(settings):
    with tempfile.TemporaryDirectory(prefix="count") as folder:
        server = Broker(Path(folder))
        settings.CELERY_BROKER_URL = server.url
        yield server
        server.thaw()
        server.kill()


def let_in(calls: int, *limits: str, principal: str = "user:1") -> int:
    """Return the number of calls that were let in."""
    refused = 0
    for _ in range(calls):
        try:
            throttle.check(principal, *limits)
        except TooManyRequests:
            refused += 1
    return calls - refused


def refusal(*limits: str, principal: str = "user:1") -> TooManyRequests:
    with pytest.raises(TooManyRequests) as caught:
        throttle.check(principal, *limits)
    return caught.value


def took(calls: int) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    assert let_in(calls, "all") == calls
    return (time.perf_counter() - began) * 1000


def test_the_documented_figures_are_the_defaults():
    assert {name: throttle.CALLS[name] for name in ("logins", "lead_result", "all")} == {"logins": 100, "lead_result": 1400, "all": 3800}
    assert throttle.WINDOW == 300


def test_the_hundredth_log_in_passes_and_the_next_is_told_when_to_come_again(limits):
    assert let_in(120, "logins") == 100
    refused = refusal("logins")
    assert refused.status == 429
    assert 290 <= int(refused.headers["Retry-After"]) <= 300
    assert "100 in five minutes" in str(refused)


def test_it_is_the_last_five_minutes_and_not_five_minutes_of_the_clock(limits, later):
    limits(all=3)
    assert let_in(1, "all") == 1
    later(290)
    assert let_in(5, "all") == 2
    assert refusal("all").headers["Retry-After"] == "10"
    later(11)
    assert let_in(5, "all") == 1, "only the first call has left the window"
    assert refusal("all").headers["Retry-After"] == "289"
    later(290)
    assert let_in(5, "all") == 2


def test_who_waits_as_long_as_told_is_let_in(limits, monkeypatch):
    monkeypatch.setattr(throttle, "WINDOW", 2)
    limits(all=2)
    assert let_in(3, "all") == 2
    told = int(refusal("all").headers["Retry-After"])
    assert 1 <= told <= 2
    deadline = time.monotonic() + told
    while time.monotonic() < deadline:
        time.sleep(0.05)
    assert let_in(1, "all") == 1


def test_callers_and_limits_are_counted_apart(limits):
    limits(all=2, lead_result=1)
    assert let_in(3, "all") == 2
    assert let_in(3, "all", principal="user:2") == 2
    assert let_in(3, "lead_result") == 1


def test_refused_calls_count_neither_where_it_is_full_nor_elsewhere(limits):
    limits(all=2, lead_result=3)
    assert let_in(50, "lead_result", "all") == 2
    assert let_in(50, "lead_result") == 1, "forty-eight refusals took no place"
    assert let_in(10, "all", principal="user:2") == 2
    assert let_in(10, "lead_result", "all", principal="user:2") == 0
    assert let_in(10, "lead_result", principal="user:2") == 3


def test_of_many_at_once_exactly_as_many_as_allowed_are_let_in(limits):
    limits(all=40)
    enterprise.current()
    refused = at_once(*[lambda: [throttle.check("user:1", "all") for _ in range(6)]] * 10)
    assert {type(error) for error in refused} == {TooManyRequests}
    assert let_in(1, "all") == 0
    assert let_in(100, "all", principal="user:2") == 40


@pytest.mark.parametrize("own", [{}, [], "many", {"logins": -1}, {"logins": "7"}, {"logins": True}, {"logins": 1.5}])
def test_nonsense_among_the_enterprises_figures_leaves_the_default(own):
    Enterprise.objects.update(limits=own)
    enterprise.forget()
    assert let_in(101, "logins") == 100


def test_the_enterprise_may_allow_more_less_nothing_and_everything(limits):
    for calls, passed in ((102, 102), (3, 3), (0, 0), (None, 150)):
        limits(logins=calls)
        assert let_in(150, "logins", principal=f"user:{calls}") == passed
    limits(logins=0)
    assert 1 <= int(refusal("logins").headers["Retry-After"]) <= 300


def test_a_limit_nobody_defined_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        throttle.check("user:1", "al")


def test_what_is_counted_is_forgotten_and_takes_bounded_room(own_server, limits):
    limits(all=50)
    let_in(200, "all")
    (kept,) = own_server.client.keys("*")
    assert 0 < own_server.client.ttl(kept) <= throttle.WINDOW
    assert own_server.client.llen(kept) == 50
    assert own_server.client.memory_usage(kept) < 50 * 40


def test_the_name_somebody_logs_in_under_is_not_written_anywhere():
    assert throttle.login_of("Tess") == throttle.login_of("tESS") != throttle.login_of("tes")
    assert "tess" not in throttle.login_of("tess" * 1000)
    assert len(throttle.login_of("tess" * 1000)) < 50


def test_a_dead_server_lets_everybody_in_and_costs_next_to_nothing(settings):
    settings.CELERY_BROKER_URL = closed_port()
    failed, skipped = throttle.failures._value.get(), throttle.uncounted._value.get()
    assert took(5000) < 500
    assert throttle.failures._value.get() == failed + 1, "one attempt, then the breaker is open"
    assert throttle.uncounted._value.get() == skipped + 4999


@pytest.mark.impatient
@pytest.mark.parametrize("kind", ["accepts and never answers", "is full and never accepts"])
def test_a_server_that_hangs_costs_its_first_caller_less_than_a_tenth_of_a_second(settings, monkeypatch, kind):
    with socket.socket() as mute, socket.socket() as filler:
        mute.bind(("127.0.0.1", 0))
        mute.listen(8 if "accepts and" in kind else 0)
        if "full" in kind:
            filler.connect(mute.getsockname())
        attempts = []
        for _ in range(3):  # the quickest: a busy machine may delay any one
            settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
            monkeypatch.setattr(throttle.breaker, "open_until", 0.0)
            attempts.append(took(1))
        assert min(attempts) < 100
        assert took(100) < 20, "the breaker is open"


@pytest.mark.impatient
def test_a_server_that_freezes_under_an_open_connection_costs_no_more(own_server, monkeypatch):
    took(1)
    own_server.freeze()
    attempts = []
    for _ in range(3):
        monkeypatch.setattr(throttle.breaker, "open_until", 0.0)
        attempts.append(took(1))
    assert min(attempts) < 100


def test_a_server_that_was_restarted_meanwhile_counts_at_once(own_server, limits):
    limits(all=2)
    assert let_in(3, "all") == 2
    own_server.kill()
    own_server.start()
    failed = throttle.failures._value.get()
    assert let_in(3, "all") == 2
    assert throttle.failures._value.get() == failed


def test_a_server_that_takes_no_more_lets_everybody_in(own_server):
    own_server.client.config_set("maxmemory", "1mb")
    failed = throttle.failures._value.get()
    took(1)
    assert throttle.failures._value.get() == failed + 1


def test_a_broken_server_is_said_once_a_break_and_counting_goes_on_after_it(settings, limits, caplog, monkeypatch):
    limits(all=1)
    ours = settings.CELERY_BROKER_URL
    settings.CELERY_BROKER_URL = closed_port()
    with caplog.at_level(logging.WARNING, logger="config.core.api.throttle"):
        took(20)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    settings.CELERY_BROKER_URL = ours
    assert let_in(2, "all") == 2, "the breaker is still open"
    monkeypatch.setattr(throttle.breaker, "open_until", 0.0)
    assert let_in(2, "all") == 1
