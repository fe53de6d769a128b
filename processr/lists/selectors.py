"""The selectors of lists: every read of lists goes through here, restricted to what the user may see."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import Advertiser, Campaign
from campaigns.scope import Who
from campaigns.selectors import advertisers_for, campaigns_for
from config.core.accounts import roles
from config.core.lists.beginnings import begins_with_any
from config.core.models import Run
from leads.values import telephones
from processr.lists.kinds import PHONE, SUPPRESSED, ListKind
from processr.models import Job, SuppressedPhone, ValidationList, ValidationListValue, ValueImport
from processr.selectors import jobs_for

SEES_LISTS = roles.MANAGES_CAMPAIGNS | {roles.ADVERTISER_REPORT}
SEES_SYSTEM_LISTS = roles.MANAGES_CAMPAIGNS
SEES_PRIVATE_VALUES = frozenset({roles.ADMIN, roles.SUPER, roles.ADVERTISER_REPORT})
"""Report users of an advertiser keep private lists: their values are hidden from agencies and from masked admins."""
SEES_SUPPRESSED = frozenset({roles.ADMIN, roles.SUPER})
CHANGES_SYSTEM_LISTS = frozenset({roles.ADMIN})
"""Roles that change the lists of the system and the suppression lists (decision 32)."""
CHANGES_ADVERTISERS_LISTS = frozenset({roles.ADMIN, roles.SUPER, roles.AGENCY})
"""Roles that change the lists of the advertisers they see; a report user of an advertiser changes the private ones he made."""
MAKES_LISTS = CHANGES_ADVERTISERS_LISTS | {roles.ADVERTISER_REPORT}
JOB_TYPE = "suppression_list"
NAMED = 10
SYSTEM_LIST = "Lists of the system serve every campaign: they are made and changed by Admin."
ADVERTISERS_LIST = "Lists of an advertiser are made and changed by Admin, Super User and Agency."
ANOTHERS_LIST = "You change the private lists that you made yourself; Admin, Super User and Agency change the others."
NO_FILE = ""
"""The file name of a run that deletes a list value by value."""


def lists_for(who: Who) -> QuerySet[ValidationList]:
    """Return the lists of the system and of the advertisers that `who` sees. A list in deletion is hidden from everybody."""
    if who.role not in SEES_LISTS:
        return ValidationList.objects.none()
    visible = Q(advertiser__in=advertisers_for(who))
    if who.role in SEES_SYSTEM_LISTS:
        visible |= Q(advertiser=None)
    return usable_lists().filter(visible)


def lists_of_campaign(campaign: Campaign) -> QuerySet[ValidationList]:
    """Return the lists that a job on the campaign can use."""
    return usable_lists().filter(Q(advertiser=None) | Q(advertiser=campaign.advertiser_id)).order_by("name", "pk")


def usable_lists() -> QuerySet[ValidationList]:
    """Return the lists that are not in deletion."""
    deletions = ValueImport.objects.filter(list=OuterRef("pk"), file=NO_FILE, state__in=Run.UNDER_WAY)
    return ValidationList.objects.filter(~Exists(deletions))


def lists_of_rules(who: Who) -> QuerySet[ValidationList]:
    """Return the lists used by rules that publishers are shown. They can read the values, except of private lists."""
    jobs = jobs_for(who).filter(type=JOB_TYPE, enabled=True).values_list("config__list", "campaign__advertiser")
    used = set(jobs)
    lists = usable_lists().filter(private=False, pk__in={list_id for list_id, _ in used if isinstance(list_id, int)})
    return lists.filter(Q(advertiser=None) | Q(advertiser__in={advertiser for _, advertiser in used}))


def advertisers_with_lists(who: Who) -> QuerySet[Advertiser]:
    return advertisers_for(who) if who.role in SEES_LISTS else Advertiser.objects.none()


def sees_values(who: Who, validation_list: ValidationList) -> bool:
    """Return whether `who`, who sees the list, sees its values."""
    return not validation_list.private or who.role in SEES_PRIVATE_VALUES


def refusal_to_change(who: Who, validation_list: ValidationList) -> str:
    """Return why `who`, who sees the list, may not change it or its values; empty if they may (decision 32)."""
    if not sees_values(who, validation_list):
        return "The values of this list are private: they are changed by Admin, Super User and those of the advertiser who keep it."
    if validation_list.advertiser_id is None:
        allowed, refusal = who.role in CHANGES_SYSTEM_LISTS, SYSTEM_LIST
    elif who.role == roles.ADVERTISER_REPORT:
        allowed, refusal = validation_list.private and validation_list.made_by_id == who.pk, ANOTHERS_LIST
    else:
        allowed, refusal = who.role in CHANGES_ADVERTISERS_LISTS, ADVERTISERS_LIST
    return "" if allowed else refusal


def refusal_to_create(who: Who, advertiser: Advertiser | None) -> str:
    """Return why `who` may not make a list of the system, or of an advertiser that they see; empty if they may."""
    if advertiser is None:
        return "" if who.role in CHANGES_SYSTEM_LISTS else SYSTEM_LIST
    return "" if who.role in MAKES_LISTS else ADVERTISERS_LIST


def values_for(who: Who, validation_list: ValidationList) -> QuerySet[ValidationListValue]:
    values = ValidationListValue.objects.filter(list=validation_list)
    return values if sees_values(who, validation_list) else values.none()


def suppressed_phones(text: str) -> Q:
    """Return the condition for entries that begin with a telephone number or a part of one, however it is written."""
    return begins_with_any(SuppressedPhone, PHONE.key, telephones.beginnings(text))


def suppressed_for(who: Who, kind: ListKind) -> QuerySet[Any]:
    return kind.model._default_manager.all() if who.role in SEES_SUPPRESSED else kind.model._default_manager.none()


def imports_for(who: Who) -> QuerySet[ValueImport]:
    """Return imports into lists whose values `who` sees, and into suppression lists if `who` sees them."""
    files = ValueImport.objects.exclude(file=NO_FILE)
    lists = lists_for(who)
    if who.role not in SEES_PRIVATE_VALUES:
        lists = lists.filter(private=False)
    if who.role in SEES_SUPPRESSED:
        return files.filter(Q(list__in=lists) | Q(target__in=SUPPRESSED))
    return files.filter(list__in=lists)


@dataclass(frozen=True, slots=True)
class ListUsage:
    """The enabled jobs that use a list: the named ones, and the number of all."""

    named: list[Job]
    total: int

    @property
    def others(self) -> int:
        return self.total - len(self.named)


def users_of(validation_list: ValidationList, who: Who) -> ListUsage:
    """Return the jobs that use a list. Jobs on campaigns that `who` cannot see are only counted, as lists of the system are shared."""
    jobs = Job.objects.filter(type=JOB_TYPE, enabled=True, removed_at=None, config__list=validation_list.pk)
    seen = jobs.filter(campaign__in=campaigns_for(who).values("pk")).select_related("campaign").order_by("campaign_id", "pk")
    return ListUsage(list(seen[:NAMED]), jobs.count())
