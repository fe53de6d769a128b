"""The client is the only way out, and an invalid allow-list is reported at start."""

import ast

from django.core.checks import run_checks

from tests.sources import trees

CLIENTS = {
    "httpx",
    "httpcore",
    "requests",
    "urllib3",
    "aiohttp",
    "http.client",
    "urllib.request",
    "ftplib",
    "smtplib",
    "telnetlib",
    "pycurl",
    "paramiko",
    "websockets",
}
CALLS = {"create_connection", "urlopen", "open_connection", "wrap_socket", "getaddrinfo", "gethostbyname"}
MAY = ("config/core/http/", "config/embedded/")
"""The second asks only whether the servers it started itself are up."""
OTHER_PROTOCOLS = {
    "batches/targets/email.py": ["smtplib"],
    "batches/targets/protocols/ftp_session.py": ["ftplib"],
    "batches/targets/protocols/ssh_session.py": ["paramiko"],
}
"""Clients which are given sockets of the outbound client, or the installation's own mail server."""


def reached(module: ast.Module):
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in CLIENTS)
        elif isinstance(node, ast.ImportFrom):
            yield from ({node.module, *(f"{node.module}.{name.name}" for name in node.names)} & CLIENTS)
            yield from (name.name for name in node.names if name.name in CALLS)
        elif isinstance(node, ast.Attribute) and node.attr in CALLS:
            yield node.attr


def test_only_the_outbound_client_calls_out():
    found = {path: names for path, module in trees().items() if (names := sorted(reached(module)))}
    assert {path: found.pop(path) for path in OTHER_PROTOCOLS} == OTHER_PROTOCOLS
    assert [f"{path}: {names}" for path, names in found.items() if not path.startswith(MAY)] == []
    assert "config/core/http/connection.py" in found, "or the test looks for nothing"


def test_a_wrong_allow_list_is_said_at_start(settings):
    settings.OUTBOUND_ALLOW = ["10.0.0.0/8", "https://crm.intranet/"]
    assert [error.id for error in run_checks()] == ["core.E001"]
    settings.OUTBOUND_ALLOW = [""]
    assert run_checks() == []
