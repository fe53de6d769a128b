"""Starting child processes that end with the launcher, and checking whether a process is alive."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

LOG_LIMIT = 10_000_000
PR_SET_PDEATHSIG = 1


class StartRefused(Exception):
    """The launcher cannot start. The message says what to do about it."""


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    last_signal: signal.Signals = signal.SIGTERM,
    niceness: int = 0,
    env: Mapping[str, str] | None = None,
    cwd: str | Path = "/",
    user: Mapping[str, Any] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in its own process group: Ctrl-C reaches the launcher alone, which stops the others in order."""
    log.parent.mkdir(exist_ok=True)
    cut_long_log(log)
    with log.open("ab") as out:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=env,
            cwd=cwd,
            process_group=0,
            preexec_fn=_prepared_child(last_signal, niceness),
            **(user or {}),
        )


def cut_long_logs(folder: Path) -> None:
    for log in folder.glob("*.log"):
        cut_long_log(log)


def cut_long_log(log: Path) -> None:
    """Put a long log aside as a copy and empty it. Its process goes on writing into it, as it appends."""
    with suppress(OSError):  # it is not there yet, or the disk is full
        if log.stat().st_size > LOG_LIMIT:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)


def _prepared_child(last_signal: signal.Signals, niceness: int) -> Callable[[], None]:
    arrange_end = ends_with_parent(last_signal)

    def prepare() -> None:
        os.nice(niceness)
        arrange_end()

    return prepare


def ends_with_parent(last_signal: signal.Signals, *, parent: int | None = None) -> Callable[[], None]:
    """Return a function for the child to call: the kernel then sends it `last_signal` when its parent, this process, dies (Linux)."""
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
    parent = parent or os.getpid()

    def arrange() -> None:
        if prctl is None:
            return
        prctl(PR_SET_PDEATHSIG, int(last_signal))
        if os.getppid() != parent:  # the parent died before the call above
            os._exit(1)

    return arrange


def alive(pid: int) -> bool:
    """Return whether the process is alive. A zombie is dead: where process 1 reaps nothing, it keeps its id for ever."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return True
    return state != "Z"


def works_in(pid: int, folder: Path) -> bool:
    """Return whether this living process has `folder` as its working directory; True where that cannot be read."""
    if not alive(pid):
        return False
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == folder.resolve()
    except OSError:
        return True


def ended(process: subprocess.Popen[bytes]) -> bool:
    """Return whether the process has ended. The rest of its group is killed first, while its id cannot be reused."""
    if process.returncode is None:
        exit_status = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if exit_status is None:
            return False
        kill_group(process.pid)
    process.poll()
    return True


def kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def with_mark(mark: str) -> list[int]:
    """Return other processes that were started with `NAME=value` in their environment."""
    return [pid for pid in _other_pids() if mark.encode() in _environment(pid)]


def with_variable(name: str) -> list[tuple[int, dict[str, str]]]:
    """Return other processes that were started with the variable, and the environment of each."""
    found = [(pid, dict(os.fsdecode(entry).partition("=")[::2] for entry in _environment(pid))) for pid in _other_pids()]
    return [(pid, variables) for pid, variables in found if name in variables]


def _other_pids() -> list[int]:
    proc = Path("/proc")
    names = [entry.name for entry in proc.iterdir()] if proc.is_dir() else []
    return [int(name) for name in names if name.isdigit() and int(name) != os.getpid()]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
