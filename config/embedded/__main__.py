"""The servers without the application: `python -m config.embedded with-servers [--fast] -- COMMAND…`, and `… database-url`."""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import suppress

from config.embedded.launcher import only_launcher, start_servers, supervised
from config.embedded.paths import database_url, is_embedded, redis_url, state_dir
from config.embedded.processes import StartRefused, ends_with_parent
from config.embedded.server_files import postgres_programs
from config.embedded.stopping import check
from config.embedded.supervision import LOOK_EVERY, Supervisor

GRACE = 15
INTERRUPTED = 128 + signal.SIGINT


def main() -> int:
    asked = _arguments()
    if asked.what == "database-url":
        print(database_url())
        return 0
    if asked.fast and not os.environ.get("SLUICE_STATE"):
        return _refuse("--fast gives up durability: name a throw-away folder in SLUICE_STATE.")
    try:
        with only_launcher():
            return with_servers(asked.command, fast=asked.fast)
    except StartRefused as refused:
        return _refuse(str(refused))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.embedded")
    kinds = parser.add_subparsers(dest="what", required=True)
    kinds.add_parser("database-url", help="print this installation's database address")
    beside = kinds.add_parser("with-servers", help="run a command beside PostgreSQL and Valkey, then stop them")
    beside.add_argument("--fast", action="store_true", help="no fsync: for tests only")
    beside.add_argument("command", nargs="+")
    return parser.parse_args()


def with_servers(command: list[str], *, fast: bool) -> int:
    supervisor = Supervisor(state_dir() / "pids.json", _tell)
    with supervised(supervisor):
        start_servers(supervisor, fast=fast)
        return _run(subprocess.Popen(command, env=_environment(), preexec_fn=ends_with_parent(signal.SIGTERM)), supervisor)
    return INTERRUPTED


def _environment() -> dict[str, str]:
    """Return the environment for the command, with the server's own tools first on PATH: a pg_dump of another version refuses to work."""
    given = {"DATABASE_URL": database_url(), "REDIS_URL": redis_url()}
    if is_embedded():
        given["PATH"] = os.pathsep.join([str(postgres_programs()), os.environ.get("PATH", os.defpath)])
    return {**os.environ, **given}


def _run(process: subprocess.Popen[bytes], supervisor: Supervisor) -> int:
    try:
        while (status := process.poll()) is None:
            check()
            supervisor.look()
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_EVERY)
    except KeyboardInterrupt as asked:
        return _end(process, by_terminal=asked.args == (signal.SIGINT,))
    return status


def _end(process: subprocess.Popen[bytes], *, by_terminal: bool) -> int:
    """Stop the command. Ctrl-C in the terminal has reached it too, so it is first given time to end by itself."""
    if not by_terminal:
        process.terminate()
    for insist in (process.terminate, process.kill):
        try:
            return process.wait(GRACE)
        except subprocess.TimeoutExpired:
            insist()
    return process.wait()


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _refuse(reason: str) -> int:
    _tell(reason)
    return 1


if __name__ == "__main__":
    sys.exit(main())
