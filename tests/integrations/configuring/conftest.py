"""Receivers on loopback, which may be called here; integrations; and people who configure them."""

import pytest

from config.core.http.connection import pool
from processr.models import Job
from processr.services import add_job
from tests.core.outbound.servers import RawServer, reply
from tests.integrations.configuring.typing import MAPPING
from tests.module_cast import once
from tests.screens import conftest

member, reader = once(conftest.member), conftest.reader


@pytest.fixture(autouse=True)
def _loopback_may_be_called(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    pool.forget()


@pytest.fixture
def receiver():
    """receiver(b"…", status=…): a RawServer, closed when the test is over; without an answer it hangs up."""
    servers: list[RawServer] = []

    def start(answer: bytes = b"", *, status: str = "201 Created", answers: bool = True, **headers: str) -> RawServer:
        said = reply(answer, status=status, **headers) if answers else b""
        server = RawServer(lambda line: (server.head(line), line.sendall(said)))
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def crm(campaign, bob):
    """crm(url, …): an integration of the campaign."""

    def add(url: str, **config) -> Job:
        return add_job(campaign, "http_post", label="CRM", config={"url": url, "fields_sent": MAPPING, **config}, actor=bob)

    return add
