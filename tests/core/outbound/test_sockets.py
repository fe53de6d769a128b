"""Sockets for other protocols: the rules of addresses and of time hold there too, whatever a library waits for."""

import ssl
from threading import Event
from time import monotonic

import pytest

from config.core import http
from config.core.http import sockets
from tests.core.outbound.secure import certificate

HASTY = http.Limits(connect=0.5, read=0.3, total=0.8)


def server_at(port: int, host: str = "127.0.0.1") -> http.Server:
    return http.Server.parse(host, port, usual_port=21)


def test_a_silent_server_ends_after_the_time_of_one_step(house, serve):
    over = Event()
    silent = serve(lambda line: over.wait(10))
    with http.TimedSockets(HASTY) as timed:
        sock = timed.connect(server_at(silent.port))
        sock.settimeout(None)  # as some libraries do
        began = monotonic()
        assert sock.recv(1) == b""
    over.set()
    assert timed.are_late
    assert monotonic() - began < 0.7


def test_steps_go_on_until_the_time_of_all_is_over(house, serve):
    def drip(line):
        while True:
            line.sendall(b"x")
            Event().wait(0.05)

    with http.TimedSockets(HASTY) as timed:
        sock = timed.connect(server_at(serve(drip).port))
        began = monotonic()
        while sock.recv(1):
            timed.step()
    assert timed.are_late
    assert 0.6 < monotonic() - began < 1.5


def test_a_writer_that_nobody_reads_ends_too(house, serve):
    over = Event()
    deaf = serve(lambda line: over.wait(10))
    with http.TimedSockets(HASTY) as timed:
        sock = timed.connect(server_at(deaf.port))
        sock.settimeout(None)
        with pytest.raises(OSError, match="."):
            sock.sendall(bytes(100_000_000))
    over.set()
    assert timed.are_late


def test_a_handshake_that_never_ends_ends_too(house, serve):
    over = Event()
    silent = serve(lambda line: over.wait(10))
    with http.TimedSockets(HASTY) as timed, pytest.raises(OSError, match="."):
        timed.secure(timed.connect(server_at(silent.port)), "127.0.0.1")
    over.set()


def test_all_sockets_are_closed_at_the_end(house, serve):
    over = Event()
    silent = serve(lambda line: over.wait(10))
    with http.TimedSockets(HASTY) as timed:
        first = timed.connect(server_at(silent.port))
        second = timed.connect_beside(first, server_at(silent.port), silent.port)
    over.set()
    assert (first.fileno(), second.fileno(), timed.are_late) == (-1, -1, False)


def test_calls_that_end_earlier_end_these_too(house, serve):
    over = Event()
    silent = serve(lambda line: over.wait(10))
    with http.calls_end_within(0.2), http.TimedSockets(http.Limits()) as timed:
        assert timed.connect(server_at(silent.port)).recv(1) == b""
    over.set()
    assert timed.are_late


def test_addresses_inside_are_refused(allow, serve, names):
    port = serve(lambda line: None).port
    names["files.example"] = ["127.0.0.1"]
    with http.TimedSockets(HASTY) as timed:
        for host in ("127.0.0.1", "files.example", "[::ffff:127.0.0.1]", "0177.1", "2130706433"):
            with pytest.raises(http.AddressRefused):
                timed.connect(server_at(port, host))


def test_another_port_of_the_same_address_is_judged_by_the_name(allow, serve, names):
    first, second = (serve(lambda line: line.recv(1)) for _ in range(2))
    names["files.example"] = [["127.0.0.1"], ["203.0.113.9"]]
    allow(f"files.example:{first.port}")
    server = server_at(first.port, "files.example")
    with http.TimedSockets(HASTY) as timed:
        sock = timed.connect(server)
        with pytest.raises(http.AddressRefused):
            timed.connect_beside(sock, server, second.port)
        allow("files.example")
        timed.connect_beside(sock, server, second.port)
    assert names["files.example"] == [["203.0.113.9"]], "it was looked up once"


def test_certificates_are_verified_for_the_name(house, serve, tmp_path, monkeypatch):
    cert, key = certificate(tmp_path, "files.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = serve(lambda line: line.sendall(b"hello"), secure=context)
    monkeypatch.setenv("SSL_CERT_FILE", cert)
    sockets.plain_tls_context.cache_clear()
    try:
        with http.TimedSockets(HASTY) as timed:
            assert timed.secure(timed.connect(server_at(server.port)), "files.example").recv(9) == b"hello"
            with pytest.raises(ssl.SSLCertVerificationError):
                timed.secure(timed.connect(server_at(server.port)), "other.example")
    finally:
        sockets.plain_tls_context.cache_clear()


def test_web_requests_open_none():
    with http.no_calls(), pytest.raises(http.CallInRequest):
        http.TimedSockets(HASTY)
