"""The embedded Valkey: the broker, on a socket, with an append-only file."""

import signal
import socket
import subprocess
import time
from pathlib import Path

from config.embedded.paths import state_dir, valkey_socket
from config.embedded.processes import StartRefused, spawn
from config.embedded.server_files import valkey_program
from config.embedded.stopping import pause
from config.embedded.supervision import Child

READY_WITHIN = 60


def valkey(*, env: dict[str, str]) -> Child:
    def start() -> subprocess.Popen[bytes]:
        folder = state_dir() / "valkey"
        folder.mkdir(mode=0o700, exist_ok=True)
        valkey_socket().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        options = ["--port", "0", "--unixsocket", str(valkey_socket()), "--unixsocketperm", "700", "--dir", str(folder)]
        options += ["--save", "", "--appendonly", "yes", "--loglevel", "warning"]
        return spawn([valkey_program(), *options], log=log_file(), last_signal=signal.SIGTERM, env=env)

    return Child("valkey", start)


def log_file() -> Path:
    return state_dir() / "log" / "valkey.log"


def wait_until_ready(server: Child) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _answers():
        dead = server.process is None or server.process.poll() is not None
        if dead or time.monotonic() > deadline:
            raise StartRefused(f"Valkey does not start: see {log_file()}")
        pause(0.02)


def _answers() -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(valkey_socket()))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
