"""The one door for reading lists; it knows who asks."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import Advertiser, Campaign
from campaigns.scope import Who
from campaigns.selectors import advertisers_for, campaigns_for
from config.core.accounts import roles
from config.core.models import Run
from processr.lists.kinds import SUPPRESSED, Kind
from processr.models import Job, ValidationList, ValidationListValue, ValueImport
from processr.selectors import jobs_for

SEES_LISTS = roles.MANAGES_CAMPAIGNS | {roles.ADVERTISER_REPORT}
SEES_SYSTEM_LISTS = roles.MANAGES_CAMPAIGNS
SEES_PRIVATE_VALUES = frozenset({roles.ADMIN, roles.SUPER, roles.ADVERTISER_REPORT})
"""Report users of an advertiser keep lists of their own there; what is Private is hidden from agencies, and from masked admins."""
SUPPRESSES = frozenset({roles.ADMIN, roles.SUPER})
JOB_TYPE = "suppression_list"
NAMED = 10
UNDER_WAY = (Run.State.QUEUED, Run.State.RUNNING)
NO_FILE = ""
"""What a run has for a file when it takes a list away, value by value."""


def lists_for(who: Who) -> QuerySet[ValidationList]:
    """Of the system, and of the advertisers that `who` sees. What is being deleted is gone for everybody."""
    if who.role not in SEES_LISTS:
        return ValidationList.objects.none()
    of_advertisers = Q(advertiser__in=advertisers_for(who))
    return standing().filter(of_advertisers | Q(advertiser=None) if who.role in SEES_SYSTEM_LISTS else of_advertisers)


def lists_of_campaign(campaign: Campaign) -> QuerySet[ValidationList]:
    """Those a job on the campaign may use."""
    return standing().filter(Q(advertiser=None) | Q(advertiser=campaign.advertiser_id)).order_by("name", "pk")


def standing() -> QuerySet[ValidationList]:
    going = ValueImport.objects.filter(list=OuterRef("pk"), file=NO_FILE, state__in=UNDER_WAY)
    return ValidationList.objects.filter(~Exists(going))


def lists_of_rules(who: Who) -> QuerySet[ValidationList]:
    """Those that a rule shown to a publisher looks values up in: it reads them as they are, but for the private ones."""
    jobs = jobs_for(who).filter(type=JOB_TYPE, enabled=True).values_list("config__list", "campaign__advertiser")
    used = set(jobs)
    lists = standing().filter(private=False, pk__in={list_id for list_id, _ in used if isinstance(list_id, int)})
    return lists.filter(Q(advertiser=None) | Q(advertiser__in={advertiser for _, advertiser in used}))


def advertisers_with_lists(who: Who) -> QuerySet[Advertiser]:
    return advertisers_for(who) if who.role in SEES_LISTS else Advertiser.objects.none()


def sees_values(who: Who, listed: ValidationList) -> bool:
    """Of a list that `who` sees. Whoever sees the values may change them, and nobody else."""
    return not listed.private or who.role in SEES_PRIVATE_VALUES


def values_for(who: Who, listed: ValidationList) -> QuerySet[ValidationListValue]:
    return ValidationListValue.objects.filter(list=listed) if sees_values(who, listed) else ValidationListValue.objects.none()


def suppressed_for(who: Who, kind: Kind) -> QuerySet[Any]:
    return kind.model._default_manager.all() if who.role in SUPPRESSES else kind.model._default_manager.none()


def imports_for(who: Who) -> QuerySet[ValueImport]:
    """Into lists whose values `who` sees; those into suppression lists for who keeps them."""
    files = ValueImport.objects.exclude(file=NO_FILE)
    into_lists = Q(list__in=lists_for(who).filter(Q() if who.role in SEES_PRIVATE_VALUES else Q(private=False)))
    return files.filter(into_lists | Q(target__in=SUPPRESSED)) if who.role in SUPPRESSES else files.filter(into_lists)


@dataclass(frozen=True, slots=True)
class Users:
    """The enabled jobs that use a list: those that are named, and how many others there are."""

    named: list[Job]
    total: int

    @property
    def others(self) -> int:
        return self.total - len(self.named)


def users_of(listed: ValidationList, who: Who) -> Users:
    """Of other people's campaigns, whose lists of the system are the same, only the number is told."""
    jobs = Job.objects.filter(type=JOB_TYPE, enabled=True, removed_at=None, config__list=listed.pk)
    seen = jobs.filter(campaign__in=campaigns_for(who).values("pk")).select_related("campaign").order_by("campaign_id", "pk")
    return Users(list(seen[:NAMED]), jobs.count())
