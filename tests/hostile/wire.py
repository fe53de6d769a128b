"""Requests to the WSGI application as a web server makes them: raw bytes, and the time they took."""

import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from config.wsgi import application

BOUND = 3.0
"""Seconds that no request may take, on a machine that has other things to do."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def kind(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ignore_reads(_part: str) -> None:
    pass


touched: Callable[[str], None] = ignore_reads
"""Is called with "query" or "body" when the application reads that part of a request."""


class Sent(io.BytesIO):
    """A body whose sender hangs up at its end."""

    def read(self, size: int | None = -1, /) -> bytes:
        touched("body")
        return super().read(size)


class Environ(dict[str, Any]):
    def get(self, name: str, default: Any = None, /) -> Any:
        if name == "QUERY_STRING":
            touched("query")
        return super().get(name, default)


def ask(method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    """`target`: path and query as they stand in the request line. Content-Length is told truly unless the headers say otherwise."""
    said = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **(headers or {})}
    started: list[Any] = []
    began = time.perf_counter()
    parts = application(_environ(method, target, body, said), lambda status, sent, *_: started.append((status, sent)))
    text = b"".join(parts)
    close = getattr(parts, "close", None)
    if close:
        close()
    (status, sent) = started[0]
    return Answer(int(status.split()[0]), dict(sent), text, time.perf_counter() - began)


def _environ(method: str, target: str, body: bytes, headers: dict[str, str]) -> Environ:
    path, _, query = target.partition("?")
    environ = Environ({
        "REQUEST_METHOD": method, "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": Sent(body), "wsgi.errors": sys.stderr, "wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False,
    })  # fmt: skip
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ
