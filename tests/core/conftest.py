"""Fixtures of the tests of core."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import current_app

from config.core.background import notify
from tests.core.brokers import Broker


@pytest.fixture
def own_broker(broker_at: Callable[[str], None]) -> Iterator[Broker]:
    """A broker in a folder with a short path: the length of a socket's path is limited."""
    with tempfile.TemporaryDirectory(prefix="broker") as folder:
        broker = Broker(Path(folder))
        broker_at(broker.url)
        yield broker
        broker.kill()


@pytest.fixture
def broker_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Point this process somewhere else, as if it had just started."""

    def point(url: str) -> None:
        monkeypatch.setattr(current_app.conf, "broker_url", url)
        monkeypatch.setattr(current_app.conf, "broker_write_url", url)
        start_afresh()

    start_afresh()
    yield point
    start_afresh()


def start_afresh() -> None:
    notify._last.clear()
    notify.breaker.open_until = 0.0
