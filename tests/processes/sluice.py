"""A running installation of the tests, with its demo world: started and ended by its launcher, used through HTTP and SQL."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.embedded import launcher
from config.embedded.paths import REPOSITORY
from config.embedded.processes import alive, with_mark
from tests.clients.webhook_client import WebhookClient
from tests.embedded.conftest import OF_THE_SUITE, use
from tests.embedded.installation import until
from tests.processes.commands import Command, Commands

SWEEP_SECONDS = 2
STARTED_WITHIN = 90
ENDED_WITHIN = 60
BACK_WITHIN = 60
"""Seconds until killed children are back. Generous: Python needs seconds to start where all tests share two cores."""

JUDGED_WITHIN = SWEEP_SECONDS + 60
"""A sweep has to come, which sees whose worker is gone; the rest is for a slow machine. Claims by themselves end after ten minutes."""


class Sluice:
    def __init__(self, state: Path, **environment: str) -> None:
        self.state = state
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        theirs = {name: value for name, value in os.environ.items() if name not in OF_THE_SUITE}
        ours = {"SLUICE_STATE": str(state), "PORT": str(self.port), "SLUICE_SWEEP_SECONDS": str(SWEEP_SECONDS)}
        self.environment = {**theirs, **ours, **environment}
        self.launcher: subprocess.Popen[bytes] | None = None
        self._conn: psycopg.Connection[Any] | None = None

    def start(self, **environment: str) -> None:
        """Start the installation, with further variables."""
        log = self.state / "serve.log"
        with log.open("wb") as out:
            words = [sys.executable, "manage.py", "serve", "--end-with-parent"]
            process = subprocess.Popen(
                words, cwd=REPOSITORY, env=self.environment | environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.launcher = process

        def welcomed() -> bool:
            assert process.poll() is None, f"serve ended: {log.read_text()}"
            return "Ctrl-C" in log.read_text()

        until(welcomed, "serve has started everything", within=STARTED_WITHIN)

    def runs(self) -> bool:
        return self.launcher is not None and self.launcher.poll() is None

    def stop(self) -> None:
        """Stop the installation, which can be started again."""
        if self.launcher and self.runs():
            self.launcher.terminate()
            self.launcher.wait(ENDED_WITHIN)

    def end(self) -> None:
        self.stop()
        if "commands" in self.__dict__:
            self.commands.end()

    @cached_property
    def database_url(self) -> str:
        return self.run_python("-m", "config.embedded", "database-url").strip()

    @cached_property
    def world(self) -> dict[str, Any]:
        """As `demo --json` tells of it."""
        told: dict[str, Any] = json.loads((self.state / "demo.json").read_text())
        return told

    @cached_property
    def commands(self) -> Commands:
        return Commands(self.environment)

    def pids(self) -> dict[str, int]:
        numbers: dict[str, int] = json.loads((self.state / "pids.json").read_text())
        return numbers

    def pool(self) -> list[int]:
        """The processes in which the worker judges."""
        worker = self.pids()["worker"]
        return [int(pid) for pid in Path(f"/proc/{worker}/task/{worker}/children").read_text().split()]

    def kill(self, *pids: int) -> None:
        """Kill the processes, all before anything can react to the first."""
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def kill_launcher_and_children(self) -> None:
        assert self.launcher
        self.kill(self.launcher.pid, *self.pids().values())
        self.launcher.wait()

    def wait_until_back(self, *killed: int) -> None:
        """Wait until each has a successor."""

        def back() -> bool:
            now = self.pids().values()
            return not set(now) & set(killed) and all(alive(pid) for pid in now)

        until(back, f"the launcher has started again what was killed: see {self.state / 'serve.log'}", within=BACK_WITHIN)

    def wait_for_another_pool(self, *killed: int) -> None:
        until(lambda: (now := self.pool()) and not set(now) & set(killed), "the worker has another pool", within=BACK_WITHIN)

    def nothing_runs(self, pids: dict[str, int]) -> bool:
        """Return whether neither these processes nor their children run."""
        with pytest.MonkeyPatch.context() as environment:
            use(self.state, environment)
            mark = launcher.mark()
        return not any(alive(pid) for pid in pids.values()) and not with_mark(mark)

    def last_words(self, lines: int = 15) -> str:
        """Return the ends of the logs, for the report of a failed test."""
        logs = [self.state / "serve.log", *sorted((self.state / "log").glob("*.log"))]
        ends = (f"{log.name}:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) for log in logs if log.exists())
        return "\n\n".join(ends)

    def start_command(self, *words: str) -> Command:
        """Start a command of manage.py without waiting for its end."""
        return self.commands.start(*words)

    def run(self, *words: str, within: float = 60) -> str:
        """Run a command of manage.py and return its output. A command that fails, fails the test."""
        command = self.start_command(*words)
        said, beside = command.communicate(within)
        assert command.returncode == 0, f"{' '.join(words)} ended with {command.returncode}: {said}{beside}"
        return said

    def run_python(self, *words: str, within: float = 60) -> str:
        """Run a program as people start it, and return its output."""
        done = subprocess.run(
            [sys.executable, *words], cwd=REPOSITORY, env=self.environment, capture_output=True, text=True, timeout=within
        )
        assert done.returncode == 0, f"{' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """By a connection that is kept, unless its server has gone meanwhile: waiting would else cost a new session every moment."""
        if self._conn:
            try:
                return self._conn.execute(sql, parameters).fetchall()
            except psycopg.OperationalError:
                self._conn = None
        self._conn = psycopg.connect(self.database_url, autocommit=True)
        return self._conn.execute(sql, parameters).fetchall()

    def campaign(self, name: str) -> dict[str, Any]:
        return next(campaign for campaign in self.world["campaigns"] if campaign["name"] == name)

    def new_campaign(self, name: str, **given: object) -> dict[str, Any]:
        """Add a campaign to the installation that no other test uses. See `tests.processes.world`."""
        words = ", ".join([repr(name), *(f"{what}={value!r}" for what, value in given.items())])
        script = f"from tests.processes.world import add_campaign; add_campaign({words})"
        told: dict[str, Any] = json.loads(self.run("shell", "--no-imports", "-v0", "-c", script).splitlines()[-1])
        return told

    def client(self, campaign: dict[str, Any]) -> WebhookClient:
        return WebhookClient(self.address, campaign["id"], campaign["api_key"])

    @contextmanager
    def halfway_through_judging(self) -> Iterator[None]:
        """Let workers judge until they write events: leads are claimed, compared and locked, and nothing is committed."""
        holder = psycopg.connect(self.database_url)
        try:
            holder.execute("LOCK TABLE processr_event IN SHARE MODE")
            yield
        finally:
            holder.close()  # which is all that is left to do where the server was killed

    def wait_until_leads_are_in_the_works(self) -> None:
        claimed = "SELECT 1 FROM leads_lead WHERE processr_status = 'processing' LIMIT 1"
        until(lambda: self.rows(claimed), "a worker has claimed leads", within=BACK_WITHIN)

    def wait_until_all_are_judged(self, *, within: float = JUDGED_WITHIN) -> None:
        def unfinished() -> list[tuple[Any, ...]]:
            return self.rows(
                "SELECT processr_status, count(*), min(id) FROM leads_lead WHERE processr_status IN ('waiting', 'processing') GROUP BY 1"
            )

        until(lambda: not unfinished(), "no lead waits and none is in the works", within=within)

    def not_judged_exactly_once(self, ids: list[int]) -> list[tuple[Any, ...]]:
        """(id, status, runs, flow events) of leads that are missing, unfinished, or were judged more often."""
        return self.rows(
            "SELECT asked.id, l.processr_status, l.processing_counter, count(e.id) FROM unnest(%s::bigint[]) AS asked(id) "
            "LEFT JOIN leads_lead AS l ON l.id = asked.id LEFT JOIN processr_event AS e ON e.lead_id = l.id AND e.kind = 'flow' "
            "GROUP BY 1, 2, 3 HAVING (l.processr_status, l.processing_counter, count(e.id)) IS DISTINCT FROM ('complete', 1, 1::bigint)",
            ids,
        )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number
