"""The web server's worker: threads, none of which a sender, a receiver or the database keeps for ever (`--worker-class`)."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from gunicorn.workers import gthread

from config.core.api.reading_limits import watch
from config.core.database.waiting import waits

HEAD_SECONDS = 10.0
"""The time from the first byte of a request to the end of its head. Bodies have limits of their own."""
PROBES = (b"GET /healthz ", b"HEAD /healthz ")
LONGEST_PROBE = 2048
FIRST_BYTES_WITHIN = 5
"""Seconds for which the kernel keeps a connection on which nothing has been sent, such as the spare ones of browsers."""


class WebWorker(gthread.ThreadWorker):
    """Threads that answer requests, and one that answers whether the process is alive, however long the others wait."""

    def init_process(self) -> None:
        self.probe_pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probes")
        waits.limit(threads=self.cfg.threads)
        for listener in self.sockets:
            _defer_silent_connections(listener.sock)
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        pool = self.probe_pool if _is_probe(conn.sock) else self.tpool
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def handle(self, conn: Any) -> Any:
        with watch.limited(conn.sock, seconds=HEAD_SECONDS) as conn.head_limit:
            return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer the request, whose head has arrived, and say whether the connection is kept.

        It is not if more than the request has come: that may be what is left of a refused body, and would be read as a request.
        """
        watch.drop(conn.head_limit)
        return super().handle_request(req, conn) and not _has_sent_more(conn)


def _is_probe(connection: socket.socket) -> bool:
    """Return whether a whole probe has arrived, for whose end its thread need not wait. The bytes stay where they are."""
    with suppress(OSError):
        head = connection.recv(LONGEST_PROBE, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        return head.startswith(PROBES) and b"\r\n\r\n" in head
    return False


def _has_sent_more(conn: Any) -> bool:
    """Return whether bytes beyond the request were read with it. Those that come later may answer the response: they are a request."""
    return bool(conn.parser.unreader.buf.getvalue())


def _defer_silent_connections(listener: socket.socket) -> None:
    """Let a connection wait in the kernel for its first bytes: the threads would wait for them otherwise."""
    if listener.family in (socket.AF_INET, socket.AF_INET6) and hasattr(socket, "TCP_DEFER_ACCEPT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, FIRST_BYTES_WITHIN)
