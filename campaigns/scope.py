"""The scope of a user: everything, some advertisers, or the publishers that the user works for."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db.models import Q, QuerySet

from campaigns.models import Membership
from config.core import enterprise
from config.core.accounts import roles
from config.core.actor import SYSTEM


class Who(Protocol):
    """A user, or an API client that acts for one."""

    pk: int
    role: str

    @property
    def is_authenticated(self) -> bool: ...


@dataclass(frozen=True)
class Scope:
    """The extent of what a user sees; by default nothing.

    With `valid_only` it is narrowed to Valid leads, and to the campaigns that are open to the call centre (decision 33).
    """

    everything: bool = False
    advertisers: list[int] = field(default_factory=list)
    publishers: list[int] = field(default_factory=list)
    valid_only: bool = False

    @property
    def nothing(self) -> bool:
        return not (self.everything or self.advertisers or self.publishers)

    def campaigns(self) -> Q:
        """Return the condition on Campaign. A publisher sees the campaigns on which it has a contract."""
        if self.everything:
            return Q()
        if self.advertisers:
            own = Q(advertiser__in=self.advertisers)
            return own & Q(call_centre=True) if self.valid_only else own
        return Q(contracts__publisher__in=self.publishers)

    def sql(self) -> tuple[list[str], list[Any]]:
        """Return SQL conditions for any table with campaign_id, publisher_id and current_status, such as the tallies."""
        if self.everything:
            return [], []
        if self.advertisers:
            own = "campaign_id IN (SELECT id FROM campaigns_campaign WHERE advertiser_id = ANY(%s))"
            opened = ["campaign_id IN (SELECT id FROM campaigns_campaign WHERE call_centre)", "current_status = 'valid'"]
            return [own, *(opened if self.valid_only else [])], [self.advertisers]
        return ["publisher_id = ANY(%s)"], [self.publishers]


def scope_of(who: Who) -> Scope:
    """Return the scope, in two queries at most. An unknown role, or a role without a membership, sees nothing."""
    if not who.is_authenticated:
        return Scope()
    if who.role in roles.SEES_EVERYTHING:
        return Scope(everything=True)
    memberships = Membership.objects.filter(user=who.pk)
    if who.role in roles.AGENCY_SIDE:
        advertisers = _ids(memberships.filter(agency__isnull=False), "agency__advertisers")
        return Scope(advertisers=advertisers, valid_only=who.role == roles.AGENCY_CALL_CENTRE)
    if who.role in roles.ADVERTISER_SIDE:
        return Scope(advertisers=_ids(memberships, "advertiser"))
    if who.role == roles.PUBLISHER:
        return Scope(publishers=_ids(memberships, "publisher"))
    return Scope()


def _ids(memberships: QuerySet[Membership], column: str) -> list[int]:
    return [pk for pk in memberships.values_list(column, flat=True).distinct() if pk is not None]


def names_known_to(who: Who) -> frozenset[str] | None:
    """Return the names of the people in the user's own organisations, or None for those of the enterprise, who know everybody's."""
    if who.role in roles.SEES_EVERYTHING:
        return None
    own = Membership.objects.filter(user=who.pk)
    parties = Q(user=who.pk)
    for party in ("agency", "advertiser", "publisher"):
        parties |= Q(**{f"{party}__in": own.filter(**{f"{party}__isnull": False}).values(party)})
    names = Membership.objects.filter(parties).values_list("user__name", "user__username")
    return frozenset(name or username for name, username in names)


def shown_name(name: str, known: frozenset[str] | None) -> str:
    """Return the name of a person as a user may see it, who knows these names: of people elsewhere, the enterprise's instead."""
    return name if known is None or name in known or name in ("", SYSTEM.name) else enterprise.current().name
