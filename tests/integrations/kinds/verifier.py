"""A receiver in a process of its own that verifies each call with the public library of Standard Webhooks, by secrets it was given."""

import json
import subprocess
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self

from standardwebhooks import Webhook, WebhookVerificationError

from config.embedded.paths import REPOSITORY


class VerifyingReceiver:
    """`calls` holds, for each call, its path, the id it is signed under, how it was answered, and the names of the secrets that verify it."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen([sys.executable, "-m", __name__], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    @property
    def calls(self) -> list[dict[str, Any]]:
        return list(self._ask(None))

    def answer_with(self, status: int) -> None:
        self._ask({"status": status})

    def trust(self, path: str, **secrets: str) -> None:
        """Verify calls of this path by these secrets, and by no other."""
        self._ask({"path": f"/{path}", "secrets": secrets})

    def _ask(self, order: dict[str, Any] | None) -> Any:
        request = urllib.request.Request(self.url("desk"), None if order is None else json.dumps(order).encode(), method="PUT")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


class _VerifyingHandler(BaseHTTPRequestHandler):
    status = 200
    secrets: ClassVar[dict[str, dict[str, str]]] = {}
    calls: ClassVar[list[dict[str, Any]]] = []

    def do_PUT(self) -> None:
        order = json.loads(self._body() or "{}")
        if "status" in order:
            _VerifyingHandler.status = order["status"]
        if "path" in order:
            self.secrets[order["path"]] = order["secrets"]
        self._answer(200, json.dumps(self.calls).encode())

    def do_POST(self) -> None:
        body = self._body()
        verified = [name for name, secret in self.secrets.get(self.path, {}).items() if self._is_signed(secret, body)]
        call = {"path": self.path, "id": self.headers["webhook-id"], "body": body.decode(), "status": self.status, "verified_by": verified}
        self.calls.append(call)
        self._answer(self.status, b"{}")

    def _is_signed(self, secret: str, body: bytes) -> bool:
        try:
            Webhook(secret).verify(body, dict(self.headers.items()), json_parse=False)
        except WebhookVerificationError:
            return False
        return True

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log."""


def serve() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _VerifyingHandler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve()
