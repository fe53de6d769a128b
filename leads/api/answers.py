"""The campaign webhook's answers, in the shapes its callers know (spec/processr.md E2), open to browsers of any site."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from campaigns.doors import Closed
from config.panel.errors import DomainError
from leads.formcheck import Problem
from leads.intake import DoorClosed, FieldsRefused

View = Callable[..., HttpResponse]

_ALLOWED_HEADERS = "Idempotency-Key, Content-Type"
_A_DAY = "86400"


def answers(*methods: str) -> Callable[[View], View]:
    """A webhook view: no log-in, no cookie, CORS for everybody, refusals as JSON."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @login_not_required
        @wraps(view)
        def face(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            answer = _answer(view, methods, request, *args, **kwargs)
            answer["Access-Control-Allow-Origin"] = "*"
            return answer

        return face

    return decorate


def _answer(view: View, methods: tuple[str, ...], request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    if request.method == "OPTIONS":
        return _preflight(methods)
    if request.method not in methods:
        return in_json({"code": 405, "message": "Method not allowed."}, status=405, headers={"Allow": _listed(methods)})
    try:
        return view(request, *args, **kwargs)
    except DomainError as refusal:
        return refused(refusal)
    except Http404:
        return not_found()


def refused(refusal: DomainError) -> HttpResponse:
    if isinstance(refusal, DoorClosed):
        return _closed(refusal.closed)
    if isinstance(refusal, FieldsRefused):
        return _validation_failed([_problem(problem) for problem in refusal.problems])
    if refusal.field:
        return _validation_failed([{"fieldName": refusal.field, "message": str(refusal)}])
    return in_json({"code": refusal.status, "message": str(refusal)}, status=refusal.status)


def _closed(closed: Closed) -> HttpResponse:
    if closed == Closed.NO_FORM:
        return not_found()
    if closed in (Closed.NO_PUBLISHER, Closed.NO_LINK):
        return in_json({"code": 404, "message": closed}, status=404)
    # Text for a code and another key than everywhere else: callers know this answer so.
    return in_json({"code": "403", "error": closed}, status=403)


def _validation_failed(problems: list[dict[str, str]]) -> HttpResponse:
    return in_json({"code": 400, "message": "Validation failed", "data": problems}, status=400)


def _problem(problem: Problem) -> dict[str, str]:
    if problem.field is None:
        return {"message": problem.message}
    return {"fieldName": f"form[{problem.field}]", "message": problem.message}


def not_found() -> HttpResponse:
    return HttpResponse("Not Found", status=404, content_type="text/plain; charset=utf-8")


def in_json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    text = json.dumps(body, separators=(",", ":"))
    return HttpResponse(text, status=status, content_type="application/json", headers=headers)


def _preflight(methods: tuple[str, ...]) -> HttpResponse:
    headers = {
        "Allow": _listed(methods),
        "Access-Control-Allow-Methods": _listed(methods),
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Max-Age": _A_DAY,
    }
    return HttpResponse(status=204, headers=headers)


def _listed(methods: tuple[str, ...]) -> str:
    return ", ".join((*methods, "OPTIONS"))
