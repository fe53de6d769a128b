"""HTTPS: calls go to the checked address, under the name of the URL, and only to servers that prove that name."""

import pytest

from config.core import http
from config.core.http import connection
from tests.core.outbound.secure import secure
from tests.core.outbound.servers import reply

__all__ = ["secure"]

pytestmark = pytest.mark.usefixtures("house")


def test_a_post_on_a_connection_that_was_closed_before_it_came_is_sent_anew(secure, hears_the_farewell_too_late):
    secure.script = lambda line: (secure.head(line), line.sendall(reply(b"once")))
    for size in (1, 1, 3_000_000):
        assert http.request("POST", f"https://partner.example:{secure.port}/x", body=b"x" * size, once=True).text == "once"
    assert (secure.connections, len(secure.heads)) == (3, 3)


def test_the_name_that_was_asked_for_is_proved_and_the_line_kept(secure):
    for _ in range(3):
        answer = http.request("GET", f"https://partner.example:{secure.port}/x")
    assert f"Host: partner.example:{secure.port}" in answer.text
    assert secure.called == ["partner.example"]
    assert secure.connections == 1


def test_a_certificate_of_another_name_is_not_trusted(secure):
    with pytest.raises(http.Unreachable, match="could not be trusted") as wrong:
        http.request("POST", f"https://other.example:{secure.port}/x", body="lead")
    assert not wrong.value.maybe_received
    assert secure.heads == []


def test_a_certificate_nobody_vouches_for_is_not_trusted(secure, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    connection.tls_context.cache_clear()
    with pytest.raises(http.Unreachable, match="could not be trusted"):
        http.request("GET", f"https://partner.example:{secure.port}/x")


def test_a_server_that_speaks_no_tls_is_unreachable(serve, hasty):
    server = serve(lambda line: line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with pytest.raises(http.Unreachable, match="No secure connection"):
        http.request("GET", f"https://localhost:{server.port}/", limits=hasty)


def test_from_https_no_redirect_leads_to_http(secure, serve):
    plain = serve(lambda line: line.sendall(reply(b"open")))
    secure.script = lambda line: (
        secure.head(line),
        line.sendall(reply(status="302 Found", Location=f"http://partner.example:{plain.port}/")),
    )
    with pytest.raises(http.AddressRefused, match="from https to http"):
        http.request("GET", f"https://partner.example:{secure.port}/x")
    assert plain.connections == 0
