"""The selectors of campaigns and parties: every read goes through here, restricted to what the user may see.

`has_status` and `is_active` state the rule of `campaign_status` as conditions on rows; a test keeps them in agreement.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns.extension_points import Trouble, trouble_sources
from campaigns.models import Advertiser, Campaign, CampaignForm, CampaignLink, CampaignPublisher, FormField, Membership, Publisher
from campaigns.scope import Who, scope_of
from config.core.accounts import roles
from config.core.database.arrays import is_one_of

SETUP_REQUIRED, INACTIVE, ACTIVE, ENDED, PAUSED = "Setup Required", "Inactive", "Active", "Ended", "Paused"
STATUSES = (SETUP_REQUIRED, INACTIVE, ACTIVE, ENDED, PAUSED)
FORMS_AT_MOST, FORM_FIELDS_AT_MOST = 100, 200
"""Forms whose fields are offered, as filters for example, and fields of them: with more, a page would grow with the table."""


def campaigns_for(who: Who) -> QuerySet[Campaign]:
    scope = scope_of(who)
    if scope.nothing:
        return Campaign.objects.none()
    return Campaign.objects.filter(scope.campaigns())


def each_campaign_for(who: Who) -> QuerySet[Campaign]:
    """Return the campaigns that `who` sees, each once: a publisher can have several ways to see one campaign."""
    return Campaign.objects.filter(pk__in=campaigns_for(who).order_by().values("pk"))


def advertisers_for(who: Who) -> QuerySet[Advertiser]:
    scope = scope_of(who)
    if scope.everything:
        return Advertiser.objects.all()
    return Advertiser.objects.filter(pk__in=scope.advertisers)


def publishers_for(who: Who) -> QuerySet[Publisher]:
    """Return the publishers that `who` sees: for advertisers and agencies, those on their campaigns."""
    scope = scope_of(who)
    if scope.everything:
        return Publisher.objects.all()
    if scope.publishers:
        return Publisher.objects.filter(pk__in=scope.publishers)
    return Publisher.objects.filter(contracts__campaign__in=Campaign.objects.filter(scope.campaigns())).distinct()


def each_publisher_for(who: Who) -> QuerySet[Publisher]:
    """Return the publishers that `who` sees, in a form that takes further conditions and orders."""
    return Publisher.objects.filter(pk__in=publishers_for(who).order_by().values("pk"))


def links_for(who: Who) -> QuerySet[CampaignLink]:
    """Return the links of the campaigns that `who` sees."""
    return CampaignLink.objects.filter(campaign__in=each_campaign_for(who))


def contracts_for(who: Who) -> QuerySet[CampaignPublisher]:
    """Return the contracts on the campaigns that `who` sees; for a publisher, its own."""
    contracts = CampaignPublisher.objects.all()
    if who.role == roles.PUBLISHER:
        return contracts.filter(publisher__in=scope_of(who).publishers)
    return contracts.filter(campaign__in=each_campaign_for(who))


def fields_of_forms_for(who: Who, campaign_ids: Collection[int] | None = None) -> QuerySet[FormField]:
    """Return the fields of the forms of campaigns that `who` sees: those that are asked, and for those who manage campaigns all."""
    campaigns = each_campaign_for(who)
    if campaign_ids is not None:
        campaigns = campaigns.filter(pk__in=campaign_ids)
    fields = FormField.objects.filter(form__in=CampaignForm.objects.filter(campaign__in=campaigns).values("form"))
    return fields if who.role in roles.MANAGES_CAMPAIGNS else fields.filter(enabled=True, form__archived_at=None)


def form_fields_for(who: Who, campaign: Campaign | None = None) -> list[tuple[str, str]]:
    """Return name and label of the fields of a campaign's forms, or of the newest forms that `who` sees, each name once."""
    forms = CampaignForm.objects.filter(campaign__in=[campaign] if campaign else campaigns_for(who))
    newest = forms.order_by("-pk").values_list("form", flat=True)[:FORMS_AT_MOST]
    fields = FormField.objects.filter(form__in=newest)
    return list(fields.order_by("name").values_list("name").annotate(label=Min("label"))[:FORM_FIELDS_AT_MOST])


