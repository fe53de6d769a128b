"""The tab Job Details and the page of each run: the verdict, what failed first, and what was not run and why."""

import re

import pytest
from django.utils import timezone

from config.core.accounts import roles
from leads import lifecycle
from leads.lifecycle import claims
from leads.models import Lead
from processr import services
from processr.engine import scheduler
from processr.job_types.outcomes import error, failed, passed
from processr.models import Event
from processr.services import add_job
from tests.processr.conftest import job_type
from tests.screens.reading import words

pytestmark = pytest.mark.django_db
__all__ = ["job_type"]


def judge(campaign, make_leads, **captured) -> Lead:
    (lead,) = make_leads(campaign, **captured)
    scheduler.serve_campaigns(seconds=10)
    return lead


def part(html: str, caption: str) -> str:
    """Return the words of the table with the caption."""
    found = re.search(rf'<table[^>]*aria-label="{caption}".*?</table>', html, re.DOTALL)
    return words(found[0]) if found else ""


FIRST = "Jobs that failed or could not check"


def test_the_page_of_a_lead_says_what_would_have_to_be_different(campaign, make_leads, reader, bob):
    add_job(campaign, "first_last_name_match", score=30, actor=bob)
    add_job(campaign, "test_data", score=20, actor=bob)
    lead = judge(campaign, make_leads, firstName="Ann", lastName="Ann")
    page = reader().get(f"/v2/leads/{lead.pk}/job_details")
    assert "To be Valid, one thing would have to be different" in page.words
    assert "Caution would need 20 more points." in page.words
    run = reader().get(f"/v2/leads/{lead.pk}/runs/1")
    assert "First and Last Name Check failed. 20 of 50 points (40 %) is below the threshold of 80 %." in run.words
    assert reader().get(f"/v2/leads/{lead.pk}/runs/2").status == 404


def test_a_person_who_sees_values_masked_sees_them_masked_here(campaign, make_leads, reader, bob):
    add_job(campaign, "first_last_name_match", actor=bob)
    lead = judge(campaign, make_leads, firstName="Nunez", lastName="Nunez")
    for address in ("runs/1", "job_details", "job_details?run=1", "processr_logs", "processr_logs?text=nunez"):
        assert "Nunez" in reader().get(f"/v2/leads/{lead.pk}/{address}").html
        assert "Nunez" not in reader(roles.ADMIN_MASKED).get(f"/v2/leads/{lead.pk}/{address}").html


def test_what_failed_stands_first_and_the_rest_is_folded(campaign, make_leads, reader, bob, job_type):
    add_job(campaign, job_type("good", check=lambda *_: passed()), label="Good", stage=1, actor=bob)
    add_job(campaign, job_type("torn", check=lambda *_: error("No answer")), label="Torn", stage=2, actor=bob)
    add_job(campaign, job_type("soft", check=lambda *_: failed("Too soft")), label="Soft", stage=3, score=20, actor=bob)
    add_job(campaign, job_type("hard", check=lambda *_: failed("Too hard")), label="Hard", stage=4, hardfail=True, actor=bob)
    lead = judge(campaign, make_leads)
    page = reader().get(f"/v2/leads/{lead.pk}/job_details")
    first = part(page.html, FIRST)
    assert re.findall("Hard|Soft|Torn|Good", first) == ["Hard", "Soft", "Torn"]
    assert "Too soft 0 of 20" in first
    assert "Good" in part(page.html, "Passed")
    assert '<details class="fold">' in page.html
    assert "Passed 1 job" in page.words
    assert (
        "Invalid Hard failed: a hard fail makes a lead Invalid whatever its score. 10 of 40 points (25 %) is below the threshold of 80 %. "
        "Torn could not check the lead, so its points are counted neither way, and the lead is at best Caution."
    ) in page.words


def test_each_job_of_the_campaign_that_was_not_run_says_why(campaign, make_leads, reader, bob):
    add_job(campaign, "test_data", label="There", actor=bob)
    gone = add_job(campaign, "first_last_name_match", label="Gone", actor=bob)
    lead = judge(campaign, make_leads)
    services.remove_job(gone.pk, actor=bob)
    add_job(campaign, "duplicate_email", label="Later", actor=bob)
    add_job(campaign, "duplicate_email", label="Off", enabled=False, actor=bob)
    page = reader().get(f"/v2/leads/{lead.pk}/job_details")
    not_run = part(page.html, "Not run")
    assert "Later" in not_run
    assert "The job was added or switched on after this run" in not_run
    assert re.search(r"Off \d+ Not run The job is switched off", not_run)
    assert "(removed since)" in part(page.html, "Passed")
    assert "Not run 2 jobs" in page.words


def test_integrations_are_no_jobs_of_a_run_but_lead_to_the_deliveries(campaign, make_leads, reader, bob):
    add_job(campaign, "test_data", actor=bob)
    add_job(campaign, "collect", label="The CRM", actor=bob)
    lead = judge(campaign, make_leads)
    page = reader().get(f"/v2/leads/{lead.pk}/job_details")
    assert "The campaign's integration runs after the judgement: Deliveries" in page.words
    assert "The CRM" not in part(page.html, "Not run")


