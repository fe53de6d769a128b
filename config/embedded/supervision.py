"""Supervision of child processes: starting, restarting and stopping them in order."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded.processes import cut_long_logs, ended, kill_group
from config.embedded.stopping import pause

SETTLED = 30  # seconds; a child that lived longer had started well
LONGEST_PAUSE = 30
LOOK_EVERY = 0.1
LOGS_EVERY = 60


@dataclass
class Child:
    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 15
    process: subprocess.Popen[bytes] | None = None
    early_deaths: int = 0
    started_at: float = 0
    start_again_at: float | None = None

    def launch(self) -> None:
        self.process = self.start()
        self.started_at = time.monotonic()
        self.start_again_at = None

    def note_death(self) -> float:
        """Decide the pause before the next start: none at first, then longer and longer while the child keeps dying early."""
        now = time.monotonic()
        self.early_deaths = self.early_deaths + 1 if now - self.started_at < SETTLED else 0
        seconds = 0.0 if self.early_deaths < 2 else min(LONGEST_PAUSE, 0.5 * 2 ** (self.early_deaths - 2))
        self.start_again_at = now + seconds
        return seconds

    def ask_to_stop(self) -> None:
        if self.process and not ended(self.process):
            self.process.send_signal(self.stop_signal)

    def wait_until_stopped(self) -> None:
        if self.process is None:
            return
        deadline = time.monotonic() + self.grace
        while not ended(self.process):
            if time.monotonic() > deadline:
                kill_group(self.process.pid)
                self.process.wait()
            time.sleep(0.02)


@dataclass
class Supervisor:
    """The children of the launcher. `servers` are started before `programs` and stopped after them."""

    pids_file: Path
    tell: Callable[[str], None]
    servers: list[Child] = field(default_factory=list)
    programs: list[Child] = field(default_factory=list)
    look_at_logs_at: float = 0

    def start_server(self, child: Child) -> None:
        self.servers.append(child)
        self._launch(child)

    def start_program(self, child: Child) -> None:
        self.programs.append(child)
        self._launch(child)

    def watch(self) -> None:
        """Watch the children until a stop is requested."""
        while True:
            self.look()
            pause(LOOK_EVERY)

    def look(self) -> None:
        """Check once for dead children, and restart those whose pause is over. Now and then, cut logs that have grown long."""
        for child in self.servers + self.programs:
            if child.start_again_at is None:
                self._notice_death(child)
            if child.start_again_at is not None and time.monotonic() >= child.start_again_at:
                self._launch(child)
        if time.monotonic() >= self.look_at_logs_at:
            self.look_at_logs_at = time.monotonic() + LOGS_EVERY
            cut_long_logs(self.pids_file.parent / "log")

    def stop(self) -> None:
        """Stop the programs together, then the servers one after the other."""
        _stop_together(self.programs)
        for server in reversed(self.servers):
            _stop_together([server])
        self.pids_file.unlink(missing_ok=True)

    def _notice_death(self, child: Child) -> None:
        if child.process is None or not ended(child.process):
            return
        seconds = child.note_death()
        when = f"in {seconds:.0f} s" if seconds >= 1 else "now"
        status = child.process.returncode
        reason = f"exit status {status}" if status >= 0 else signal.Signals(-status).name
        self.tell(f"{child.name} ended ({reason}); starting it again {when}")

    def _launch(self, child: Child) -> None:
        child.launch()
        draft = self.pids_file.with_suffix(".new")
        running = [known for known in self.servers + self.programs if known.process]
        draft.write_text(json.dumps({known.name: known.process.pid for known in running if known.process}))
        os.replace(draft, self.pids_file)


def _stop_together(children: list[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.wait_until_stopped()
