"""Plug-ins, profiles and fixtures of all tests."""

import logging
import uuid

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from django.urls import set_urlconf
from hypothesis import HealthCheck, settings

from config.core import enterprise
from config.core.api import throttle
from config.core.background import broker

pytest_plugins = [
    "tests.cast",
    "tests.fixtures.browser",
    "tests.fixtures.database",
    "tests.core.outbound.servers",
    "tests.laws.raw_sql",
    "tests.side_by_side",
]

# The number of examples of a property is set here, and by no test. `quick` draws new ones in each run. `ci` uses fixed ones, so that a failure
# comes from the change. `thorough` runs for hours: `make test-thorough`. `once` shows that a property is tried at all.
settings.register_profile(
    "quick", max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("quick"), derandomize=True, database=None, print_blob=True)
settings.register_profile("once", settings.get_profile("ci"), max_examples=1)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1000, print_blob=True)
settings.load_profile("quick")  # --hypothesis-profile, where it is given, is read after this


@pytest.fixture(autouse=True)
def _fresh_enterprise():
    """Forget the cached enterprise, which belongs to a test that is rolled back."""
    enterprise.forget()


@pytest.fixture(autouse=True)
def _django_set_urlconf(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Replace pytest-django's fixture, which reads all addresses anew for each test. Django caches them by module."""
    if marker := request.node.get_closest_marker("urls"):
        monkeypatch.setattr(django_settings, "ROOT_URLCONF", marker.args[0])
    set_urlconf(None)


@pytest.fixture(autouse=True)
def _nothing_counted_yet(monkeypatch: pytest.MonkeyPatch):
    """Count calls apart for each test: all call from one address, within the same five minutes."""
    monkeypatch.setattr(throttle, "SPACE", f"calls:{uuid.uuid4()}")
    monkeypatch.setattr(throttle.breaker, "open_until", 0.0)


@pytest.fixture(autouse=True)
def _patience_with_the_broker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Wait longer for the broker than requests do, as other tests keep the machine busy."""
    if not request.node.get_closest_marker("impatient"):
        monkeypatch.setattr(broker, "LIMIT", 5.0)


@pytest.fixture(scope="session", autouse=True)
def _nothing_logged_twice():
    """Write no logs to the output: pytest keeps them for failures, and writing each line takes longer than a query."""
    (out,) = (handler for handler in logging.getLogger().handlers if handler.name == "out")
    out.setLevel(logging.WARNING)


@pytest.fixture(scope="session", autouse=True)
def _fast_passwords():
    """Use a fast hasher: a secure one would take most of the suite's time."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield
