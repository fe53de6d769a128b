from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from config.core.models import User


class UserRequest(HttpRequest):
    """The type of a request behind the log-in requirement: its user is never anonymous."""

    user: User
    htmx: HtmxDetails
