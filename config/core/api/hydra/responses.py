"""The shapes of API v4's answers: items, errors, and nothing at all."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from config.core.accounts import bearer
from config.core.api.api_view import in_json
from config.core.errors import DomainError

BASE = "/api/v4"
LD_JSON = "application/ld+json"
SUFFIX = ".jsonld"
TITLES = {
    400: "The request is not in order",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "In conflict with what is there",
    413: "Too large",
    415: "Of another kind",
    429: "Too many requests",
}
ERROR = "An error occurred"
types = {"Error"}
"""All that API v4 answers with, by @type; collections add their own."""


class HydraError(DomainError):
    """A refusal about several inputs at once: pairs of what it is about and what is wrong with it."""

    def __init__(self, violations: Iterable[tuple[str, str]], *, status: int = 400) -> None:
        self.violations = list(violations)
        super().__init__(" ".join(f"{path}: {message}" for path, message in self.violations), status=status)


def refused(refusal: DomainError) -> HttpResponse:
    """About the token in OAuth's shape, everything else as a hydra:Error."""
    if isinstance(refusal, bearer.OAuthRefusal):
        return bearer.refused(refusal)
    return _error(refusal.status, str(refusal), violations_of(refusal), refusal.headers)


def violations_of(refusal: DomainError) -> list[tuple[str, str]]:
    if isinstance(refusal, HydraError):
        return refusal.violations
    return [(refusal.field, str(refusal))] if refusal.field else []


def not_found() -> HttpResponse:
    return _error(404, "There is nothing here, or nothing you may see.")


def not_allowed(allowed: str) -> HttpResponse:
    return _error(405, f"This address takes {allowed}.", headers={"Allow": allowed})


def _error(
    status: int, description: str, violations: Iterable[tuple[str, str]] = (), headers: Mapping[str, str] | None = None
) -> HttpResponse:
    body = {
        "@context": f"{BASE}/contexts/Error",
        "@type": "hydra:Error",
        "hydra:title": TITLES.get(status, ERROR),
        "hydra:description": description,
        "violations": [{"propertyPath": path, "message": message} for path, message in violations],
    }
    return in_json(body, status=status, headers=headers)


def in_hydra(request: HttpRequest, body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """JSON, and called linked JSON where that was asked for."""
    response = in_json(body, status=status, headers=headers)
    response["Vary"] = "Accept"
    if request.path.endswith(SUFFIX) or LD_JSON in request.headers.get("Accept", ""):
        response["Content-Type"] = LD_JSON
    return response


def gone() -> HttpResponse:
    """Of what was deleted nothing is said."""
    return HttpResponse(status=204)


def moment(at: datetime | None) -> str | None:
    """In UTC, to the second, with its offset."""
    return at.isoformat(timespec="seconds") if at else None
