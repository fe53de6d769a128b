"""The overview of a campaign for each role, its example command, pausing and resuming."""

import re
import shlex
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from campaigns import services
from campaigns.models import Campaign
from campaigns.services import api_key_of
from config.core.accounts import roles
from config.core.models import AuditEntry
from leads import lifecycle
from leads.models import Lead
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db

EVERY_KIND = [
    {"name": "email", "label": "E-mail", "type": "email", "required": True},
    {"name": "telephone", "label": "Telephone", "type": "telephone", "required": True},
    {"name": "employees", "label": "Employees", "type": "number", "required": True},
    {"name": "dob", "label": "Born", "type": "date", "required": True},
    {"name": "sector", "label": "Sector", "type": "dropdown", "options": [["it's", "IT"], ["hr", "HR"]], "required": True},
    {"name": "title", "label": "Title", "type": "radio", "options": [["ms", "Ms"]], "required": True},
    {"name": "terms", "label": "Terms", "type": "optin", "required": True},
    {"name": "newsletter", "label": "News", "type": "checkbox", "required": True},
    {"name": "initials", "label": "Initials", "max_length": 3, "required": True},
    {"name": "notes", "label": "Notes", "type": "textarea"},
]
SEES_KEY = {roles.ADMIN, roles.SUPER, roles.AGENCY}


def line_of(page) -> list[str]:
    """The words a shell makes of the line as it is copied."""
    found = re.search(r'<code[^>]*id="line"[^>]*>(.*?)</code>', page.html, re.DOTALL)
    return shlex.split(unescape(found[1]).replace("\\\n", " "))


