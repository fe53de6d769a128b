"""Adding, configuring and ordering integrations on the Processr page."""

import re

import pytest

from config.core.accounts import roles
from config.core.models import AuditEntry
from processr import services
from processr.models import Job
from tests.integrations.configuring.typing import MAPPING, typed

pytestmark = pytest.mark.django_db
URL = "https://crm.example/leads"
ROUTED = {
    "job-deliver_test_leads": "on", "job-always_deliver": "on",
    "job-route_by_score_minimum": "10", "job-route_by_score_maximum": "90", "job-routing_values-0-field": "country",
    "job-routing_values-0-values": "GB; IE",
}  # fmt: skip


@pytest.fixture
def page(campaign):
    """page("/add"): its address on the campaign's Processr."""
    return lambda below="": f"/v2/campaigns/{campaign.pk}/processr{below}"


def names(html: str) -> set[str]:
    return set(re.findall(r'name="(job-[a-z_]+)', html))


def test_the_integration_tab_offers_what_leads_can_be_sent_by(reader, page):
    told = reader().get(page("/add?tab=integration")).words
    assert "Sends each lead to an address of the advertiser's" in told
    assert "Gathers the leads for a file" in told
    assert "Duplicate Email Check" not in told


def test_an_integration_is_added_with_the_leads_it_gets(campaign, reader, page):
    admin = reader()
    form = admin.get(page("/add/http_post"))
    deciding = ("deliver_test_leads", "always_deliver", "route_by_score_minimum", "route_by_score_maximum", "routing_values")
    routing = {f"job-{name}" for name in deciding}
    assert names(form.html) == {"job-seen", "job-label", "job-stage", "job-visible", *routing}
    assert '<option value="leadHash">' in form.html, "offered where a field is asked for"
    admin.post(page("/add/http_post"), **typed(URL, **ROUTED))
    answer = admin.get(page("?tab=integration"))
    job = Job.objects.get()
    assert (job.category, job.label, job.enabled, job.visible, job.score) == ("integration", "CRM", False, False, 0)
    assert (job.deliver_test_leads, job.always_deliver, job.route_by_score_minimum, job.route_by_score_maximum) == (True, True, 10, 90)
    assert job.routing_values == [{"field": "country", "values": ["GB", "IE"]}]
    assert job.config["fields_sent"] == [{**entry, "type": "text"} for entry in MAPPING]
    assert "Sent to crm.example by POST as JSON" in answer.words
    assert AuditEntry.objects.filter(page="Processr").count() == 1


