"""Notifications to workers: they arrive while the broker lives, and cost nearly nothing while it does not."""

import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from django.db import transaction

from config.core.background import notify
from config.core.background.notify import notify_workers
from tests.core.brokers import Broker, closed_port
from tests.core.conftest import start_afresh

QUEUE, TASK = "notifications", "config.core.tasks.seal_audit"
pytestmark = pytest.mark.django_db(transaction=True)


def took(times: int) -> float:
    """The milliseconds that so many notifications take, each of a key of its own."""
    began = time.perf_counter()
    for key in range(times):
        notify_workers(QUEUE, key, TASK)
    return (time.perf_counter() - began) * 1000


def failures() -> float:
    return notify.failures._value.get()


def test_a_notification_is_sent_after_the_commit_and_not_for_what_was_rolled_back(own_broker: Broker):
    with transaction.atomic():
        notify_workers(QUEUE, 1, TASK)
        assert own_broker.messages(QUEUE) == 0
    assert own_broker.messages(QUEUE) == 1
    with transaction.atomic():
        notify_workers(QUEUE, 2, TASK)
        transaction.set_rollback(True)
    assert own_broker.messages(QUEUE) == 1


def test_many_notifications_of_one_key_are_one_now_and_one_at_the_end_of_the_window(own_broker: Broker, monkeypatch):
    monkeypatch.setattr(notify, "WINDOW", 30.0)
    for _ in range(50):
        notify_workers(QUEUE, 1, TASK)
    messages = [json.loads(text) for text in own_broker.client.lrange(QUEUE, 0, -1)]
    assert sorted(message["headers"]["eta"] is None for message in messages) == [False, True]


def test_a_notification_after_the_window_is_sent_at_once_and_other_keys_do_not_wait_for_it(own_broker: Broker, monkeypatch):
    monkeypatch.setattr(notify, "WINDOW", 0.0)
    for key in (1, 1, 2):
        notify_workers(QUEUE, key, TASK)
    messages = [json.loads(text) for text in own_broker.client.lrange(QUEUE, 0, -1)]
    assert [message["headers"]["eta"] for message in messages] == [None, None, None]


def test_a_dead_broker_costs_next_to_nothing_and_raises_nothing(broker_at):
    broker_at(closed_port())
    before = failures()
    assert took(100) < 100
    assert failures() == before + 1, "one attempt, then the breaker is open"
    assert notify.skipped._value.get() >= 99


@pytest.mark.impatient
@pytest.mark.parametrize("kind", ["accepts and never answers", "is full and never accepts"])
def test_a_broker_that_hangs_costs_its_first_caller_less_than_a_tenth_of_a_second(broker_at, kind):
    with socket.socket() as mute, socket.socket() as filler:
        mute.bind(("127.0.0.1", 0))
        mute.listen(8 if "accepts and" in kind else 0)
        if "full" in kind:
            filler.connect(mute.getsockname())
        attempts = []
        for _ in range(3):  # the quickest: a busy machine may delay any one
            broker_at(f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
            attempts.append(took(1))
        assert min(attempts) < 100
        assert took(100) < 20, "the breaker is open"


@pytest.mark.impatient
def test_a_broker_that_freezes_under_an_open_connection_costs_no_more(own_broker: Broker):
    took(1)
    own_broker.freeze()
    attempts = []
    for _ in range(3):
        start_afresh()
        attempts.append(took(1))
    own_broker.thaw()
    assert min(attempts) < 100


def test_notifications_are_sent_again_once_the_broker_is_back(own_broker: Broker):
    took(1)
    own_broker.kill()
    before = failures()
    took(5)
    assert failures() == before + 1
    own_broker.start()
    took(5)
    assert own_broker.messages(QUEUE) == 0, "the breaker is still open"
    notify.breaker.open_until = 0.0
    took(5)
    assert own_broker.messages(QUEUE) == 5


def test_a_broker_that_was_restarted_meanwhile_is_notified_at_once(own_broker: Broker):
    took(1)
    own_broker.kill()
    own_broker.start()
    notify_workers(QUEUE, "another", TASK)
    assert own_broker.messages(QUEUE) == 1


def test_a_broker_that_takes_no_more_is_a_failure_like_any_other(own_broker: Broker):
    own_broker.client.config_set("maxmemory", "1mb")
    before = failures()
    took(1)
    assert failures() == before + 1


def test_a_broken_broker_is_said_once_a_break(broker_at: Callable[[str], None], caplog):
    broker_at(closed_port())
    with caplog.at_level(logging.WARNING, logger="config.core.background.notify"):
        took(20)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_the_request_id_follows_into_the_log_lines_of_the_task(own_broker: Broker, tmp_path: Path):
    with structlog.contextvars.bound_contextvars(request_id="partner-4711"):
        notify_workers(QUEUE, 1, "tests.core.background.worker.tell")
        notify_workers(QUEUE, 2, "tests.core.background.worker.fail")
    notify_workers(QUEUE, 3, "tests.core.background.worker.stop")
    words = ["worker", "--include", "tests.core.background.worker", "-Q", QUEUE, "-P", "solo", "--without-gossip", "--without-mingle"]
    worker = subprocess.run(
        [sys.executable, "-m", "config.celery_program", *words],
        env={**os.environ, "REDIS_URL": own_broker.url, "SLUICE_LOG": "json"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert worker.stdout == ""
    lines = [json.loads(line) for line in worker.stderr.splitlines()]
    ended = [line for line in lines if line["event"] == "task ended"]
    assert {(line["task"], line["state"], line.get("request_id")) for line in ended} >= {
        ("tests.core.background.worker.tell", "SUCCESS", "partner-4711"), ("tests.core.background.worker.fail", "FAILURE", "partner-4711"),
    }  # fmt: skip
    told = next(line for line in lines if line["event"] == "told")
    failed = next(line for line in lines if line["level"] == "error")
    assert (told["request_id"], told["task"]) == ("partner-4711", "tests.core.background.worker.tell")
    assert failed["request_id"] == "partner-4711"
    assert "s3cret" not in worker.stderr
    stopping = next(line for line in lines if line["event"] == "stopping")
    assert "request_id" not in stopping
    assert stopping["loaded"] == [], "a worker starts without what it does not need"
