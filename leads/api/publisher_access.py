"""Access to the publisher API and its refusals, shared by all its views."""

from functools import partial

from django.http import HttpRequest, HttpResponse

from campaigns.submission import SubmissionRefusal
from config.core.accounts import bearer, roles
from config.core.api import throttle
from config.core.api.api_view import api_view, in_json
from config.core.errors import DomainError
from config.core.models import User
from leads.api import responses
from leads.intake.service import SubmissionRefused

ADMITTED = roles.MANAGES_CAMPAIGNS | {roles.PUBLISHER}
_UNKNOWN = frozenset({SubmissionRefusal.NO_FORM, SubmissionRefusal.NO_PUBLISHER, SubmissionRefusal.NO_LINK})


class NotFound(DomainError):
    """The object does not exist or is not visible to the caller. The message does not say which."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} not found", status=404)


def caller(request: HttpRequest, *limits: str) -> User:
    """Return the user of the token, and count this call against `limits` and the limit on all calls."""
    user = bearer.user_of(request)
    throttle.check(f"user:{user.pk}", "all", *limits)
    if user.role not in ADMITTED:
        raise DomainError("Your role may not use the publisher API.", status=403)
    return user


def _refused(refusal: DomainError) -> HttpResponse:
    """Answer a refusal about the token in OAuth's shape, and every 404 as JSON, where the webhook's are plain text."""
    if isinstance(refusal, bearer.OAuthRefusal):
        return bearer.refused(refusal)
    if isinstance(refusal, SubmissionRefused) and refusal.closed in _UNKNOWN:
        return in_json({"code": 404, "message": refusal.closed}, status=404)
    return responses.refused(refusal)


publisher_api = partial(api_view, refused=_refused)
