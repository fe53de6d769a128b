"""The doorbell: heard when the broker lives, free of charge when it does not."""

import socket
import time

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction

from config.panel import ring as bells
from config.panel.ring import ring

QUEUE = "test-bells"
TASK = "config.panel.tasks.seal_audit"


@pytest.fixture(autouse=True)
def _quiet():
    bells._last.clear()
    bells._broken_until = 0.0
    yield
    bells._last.clear()
    bells._broken_until = 0.0


@pytest.fixture
def broker():
    client = redis.Redis.from_url(settings.CELERY_BROKER_URL.replace("redis+socket", "unix"))
    client.delete(QUEUE)
    yield client
    client.delete(QUEUE)


@pytest.fixture
def broker_at(monkeypatch):
    """Point Celery somewhere else; its connections are made anew."""

    def point(url: str) -> None:
        monkeypatch.setattr(current_app.conf, "broker_url", url)
        monkeypatch.setattr(current_app.conf, "broker_write_url", url)

    return point


def took(times: int) -> float:
    began = time.perf_counter()
    for key in range(times):
        ring(QUEUE, key, TASK)
    return time.perf_counter() - began


@pytest.mark.django_db(transaction=True)
def test_a_bell_rings_after_the_commit_and_not_for_what_was_rolled_back(broker):
    with transaction.atomic():
        ring(QUEUE, 1, TASK)
        assert broker.llen(QUEUE) == 0
    assert broker.llen(QUEUE) == 1
    with transaction.atomic():
        ring(QUEUE, 2, TASK)
        transaction.set_rollback(True)
    assert broker.llen(QUEUE) == 1


@pytest.mark.django_db(transaction=True)
def test_many_bells_of_one_key_are_one_now_and_one_for_what_came_since(broker):
    for _ in range(50):
        ring(QUEUE, 1, TASK)
    ring(QUEUE, 2, TASK)
    assert broker.llen(QUEUE) == 3


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_costs_nothing_and_raises_nothing(broker_at):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        broker_at(f"redis://127.0.0.1:{taken.getsockname()[1]}/0")
        before = bells.failures._value.get()
        assert took(100) < 1.0
        assert bells.failures._value.get() == before + 1, "one attempt, then the breaker is open"


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_hangs_is_waited_for_once_and_briefly(broker_at):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(5)
        broker_at(f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
        assert took(1) < 1.5
        assert took(100) < 0.1
