"""Adding, configuring and trying a job, and sending a test lead."""

import re

import pytest
from django import forms

from campaigns import services as campaigns
from config.core.accounts import roles
from config.core.models import AuditEntry
from leads.models import Lead
from processr.engine import scheduler
from processr.job_types.exchange import Exchange
from processr.job_types.outcomes import enriched, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.models import Event, Job, JobDelta, Plan
from processr.services import add_job
from tests.processr.made_types import made_type
from tests.screens.processr.test_processr_page import address

pytestmark = pytest.mark.django_db

COUNTS = {"job-label": "Length", "job-stage": "10", "job-score": "25", "job-on_error": "error", "job-visible": "on"}
SHORT = {**COUNTS, "fields_to_read": "firstName", "minimum": "3", "maximum": ""}


class Condition(forms.Form):
    field = FieldNameField()
    operator = forms.ChoiceField(choices=[("is", "is"), ("has", "has")])
    value = forms.CharField(max_length=5)


class Section(forms.Form):
    operation = forms.ChoiceField(choices=[("any", "Any"), ("all", "All")])
    conditions = RowsField(Condition)


class SectionSettings(JobSettings):
    sections = RowsField(Section, required=False)


@pytest.fixture
def registered(monkeypatch):
    """registered("key", check=…): a type that exists until the test ends."""

    def register(key: str, **members) -> str:
        monkeypatch.setitem(job_types._plugins, key, made_type(key, **{"description": "Only here.", **members}))
        return key

    return register


@pytest.fixture
def job(campaign, bob) -> Job:
    return add_job(campaign, "field_length_check", label="Length", config={"fields_to_read": ["firstName"], "minimum": 3}, actor=bob)


def value(page, name: str) -> str | None:
    found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', page.html)
    return (re.search(r'value="([^"]*)"', found[0]) or [None, ""])[1] if found else None


def test_the_catalogue_says_what_each_kind_does_and_narrows_by_every_word(campaign, reader):
    admin = reader()
    everything = admin.get(address(campaign, "/add"))
    assert "Duplicate Email Check" in everything.words
    assert "Fails when the e-mail address was already received on this campaign." in everything.words
    narrowed = admin.get(address(campaign, "/add?q=EMAIL+duplicate"))
    assert "Duplicate Email Check" in narrowed.words
    assert "Test Data Check" not in narrowed.words
    assert "No job of this kind" in admin.get(address(campaign, "/add?q=zzz")).words
    assert admin.get(address(campaign, "/add?tab=nonsense&q=" + "x" * 5000)).status == 200


def test_a_job_is_added_as_it_was_configured(campaign, reader):
    admin = reader()
    page = admin.get(address(campaign, "/add/field_length_check"))
    assert value(page, "minimum") == "2", "the type's own beginning"
    assert value(page, "job-label") == "Length check of given field"
    answer = admin.post(address(campaign, "/add/field_length_check"), **{**SHORT, "job-visible": "", "job-on_error": "fail"})
    assert "Length is added, and switched off: try it first, then switch it on." in answer.words
    assert "Switched off: it runs over no lead." in answer.words
    job = Job.objects.get()
    assert (job.label, job.score, job.visible, job.on_error, job.enabled) == ("Length", 25, False, "fail", False)
    assert "Try it</h2>" in answer.html, "at hand"
    assert job.config == {"fields_to_read": ["firstName"], "minimum": 3, "maximum": None}
    assert AuditEntry.objects.filter(page="Processr").count() == 1
    admin.post(address(campaign, f"/jobs/{job.pk}/switch"), enabled="1")
    job.refresh_from_db()
    assert job.enabled


def test_the_next_job_comes_after_the_last_one(campaign, reader, bob):
    add_job(campaign, "test_data", stage=70, actor=bob)
    assert value(reader().get(address(campaign, "/add/field_length_check")), "job-stage") == "80"
    Job.objects.update(stage=32_767)
    assert value(reader().get(address(campaign, "/add/field_length_check")), "job-stage") == "32767"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"minimum": "many"}, "Enter a whole number."),
        ({"minimum": "9", "maximum": "3"}, "The maximum is below the minimum."),
        ({"fields_to_read": ""}, "This field is required."),
        ({"job-label": " "}, "This field is required."),
        ({"job-score": "-5"}, "greater than or equal to 0"),
        ({"job-on_error": "shrug"}, "Select a valid choice."),
    ],
)
def test_what_cannot_work_is_said_beside_its_field_and_nothing_typed_is_lost(campaign, reader, changes, said):
    sent = {**SHORT, **changes}
    answer = reader().post(address(campaign, "/add/field_length_check"), **sent)
    assert said in answer.words
    assert 'aria-invalid="true"' in answer.html
    kept = {name: value(answer, name) for name in sent if name not in ("job-on_error", "job-visible")}
    assert kept == {name: text for name, text in sent.items() if name in kept}
    assert not Job.objects.exists()


