"""Structured logs: one line per event, with the id of its request, and without secrets."""

import logging
import logging.config
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from config.outages import is_database_lost

SECRET_KEYS = frozenset(
    {
        "password", "secret", "client_secret", "token", "access_token", "refresh_token", "apikey", "api_key",
        "authorization", "cookie", "set-cookie", "sessionid",
    }
)  # fmt: skip
_NAMES = "|".join(sorted(SECRET_KEYS, key=len, reverse=True))
_NAMED_VALUE = re.compile(rf"""(?i)\b({_NAMES})\b(["']?\s*[=:]\s*["']?)(?:(?:bearer|basic)\s+)?[^&\s"',;}}]+""")
_BEARER = re.compile(r"(?i)\bbearer\s+[\w.~+/-]+=*")
MASK = "•••"

LogEvent = MutableMapping[str, Any]


def mask_secrets(_logger: Any, _method: str, event: LogEvent) -> LogEvent:
    """Remove secrets by the name of their key, and inside texts such as URLs and exception messages."""
    for key, value in event.items():
        event[key] = MASK if key.lower() in SECRET_KEYS else _masked(value)
    return event


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


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _BEARER.sub(f"Bearer {MASK}", _NAMED_VALUE.sub(rf"\1\2{MASK}", value))
    if isinstance(value, dict):
        return {key: MASK if str(key).lower() in SECRET_KEYS else _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in value]
    return value


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    shorten_lost_database,
    structlog.processors.format_exc_info,
    mask_secrets,
]


def configure(*, json_lines: bool, level: str = "INFO") -> None:
    """Configure JSON lines for machines or aligned text for a terminal, for the logs of other libraries too."""
    terminal = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer = structlog.processors.JSONRenderer() if json_lines else terminal
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
            "formatters": {"line": {"()": structlog.stdlib.ProcessorFormatter, "processor": renderer, "foreign_pre_chain": SHARED}},
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["out"], "level": level},
            "loggers": {
                "django.request": {"level": "CRITICAL"},
                "django.security.DisallowedHost": {"level": "CRITICAL"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "kombu": {"level": "ERROR"},
                "axes": {"level": "WARNING"},
            },
        }
    )
