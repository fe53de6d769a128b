"""Connections kept open for the next call to the same place."""

import os
from threading import Lock
from time import monotonic

from config.panel.outbound.connecting import Connection
from config.panel.outbound.guard import may_call
from config.panel.outbound.limits import Clock, Limits
from config.panel.outbound.places import Place

KEPT_SECONDS = 20.0
SECONDS_FOR_A_SECOND_POST = 2.0
"""A server may close a quiet connection as we write on it. A GET is then asked again; a POST may have been read, so its line is fresh."""
KEPT = 64
Kept = tuple[float, Connection]


class Pool:
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Without closing: in a child process the connections are the parent's."""
        self._lock = Lock()
        self._kept: list[Kept] = []

    def take(self, place: Place, clock: Clock, limits: Limits, *, repeatable: bool) -> Connection | None:
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

    def _youngest(self, place: Place) -> Kept | None:
        with self._lock:
            for number in range(len(self._kept) - 1, -1, -1):
                if self._kept[number][1].place.origin == place.origin:
                    return self._kept.pop(number)
        return None

    def _surplus(self) -> list[Kept]:
        """Oldest first, so what is over age is at the front."""
        over = max(0, len(self._kept) - KEPT)
        while over < len(self._kept) and monotonic() - self._kept[over][0] > KEPT_SECONDS:
            over += 1
        surplus, self._kept = self._kept[:over], self._kept[over:]
        return surplus


pool = Pool()
os.register_at_fork(after_in_child=pool.forget)
