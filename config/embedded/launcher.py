"""One launcher a state folder: its lock, what a killed one left behind, and the two servers."""

import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from config.embedded import postgres, valkey
from config.embedded.paths import installation_hash, make_state_folder, state_dir
from config.embedded.processes import StartRefused, with_mark
from config.embedded.stopping import listen
from config.embedded.supervision import Supervisor

LEFTOVER_PATIENCE = 10


def mark() -> str:
    """What every child carries in its environment (PostgreSQL has its own lock)."""
    return f"SLUICE_INSTALLATION={installation_hash()}"


def marked_environment() -> dict[str, str]:
    name, value = mark().split("=")
    return {**os.environ, name: value}


@contextmanager
def only_launcher() -> Iterator[None]:
    """Hold the state folder's lock; the kernel lets go of it however this process ends."""
    make_state_folder()
    with (state_dir() / "launcher.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartRefused(_already_running(lock)) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _end_leftovers()
        yield


def _already_running(lock: Any) -> str:
    lock.seek(0)
    return f"Sluice is already running on {state_dir()} (process {lock.read()}). Stop it, or set SLUICE_STATE to another folder."


def _end_leftovers() -> None:
    """Children of a killed launcher are ending by themselves; whoever does not is ended."""
    deadline = time.monotonic() + LEFTOVER_PATIENCE
    while (left := with_mark(mark())) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        os.kill(pid, signal.SIGKILL)


@contextmanager
def supervised(supervisor: Supervisor) -> Iterator[None]:
    """The wish to stop ends the body, as its own end does; then all children are stopped."""
    listen()
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        supervisor.stop()


def start_servers(supervisor: Supervisor, *, fast: bool = False) -> None:
    """PostgreSQL and Valkey, each only where no address was given; both are started before either is waited for."""
    waits: list[Callable[[], None]] = []
    if not os.environ.get("DATABASE_URL"):
        database = postgres.postgres(extra=postgres.UNSAFE_BUT_FAST if fast else {})
        supervisor.start_server(database)
        waits.append(lambda: postgres.wait_until_ready(database))
    if not os.environ.get("REDIS_URL"):
        broker = valkey.valkey(env=marked_environment())
        supervisor.start_server(broker)
        waits.append(lambda: valkey.wait_until_ready(broker))
    for wait in waits:
        wait()
