"""A throw-away installation to measure: a database of its own on the given server, a broker and a state folder of its own."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import django
import psycopg
from django.core.management import call_command
from psycopg import sql

from config.embedded.launcher import start_servers, supervised
from config.embedded.paths import database_url
from config.embedded.stopping import at_once
from config.embedded.supervision import Supervisor
from tests.bench.report import tell


@contextmanager
def installation() -> Iterator[Supervisor]:
    """Nobody's data are touched and nobody's workers are notified. What is started under the supervisor ends with the body."""
    with _own_database(database_url()) as address, _own_state() as state:
        os.environ.update(DATABASE_URL=address, SLUICE_STATE=str(state), PORT=str(free_port()), SLUICE_LOG="json")
        os.environ.pop("REDIS_URL", None)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        supervisor = Supervisor(state / "pids.json", tell)
        with supervised(supervisor), at_once():
            start_servers(supervisor)
            django.setup()
            call_command("migrate", verbosity=0)
            yield supervisor


@contextmanager
def _own_database(server: str) -> Iterator[str]:
    name = f"bench_{os.getpid()}"
    _execute(server, "CREATE DATABASE {}", name)
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        _execute(server, "DROP DATABASE {} WITH (FORCE)", name)


def _execute(server: str, statement: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as line:
        line.execute(sql.SQL(statement).format(sql.Identifier(name)))


@contextmanager
def _own_state() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