def test_a_job_is_changed_and_the_change_is_audited_with_old_and_new(campaign, job, reader):
    admin = reader()
    page = admin.get(address(campaign, f"/jobs/{job.pk}"))
    assert value(page, "minimum") == "3"
    answer = admin.post(address(campaign, f"/jobs/{job.pk}"), **{**SHORT, "minimum": "4", "job-seen": value(page, "job-seen")})
    assert "Length is saved" in answer.words
    entry = AuditEntry.objects.filter(action="job changed").get()
    assert (entry.before["config"]["minimum"], entry.after["config"]["minimum"]) == (3, 4)


@pytest.mark.parametrize("seen", ["", "yesterday", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00"])
def test_a_page_that_showed_another_state_overwrites_nothing(campaign, job, reader, seen):
    admin = reader()
    answer = admin.post(address(campaign, f"/jobs/{job.pk}"), **{**SHORT, "minimum": "9", "job-seen": seen})
    assert "changed meanwhile" in answer.words
    (focused,) = re.findall(r"<[^>]*\bautofocus\b[^>]*>", answer.html)
    assert 'role="alert" tabindex="-1"' in focused
    assert value(answer, "minimum") == "9"
    job.refresh_from_db()
    assert job.config["minimum"] == 3
    again = admin.post(address(campaign, f"/jobs/{job.pk}"), **{**SHORT, "minimum": "9", "job-seen": value(answer, "job-seen")})
    assert "Length is saved" in again.words


def test_rows_are_added_and_removed_without_losing_what_is_typed(campaign, reader, registered):
    registered("sections", Settings=SectionSettings, check=lambda self, lead: passed())
    admin, where = reader(), address(campaign, "/add/sections")
    page = admin.get(where)
    assert value(page, "sections-0-conditions-0-field") == "", "no row to begin with"
    sent = {
        **COUNTS,
        "sections-0-operation": "all",
        "sections-0-conditions-0-field": "country",
        "sections-0-conditions-0-operator": "has",
        "sections-0-conditions-0-value": "GB",
    }
    page = admin.post(where, act="put-in sections-0-conditions", **sent)
    assert value(page, "sections-0-conditions-0-field") == "country"
    assert value(page, "sections-0-conditions-1-field") == ""
    assert re.search(r'name="sections-0-conditions-1-field"[^>]*autofocus', page.html), "the new row is not where one goes on"
    assert "This field is required" not in page.words
    page = admin.post(where, act="put-in sections", **sent)
    assert value(page, "sections-1-conditions-0-field") == ""
    sent |= {"sections-0-conditions-1-field": "town", "sections-0-conditions-1-operator": "is", "sections-0-conditions-1-value": "Ely"}
    page = admin.post(where, act="take-out sections-0-conditions-0", **sent)
    assert value(page, "sections-0-conditions-0-field") == "town"
    assert value(page, "sections-0-conditions-1-field") is None
    admin.post(where, **sent, **{"sections-1-operation": "any"})
    assert Job.objects.get().config == {
        "sections": [
            {
                "operation": "all",
                "conditions": [{"field": "country", "operator": "has", "value": "GB"}, {"field": "town", "operator": "is", "value": "Ely"}],
            }
        ]
    }
    page = admin.get(address(campaign, f"/jobs/{Job.objects.get().pk}"))
    assert value(page, "sections-0-conditions-1-value") == "Ely"
    assert re.search(r'<option value="has" selected>', page.html)


def test_a_mistake_in_a_row_names_the_row_and_keeps_it(campaign, reader, registered):
    registered("sections", Settings=SectionSettings, check=lambda self, lead: passed())
    sent = {
        **COUNTS,
        "sections-0-operation": "all",
        "sections-0-conditions-0-field": "country",
        "sections-0-conditions-0-operator": "is",
        "sections-0-conditions-0-value": "far too long",
    }
    page = reader().post(address(campaign, "/add/sections"), **sent)
    assert "Row 1, conditions: Row 1, value: Ensure this value has at most 5 characters" in page.words
    assert value(page, "sections-0-conditions-0-value") == "far too long"


def test_the_names_of_the_campaigns_fields_are_offered(campaign, reader, bob):
    add_job(campaign, "email_domain_facts", config={"names_begin_with": "work"}, actor=bob)
    page = reader().get(address(campaign, "/add/telephone_format"))
    assert '<option value="telephone"></option>' in page.html
    assert '<option value="workIsFreeEmail"></option>' in page.html, "what an enrichment job finds"
    assert 'list="known-fields"' in page.html


def test_an_enrichment_job_has_nothing_to_say_about_points(campaign, reader, bob):
    admin = reader()
    sent = {"job-label": "Facts", "job-stage": "10", "job-on_error": "error", "field": "email"}
    assert "Facts is added" in admin.post(address(campaign, "/add/email_domain_facts"), **sent).words
    page = admin.get(address(campaign, "?tab=enrichment"))
    assert "Score of Facts" not in page.html
    job = Job.objects.get()
    answer = admin.post(address(campaign, f"/jobs/{job.pk}/row"), label="Domain", stage="20", seen=value(page, "seen"))
    assert "Domain: Saved." in answer.words


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("firstName=Al", "Failed firstName has fewer than 3 characters Field firstName Value Al"),
        ("firstName = Alan \n\nlastName=Turing", "Passed"),
        ("firstName", "Line 1 is not of the form field=value."),
        ("a=b\n=c", "Line 2 is not of the form field=value."),
        ("", "Paste a lead, or name one below."),
        ("x" * 20_001, "at most 20000 characters"),
    ],
)
def test_a_job_is_tried_on_a_pasted_lead_before_it_is_saved(campaign, reader, pasted, said):
    page = reader().post(address(campaign, "/add/field_length_check"), act="try", **{**SHORT, "try-pasted": pasted})
    assert said in page.words
    assert value(page, "minimum") == "3"
    assert not Job.objects.exists()


