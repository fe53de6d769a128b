"""The campaign a program names, and who may configure what is done on it."""

from typing import Any

from django.http import HttpRequest

from campaigns.models import Campaign
from campaigns.selectors import campaigns_for
from config.panel import hydra
from config.panel.errors import DomainError
from config.panel.models import User


def configurer(request: HttpRequest) -> User:
    """The caller, where they may configure anything at all."""
    who = hydra.caller(request)
    if not who.can_use_processr:
        raise DomainError("You may not use the Processr.", status=403)
    return who


def campaign_named(who: User, value: Any, *, field: str = "campaign") -> Campaign:
    """Of those in sight: what is another's is not there."""
    campaign = campaigns_for(who).filter(pk=hydra.reference(value, "campaigns", field=field)).first()
    if campaign is None:
        raise DomainError("There is no such campaign.", field=field)
    return campaign
