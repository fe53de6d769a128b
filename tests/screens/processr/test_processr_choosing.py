"""Choices in the settings of jobs: pickers, hidden settings, and leads by name."""

import re

import pytest

from config.core.accounts import roles
from leads.search import named_lead, recent_leads
from leads.selectors import leads_for
from processr.job_types.registry import job_types
from processr.models import Job
from processr.services import add_job
from tests.module_cast import ANEW
from tests.screens.processr.test_processr_configure import COUNTS, value
from tests.screens.processr.test_processr_page import address

pytestmark = pytest.mark.django_db
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
FORM = ["firstName", "lastName", "email", "telephone", "company"]
POST = {**COUNTS, "method": "POST", "url": "https://crm.example/leads", "send_as": "json", "statuses": "2xx", "look_at": "status"}


def names(page, setting: str) -> list[str]:
    return [name for name in value(page, setting).split(", ") if name]


def test_a_name_is_picked_and_added_to_those_that_are_typed(campaign, reader):
    admin = reader()
    place = address(campaign, "/add/profanity")
    page = admin.get(place)
    assert re.search(r'<input[^>]*name="fields_to_read-more"[^>]*list="known-fields"', page.html)
    typed = {**COUNTS, "fields_to_read": " company,", "fields_to_read-more": "note", "job-label": "Half typed"}
    page = admin.post(place, **typed, act="put-in fields_to_read")
    assert (names(page, "fields_to_read"), value(page, "job-label")) == (["company", "note"], "Half typed")
    page = admin.post(place, **{**typed, "fields_to_read-more": ""}, act="put-in fields_to_read")
    assert value(page, "fields_to_read") == " company,", "as it was typed"
    admin.post(place, **typed)
    assert Job.objects.get().config["fields_to_read"] == ["company", "note"], "whoever picks and saves means it"


def test_all_fields_of_the_form_are_added_at_once(campaign, reader):
    admin = reader()
    place = address(campaign, "/add/field_not_empty")
    page = admin.post(place, **COUNTS, fields_to_read="company, own", act="add-all fields_to_read")
    assert names(page, "fields_to_read") == ["company", "own", *[name for name in FORM if name != "company"]]
    again = admin.post(place, **COUNTS, fields_to_read=value(page, "fields_to_read"), act="add-all fields_to_read")
    assert names(again, "fields_to_read") == names(page, "fields_to_read")
    for setting in ("nothing", "", "job-label", "fields_to_read-more"):
        assert admin.post(place, **COUNTS, fields_to_read="own", act=f"add-all {setting}").status == 200


def test_each_field_gets_a_row_of_what_is_sent_and_rows_with_something_stay(campaign, reader):
    admin = reader()
    place = address(campaign, "/add/http_post")
    typed = {
        "fields_sent-0-name": "mail", "fields_sent-0-field": "email", "fields_sent-1-name": "", "fields_sent-1-field": "",
        "fields_sent-4-name": "source", "fields_sent-4-field": "", "fields_sent-4-value": "us",
    }  # fmt: skip
    page = admin.post(place, **POST, **typed, act="add-all fields_sent")
    sent = re.findall(r'name="fields_sent-\d+-name" value="([^"]*)"', page.html)
    assert sent == ["mail", "source", "firstName", "lastName", "telephone", "company"]


def test_settings_that_do_not_apply_are_hidden_by_the_style_sheet_and_nothing_is_wrong_with_them(campaign, reader):
    admin = reader()
    page = admin.get(address(campaign, "/add/profanity"))
    fields = re.search(r'<input[^>]*name="fields_to_read"[^>]*>', page.html)[0]
    assert 'data-shows="1"' in fields
    assert 'placeholder=" "' in fields, "the style sheet sees by it that the field is empty"
    assert re.search(r'data-slot="1">\s*<div class="field">\s*<label[^>]*>Fields to leave out', page.html)
    too_long = "x" * 81
    admin.post(address(campaign, "/add/profanity"), **COUNTS, fields_to_read="company", fields_to_leave_out=too_long)
    kept = Job.objects.get()
    assert kept.config["fields_to_leave_out"] == job_types.get("profanity").Settings.base_fields["fields_to_leave_out"].initial
    refused = admin.post(address(campaign, "/add/profanity"), **COUNTS, fields_to_read="", fields_to_leave_out=too_long)
    assert "at most 80 characters" in refused.words


