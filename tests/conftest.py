"""Where the shared fixtures come from."""

import pytest

from config.panel import enterprise

pytest_plugins = ["tests.cast", "tests.fixtures_browser"]


@pytest.fixture(autouse=True)
def _fresh_enterprise():
    """The row a process keeps at hand belongs to a test that is rolled back."""
    enterprise.forget()
