"""The campaign, form and publisher that the benchmarks use, made through the services."""

from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils import timezone

from campaigns import services
from campaigns.models import Campaign, CampaignLink, Form, Publisher
from config.core import enterprise
from config.core.actor import SYSTEM
from processr.services import add_job
from tests.bench.load import NUMBER

JOBS = ("duplicate_email", "first_last_name_match", "test_data")
PERSON = {
    "firstName": f"James{NUMBER}", "lastName": "Butt", "email": f"james.butt.{NUMBER}@example.com", "telephone": f"504-621-{NUMBER}",
    "company": "Benton, John B Jr", "addressLine1": "6649 N Blue Gum St", "city": "New Orleans", "postcode": "70116",
    "jobTitle": "Head of Purchasing", "country": "US",
}  # fmt: skip
KINDS = {"email": "email", "telephone": "telephone"}


class WayIn(NamedTuple):
    """The way for leads to a new campaign: a signed contract and a link."""

    campaign: Campaign
    form: Form
    publisher: Publisher
    link: CampaignLink


def way_in(name: str) -> WayIn:
    campaign = _campaign(name)
    form = services.create_form(name, fields=[_field(name) for name in PERSON], actor=SYSTEM)
    services.add_form(campaign, form, actor=SYSTEM)
    link = services.add_link(campaign, "Newsletter", actor=SYSTEM)
    publisher = services.create_publisher(name, actor=SYSTEM)
    services.sign_contract(services.assign_publisher(campaign, publisher, actor=SYSTEM, payout=20), signed_by="Bench", actor=SYSTEM)
    return WayIn(campaign, form, publisher, link)


def lead_address() -> str:
    """Where a sender posts."""
    campaign, form, publisher, link = way_in("Bench")
    query = urlencode({"apikey": services.api_key_of(campaign), "campaignLinkId": link.pk, "publisherId": publisher.pk})
    return f"/webhook/campaign/{campaign.pk}/global-form/{form.pk}/leads?{query}"


def _campaign(name: str) -> Campaign:
    advertiser = services.create_advertiser(name, actor=SYSTEM)
    yesterday, currency = timezone.now() - timedelta(days=1), enterprise.current().currency
    campaign = services.create_campaign(name, advertiser=advertiser, currency=currency, start=yesterday, signed=True, actor=SYSTEM)
    for job in JOBS:
        add_job(campaign, job, actor=SYSTEM)
    return campaign


def _field(name: str) -> dict:
    return {"name": name, "label": name, "type": KINDS.get(name, "text"), "required": True}
