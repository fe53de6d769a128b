"""The time that a job takes."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture
def three_seconds_at_most() -> Iterator[None]:
    """Allow the test three seconds of processor time."""
    began = time.thread_time()
    yield
    assert time.thread_time() - began < 3
