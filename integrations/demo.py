"""The integrations of the demo data, and what became of their deliveries.

None of them calls anything while the data are made: one is disabled, one collects for a file, and the attempts of one are
recorded as if its receiver had taken leads until its key ran out. `demo_events` has the outbound events.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.db.models import DateTimeField, F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Least, Now
from django.utils import timezone

from campaigns.models import Campaign
from config.core import enterprise
from config.core.actor import SYSTEM
from integrations.delivery.outcome import AttemptRecord
from integrations.delivery.recorder import record_attempts
from integrations.kinds.collect import CollectForFile
from integrations.kinds.http_post import HttpPost
from integrations.models import Delivery
from leads.models import Lead, LeadNote
from processr.demo import job_entry
from processr.job_types.exchange import Exchange
from processr.models import Job
from processr.plans import planned
from processr.services import add_job

FIELDS_SENT = [
    {"name": "email", "field": "email"},
    {"name": "name.first", "field": "firstName"},
    {"name": "name.last", "field": "lastName"},
    {"name": "company", "field": "company"},
    {"name": "reference", "field": "eventId"},
]
DESK, DESK_URL = "Edinburgh desk", "https://leads.edinburgh-desk.example/intake"
ACCEPTED = 'HTTP/1.1 201 Created\nContent-Type: application/json\n\n{"status": "stored"}'
REFUSED = 'HTTP/1.1 401 Unauthorized\nContent-Type: application/json\n\n{"error": "The API key has expired"}'
REFUSED_SHARE = 3
"""One in so many deliveries was refused, the last ones."""
INTEGRATIONS: Mapping[str, Sequence[tuple[str, str, dict[str, Any], dict[str, Any]]]] = {
    "Zero-downtime white paper": (
        (HttpPost.key, "Harbour Cloud CRM", {"url": "https://crm.harbour-cloud.example/leads"}, {"enabled": False}),
        (HttpPost.key, DESK, {"url": DESK_URL}, {"routing_values": [{"field": "postcode", "values": ["EH3 9DR"]}]}),
    ),
    "Payroll demo requests": ((CollectForFile.key, "Weekly file", {"note": "For Lumen's sales team, on Mondays."}, {}),),
}
"""By campaign: type, label, settings, and further properties of the job."""


def add_integrations(world: dict[str, Any]) -> None:
    """Add the integrations before the leads arrive, so that Valid leads are routed to them."""
    for entry in world["campaigns"]:
        campaign = Campaign.objects.get(pk=entry["id"])
        for key, label, settings, properties in INTEGRATIONS.get(entry["name"], ()):
            config = {**settings, "fields_sent": FIELDS_SENT} if key == HttpPost.key else settings
            job = add_job(campaign, key, actor=SYSTEM, label=label, config=config, **properties)
            entry["jobs"].append(job_entry(job))


def deliver(_world: dict[str, Any]) -> None:
    """Record one attempt at each delivery to the desk. The last ones were refused, so that they need a person."""
    for job in Job.objects.filter(label=DESK).select_related("campaign"):
        token, now = uuid4(), timezone.now()
        queued = Delivery.objects.filter(job=job, state=Delivery.State.QUEUED)
        queued.update(state=Delivery.State.SENDING, claim=token, claimed_at=now)
        deliveries = list(Delivery.objects.filter(claim=token).order_by("pk"))
        integration = HttpPost(planned(job))
        records = []
        for place, delivery in enumerate(deliveries):
            is_refused = place >= len(deliveries) - max(1, len(deliveries) // REFUSED_SHARE)
            status, answer = (401, REFUSED) if is_refused else (201, ACCEPTED)
            sent = f"POST {DESK_URL}\nContent-Type: application/json\nIdempotency-Key: {delivery.event_id}\n\n{{…}}"
            exchange = Exchange(sent, answer, status, took_ms=180 + 7 * place)
            records.append(AttemptRecord(delivery, integration.classify(exchange), exchange, now))
        record_attempts(records, job=job, token=token, safe_to_repeat=False)


def date_back(_world: dict[str, Any]) -> None:
    """Let what was done with each lead have been done when it came: judged at once, sent then, flagged on the days after it."""
    with connection.cursor() as cursor:
        for statement in _DATE_BACK:
            cursor.execute(statement, {"zone": str(enterprise.zone())})
    later = Least(Now(), F("created_at") + timedelta(hours=20), output_field=DateTimeField())
    last_note = LeadNote.objects.filter(lead_id=OuterRef("pk")).order_by("-at").values("at")[:1]
    Lead.objects.update(updated_at=Coalesce(Subquery(last_note), "created_at"))
    Lead.objects.filter(flagged_at__isnull=False).update(flagged_at=later)
    Lead.objects.filter(first_delivered_at__isnull=False).update(first_delivered_at=later)


_DATE_BACK = (
    "UPDATE processr_event AS e SET started_at = least(statement_timestamp(), l.created_at + interval '4 seconds') "
    "FROM leads_lead AS l WHERE l.id = e.lead_id AND e.kind = 'flow'",
    "UPDATE processr_event AS e SET started_at = least(statement_timestamp(), l.created_at + interval '7 seconds') "
    "FROM leads_lead AS l WHERE l.id = e.lead_id AND e.kind = 'delivery'",
    "UPDATE leads_priceentry AS p SET at = least(statement_timestamp(), l.created_at + interval '5 seconds') "
    "FROM leads_lead AS l WHERE l.id = p.lead_id",
    "UPDATE integrations_delivery AS d SET created_at = l.created_at + interval '5 seconds', "
    "not_before = l.created_at + interval '5 seconds' FROM leads_lead AS l WHERE l.id = d.lead_id",
    "UPDATE integrations_delivery SET first_tried_at = created_at + interval '2 seconds', answered_at = created_at + interval '3 seconds' "
    "WHERE answered_at IS NOT NULL",
    "UPDATE integrations_delivery SET sent_at = answered_at WHERE sent_at IS NOT NULL",
    "UPDATE integrations_message AS m SET created_at = past.at, not_before = CASE WHEN m.not_before > statement_timestamp() "
    "THEN m.not_before ELSE past.at END FROM (SELECT message.id, least(statement_timestamp(), l.created_at + interval '6 seconds' "
    "+ interval '20 hours' * (row_number() OVER (PARTITION BY l.id ORDER BY message.id) - 1)) AS at "
    "FROM integrations_message AS message JOIN leads_lead AS l ON l.id = message.lead_id) AS past WHERE past.id = m.id",
    "UPDATE integrations_message SET first_tried_at = least(statement_timestamp(), created_at + interval '1 second'), "
    "answered_at = least(statement_timestamp(), created_at + interval '2 seconds') WHERE answered_at IS NOT NULL",
    "UPDATE integrations_message SET sent_at = answered_at WHERE sent_at IS NOT NULL",
    "UPDATE processr_event AS e SET started_at = m.first_tried_at FROM integrations_message AS m "
    "WHERE e.kind = 'message' AND (e.source->>'message')::bigint = m.id",
    "DELETE FROM integrations_sentcount",
    "INSERT INTO integrations_sentcount (destination_id, day, n) SELECT destination.id, (sent.at AT TIME ZONE %(zone)s)::date, count(*) "
    "FROM (SELECT job_id, NULL::bigint AS destination_id, sent_at AS at FROM integrations_delivery WHERE state = 'sent' "
    "UNION ALL SELECT NULL, destination_id, sent_at FROM integrations_message WHERE state = 'sent') AS sent "
    "JOIN integrations_destination AS destination ON destination.id = sent.destination_id OR destination.job_id = sent.job_id "
    "GROUP BY 1, 2",
    "UPDATE leads_leadnote AS n SET at = least(statement_timestamp(), past.at) FROM (SELECT note.id, l.created_at + interval '5 seconds' "
    "+ interval '20 hours' * (row_number() OVER (PARTITION BY l.id ORDER BY note.id) - 1) AS at "
    "FROM leads_leadnote AS note JOIN leads_lead AS l ON l.id = note.lead_id) AS past WHERE past.id = n.id",
)
"""Statements that move times into the past: not into the future of leads that have just come, nor, as by now(), before their arrival.

The times of leads themselves were set when they were received.
"""
