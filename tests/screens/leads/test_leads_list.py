"""The Leads page: columns, filters, search, counts, and masks by role."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from campaigns import services
from config.core import enterprise
from config.core.accounts import roles
from config.core.actor import SYSTEM
from config.core.models import Enterprise
from leads import lifecycle
from leads.models import Lead
from processr.engine import scheduler
from processr.services import add_job
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db

JO = {"firstName": "Joséphine", "lastName": "Núñez", "email": "Jo.Nunez@Example.com", "telephone": "+44 7700 900123"}
AL = {"firstName": "Al", "lastName": "Ng", "email": "al@example.org", "telephone": "020 7946 0958"}


@pytest.fixture
def jo(campaign, make_leads) -> Lead:
    return make_leads(campaign, **JO)[0]


@pytest.fixture
def al(make_campaign, make_leads) -> Lead:
    return make_leads(make_campaign("Autumn"), **AL)[0]


def test_the_columns_that_matter_stand_first_and_lead_on(jo, reader):
    page = reader().get("/v2/leads")
    assert page.headings == ["Id", "Name", "Company", "Email", "Current Status", "Campaign", "Delivery", "Billable", "Date", "Actions"]
    (row,) = page.rows
    assert [row[name] for name in ("Campaign", "Name", "Email")] == ["Spring", "Joséphine Núñez", "Jo.Nunez@Example.com"]
    assert f'href="/v2/leads/{jo.pk}"' in page.html
    assert f'href="/v2/campaigns/{jo.campaign_id}"' in page.html


def test_a_transformed_value_is_shown_in_place_of_the_captured_one(jo, reader):
    Lead.objects.filter(pk=jo.pk).update(transformed={"firstName": "Josephine"})
    assert reader().get("/v2/leads").rows[0]["Name"] == "Josephine Núñez"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("campaign={al.campaign_id}", "al"),
        ("current_status=valid", "jo"),
        ("current_status=pending", "al"),
        ("delivery=delivered", "jo"),
        ("billable=yes", "jo"),
        ("billable=no", "al"),
        ("score_min=5", "jo"),
        ("score_max=5", "al"),
        ("failed_job=Test Data Check", "al"),
        ("email=jo.nunez@example.com", "jo"),
        ("email=JO.", "jo"),
        ("phone=%2B44 7700", "jo"),
        ("phone=020", "al"),
        ("phone=07700 900", "jo"),
        ("phone=0044 (0)7700 900123", "jo"),
        ("phone=tel:%2B44-7700-900123", "jo"),
        ("phone=%2B44 20 7946 0958", "al"),
        ("phone=4.47912E%2B11", "none"),
        ("search=(%2B44) 7700 900123 ext 2", "jo"),
        ("search=07700900123", "jo"),
        ("search=%E2%80%AA%2B44 7700 900123", "jo"),
        ("name=josephine nu", "jo"),
        ("name=AL", "al"),
        ("search={al.pk}", "al"),
        ("search={jo.lead_hash}", "jo"),
        ("search=al@", "al"),
        ("search=02079460958", "al"),
        ("search=%2B44 (7700) 900", "jo"),
        ("search=jose", "jo"),
        ("search=jo.nu", "jo"),
        ("created_after=2020-01-01", "both"),
        ("created_before=2020-01-01", "none"),
        ("search=nobody", "none"),
        ("search=%2B", "none"),
    ],
)
def test_each_filter_finds_what_it_says(jo, al, reader, asked, found):
    judge_all(jo.campaign)
    lifecycle.mark_delivered([jo.pk], actor=SYSTEM)
    Lead.objects.filter(pk=al.pk).update(failed_jobs=[add_job(al.campaign, "test_data", actor=SYSTEM).pk])
    expected = {"jo": [jo.pk], "al": [al.pk], "both": [al.pk, jo.pk], "none": []}[found]
    assert reader().get(f"/v2/leads?{asked.format(jo=jo, al=al)}").ids == expected


@pytest.mark.parametrize(
    "asked",
    [
        "colour=red", "campaign=999999", "campaign=x", "campaign=99999999999999999999999", "publisher=0", "current_status=good",
        "billable=perhaps", "delivery=1", "created_after=soon", "score_min=much", "score_min=-1", "score_max=99999999999",
        "created_after=01/02/2026", "created_before=2026-1-1T00", "created_after=Jan 2 2026", "score_min=5.", "score_max=٣",
        "failed_job=x", "failed_job=99999999999999999999", "email=a%00", "sort=captured", "sort=name_key", "billable=yes&billable=no",
    ],
)  # fmt: skip
def test_what_is_not_understood_selects_nothing(jo, reader, asked):
    page = reader().get(f"/v2/leads?{asked}")
    assert (page.status, page.ids) == (200, [])
    assert "Nothing is shown, because this was not understood:" in page.words


@pytest.mark.parametrize(
    "sort", ["id", "created_at", "campaign_id", "publisher", "email", "phone", "current_status", "delivery", "billable", "score"]
)
def test_every_order_shows_all_leads_both_ways(jo, al, reader, sort):
    screen = reader()
    assert screen.get(f"/v2/leads?sort={sort}").ids == screen.get(f"/v2/leads?sort=-{sort}").ids[::-1]
    assert len(screen.get(f"/v2/leads?sort={sort}").ids) == 2


@pytest.fixture
def in_auckland(currency):
    Enterprise.objects.update(zone="Pacific/Auckland")
    enterprise.forget()


@pytest.mark.parametrize(("moment", "found"), [((11, 30), True), ((12, 30), False)])
def test_a_day_ends_at_the_enterprises_midnight_as_the_tally_has_it(in_auckland, jo, reader, moment, found):
    """Noon in UTC is midnight in Auckland's winter."""
    Lead.objects.filter(pk=jo.pk).update(created_at=datetime(2026, 6, 1, *moment, tzinfo=UTC))
    page = reader().get("/v2/leads?created_after=2026-06-01&created_before=2026-06-01&score_min=0")
    assert page.ids == ([jo.pk] if found else [])
    assert "Days begin at midnight in Pacific/Auckland." in page.words


