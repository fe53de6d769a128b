"""Structured logs: one line per event, with the id of its request, and without secrets."""

import logging
import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

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
                "django.request": {"level": "ERROR"},
                "django.security.DisallowedHost": {"level": "CRITICAL"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "kombu": {"level": "ERROR"},
                "axes": {"level": "WARNING"},
            },
        }
    )
