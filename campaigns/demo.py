"""The users, parties and campaigns of the demo data, created through the services."""

import secrets
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from campaigns import services
from campaigns.models import Advertiser, Campaign, CampaignPublisher, Form, Publisher
from campaigns.selectors import campaign_status
from config.core import enterprise
from config.core.accounts import roles
from config.core.actor import SYSTEM
from config.core.models import User

PEOPLE = {
    roles.ADMIN: ("ada", "Ada Marsh"),
    roles.ADMIN_MASKED: ("miles", "Miles Veil"),
    roles.SUPER: ("suri", "Suri Banks"),
    roles.AGENCY: ("gail", "Gail Brightfield"),
    roles.AGENCY_CALL_CENTRE: ("callum", "Callum Ringer"),
    roles.ADVERTISER: ("harriet", "Harriet Pool"),
    roles.ADVERTISER_REPORT: ("rhys", "Rhys Ledger"),
    roles.PUBLISHER: ("tess", "Tess Copeland"),
    roles.REPORT: ("remy", "Remy Chart"),
}
ADVERTISERS = ("Harbour Cloud", "Lumen Payroll", "Kestrel Security")
PUBLISHERS = ("Techscope Media", "Boardroom Weekly", "Inbox Partners")
COUNTRIES = [["GB", "United Kingdom"], ["US", "United States"], ["IE", "Ireland"]]
CONTACT_FIELDS: list[dict[str, Any]] = [
    {"name": "title", "label": "Title"},
    {"name": "firstName", "label": "First name", "required": True},
    {"name": "lastName", "label": "Last name", "required": True},
    {"name": "email", "label": "Work e-mail", "type": "email", "required": True},
    {"name": "telephone", "label": "Telephone", "type": "telephone"},
    {"name": "company", "label": "Company", "required": True},
    {"name": "jobTitle", "label": "Job title"},
    {"name": "postcode", "label": "Postcode"},
    {"name": "country", "label": "Country", "type": "dropdown", "options": COUNTRIES},
    {"name": "terms", "label": "May we contact you?", "type": "optin"},
]
SHORT_FIELDS = [field for field in CONTACT_FIELDS if field["name"] in {"firstName", "lastName", "email", "company"}]


CAMPAIGNS: list[dict[str, Any]] = [
    {
        "name": "Zero-downtime white paper", "advertiser": 0, "lead_volume": 500, "contract_value": Decimal(30000), "payout": 32,
        "caps": (60, 200, None), "call_centre": True,
    },
    {"name": "Payroll demo requests", "advertiser": 1, "advertiser_payout": Decimal(85), "payout": 48},
    {
        "name": "Ransomware guide", "advertiser": 2, "lead_volume": 200, "contract_value": Decimal(9000), "payout": 25,
        "caps": (50, 50, 50),
    },
    {"name": "Spring webinar", "advertiser": 1, "advertiser_payout": Decimal(40), "payout": 22, "caps": (None, 100, None)},
    {"name": "Test drive", "advertiser": 0, "test_mode": True, "payout": 30},
    {"name": "Partner programme", "advertiser": 2, "advertiser_payout": Decimal(120), "payout": 70},
    {"name": "Autumn benchmark report", "advertiser": 0, "signed": False, "payout": 28},
]  # fmt: skip
"""One campaign of each kind: the number of its advertiser, volume, value and payouts, and a cap for each publisher."""


def build(world: dict[str, Any]) -> None:
    """Create users, parties, forms and campaigns, and add to `world` what `demo --json` prints of them."""
    users = {role: _user(role, world) for role in PEOPLE}
    advertisers = [services.create_advertiser(name, actor=SYSTEM, autosign_contracts=True) for name in ADVERTISERS]
    publishers = [services.create_publisher(name, actor=SYSTEM) for name in PUBLISHERS]
    agency = services.create_agency("Brightfield", advertisers=advertisers[:2], actor=SYSTEM)
    services.add_member(users[roles.AGENCY], agency, actor=SYSTEM)
    services.add_member(users[roles.AGENCY_CALL_CENTRE], agency, actor=SYSTEM)
    services.add_member(users[roles.ADVERTISER], advertisers[0], actor=SYSTEM)
    services.add_member(users[roles.ADVERTISER_REPORT], advertisers[0], actor=SYSTEM)
    services.add_member(users[roles.PUBLISHER], publishers[0], actor=SYSTEM)
    world["advertisers"] = [{"id": advertiser.pk, "name": advertiser.name} for advertiser in advertisers]
    world["publishers"] = [_publisher(publisher, users[roles.PUBLISHER], world) for publisher in publishers]
    forms = [
        services.create_form("Contact details", fields=CONTACT_FIELDS, actor=SYSTEM),
        services.create_form("Short contact", fields=SHORT_FIELDS, actor=SYSTEM),
    ]
    world["campaigns"] = [_campaign(plan, advertisers, publishers, forms) for plan in CAMPAIGNS]


