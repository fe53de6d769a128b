"""Where the shared fixtures come from."""

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
    "tests.fixtures_browser",
    "tests.fixtures_database",
    "tests.core.outbound.servers",
    "tests.raw_sql",
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
    """The row a process keeps at hand belongs to a test that is rolled back."""
    enterprise.forget()


@pytest.fixture(autouse=True)
def _django_set_urlconf(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """In place of pytest-django's, which has all addresses read anew for each test. Django keeps those of each module of addresses apart."""
    if marker := request.node.get_closest_marker("urls"):
        monkeypatch.setattr(django_settings, "ROOT_URLCONF", marker.args[0])
    set_urlconf(None)


@pytest.fixture(autouse=True)
def _nothing_counted_yet(monkeypatch: pytest.MonkeyPatch):
    """All tests call from one address, within the same five minutes."""
    monkeypatch.setattr(throttle, "SPACE", f"calls:{uuid.uuid4()}")
    monkeypatch.setattr(throttle.breaker, "open_until", 0.0)


@pytest.fixture(autouse=True)
def _patience_with_the_broker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Other tests keep the machine busy for longer than a request waits."""
    if not request.node.get_closest_marker("impatient"):
        monkeypatch.setattr(broker, "LIMIT", 5.0)


@pytest.fixture(scope="session", autouse=True)
def _nothing_logged_twice():
    """pytest keeps what is logged, and shows it where a test fails; to write each line out besides takes longer than a query."""
    (out,) = (handler for handler in logging.getLogger().handlers if handler.name == "out")
    out.setLevel(logging.WARNING)


@pytest.fixture(scope="session", autouse=True)
def _fast_passwords():
    """A hasher made to be slow would be most of the suite's time."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield
