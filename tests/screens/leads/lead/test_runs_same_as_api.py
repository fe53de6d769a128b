"""Outcomes of jobs and lines of logs are the same on screen and in API v4, for each role that reads either."""

import re
from html import unescape

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from config.core.accounts import roles
from leads.models import Lead
from processr.engine import scheduler
from processr.job_types.outcomes import error, failed, passed, skipped
from processr.models import Event
from processr.services import add_job
from tests.processr.api.program import Program
from tests.processr.conftest import job_type
from tests.screens.leads.lead.run_tables import cells_of

pytestmark = pytest.mark.django_db
__all__ = ["job_type"]

PLANTED = "planted.value@example.com"
COMPARED = (roles.ADMIN, roles.ADMIN_MASKED, roles.ADVERTISER, roles.PUBLISHER)
OTHERS = tuple(sorted(roles.ALL - set(COMPARED)))


@pytest.fixture
def lead(campaign, make_leads, bob, job_type) -> Lead:
    """A lead whose e-mail address jobs have seen, and with a job that was added since."""
    outcomes = {
        "Good": passed(), "Bad": failed("No such address", field="email", value=PLANTED), "Torn": error("No answer"), "Idle": skipped("No company"),
    }  # fmt: skip
    for number, (label, outcome) in enumerate(outcomes.items(), start=1):
        key = job_type(f"same{number}", check=lambda *_, outcome=outcome: outcome)
        add_job(campaign, key, label=label, stage=number, actor=bob)
    (lead,) = make_leads(campaign, email=PLANTED, firstName="Jo")
    scheduler.serve_campaigns(seconds=10)
    add_job(campaign, "test_data", label="Later", stage=90, actor=bob)
    add_job(campaign, "test_data", label="Off", stage=91, enabled=False, actor=bob)
    Event.objects.create(
        lead_id=lead.pk, campaign_id=campaign.pk, kind="provider", outcome="failure", reason="It answered 404", run_number=1,
        job_id=campaign.jobs.get(label="Bad").pk, started_at=timezone.now(), duration_ms=34,
        message=f"GET https://api.example/?email={PLANTED}\n\n404 Not Found",
    )  # fmt: skip
    Campaign.objects.filter(pk=campaign.pk).update(call_centre=True)
    return lead


def job_line(cell: str) -> tuple[str, int]:
    """Return label and number of a job out of its cell."""
    label, number = re.match(r"(.*?) (\d+)(?: |$)", cell).groups()
    return label, int(number)


def value_in(cell: str) -> str:
    found = re.search("“(.*)”", cell)
    return found[1] if found else ""


@pytest.mark.parametrize("role", COMPARED)
def test_job_details_are_the_job_leads_of_the_api(lead, reader, role):
    person = reader(role)
    page = person.get(f"/v2/leads/{lead.pk}/job_details")
    answer = Program(person.user).get(f"processr-job-leads?lead.id={lead.pk}")
    explanation = Program(person.user).get(f"lead-explanations/{lead.pk}")
    assert (page.status, answer.status_code, explanation.status_code) == ((200,) * 3 if role in roles.MANAGES_CAMPAIGNS else (403,) * 3)
    if page.status == 403:
        return
    members = answer.json()["hydra:member"]
    shown = {job_line(row[0]): row[1:] for row in cells_of(page.html)}
    assert shown.keys() == {(member["campaignProcessrJob"]["label"], member["campaignProcessrJob"]["id"]) for member in members}
    for member in members:
        outcome, found, points = shown[member["campaignProcessrJob"]["label"], member["campaignProcessrJob"]["id"]]
        assert outcome.lower() == member["status"]
        assert member["reason"] in found
        assert value_in(found) == member["value"]
        assert points == (f"{member['score']} of {member['maxScore']}" if member["maxScore"] else "—")
    told = explanation.json()
    assert told["verdict"] in unescape(page.words)
    assert f"{told['score']} of {told['maxScore']} points" in page.words


