"""What all addresses of the publisher API share: who may come in and how often, and how a refusal reads."""

from functools import partial

from django.http import HttpRequest, HttpResponse

from campaigns.submission import Closed
from config.core.accounts import bearer, roles
from config.core.api import throttle
from config.core.api.api_view import face, in_json
from config.core.errors import DomainError
from config.core.models import User
from leads.api import responses
from leads.intake.service import DoorClosed

ADMITTED = roles.MANAGES_CAMPAIGNS | {roles.PUBLISHER}
_UNKNOWN = frozenset({Closed.NO_FORM, Closed.NO_PUBLISHER, Closed.NO_LINK})


class NotFound(DomainError):
    """Not there, or nothing the caller may know of: which of the two is not told."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} not found", status=404)


def caller(request: HttpRequest, *limits: str) -> User:
    """Whose token it is, with this call counted against `limits` and the one on all calls."""
    user = bearer.user_of(request)
    throttle.check(f"user:{user.pk}", "all", *limits)
    if user.role not in ADMITTED:
        raise DomainError("Your role may not use the publisher API.", status=403)
    return user


def _refused(refusal: DomainError) -> HttpResponse:
    """About the token in OAuth's shape; every 404 as JSON, where the webhook's are plain."""
    if isinstance(refusal, bearer.OAuthRefusal):
        return bearer.refused(refusal)
    if isinstance(refusal, DoorClosed) and refusal.closed in _UNKNOWN:
        return in_json({"code": 404, "message": refusal.closed}, status=404)
    return responses.refused(refusal)


publisher_api = partial(face, refused=_refused)
