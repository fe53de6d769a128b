"""Files of batches, and servers on loopback that may be called."""

import hashlib
import io
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from batches.targets import BatchFile
from config.core import http
from tests.batches.servers import LARGE, ftp_server, sftp_server, smtp_server
from tests.core.outbound.conftest import names

__all__ = ["ftp_server", "names", "sftp_server", "smtp_server"]

CONTENT = 'Name,Email\r\n"Ann, Élise",ann@example.com\r\n'.encode()
VAST = 20_000_000
VAST_SHA256 = hashlib.sha256(bytes(VAST)).hexdigest()
LARGE_CONTENT = bytes(range(256)) * (LARGE // 256)


@pytest.fixture
def allow(settings) -> None:
    """Loopback may be called."""
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]


@pytest.fixture(autouse=True)
def _loopback(allow) -> None:
    """All servers here are on loopback."""


@pytest.fixture
def hasty(monkeypatch) -> None:
    """Time limits of a second."""
    limits = http.Limits(connect=1.0, read=1.0, total=10.0)
    for module in ("sftp", "ftp", "email"):
        for name in ("SENDING", "TESTING"):
            monkeypatch.setattr(f"batches.targets.{module}.{name}", limits)


@pytest.fixture
def make_file() -> Callable[..., BatchFile]:
    def make(content: bytes = CONTENT, name: str = "leads_7.csv", **values) -> BatchFile:
        about = {"batch_id": 7, "lead_count": 1, "campaign": "Spring", "label": "Daily to Acme", "number": 3} | values
        return BatchFile(
            name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest(), open=lambda: io.BytesIO(content), **about
        )

    return make


class Zeros:
    """Zeros that are nowhere. `after` is called once when half of them are read."""

    def __init__(self, size: int, after: Callable[[], object] = lambda: None) -> None:
        self.left, self.half, self.after = size, size // 2, after

    def read(self, size: int) -> bytes:
        taken, before = min(size, self.left), self.left
        self.left -= taken
        if self.left <= self.half < before:
            self.after()
        return bytes(taken)

    def __enter__(self) -> "Zeros":
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def make_vast_file(make_file) -> Callable[..., BatchFile]:
    """make_vast_file(after=…): twenty megabytes that are nowhere."""

    def make(**options) -> BatchFile:
        return replace(make_file(), size=VAST, sha256=VAST_SHA256, open=lambda: Zeros(VAST, **options))

    return make


@contextmanager
def little_memory() -> Iterator[None]:
    """Demand that what is done takes no more memory than some blocks, whatever the file's size."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < VAST // 2
    finally:
        tracemalloc.stop()
