"""Access to API v4: the token, the role, the number of calls, and requests that are sent twice."""

import json
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from config.core.accounts import bearer
from config.core.actor import Actor, of
from config.core.api import bodies, idempotency, throttle
from config.core.api.api_view import in_json
from config.core.errors import DomainError
from config.core.models import User

View = Callable[..., HttpResponse]
KEY = "Idempotency-Key"


def allowed(roles: Collection[str], *limits: str, at_most: int = bodies.MAX_BODY, once: bool = True) -> Callable[[View], View]:
    """Return a decorator that admits only these roles and counts each call against `limits` and the limit on all calls.

    The view reads the user with `caller(request)`. The body may have `at_most` bytes.

    A POST with an Idempotency-Key is executed once: a repeated request gets the first response again. `once=False`
    switches this off for views that take or return files.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user = bearer.user_of(request)
            throttle.check(f"user:{user.pk}", "all", *limits)
            if user.role not in roles:
                raise DomainError("Your role may not do this.", status=403)
            if once and request.method == "POST" and KEY in request.headers:
                return _answer_once(request, lambda: view(request, *args, **kwargs), at_most)
            return view(request, *args, **kwargs)

        return answer

    return decorate


def caller(request: HttpRequest) -> User:
    return cast(User, request.user)  # `allowed` has set it


def actor(request: HttpRequest) -> Actor:
    """Return the caller as services take it."""
    return of(request)


def _answer_once(request: HttpRequest, answer: Callable[[], HttpResponse], at_most: int) -> HttpResponse:
    """Answer a POST once per key. Two requests are the same when address and body are."""
    content = f"{request.path}\n{request.META.get('QUERY_STRING', '')}\n".encode(errors="replace") + bodies.body(request, at_most=at_most)

    def stored_answer() -> idempotency.Answer:
        response = answer()
        return response.status_code, {"body": json.loads(response.content or "null"), "Location": response.get("Location", "")}

    status, stored = idempotency.once(f"user:{caller(request).pk}", request.headers[KEY], content, stored_answer)
    if stored["body"] is None:
        return HttpResponse(status=status)
    return in_json(stored["body"], status=status, headers={"Location": stored["Location"]} if stored["Location"] else {})