def test_a_rule_that_is_long_is_folded_to_three_lines(campaign, make_leads, reader, bob, job_type):
    rule = "The field has a value that is none of those on the list, " * 4
    add_job(campaign, job_type("long", check=lambda *_: passed(), rule=lambda _: rule), actor=bob)
    page = reader().get(f"/v2/leads/{judge(campaign, make_leads).pk}/job_details")
    assert f'<details class="rule"><summary>{rule}.</summary></details>' in page.html


def test_a_held_lead_says_why_no_job_has_run(campaign, make_leads, reader):
    lead = judge(campaign, make_leads)
    page = reader().get(f"/v2/leads/{lead.pk}/job_details").words
    assert "On Hold - No Job Assigned No job runs over the lead before the campaign has one" in page
    assert "No job has run over this lead yet." in page


def test_a_lead_that_waits_or_is_processed_says_so_and_names_its_jobs(campaign, make_leads, reader, bob):
    add_job(campaign, "test_data", actor=bob)
    (lead,) = make_leads(campaign)
    page = reader().get(f"/v2/leads/{lead.pk}/job_details")
    assert "The lead waits for its turn" in page.words
    assert "The job has not been run over this lead yet" in part(page.html, "Not run")
    claims.claim(campaign.pk, limit=1)
    assert "The jobs run over the lead now." in reader().get(f"/v2/leads/{lead.pk}/job_details").words


def test_a_lead_that_is_run_again_shows_its_last_run_meanwhile(campaign, make_leads, reader, bob):
    add_job(campaign, "test_data", actor=bob)
    lead = judge(campaign, make_leads)
    lifecycle.requeue([lead.pk], actor=bob)
    page = reader().get(f"/v2/leads/{lead.pk}/job_details").words
    assert "The lead waits for its turn" in page
    assert "What follows is what the last run found." in page
    assert "It earned all 10 points of the jobs that were run." in page


@pytest.fixture
def many_runs(campaign, make_leads, bob) -> Lead:
    """A lead with twenty-five runs."""
    add_job(campaign, "test_data", actor=bob)
    lead = judge(campaign, make_leads)
    run = Event.objects.get(lead_id=lead.pk)
    for number in range(2, 26):
        row = {name: getattr(run, name) for name in ("lead_id", "campaign_id", "kind", "outcome", "plan_number", "steps_run", "steps")}
        Event.objects.create(**row, run_number=number, started_at=timezone.now())
    return lead


def chosen_from(page) -> list[int]:
    nav = re.search(r'<nav class="run-choice".*?</nav>', page.html, re.DOTALL)
    return [int(number) for number in re.findall(r">(\d+)<span", nav[0])] if nav else []


def test_earlier_runs_are_chosen_the_newest_first_and_page_by_page(many_runs, reader):
    path = f"/v2/leads/{many_runs.pk}/job_details"
    page = reader().get(path)
    assert chosen_from(page) == list(range(25, 15, -1))
    assert "Run 25, " in page.words
    assert f'href="{path}?run=25&amp;before=16"' in page.html
    page = reader().get(f"{path}?run=25&before=16")
    assert chosen_from(page) == list(range(15, 5, -1))
    assert "Run 25, " in page.words
    page = reader().get(f"{path}?run=3&before=6")
    assert chosen_from(page) == [5, 4, 3, 2, 1]
    assert "Run 3, " in page.words


@pytest.mark.parametrize("text", ["0", "-1", "99", "x", "1.0", "٣", "9" * 30, str(2**31), str(2**63), "1 OR 1=1", "<b>", "%00", "💥", "01"])
def test_a_run_that_is_not_there_says_so(many_runs, reader, text):
    page = reader().get(f"/v2/leads/{many_runs.pk}/job_details?run={text}")
    assert page.status == 200
    assert "No such run" in page.words
    assert "of the jobs that were run" not in page.words
    assert "<b>" not in page.html
    page = reader().get(f"/v2/leads/{many_runs.pk}/job_details?before={text}")
    assert page.status == 200


@pytest.mark.parametrize("text", ["", "%20", "25", "%2025%20"])
def test_a_run_may_be_written_with_blanks_and_an_empty_one_is_the_last(many_runs, reader, text):
    assert "Run 25, " in reader().get(f"/v2/leads/{many_runs.pk}/job_details?run={text}").words


def test_the_number_of_queries_does_not_grow_with_runs_and_jobs(campaign, make_leads, bob, reader):
    add_job(campaign, "test_data", actor=bob)
    lead = judge(campaign, make_leads)
    admin = reader()
    path = f"/v2/leads/{lead.pk}/job_details"
    admin.get(path)  # what is cached is read
    before = len(admin.queries(path))
    for _ in range(3):
        add_job(campaign, "test_data", actor=bob)
        lifecycle.requeue([lead.pk], actor=bob)
        scheduler.serve_campaigns(seconds=10)
    assert len(admin.queries(path)) == before


@pytest.mark.parametrize("role", sorted(roles.LABELS))
def test_runs_are_for_those_who_see_the_tab(campaign, make_leads, reader, bob, role):
    add_job(campaign, "test_data", actor=bob)
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    lead = judge(campaign, make_leads)
    expected = 200 if role in roles.MANAGES_CAMPAIGNS else 403
    assert reader(role).get(f"/v2/leads/{lead.pk}/runs/1").status == expected
    assert reader(role).get(f"/v2/leads/{lead.pk}/job_details").status == expected
