"""One id and one log line for every request."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("request")
HEADER = "X-Request-ID"
_PLAUSIBLE = re.compile(r"[A-Za-z0-9._-]{8,64}")
Answer = Callable[[HttpRequest], HttpResponse]


class RequestLog:
    """The id a caller sends is kept when it looks like one, else made; it goes out again, into every log line, and into tasks."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request.id = given if _PLAUSIBLE.fullmatch(given) else uuid.uuid4().hex
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request.id):
            response = self.get_response(request)
            response[HEADER] = request.id
            self._write(request, response, began)
        return response

    def _write(self, request: HttpRequest, response: HttpResponse, began: float) -> None:
        """The path without its query string: keys and tokens travel there."""
        session = getattr(request, "session", None)
        log.info(
            "answered",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((time.perf_counter() - began) * 1000, 1),
            user=session.get(SESSION_KEY) if session is not None and session.accessed else None,
        )
