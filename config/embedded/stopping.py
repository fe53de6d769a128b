"""Requests to stop: SIGINT, SIGTERM and a closed terminal mean the same.

A signal handler only sets a flag, which every waiting loop checks, because an exception raised in the middle of a
library call can be lost there. Long work that checks no flag asks for the exception with `at_once`.
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
    """Install the handlers. Under nohup, the end of the terminal stays ignored."""
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
    """Let a signal interrupt the body at any point."""
    _note.at_once = True
    try:
        yield
    finally:
        _note.at_once = False
    check()
