"""Refusals of the APIs that take leads, in the shapes that existing callers know."""

from django.http import HttpResponse

from campaigns.submission import SubmissionRefusal
from config.core.api.api_view import json_response
from config.core.errors import DomainError
from leads.intake.service import FieldsRefused, SubmissionRefused


def refused(refusal: DomainError) -> HttpResponse:
    if isinstance(refusal, SubmissionRefused):
        return _closed(refusal.closed)
    if isinstance(refusal, FieldsRefused):
        problems = [
            {"message": problem.message} if problem.field is None else {"fieldName": f"form[{problem.field}]", "message": problem.message}
            for problem in refusal.problems
        ]
        return _validation_failed(problems)
    if refusal.field:
        return _validation_failed([{"fieldName": refusal.field, "message": str(refusal)}])
    return json_response({"code": refusal.status, "message": str(refusal)}, status=refusal.status, headers=refusal.headers)


def _closed(closed: SubmissionRefusal) -> HttpResponse:
    if closed == SubmissionRefusal.NO_FORM:
        return not_found()
    if closed in (SubmissionRefusal.NO_PUBLISHER, SubmissionRefusal.NO_LINK):
        return json_response({"code": 404, "message": closed}, status=404)
    # The code is text and the key differs from all other refusals, because existing callers expect this response.
    return json_response({"code": "403", "error": closed}, status=403)


def _validation_failed(problems: list[dict[str, str]]) -> HttpResponse:
    return json_response({"code": 400, "message": "Validation failed", "data": problems}, status=400)


def not_found() -> HttpResponse:
    return HttpResponse("Not Found", status=404, content_type="text/plain; charset=utf-8")
