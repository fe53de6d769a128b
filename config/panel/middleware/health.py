"""Whether this process lives, and whether the installation can do its work; asked by machines, so it comes before hosts and sessions."""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from config.panel import health


class Health:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            return _readiness()
        return self.get_response(request)


def _readiness() -> JsonResponse:
    """503 only when leads cannot be taken: without the broker they can, so that reads `degraded`."""
    checks: dict[str, Any] = {}
    try:
        checks = health.database()
    except DatabaseError as error:
        return JsonResponse({"status": "unavailable", "checks": {"database": type(error).__name__}}, status=503)
    if checks["migrations"] != "applied":
        return JsonResponse({"status": "unavailable", "checks": checks}, status=503)
    checks |= {"broker": health.broker(), **health.joined()}
    return JsonResponse({"status": "ok" if checks["broker"] == "ok" else "degraded", "checks": checks})
