"""Access to campaigns in the Processr's part of API v4: who may configure them, and the campaign that a request body names."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from campaigns.models import Campaign
from campaigns.selectors import campaigns_for
from config.core.api import hydra
from config.core.errors import DomainError
from config.core.models import User
from processr import permissions

View = Callable[..., HttpResponse]


def allowed(roles: Collection[str], *limits: str) -> Callable[[View], View]:
    """Restrict a view as `hydra.allowed` does, and of the users who manage campaigns to those with Processr Access."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not permissions.may_use(hydra.caller(request)):
                raise DomainError("You may not use the Processr.", status=403)
            return view(request, *args, **kwargs)

        return hydra.allowed(roles, *limits)(answer)

    return decorate


def campaign_named(who: User, value: Any, *, field: str = "campaign") -> Campaign:
    """Return the campaign that `value` names. One that the user cannot see is refused as if it did not exist."""
    campaign = campaigns_for(who).filter(pk=hydra.reference(value, "campaigns", field=field)).first()
    if campaign is None:
        raise DomainError("There is no such campaign.", field=field)
    return campaign
