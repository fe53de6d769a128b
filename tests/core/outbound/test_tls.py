"""HTTPS: calls go to the checked address, under the name of the URL, and only to servers that prove that name."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.core import http
from config.core.http import connection
from tests.core.outbound.servers import reply

pytestmark = pytest.mark.usefixtures("house")


def certificate(folder, name: str) -> tuple[str, str]:
    """Signed by itself, good for `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return str(cert_file), str(key_file)


@pytest.fixture
def secure(tmp_path, serve, names, monkeypatch):
    """A server for partner.example whose certificate this machine trusts; it says which name it was called by."""
    cert, key = certificate(tmp_path, "partner.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    called: list[str] = []
    context.sni_callback = lambda line, name, ctx: called.append(name)

    def script(line):
        while True:
            line.sendall(reply(server.head(line).encode()))

    server = serve(script, secure=context)
    server.called = called
    names.update({"partner.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})
    monkeypatch.setenv("SSL_CERT_FILE", cert)
    connection.tls_context.cache_clear()
    yield server
    connection.tls_context.cache_clear()


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
