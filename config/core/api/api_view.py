"""Views for programs: no session, no cookie, and every refusal as JSON in the shape that the callers of the API expect."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from config.core.errors import DomainError

ApiViewFunction = Callable[..., HttpResponse]
RefusalResponse = Callable[[DomainError], HttpResponse]


def refused(refusal: DomainError) -> HttpResponse:
    return json_response({"code": refusal.status, "message": str(refusal)}, status=refusal.status, headers=refusal.headers)


def not_found() -> HttpResponse:
    return json_response({"code": 404, "message": "Not found."}, status=404)


def not_allowed(methods: str) -> HttpResponse:
    return json_response({"code": 405, "message": "Method not allowed."}, status=405, headers={"Allow": methods})


def api_view(
    *methods: str,
    refused: RefusalResponse = refused,
    not_found: Callable[[], HttpResponse] = not_found,
    not_allowed: Callable[[str], HttpResponse] = not_allowed,
    cors: bool = False,
) -> Callable[[ApiViewFunction], ApiViewFunction]:
    """Return a decorator for the view of an API.

    A DomainError is answered by `refused`, an Http404 by `not_found`, and any other method by `not_allowed`. With
    `cors`, browsers of any site may call the view, without their credentials.
    """

    def decorate(view: ApiViewFunction) -> ApiViewFunction:
        @csrf_exempt
        @login_not_required
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if request.method in methods:
                    response = view(request, *args, **kwargs)
                else:
                    response = _answer_other_method(methods, request, not_allowed, cors)
            except DomainError as refusal:
                response = refused(refusal)
            except Http404:
                response = not_found()
            return open_to_browsers(response) if cors else response

        return answer

    return decorate


def open_to_browsers(response: HttpResponse) -> HttpResponse:
    """Let scripts of any site read the response and its Retry-After header."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def _answer_other_method(
    methods: tuple[str, ...], request: HttpRequest, not_allowed: Callable[[str], HttpResponse], cors: bool
) -> HttpResponse:
    names = ", ".join((*methods, "OPTIONS"))
    if request.method != "OPTIONS":
        return not_allowed(names)
    response = HttpResponse(status=204, headers={"Allow": names})
    if cors:
        response["Access-Control-Allow-Methods"] = names
        response["Access-Control-Allow-Headers"] = "Idempotency-Key, Content-Type"
        response["Access-Control-Max-Age"] = "86400"  # a day
    return response


def json_response(
    body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None, content_type: str = "application/json"
) -> HttpResponse:
    text = json.dumps(body, separators=(",", ":"))
    return HttpResponse(text, status=status, content_type=content_type, headers=dict(headers or {}))
