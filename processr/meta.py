"""What is known about a lead besides what its form captured, under the vendor's names, as text.

Only what the lead's own row holds: it is read for every lead of a chunk. The lead's hash is not among it: who knows it can change the
lead, and what transforms make of it would be seen by publishers.
"""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from config.panel import enterprise
from leads.models import Lead

NAMES = {
    "createdDate": "the day the lead came, as 2026-01-31",
    "createdTs": "the moment the lead came, as 2026-01-31 14:30:00",
    "emailDomain": "what follows the name in the e-mail address, as @example.com",
    "id": "the lead's id",
    "leadId": "the lead's id",
    "campaignId": "the campaign's id",
    "publisherId": "the lead generator's id",
    "publisherSubId": "what the lead generator calls its own source",
    "formId": "the form's id",
    "linkId": "the link's id",
    "ip": "the address the lead came from",
    "host": "the host the lead was sent to",
    "landingPageUrl": "the page the form was on",
}
"""Capital and small letters matter in them, as the vendor has it."""


def meta_of(lead: Lead) -> dict[str, str]:
    """Days and times are the enterprise's."""
    created = local_time(lead.created_at, enterprise.current().zone)
    _, at, domain = lead.email.rpartition("@")
    return {
        "createdDate": created[:10],
        "createdTs": created,
        "emailDomain": f"@{domain}" if at else "",
        "id": str(lead.pk),
        "leadId": str(lead.pk),
        "campaignId": str(lead.campaign_id),
        "publisherId": _text(lead.publisher_id),
        "publisherSubId": lead.publisher_sub_id,
        "formId": _text(lead.form_id),
        "linkId": _text(lead.link_id),
        "ip": lead.ip or "",
        "host": lead.host,
        "landingPageUrl": lead.landing_page_url,
    }


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def local_time(moment: datetime, zone: str) -> str:
    """As 2026-01-31 14:30:00."""
    return f"{moment.astimezone(_zone(zone)):%Y-%m-%d %H:%M:%S}"


@lru_cache(maxsize=4)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