def test_settings_that_cannot_work_are_not_tried(campaign, reader):
    page = reader().post(address(campaign, "/add/field_length_check"), act="try", **{**SHORT, "minimum": "x", "try-pasted": "firstName=Al"})
    assert "Not tried. Correct the marked fields first." in page.words
    assert "Enter a whole number." in page.words


def test_a_job_is_tried_on_a_real_lead_of_this_campaign_only(campaign, make_campaign, make_leads, reader):
    (lead,) = make_leads(campaign, firstName="Al")
    (other,) = make_leads(make_campaign("Other"), firstName="Al")
    admin = reader()

    def tried(pk, who=admin):
        return who.post(address(campaign, "/add/field_length_check"), act="try", **{**SHORT, "try-lead": str(pk)}).words

    assert f"Failed for lead {lead.pk} firstName has fewer than 3 characters Field firstName Value Al" in tried(lead.pk)
    assert "This campaign has no such lead" in tried(other.pk)
    assert "This campaign has no such lead" in tried(2**63 - 1)
    assert "This campaign has no such lead" in tried("one")


def test_trying_writes_nothing_whatever_the_job_does(campaign, job, make_leads, reader, registered):
    def write(self, job_input):
        Lead.objects.update(host="written")

    registered("writes", prepare=write, check=lambda self, lead: failed("Seen", field="firstName", value=lead.values["firstName"]))
    (lead,) = make_leads(campaign)
    page = reader().post(address(campaign, "/add/writes"), act="try", **{**COUNTS, "try-lead": str(lead.pk)})
    assert "Seen" in page.words
    lead.refresh_from_db()
    assert (lead.host, lead.processing_counter, lead.processr_status) == ("", 0, "waiting")
    assert [model.objects.count() for model in (Event, JobDelta, Plan)] == [0, 0, 0]


def test_a_job_that_breaks_while_it_is_tried_is_said_to_have_been_unable_to_check(campaign, reader, registered):
    registered("breaks", check=lambda self, lead: 1 / 0)
    page = reader().post(address(campaign, "/add/breaks"), act="try", **{**COUNTS, "try-pasted": "a=b"})
    assert "Could not be checked" in page.words


def test_a_comparing_job_is_tried_against_the_leads_there_are(campaign, make_leads, reader):
    make_leads(campaign, email="ann@example.com")
    scheduler.serve_campaigns(seconds=10)
    make_leads(campaign, email="ben@example.com")
    admin, sent = reader(), {**COUNTS, "job-hardfail": "on"}

    def tried(email):
        return admin.post(address(campaign, "/add/duplicate_email"), act="try", **{**sent, "try-pasted": f"email={email}"}).words

    assert "The e-mail address was already received" in tried("Ben@example.com")
    assert "Passed" in tried("new@example.com")


def test_an_enrichment_job_shows_what_it_would_add(campaign, reader, registered):
    registered("enriches", category="enrichment", enrich=lambda self, lead: enriched({"emailProvider": "Example"}))
    page = reader().post(address(campaign, "/add/enriches"), act="try", **{**COUNTS, "try-pasted": "a=b"})
    assert "emailProvider Example" in page.words
    assert "Run after enrichment" not in page.words