def finish(world: dict[str, Any]) -> None:
    """Date the contracts before the first leads, pause one campaign and end another, once the leads have arrived."""
    signed_before = F("start") - timedelta(days=3)
    Campaign.objects.filter(signed_at__isnull=False).update(signed_at=signed_before)
    CampaignPublisher.objects.update(signed_at=Subquery(Campaign.objects.filter(pk=OuterRef("campaign")).values(at=signed_before)))
    by_name = {entry["name"]: entry for entry in world["campaigns"]}
    paused, ended = by_name["Ransomware guide"], by_name["Spring webinar"]
    services.pause(paused["id"], actor=SYSTEM, reason="Waiting for the new landing page")
    services.change_dates(ended["id"], end=timezone.now(), actor=SYSTEM)
    for entry in world["campaigns"]:
        entry["status"] = campaign_status(Campaign.objects.get(pk=entry["id"]))


def _user(role: str, world: dict[str, Any]) -> User:
    username, name = PEOPLE[role]
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(
        username, f"{username}@example.com", password, name=name, role=role,
        is_staff=role == roles.ADMIN, is_superuser=role == roles.ADMIN, can_delete_leads=role == roles.AGENCY,
    )  # fmt: skip
    world["users"].append({"username": username, "name": name, "password": password, "role": role})
    return user


def _publisher(publisher: Publisher, user: User, world: dict[str, Any]) -> dict[str, Any]:
    """Return a publisher with an API key. The first belongs to the demo's publisher user; each other gets a user of its own."""
    login = next(entry for entry in world["users"] if entry["username"] == user.username)
    if world["publishers"] or publisher.name != PUBLISHERS[0]:
        slug = publisher.name.split()[0].lower()
        login = {"username": slug, "password": secrets.token_urlsafe(12)}
        user = User.objects.create_user(slug, f"{slug}@example.com", login["password"], name=publisher.name, role=roles.PUBLISHER)
        services.add_member(user, publisher, actor=SYSTEM)
    key = services.make_api_key(user, publisher, actor=SYSTEM)
    return {"id": publisher.pk, "name": publisher.name, "username": login["username"], "password": login["password"], "api_key": key}


def _campaign(plan: dict[str, Any], advertisers: list[Advertiser], publishers: list[Publisher], forms: list[Form]) -> dict[str, Any]:
    terms = dict(plan)
    name, advertiser, payout = terms.pop("name"), advertisers[terms.pop("advertiser")], Decimal(terms.pop("payout"))
    signed, caps = terms.pop("signed", True), terms.pop("caps", [None] * len(publishers))
    now = timezone.now()
    campaign = services.create_campaign(
        name, advertiser=advertiser, currency=enterprise.current().currency, start=now - timedelta(days=60),
        end=now + timedelta(days=60), country="GB", default_publisher_payout=payout, signed=signed, actor=SYSTEM, **terms,
    )  # fmt: skip
    for form in forms:
        services.add_form(campaign, form, actor=SYSTEM)
    links = [
        services.add_link(campaign, channel, channel=channel, destination="https://example.com/offer", actor=SYSTEM)
        for channel in ("Email", "Display")
    ]
    for publisher, cap in zip(publishers, caps, strict=True):
        contract = services.assign_publisher(campaign, publisher, cap=cap, actor=SYSTEM)
        services.sign_contract(contract, signed_by=publisher.name, actor=SYSTEM)
    return {
        "id": campaign.pk, "name": name, "status": campaign_status(campaign), "advertiser": campaign.advertiser_id,
        "api_key": services.api_key_of(campaign),
        "forms": [{"id": form.pk, "name": form.name, "fields": [field.name for field in form.fields.all()]} for form in forms],
        "links": [{"id": link.pk, "name": link.name} for link in links],
        "publishers": [publisher.pk for publisher in publishers], "jobs": [],
    }  # fmt: skip
