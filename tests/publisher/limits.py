"""Limits on calls, as a test sets them."""

from pathlib import Path

import pytest

from config.core import enterprise
from config.core.api import throttle
from config.core.models import Enterprise
from tests.core.brokers import Broker


@pytest.fixture
def allow(tmp_path_factory, settings, monkeypatch):
    """allow(all=4): so many calls in five minutes, counted where nobody else counts."""

    def set_limits(**limits: int) -> None:
        Enterprise.objects.update(limits=limits)
        enterprise.forget()

    monkeypatch.setattr(throttle.breaker, "open_until", 0.0)
    monkeypatch.setattr(throttle.broker, "LIMIT", 10.0)  # on a busy machine too, every call is counted
    broker = Broker(Path(tmp_path_factory.mktemp("b")))
    settings.CELERY_BROKER_URL = broker.url
    yield set_limits
    broker.kill()
