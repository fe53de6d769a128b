"""Where the shared fixtures come from."""

import uuid

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, settings

from config.core import enterprise
from config.core.api import throttle

pytest_plugins = [
    "tests.cast",
    "tests.fixtures_browser",
    "tests.fixtures_database",
    "tests.core.outbound.servers",
    "tests.raw_sql",
    "tests.side_by_side",
]

# The number of examples of a property is set here, and by no test. `quick` draws new ones in each run. `ci` uses fixed ones, so that a failure
# comes from the change. `thorough` runs for hours: `make test-thorough`.
settings.register_profile(
    "quick", max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("quick"), derandomize=True, database=None, print_blob=True)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1000, print_blob=True)
settings.load_profile("quick")  # --hypothesis-profile, where it is given, is read after this


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
