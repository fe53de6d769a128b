"""The cast every test plays with: made through the services, in sequence, never random."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.db import transaction
from django.utils import timezone

from campaigns import services
from config.core import enterprise
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.models import User
from leads.intake import normalize, search_index
from leads.intake.normalize import Derived
from leads.intake.search_index import SearchedLead
from leads.lifecycle import tallies
from leads.lifecycle.state import lock_states
from leads.models import Lead

PASSWORD = "correct horse battery staple"
FIELDS = [
    {"name": "firstName", "label": "First name", "required": True},
    {"name": "lastName", "label": "Last name", "required": True},
    {"name": "email", "label": "E-mail", "type": "email", "required": True},
    {"name": "telephone", "label": "Telephone", "type": "telephone"},
    {"name": "company", "label": "Company"},
]
_number = count(1)


@pytest.fixture
def bob(db) -> Actor:
    """An admin, the actor of most changes."""
    user = make_user(roles.ADMIN, name="Bob Admin")
    return Actor(user.name, user.pk, None)


def make_user(role: str, **fields) -> User:
    n = next(_number)
    fields = {"username": f"{role}{n}", "email": f"{role}{n}@example.com", "name": f"{role} {n}", **fields}
    return User.objects.create_user(password=PASSWORD, role=role, **fields)


@pytest.fixture
def currency(db):
    return enterprise.current().currency


@pytest.fixture
def acme(bob):
    """The advertiser."""
    return services.create_advertiser("Acme", actor=bob, autosign_contracts=True)


@pytest.fixture
def pat(bob):
    """The publisher."""
    return services.create_publisher("Pat Media", actor=bob)


@pytest.fixture
def form(bob):
    return services.create_form("White paper", fields=FIELDS, actor=bob)


@pytest.fixture
def make_campaign(acme, pat, form, currency, bob):
    """make_campaign(lead_volume=…, cap=…, …): active, with the form, a link, and Pat under a signed contract."""

    def make(name: str = "", *, cap: int | None = None, payout: Decimal = Decimal(20), **details):
        details = {"advertiser_payout": Decimal(50), "start": timezone.now() - timedelta(days=2), **details}
        campaign = services.create_campaign(name or f"Campaign {next(_number)}", advertiser=acme, currency=currency, actor=bob, **details)
        services.add_form(campaign, form, actor=bob)
        services.add_link(campaign, "Newsletter", channel="Email", destination="https://example.com/", actor=bob)
        contract = services.assign_publisher(campaign, pat, cap=cap, payout=payout, actor=bob)
        services.sign_contract(contract, signed_by="Pat", actor=bob)
        return campaign

    return make


@pytest.fixture
def campaign(make_campaign):
    return make_campaign("Spring")


@pytest.fixture
def make_leads(pat, form):
    """make_leads(campaign, n, email=…): waiting leads, as intake leaves them."""

    def make(campaign, n: int = 1, *, publisher=pat, lane: int = 0, **captured) -> list[Lead]:
        leads = [_lead(campaign, publisher, form, lane, captured) for _ in range(n)]
        with transaction.atomic():
            Lead.objects.bulk_create(leads)
            search_index.write([_searched(lead) for lead in leads])
            tallies.record((None, state) for state in lock_states([lead.pk for lead in leads]).values())
        return leads

    return make


def _searched(lead: Lead) -> SearchedLead:
    derived = Derived.stored(lead)
    words = search_index.words_of(lead.captured, derived, campaign_id=lead.campaign_id, publisher_id=lead.publisher_id)
    return SearchedLead(lead.pk, lead.campaign_id, words)


def _lead(campaign, publisher, form, lane, captured) -> Lead:
    n = next(_number)
    values = {"firstName": f"First{n}", "lastName": f"Last{n}", "email": f"person{n}@example.com", **captured}
    return Lead(
        lead_hash=f"{n:032x}", campaign=campaign, publisher=publisher, form=form, captured=values, entry_point="webhook", lane=lane,
        ip="203.0.113.7", **normalize.columns(values),
    )  # fmt: skip
