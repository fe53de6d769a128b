"""A receiver in a process of its own: the path says how it answers, and it notes the requests it got."""

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from config.embedded.paths import REPOSITORY

LONGEST = 60
PERSON = "email"


class Receiver:
    """`with Receiver() as receiver`: `receiver.url("ok")` takes leads; `receiver.got` says which, by event id, in the order they came."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen([sys.executable, "-m", __name__], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def url(self, how: str, **options: Any) -> str:
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"http://127.0.0.1:{self.port}/{how}{'?' + query if query else ''}"

    @property
    def got(self) -> list[tuple[str, str]]:
        """(event id, e-mail address) of every request, from its first byte on."""
        return [(event, person) for event, person in self._told()["got"]]

    @property
    def at_once(self) -> int:
        return int(self._told()["at_once"])

    @property
    def most_at_once(self) -> int:
        return int(self._told()["most_at_once"])

    @property
    def connections(self) -> int:
        return int(self._told()["connections"])

    def forget(self) -> None:
        """Answer the held requests and forget them."""
        urllib.request.urlopen(self.url("forget"), timeout=10).close()

    def let_go(self) -> None:
        """Answer the held requests, and hold no further ones."""
        urllib.request.urlopen(self.url("let-go"), timeout=10).close()

    def _told(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.url("told"), timeout=10) as answer:
            told: dict[str, Any] = json.load(answer)
        return told


class _Notes:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.got: list[tuple[str, str]] = []
        self.tries: Counter[str] = Counter()
        self.at_once = self.most_at_once = self.connections = 0
        self.let_go = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    notes: _Notes

    def setup(self) -> None:
        super().setup()
        with self.notes.lock:
            self.notes.connections += 1

    def do_GET(self) -> None:
        notes = self.notes
        if self.path in ("/let-go", "/forget"):
            notes.let_go.set()
        if self.path == "/forget":
            _Handler.notes = _Notes()
        told = {"got": notes.got, "at_once": notes.at_once, "most_at_once": notes.most_at_once, "connections": notes.connections}
        self._answer(200, json.dumps(told).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
        self.event, notes = self.headers.get("Idempotency-Key", ""), self.notes
        with notes.lock:
            notes.got.append((self.event, body.get(PERSON, "")))
            notes.tries[self.event] += 1
            notes.at_once += 1
            notes.most_at_once = max(notes.most_at_once, notes.at_once)
        try:
            address = urlsplit(self.path)
            getattr(self, f"_{address.path[1:]}")(**{name: values[0] for name, values in parse_qs(address.query).items()})
        finally:
            with notes.lock:
                notes.at_once -= 1

    def _ok(self, **_: str) -> None:
        self._answer(200, b'{"taken": true}')

    def _slow(self, seconds: str) -> None:
        time.sleep(float(seconds))
        self._ok()

    def _held(self) -> None:
        self.notes.let_go.wait(LONGEST)
        self._ok()

    def _status(self, code: str, wait: str = "") -> None:
        self._answer(int(code), b"no", **({"Retry-After": wait} if wait else {}))

    def _flaky(self) -> None:
        """Refuse the first attempts."""
        self._answer(200 if self.notes.tries[self.event] > 1 else 503, b"")

    def _closes(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
        self.close_connection = True

    def _lies(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthat is all")
        self.close_connection = True

    def _moved(self, to: str) -> None:
        self._answer(307, b"", Location=f"http://127.0.0.1:{to}/ok")

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def serve() -> None:
    _Handler.notes = _Notes()
    server = _Server(("127.0.0.1", 0), _Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve()
