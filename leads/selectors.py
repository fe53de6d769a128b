"""The one door for reading leads; it knows who asks."""

from django.db.models import QuerySet

from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from config.panel import roles
from leads.models import Lead


def leads_for(who: Who) -> QuerySet[Lead]:
    """Leads in sight of `who`; deleted ones are in nobody's."""
    if not who.is_authenticated or who.role not in roles.SEES_LEADS:
        return Lead.objects.none()
    scope, leads = scope_of(who), Lead.objects.filter(deleted_at=None)
    if scope.everything:
        return leads
    if scope.advertisers:
        return leads.filter(campaign__in=Campaign.objects.filter(scope.campaigns()))
    if scope.publishers:
        return leads.filter(publisher__in=scope.publishers)
    return Lead.objects.none()


def billable_column(who: Who) -> str:
    """Publishers ask whether they earn, everybody else whether the advertiser pays."""
    return "publisher_billable" if who.role == roles.PUBLISHER else "advertiser_billable"
