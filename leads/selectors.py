"""The one door for reading leads; it knows who asks."""

import json

from django.db import connection
from django.db.models import QuerySet

from campaigns.models import Campaign
from campaigns.scope import Who, scope_of
from config.core.accounts import roles
from leads.models import BulkAction, Lead


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


def errored_leads(who: Who, campaign: Campaign) -> QuerySet[Lead]:
    """With a job that could not check them in their last run (decision 5)."""
    return leads_for(who).filter(campaign=campaign, errored=True)


def bulk_actions_for(who: Who) -> QuerySet[BulkAction]:
    """Everybody sees what they began; who sees everything sees everybody's."""
    actions = BulkAction.objects.select_related("started_by")
    return actions if who.role in roles.SEES_EVERYTHING else actions.filter(started_by=who.pk)


def lead_of_publisher(who: Who, publisher_id: int, lead_id: int) -> Lead | None:
    """With what its publisher is told of it, and nothing else. A publisher's own programs ask in one query, their scope included."""
    if who.role != roles.PUBLISHER:
        return leads_for(who).only(*_TOLD).filter(publisher=publisher_id, pk=lead_id).first()
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]  # our own engine's
        cursor.execute(_OWN, {"lead": lead_id, "publisher": publisher_id, "user": who.pk})
        row = cursor.fetchone()
    return _told(*row) if row else None


def _told(pk: int, captured: str, second_check: str, current_status: str, qa_result: str) -> Lead:
    return Lead.from_db(connection.alias, _TOLD, [pk, json.loads(captured), second_check, current_status, json.loads(qa_result)])


_TOLD = ("id", "captured", "second_check", "current_status", "qa_result")
"""In the order of the model: `from_db` wants them so."""
# By hand: programs ask for each lead until it is judged, and the ORM needs longer to build this than PostgreSQL to run it.
_OWN = """
SELECT id, captured::text, second_check, current_status, qa_result::text FROM leads_lead
WHERE id = %(lead)s AND publisher_id = %(publisher)s AND deleted_at IS NULL
    AND EXISTS (SELECT FROM campaigns_membership WHERE user_id = %(user)s AND publisher_id = %(publisher)s)
"""


def billable_column(who: Who) -> str:
    """Publishers ask whether they earn, everybody else whether the advertiser pays."""
    return "publisher_billable" if who.role == roles.PUBLISHER else "advertiser_billable"