def test_the_reasons_and_the_score_open_at_the_status(jo, reader, bob):
    add_job(jo.campaign, "first_last_name_match", actor=bob, score=10)
    add_job(jo.campaign, "test_data", actor=bob, score=20)
    Lead.objects.filter(pk=jo.pk).update(captured={**JO, "lastName": "Josephine"})
    scheduler.process_turn(jo.campaign_id, 0)
    row = reader().with_columns().get("/v2/leads").rows[0]
    assert row["QA Status"].startswith("Invalid 20 of 30 points, 66 % Invalid below 80 %")
    assert "First and last name are the same" in row["QA Status"]
    assert row["Current Status"] == "Invalid First and last name are the same First and last name are the same", "opened, and beside it"
    assert row["Processr Status"] == "Complete"


def test_why_a_person_flagged_it_opens_at_the_second_check(jo, reader, bob):
    judge_all(jo.campaign)
    lifecycle.flag([jo.pk], "invalid", actor=bob, reason="Returned", comment="Moved to Wales")
    row = reader().with_columns().get("/v2/leads").rows[0]
    assert row["2nd Check Status"] == "Invalid Returned Moved to Wales Flagged by Bob Admin"
    assert "Returned" in row["Current Status"]
    assert row["QA Status"].startswith("Valid")


def test_a_held_lead_says_why(campaign, jo, reader):
    lifecycle.hold([jo.pk], reason="no_job")
    assert reader().with_columns().get("/v2/leads").rows[0]["Processr Status"] == "On Hold - No Job Assigned"


@pytest.mark.parametrize("role", [roles.ADMIN_MASKED, roles.ADVERTISER, roles.ADVERTISER_REPORT])
def test_who_sees_leads_masked_reads_first_letters(jo, reader, role):
    row = reader(role).with_columns().get("/v2/leads").rows[0]
    assert [row[name] for name in ("First Name", "Last Name", "Email", "Telephone")] == ["J••••", "N••••", "J••••", "+••••"]
    assert "Nunez" not in reader(role).get("/v2/leads").html


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("email=jo", "E-mail addresses are masked for your role, so leads cannot be filtered by them (Admin can change that"),
        ("phone=0", "Telephone numbers are masked for your role, so leads cannot be filtered by them (Admin can change that"),
        ("name=jo", "Names are masked for your role, so leads cannot be filtered by them (Admin can change that"),
        ("sort=email", "E-mail addresses are masked for your role, so leads cannot be sorted by them (Admin can change that"),
        ("sort=-phone", "Telephone numbers are masked for your role, so leads cannot be sorted by them (Admin can change that"),
        ("search=jo", "Personal data is masked for your role, so leads are found by their id and campaign only (Admin can change that"),
        (
            "search=jo@example.com",
            "Personal data is masked for your role, so leads are found by their id and campaign only (Admin can change that",
        ),
        (
            "search=%2B4477",
            "Personal data is masked for your role, so leads are found by their id and campaign only (Admin can change that",
        ),
        (f"search={'a' * 32}", "Your role does not see lead hashes"),
    ],
)
@pytest.mark.parametrize("role", [roles.ADMIN_MASKED, roles.ADVERTISER_REPORT])
def test_nobody_asks_after_what_is_masked_for_them(jo, reader, role, asked, said):
    page = reader(role).get(f"/v2/leads?{asked}")
    assert page.ids == []
    assert said in page.words


