"""The wish to stop: SIGINT, SIGTERM and a closed terminal all mean the same, and mean it once.

A signal only leaves a note, which every waiting loop reads: an exception thrown into the middle of a library call
can be lost there. Long work that reads no notes asks for the exception with `at_once`.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Note:
    received: int = 0
    at_once: bool = False


_note = _Note()


def listen() -> None:
    """Under nohup the end of the terminal goes on meaning nothing."""
    for each in SIGNALS:
        if not (each == signal.SIGHUP and signal.getsignal(each) == signal.SIG_IGN):
            signal.signal(each, _asked)


def _asked(received: int, _frame: Any) -> None:
    _note.received = received
    if _note.at_once:
        check()


def check() -> None:
    if _note.received:
        raise KeyboardInterrupt(_note.received)


def pause(seconds: float) -> None:
    time.sleep(seconds)
    check()


@contextmanager
def at_once() -> Iterator[None]:
    """Within the body a signal interrupts whatever runs."""
    _note.at_once = True
    try:
        yield
    finally:
        _note.at_once = False
    check()
