"""A handle on one installation under test: start its launcher, ask its database, look at its processes."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from config.embedded import launcher, paths
from config.embedded.processes import alive, ends_with_parent, with_mark

PATIENCE = 40
Answer = TypeVar("Answer")


def until(condition: Callable[[], Answer], what: str, *, within: float = PATIENCE) -> Answer:
    """The condition's first true answer. Asked often at first; what takes its time is not slowed down by being asked."""
    began = time.monotonic()
    while not (answer := condition()):
        waited = time.monotonic() - began
        assert waited < within, f"after {within} s still not so: {what}"
        time.sleep(min(0.01 + waited / 20, 0.1))
    return answer


@dataclass
class Installation:
    state: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def launch(self, *words: str) -> subprocess.Popen[str]:
        """Under this process's environment, in which the `state` fixture has set SLUICE_STATE, as from a terminal of its own.

        It ends with this process, which may be killed: pytest's own do not clean up when somebody stops a run of several.
        """
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=paths.REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=ends_with_parent(signal.SIGTERM),
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        while self.started:
            process = self.started.pop()
            if process.poll() is None:
                process.terminate()
                process.communicate()

    def with_servers(self, *command: str) -> subprocess.Popen[str]:
        return self.launch("-m", "config.embedded", "with-servers", "--", *command)

    def idle(self) -> subprocess.Popen[str]:
        """Return the process under which both servers run. It is started where there is none."""
        for process in self.started:
            if process.poll() is None:
                return process
        process = self.with_servers("sleep", "600")
        self.wait_for_database(process)
        return process

    def wait_for_database(self, process: subprocess.Popen[str]) -> None:
        def answers() -> bool:
            assert process.poll() is None, f"the launcher ended: {process.communicate()[0]}"
            return self.answers()

        until(answers, "the database answers")

    def answers(self) -> bool:
        try:
            return self.ask("SELECT 1") == 1
        except psycopg.OperationalError:
            return False

    def ask(self, sql: str) -> Any:
        with psycopg.connect(paths.embedded_database_url(), autocommit=True) as conn:
            asked = conn.execute(sql)
            row = asked.fetchone() if asked.description else None
        return row[0] if row else None

    def pids(self) -> dict[str, int]:
        try:
            numbers: dict[str, int] = json.loads((self.state / "pids.json").read_text())
        except FileNotFoundError:
            return {}
        return numbers

    def nothing_runs(self, pids: dict[str, int]) -> bool:
        return not any(alive(pid) for pid in pids.values()) and not with_mark(launcher.mark())


def refusal(process: subprocess.Popen[str], *, within: float = 20) -> str:
    """Return the message of a launcher that refuses to start."""
    said, _ = process.communicate(timeout=within)
    assert process.returncode == 1, said
    return said
