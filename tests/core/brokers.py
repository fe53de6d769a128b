"""Brokers for tests that disturb them: a Valkey of the test's own, and sockets that only look like one."""

import signal
import socket
import subprocess
import time
from pathlib import Path

import redis

from config.embedded.server_files import valkey_program


class Broker:
    """A Valkey on a socket of its own, which can be killed, frozen and started again."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "s.sock"
        self.url = f"redis+socket://{self.socket}"
        self.client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5)
        self.start()

    def start(self) -> None:
        words = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(self.socket.parent), "--loglevel", "warning"]
        self.process = subprocess.Popen([valkey_program(), *words])
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, "Valkey does not start"
            assert time.monotonic() < deadline, "Valkey does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def messages(self, queue: str) -> int:
        return int(self.client.llen(queue))

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False


def closed_port() -> str:
    """Return a port on which nobody listens: it was free a moment ago."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