def paste(line: list[str]) -> int:
    """Send what the command line would, by the test client, and return the id of the lead."""
    curl, address, *rest = line
    assert (curl, rest[::2]) == ("curl", ["--data-urlencode"] * (len(rest) // 2))
    url = urlsplit(address)
    assert url.netloc == "testserver"
    answer = Client().post(f"{url.path}?{url.query}", dict(pair.split("=", 1) for pair in rest[1::2]))
    assert answer.status_code == 201, answer.content
    return answer.json()["data"]


def test_the_line_posts_a_lead_that_is_the_campaigns_the_publishers_and_the_links(campaign, pat, reader):
    lead = Lead.objects.get(pk=paste(line_of(reader().get(f"/v2/campaigns/{campaign.pk}"))))
    assert (lead.campaign, lead.publisher, lead.link) == (campaign, pat, campaign.links.get())
    assert lead.email == "jamie.rivers@example.com"


def test_the_line_fills_every_kind_of_required_field(campaign, bob, reader):
    campaign.campaign_forms.all().delete()
    services.add_form(campaign, services.create_form("Every kind", fields=EVERY_KIND, actor=bob), actor=bob)
    lead = Lead.objects.get(pk=paste(line_of(reader().get(f"/v2/campaigns/{campaign.pk}"))))
    assert lead.captured["sector"] == "it's"
    assert "notes" not in lead.captured


def test_a_form_that_requires_nothing_is_tried_with_its_first_field(campaign, bob, reader):
    campaign.campaign_forms.all().delete()
    fields = [{"name": "company", "label": "Company"}, {"name": "notes", "label": "Notes"}]
    services.add_form(campaign, services.create_form("Easy", fields=fields, actor=bob), actor=bob)
    assert Lead.objects.get(pk=paste(line_of(reader().get(f"/v2/campaigns/{campaign.pk}")))).captured == {"company": "Rivers and Sons"}


def test_without_a_form_there_is_no_line_but_a_word(campaign, reader):
    campaign.campaign_forms.all().delete()
    page = reader().get(f"/v2/campaigns/{campaign.pk}")
    assert "as soon as the campaign has a form with fields" in page.words
    assert "No form is on this campaign" in page.words


@pytest.mark.parametrize("role", sorted(roles.ALL - {roles.REPORT}))
def test_the_key_is_on_the_page_of_those_who_manage_the_campaign_and_of_no_one_else(campaign, reader, role):
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    page = reader(role).get(f"/v2/campaigns/{campaign.pk}")
    assert page.status == 200
    assert (api_key_of(campaign) in page.html) is (role in SEES_KEY)
    assert ("Pause campaign" in page.words) is (role in roles.MANAGES_CAMPAIGNS)


def test_the_key_is_hidden_until_it_is_asked_for(campaign, reader):
    page, key = reader().get(f"/v2/campaigns/{campaign.pk}"), api_key_of(campaign)
    assert f'type="password" id="api-key" value="{key}"' in page.html
    assert "apikey=CAMPAIGN_KEY" in page.words


def test_a_publisher_sees_its_own_contract_and_figures_alone(campaign, pat, make_leads, bob, reader):
    rival = services.create_publisher("Rival", actor=bob)
    services.assign_publisher(campaign, rival, actor=bob, payout=99)
    make_leads(campaign, 2)
    make_leads(campaign, 3, publisher=rival)
    page = reader(roles.PUBLISHER).get(f"/v2/campaigns/{campaign.pk}")
    assert "Pat Media" in page.words
    assert f"{pat.pk} Active CPL 20.00 GBP" in page.words
    assert "Total 2" in page.words
    assert [text for text in ("Rival", "99.00", "Acme", "50.00", "Advertiser pays") if text in page.html] == []


def test_an_advertiser_sees_its_price_and_no_publishers_pay(campaign, reader):
    page = reader(roles.ADVERTISER).get(f"/v2/campaigns/{campaign.pk}")
    assert "50.00 GBP a billable lead" in page.words
    assert [text for text in ("20.00", "Payout") if text in page.html] == []


def test_each_publisher_stands_with_its_terms_and_figures(make_campaign, make_leads, pat, bob, reader):
    campaign = make_campaign("Capped", cap=10, lead_volume=100)
    services.assign_publisher(campaign, services.create_publisher("Quiet", actor=bob), actor=bob, payout=7)
    ids = [lead.pk for lead in make_leads(campaign, 4)]
    make_leads(campaign, publisher=None)
    judge_all(campaign)
    lifecycle.mark_delivered(ids[:3], actor=bob)
    lifecycle.flag(ids[:1], "invalid", actor=bob, reason="Returned")
    words = reader().get(f"/v2/campaigns/{campaign.pk}").words
    assert f"Pat Media {pat.pk} Active CPL 20.00 GBP 10 3 4 3 1 2" in words
    assert "Unsigned CPL 7.00 GBP None — 0 0 0 0" in words
    assert "Without a lead generator — — — — — — 1 1 0 0" in words
    assert "4 of 100 taken, 96 left" in words
    assert "Total 5 Valid 4 80 % Invalid 1 20 % Delivered 3 60 % Billable 2 40 %" in words


def test_pausing_says_what_will_happen_and_what_happened(campaign, bob, reader):
    screen, address = reader(), f"/v2/campaigns/{campaign.pk}"
    assert "leads of its one active lead generator are answered with 403" in screen.get(f"{address}/pause").words
    resume_at = timezone.localtime() + timedelta(days=2)
    after = screen.post(f"{address}/pause", reason="New landing page", integrations="on", resume_at=f"{resume_at:%Y-%m-%dT%H:%M}")
    paused = Campaign.objects.get(pk=campaign.pk)
    assert (paused.pause_reason, paused.pause_integrations) == ("New landing page", True)
    assert "Spring is paused: no lead is accepted from now on. It resumes by itself on" in after.words
    assert "Deliveries and batches wait as well." in after.words
    assert "Reason: New landing page" in after.words
    assert AuditEntry.objects.filter(action="campaign paused", actor_name=str(screen.user)).count() == 1


def test_resuming_asks_first_and_then_says_so(campaign, bob, reader):
    screen, address = reader(roles.AGENCY), f"/v2/campaigns/{campaign.pk}"
    services.pause(campaign.pk, actor=bob, reason="New landing page", integrations=True)
    asked = screen.get(f"{address}/resume")
    assert "deliveries and batches that have waited go out" in asked.words
    assert Campaign.objects.get(pk=campaign.pk).paused_at is not None, "a GET resumed it"
    assert "Spring is resumed: leads are accepted again from now on." in screen.post(f"{address}/resume").words
    assert Campaign.objects.get(pk=campaign.pk).paused_at is None


def test_a_campaign_that_ended_meanwhile_says_that_resuming_will_not_open_it(campaign, bob, reader):
    services.pause(campaign.pk, actor=bob, reason="Break")
    Campaign.objects.filter(pk=campaign.pk).update(end=timezone.now())
    assert "It will not be active yet, though: it will read Ended ." in reader().get(f"/v2/campaigns/{campaign.pk}/resume").words


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": ""}, "This field is required."),
        ({"reason": "x", "resume_at": "soon"}, "This is not a date and time. Write it like 2026-01-31T14:30."),
        ({"reason": "x", "resume_at": "2020-01-01T10:00"}, "The time to resume must lie in the future."),
    ],
)
def test_a_pause_that_cannot_be_is_refused_beside_the_field_and_nothing_typed_is_lost(campaign, reader, fields, said):
    page = reader().post(f"/v2/campaigns/{campaign.pk}/pause", **fields)
    assert said in page.words
    assert all(f'value="{value}"' in page.html for value in fields.values() if value)
    assert Campaign.objects.get(pk=campaign.pk).paused_at is None


