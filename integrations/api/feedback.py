"""`/feedback`: whoever has received a lead gives feedback on its delivery, by the event id alone (decisions 17, 18 and 43)."""

import json
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from config.core import client_address, error_pages
from config.core.accounts.tokens import digest
from config.core.api import bodies, idempotency, throttle
from config.core.api.api_view import ApiViewFunction
from config.core.errors import DomainError
from integrations.feedback.answers import KINDS_OF_ANSWERS, feedback_response, response_type
from integrations.feedback.requests import FeedbackRequest, read_feedback
from integrations.feedback.services import receive_feedback
from integrations.models import Feedback

METHODS = "GET, POST"
LIMIT_OF_ADDRESS, LIMIT_OF_DELIVERY = "feedback_of_address", "feedback_of_delivery"
MAX_BODY = 64 * 1024
SUCCESS, FAILURE, ERROR = "success", "failure", "error"
CREATED, FORBIDDEN = 201, 409
UNEXPECTED = "Something unexpected happened. Nothing was recorded: send it again later."
NOT_ACCEPTABLE = f"Not capable of generating content according to the Accept header: answers are {', '.join(KINDS_OF_ANSWERS)}."


def answered_as_feedback(view: ApiViewFunction) -> ApiViewFunction:
    """Answer refusals, other methods and failures of the view in the type that the caller accepts, JSON when in doubt."""

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kind = response_type(request)
        try:
            if request.method not in METHODS.split(", "):
                raise DomainError(f"The {request.method} method is not allowed.", status=405, headers={"Allow": METHODS})
            response = view(request, *args, **kwargs)
        except DomainError as refusal:
            response = feedback_response(kind, ERROR, refusal.message, status=refusal.status, headers=refusal.headers)
        except Exception as error:  # logged, and answered as the pages of errors would
            failed = error_pages.server_error(request, error)
            headers = {name: failed[name] for name in ("Retry-After",) if name in failed}
            response = feedback_response(kind, ERROR, UNEXPECTED, status=failed.status_code, headers=headers)
        response["Cache-Control"] = "no-store"
        response["Vary"] = "Accept"
        return response

    return answer


@answered_as_feedback
def feedback(request: HttpRequest) -> HttpResponse:
    """Record the feedback and tell what became of it. A GET does so too, as pixels and postbacks are called so."""
    bodies.body(request, at_most=MAX_BODY)
    kind = response_type(request)
    if kind is None:
        raise DomainError(NOT_ACCEPTABLE, status=406)
    address = client_address.peer(request)
    throttle.check(f"address:{address}", LIMIT_OF_ADDRESS)
    given = read_feedback(request)
    principal = f"event:{digest(given.event_id)[:32]}"
    throttle.check(principal, LIMIT_OF_DELIVERY)

    def receive() -> idempotency.StoredResponse:
        result = receive_feedback(given, ip=address)
        outcome = SUCCESS if result.feedback.state == Feedback.State.ACCEPTED else FAILURE
        status = FORBIDDEN if result.decision.is_forbidden else CREATED
        return status, {"outcome": outcome, "reason": result.decision.reason}

    key = request.headers.get("Idempotency-Key", "")
    status, told = idempotency.answer_once(principal, key, _fingerprint(given), receive) if key else receive()
    return feedback_response(kind, told["outcome"], told["reason"], status=status)


def _fingerprint(given: FeedbackRequest) -> bytes:
    """Return what identifies a repeated request, whatever type of body says it."""
    return json.dumps([given.event_id, given.type, given.reason]).encode()
