"""Where the shared fixtures come from."""

import uuid

import pytest
from django.test import override_settings

from config.panel import enterprise, throttle

pytest_plugins = ["tests.cast", "tests.fixtures_browser", "tests.fixtures_database", "tests.panel.outbound.servers", "tests.side_by_side"]


@pytest.fixture(autouse=True)
def _fresh_enterprise():
    """The row a process keeps at hand belongs to a test that is rolled back."""
    enterprise.forget()


@pytest.fixture(autouse=True)
def _nothing_counted_yet(monkeypatch: pytest.MonkeyPatch):
    """All tests call from one address, within the same five minutes."""
    monkeypatch.setattr(throttle, "SPACE", f"calls:{uuid.uuid4()}")
    monkeypatch.setattr(throttle.breaker, "open_until", 0.0)


@pytest.fixture(scope="session", autouse=True)
def _fast_passwords():
    """A hasher made to be slow would be most of the suite's time."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield
