"""Liveness and readiness probes. They come first, before host validation and sessions, because machines call them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from config.core import health

ALIVE, READY = "/healthz", "/readyz"


class HealthCheck:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == ALIVE:
            return JsonResponse({"status": health.OK})
        if request.path == READY:
            report = health.report()
            return JsonResponse(report, status=503 if report["status"] == health.UNAVAILABLE else 200)
        return self.get_response(request)
