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


class _StopRequest:
    signal_number: int = 0
    interrupts: bool = False


_request = _StopRequest()


def listen() -> None:
    """Install the handlers. Under nohup, the end of the terminal stays ignored."""
    for number in SIGNALS:
        if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, _receive)


def _receive(signal_number: int, _frame: Any) -> None:
    _request.signal_number = signal_number
    if _request.interrupts:
        check()


def check() -> None:
    if _request.signal_number:
        raise KeyboardInterrupt(_request.signal_number)


def pause(seconds: float) -> None:
    time.sleep(seconds)
    check()


@contextmanager
def at_once() -> Iterator[None]:
    """Let a signal interrupt the body at any point."""
    _request.interrupts = True
    try:
        yield
    finally:
        _request.interrupts = False
    check()
