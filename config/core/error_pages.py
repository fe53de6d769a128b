"""Error responses: JSON on API paths; elsewhere a page with a link back and the reference under which the error is logged.

Pages of refusals keep the frame for people who are signed in. Those of failures are rendered without it and without context
processors, which may need the very thing that is broken. Where not even the style sheets are found, because static files were
not collected, a page is rendered without them.
"""

import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from config.core.api.api_view import json_response, open_to_browsers
from config.core.errors import HOSTS, ROLE
from config.outages import is_disk_full

log = structlog.get_logger(__name__)
BROWSERS_TOO = ("/webhook/",)
"""Paths that scripts of any site call: they must be able to read error responses too."""
MACHINES = (*BROWSERS_TOO, "/api/", "/oauth/", "/ajax/", "/feedback")
_MESSAGES: dict[type[Exception], str] = {
    DisallowedHost: HOSTS.lifts("This host name is not one of ours."),
    TooManyFieldsSent: "Too many parameters.",
}
BY_ROLE = ROLE.lifts("Your role may not open this page.")
FRAMED = (403, 404, 405)
RETRY_SECONDS = "5"
TOO_LARGE = "More text or more fields were sent than are taken at once. Nothing was saved: shorten what you typed and send it again."
NO_ROOM = "The disk of the server is full, so nothing was stored. The operator has to make room; then repeat the request."


def server_error(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Log the error and answer 500.

    When the database is unreachable, answer 503 with Retry-After, so that the caller may repeat the request; when a disk
    is full, 507 with a sentence for the operator.
    """
    if is_disk_full(error):
        log.error("disk full", path=request.path, error=str(error).partition("\n")[0])
        return _answer(request, 507, message=NO_ROOM)
    unreachable = isinstance(error, OperationalError | InterfaceError)
    log.error("database unreachable" if unreachable else "request failed", path=request.path, exc_info=error)
    response = _answer(request, 503 if unreachable else 500)
    if unreachable:
        response["Retry-After"] = RETRY_SECONDS
    return response


def _refused(request: HttpRequest, exception: Exception | None = None, *, status: int, message: str = "") -> HttpResponse:
    """Answer a request that Django refuses with an exception, before or instead of a view, or a view by it."""
    messages = (text for kind, text in _MESSAGES.items() if isinstance(exception, kind))
    own = str(exception) if isinstance(exception, PermissionDenied) else ""
    return _answer(request, status, message=next(messages, own or message))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that Django cannot read: 413 where its form is too large, else 400."""
    if request.method == "POST" and isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        log.info("form too large", path=request.path, error=str(exception))
        return _answer(request, 413, message=TOO_LARGE)
    return _refused(request, exception, status=400, message="This request cannot be understood.")


forbidden = partial(_refused, status=403)
not_found = partial(_refused, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer an exception, also one raised by a middleware before a view was found. Django calls this while it handles the exception."""
    return server_error(request, sys.exception())


def csrf_failure(request: HttpRequest, **_: str) -> HttpResponse:
    """Answer a failed CSRF check: the form was open longer than the session lasted, or cookies are off."""
    return _answer(request, 403, "csrf.html")


def explain_method(request: HttpRequest, response: HttpResponse) -> None:
    """Fill the empty page of a 405: an address that only takes forms was opened by itself. Its headers stay, such as Allow."""
    if not response.content and not request.path.startswith(MACHINES):
        response.content = _answer(request, 405).content


def _answer(request: HttpRequest, status: int, template: str = "", *, message: str = "") -> HttpResponse:
    if request.path.startswith(MACHINES):
        # The shape of the vendor's API, in compact JSON. For a server error the vendor's message is empty too.
        response = json_response({"code": status, "message": message}, status=status)
        return open_to_browsers(response) if request.path.startswith(BROWSERS_TOO) else response
    context: dict[str, Any] = {"reference": getattr(request, "id", ""), "message": message, "status": status, "by_role": BY_ROLE}
    template = template or f"{status}.html"
    if status in FRAMED and _shows_frame(request):
        with suppress(DatabaseError):
            return HttpResponse(render_to_string(template, {**context, "layout": "error_in_frame.html"}, request), status=status)
    return HttpResponse(_page(template, context), status=status)


def _page(template: str, context: Mapping[str, Any]) -> str:
    try:
        return render_to_string(template, {**context, "outer_layout": "bare.html"})
    except Exception:
        log.exception("error page rendered without style sheets", template=template)
        return render_to_string(template, {**context, "outer_layout": "plain.html"})


def _shows_frame(request: HttpRequest) -> bool:
    """Return whether the page has a frame: its user is signed in, and may open other pages."""
    user: Any = getattr(request, "user", None)  # missing where a middleware refuses the request
    return user is not None and user.is_authenticated and not user.password_expired and "HX-Request" not in request.headers
