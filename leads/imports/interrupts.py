"""Ctrl-C and its like, noticed while a command runs, so that it can end between two chunks. The second one ends it at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def noticed() -> Iterator[threading.Event]:
    """Set at the first one. Only the main thread hears them."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = {number: handler for number in SIGNALS if (handler := signal.getsignal(number)) != signal.SIG_IGN}  # as under nohup

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
