"""Middleware, in the order of settings.MIDDLEWARE."""

from config.core.middleware.errors import FaceErrors
from config.core.middleware.health import HealthCheck
from config.core.middleware.password import ExpiredPassword
from config.core.middleware.requests import RequestLog
from config.core.middleware.session import IdleTimeout, LoginRequired, NoStore, PersonsZone, Session

__all__ = [
    "ExpiredPassword",
    "FaceErrors",
    "HealthCheck",
    "IdleTimeout",
    "LoginRequired",
    "NoStore",
    "PersonsZone",
    "RequestLog",
    "Session",
]
