"""A request id and a log line for every request."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from config.core.middleware.health import ALIVE, READY

log = structlog.get_logger("request")
HEADER = "X-Request-ID"
_PLAUSIBLE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_CAPABILITY = re.compile(r"[0-9a-fA-F]{24,}")
"""A lead's hash or a delivery's event id: anyone who knows one can change the lead."""
Answer = Callable[[HttpRequest], HttpResponse]


class RequestLog:
    """Keeps the caller's request id when it is plausible, else makes one, and adds it to the response, all log lines and tasks."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request.id = given if _PLAUSIBLE.fullmatch(given) else uuid.uuid4().hex
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request.id):
            response = self.get_response(request)
            response[HEADER] = request.id
            _write(request, response, began)
        return response


def _write(request: HttpRequest, response: HttpResponse, began: float) -> None:
    """Log the path without its query string, which may hold keys and tokens. Runs no query: the database may be down."""
    user = getattr(request, "_cached_user", None)  # set by Django once the user was loaded
    write = log.debug if request.path in (ALIVE, READY) else log.info
    write(
        "answered",
        method=request.method,
        path=_CAPABILITY.sub("•••", request.path),
        status=response.status_code,
        ms=round((time.perf_counter() - began) * 1000, 1),
        user=user.pk if user else None,
    )
