"""Connections: the host name is resolved once, and the connection is made to an address that was checked.

Open connections are kept for the next call to the same origin.
"""

import http.client
import io
import os
import socket
import ssl
from functools import lru_cache
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, cast

from config.core.http.address_guard import may_call
from config.core.http.errors import AddressRefused, Unreachable
from config.core.http.limits import Clock, Limits, OutOfTime
from config.core.http.target import Target

ADDRESSES_TRIED = 4
LONGEST_HEAD = 100_000
"""Limit in bytes of status line and headers."""

Looked = list[tuple[int, str]]
"""Address family and address."""


class Connection(http.client.HTTPConnection):
    """A connection to one origin. Every read ends with the call's time limit, however slowly the other side sends."""

    def __init__(self, place: Target, clock: Clock, limits: Limits) -> None:
        super().__init__(place.host, place.port)
        self.default_port = {"http": 80, "https": 443}[place.scheme]
        self.place, self.address = place, ""
        self.take_over(clock, limits)

    def take_over(self, clock: Clock, limits: Limits) -> None:
        """Reset the state for the next call."""
        self.clock, self.limits, self.read_so_far, self.began_sending, self.ended = clock, limits, 0, False, False

    def connect(self) -> None:
        raw, self.address = _connected(self.place, self.clock, self.limits)
        try:
            plain = raw if self.place.scheme == "http" else self._secured(raw)
        except BaseException:
            raw.close()
            raise
        self.sock = cast(Any, _Timed(plain, self))

    def _secured(self, raw: socket.socket) -> socket.socket:
        raw.settimeout(self.clock.left(self.limits.connect))
        return trust().wrap_socket(raw, server_hostname=self.place.host)

    def is_quiet(self) -> bool:
        """Return whether the connection is open and no unexpected data has arrived."""
        return self.sock is not None and cast(_Timed, self.sock).is_quiet()

    def count(self, size: int) -> None:
        """Count received bytes. Raises TooMuch above the limits of head and body."""
        self.read_so_far += size
        if self.read_so_far > self.limits.size + LONGEST_HEAD:
            raise TooMuch


class TooMuch(Exception):
    """More bytes arrived than the size limit allows."""


class _Timed:
    """The socket that http.client uses. It closes, as any socket, when its last reader does."""

    def __init__(self, sock: socket.socket, owner: Connection) -> None:
        self._socket, self._owner, self._readers, self._closing = sock, owner, 0, False

    def read_into(self, buffer: Any) -> int:
        self._socket.settimeout(self._owner.clock.left(self._owner.limits.read))
        size = self._socket.recv_into(buffer)
        self._owner.count(size)
        self._owner.ended = size == 0
        return size

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self._owner.clock.left(self._owner.limits.total))
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002  (http.client's signature)
        self._readers += 1
        return io.BufferedReader(_Answer(self))

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


class _Answer(io.RawIOBase):
    """The stream of one response. Closing it leaves the connection open for the next."""

    def __init__(self, timed: _Timed) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._timed.read_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self._timed.reader_closed()
        super().close()


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """Return the TLS context with the machine's certificate authorities; SSL_CERT_FILE adds those of an intranet."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def look_up(host: str, port: int) -> Looked:
    """Return the addresses of the host in the resolver's order. Numeric hosts of any spelling come out as addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((int(family), str(sockaddr[0])) for family, _, _, _, sockaddr in found))


def _looked_up(place: Target, clock: Clock, limits: Limits) -> Looked:
    """Resolve the name in a thread, because the resolver has no timeout."""
    answers: SimpleQueue[Looked | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(look_up(place.host, place.port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    Thread(target=ask, daemon=True, name="look-up").start()
    try:
        answer = answers.get(timeout=clock.left(limits.connect))
    except Empty as error:
        raise Unreachable(f"The name {place.host} could not be looked up in time.") from error
    if isinstance(answer, Exception):
        raise Unreachable(f"There is no host {place.host}.") from answer
    return answer


def _connected(place: Target, clock: Clock, limits: Limits) -> tuple[socket.socket, str]:
    looked = _looked_up(place, clock, limits)
    allowed = [one for one in looked if may_call(one[1], host=place.host, port=place.port)]
    if not allowed:
        raise AddressRefused(f"{place.name} is not on the public internet, and not among the addresses that may be called.")
    trouble: Exception | None = None
    for family, address in allowed[:ADDRESSES_TRIED]:
        try:
            return _opened(family, address, place, clock.left(limits.connect)), address
        except OutOfTime:
            raise
        except OSError as error:
            trouble = error
    raise Unreachable(f"{place.name} could not be connected to.") from trouble


def _opened(family: int, address: str, place: Target, seconds: float) -> socket.socket:
    """Connect to `address`, which is numeric, so that no name is resolved here."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((address, place.port))
        if not may_call(sock.getpeername()[0], host=place.host, port=place.port):
            raise AddressRefused(f"{place.name} is not on the public internet.")
    except BaseException:
        sock.close()
        raise
    return sock


KEPT_SECONDS = 20.0
SECONDS_FOR_A_SECOND_POST = 2.0
"""A server may close an idle connection while we write on it.

A GET is then repeated, but a POST may have been read, so it needs a fresh one.
"""
KEPT = 64
Kept = tuple[float, Connection]


class Pool:
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Drop the connections without closing them: in a child process they belong to the parent."""
        self._lock = Lock()
        self._kept: list[Kept] = []

    def take(self, place: Target, clock: Clock, limits: Limits, *, repeatable: bool) -> Connection | None:
        seconds = KEPT_SECONDS if repeatable else SECONDS_FOR_A_SECOND_POST
        while kept := self._youngest(place):
            since, connection = kept
            usable = monotonic() - since < seconds and may_call(connection.address, host=place.host, port=place.port)
            if usable and connection.is_quiet():
                connection.take_over(clock, limits)
                return connection
            connection.close()
        return None

    def give_back(self, connection: Connection) -> None:
        with self._lock:
            self._kept.append((monotonic(), connection))
            surplus = self._surplus()
        for _, old in surplus:
            old.close()

    def _youngest(self, place: Target) -> Kept | None:
        with self._lock:
            for number in range(len(self._kept) - 1, -1, -1):
                if self._kept[number][1].place.origin == place.origin:
                    return self._kept.pop(number)
        return None

    def _surplus(self) -> list[Kept]:
        """Remove and return the connections above the limits of number and age. The list is ordered by age, the oldest first."""
        over = max(0, len(self._kept) - KEPT)
        while over < len(self._kept) and monotonic() - self._kept[over][0] > KEPT_SECONDS:
            over += 1
        surplus, self._kept = self._kept[:over], self._kept[over:]
        return surplus


pool = Pool()
os.register_at_fork(after_in_child=pool.forget)