def test_a_telephone_number_is_no_telephone_number_to_those_who_see_it_masked(jo, make_leads, campaign, reader):
    (lead,) = make_leads(campaign, telephone="12345678")
    assert reader().get("/v2/leads?search=12345678").ids == [lead.pk]
    assert reader(roles.ADMIN_MASKED).get("/v2/leads?search=12345678").ids == []
    assert reader(roles.ADMIN_MASKED).get(f"/v2/leads?search={jo.pk}").ids == [jo.pk]


def test_filters_for_what_is_masked_are_not_offered(jo, reader):
    for role, is_offered in ((roles.ADMIN, True), (roles.ADVERTISER, False)):
        screen = reader(role)
        menu = screen.client.get("/v2/leads?panel=filters", headers={"HX-Request": "true"}).content.decode()
        assert "/v2/leads?add=campaign" in menu
        assert ("/v2/leads?add=email" in menu) == is_offered
        assert ("/v2/leads?add=email" in screen.get("/v2/leads").html) == is_offered


def test_an_advertiser_opens_fields_to_its_own_users_alone(jo, acme, reader):
    acme.visible_fields = ["email"]
    acme.save(update_fields=["visible_fields"])
    assert reader(roles.ADVERTISER).get("/v2/leads").rows[0]["Email"] == JO["email"]
    assert reader(roles.ADVERTISER).with_columns().get("/v2/leads").rows[0]["First Name"] == "J••••"
    assert reader(roles.ADMIN_MASKED).get("/v2/leads").rows[0]["Email"] == "J••••"


def test_a_report_advertiser_reads_what_it_pays_for(jo, reader):
    judge_all(jo.campaign)
    assert reader(roles.ADVERTISER_REPORT).get("/v2/leads").rows[0]["Email"] == "J••••"
    lifecycle.mark_delivered([jo.pk], actor=SYSTEM)
    assert Lead.objects.get(pk=jo.pk).advertiser_billable
    assert reader(roles.ADVERTISER_REPORT).get("/v2/leads").rows[0]["Email"] == JO["email"]


def test_a_lead_hash_finds_a_lead_only_for_those_who_may_know_it(jo, reader):
    assert reader(roles.AGENCY).get(f"/v2/leads?search={jo.lead_hash}").ids == [jo.pk]
    assert reader(roles.PUBLISHER).get(f"/v2/leads?search={jo.lead_hash}").ids == []


def test_billable_means_to_a_publisher_what_it_earns(jo, reader):
    judge_all(jo.campaign)
    lead = Lead.objects.get(pk=jo.pk)
    assert (lead.publisher_billable, lead.advertiser_billable) == (True, False)
    assert reader(roles.PUBLISHER).get("/v2/leads?billable=yes").rows[0]["Billable"] == "Yes"
    assert reader().get("/v2/leads?billable=no").rows[0]["Billable"] == "No"


def test_a_publisher_sees_its_own_leads_and_no_others(jo, make_leads, campaign, bob, reader):
    rival = services.create_publisher("Rival", actor=bob)
    make_leads(campaign, publisher=rival)
    page = reader(roles.PUBLISHER).get("/v2/leads")
    assert page.ids == [jo.pk]
    assert "Rival" not in page.html


def test_one_campaigns_leads(jo, al, reader):
    page = reader().get(f"/v2/campaigns/{al.campaign_id}/leads")
    assert page.ids == [al.pk]
    assert "1–1 of 1" in page.words
    assert "“campaign” is not a filter of this list." in reader().get(f"/v2/campaigns/{al.campaign_id}/leads?campaign=1").words


