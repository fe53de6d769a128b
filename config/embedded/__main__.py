"""The servers without the application: `python -m config.embedded with-servers [--fast] -- COMMAND…`, and `… database-url`."""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import suppress

from config import logs
from config.embedded.launcher import only_launcher, start_servers, supervised
from config.embedded.paths import database_url, is_embedded, redis_url, state_dir
from config.embedded.processes import StartRefused, ends_with_parent
from config.embedded.running import SeveralRun, adopt_running
from config.embedded.server_files import postgres_programs
from config.embedded.stopping import check
from config.embedded.supervision import LOOK_EVERY, Supervisor

GRACE = 15
INTERRUPTED = 128 + signal.SIGINT


def main() -> int:
    arguments = _parse_arguments()
    if arguments.what == "database-url":
        return _print_database_url()
    if arguments.fast and not os.environ.get("SLUICE_STATE"):
        return _refuse("--fast gives up durability: name a throw-away folder in SLUICE_STATE.")
    try:
        with only_launcher():
            return with_servers(arguments.command, fast=arguments.fast)
    except StartRefused as refused:
        return _refuse(str(refused))


def _print_database_url() -> int:
    try:
        adopt_running(sys.argv, os.environ)
    except SeveralRun as unclear:
        return _refuse(str(unclear))
    print(database_url())
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.embedded")
    subparsers = parser.add_subparsers(dest="what", required=True)
    subparsers.add_parser("database-url", help="print this installation's database address")
    with_servers_parser = subparsers.add_parser("with-servers", help="run a command beside PostgreSQL and Valkey, then stop them")
    with_servers_parser.add_argument("--fast", action="store_true", help="no fsync: for tests only")
    with_servers_parser.add_argument("command", nargs="+")
    return parser.parse_args()


def with_servers(command: list[str], *, fast: bool) -> int:
    supervisor = Supervisor(state_dir() / "pids.json", _tell)
    with supervised(supervisor):
        start_servers(supervisor, fast=fast)
        environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": redis_url()}
        if is_embedded():  # a pg_dump of another version than the server refuses to work
            environment["PATH"] = os.pathsep.join([str(postgres_programs()), os.environ.get("PATH", os.defpath)])
        process = subprocess.Popen(command, env=environment, preexec_fn=ends_with_parent(signal.SIGTERM))
        return _wait(process, supervisor)
    return INTERRUPTED


def _wait(process: subprocess.Popen[bytes], supervisor: Supervisor) -> int:
    try:
        while (status := process.poll()) is None:
            check()
            supervisor.look()
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_EVERY)
    except KeyboardInterrupt as interrupt:
        return _stop(process, by_terminal=interrupt.args == (signal.SIGINT,))
    return status


def _stop(process: subprocess.Popen[bytes], *, by_terminal: bool) -> int:
    """Stop the command. Ctrl-C in the terminal has reached it too, so it is first given time to end by itself."""
    if not by_terminal:
        process.terminate()
    for end in (process.terminate, process.kill):
        try:
            return process.wait(GRACE)
        except subprocess.TimeoutExpired:
            end()
    return process.wait()


def _tell(message: str) -> None:
    if logs.wants_json():
        logs.write_line(message)
    else:
        print(message, file=sys.stderr, flush=True)


def _refuse(reason: str) -> int:
    _tell(reason)
    return 1


if __name__ == "__main__":
    sys.exit(main())
