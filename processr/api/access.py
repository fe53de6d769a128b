"""Access to campaigns in the Processr's part of API v4: who may configure them, and the campaign that a request body names."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from campaigns.models import Campaign
from campaigns.selectors import campaigns_for
from config.core.api import hydra
from config.core.errors import DomainError
from config.core.models import User
from processr.permissions import NO_ACCESS, may_use


class ProcessrPermission(BasePermission):
    """Admits users who manage campaigns only with Processr Access."""

    def has_permission(self, request: Request, _view: Any) -> bool:
        if not may_use(request.user):
            raise DomainError(NO_ACCESS, status=403)
        return True


class ProcessrViewSet(hydra.HydraViewSet):
    permission_classes = [*hydra.HydraViewSet.permission_classes, ProcessrPermission]


def campaign_for(user: User, pk: int) -> Campaign:
    """Return the campaign named in a body. One that the user cannot see is refused as if it did not exist."""
    campaign = campaigns_for(user).filter(pk=pk).first()
    if campaign is None:
        raise DomainError("There is no such campaign.", field="campaign")
    return campaign
