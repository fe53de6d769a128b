"""The answers of the faces that take leads, in the shapes their callers know (spec/processr.md E2)."""

from functools import partial

from django.http import HttpResponse

from campaigns.submission import Closed
from config.core.api.api_view import face, in_json
from config.core.errors import DomainError
from leads.intake.service import DoorClosed, FieldsRefused
from leads.intake.validation import Problem


def refused(refusal: DomainError) -> HttpResponse:
    if isinstance(refusal, DoorClosed):
        return _closed(refusal.closed)
    if isinstance(refusal, FieldsRefused):
        return _validation_failed([_problem(problem) for problem in refusal.problems])
    if refusal.field:
        return _validation_failed([{"fieldName": refusal.field, "message": str(refusal)}])
    return in_json({"code": refusal.status, "message": str(refusal)}, status=refusal.status, headers=refusal.headers)


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


answers = partial(face, refused=refused, not_found=not_found, cors=True)
"""For the campaign webhook: open to browsers of any site, its 404 plain."""
