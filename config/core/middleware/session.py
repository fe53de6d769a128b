"""The session: its key, its idle timeout, the log-in requirement, and the user's time zone."""

import re
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone

from config.core import enterprise

POLL = "X-Sluice-Poll"
SEEN = "seen_at"
WRITE_EVERY = 60
"""Seconds: the session is not written for every request."""
_KEY = re.compile("[0-9a-z]{8,40}")
Answer = Callable[[HttpRequest], HttpResponse]


class Session(SessionMiddleware):
    """Ignores a session key that this site cannot have issued. The database even fails on a key with a NUL in it."""

    def process_request(self, request: HttpRequest) -> None:
        if not _KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        super().process_request(request)


class IdleTimeout:
    """Signs out a user who was idle for settings.IDLE_SECONDS. Polling by an open page does not count as activity."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._look(request, time.time())
        return self.get_response(request)

    def _look(self, request: HttpRequest, now: float) -> None:
        seen = request.session.get(SEEN)
        if seen is None:
            request.session[SEEN] = now
        elif now - seen > settings.IDLE_SECONDS:
            logout(request)
            request.timed_out = True
        elif POLL not in request.headers and now - seen > min(WRITE_EVERY, settings.IDLE_SECONDS / 4):
            request.session[SEEN] = now


class LoginRequired(LoginRequiredMiddleware):
    """Sends an htmx request to the sign-in page as a whole, or the form would be put inside a table."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable) -> HttpResponse:
        if getattr(request, "timed_out", False):
            request.session["timed_out"] = True
        if "HX-Request" not in request.headers:
            return super().handle_no_permission(request, view_func)
        if POLL in request.headers:
            return HttpResponse(status=401)
        back = urlsplit(request.headers.get("HX-Current-URL", ""))
        path = urlencode({"next": urlunsplit(back._replace(scheme="", netloc="", fragment=""))})
        return HttpResponse(status=401, headers={"HX-Redirect": f"{resolve_url(settings.LOGIN_URL)}?{path}"})


class PersonsZone:
    """Shows times in the user's zone, else in the enterprise's."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        own = request.user.tzinfo if request.user.is_authenticated else None
        with timezone.override(own or enterprise.zone()):
            return self.get_response(request)


class NoStore:
    """Keeps browsers from storing pages of signed-in users: the Back button after signing out shows nothing."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response
