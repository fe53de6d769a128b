"""Time limits for reading from senders: one who stops in the middle does not keep a thread of the web server for ever."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition, Thread
from time import monotonic

LOOK_EVERY = 1.0


class ReadingLimit:
    """The moment at which reading from a connection ends. The answer can still be sent after it."""

    def __init__(self, connection: socket.socket, *, seconds: float) -> None:
        self.connection = connection
        self.ends = monotonic() + seconds
        self.is_over = False

    def end_reading(self) -> None:
        self.is_over = True
        with suppress(OSError):  # it is closed already
            self.connection.shutdown(socket.SHUT_RD)


class Watch:
    """The limits of a process and the thread that enforces them: one for all, because a timer for each request would be a thread each."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: in a child process there is no thread, and the connections belong to the parent."""
        self._limits: set[ReadingLimit] = set()
        self._changed = Condition()
        self._wakes_at = 0.0
        self._is_started = False

    @contextmanager
    def limited(self, connection: socket.socket, *, seconds: float) -> Iterator[ReadingLimit]:
        limit = ReadingLimit(connection, seconds=seconds)
        self._add(limit)
        try:
            yield limit
        finally:
            self.drop(limit)

    def drop(self, limit: ReadingLimit) -> None:
        """Lift the limit. A limit that has been lifted stays lifted."""
        with self._changed:
            self._limits.discard(limit)

    def _add(self, limit: ReadingLimit) -> None:
        with self._changed:
            self._limits.add(limit)
            if not self._is_started:
                self._is_started = True
                Thread(target=self._enforce, name="reading-limits", daemon=True).start()
            elif limit.ends < self._wakes_at:
                self._changed.notify()

    def _enforce(self) -> None:
        while True:
            with self._changed:
                now = monotonic()
                over = [limit for limit in self._limits if limit.ends <= now]
                self._limits.difference_update(over)
                for limit in over:
                    limit.end_reading()
                self._wakes_at = min([now + LOOK_EVERY, *(limit.ends for limit in self._limits)])
                self._changed.wait(self._wakes_at - now)


watch = Watch()
os.register_at_fork(after_in_child=watch.forget)
