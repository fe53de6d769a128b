"""Every address, asked by everybody: who gets in, who is sent to sign in, who is refused, and for whom it does not exist."""

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from campaigns import services
from config.panel import roles
from leads import bulk
from processr import engine
from processr.services import add_job
from tests.cast import make_user

pytestmark = pytest.mark.django_db

NOBODY = "nobody"
WHO = (NOBODY, *roles.LABELS)
OUTSIDE = {"admin", "schema"}
"""Namespaces of their own; the support staff's pages are asked for below."""


def row(nobody: int, **codes: int) -> dict[str, int]:
    """What each gets: `rest` for all roles that are not named."""
    rest = codes.pop("rest")
    return {NOBODY: nobody, **dict.fromkeys(roles.LABELS, rest), **codes}


EVERYBODY = row(302, rest=200)
LEADS = row(302, rest=200, report=403)
MANAGERS = row(302, rest=403, admin=200, admin_masked=200, super=200, agency=200)
EXPECTED = {
    "home": row(302, rest=302, report=200),
    "sign_in": row(200, rest=302),
    "sign_out": row(302, rest=405),
    "profile": EVERYBODY,
    "change_password": EVERYBODY,
    "reset_password": row(200, rest=200),
    "reset_password_sent": row(200, rest=200),
    "new_password": row(200, rest=200),
    "leads": LEADS,
    "leads_new": LEADS,
    "leads_figures": LEADS,
    "lead": LEADS,
    "campaign_leads": LEADS,
    "campaign_leads_new": LEADS,
    "lead_run": row(302, rest=403, admin=200, admin_masked=200, super=200, agency=200, agency_call_centre=200),
    "reprocess_lead": MANAGERS,
    "reprocess_errored": MANAGERS,
    "bulk_action": row(302, rest=403, admin=200, admin_masked=200, super=200, agency=404),
    "stop_bulk_action": row(302, rest=405),
    "campaigns": LEADS,
    "campaigns_inactive": LEADS,
    "campaign": LEADS,
    "campaign_pause": MANAGERS,
    "campaign_resume": MANAGERS,
    "api_login": row(405, rest=405),
    "api_token": row(400, rest=400),
    "api_schema": row(200, rest=200),
    "publisher_fields": row(401, rest=401),
    "publisher_links": row(401, rest=401),
    "publisher_leads": row(405, rest=405),
    "publisher_lead_result": row(401, rest=401),
    **{f"webhook_{name}": row(401, rest=401) for name in ("fields", "fields_form", "fields_v1", "fields_v1_global", "links", "links_v2")},
    **{f"webhook_{name}": row(405, rest=405) for name in ("leads", "leads_form", "leads_v2", "leads_form_v2")},
}
OF_AN_OBJECT = (
    "reprocess_lead",
    "reprocess_errored",
    "lead",
    "campaign",
    "campaign_leads",
    "campaign_leads_new",
    "campaign_pause",
    "campaign_resume",
)


@pytest.fixture
def places(campaign, form, pat, bob, make_leads):
    """Keyword arguments of the addresses that take some."""
    (judged,) = make_leads(campaign)
    add_job(campaign, "first_last_name_match", actor=bob)
    engine.process_turn(campaign.pk, 0)
    (lead,) = make_leads(campaign)
    return {
        "lead": {"pk": lead.pk},
        "lead_run": {"pk": judged.pk, "number": 1},
        "reprocess_lead": {"pk": lead.pk},
        "reprocess_errored": {"campaign_id": campaign.pk},
        "bulk_action": {"pk": bulk.begin("reprocess", [lead.pk], actor=bob).pk},
        "stop_bulk_action": {"pk": 1},
        "campaign_leads": {"campaign_id": campaign.pk},
        "campaign_leads_new": {"campaign_id": campaign.pk},
        "campaign": {"pk": campaign.pk},
        "campaign_pause": {"pk": campaign.pk},
        "campaign_resume": {"pk": campaign.pk},
        "publisher_fields": {"campaign_id": campaign.pk},
        "publisher_links": {"campaign_id": campaign.pk},
        "publisher_leads": {"publisher_id": pat.pk, "form_id": form.pk, "campaign_id": campaign.pk},
        "publisher_lead_result": {"publisher_id": pat.pk, "lead_id": lead.pk},
        **dict.fromkeys((name for name in EXPECTED if name.startswith(("webhook_fields", "webhook_links"))), {"campaign_id": campaign.pk}),
        **dict.fromkeys((name for name in EXPECTED if name.startswith("webhook_leads")), {"campaign_id": campaign.pk, "form_id": form.pk}),
        "new_password": {"uidb64": "MQ", "token": "used-up"},
    }


@pytest.fixture
def person(acme, pat, bob):
    """person(role): signed in, and a member of the party the cast's campaign belongs to; person(role, of=None): of none."""
    agency = services.create_agency("Brightfield", advertisers=[acme], actor=bob)
    party = dict.fromkeys(roles.AGENCY_SIDE, agency) | dict.fromkeys(roles.ADVERTISER_SIDE, acme) | {roles.PUBLISHER: pat}

    def sign_in(role: str, *, member: bool = True) -> Client:
        client = Client()
        if role == NOBODY:
            return client
        user = make_user(role)
        if member and role in party:
            services.add_member(user, party[role], actor=bob)
        client.force_login(user)
        return client

    return sign_in


def named_urls() -> set[str]:
    return {name for name in get_resolver().reverse_dict if isinstance(name, str)}


def test_every_address_is_in_the_table():
    assert named_urls() == set(EXPECTED)


@pytest.mark.parametrize("who", WHO)
def test_each_gets_what_the_table_says(who, places, person):
    client = person(who)
    answers = {name: client.get(reverse(name, kwargs=places.get(name))).status_code for name in EXPECTED}
    assert answers == {name: codes[who] for name, codes in EXPECTED.items()}


@pytest.mark.parametrize("role", sorted(roles.AGENCY_SIDE | roles.ADVERTISER_SIDE | {roles.PUBLISHER}))
def test_what_is_anothers_does_not_exist(role, places, person):
    client = person(role, member=False)
    answers = {name: client.get(reverse(name, kwargs=places[name])).status_code for name in OF_AN_OBJECT}
    allowed = {name for name in OF_AN_OBJECT if EXPECTED[name][role] == 200}
    assert {name for name, code in answers.items() if code == 404} == allowed
    assert {answers[name] for name in OF_AN_OBJECT if name not in allowed} <= {403}


@pytest.mark.parametrize("who", WHO)
def test_only_support_staff_reach_the_admin(who, person):
    assert person(who).get("/admin/").status_code == (302 if who == NOBODY else 403), "nobody of the cast is staff"
