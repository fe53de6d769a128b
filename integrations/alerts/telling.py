"""Giving an alert once, to the users who manage its campaign."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from campaigns.models import Campaign
from config.core.accounts import roles
from config.core.models import User
from config.core.notifications.service import notify
from integrations.models import ToldAlert

DESTINATION, PROVIDER = "destination_failing", "provider_down"
CAP, NO_LEADS, INVALID_RATE = "cap_nearly_reached", "no_leads", "invalid_rate"
KINDS = {
    DESTINATION: "Destinations that do not answer",
    CAP: "Caps that are nearly reached",
    NO_LEADS: "Campaigns without new leads",
    INVALID_RATE: "High rates of Invalid leads",
    PROVIDER: "Providers that do not answer",
}
"""The kinds of notifications, each with its switch in the profile."""
RECIPIENTS = roles.MANAGES_CAMPAIGNS


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. `subject` is what it is about, with its period if it has one."""

    kind: str
    subject: str
    campaign: Campaign
    text: str
    url: str

    @property
    def key(self) -> str:
        return f"{self.kind} {self.subject}"


@transaction.atomic
def tell(alert: Alert) -> bool:
    """Notify those who manage the campaign, unless they were alerted to it already. Return whether they were notified."""
    told, is_new = ToldAlert.objects.get_or_create(key=alert.key, defaults={"campaign": alert.campaign})
    if is_new:
        # With the number of the row: the next episode is mailed too, even if this one is never read.
        notify(managers_of(alert.campaign), alert.kind, alert.text, key=f"alert {told.pk}", url=alert.url)
    return is_new


@transaction.atomic
def tell_of_end(alert: Alert) -> bool:
    """Notify the same users that it is over, if they were alerted to it."""
    told = ToldAlert.objects.select_for_update(no_key=True).filter(key=alert.key).first()
    if told is None:
        return False
    notify(managers_of(alert.campaign), alert.kind, alert.text, key=f"alert {told.pk} is over", url=alert.url)
    told.delete()
    return True


def forget_others(kind: str, subjects: list[str]) -> None:
    """End the episodes of a kind that are over, so that the next ones are told."""
    ToldAlert.objects.filter(key__startswith=f"{kind} ").exclude(key__in=[f"{kind} {subject}" for subject in subjects]).delete()


def managers_of(campaign: Campaign) -> QuerySet[User]:
    """Return the active users who see the campaign and manage it."""
    of_agencies = Q(role=roles.AGENCY, memberships__agency__advertisers=campaign.advertiser_id)
    users = User.objects.filter(Q(role__in=RECIPIENTS & roles.SEES_EVERYTHING) | of_agencies, is_active=True)
    return users.distinct()
