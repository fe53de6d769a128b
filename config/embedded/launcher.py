"""The launcher: its lock on the state folder, the leftovers of a killed launcher, and the two servers."""

import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from config.embedded import postgres, valkey
from config.embedded.paths import installation_hash, make_state_folder, state_dir
from config.embedded.processes import StartRefused, with_mark
from config.embedded.stopping import listen
from config.embedded.supervision import Supervisor

LEFTOVER_PATIENCE = 10
MARK = "SLUICE_INSTALLATION"
"""The variable that marks every child."""


def mark() -> str:
    """Return the environment entry that marks every child. PostgreSQL has its own lock instead."""
    return f"{MARK}={installation_hash()}"


def marked_environment() -> dict[str, str]:
    """Return the environment of a child. The state folder is named in full: a child works in another folder than the launcher."""
    return {**os.environ, "SLUICE_STATE": str(state_dir()), MARK: installation_hash()}


@contextmanager
def only_launcher() -> Iterator[None]:
    """Hold the state folder's lock. The kernel releases it however this process ends."""
    make_state_folder()
    with (state_dir() / "launcher.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StartRefused(
                f"Sluice is already running on {state_dir()} (process {lock.read()}). Stop it, or set SLUICE_STATE to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _end_leftovers()
        yield


def _end_leftovers() -> None:
    """Wait for the children of a killed launcher, which end by themselves, and kill those that do not."""
    deadline = time.monotonic() + LEFTOVER_PATIENCE
    while (pids := with_mark(mark())) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


@contextmanager
def supervised(supervisor: Supervisor) -> Iterator[None]:
    """Run the body until it ends or a stop is requested, then stop all children."""
    listen()
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        supervisor.stop()


def start_servers(supervisor: Supervisor, *, fast: bool = False) -> None:
    """Start PostgreSQL and Valkey, each only where no address is set. Both are started before either is waited for."""
    wait_functions: list[Callable[[], None]] = []
    if not os.environ.get("DATABASE_URL"):
        database = postgres.postgres(extra=postgres.UNSAFE_BUT_FAST if fast else {})
        supervisor.start_server(database)
        wait_functions.append(lambda: postgres.wait_until_ready(database))
    if not os.environ.get("REDIS_URL"):
        broker = valkey.valkey(env=marked_environment())
        supervisor.start_server(broker)
        wait_functions.append(lambda: valkey.wait_until_ready(broker))
    for wait in wait_functions:
        wait()
