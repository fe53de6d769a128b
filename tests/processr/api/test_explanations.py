"""`lead-explanations`: each run by its own plan, for those who manage the campaign, masked by role."""

import pytest
from django.test import Client

from campaigns import services
from config.core.accounts import bearer, roles
from leads import bulk
from processr.engine import scheduler
from tests.cast import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def get(acme, bob):
    """get(address, role): as JSON, by somebody of that role."""
    agency = services.create_agency("Brightfield", advertisers=[acme], actor=bob)

    def ask(address: str, role: str = roles.ADMIN):
        user = make_user(role)
        if role in roles.AGENCY_SIDE:
            services.add_member(user, agency, actor=bob)
        token = bearer.issue(user, source=bearer.PASSWORD).access_token
        return Client().get(address, headers={"Authorization": f"Bearer {token}"})

    return ask


@pytest.fixture
def lead(campaign, add_job, make_leads):
    add_job(campaign, "first_last_name_match", score=30)
    add_job(campaign, "test_data", score=20)
    (lead,) = make_leads(campaign, firstName="Nunez", lastName="Nunez")
    scheduler.serve_campaigns(seconds=10)
    return lead


def test_the_last_run_is_told_job_by_job(lead, get, bob):
    bulk.run_or_queue("reprocess", [lead.pk], actor=bob)
    scheduler.serve_campaigns(seconds=10)
    told = get(f"/api/v4/lead-explanations/{lead.pk}").json()
    assert (told["@type"], told["lead"], told["run"], told["qaStatus"]) == ("LeadExplanation", lead.pk, 2, "invalid")
    assert [(line["outcome"], line["points"], line["scoreSoFar"], line["possibleSoFar"]) for line in told["jobs"]] == [
        ("failed", 0, 0, 30), ("passed", 20, 20, 50),
    ]  # fmt: skip
    assert told["forValid"] == [told["jobs"][0]["campaignProcessrJob"]]
    assert told["forCaution"] == {"jobs": [], "points": 20}


def test_an_earlier_run_has_its_own_address(lead, get):
    assert get(f"/api/v4/lead-explanations/{lead.pk}/runs/1").json()["run"] == 1
    assert get(f"/api/v4/lead-explanations/{lead.pk}/runs/2").status_code == 404


@pytest.mark.parametrize("role", [roles.AGENCY, roles.SUPER])
def test_who_runs_the_campaign_reads_what_was_seen(lead, get, role):
    assert "Nunez" in get(f"/api/v4/lead-explanations/{lead.pk}", role).content.decode()


def test_masked_values_stay_masked(lead, get):
    answer = get(f"/api/v4/lead-explanations/{lead.pk}", roles.ADMIN_MASKED)
    assert answer.status_code == 200
    assert "Nunez" not in answer.content.decode()


@pytest.mark.parametrize("role", [roles.PUBLISHER, roles.ADVERTISER, roles.REPORT])
def test_which_job_found_what_is_not_for_everybody(lead, get, role):
    assert get(f"/api/v4/lead-explanations/{lead.pk}", role).status_code == 403


def test_a_lead_without_a_run_and_one_that_is_not_there_are_not_found(campaign, make_leads, get):
    assert get(f"/api/v4/lead-explanations/{make_leads(campaign)[0].pk}").status_code == 404
    assert get("/api/v4/lead-explanations/999999").status_code == 404
