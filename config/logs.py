"""Structured logs: one line an event, with the request id it belongs to, and no secrets."""

import logging
import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_KEYS = frozenset({"password", "secret", "token", "access_token", "refresh_token", "apikey", "api_key", "authorization", "cookie"})
_IN_TEXT = re.compile(r"(?i)\b(apikey|api_key|access_token|refresh_token|client_secret|password)=[^&\s\"']+")
_BEARER = re.compile(r"(?i)\bbearer\s+[\w.~+/=-]+")
CUT = "•••"

Event = MutableMapping[str, Any]


def cut_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """By name of the key, and inside texts such as addresses and exception messages."""
    for key, value in event.items():
        if key.lower() in SECRET_KEYS:
            event[key] = CUT
        elif isinstance(value, str):
            event[key] = _BEARER.sub(f"Bearer {CUT}", _IN_TEXT.sub(rf"\1={CUT}", value))
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    cut_secrets,
]


def configure(*, json_lines: bool, level: str = "INFO") -> None:
    """JSON for machines, aligned text for a person at a terminal. Other libraries' logs take the same way out."""
    renderer = structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=False)
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
