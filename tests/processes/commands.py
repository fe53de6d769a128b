"""Commands of an installation without a new Python for each: one process has loaded the product, and forks a child for every command.

The child is a process like any other: it has its own connections, its own exit status, and can be killed.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn, TextIO

from config.embedded.paths import REPOSITORY
from config.embedded.processes import ends_with_parent
from tests.embedded.installation import until


class Command:
    """One that was started, with the part of `subprocess.Popen` that the tests need."""

    def __init__(self, commands: "Commands", pid: int, stdout: Path, stderr: Path) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._commands, self._stdout, self._stderr = commands, stdout, stderr

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._commands.exit_status(self.pid)
        return self.returncode

    def communicate(self, timeout: float) -> tuple[str, str]:
        until(lambda: self.poll() is not None, f"command {self.pid} has ended", within=timeout)
        return self._stdout.read_text(), self._stderr.read_text()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


class Commands:
    """Those of the installation to which this environment belongs."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._folder = TemporaryDirectory()
        self._started = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], cwd=REPOSITORY, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, *words: str) -> Command:
        """A command of manage.py."""
        self._started += 1
        stdout, stderr = (Path(self._folder.name) / f"{self._started}.{kind}" for kind in ("out", "err"))
        pid = self._ask({"words": words, "stdout": str(stdout), "stderr": str(stderr)})
        return Command(self, pid, stdout, stderr)

    def exit_status(self, pid: int) -> int | None:
        """As `Popen.returncode`: None while it runs."""
        status: int | None = self._ask({"pid": pid})
        return status

    def end(self) -> None:
        self._process.communicate()
        self._folder.cleanup()

    def _ask(self, question: Mapping[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(question), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the process that starts the commands has ended"
        return json.loads(answer)


def serve(questions: TextIO, answers: TextIO) -> None:
    for line in questions:
        question = json.loads(line)
        answer = exit_status(question["pid"]) if "pid" in question else fork(**question)
        print(json.dumps(answer), file=answers, flush=True)


def exit_status(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def fork(words: list[str], stdout: str, stderr: str) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        ends_with_parent(signal.SIGKILL, parent=parent)()
        run(words, stdout, stderr)
    return pid


def run(words: list[str], stdout: str, stderr: str) -> NoReturn:
    """Run the command in the child, which never returns into the code of its parent."""
    for descriptor, path in ((0, os.devnull), (1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), descriptor)
    status = 1
    try:
        import_module("django.core.management").execute_from_command_line(["manage.py", *words])
        status = 0
    except SystemExit as asked:
        status = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def load() -> None:
    """Import what the commands would import, without opening connections."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import_module("django").setup()
    for name in ("leads.management.commands.import_leads", "config.core.management.commands.check_integrity"):
        import_module(name)


if __name__ == "__main__":
    load()
    serve(sys.stdin, sys.stdout)
