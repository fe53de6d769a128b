"""Files of batches, and servers on loopback that may be called."""

import hashlib
import io
from collections.abc import Callable

import pytest

from batches.targets import BatchFile, base
from config.core import http
from tests.batches.servers import LARGE, ftp_server, sftp_server, smtp_server
from tests.core.outbound.conftest import names

__all__ = ["ftp_server", "names", "sftp_server", "smtp_server"]

CONTENT = 'Name,Email\r\n"Ann, Élise",ann@example.com\r\n'.encode()
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


@pytest.fixture
def block_size(monkeypatch) -> None:
    """Blocks so small that a file of a few bytes has several."""
    monkeypatch.setattr(base, "BLOCK", 7)