@pytest.mark.parametrize("role", COMPARED)
def test_processr_logs_are_those_of_the_api(lead, reader, role):
    person = reader(role)
    page = person.get(f"/v2/leads/{lead.pk}/processr_logs")
    answer = Program(person.user).get(f"logs?channel=processr&lead.id={lead.pk}&itemsPerPage=100")
    assert (page.status, answer.status_code) == ((200,) * 2 if role in roles.MANAGES_CAMPAIGNS else (403,) * 2)
    if page.status == 403:
        return
    members = answer.json()["hydra:member"]
    shown = cells_of(page.html)
    assert [job_line(row[0]) for row in shown] == [
        (one["campaignProcessrJob"]["label"], one["campaignProcessrJob"]["id"]) for one in members
    ]
    for (_, outcome, found, began), member in zip(shown, members, strict=True):
        assert outcome.lower().startswith(member["outcome"])
        assert member["reason"] in found
        assert value_in(found) == member["value"]
        assert f"run {member['run']}, took " in began


@pytest.mark.parametrize("role", COMPARED)
def test_provider_logs_are_those_of_the_api(lead, reader, role):
    person = reader(role)
    page = person.get(f"/v2/leads/{lead.pk}/provider_logs")
    answer = Program(person.user).get(f"logs?channel=provider&lead.id={lead.pk}")
    assert (page.status, answer.status_code) == ((200, 200) if role == roles.ADMIN else (403, 403))
    if page.status == 403:
        return
    ((call, outcome, message),) = cells_of(page.html)
    (member,) = answer.json()["hydra:member"]
    assert job_line(call) == ("Bad", member["campaignProcessrJob"]["id"])
    assert f"took {member['durationMs']} ms" in call
    assert outcome == f"{member['outcome'].capitalize()} {member['reason']}"
    assert message == f"{' '.join(member['message'].split())} Copy"


@pytest.mark.parametrize("role", sorted(roles.ALL - {roles.ADMIN, roles.SUPER, roles.AGENCY}))
def test_a_value_planted_in_a_masked_field_is_in_no_answer(lead, reader, role):
    """In no page, fragment, search or record of the API; publishers, who have sent it, are not given the tabs at all."""
    person = reader(role)
    program = Program(person.user)
    path = f"/v2/leads/{lead.pk}"
    tabs = [
        f"{path}/{tab}{query}" for tab in ("job_details", "processr_logs", "provider_logs") for query in ("", "?run=1", "?text=planted.val")
    ]
    answers = [person.client.get(address, HTTP_HX_REQUEST=htmx) for address in (*tabs, f"{path}/runs/1") for htmx in ("", "true")]
    addresses = (
        f"processr-job-leads?lead.id={lead.pk}", f"logs?channel=processr&lead.id={lead.pk}", f"logs?channel=provider&lead.id={lead.pk}",
        f"lead-explanations/{lead.pk}", f"lead-explanations/{lead.pk}/runs/1", f"campaign-processr-jobs?campaign.id={lead.campaign_id}",
    )  # fmt: skip
    answers += [program.get(address) for address in addresses]
    sees_the_profile = role == roles.PUBLISHER
    for answer in answers:
        assert answer.status_code in (200, 403, 404)
        if not (sees_the_profile and answer.status_code == 200):
            assert PLANTED not in answer.content.decode()


@pytest.mark.parametrize("role", OTHERS)
def test_other_roles_too_have_either_both_or_neither(lead, reader, role):
    person = reader(role)
    program = Program(person.user)
    for tab, address in (
        ("job_details", "processr-job-leads?"), ("processr_logs", "logs?channel=processr&"), ("provider_logs", "logs?channel=provider&"),
    ):  # fmt: skip
        page = person.get(f"/v2/leads/{lead.pk}/{tab}")
        assert page.status == program.get(f"{address}lead.id={lead.pk}").status_code, tab
