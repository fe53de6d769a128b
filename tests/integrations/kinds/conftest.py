"""Receivers on loopback, which may be called here."""

import pytest

from config.core.http.connection import pool
from tests.core.outbound.servers import RawServer
from tests.integrations.kinds.sending import made, outgoing, row


@pytest.fixture(autouse=True)
def _loopback_may_be_called(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    pool.forget()


@pytest.fixture
def serve():
    """serve(script): a RawServer, closed when the test is over."""
    servers: list[RawServer] = []

    def start(script, **options) -> RawServer:
        servers.append(RawServer(script, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def attempt():
    """attempt(url, …): what one attempt at Anna comes to; `attempt.exchange` is what went to and fro."""

    def send(url: str, **given):
        integration = made(url=url, **{"fields_sent": [row("mail", "email")], **given})
        anna = outgoing(email="anna@example.com")
        integration.prepare_sending([anna])
        send.exchange = integration.send(anna)
        return integration.classify(send.exchange)

    return send