def test_the_format_of_a_body_is_not_asked_of_a_request_without_one_and_is_kept(campaign, reader, bob):
    config = {"method": "POST", "url": "https://check.example/", "send_as": "json", "look_at": "status", "passing": ["200"]}
    job = add_job(campaign, "http_check", config=config, actor=bob)
    admin = reader()
    place = address(campaign, f"/jobs/{job.pk}")
    typed = {**COUNTS, **config, "passing": "200", "reason": "No", "credential_place": "bearer", "seconds": "9", "tries": "1"}
    typed |= {"side_by_side": "1", "keep_minutes": "0", "otherwise": "error", "job-seen": job.updated_at.isoformat()}
    assert "is saved" in admin.post(place, **{**typed, "method": "GET"}).words
    job.refresh_from_db()
    assert (job.config["method"], job.config["send_as"]) == ("GET", "json")


@pytest.fixture
def leads(campaign, make_campaign, make_leads):
    other = make_campaign("Other")
    (foreign,) = make_leads(other, email="foreign@example.com")
    (older,) = make_leads(campaign, email="jo@example.com")
    (jo,) = make_leads(campaign, email="jo@example.com", firstName="Jo", lastName="Núñez")
    (newest,) = make_leads(campaign, email="zoe@example.com")
    return {"foreign": foreign, "older": older, "jo": jo, "newest": newest}


def test_a_lead_is_named_by_its_id_its_address_or_as_the_last_one(campaign, leads, member):
    admin = member(roles.ADMIN)
    named = {
        "last": "newest", " LAST ": "newest", "zoe@example.com": "newest", "jo@example.com": "jo", "JO@EXAMPLE.COM ": "jo",
        "\u200bjo@example．com": "jo", str(leads["older"].pk): "older", f" {leads['older'].pk} ": "older",
    }  # fmt: skip
    for name, expected in named.items():
        found = named_lead(leads_for(admin).filter(campaign=campaign), admin, name)
        assert found == leads[expected], name
    for name in ("", " ", "0", "-1", "9" * 40, "jo", "@", "foreign@example.com", str(leads["foreign"].pk), "lasts", "١"):
        assert named_lead(leads_for(admin).filter(campaign=campaign), admin, name) is None, name


def test_who_sees_leads_masked_names_none_by_address_and_is_offered_none(campaign, leads, member):
    masked = member(roles.ADMIN_MASKED)
    of_campaign = leads_for(masked).filter(campaign=campaign)
    assert named_lead(of_campaign, masked, "zoe@example.com") is None
    assert named_lead(of_campaign, masked, str(leads["newest"].pk)) == leads["newest"]
    assert recent_leads(masked, campaign) == []


def test_the_newest_leads_are_offered_where_one_is_asked_for(campaign, leads, reader, bob):
    job = add_job(campaign, "field_not_empty", actor=bob)
    admin = reader()
    for place in (f"/jobs/{job.pk}", "/add/http_post", "/add/profanity"):
        page = admin.get(address(campaign, place))
        offered = re.findall(r'<datalist id="known-leads">(.*?)</datalist>', page.html)[0]
        assert re.findall(r'value="([^"]*)">([^<]*)<', offered)[:3] == [
            ("last", "The last one that came"),
            (str(leads["newest"].pk), f"{leads['newest'].captured['firstName']} {leads['newest'].captured['lastName']} zoe@example.com"),
            (str(leads["jo"].pk), "Jo Núñez jo@example.com"),
        ]
        assert 'list="known-leads"' in page.html


def test_a_job_is_tried_on_the_last_lead(campaign, leads, reader, bob):
    job = add_job(campaign, "field_not_empty", config={"fields_to_read": ["company"]}, actor=bob)
    typed = {**COUNTS, "fields_to_read": "company", "act": "try"}
    for name, lead in (("last", leads["newest"]), ("jo@example.com", leads["jo"])):
        page = reader().post(address(campaign, f"/jobs/{job.pk}"), **typed, **{"try-lead": name})
        assert f"Failed for lead {lead.pk} company is empty" in page.words
    page = reader().post(address(campaign, f"/jobs/{job.pk}"), **typed, **{"try-lead": "nobody@example.com"})
    assert "This campaign has no such lead, or you may not see it." in page.words


def test_a_new_job_is_off_until_it_is_switched_on_and_says_so(campaign, reader):
    admin = reader()
    for key, at_hand in (("field_not_empty", "Try it"), ("email_domain_facts", "Try it"), ("http_post", "Send a test")):
        typed = {**POST, "fields_to_read": "company", "field": "email", "fields_sent-0-name": "mail", "fields_sent-0-field": "email"}
        typed |= {"seconds": "9", "side_by_side": "1", "credential_place": "bearer", "in_doubt": "wait"}
        page = admin.post(address(campaign, f"/add/{key}"), **typed)
        job = Job.objects.get(type=key)
        assert not job.enabled, page.words
        assert f"{at_hand}</h2>" in page.html
        assert "Switch it on" in page.words
        admin.post(address(campaign, f"/jobs/{job.pk}/switch"), enabled="1")
        assert "Switch it on" not in admin.get(address(campaign, f"/jobs/{job.pk}")).words
