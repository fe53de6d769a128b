"""The part of a lead's page that a list shows in a sheet, and the way from lead to lead in the order of that list."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.utils import timezone

from campaigns import services
from config.core import audit
from config.core.accounts import roles
from config.core.models import AuditEntry, User
from leads import lifecycle
from leads.models import Lead
from leads.views.lead import walk
from processr.engine import scheduler
from processr.models import Event
from processr.services import add_job
from tests.leads.acts import judge_all
from tests.screens.reading import Page, Reader

pytestmark = pytest.mark.django_db


def of_list(lead: Lead, address: str, tab: str = "") -> str:
    return f"/v2/leads/{lead.pk}{tab and f'/{tab}'}?{urlencode({'list': address})}"


def beside(page: Page) -> dict[str, int]:
    """Return the ids of the leads that the page leads on to."""
    links = re.findall(r'<a class="icon-button" href="([^"]*)" data-step="(\w+)" data-to="(\d+)"', page.html)
    return {step: int(pk) for _, step, pk in links}


def walked(reader: Reader, lead: Lead, address: str) -> list[int]:
    """Follow the way to the next lead from this one to the end of the list, and back again."""
    found, page = [lead.pk], reader.get(of_list(lead, address))
    while (pk := beside(page).get("next")) is not None:
        page = reader.get(of_list(Lead(pk=pk), address))
        assert beside(page)["previous"] == found[-1]
        found.append(pk)
    return found


@pytest.fixture
def leads(campaign, make_leads) -> list[Lead]:
    """The leads of one campaign, the newest first; their names are in another order than their ids, and some are equal."""
    made = [make_leads(campaign, firstName=name, company=company)[0] for name, company in NAMES]
    judge_all(campaign, "caution")
    return made[::-1]


NAMES = [("Dora", "Acme"), ("Ann", "Beta"), ("Cleo", "Acme"), ("Ann", "Beta"), ("Bea", "Acme")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("?sort=id", [4, 3, 2, 1, 0]),
        ("?per_page=25&after=1&sort=-created_at", [0, 1, 2, 3, 4]),
        ("?current_status=caution&sort=current_status", [4, 3, 2, 1, 0]),
        ("?sort=-score", [0, 1, 2, 3, 4]),
        ("?company~=acm", [0, 2, 4]),
        ("?name=ann", [1, 3]),
        ("?field.company=Acme&sort=id", [4, 2, 0]),
        ("?search=ann", [1, 3]),
    ],
)
def test_each_lead_leads_on_to_the_next_in_the_order_and_the_filters_of_its_list(leads, reader, query, expected):
    ids = [leads[place].pk for place in expected]
    assert walked(reader(), leads[expected[0]], f"/v2/leads{query}") == ids
    campaign = leads[0].campaign_id
    assert walked(reader(), leads[expected[0]], f"/v2/campaigns/{campaign}/leads{query}") == ids


def test_a_lead_that_the_list_no_longer_has_still_stands_at_its_place(leads, bob, reader):
    lifecycle.flag([leads[2].pk], "valid", actor=bob, reason="Approved")
    page = reader().get(of_list(leads[2], "/v2/leads?current_status=caution"))
    assert beside(page) == {"previous": leads[1].pk, "next": leads[3].pk}


def test_the_list_of_a_campaign_ends_with_the_campaign(leads, make_campaign, make_leads, reader):
    make_leads(make_campaign("Autumn"))
    page = reader().get(of_list(leads[0], f"/v2/campaigns/{leads[0].campaign_id}/leads"))
    assert beside(page) == {"next": leads[1].pk}
    assert "previous" in beside(reader().get(of_list(leads[0], "/v2/leads")))


def test_where_no_index_serves_a_filter_some_leads_are_looked_at(leads, reader, monkeypatch):
    monkeypatch.setattr(walk, "LOOKED_AT", 1)
    assert beside(reader().get(of_list(leads[0], "/v2/leads?company~=acm"))) == {}
    monkeypatch.setattr(walk, "LOOKED_AT", 2)
    assert beside(reader().get(of_list(leads[0], "/v2/leads?company~=acm"))) == {"next": leads[2].pk}


@pytest.mark.parametrize("tab", ["associated_campaigns", "job_details", "processr_logs", "provider_logs", "edit_data", "notes", "timeline"])
def test_every_address_within_a_tab_carries_the_list_on(leads, reader, tab):
    judge_all(leads[1].campaign)  # a second run
    for query in ("", "&run=1", "&type=status", "&text=nothing", "&edit=company", "&after=x"):
        page = reader().get(of_list(leads[1], "/v2/leads?current_status=caution", tab) + query)
        within = page.html[page.html.index('class="lead-tab-content"') :]
        addresses = re.findall(r'(?:hx-get|hx-post|href|action)="(/v2/leads/\d+/[^"]*)"', within)
        searches = [address for address in addresses if address == f"/v2/leads/{leads[1].pk}/{tab}"]  # its fields are the query
        assert bool(searches) <= ('name="list" value="/v2/leads?current_status=caution"' in within), query
        others = [address for address in addresses if address not in searches]
        assert [address for address in others if "list=%2Fv2%2Fleads%3Fcurrent_status%3Dcaution" not in address] == [], query


def test_reprocessing_leads_back_to_the_lead_with_its_list(leads, reader):
    admin = reader()
    address = of_list(leads[1], "/v2/leads?current_status=caution", "reprocess")
    assert address in admin.get(of_list(leads[1], "/v2/leads?current_status=caution")).html
    assert f'href="{of_list(leads[1], "/v2/leads?current_status=caution")}"' in admin.get(address).html
    assert admin.client.post(address)["Location"] == of_list(leads[1], "/v2/leads?current_status=caution")


def test_the_tab_that_is_open_and_the_list_are_carried_on(leads, reader):
    page = reader().get(of_list(leads[1], "/v2/leads?current_status=caution", "job_details"))
    assert f'href="{of_list(leads[2], "/v2/leads?current_status=caution", "job_details")}" data-step="next"' in page.html
    assert f'hx-get="{of_list(leads[1], "/v2/leads?current_status=caution", "profile")}"' in page.html
    assert 'href="/v2/leads?current_status=caution" data-closes-lead' in page.html


@pytest.mark.parametrize(
    "address",
    [
        "", "https://evil.example/v2/leads", "//evil.example/v2/leads", "javascript:alert(1)", "/v2/campaigns", "/sign-out", "/v2/leads/new",
        "v2/leads", "/v2/leads\x00", "/v2/leads?email=a\x00", "/v2/leads?sort=captured", "/v2/leads?colour=red", "/v2/leads?view=99999999999999999999",
        "/v2/campaigns/999999/leads", "/v2/campaigns/99999999999999999999999/leads", "/v2/leads?" + "x" * 2_000, "/v2/leads?\ud800", "\\v2\\leads",
        "/v2/leads?current_status=good", "/v2/leads?%", "/v2/leads?created_after=soon", "/v2/leads?sort=-id&sort=id&view=x",
    ],
)  # fmt: skip
def test_a_list_that_is_none_leads_nowhere(leads, reader, address):
    query = urlencode({"list": address}, errors="surrogatepass")
    page = reader().get(f"/v2/leads/{leads[1].pk}?{query}")
    assert (page.status, beside(page)) == (200, {})
    closes = re.search(r'href="([^"]*)" data-closes-lead', page.html)[1]
    assert re.match(r"/v2/leads(\?|$)", closes)
    assert "evil" not in page.html


@pytest.mark.parametrize("role", [roles.ADMIN_MASKED, roles.ADVERTISER])
def test_a_filter_that_is_hidden_from_the_role_leads_nowhere(leads, reader, role):
    assert beside(reader(role).get(of_list(leads[1], "/v2/leads?sort=id"))) != {}
    assert beside(reader(role).get(of_list(leads[1], f"/v2/leads?email={leads[0].email}"))) == {}
    assert beside(reader(role).get(of_list(leads[1], "/v2/leads?sort=name"))) == {}


def test_the_list_of_what_is_anothers_leads_nowhere(leads, make_campaign, reader, bob):
    other = services.create_advertiser("Other", actor=bob)
    theirs = make_campaign("Theirs")
    type(theirs).objects.filter(pk=theirs.pk).update(advertiser=other)
    assert beside(reader(roles.AGENCY).get(of_list(leads[1], f"/v2/campaigns/{theirs.pk}/leads"))) == {}


@pytest.mark.parametrize("tab", ["", "profile", "job_details"])
def test_the_sheet_is_the_page_without_its_frame(leads, reader, tab):
    admin, address = reader(), of_list(leads[1], "/v2/leads", tab)
    page = admin.get(address)
    sheet = admin.client.get(address, headers={"HX-Request": "true", "HX-Target": "lead"})
    text = sheet.content.decode()
    assert text.lstrip().startswith('<article class="lead"')
    assert {"HX-Request", "HX-Target"} <= set(map(str.strip, sheet["Vary"].split(",")))
    start = page.html.index('<article class="lead"')
    without_tokens = [re.sub(r'value="\w{64}"', "", html) for html in (page.html[start : page.html.index("</article>", start)], text)]
    assert without_tokens[1].strip().startswith(without_tokens[0].strip())


def test_the_rows_of_both_lists_open_their_lead_with_the_way_on(leads, reader):
    for path in ("/v2/leads", f"/v2/campaigns/{leads[0].campaign_id}/leads"):
        address = f"{path}?current_status=caution"
        assert f'href="{of_list(leads[0], address)}" aria-label="View lead {leads[0].pk}" data-opens' in reader().get(address).html


def test_a_list_with_a_very_long_address_opens_its_leads_without_it(leads, reader):
    page = reader().get("/v2/leads?" + "&".join(f"campaign={leads[0].campaign_id}" for _ in range(200)))
    assert f'href="/v2/leads/{leads[0].pk}" aria-label="View lead' in page.html


def test_the_page_costs_the_same_queries_whatever_was_done_to_the_lead_and_the_list(leads, bob, reader, make_leads):
    admin = reader()
    first = of_list(leads[2], "/v2/leads?current_status=caution")
    admin.get(first)  # the look is recorded
    few = len(admin.queries(first))
    make_leads(leads[0].campaign, 30)
    judge_all(leads[0].campaign, "caution")
    for number in range(5):
        lifecycle.edit({leads[2].pk: {"company": f"Acme {number}", f"field{number}": "x"}}, actor=bob)
    assert len(admin.queries(first)) == few


# Who looked


def views(lead: Lead) -> list[str]:
    entries = AuditEntry.objects.filter(object_type="leads.lead", object_id=str(lead.pk), action="lead viewed unmasked")
    return [entry.actor_name for entry in entries.order_by("pk")]


@pytest.mark.parametrize(
    ("role", "recorded"),
    [
        (roles.ADMIN, True), (roles.SUPER, True), (roles.AGENCY, True), (roles.AGENCY_CALL_CENTRE, True), (roles.ADMIN_MASKED, False),
        (roles.ADVERTISER, False), (roles.PUBLISHER, False),
    ],
)  # fmt: skip
def test_staff_who_open_a_lead_unmasked_are_on_record(leads, bob, reader, role, recorded):
    type(leads[0].campaign).objects.filter(pk=leads[0].campaign_id).update(call_centre=True)
    lifecycle.flag([leads[0].pk], "valid", actor=bob, reason="Approved")  # or the call centre does not see it
    person = reader(role)
    assert person.get(f"/v2/leads/{leads[0].pk}").status == 200
    assert views(leads[0]) == ([person.user.name] if recorded else [])


def test_one_look_is_one_entry_whatever_tabs_are_opened(leads, reader):
    admin, other = reader(), reader(roles.SUPER)
    for tab in ("", "/profile", "/job_details"):
        admin.get(f"/v2/leads/{leads[0].pk}{tab}")
        admin.client.get(f"/v2/leads/{leads[0].pk}{tab}", headers={"HX-Request": "true"})
    other.get(f"/v2/leads/{leads[0].pk}")
    admin.get(f"/v2/leads/{leads[1].pk}")
    assert views(leads[0]) == [admin.user.name, other.user.name]
    assert views(leads[1]) == [admin.user.name]
    entry = AuditEntry.objects.get(object_id=str(leads[1].pk), action="lead viewed unmasked")
    assert (entry.page, entry.campaign_id, entry.severity, entry.ip) == ("Leads", leads[1].campaign_id, "low", "127.0.0.1")
    with time_machine.travel(timezone.now() + audit.SAME_VIEW + timedelta(seconds=1)):
        admin.client.force_login(admin.user)
        admin.get(f"/v2/leads/{leads[1].pk}")
    assert len(views(leads[1])) == 2


def test_a_tab_alone_is_a_look_too(leads, reader):
    admin = reader()
    admin.client.get(f"/v2/leads/{leads[0].pk}/profile", headers={"HX-Request": "true", "HX-Target": "lead-tab"})
    assert views(leads[0]) == [admin.user.name]


def test_a_lead_that_does_not_exist_and_a_tab_that_is_closed_leave_no_entry(leads, bob, reader):
    lifecycle.delete([leads[0].pk], actor=bob)
    reader().get(f"/v2/leads/{leads[0].pk}")
    reader(roles.ADMIN_MASKED).get(f"/v2/leads/{leads[1].pk}/edit_data")
    assert not AuditEntry.objects.filter(action="lead viewed unmasked").exists()


@pytest.mark.parametrize(
    ("role", "recorded"), [(roles.ADMIN, True), (roles.SUPER, True), (roles.AGENCY, True), (roles.ADMIN_MASKED, False)]
)
def test_the_page_of_a_run_is_a_look_at_its_lead(leads, bob, reader, role, recorded):
    add_job(leads[0].campaign, "test_data", actor=bob)
    lifecycle.requeue([leads[0].pk], actor=bob)
    scheduler.serve_campaigns(seconds=10)
    run = Event.objects.get(lead_id=leads[0].pk, kind="flow")
    person, path = reader(role), f"/v2/leads/{leads[0].pk}/runs/{run.run_number}"
    for shown in (path, f"/v2/leads/{leads[0].pk}", path):
        assert person.get(shown).status == 200
    assert views(leads[0]) == ([person.user.name] if recorded else [])
    assert person.get(f"/v2/leads/{leads[1].pk}/runs/9").status == 404
    assert views(leads[1]) == []


# Who the lead is


@pytest.mark.parametrize(
    ("enriched", "shown"),
    [
        ({"ipCountry": "DE", "ipCountryName": "Germany", "ipCity": "Ulm"}, "127.0.0.9 , Germany Host"),
        ({"ipCountry": "united kingdom"}, "127.0.0.9 , United Kingdom Host"),
        ({"homeIpCountry": "XK"}, "127.0.0.9 , Kosovo Host"),
        ({"homeIpCountry": "FR", "ipCountry": "DE"}, "127.0.0.9 , Germany Host"),
        ({"homeIpCountry": "FR", "ipCountry": ""}, "127.0.0.9 , France Host"),
        ({"ipCountry": "Freedonia"}, "127.0.0.9 Host"),
        ({"ipCountry": ["Freedonia"], "country": "DE", "ipCountryName": "Germany"}, "127.0.0.9 Host"),
        ({"ipCountry": None}, "127.0.0.9 Host"),
        ({"ipCountry": "<b>" * 4000}, "127.0.0.9 Host"),
        ({}, "127.0.0.9 Host"),
    ],
)
def test_the_country_of_the_ip_address_stands_beside_it(leads, reader, enriched, shown):
    Lead.objects.filter(pk=leads[0].pk).update(enriched=enriched, ip="127.0.0.9", host="h.example", captured={})
    assert f"IP {shown}" in reader().get(f"/v2/leads/{leads[0].pk}").words


def test_the_country_of_the_ip_address_is_for_those_who_see_values_and_what_enrichment_found(leads, reader):
    Lead.objects.filter(pk=leads[0].pk).update(enriched={"ipCountry": "IS"}, ip="127.0.0.9", captured={"firstName": "Jo"})
    for role in (roles.SUPER, roles.AGENCY):
        assert "Iceland" in reader(role).get(f"/v2/leads/{leads[0].pk}").words
    for role in (roles.ADMIN_MASKED, roles.ADVERTISER, roles.PUBLISHER):
        assert "Iceland" not in reader(role).get(f"/v2/leads/{leads[0].pk}").html
    Lead.objects.filter(pk=leads[0].pk).update(ip=None)
    assert "Iceland" not in reader().get(f"/v2/leads/{leads[0].pk}").html.replace("Iceland</td>", "")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://www.linkedin.com/in/jo", True),
        ("https://x.com/jo", True),
        ("https://GitHub.com/jo", True),
        ("http://www.linkedin.com/in/jo", False),
        ("https://linkedin.com.evil.example/in/jo", False),
        ("https://evil.example/linkedin.com", False),
        ("https://jo@linkedin.com/in/jo", False),
        ("https://linkedin.com:8443/in/jo", False),
        ("https://linkedin.com", False),
        ("javascript:alert('linkedin.com')", False),
        ("//linkedin.com/in/jo", False),
        ("https://[linkedin.com/in/jo", False),
        ("https://linkedin.com/in/" + "x" * 600, False),
        (["https://linkedin.com/in/jo"], False),
        (None, False),
    ],
)
def test_only_accounts_at_known_networks_are_linked(leads, reader, address, shown):
    Lead.objects.filter(pk=leads[0].pk).update(enriched={"profile": address})
    html = reader().get(f"/v2/leads/{leads[0].pk}").html
    assert ("lead-networks" in html) is shown
    assert ('rel="noopener noreferrer"' in html) is shown
    for role in (roles.ADMIN_MASKED, roles.ADVERTISER, roles.PUBLISHER):
        assert "lead-networks" not in reader(role).get(f"/v2/leads/{leads[0].pk}").html


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"city": "Leeds", "country": "GB"}, "Location: Leeds United Kingdom"),
        ({"city": "Leeds", "state": "Leeds", "country": "Freedonia"}, "Location: Leeds Freedonia"),
        ({"country": "deutschland"}, "Location: Germany"),
        ({"City": "Ulm"}, "Location: Ulm"),
    ],
)
def test_the_location_is_what_the_values_say_of_it(leads, reader, values, words):
    Lead.objects.filter(pk=leads[0].pk).update(captured=values)
    assert words in reader().get(f"/v2/leads/{leads[0].pk}").words
    assert "Location:" not in reader().get(f"/v2/leads/{leads[1].pk}").words
    assert "Location:" not in reader(roles.ADMIN_MASKED).get(f"/v2/leads/{leads[0].pk}").words


def test_rows_without_a_value_are_left_out(leads, reader):
    Lead.objects.filter(pk=leads[0].pk).update(publisher=None, form=None, link=None, ip=None)
    words = reader().get(f"/v2/leads/{leads[0].pk}").words
    assert [
        label for label in ("Generator ", "Form ", "Channel", "IP ", "Device", "Replacement", "Host", "QA Status") if label in words
    ] == []


@pytest.mark.parametrize(("role", "links"), [(roles.ADMIN, True), (roles.SUPER, False), (roles.PUBLISHER, False)])
def test_the_form_is_a_link_for_those_who_may_open_it(leads, form, reader, role, links):
    person = reader(role)
    User.objects.filter(pk=person.user.pk).update(is_staff=role == roles.ADMIN)
    address = f"/admin/campaigns/form/{form.pk}/change/"
    assert (f'href="{address}"' in person.get(f"/v2/leads/{leads[0].pk}").html) is links
    assert (person.get(address).status == 200) is links


def test_the_actions_are_those_of_the_role_and_go_to_the_list_behind_the_lead(leads, reader):
    campaign = leads[0].campaign_id
    html = reader().get(of_list(leads[0], f"/v2/campaigns/{campaign}/leads?sort=id")).html
    assert f'data-flags="/v2/campaigns/{campaign}/leads/flag"' in html
    assert 'name="query" value="sort=id"' in html
    for role, actions in (
        (roles.ADMIN_MASKED, ["Flag…", "Flag/Manage", "Reprocess"]),
        (roles.ADVERTISER, []),
        (roles.PUBLISHER, []),
    ):
        words = reader(role).get(f"/v2/leads/{leads[0].pk}").words
        assert [action for action in ("Flag…", "Flag/Manage", "Send again", "Reprocess") if action in words] == actions
