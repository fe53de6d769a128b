"""`manage.py serve`: run all of Sluice as one process tree that one Ctrl-C stops."""

import http.client
import os
import signal
import time
from argparse import ArgumentParser
from typing import Any

import structlog
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder

from config import logs
from config.embedded import programs
from config.embedded.assets import collect_changed
from config.embedded.launcher import only_launcher, start_servers, supervised
from config.embedded.paths import data_folder, is_embedded, state_dir
from config.embedded.processes import StartRefused, ends_with_parent
from config.embedded.stopping import at_once, pause
from config.embedded.supervision import LOOK_EVERY, Supervisor
from config.embedded.welcome import welcome

log = structlog.get_logger("launcher")

ANSWERS_WITHIN = 120
EARLIER_TABLES = ("panel", "0001_first_tables")
"""A migration of the versions whose tables were named differently: they were replaced once, before the first release."""


class Command(BaseCommand):
    help = "Start everything: PostgreSQL and Valkey (unless DATABASE_URL and REDIS_URL are set), web, worker, scheduler."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="leave a new embedded database empty")
        parser.add_argument("--end-with-parent", action="store_true", help="also end when the calling process (make) dies")

    def handle(self, *, no_demo: bool, end_with_parent: bool, **_: Any) -> None:
        if end_with_parent:  # the kernel then ends this process, as it does with the launcher's own children
            ends_with_parent(signal.SIGTERM, parent=os.getppid())()
        try:
            with only_launcher():
                programs.refuse_taken_port()
                self._serve(with_demo=is_embedded() and not no_demo)
        except StartRefused as refused:
            raise CommandError(str(refused)) from None

    def _serve(self, *, with_demo: bool) -> None:
        supervisor = Supervisor(state_dir() / "pids.json", self._tell)
        with supervised(supervisor):
            self._tell("Starting Sluice …")
            start_servers(supervisor)
            with at_once():
                prepare(with_demo=with_demo)
            for program in (
                programs.web(),
                programs.worker(),
                programs.deliverer(),
                programs.batcher(),
                programs.caller(),
                programs.scheduler(),
            ):
                supervisor.start_program(program)
            _wait_for_web(supervisor)
            if logs.wants_json():  # the welcome has the log-ins of the demo's people
                self._tell(f"Sluice is running on {programs.base_url()}.")
            else:
                self._tell(welcome(programs.base_url(), with_demo=with_demo))
            supervisor.watch()
        self._tell("Sluice has stopped.")

    def _tell(self, message: str) -> None:
        if logs.wants_json():
            log.info(message)
            return
        self.stdout.write(message)
        self.stdout.flush()


def prepare(*, with_demo: bool) -> None:
    """Migrate, collect static files and create the demo world once; then close the connections, because children are started next."""
    _refuse_earlier_tables()
    call_command("migrate", interactive=False, verbosity=0)
    collect_changed()
    if with_demo:
        call_command("demo", "--once")
    connections.close_all()


def _refuse_earlier_tables() -> None:
    """Raise StartRefused if the database was made by a version whose tables this one cannot read."""
    if EARLIER_TABLES not in MigrationRecorder(connection).applied_migrations():
        return
    if is_embedded():
        folders = " and ".join(dict.fromkeys(map(str, (state_dir(), data_folder()))))
        remedy = f"Start with another SLUICE_STATE, or move {folders} away, and a new installation is made."
    else:
        remedy = "Name an empty database in DATABASE_URL."
    raise StartRefused(
        f"These data were made by an earlier development version, whose tables this one cannot read. Nothing was changed. {remedy}"
    )


def _wait_for_web(supervisor: Supervisor) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN
    while not _web_answers():
        if time.monotonic() > deadline:
            raise StartRefused(f"The web process does not answer: see {programs.log_file('web')}")
        supervisor.look()
        pause(LOOK_EVERY / 2)


def _web_answers() -> bool:
    """Return whether the web process answers at all. Its health is reported by /readyz."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(programs.bind(), programs.bind())
    web = http.client.HTTPConnection(host, programs.port(), timeout=5)
    try:
        web.request("GET", "/healthz")
        return web.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()
