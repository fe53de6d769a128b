"""The owner of value transforms, a campaign or an advertiser, and the URLs of its pages."""

from dataclasses import dataclass
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse

from campaigns.models import Advertiser, Campaign
from campaigns.selectors import advertisers_for
from config.core.accounts.requests import UserRequest
from processr import permissions
from processr.models import ValueTransform
from processr.transforms.selectors import Owner, transforms_of

CAMPAIGN, ADVERTISER = "campaign", "advertiser"


@dataclass(frozen=True)
class TransformOwner:
    level: str
    owner: Owner

    @property
    def campaign(self) -> Campaign | None:
        return self.owner if isinstance(self.owner, Campaign) else None

    @property
    def advertiser(self) -> Advertiser | None:
        return self.owner if isinstance(self.owner, Advertiser) else None

    @property
    def list_url(self) -> str:
        return self.url("value_transforms")

    @property
    def add_url(self) -> str:
        return self.url("value_transform_add")

    @property
    def import_url(self) -> str:
        return self.url("value_transforms_import")

    @property
    def groups_url(self) -> str:
        return self.url("value_transform_groups")

    def url(self, name: str, **arguments: Any) -> str:
        return reverse(f"{self.level}_{name}", kwargs={"pk": self.owner.pk, **arguments})

    def transform(self, transform_id: int) -> ValueTransform:
        return get_object_or_404(transforms_of(self.owner), pk=transform_id)


def owner_to_configure(request: UserRequest, level: str, pk: int) -> TransformOwner:
    """Return the owner. Raise Http404 if the user cannot see it, PermissionDenied if they may only read it."""
    if level == CAMPAIGN:
        return TransformOwner(level, permissions.campaign_to_configure(request.user, pk))
    return TransformOwner(level, get_object_or_404(advertisers_for(request.user).distinct(), pk=pk))
