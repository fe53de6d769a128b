"""The response shapes of API v4: items, errors, empty and conditional responses."""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags, quote_etag

from config.core.accounts import bearer
from config.core.api.api_view import json_response
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

JsonObject = dict[str, Any]
"""A record of API v4 by the names of its fields."""


class HydraError(DomainError):
    """A refusal about several inputs at once, as pairs of property path and message, perhaps with further members of the answer."""

    def __init__(self, violations: Iterable[tuple[str, str]], *, status: int = 400, members: JsonObject | None = None) -> None:
        self.violations, self.members = list(violations), members or {}
        super().__init__(" ".join(f"{path}: {message}" for path, message in self.violations), status=status)


def refused(refusal: DomainError) -> HttpResponse:
    """Answer a refusal about the token in OAuth's shape, every other one as a hydra:Error."""
    if isinstance(refusal, bearer.OAuthRefusal):
        return bearer.refused(refusal)
    members = refusal.members if isinstance(refusal, HydraError) else {}
    named = violations_of(refusal)
    description = " ".join(f"{path}: {message}" if path else message for path, message in named) or str(refusal)
    return _error(refusal.status, description, named, refusal.headers, members)


def violations_of(refusal: DomainError) -> list[tuple[str, str]]:
    if isinstance(refusal, HydraError):
        return refusal.violations
    return [(refusal.field, str(refusal))] if refusal.field else []


def not_found() -> HttpResponse:
    return _error(404, "There is nothing here, or nothing you may see.")


def not_allowed(allowed: str) -> HttpResponse:
    return _error(405, f"This address takes {allowed}.", headers={"Allow": allowed})


def _error(
    status: int,
    description: str,
    violations: Iterable[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> HttpResponse:
    body = {
        "@context": f"{BASE}/contexts/Error",
        "@type": "hydra:Error",
        "hydra:title": TITLES.get(status, ERROR),
        "hydra:description": description,
        "violations": [{"propertyPath": path, "message": message} for path, message in violations],
        **(members or {}),
    }
    return json_response(body, status=status, headers=headers)


def linked(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Add the Link header to every answer of a view that is no viewset's."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Link"] = documentation_link(request)
        return response

    return answer


def documentation_link(request: HttpRequest) -> str:
    """Return the Link header by which a hydra client finds the documentation."""
    return f'<{request.build_absolute_uri(f"{BASE}/docs.jsonld")}>; rel="http://www.w3.org/ns/hydra/core#apiDocumentation"'


def etagged(request: HttpRequest, tag: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Return 304 when the caller has the current version, else the response that `answer` builds.

    `tag` changes whenever the response would. `*` matches any version.
    """
    quoted = quote_etag(tag)
    known = {mark.removeprefix("W/") for mark in parse_etags(request.headers.get("If-None-Match", ""))}
    response = HttpResponse(status=304) if known & {quoted, "*"} else answer()
    response["ETag"] = quoted
    response["Cache-Control"] = "private, no-cache"
    return response