def consent_fields(form_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the names of the consent fields of each of these forms that has some, in one query."""
    fields = FormField.objects.filter(form__in=set(form_ids), type=FormField.Type.OPTIN, enabled=True)
    names: dict[int, list[str]] = {}
    for form_id, name in fields.order_by("pk").values_list("form_id", "name"):
        names.setdefault(form_id, []).append(name)
    return names


def sees_publisher(who: Who, publisher_id: int) -> bool:
    scope = scope_of(who)
    return publisher_id in scope.publishers or (not scope.publishers and publishers_for(who).filter(pk=publisher_id).exists())


def campaign_status(campaign: Campaign, now: datetime | None = None) -> str:
    """Return the status. An unsigned contract comes first, then a pause, then the dates and the allocation.

    A campaign that holds leads over delivery goes on when its allocation is full.
    """
    now = now or timezone.now()
    if campaign.signed_at is None:
        return SETUP_REQUIRED
    if campaign.paused_at is not None and campaign.paused_at <= now:
        return PAUSED
    if now < campaign.start:
        return INACTIVE
    if campaign.end is not None and now >= campaign.end + timedelta(days=campaign.end_extension):
        return ENDED
    is_full = campaign.lead_volume is not None and (campaign.slots_taken or 0) >= campaign.lead_volume
    if is_full and not campaign.hold_over_delivery:
        return ENDED
    return ACTIVE


def has_status(statuses: Collection[str], now: datetime) -> Q:
    """Return the condition that `campaign_status` is one of these."""
    signed, paused = Q(signed_at__isnull=False), Q(paused_at__isnull=False, paused_at__lte=now)
    running = signed & (Q(paused_at__isnull=True) | Q(paused_at__gt=now))
    by_status = {
        SETUP_REQUIRED: Q(signed_at__isnull=True),
        PAUSED: signed & paused,
        INACTIVE: running & Q(start__gt=now),
        ENDED: running & Q(start__lte=now) & ~is_active(now),
        ACTIVE: is_active(now),
    }
    condition = Q(pk__in=[])
    for status in statuses:
        condition |= by_status[status]
    return condition


def is_active(now: datetime) -> Q:
    extension = ExpressionWrapper(F("end_extension") * timedelta(days=1), output_field=DurationField())
    signed_and_running = Q(signed_at__isnull=False, start__lte=now) & (Q(paused_at__isnull=True) | Q(paused_at__gt=now))
    not_over = Q(end__isnull=True) | Q(end__gt=now - extension)
    has_room = Q(lead_volume__isnull=True) | Q(lead_volume__gt=Coalesce(F("slots_taken"), 0)) | Q(hold_over_delivery=True)
    return signed_and_running & not_over & has_room


def troubled_campaigns(who: Who) -> QuerySet[Campaign]:
    """Return the campaigns in `who`'s view that need attention."""
    if who.role not in roles.MANAGES_CAMPAIGNS:
        return Campaign.objects.none()
    troubled = set().union(*(source.campaign_ids(who) for source in trouble_sources))
    return campaigns_for(who).filter(is_one_of(troubled), is_template=False) if troubled else Campaign.objects.none()


def troubles_badge(who: Who) -> str:
    """Return the number for the navigation, or an empty string for none."""
    number = troubled_campaigns(who).count()
    return f"{number:,}" if number else ""


def troubles_of(who: Who, campaign_ids: Collection[int]) -> dict[int, list[Trouble]]:
    """Return the troubles of the campaigns, which `who` must be able to see."""
    found: dict[int, list[Trouble]] = {}
    if campaign_ids and who.role in roles.MANAGES_CAMPAIGNS:
        for source in trouble_sources:
            for campaign_id, troubles in source.by_campaign(who, campaign_ids).items():
                found.setdefault(campaign_id, []).extend(troubles)
    return found


def agency_names_for(who: Who) -> dict[int, str]:
    """Return the names of the agencies that the user works for, by id."""
    return dict(Membership.objects.filter(user=who.pk, agency__isnull=False).values_list("agency", "agency__name"))
