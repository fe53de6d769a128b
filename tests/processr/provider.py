"""A provider on loopback that notes which leads it is asked about, and how many at once."""

import json
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from urllib.parse import unquote, urlsplit


class Provider:
    """Answers each question, of the path's last part or the body of a POST, with what `answer` makes of it; a bare text is no JSON, and None breaks off."""

    def __init__(self, answer: Callable[[str], object] = lambda asked: {"asked": asked}) -> None:
        self.answer = answer
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self.closing = Event()
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def hold(self, seconds: float) -> None:
        """Hold the answers until `let_go`, or until the test is over."""
        self.closing.wait(seconds)

    def _told(self, asked: str) -> object:
        with self._lock:
            self.asked[asked] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.answer(asked)
        finally:
            with self._lock:
                self.at_once -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(unquote(urlsplit(self.path).path.rpartition("/")[2]))

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def _answer(self, asked: str) -> None:
                told = provider._told(asked)
                if told is None:
                    self.close_connection = True
                    return
                body = (told if isinstance(told, str) else json.dumps(told)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Write no log."""

        return Handler
