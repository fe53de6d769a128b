"""Outbound events made by their service."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from config.core.http.connection import pool
from integrations.models import OutboundEvent
from integrations.outbound_events import services
from tests.core.outbound.servers import RawServer

URL = "https://hooks.example/postback?lead={leadId}"


@pytest.fixture(autouse=True)
def _loopback_may_be_called(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    pool.forget()


@pytest.fixture
def make_event(campaign, bob) -> Callable[..., OutboundEvent]:
    """make_event("valid", url=…, on=campaign): switched on."""

    def make(trigger: str = "valid", *, on=None, **values: Any) -> OutboundEvent:
        given = {"label": f"Tell of {trigger}", "trigger": trigger, "url": URL, "enabled": True, **values}
        return services.add_event(on or campaign, given, actor=bob)

    return make


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def serve_nothing() -> Iterator[str]:
    """The address of a receiver that reads the request and closes the connection."""

    def hang_up(line: socket.socket) -> None:
        line.recv(65_536)

    server = RawServer(hang_up)
    yield server.url
    server.close()
