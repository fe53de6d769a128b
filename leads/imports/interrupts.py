"""Signals such as Ctrl-C while a command runs: the first lets it end between two chunks, the second ends it at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def noticed() -> Iterator[threading.Event]:
    """Return an event that is set by the first signal. Signals are handled in the main thread only."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    # An ignored signal stays ignored, as under nohup.
    before = {number: handler for number in SIGNALS if (handler := signal.getsignal(number)) != signal.SIG_IGN}

    def hear(number: int, _frame: FrameType | None) -> None:
        event.set()
        signal.signal(number, signal.default_int_handler)

    for number in before:
        signal.signal(number, hear)
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
