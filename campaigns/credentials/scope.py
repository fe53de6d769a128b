"""Which campaigns may use which credential: those of the advertisers it belongs to, or all, if it is the enterprise's (decision 32)."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import Advertiser, Campaign, CredentialOwner
from config.core import audit
from config.core.actor import Actor
from config.core.credentials.service import PAGE
from config.core.errors import DomainError
from config.core.models import Credential


def credentials_of_campaign(campaign_id: int) -> QuerySet[Credential]:
    """Return the credentials that jobs on the campaign may use."""
    advertiser = Campaign.objects.filter(pk=campaign_id).values("advertiser")[:1]
    owners = CredentialOwner.objects.filter(credential=OuterRef("pk"))
    return Credential.objects.filter(~Exists(owners) | Exists(owners.filter(advertiser=advertiser)))


def owned_elsewhere(*, credential: str, advertiser: str) -> Q:
    """Return the condition that a row names a credential that its advertiser may not use. Both are paths from the row."""
    owners = CredentialOwner.objects.filter(credential=OuterRef(credential))
    return Q(Exists(owners), ~Exists(owners.filter(advertiser=OuterRef(advertiser))))


def owners_of(credential: Credential) -> list[int]:
    return list(CredentialOwner.objects.filter(credential=credential).order_by("advertiser__name").values_list("advertiser", flat=True))


@transaction.atomic
def set_owners(credential: Credential, advertisers: Collection[int], *, actor: Actor) -> None:
    """Set the advertisers that the credential belongs to; none makes it the enterprise's."""
    Credential.objects.select_for_update(no_key=True).get(pk=credential.pk)
    found = dict(Advertiser.objects.filter(pk__in=advertisers).values_list("pk", "name"))
    if len(found) < len(set(advertisers)):
        raise DomainError("There is no such advertiser.", field="advertisers")
    before = _names(credential)
    CredentialOwner.objects.filter(credential=credential).exclude(advertiser__in=found).delete()
    CredentialOwner.objects.bulk_create([CredentialOwner(credential=credential, advertiser_id=pk) for pk in found], ignore_conflicts=True)
    after = _names(credential)
    if after != before:
        changes: dict[str, Any] = {"before": {"belongs to": before}, "after": {"belongs to": after}}
        audit.record(actor=actor, page=PAGE, action="owners of credential set", obj=credential, severity="high", **changes)


def _names(credential: Credential) -> list[str]:
    owners = CredentialOwner.objects.filter(credential=credential).order_by("advertiser__name")
    return list(owners.values_list("advertiser__name", flat=True)) or ["the enterprise"]
