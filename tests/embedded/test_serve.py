"""`manage.py serve`: its refusals and its greeting. The programs it starts are tested in `tests/processes`."""

import json
import socket
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from config.embedded import programs, welcome
from config.embedded.management.commands import serve
from config.embedded.processes import StartRefused


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    monkeypatch.setenv("PORT", str(number))
    return number


def test_a_taken_port_is_named_at_once(state: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)), pytest.raises(CommandError) as refused:
        call_command("serve")
    assert f"Port {port} on 127.0.0.1 cannot be used" in str(refused.value)
    assert f"PORT={port + 1}" in str(refused.value)
    assert not (state / "pg").exists()


@pytest.mark.parametrize("text", ["http", "²", "٨٠٠٠", "8000.0", "-1", "0", "65536", "9" * 5000, " 8000", "8_000"])
def test_a_port_that_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(StartRefused, match="is not a port number"):
        programs.port()


def test_the_demo_log_ins_are_shown(state: Path) -> None:
    users = [{"username": "ada", "name": "Ada", "password": "pass-one", "role": "admin"}]
    (state / "demo.json").write_text(json.dumps({"users": users}))
    shown = welcome.welcome("http://127.0.0.1:8000", with_demo=True)
    assert "ada  pass-one  admin" in shown
    assert "pass-one" not in welcome.welcome("http://127.0.0.1:8000", with_demo=False)


@pytest.mark.django_db
def test_data_of_an_earlier_development_version_are_refused_with_the_remedy() -> None:
    MigrationRecorder(connection).record_applied(*serve.EARLIER_TABLES)
    with pytest.raises(StartRefused, match="earlier development version.*Nothing was changed"):
        serve.prepare(with_demo=False)
