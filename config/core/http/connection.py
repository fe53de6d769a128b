"""Connections: the host name is resolved once, and the connection is made to an address that was checked.

Open connections are kept for the next call to the same origin.
"""

import http.client
import io
import os
import socket
import ssl
import sys
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, Protocol, cast

from config.core.errors import OUTBOUND_ALLOW
from config.core.http.address_guard import may_call
from config.core.http.call_limits import end_of_calls
from config.core.http.errors import AddressRefused, Unreachable
from config.core.http.target import Target

ADDRESSES_TRIED = 4
LONGEST_HEAD = 100_000
"""Limit in bytes of status line and headers."""
MOST_INTERIM = 100
"""Responses of 1xx before the final one. A receiver that works long may send one every second (102)."""

BYTES_ACKED = slice(120, 128)
"""The place of tcpi_bytes_acked in Linux's struct tcp_info."""

Addresses = list[tuple[int, str]]
"""Address family and address."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in seconds; `total` covers everything from the name look-up to the last byte after the last redirect.

    `size` is in unpacked bytes.
    """

    connect: float = 5.0
    read: float = 10.0
    total: float = 20.0
    size: int = 1_000_000


class Endpoint(Protocol):
    """Where a connection leads; `name` is how messages show it. A `Target` is one."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def name(self) -> str: ...


class Deadline:
    """The moment by which one call must have ended, and the time left until then."""

    def __init__(self, limits: Limits) -> None:
        self.began = monotonic()
        self._ends = min(self.began + limits.total, end_of_calls())

    def left(self, at_most: float) -> float:
        """Return the seconds for the next step. Raises OutOfTime when none are left."""
        left = self._ends - monotonic()
        if left <= 0:
            raise OutOfTime
        return min(left, at_most)

    @property
    def remaining(self) -> float:
        """The seconds until then; none or fewer when it is reached."""
        return self._ends - monotonic()

    @property
    def took_ms(self) -> int:
        return round((monotonic() - self.began) * 1000)


class OutOfTime(TimeoutError):
    """The time limit of the whole call is reached."""


class Connection(http.client.HTTPConnection):
    """A connection to one origin. Every read ends with the call's time limit, however slowly the other side sends."""

    def __init__(self, target: Target, deadline: Deadline, limits: Limits) -> None:
        super().__init__(target.host, target.port)
        self.response_class = FinalResponse
        self.default_port = {"http": 80, "https": 443}[target.scheme]
        self.target, self.address = target, ""
        self.take_over(deadline, limits)

    def take_over(self, deadline: Deadline, limits: Limits) -> None:
        """Reset the state for the next call."""
        self.deadline, self.limits, self.read_so_far, self.began_sending, self.ended = deadline, limits, 0, False, False
        self.was_closed_before_request = False
        self._taken_before = cast(_TimedSocket, self.sock).bytes_taken() if self.sock is not None else None

    def note_end(self, taken: int | None) -> None:
        """Note the end of what the other side sends, when it had taken that many bytes since the connection was made.

        If this is a kept connection, nothing of an answer came, and it has not taken one byte more than before, it had
        closed the connection before the request reached it: the end of its stream would have confirmed them otherwise.
        """
        self.was_closed_before_request = self.read_so_far == 0 and taken is not None and taken == self._taken_before

    def connect(self) -> None:
        sock, self.address = connect_to(self.target, self.deadline, self.limits)
        try:
            if self.target.scheme == "https":
                sock.settimeout(self.deadline.left(self.limits.connect))
                sock = tls_context().wrap_socket(sock, server_hostname=self.target.host)
        except BaseException:
            sock.close()
            raise
        self.sock = cast(Any, _TimedSocket(sock, self))  # http.client uses no other methods of a socket

    def is_quiet(self) -> bool:
        """Return whether the connection is open and no unexpected data has arrived."""
        return self.sock is not None and cast(_TimedSocket, self.sock).is_quiet()

    def count(self, size: int) -> None:
        """Count received bytes. Raises TooManyBytes above the limits of head and body."""
        self.read_so_far += size
        if self.read_so_far > self.limits.size + LONGEST_HEAD:
            raise TooManyBytes


class FinalResponse(http.client.HTTPResponse):
    """The final response: those of 1xx before it are read over, of which Python itself knows only 100.

    A switch of protocols, which nobody asked for, is none, and neither is whatever follows more than MOST_INTERIM of them.
    """

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MOST_INTERIM + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # missing from the stubs
            if status == HTTPStatus.SWITCHING_PROTOCOLS:
                break
            if status >= 200:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.BadStatusLine("no final response")


class TooManyBytes(Exception):
    """More bytes arrived than the size limit allows."""