def test_somebody_elses_service_is_asked_only_when_its_button_is_pressed(campaign, reader, registered):
    asked = []

    def ask(self, lead):
        asked.append(lead.values["email"])
        return Exchange("GET /", "HTTP/1.1 200 OK", 200)

    registered("asks", ask=ask, judge_answer=lambda self, lead, exchange: failed("No mail server"))
    admin = reader()
    page = admin.get(address(campaign, "/add/asks"))
    assert "trying it sends the lead's values to the provider once, and may be billed" in page.words
    admin.post(address(campaign, "/add/asks"), act="put-in any", **{**COUNTS, "try-pasted": "email=a@example.com"})
    assert asked == []
    page = admin.tried(address(campaign, "/add/asks"), act="try", **{**COUNTS, "try-pasted": "email=a@example.com"})
    assert "No mail server" in page.words
    assert asked == ["a@example.com"]
    assert not Event.objects.exists()


def sent_lead(**values) -> dict[str, str]:
    """In the order of the cast's form: first name, last name, e-mail, telephone, company."""
    return {
        f"lead-field{number}": values.get(name, "")
        for number, name in enumerate(("firstName", "lastName", "email", "telephone", "company"))
    }


def test_a_test_lead_goes_through_the_intake_and_shows_what_the_jobs_made_of_it(campaign, reader, bob):
    add_job(campaign, "first_last_name_match", score=30, actor=bob)
    admin = reader()
    page = admin.post(address(campaign, "/test-lead"), **sent_lead(firstName="Ann", lastName="Ann", email="ann@example.com"))
    assert "It was taken, and waits for a worker." in page.words
    lead = Lead.objects.get()
    assert (lead.second_check, lead.current_status, lead.entry_point) == ("test", "test", "manual")
    scheduler.serve_campaigns(seconds=10)
    trace = admin.get(address(campaign, f"/test-lead/{lead.pk}"))
    assert "Results of the jobs" in trace.words
    assert "0 of 30" in trace.words
    lead.refresh_from_db()
    assert (lead.current_status, lead.publisher_billable, lead.advertiser_billable) == ("test", False, False)
    assert AuditEntry.objects.filter(action="test lead sent").count() == 1


def test_no_worker_ever_sees_a_test_lead_that_is_not_yet_a_test(campaign, reader, bob, django_capture_on_commit_callbacks, monkeypatch):
    """If the flag fails the lead was never taken."""
    monkeypatch.setattr("processr.services.test_lead.lifecycle.flag", lambda *args, **options: 1 / 0)
    client = reader().client
    client.raise_request_exception = False
    assert client.post(address(campaign, "/test-lead"), sent_lead(firstName="A", lastName="B", email="a@example.com")).status_code == 500
    assert not Lead.objects.exists()


def test_what_the_intake_refuses_is_said_beside_the_field(campaign, reader):
    page = reader().post(address(campaign, "/test-lead"), **sent_lead(firstName="Ann", lastName="Lee", email="not an address"))
    assert "This value is not a valid email address. It has no @." in page.words
    assert 'value="not an address"' in page.html
    page = reader().post(address(campaign, "/test-lead"), **sent_lead(firstName="Ann"))
    assert page.words.count("This value should not be blank.") == 2


def test_a_campaign_that_takes_no_leads_takes_no_test_leads_either(campaign, reader, bob):
    campaigns.pause(campaign.pk, actor=bob)
    page = reader().post(address(campaign, "/test-lead"), **sent_lead(firstName="Ann", lastName="Lee", email="ann@example.com"))
    assert "The lead was not taken: Campaign is inactive." in page.words


def test_a_test_leads_values_are_masked_for_who_sees_values_masked(campaign, reader, bob):
    add_job(campaign, "first_last_name_match", actor=bob)
    reader().post(address(campaign, "/test-lead"), **sent_lead(firstName="Nunez", lastName="Nunez", email="a@example.com"))
    scheduler.serve_campaigns(seconds=10)
    page = reader(roles.ADMIN_MASKED).get(address(campaign, f"/test-lead/{Lead.objects.get().pk}"))
    assert page.status == 200
    assert "Nunez" not in page.html


def test_every_type_opens_with_its_settings_and_is_added_as_it_begins(campaign, reader):
    """Or says which of its settings must be filled in first."""
    admin = reader()
    for kind in job_types:
        page = admin.get(address(campaign, f"/add/{kind.key}"))
        assert page.status == 200, kind.key
        assert "There is nothing to set." in page.words or kind.Settings.base_fields, kind.key
