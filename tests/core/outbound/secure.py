"""A server for HTTPS with a certificate that this machine trusts for the time of a test."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.core.http import connection
from tests.core.outbound.servers import reply


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