class _TimedSocket:
    """The socket that http.client uses. It closes, as any socket, when its last reader does."""

    def __init__(self, sock: socket.socket, owner: Connection) -> None:
        self._socket, self._owner, self._readers, self._closing = sock, owner, 0, False

    def read_into(self, buffer: Any) -> int:
        self._socket.settimeout(self._owner.deadline.left(self._owner.limits.read))
        size = self._socket.recv_into(buffer)
        self._owner.count(size)
        self._owner.ended = size == 0
        if size == 0:
            self._owner.note_end(self.bytes_taken())
        return size

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self._owner.deadline.left(self._owner.limits.total))
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ssl.SSLEOFError):
            if self._is_at_end():
                self._owner.note_end(self.bytes_taken())
            raise

    def bytes_taken(self) -> int | None:
        """Return how many bytes the other side has confirmed, or None where the system does not tell."""
        if not hasattr(socket, "TCP_INFO"):
            return None
        info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_ACKED.stop)
        return int.from_bytes(info[BYTES_ACKED], sys.byteorder) if len(info) >= BYTES_ACKED.stop else None

    def _is_at_end(self) -> bool:
        try:
            self._socket.settimeout(0)
            return self._socket.recv(1) == b""
        except OSError:
            return False

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_ResponseStream(self))

    def reader_closed(self) -> None:
        self._readers -= 1
        self._close_unread()

    def close(self) -> None:
        self._closing = True
        self._close_unread()

    def _close_unread(self) -> None:
        if self._closing and self._readers <= 0:
            self._socket.close()

    def is_quiet(self) -> bool:
        """Return whether there is nothing to read: neither data nor the end of the stream."""
        try:
            self._socket.settimeout(0)
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False


class _ResponseStream(io.RawIOBase):
    """The stream of one response. Closing it leaves the connection open for the next."""

    def __init__(self, sock: _TimedSocket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._sock.read_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self._sock.reader_closed()
        super().close()


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Return the TLS context with the machine's certificate authorities; SSL_CERT_FILE adds those of an intranet."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def look_up(host: str, port: int) -> Addresses:
    """Return the addresses of the host in the resolver's order. Numeric hosts of any spelling come out as addresses."""
    results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((int(family), str(sockaddr[0])) for family, _, _, _, sockaddr in results))


def _resolve(target: Endpoint, deadline: Deadline, limits: Limits) -> Addresses:
    """Resolve the name in a thread, because the resolver has no timeout."""
    results: SimpleQueue[Addresses | OSError | UnicodeError] = SimpleQueue()

    def resolve() -> None:
        try:
            results.put(look_up(target.host, target.port))
        except (OSError, UnicodeError) as error:
            results.put(error)

    Thread(target=resolve, daemon=True, name="look-up").start()
    try:
        result = results.get(timeout=deadline.left(limits.connect))
    except Empty as error:
        raise Unreachable(f"The name {target.host} could not be looked up in time.") from error
    if isinstance(result, Exception):
        raise Unreachable(f"There is no host {target.host}.") from result
    return result


def connect_to(target: Endpoint, deadline: Deadline, limits: Limits, *, addresses: Addresses | None = None) -> tuple[socket.socket, str]:
    """Return a socket that is connected to an address which may be called, and that address.

    The name is not looked up where `addresses` are given. Raises AddressRefused if none may be called, Unreachable or OutOfTime.
    """
    addresses = _resolve(target, deadline, limits) if addresses is None else addresses
    allowed = [(family, address) for family, address in addresses if may_call(address, host=target.host, port=target.port)]
    if not allowed:
        refusal = f"{target.name} is not on the public internet, and not among the addresses that may be called."
        raise AddressRefused(OUTBOUND_ALLOW.lifts(refusal))
    last_error: Exception | None = None
    for family, address in allowed[:ADDRESSES_TRIED]:
        try:
            return _open_socket(family, address, target, deadline.left(limits.connect)), address
        except OutOfTime:
            raise
        except OSError as error:
            last_error = error
    raise Unreachable(f"{target.name} could not be connected to.") from last_error


def _open_socket(family: int, address: str, target: Endpoint, seconds: float) -> socket.socket:
    """Connect to `address`, which is numeric, so that no name is resolved here."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((address, target.port))
        if not may_call(sock.getpeername()[0], host=target.host, port=target.port):
            raise AddressRefused(OUTBOUND_ALLOW.lifts(f"{target.name} is not on the public internet."))
    except BaseException:
        sock.close()
        raise
    return sock


KEPT_SECONDS = 20.0
KEPT_SECONDS_FOR_POST = 2.0
"""A server may close an idle connection while we write on it.

A GET is then repeated. A POST may have been read, unless `Connection.was_closed_before_request` proves that it was not; so it
gets a fresh one where that is likely.
"""
MOST_KEPT = 64
KeptConnection = tuple[float, Connection]


class Pool:
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Drop the connections without closing them: in a child process they belong to the parent."""
        self._lock = Lock()
        self._kept: list[KeptConnection] = []

    def take(self, target: Target, deadline: Deadline, limits: Limits, *, repeatable: bool) -> Connection | None:
        seconds = KEPT_SECONDS if repeatable else KEPT_SECONDS_FOR_POST
        while entry := self._pop_youngest(target):
            since, connection = entry
            usable = monotonic() - since < seconds and may_call(connection.address, host=target.host, port=target.port)
            if usable and connection.is_quiet():
                connection.take_over(deadline, limits)
                return connection
            connection.close()
        return None

    def give_back(self, connection: Connection) -> None:
        """Keep the connection, and close those above the limits of number and age."""
        with self._lock:
            self._kept.append((monotonic(), connection))
            # The list is ordered by age, the oldest first.
            over = max(0, len(self._kept) - MOST_KEPT)
            while over < len(self._kept) and monotonic() - self._kept[over][0] > KEPT_SECONDS:
                over += 1
            surplus, self._kept = self._kept[:over], self._kept[over:]
        for _, old in surplus:
            old.close()

    def _pop_youngest(self, target: Target) -> KeptConnection | None:
        with self._lock:
            for number in range(len(self._kept) - 1, -1, -1):
                if self._kept[number][1].target.origin == target.origin:
                    return self._kept.pop(number)
        return None


pool = Pool()
os.register_at_fork(after_in_child=pool.forget)