def test_nothing_said_of_which_leads_is_all_of_them(reader, page):
    reader().post(page("/add/http_post"), **typed(URL))
    job = Job.objects.get()
    said = (job.deliver_test_leads or job.always_deliver, job.route_by_score_minimum, job.route_by_score_maximum, job.routing_values)
    assert said == (False, None, None, [])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"job-route_by_score_minimum": "91"}, "The lowest score to route by lies above the highest."), ({"job-route_by_score_minimum": "-1"}, "greater than or equal to 0"),
        ({"job-route_by_score_maximum": "many"}, "Enter a whole number."), ({"job-routing_values-0-values": " ; "}, "Say which values the field must have."),
        ({"job-routing_values-0-field": ""}, "Row 1, Field: This field is required."), ({"url": "crm"}, "An address begins with https:// or http://."),
        ({"statuses": "500"}, "no status that can mean success"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_beside_its_field_and_nothing_typed_is_lost(reader, page, changes, said):
    answer = reader().post(page("/add/http_post"), **{**typed(URL, **ROUTED), **changes})
    assert said in answer.words
    assert 'value="GB; IE"' in answer.html or "job-routing_values-0-values" in changes
    assert 'value="90"' in answer.html or "job-route_by_score_maximum" in changes
    assert not Job.objects.exists()


def test_a_row_more_keeps_what_is_typed_about_leads(reader, page):
    answer = reader().post(page("/add/http_post"), **typed(URL, **ROUTED, act="put-in job-routing_values"))
    assert 'name="job-routing_values-1-field"' in answer.html
    assert 'value="GB; IE"' in answer.html
    assert re.search(r'name="job-deliver_test_leads"[^>]*checked', answer.html)
    assert not Job.objects.exists()


def test_a_stored_integration_opens_as_it_is_and_is_changed(reader, page, crm, bob):
    job = crm(URL)
    services.update_job(job.pk, actor=bob, changes={"route_by_score_minimum": 5, "routing_values": [{"field": "a", "values": ["b"]}]})
    admin = reader()
    form = admin.get(page(f"/jobs/{job.pk}"))
    assert 'value="5"' in form.html
    assert 'name="job-routing_values-0-field" value="a"' in form.html
    admin.post(page(f"/jobs/{job.pk}"), **typed(URL, **{"job-seen": Job.objects.get().updated_at.isoformat(), "seconds": "9"}))
    job.refresh_from_db()
    assert (job.config["seconds"], job.route_by_score_minimum, job.routing_values) == (9, None, [])


def test_quality_jobs_say_nothing_of_deliveries(reader, page):
    assert names(reader().get(page("/add/test_data")).html) == {
        "job-seen", "job-label", "job-stage", "job-score", "job-hardfail", "job-after_enrichment", "job-on_error", "job-visible",
    }  # fmt: skip


@pytest.mark.sql
def test_a_collection_is_added_without_anything_to_set(reader, page):
    admin = reader()
    answer = admin.post(page("/add/collect"), **{"job-label": "Weekly file", "job-stage": "10", "note": "For Acme"})
    assert "Weekly file is added, and switched off: switch it on when it is to get leads." in answer.words
    assert "Send a test" not in answer.words, "it sends nothing by itself"
    assert "Stays waiting until a file takes it" in admin.get(page("?tab=integration")).words
    assert Job.objects.get().config == {"note": "For Acme"}


def test_integrations_are_switched_ordered_and_grouped(campaign, reader, page, crm, bob):
    first, second, admin = crm(URL), crm("https://other.example/"), reader()
    services.reorder_jobs(campaign, [first.pk, second.pk], actor=bob)
    admin.post(page(f"/jobs/{first.pk}/switch"), enabled="0")
    admin.post(page(f"/jobs/{second.pk}/move"), to="up")
    assert list(Job.objects.order_by("stage").values_list("pk", "enabled")) == [(second.pk, True), (first.pk, False)]
    group = services.create_group(campaign, name="By country", actor=bob)
    services.put_in_group([first.pk, second.pk], group, actor=bob)
    services.set_conditions(first.pk, [{"field": "country", "values": ["GB"]}], actor=bob)
    assert "By country" in admin.get(page(f"/groups/{group.pk}")).words
    assert "By country" in admin.get(page("?tab=integration")).words


def test_an_agency_reads_a_locked_integration_and_does_not_test_it(reader, page, crm):
    job = crm(URL)
    Job.objects.filter(pk=job.pk).update(lock_state="locked")
    told = reader(roles.AGENCY).get(page(f"/jobs/{job.pk}"))
    assert told.status == 200
    assert 'id="send-test"' not in told.html


def test_integrations_are_put_into_groups_of_their_own(campaign, reader, page, crm, bob):
    jobs, admin = [crm(URL), crm(URL)], reader()
    services.add_job(campaign, "test_data", actor=bob)
    services.create_group(campaign, name="Scored", actor=bob)
    services.put_in_group(
        [Job.objects.get(type="test_data").pk], services.create_group(campaign, name="Checked lists", actor=bob), actor=bob
    )
    offered = admin.get(page("/groups?tab=integration"))
    assert 'name="score"' not in offered.html
    assert ["Test Data" in offered.words, "Checked lists" in offered.words, "Scored" in offered.words] == [False, False, True]
    ids = [str(job.pk) for job in jobs]
    admin.post(page("/groups?tab=integration"), jobs=ids, into="new", name="By country")
    group = jobs[0].campaign.job_groups.get(name="By country")
    assert sorted(group.jobs.values_list("pk", flat=True)) == sorted(job.pk for job in jobs)
    assert "By country" not in admin.get(page()).words
    shown = admin.get(page(f"/groups/{group.pk}"))
    assert 'name="score"' not in shown.html
    seen = re.search(r'name="seen" value="([^"]*)"', shown.html)[1]
    admin.post(page(f"/groups/{group.pk}"), name="By land", seen=seen)
    group.refresh_from_db()
    assert (group.name, group.score) == ("By land", 10)
