"""Sockets for clients of protocols other than HTTP, such as SFTP and FTP, under the rules of all outgoing calls.

Their libraries limit the time of single reads at best. Here a thread watches over the conversation.
"""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Condition, Thread
from time import monotonic
from types import TracebackType

from config.core.http.call_limits import refuse_in_request
from config.core.http.connection import Addresses, Deadline, Limits, OutOfTime, connect_to
from config.core.http.errors import Unreachable
from config.core.http.target import parse_host


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is called: an `Endpoint`."""

    host: str
    port: int
    usual_port: int

    @classmethod
    def parse(cls, host: str, port: int, *, usual_port: int) -> "Server":
        """Return the server under the name that is called. Raises AddressRefused if no host can have this name."""
        return cls(parse_host(host.strip().removeprefix("[").removesuffix("]")), port, usual_port)

    @property
    def name(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == self.usual_port else f"{host}:{self.port}"


class TimedSockets:
    """The sockets of one conversation with a server.

        with TimedSockets(limits) as sockets:
            sock = sockets.connect(server)
            …
            sockets.step()

    When no step has ended for `limits.read` seconds, or `limits.total` is over, all of them are shut down, whatever waits
    there: reads end, writes fail, and `are_late` is true. All are closed at the end.
    """

    def __init__(self, limits: Limits) -> None:
        refuse_in_request()
        self.limits, self.deadline, self.are_late = limits, Deadline(limits), False
        self._sockets: list[socket.socket] = []
        self._change = Condition()
        self._step_ends, self._is_over = monotonic() + limits.connect + limits.read, False

    def __enter__(self) -> "TimedSockets":
        self._thread = Thread(target=self._watch, daemon=True, name="time limit")
        self._thread.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        with self._change:
            self._is_over = True
            self._change.notify()
        self._thread.join()
        for sock in self._sockets:
            sock.close()

    def connect(self, server: Server) -> socket.socket:
        """Connect to an address of the server that may be called. Raises AddressRefused or Unreachable."""
        return self._connect(server, None)

    def connect_beside(self, sock: socket.socket, server: Server, port: int) -> socket.socket:
        """Connect to another port of the address that `sock` leads to, if it may be called under the server's name."""
        address = str(sock.getpeername()[0])
        return self._connect(replace(server, port=port), [(int(sock.family), address)])

    def _connect(self, server: Server, addresses: Addresses | None) -> socket.socket:
        self.step(self.limits.connect)
        try:
            sock, _ = connect_to(server, self.deadline, self.limits, addresses=addresses)
        except OutOfTime as error:
            raise Unreachable(f"{server.name} could not be connected to in time.") from error
        return self.keep(sock)

    def keep(self, sock: socket.socket) -> socket.socket:
        """Watch over this socket as well, and close it at the end."""
        sock.settimeout(self.limits.read)
        with self._change:
            self._sockets.append(sock)
            if self.are_late:
                _shut_down(sock)
        self.step()
        return sock

    def secure(self, sock: socket.socket, host: str, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
        """Return the socket with TLS, the certificate verified for the host. It takes the place of the one given."""
        context = plain_tls_context()
        secured = context.wrap_socket(sock, server_hostname=host, session=session, do_handshake_on_connect=False)
        with self._change:
            self._sockets = [secured if kept is sock else kept for kept in self._sockets]
        secured.do_handshake()
        self.step()
        return secured

    def step(self, more: float = 0.0) -> None:
        """Note that the conversation goes on: the next step has `limits.read` seconds again, and `more`."""
        with self._change:
            self._step_ends = monotonic() + self.limits.read + more
            self._change.notify()

    def _watch(self) -> None:
        with self._change:
            while not self._is_over:
                left = min(self._step_ends - monotonic(), self.deadline.remaining)
                if left <= 0:
                    self.are_late = True
                    for sock in self._sockets:
                        _shut_down(sock)
                    return
                self._change.wait(left)


def _shut_down(sock: socket.socket) -> None:
    with suppress(OSError):  # It was closed before.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


@lru_cache(maxsize=1)
def plain_tls_context() -> ssl.SSLContext:
    """Return the TLS context of protocols that are no HTTP: servers may refuse a client that announces another protocol."""
    return ssl.create_default_context()
