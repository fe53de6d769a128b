"""The time that a job takes."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture
def three_seconds_at_most() -> Iterator[None]:
    """Of the processor, whatever else it has to do."""
    began = time.thread_time()
    yield
    assert time.thread_time() - began < 3
