"""Counts of requests. Their labels have few values: routes are those of the URL configuration, never addresses."""

from django.http import HttpRequest
from prometheus_client import Counter, Histogram

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
NO_ROUTE = "none"
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

answered = Counter("sluice_requests", "Requests that were answered, by route", ["route", "method", "status"])
took = Histogram("sluice_request_seconds", "Times of requests", ["route"], buckets=BUCKETS)


def count(request: HttpRequest, *, status: int, seconds: float) -> None:
    route = route_of(request)
    method = request.method if request.method in METHODS else "other"
    answered.labels(route, method, f"{status // 100}xx").inc()
    took.labels(route).observe(seconds)


def route_of(request: HttpRequest) -> str:
    """Return the name of the route, else its pattern; for requests that no route has answered, such as static files, `none`."""
    match = request.resolver_match
    if match is None:
        return NO_ROUTE
    return match.view_name if match.url_name else match.route or NO_ROUTE