def test_what_another_did_meanwhile_is_told_not_repeated(campaign, bob, reader):
    services.pause(campaign.pk, actor=bob, reason="First")
    screen, address = reader(), f"/v2/campaigns/{campaign.pk}"
    assert "The campaign is paused already." in screen.get(f"{address}/pause").words
    assert "The campaign is paused already." in screen.post(f"{address}/pause", reason="Second").words
    services.resume(campaign.pk, actor=bob)
    assert "Spring: The campaign is not paused." in screen.post(f"{address}/resume").words


@pytest.mark.parametrize(("role", "code"), [(roles.PUBLISHER, 403), (roles.ADVERTISER, 403), (roles.AGENCY_CALL_CENTRE, 403)])
def test_who_does_not_manage_cannot_pause_by_hand_made_requests(campaign, reader, role, code):
    screen = reader(role)
    assert screen.post(f"/v2/campaigns/{campaign.pk}/pause", reason="x").status == code
    assert screen.post(f"/v2/campaigns/{campaign.pk}/resume").status == code
    assert Campaign.objects.get(pk=campaign.pk).paused_at is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"signed_at": None}, "Not signed yet."),
        ({"start": timezone.now() + timedelta(days=3)}, "Begins "),
        ({"end": timezone.now() - timedelta(hours=1)}, "Ended "),
        ({"uncapped": False, "lead_volume": 5, "slots_taken": 5}, "The allocation is full."),
        ({"test_mode": True}, "Test mode."),
    ],
)
def test_why_no_lead_is_taken_stands_on_top(campaign, reader, change, said):
    Campaign.objects.filter(pk=campaign.pk).update(**change)
    assert said in reader().get(f"/v2/campaigns/{campaign.pk}").words


def test_many_publishers_forms_and_links_cost_the_queries_of_one(campaign, bob, reader):
    screen, address = reader(), f"/v2/campaigns/{campaign.pk}"
    screen.get(address)
    few = len(screen.queries(address))
    for n in range(10):
        services.assign_publisher(campaign, services.create_publisher(f"Publisher {n}", actor=bob), actor=bob)
        services.add_form(campaign, services.create_form(f"Form {n}", fields=EVERY_KIND, actor=bob), actor=bob)
        services.add_link(campaign, f"Link {n}", actor=bob)
    assert len(screen.queries(address)) == few


