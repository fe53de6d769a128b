"""Servers that write any bytes: each answers a connection by a function."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event, Thread

import pytest

Script = Callable[[socket.socket], None]


class RawServer:
    """Runs `script` on each connection, in a thread, until it is closed. `heads` are the requests' heads as they came."""

    def __init__(self, script: Script, *, secure=None) -> None:
        self.script, self.secure = script, secure
        self.heads: list[str] = []
        self.connections = 0
        self.over = Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        line.settimeout(20)
        with suppress(OSError), line:
            whole = self.secure.wrap_socket(line, server_side=True) if self.secure else line
            with whole:
                self.script(whole)

    def head(self, line: socket.socket) -> str:
        """The next request's head, read to its empty line, and its body by its length."""
        read = b""
        while b"\r\n\r\n" not in read:
            part = line.recv(65_536)
            if not part:
                raise OSError("closed")
            read += part
        head, _, body = read.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        length = next((int(row.split(":")[1]) for row in text.splitlines() if row.lower().startswith("content-length:")), 0)
        while len(body) < length:
            body += line.recv(65_536)
        self.heads.append(text)
        return text

    def close(self) -> None:
        """End the thread too: a socket that is closed under an `accept` leaves it waiting, for whoever gets the file descriptor next."""
        self.over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()


def reply(body: bytes = b"", *, status: str = "200 OK", **headers: str) -> bytes:
    named = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return "".join([f"HTTP/1.1 {status}\r\n", *(f"{name}: {value}\r\n" for name, value in named.items()), "\r\n"]).encode() + body


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    """serve(script): a RawServer, closed when the test is over."""
    servers: list[RawServer] = []

    def start(script, **options) -> RawServer:
        servers.append(RawServer(script, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
