"""A user with an expired password can open only the page that changes it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

STILL_OPEN = frozenset({"change_password", "sign_out", "sign_in"})


class ExpiredPassword:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: Any, kwargs: Any) -> HttpResponse | None:  # noqa: ARG002
        """Skip views that need no session: the APIs check their tokens themselves."""
        if not getattr(view, "login_required", True) or not request.user.is_authenticated or not request.user.password_expired:
            return None
        if request.resolver_match and request.resolver_match.url_name in STILL_OPEN:
            return None
        if "HX-Request" in request.headers:
            return HttpResponse(status=403, headers={"HX-Redirect": resolve_url("change_password")})
        return redirect("change_password")