def test_the_terms_say_whether_leads_are_held_and_how_long_they_wait(make_campaign, reader):
    for columns, over, delay in (
        ({"hold_over_delivery": True, "process_delay": 90}, "Held until somebody releases them", "1 hour 30 minutes after arrival"),
        ({"hold_over_delivery": False}, "Not held", "Process delay None"),
    ):
        words = reader().get(f"/v2/campaigns/{make_campaign('Held', lead_volume=5, **columns).pk}").words
        assert over in words
        assert delay in words


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ({"amount": "90", "unit": "minutes"}, 90),
        ({"amount": " 2 ", "unit": "hours"}, 120),
        ({"amount": "720", "unit": "hours"}, 43_200),
        ({"amount": "0", "unit": "hours"}, 0),
    ],
)
def test_the_process_delay_is_set_in_minutes_or_hours(campaign, reader, typed, minutes):
    Campaign.objects.filter(pk=campaign.pk).update(process_delay=7)
    screen, address = reader(), f"/v2/campaigns/{campaign.pk}/holds"
    assert address in screen.get(f"/v2/campaigns/{campaign.pk}").html
    screen.post(address, **typed)
    assert Campaign.objects.get(pk=campaign.pk).process_delay == minutes
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.campaign_id, entry.before, entry.after) == (
        "holds changed", campaign.pk, {"process_delay": 7}, {"process_delay": minutes}
    )  # fmt: skip
    screen.post(address, **typed)
    assert AuditEntry.objects.latest("pk") == entry


def test_the_form_of_the_process_delay_says_what_it_does_and_shows_hours_where_they_are_whole(campaign, reader):
    for minutes, amount, unit in ((120, "2", "hours"), (90, "90", "minutes"), (0, "0", "minutes")):
        Campaign.objects.filter(pk=campaign.pk).update(process_delay=minutes)
        page = reader().get(f"/v2/campaigns/{campaign.pk}/holds")
        assert f'value="{amount}"' in page.html
        assert f'value="{unit}" selected' in page.html
        assert "Always deliver skips the delay, never the hold over delivery" in page.words


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "", "unit": "hours"}, "Write a whole number"),
        ({"amount": "soon", "unit": "hours"}, "Write a whole number"),
        ({"amount": "1.5", "unit": "hours"}, "Write a whole number"),
        ({"amount": "-1", "unit": "hours"}, "Write a whole number"),
        ({"amount": "9" * 5_000, "unit": "hours"}, "Write a whole number"),
        ({"amount": "9" * 30, "unit": "hours"}, "At most 30 days: 720 hours, or 43,200 minutes."),
        ({"amount": "721", "unit": "hours"}, "At most 30 days"),
        ({"amount": "43201", "unit": "minutes"}, "At most 30 days"),
        ({"amount": "1\x00", "unit": "minutes"}, "Write a whole number"),
        ({"amount": "1", "unit": "weeks"}, "Choose minutes or hours."),
        ({"amount": "1"}, "Choose minutes or hours."),
    ],
)
def test_a_process_delay_that_cannot_be_is_refused_beside_its_field(campaign, reader, typed, said):
    assert said in reader().post(f"/v2/campaigns/{campaign.pk}/holds", **typed).words
    assert Campaign.objects.get(pk=campaign.pk).process_delay == 0


def test_the_switch_of_the_hold_over_delivery_is_set_and_releases_nothing(make_campaign, reader):
    campaign = make_campaign("Full", lead_volume=5, process_delay=30)
    screen, address = reader(), f"/v2/campaigns/{campaign.pk}/holds"
    assert "checked" not in screen.get(address).html.split('name="hold_over_delivery"')[1].split(">")[0]
    assert "leads over delivery are held" in screen.post(address, hold_over_delivery="on", amount="30", unit="minutes").words
    campaign.refresh_from_db()
    assert (campaign.hold_over_delivery, campaign.process_delay) == (True, 30)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.before, entry.after) == ({"hold_over_delivery": False}, {"hold_over_delivery": True})
    page = screen.get(address)
    assert "checked" in page.html.split('name="hold_over_delivery"')[1].split(">")[0]
    assert "those that are held wait until somebody releases them" in page.words
    assert "leads over delivery are not held" in screen.post(address, amount="30", unit="minutes").words
    assert not Campaign.objects.get(pk=campaign.pk).hold_over_delivery


@pytest.mark.parametrize("role", sorted(roles.ALL - roles.MANAGES_CAMPAIGNS))
def test_who_does_not_manage_cannot_set_the_process_delay(campaign, reader, role):
    screen, address = reader(role), f"/v2/campaigns/{campaign.pk}/holds"
    assert screen.get(address).status == 403
    assert screen.post(address, amount="5", unit="hours").status == 403
    assert Campaign.objects.get(pk=campaign.pk).process_delay == 0
