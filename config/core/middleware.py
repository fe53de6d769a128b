"""Middleware, in the order of settings.MIDDLEWARE."""

import re
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware, get_user
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from config.core import enterprise, error_pages, health, http
from config.core.accounts.sessions import LAST_ACTIVITY
from config.core.monitoring import requests

log = structlog.get_logger("request")

GetResponse = Callable[[HttpRequest], HttpResponse]

REQUEST_ID_HEADER = "X-Request-ID"
_PLAUSIBLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
ALIVE, READY = "/healthz", "/readyz"
METRICS = "/metrics"
PROBES = (ALIVE, READY, METRICS)
REFUSALS = (Http404, PermissionDenied, SuspiciousOperation, BadRequest, MultiPartParserError)
"""Django turns these into 404, 403 and 400."""

_SESSION_KEY = re.compile("[0-9a-z]{8,40}")
POLL_HEADER = "X-Sluice-Poll"
WRITE_EVERY = 60
"""Seconds: the session is not written for every request."""
OPEN_WITH_EXPIRED_PASSWORD = frozenset({"change_password", "sign_out", "sign_in"})


class IdentifiedRequest(HttpRequest):
    """A request that has passed RequestLogMiddleware."""

    id: str


class RequestLogMiddleware:
    """Keeps the caller's request id when it is plausible, else makes one, and adds it to the response, all log lines and tasks.

    As the outermost middleware it also keeps the request from calling anybody outside.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: IdentifiedRequest) -> HttpResponse:
        """Log the path without its query string, which may hold keys and tokens. Runs no query: the database may be down."""
        request_id = request.headers.get(REQUEST_ID_HEADER, "")
        request.id = request_id if _PLAUSIBLE_ID.fullmatch(request_id) else uuid.uuid4().hex
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request.id), http.no_calls():
            response = self.get_response(request)
            response[REQUEST_ID_HEADER] = request.id
            seconds = time.perf_counter() - began
            requests.count(request, status=response.status_code, seconds=seconds)
            user = getattr(request, "_cached_user", None)  # set by Django once the user was loaded
            write = log.debug if request.path in PROBES else log.info
            write(
                "answered",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                user=user.pk if user else None,
            )
        return response


class HealthCheckMiddleware:
    """Answers liveness and readiness probes ahead of host validation and sessions, because machines call them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == ALIVE:
            return JsonResponse({"status": health.OK})
        if request.path == READY:
            report = health.report()
            return JsonResponse(report, status=503 if report["status"] == health.UNAVAILABLE else 200)
        return self.get_response(request)


class PageCompressionMiddleware(GZipMiddleware):
    """Compresses pages and their fragments. Answers of APIs, which hold tokens, streams, files and answers to POST stay as they are.

    The length of a compressed page tells about secrets in it, if somebody can have it fetched many times, each time with
    another text of theirs in it, and sees how long it is (BREACH). That fails here for three reasons: other sites cannot
    have pages fetched for a user, as the session cookie is SameSite=Lax; the CSRF token is masked anew in each page; and
    up to 100 random bytes are added to each (`max_random_bytes`). Answers to POST, where a
    new key would be shown, are not compressed at all.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming
        if request.method not in ("GET", "HEAD") or not is_page:
            return response
        if not _accepts_gzip(request.headers.get("Accept-Encoding", "")):
            patch_vary_headers(response, ["Accept-Encoding"])
            return response
        request.META["HTTP_ACCEPT_ENCODING"] = "gzip"  # Django knows one spelling alone
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed


def _accepts_gzip(header: str) -> bool:
    """Return whether gzip is among the accepted codings. A quality of 0 means that it is not, which Django overlooks."""
    for coding in header.lower().split(","):
        name, *parameters = (part.strip() for part in coding.split(";"))
        if name in ("gzip", "x-gzip"):
            return not any(re.fullmatch(r"q\s*=\s*0(\.0*)?", parameter) for parameter in parameters)
    return False


class ErrorResponseMiddleware:
    """Answers exceptions of views, ahead of Django's own handling, and gives a refused method a page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            error_pages.explain_method(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return None if isinstance(error, REFUSALS) else error_pages.server_error(request, error)


class CheckedSessionMiddleware(SessionMiddleware):
    """Ignores a session key that this site cannot have issued. The database even fails on a key with a NUL in it."""

    def process_request(self, request: HttpRequest) -> None:
        if not _SESSION_KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        super().process_request(request)


class NoStoreMiddleware:
    """Keeps browsers from storing pages of signed-in users: the Back button after signing out shows nothing."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class IdleTimeoutMiddleware:
    """Signs out a user who was idle for settings.IDLE_SECONDS. Polling by an open page does not count as activity."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = get_user(request)  # in place of Django's lazy object: pages ask it for the role a thousand times
        if request.user.is_authenticated:
            now = time.time()
            last = request.session.get(LAST_ACTIVITY)
            if last is None:
                request.session[LAST_ACTIVITY] = now
            elif now - last > settings.IDLE_SECONDS:
                logout(request)
                request.timed_out = True  # type: ignore[attr-defined]  # read by HtmxLoginRequiredMiddleware
            elif POLL_HEADER not in request.headers and now - last > min(WRITE_EVERY, settings.IDLE_SECONDS / 4):
                request.session[LAST_ACTIVITY] = now
        return self.get_response(request)


class HtmxLoginRequiredMiddleware(LoginRequiredMiddleware):
    """Sends an htmx request to the sign-in page as a whole, or the form would be put inside a table.

    A user who signs in comes back to the page of the form that was sent, as the address it was sent to may be no page.
    """

    # django-stubs narrow the response to a redirect; Django itself passes any response on.
    def handle_no_permission(self, request: HttpRequest, view_func: Callable) -> HttpResponse:  # type: ignore[override]
        if getattr(request, "timed_out", False):
            request.session["timed_out"] = True
        if "HX-Request" not in request.headers:
            if request.method in ("GET", "HEAD"):
                return super().handle_no_permission(request, view_func)
            return redirect(_sign_in_and_back_to(request.headers.get("Referer", ""), request))
        if POLL_HEADER in request.headers:
            return HttpResponse(status=401)
        return HttpResponse(status=401, headers={"HX-Redirect": _sign_in_and_back_to(request.headers.get("HX-Current-URL", ""), request)})


def _sign_in_and_back_to(page: str, request: HttpRequest) -> str:
    """Return the address of the sign-in page that leads back to this page of ours, and says so if what was sent is lost."""
    query = {"next": urlunsplit(urlsplit(page)._replace(scheme="", netloc="", fragment=""))}
    if request.method not in ("GET", "HEAD"):
        query["unsent"] = "1"
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode(query)}"


class ExpiredPasswordMiddleware:
    """Opens nothing but the page that changes the password to a user whose password has expired."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, *_: Any) -> HttpResponse | None:
        """Skip views that need no session: the APIs check their tokens themselves."""
        if not getattr(view, "login_required", True) or not request.user.is_authenticated or not request.user.password_expired:
            return None
        if request.resolver_match and request.resolver_match.url_name in OPEN_WITH_EXPIRED_PASSWORD:
            return None
        if "HX-Request" in request.headers:
            return HttpResponse(status=403, headers={"HX-Redirect": resolve_url("change_password")})
        return redirect("change_password")


class UserTimeZoneMiddleware:
    """Shows times in the user's zone, else in the enterprise's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == METRICS:  # it also answers when the database does not, which knows the enterprise
            return self.get_response(request)
        zone = request.user.tzinfo if request.user.is_authenticated else None
        with timezone.override(zone or enterprise.zone()):
            return self.get_response(request)
