"""The page of one lead: its values, events and changes, masked by role."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from campaigns import services
from config.core.accounts import roles
from leads import lifecycle
from leads.extension_points import lead_tabs
from leads.models import Lead, LeadNote
from leads.privacy.tabs import TABS, is_open_to
from processr.engine import scheduler
from processr.services import add_job
from tests.leads.acts import judge_all
from tests.screens.reading import Page, words

pytestmark = pytest.mark.django_db

JO = {"firstName": "Jo", "lastName": "Nunez", "email": "jo@example.com", "telephone": "020 7946 0958", "shoeSize": "39"}
NOTES = "/v2/leads/{}/notes"
PERSONAL = ("Nunez", "jo@example.com", "020 7946 0958", "203.0.113.7")


@pytest.fixture
def jo(campaign, make_leads) -> Lead:
    return make_leads(campaign, **JO)[0]


def values_of(page: Page) -> dict[str, dict[str, str]]:
    """Return the values of the Profile tab, by section and field."""
    found: dict[str, dict[str, str]] = {}
    for row in re.findall(r"<tr>(.*?)</tr>", page.html, re.DOTALL):
        if section := re.search(r'id="value-(\w+)-', row):
            field, value = (words(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)[1:])
            found.setdefault(section[1], {})[field] = value.removesuffix(" Copy")
    return found


def test_the_profile_lists_the_standard_fields_blank_or_not_and_then_what_else_was_sent(jo, reader):
    page = reader().get(f"/v2/leads/{jo.pk}")
    assert values_of(page)["captured"] == {
        "title": "—", "firstName": "Jo", "lastName": "Nunez", "email": "jo@example.com", "telephone": "020 7946 0958", "company": "—",
        "jobTitle": "—", "addressLine1": "—", "city": "—", "postcode": "—", "country": "—", "shoeSize": "39",
    }  # fmt: skip
    assert "Publisher Data Label Field name Value Title title — First name firstName Jo Copy" in page.words
    assert "Value Transforms" not in page.words


def test_the_form_names_its_fields_and_adds_its_own(jo, form, reader):
    form.fields.filter(name="firstName").update(label="Given name")
    form.fields.create(name="budget", label="Budget", position=9)
    page = reader().get(f"/v2/leads/{jo.pk}")
    assert "Given name firstName Jo" in page.words
    assert "Budget budget — shoeSize shoeSize 39" in page.words


def test_a_value_that_was_changed_since_stands_beside_the_one_that_was_captured(jo, bob, reader):
    for name in ("Nunez-Smith", "Smith"):
        lifecycle.edit({jo.pk: {"lastName": name, "company": "Acme"}}, actor=bob)
    lifecycle.edit({jo.pk: {"telephone": "020 7946 0000"}}, actor=bob)
    lifecycle.edit({jo.pk: {"telephone": "020 7946 0958"}}, actor=bob)
    page = reader().get(f"/v2/leads/{jo.pk}")
    assert "Last name lastName Smith Captured as Nunez Copy" in page.words
    assert "Company company Acme Not captured: added later Copy" in page.words
    assert "telephone 020 7946 0958 Copy" in page.words, "it was changed back"
    masked = reader(roles.ADMIN_MASKED).get(f"/v2/leads/{jo.pk}")
    assert "Last name lastName S•••• Captured as N••••" in masked.words
    assert "data-copies" not in masked.html


def test_what_was_made_of_the_values_stands_apart(jo, reader):
    Lead.objects.filter(pk=jo.pk).update(transformed={"firstName": "Josephine"}, enriched={"employees": "250"})
    page = reader().get(f"/v2/leads/{jo.pk}")
    assert list(values_of(page)) == ["captured", "enriched", "transformed"]
    assert "Enrichment Label Field name Value employees employees 250" in page.words
    assert "Value Transforms Label Field name Value First name firstName Josephine" in page.words
    assert page.words.startswith("Lead")


def test_publishers_see_what_they_sent_and_nothing_that_was_made_of_it(jo, reader):
    """On the page of the lead and in the list (decision 33)."""
    Lead.objects.filter(pk=jo.pk).update(
        transformed={"firstName": "Josephine", "email": "j@changed.example"}, enriched={"employees": "250"}
    )
    publisher = reader(roles.PUBLISHER)
    page = publisher.get(f"/v2/leads/{jo.pk}")
    assert list(values_of(page)) == ["captured"]
    assert values_of(page)["captured"]["firstName"] == "Jo"
    assert [word for word in ("Josephine", "changed.example", "employees", "Value Transforms", "Enrichment") if word in page.html] == []
    (row,) = publisher.get("/v2/leads").rows
    assert (row["Name"], row["Email"]) == ("Jo Nunez", JO["email"])
    (row,) = reader().get("/v2/leads").rows
    assert (row["Name"], row["Email"]) == ("Josephine Nunez", "j@changed.example")


def test_the_details_say_where_the_lead_came_from_and_how_it_stands(jo, reader):
    judge_all(jo.campaign)
    words = reader().get(f"/v2/leads/{jo.pk}").words
    for said in (
        "Generator Pat Media",
        "Form White paper",
        "Entry Point Campaign webhook",
        "IP 203.0.113.7",
        "Delivery Not Delivered",
    ):
        assert said in words
    assert "Billable to advertiser No Billable to lead generator Yes" in words
    assert f"Lead hash {jo.lead_hash}" in words


@pytest.mark.parametrize("role", [roles.ADMIN_MASKED, roles.ADVERTISER, roles.ADVERTISER_REPORT])
def test_nothing_personal_is_on_the_page_of_those_who_see_it_masked(jo, bob, role, reader):
    add_job(jo.campaign, "first_last_name_match", actor=bob)
    Lead.objects.filter(pk=jo.pk).update(captured={**JO, "firstName": "Nunez"}, landing_page_url="https://x.example/?email=jo@example.com")
    scheduler.process_turn(jo.campaign_id, 0)
    lifecycle.edit({jo.pk: {"lastName": "Nunez-Smith"}}, actor=bob, reason="Married")
    lifecycle.flag([jo.pk], "invalid", actor=bob, reason="Returned", comment="Mrs Nunez moved")
    lifecycle.mark_replacement([jo.pk], actor=bob, comment="For jo@example.com")
    masked = reader(role)
    page, notes = masked.get(f"/v2/leads/{jo.pk}"), masked.get(NOTES.format(jo.pk))
    assert (page.status, notes.status) == (200, 200)
    assert [text for text in (*PERSONAL, jo.lead_hash) if text in page.html + notes.html] == []
    assert "Masked for your role" in page.words
    assert "Comment hidden: personal data is masked for your role" in notes.words
    assert "lastName N•••• N••••" in notes.words.replace(" to ", " ")


@pytest.mark.parametrize(
    ("role", "shown"),
    [(roles.ADMIN, True), (roles.SUPER, True), (roles.AGENCY, True), (roles.AGENCY_CALL_CENTRE, False), (roles.PUBLISHER, False)],
)
def test_a_lead_hash_is_for_those_who_may_change_the_lead(jo, reader, role, shown):
    assert (jo.lead_hash in reader(role).get(f"/v2/leads/{jo.pk}").html) is shown


def test_notes_tell_old_and_new_in_words_the_newest_first(jo, bob, reader):
    judge_all(jo.campaign)
    lifecycle.edit({jo.pk: {"company": "Acme"}}, actor=bob)
    lifecycle.mark_delivered([jo.pk], actor=bob)
    lifecycle.flag([jo.pk], "invalid", actor=bob, reason="Returned", comment="Moved to Wales")
    words = reader().fragment(f"/v2/leads/{jo.pk}/notes").words
    assert "Bob Admin Data" in words
    assert "company nothing to Acme" in words
    assert "Current Status Valid to Invalid" in words
    assert "2nd Check none to Invalid" in words
    assert "Billable to advertiser Yes to No" in words
    assert "Reason: Returned Moved to Wales" in words
    assert "QA Status none to Valid" in words
    assert words.index("2nd Check") < words.index("company") < words.index("QA Status")


def test_neither_party_to_the_trade_is_told_what_the_other_pays_or_earns(jo, bob, reader):
    judge_all(jo.campaign)
    lifecycle.mark_delivered([jo.pk], actor=bob)
    assert "Billable to advertiser" not in reader(roles.PUBLISHER).get(NOTES.format(jo.pk)).words
    assert "Billable to lead generator No to Yes" in reader(roles.PUBLISHER).get(NOTES.format(jo.pk)).words
    assert "Billable to lead generator" not in reader(roles.ADVERTISER).get(NOTES.format(jo.pk)).words
    assert "Billable to advertiser No to Yes" in reader(roles.ADVERTISER).get(NOTES.format(jo.pk)).words


def test_a_hold_is_told_by_its_reason_and_a_reason_that_is_gone_by_its_key(jo, reader):
    lifecycle.hold([jo.pk], reason="no_job")
    assert "Hold none to On Hold - No Job Assigned" in reader().fragment(f"/v2/leads/{jo.pk}/notes").words
    LeadNote.objects.create(lead_id=jo.pk, actor_name="Sluice", kind="status", changes=[["hold_reason", "retired", ""]])
    assert "Hold retired to none" in reader().fragment(f"/v2/leads/{jo.pk}/notes").words


def test_the_steps_of_the_last_run_add_up(jo, bob, reader):
    add_job(jo.campaign, "test_data", actor=bob, score=20)
    add_job(jo.campaign, "first_last_name_match", actor=bob, score=10, stage=20)
    Lead.objects.filter(pk=jo.pk).update(captured={**JO, "lastName": "Jo"})
    scheduler.process_turn(jo.campaign_id, 0)
    words = reader(roles.AGENCY).get(f"/v2/leads/{jo.pk}/job_details").words
    assert "First and Last Name Check failed. 20 of 30 points (66 %) is below the threshold of 80 %." in words
    assert "20 of 30 points, 66 % Invalid below 80 %, Caution from there, Valid at 100 %." in words
    assert "Passed — 20 of 20" in words
    assert "Failed First and last name are the same lastName “Jo” 0 of 10" in words


def test_earlier_runs_are_named_and_their_steps_are_not_read(jo, bob, reader):
    add_job(jo.campaign, "test_data", actor=bob)
    scheduler.serve_campaigns(seconds=10)
    for _ in range(2):
        lifecycle.requeue([jo.pk], actor=bob)
        scheduler.serve_campaigns(seconds=10)
    page = reader()
    with CaptureQueriesContext(connection) as asked:
        shown = page.get(f"/v2/leads/{jo.pk}/job_details")
    assert re.findall(rf'href="/v2/leads/{jo.pk}/job_details\?run=(\d)"', shown.html) == ["3", "2", "1"]
    assert len([query["sql"] for query in asked if '"steps"' in query["sql"]]) == 1


def test_a_lead_no_job_has_run_over_says_so(jo, reader):
    assert "No job has run over this lead yet." in reader().get(f"/v2/leads/{jo.pk}/job_details").words
    assert "Nothing has changed since the lead came in." in reader().get(f"/v2/leads/{jo.pk}/notes").words


@pytest.mark.parametrize("role", [roles.PUBLISHER, roles.ADVERTISER, roles.ADVERTISER_REPORT])
def test_which_job_found_what_is_for_those_who_run_the_campaign(jo, role, reader):
    assert "Job Details" not in reader(role).get(f"/v2/leads/{jo.pk}").words
    assert reader(role).get(f"/v2/leads/{jo.pk}/job_details").status == 403
    assert "Job Details" in reader(roles.AGENCY).get(f"/v2/leads/{jo.pk}").words


def test_what_is_anothers_or_deleted_does_not_exist(jo, campaign, make_leads, bob, reader):
    rival = services.create_publisher("Rival", actor=bob)
    (others,) = make_leads(campaign, publisher=rival)
    assert reader(roles.PUBLISHER).get(f"/v2/leads/{others.pk}").status == 404
    lifecycle.delete([jo.pk], actor=bob)
    assert reader().get(f"/v2/leads/{jo.pk}").status == 404
    assert reader().get("/v2/leads/99999999999999999999999").status == 404


@pytest.mark.parametrize("role", roles.LABELS)
def test_each_tab_has_an_address_for_the_roles_that_see_it(jo, role, reader, bob):
    type(jo.campaign).objects.filter(pk=jo.campaign_id).update(call_centre=True)
    lifecycle.flag([jo.pk], "valid", actor=bob, reason="Approved")  # or the call centre does not see it
    for tab in lead_tabs:
        person = reader(role)
        page = person.get(f"/v2/leads/{jo.pk}/{tab.key}")
        opened = is_open_to(person.user, tab.key)
        assert opened is (role in TABS[tab.key].roles - TABS[tab.key].by_right)
        assert page.status == (200 if opened else 403), tab.key
        assert (f'id="{tab.key}"' in page.html) is opened


def test_a_tab_is_answered_alone_to_the_page_that_shows_it(jo, reader):
    admin = reader()
    answer = admin.client.get(f"/v2/leads/{jo.pk}/job_details", HTTP_HX_REQUEST="true")
    assert answer.content.decode().lstrip().startswith('<section class="card lead-tab" id="lead-tab"')
    assert "HX-Request" in answer["Vary"]
    assert "Profile" in admin.get(f"/v2/leads/{jo.pk}/job_details").words


def test_a_tab_that_is_not_there_and_a_tab_of_what_is_anothers_do_not_exist(jo, campaign, make_leads, bob, reader):
    assert reader().get(f"/v2/leads/{jo.pk}/gossip").status == 404
    lifecycle.delete([jo.pk], actor=bob)
    assert reader().get(f"/v2/leads/{jo.pk}/job_details").status == 404


def test_no_tab_has_the_address_of_another_page(jo):
    for tab in lead_tabs:
        assert resolve(f"/v2/leads/{jo.pk}/{tab.key}").url_name == "lead_tab", tab.key