@pytest.mark.parametrize(
    "asked", ["", "?current_status=valid", "?billable=yes&delivery=not_delivered", "?created_after=2020-01-01", "?publisher={pat.pk}"]
)
def test_counts_by_the_tallys_keys_read_no_lead(jo, al, pat, reader, asked):
    judge_all(jo.campaign)
    screen = reader(roles.AGENCY)
    counts = [sql for sql in screen.queries(f"/v2/leads{asked.format(pat=pat)}") if "COUNT(" in sql.upper() and "leads_lead" in sql]
    assert [sql for sql in counts if 'FROM "campaigns_campaign"' not in sql] == [], "the navigation counts campaigns"


def test_a_count_that_the_tally_does_not_know_is_exact_and_capped(jo, al, reader):
    page = reader().get("/v2/leads?email=jo")
    assert "1–1 of 1" in page.words


@pytest.mark.parametrize("role", [roles.ADMIN, roles.AGENCY, roles.ADVERTISER, roles.PUBLISHER])
def test_twenty_leads_cost_the_queries_of_two(campaign, make_leads, reader, bob, role):
    screen = reader(role)

    def flagged(n: int) -> None:
        ids = [lead.pk for lead in make_leads(campaign, n)]
        judge_all(campaign)
        lifecycle.flag(ids[:1], "invalid", actor=bob, reason="Returned")

    flagged(2)
    screen.get("/v2/leads")
    few = len(screen.queries("/v2/leads"))
    flagged(18)
    assert len(screen.queries("/v2/leads")) == few


def test_the_tiles_count_active_campaigns_of_the_past_thirty_days(jo, al, make_campaign, make_leads, bob, reader):
    judge_all(jo.campaign)
    ended = make_campaign("Over")
    make_leads(ended, 5)
    services.change_dates(ended.pk, end=timezone.now(), actor=bob)
    assert 'hx-get="/v2/leads/figures" hx-trigger="load"' in reader().get("/v2/leads").html
    assert reader().get("/v2/leads/figures").words == "Total 2 active campaigns, 30 days Valid 1 50 % Invalid 0 0 % Delivered 0 0 %"
    assert "Total 5 Valid 0 0 %" in reader().get(f"/v2/campaigns/{ended.pk}/leads").words


def test_an_empty_list_says_where_leads_come_from(campaign, reader):
    assert "No leads yet" in reader().get("/v2/leads").words
    page = reader().get(f"/v2/campaigns/{campaign.pk}/leads")
    assert "Leads of this campaign appear here as soon as a sender posts the first one." in page.words
    assert f'href="/v2/campaigns/{campaign.pk}"' in page.html


def test_what_people_type_into_forms_is_text_and_nothing_else(campaign, make_leads, reader):
    make_leads(campaign, firstName="<script>alert(1)</script>", lastName='"><img src=x>')
    page = reader().get("/v2/leads")
    assert "<script>alert" not in page.html
    assert "<img src=x>" not in page.html


TOO_MANY_DIGITS = "1" * 5_000
"""More than Python converts to a number."""


@pytest.mark.parametrize("name", ["campaign", "publisher", "search"])
def test_a_number_that_is_too_long_is_no_id_and_breaks_no_list(campaign, reader, name):
    assert reader().get(f"/v2/leads?{name}={TOO_MANY_DIGITS}").status == 200
    assert reader().client.get(f"/v2/leads/new?since=1&{name}={TOO_MANY_DIGITS}").status_code == 200


@pytest.mark.parametrize("name", ["since", "awaited"])
def test_a_number_that_is_too_long_breaks_no_poll_for_news(jo, reader, name):
    answer = reader().client.get(f"/v2/leads/new?{name}={TOO_MANY_DIGITS}")
    assert (answer.status_code, "1 new lead" in answer.content.decode()) == (200, False)


def test_a_page_without_rows_hears_of_the_first_lead(jo, reader):
    assert "1 new lead" in reader().client.get("/v2/leads/new?since=0").content.decode()


def test_the_last_day_of_the_calendar_is_a_day(jo, reader):
    assert len(reader().get("/v2/leads?created_before=9999-12-31").rows) == 1
    assert reader().get("/v2/leads?created_after=9999-12-31").rows == []
