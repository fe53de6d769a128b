"""What a caller reads when something went wrong: JSON on the machines' faces; elsewhere a page with a way out and the reference
under which it is logged.

Pages are rendered without the frame and without context processors: those may need just what is broken.
"""

import sys
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

log = structlog.get_logger(__name__)
MACHINES = ("/webhook/", "/api/", "/oauth/", "/ajax/", "/feedback")
RETRY_SECONDS = "5"


def broken(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """The database being away is said as such: nothing was taken, the caller may come again."""
    away = isinstance(error, OperationalError | InterfaceError)
    log.error("database unreachable" if away else "request failed", path=request.path, exc_info=error)
    response = _answer(request, 503 if away else 500)
    if away:
        response["Retry-After"] = RETRY_SECONDS
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  (Django's signature)
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return _answer(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """Django calls this while it handles the exception, also one that broke a middleware before any view was found."""
    return broken(request, sys.exception())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """The form was open longer than the session lasted, or cookies are off."""
    return _answer(request, 403, "csrf.html")


def _answer(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    if request.path.startswith(MACHINES):
        return JsonResponse({"code": status, "message": ""}, status=status)  # the vendor's shape, its message is empty too
    context: dict[str, Any] = {"reference": getattr(request, "id", "")}
    return HttpResponse(render_to_string(template or f"{status}.html", context), status=status)
