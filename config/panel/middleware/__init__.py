"""What happens around every request, in the order of settings.MIDDLEWARE."""

from config.panel.middleware.errors import FaceErrors
from config.panel.middleware.health import Health
from config.panel.middleware.password import ExpiredPassword
from config.panel.middleware.requests import RequestLog
from config.panel.middleware.session import IdleTimeout, LoginRequired, NoStore, PersonsZone, Session

__all__ = ["ExpiredPassword", "FaceErrors", "Health", "IdleTimeout", "LoginRequired", "NoStore", "PersonsZone", "RequestLog", "Session"]
