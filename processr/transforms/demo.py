"""The value transforms of the demo data: a group about countries at an advertiser and in its campaign, and a corrected name."""

from typing import Any

from campaigns.models import Campaign
from config.core.actor import SYSTEM
from processr.transforms import services
from processr.transforms.definitions import MANIPULATE, TRANSFORM, Definition

CAMPAIGN = "Zero-downtime white paper"
CODES = {
    "United Kingdom": "GB",
    "UK": "GB",
    "GB": "GB",
    "Ireland": "IE",
    "IE": "IE",
    "France": "FR",
    "FR": "FR",
    "Germany": "DE",
    "DE": "DE",
}
COUNTRIES = Definition("Country codes", TRANSFORM, "country", "countryCode", {"values": CODES, "any_case": True}, "Countries")
REGIONS = {"GB": "UK and Ireland", "UK": "UK and Ireland", "IE": "UK and Ireland", "FR": "Continent", "DE": "Continent", "US": "Americas"}
TERRITORY = Definition("Sales territory", TRANSFORM, "country", "territory", {"values": REGIONS, "any_case": True}, "Countries")
_NAME = [{"field": "firstName"}, {"field": "lastName"}]
FULL_NAME = Definition(
    "Full name",
    MANIPULATE,
    "firstName",
    "fullName",
    {"steps": [{"kind": "join", "parts": _NAME, "separator": " "}, {"kind": "trim", "inner": True}, {"kind": "case", "to": "title"}]},
)
MONTH = Definition(
    "Month it came",
    MANIPULATE,
    "createdDate",
    "createdMonth",
    {"steps": [{"kind": "replace", "find": r"/(\d{4})\-(\d{2})\-(\d{2})$/", "replacement": "$1-$2"}]},
)


def add(world: dict[str, Any]) -> None:
    entry = next((entry for entry in world["campaigns"] if entry["name"] == CAMPAIGN), None)
    if entry is None:
        return
    campaign = Campaign.objects.select_related("advertiser").get(pk=entry["id"])
    transform_ids = [services.create(campaign.advertiser, definition, actor=SYSTEM).pk for definition in (COUNTRIES, TERRITORY)]
    services.copy_into(campaign, transform_ids, actor=SYSTEM)
    for definition in (FULL_NAME, MONTH):
        services.create(campaign, definition, actor=SYSTEM)
