"""Structured logs: one line per event, with the id of its request, and without secrets."""

import json
import logging
import logging.config
import os
import re
import sys
import threading
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any

import structlog

from config.outages import is_database_lost

SECRET_KEYS = frozenset(
    {
        "password", "secret", "client_secret", "token", "access_token", "refresh_token", "apikey", "api_key",
        "authorization", "cookie", "set-cookie", "sessionid",
    }
)  # fmt: skip
MASK = "•••"
TOO_LARGE = ("RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent")
"""Refusals of Django of which the handler of its error writes a line without a traceback."""
_NAME = (
    r"(?:passw(?:or)?d|passwd|pwd|passphrase|secret|token|jwt|api(?:[\s_.-]|%5f|%2d)?key|(?:access|private|secret|signing)[_-]?key|"
    r"session[_-]?id|signature|credentials?)\d*"
)
_EQUALS = r"""(?:[\]"'\\]|%22|%5d)*\s*(?:=>|[=:]|%3d|%3a|%253d)\s*(?:[\\"']|%22)*"""
_VALUE = r"""(?:(?!%26)[^&\s"',;}\\<>])+"""
_NAMED_VALUE = re.compile(rf"({_NAME}{_EQUALS})(?:(?:bearer|basic|token|digest)\s+)?{_VALUE}", re.IGNORECASE)
_HEADER = re.compile(r"""((?:authorization|cookie)(?:["'\\]|%22)*\s*[:=]\s*[\\"']*)[^\r\n"'\\]+""", re.IGNORECASE)
"""Headers that are secret to the end of their line: cookies follow one another, and a scheme precedes its credentials."""
_SCHEME = re.compile(r"\b(bearer|basic)\s+(?=[\w.~+/-]*[\d=._])[\w.~+/-]{6,}=*", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"""(\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@"']*:)[^\s/"'<>]+@""", re.IGNORECASE)
_BY_SHAPE = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?|\b(?:pub|cmp|key)_[\w-]{30,}")
"""A JSON Web Token, and the keys that this product makes, wherever they stand."""
_CAPABILITY = re.compile(r"(?<=/)[0-9a-fA-F]{24,}|(?<=-)[0-9a-fA-F]{32}(?![0-9a-fA-F])")
"""A lead's hash or a delivery's event id in a path: anyone who knows one can change the lead. Or the link for a new password."""
_SECRET_ENDS = (
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "jwt",
    "apikey",
    "authorization",
    "cookie",
    "sessionid",
    "privatekey",
)

_HINTS = (
    "passw", "pwd", "passphrase", "secret", "token", "jwt", "key", "session", "signature", "credential", "authorization", "cookie",
    "bearer", "basic", "://", "eyj", "pub_", "cmp_",
)  # fmt: skip

LogEvent = MutableMapping[str, Any]


def mask_secrets(_logger: Any, _method: str, event: LogEvent) -> LogEvent:
    """Remove secrets by the name of their key, and inside texts such as URLs and exception messages."""
    for key, value in event.items():
        if not key.startswith("_"):  # of structlog itself
            event[key] = MASK if is_secret(key) else masked(value)
    return event


@lru_cache(maxsize=1024)
def is_secret(key: str) -> bool:
    """Return whether a value under this name is a secret: `X-Api-Key`, `newPassword1`, `access_token`."""
    return re.sub(r"[^a-z]", "", key.lower()).endswith(_SECRET_ENDS)


def masked(value: Any) -> Any:
    """Return a value without secrets. What is neither text nor number nor made of them becomes text, as the renderer would make it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(key): MASK if is_secret(str(key)) else masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(inner) for inner in value]
    return _masked_text(value.decode(errors="replace") if isinstance(value, bytes) else str(value))


def _masked_text(text: str) -> str:
    """Look for hints first: most texts have none, and every line of the log passes here."""
    small = text.lower()
    if any(hint in small for hint in _HINTS):
        text = _HEADER.sub(rf"\1{MASK}", _IN_ADDRESS.sub(rf"\1{MASK}@", text))
        text = _BY_SHAPE.sub(MASK, _SCHEME.sub(rf"\1 {MASK}", _NAMED_VALUE.sub(rf"\1{MASK}", text)))
    return _CAPABILITY.sub(MASK, text) if len(text) > 24 and ("/" in text or "-" in text) else text


def shorten_lost_database(_logger: Any, _method: str, event: LogEvent) -> LogEvent:
    """Replace the traceback of a database that is away by one line.

    Every request and every task fails then, at a place that says nothing.
    """
    error = _exception_of(event.get("exc_info"))
    if is_database_lost(error):
        del event["exc_info"]
        event["event"] = " ".join(str(event["event"]).split())
        event["error"] = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return event


def _exception_of(exc_info: Any) -> BaseException | None:
    """Return the exception of any of the three forms that logging accepts."""
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
    elif exc_info is True:
        exc_info = sys.exception()
    return exc_info if isinstance(exc_info, BaseException) else None


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    shorten_lost_database,
    structlog.processors.format_exc_info,
    mask_secrets,
]


def wants_json() -> bool:
    """Return whether log lines are for machines: in production, and wherever SLUICE_LOG says so."""
    chosen = os.environ.get("SLUICE_LOG")
    return chosen == "json" or (chosen != "text" and os.environ.get("SLUICE_ENV") == "production")


def formatter(*, json_lines: bool) -> logging.Formatter:
    """Return the formatter of a line, of the product's loggers and of those of other libraries alike."""
    terminal = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if json_lines else terminal
    return structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=SHARED)


def configure(*, json_lines: bool, level: str = "INFO") -> None:
    """Configure JSON lines for machines or aligned text for a terminal, for the logs of other libraries too."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": "config.logs.formatter", "json_lines": json_lines}},
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["out"], "level": level},
            "loggers": {
                "django.request": {"level": "CRITICAL"},
                "django.security.DisallowedHost": {"level": "CRITICAL"},
                **{f"django.security.{kind}": {"level": "CRITICAL"} for kind in TOO_LARGE},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "kombu": {"level": "ERROR"},
                "axes": {"level": "WARNING"},
                "multiprocessing": {"handlers": ["out"]},  # billiard's, which keeps its lines from the root logger
            },
        }
    )
    if json_lines:
        logging.captureWarnings(True)
        sys.excepthook = _log_uncaught
        threading.excepthook = lambda failure: _log_uncaught(failure.exc_type, failure.exc_value, failure.exc_traceback)


def write_line(message: str) -> None:
    """Write a line of JSON past the loggers. A signal handler may not use them, as it may have interrupted one that holds a lock."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    line = json.dumps({"event": masked(message), "level": "info", "timestamp": now}, ensure_ascii=False)
    os.write(2, f"{line}\n".encode())


def _log_uncaught(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), traceback)
    elif not issubclass(kind, SystemExit):
        logging.getLogger("process").critical("ended by an exception", exc_info=(kind, error or kind(), traceback))
