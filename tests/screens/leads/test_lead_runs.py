"""Explanations on the page of a lead and on the page of each run."""

import pytest

from config.core.accounts import roles
from leads.models import Lead
from processr.engine import scheduler
from processr.services import add_job

pytestmark = pytest.mark.django_db


def judge(campaign, make_leads, **captured) -> Lead:
    (lead,) = make_leads(campaign, **captured)
    scheduler.serve_campaigns(seconds=10)
    return lead


def test_the_page_of_a_lead_says_what_would_have_to_be_different(campaign, make_leads, reader, bob):
    add_job(campaign, "first_last_name_match", score=30, actor=bob)
    add_job(campaign, "test_data", score=20, actor=bob)
    lead = judge(campaign, make_leads, firstName="Ann", lastName="Ann")
    page = reader().get(f"/v2/leads/{lead.pk}/job_details")
    assert "To be Valid, one thing would have to be different" in page.words
    assert "Caution would need 20 more points." in page.words
    run = reader().get(f"/v2/leads/{lead.pk}/runs/1")
    assert "Invalid with 20 of 50 points" in run.words
    assert reader().get(f"/v2/leads/{lead.pk}/runs/2").status == 404


def test_a_person_who_sees_values_masked_sees_them_masked_here(campaign, make_leads, reader, bob):
    add_job(campaign, "first_last_name_match", actor=bob)
    lead = judge(campaign, make_leads, firstName="Nunez", lastName="Nunez")
    assert "Nunez" in reader().get(f"/v2/leads/{lead.pk}/runs/1").html
    assert "Nunez" not in reader(roles.ADMIN_MASKED).get(f"/v2/leads/{lead.pk}/runs/1").html


def test_a_held_lead_says_why_no_job_has_run(campaign, make_leads, reader):
    lead = judge(campaign, make_leads)
    assert "No job has run over this lead yet: On Hold - No Job Assigned." in reader().get(f"/v2/leads/{lead.pk}/job_details").words
