"""Servers on loopback, which are put on the allow-list, and a resolver with chosen answers."""

import select
import socket

import pytest

from config.core import http
from config.core.http import connection
from config.core.http.connection import Connection, pool


@pytest.fixture(autouse=True)
def _nothing_kept():
    pool.forget()


@pytest.fixture
def allow(settings):
    """allow("127.0.0.1:80", …): instead of what was allowed."""

    def put(*entries: str) -> None:
        settings.OUTBOUND_ALLOW = list(entries)

    put()
    return put


@pytest.fixture
def house(allow):
    """Loopback may be called."""
    allow("127.0.0.0/8", "::1")


@pytest.fixture
def names(monkeypatch):
    """names["a.example"] = ["203.0.113.9", …] or a list of such lists, one after the other; what is not in it is looked up for real."""
    known: dict[str, list] = {}
    real = connection.look_up

    def look_up(host: str, port: int):
        if host not in known:
            return real(host, port)
        addresses = known[host].pop(0) if isinstance(known[host][0], list) else known[host]
        return [(socket.AF_INET6 if ":" in address else socket.AF_INET, address) for address in addresses]

    monkeypatch.setattr(connection, "look_up", look_up)
    return known


@pytest.fixture
def hasty():
    return http.Limits(connect=0.5, read=0.5, total=0.8, size=10_000)


def wait_for_end(connection) -> None:
    """Wait until the other side's end of the connection has arrived."""
    select.select([connection.sock._socket], [], [], 5)


@pytest.fixture
def hears_the_farewell_too_late(monkeypatch):
    """The other side closes a kept connection just after we looked whether it is open."""

    def looks_open(connection):
        wait_for_end(connection)
        return True

    monkeypatch.setattr(Connection, "is_quiet", looks_open)
