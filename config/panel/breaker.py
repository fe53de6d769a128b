"""After the broker's server failed nobody tries it again for a moment: a dead one costs a request next to nothing."""

import threading
import time

from prometheus_client import Counter
from structlog.typing import FilteringBoundLogger

BREAK = 2.0
"""Seconds without an attempt after the server failed."""


class Breaker:
    """One per process and purpose."""

    def __init__(self, log: FilteringBoundLogger, *, says: str, failures: Counter) -> None:
        self._log, self._says, self._failures = log, says, failures
        self._lock = threading.Lock()
        self.open_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.open_until

    def broke(self, error: Exception) -> None:
        """Said once per break, counted each time."""
        self._failures.inc()
        with self._lock:
            said, self.open_until = self.is_open, time.monotonic() + BREAK
        if not said:
            self._log.warning(self._says, error=str(error))
